package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/collation"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// lockShared keeps a table as it is, and others from giving it children meanwhile; rows may be written.
func (x *Executor) lockShared(ctx context.Context, t *catalog.Table) error {
	if x.Txn.LockRelation != nil {
		if err := x.Txn.LockRelation(ctx, t.OID, catalog.ShareUpdateExclusive); err != nil {
			return err
		}
	}
	return x.Txn.Lock(ctx, kv.Shared, t)
}

// lockReferenced waits for those who change the rows that a foreign key refers to, and keeps others from it: they do not know yet of all
// rows that refer.
func (x *Executor) lockReferenced(ctx context.Context, k *catalog.ForeignKey) error {
	r := x.Txn.Newest()
	parent, ok := r.Table(k.Parent)
	if !ok || x.Txn.LockRelation == nil {
		return nil
	}
	for _, t := range append([]*catalog.Table{parent}, r.Descendants(parent)...) {
		if err := x.Txn.LockRelation(ctx, t.OID, catalog.ShareRowExclusive); err != nil {
			return err
		}
	}
	return nil
}

// partitionKey reads PARTITION BY.
func (b *tableBuilder) partitionKey(s *ast.PartitionSpec) error {
	k := &catalog.PartitionKey{Strategy: [...]byte{ast.PartitionList: catalog.PartitionList, ast.PartitionRange: catalog.PartitionRange,
		ast.PartitionHash: catalog.PartitionHash}[s.Strategy]}
	if k.Strategy == catalog.PartitionList && len(s.Params) != 1 {
		return pgerr.New(pgerr.InvalidObjectDefinition, "cannot use \"list\" partition strategy with more than one column")
	}
	if len(s.Params) > 32 {
		return pgerr.New(pgerr.TooManyColumns, "cannot partition using more than %d columns", 32).At(b.x.SQL, s.Pos)
	}
	for _, e := range s.Params {
		c, err := b.partitionColumn(e)
		if err != nil {
			return err
		}
		if err := checkPartitionType(k.Strategy, c.Type); err != nil {
			return err
		}
		if k.Strategy == catalog.PartitionRange && !collation.ByBytes(b.tab.KeyCollation(c)) {
			return pgerr.FeatureNotSupported("a range of a partition key under the collation of a language")
		}
		k.Columns = append(k.Columns, c)
	}
	b.tab.Key = k
	return nil
}

func (b *tableBuilder) partitionColumn(e *ast.PartitionElem) (pc catalog.PartitionColumn, err error) {
	if len(e.OpClass) > 0 {
		pc.OpClass = e.OpClass[len(e.OpClass)-1]
	}
	if e.Expr == nil {
		c, _, ok := b.tab.Column(e.Name)
		if !ok {
			if checkColumnName(e.Name) != nil {
				return pc, pgerr.New(pgerr.InvalidObjectDefinition, "cannot use system column %q in partition key", e.Name).At(b.x.SQL, e.Pos)
			}
			return pc, pgerr.New(pgerr.UndefinedColumn, "column %q named in partition key does not exist", e.Name).At(b.x.SQL, e.Pos)
		}
		if c.Generated != 0 {
			return pc, pgerr.New(pgerr.InvalidObjectDefinition, "cannot use generated column in partition key").
				WithDetail("Column %q is a generated column.", c.Name).At(b.x.SQL, e.Pos)
		}
		pc.Column, pc.Type = c.ID, c.Type
		pc.Collation, err = b.x.keyCollation(e.Collation, c.Type)
		return pc, err
	}
	if err := wholeRowKey(e.Expr); err != nil {
		return pc, err
	}
	text, t, uses, constant, err := b.x.Bind.PartitionKey(e.Expr, b.tab)
	if err != nil {
		return pc, err
	}
	if len(uses) == 0 && constant {
		return pc, pgerr.New(pgerr.InvalidObjectDefinition, "cannot use constant expression as partition key")
	}
	for _, id := range uses {
		if c := b.tab.ColumnByID(id); c.Generated != 0 {
			return pc, pgerr.New(pgerr.InvalidObjectDefinition, "cannot use generated column in partition key").
				WithDetail("Column %q is a generated column.", c.Name).At(b.x.SQL, e.Pos)
		}
	}
	if ti, ok := types.Info(t.OID); ok && ti.IsPseudo() {
		return pc, pgerr.New(pgerr.InvalidTableDefinition, "partition key column %d has pseudo-type %s", 1, types.FormatType(t.OID, -1))
	}
	pc.Expr, pc.Type, pc.Uses = text, t, uses
	pc.Collation, err = b.x.keyCollation(e.Collation, t)
	return pc, err
}

// wholeRowKey refuses system columns in a key's expression.
func wholeRowKey(e ast.Expr) error {
	var err error
	ast.Walk(e, func(n ast.Node) bool {
		if c, ok := n.(*ast.ColumnRef); ok && len(c.Names) > 0 && checkColumnName(c.Names[len(c.Names)-1]) != nil {
			err = pgerr.New(pgerr.InvalidObjectDefinition, "partition key expressions cannot contain system column references")
		}
		return true
	})
	return err
}

func checkPartitionType(strategy byte, t types.T) error {
	method := "btree"
	if strategy == catalog.PartitionHash {
		method = "hash"
	}
	if rowenc.CheckKey(t) == nil {
		return nil
	}
	return pgerr.New(pgerr.UndefinedObject, "data type %s has no default operator class for access method %q", types.FormatType(t.OID, -1), method).
		WithHint("You must specify a %s operator class or define a default %s operator class for the data type.", method, method)
}

// makeBound reads FOR VALUES … of a partition of p.
func (x *Executor) makeBound(p *catalog.Table, s *ast.PartitionBoundSpec) (*catalog.PartitionBound, error) {
	b := &catalog.PartitionBound{Strategy: p.Key.Strategy, Default: s.IsDefault}
	fail := func(code pgerr.Code, format string, args ...any) (*catalog.PartitionBound, error) {
		return nil, pgerr.New(code, format, args...).At(x.SQL, s.Pos)
	}
	if s.IsDefault {
		if p.Key.Strategy == catalog.PartitionHash {
			return nil, pgerr.New(pgerr.InvalidTableDefinition, "a hash-partitioned table may not have a default partition")
		}
		return b, nil
	}
	want := map[byte]ast.PartitionStrategy{catalog.PartitionList: ast.PartitionList, catalog.PartitionRange: ast.PartitionRange,
		catalog.PartitionHash: ast.PartitionHash}[p.Key.Strategy]
	if s.Strategy != want {
		return fail(pgerr.InvalidTableDefinition, "invalid bound specification for a %s partition", map[ast.PartitionStrategy]string{ast.PartitionList: "list", ast.PartitionRange: "range", ast.PartitionHash: "hash"}[want])
	}
	switch p.Key.Strategy {
	case catalog.PartitionHash:
		b.Modulus, b.Remainder = s.Modulus, s.Remainder
		switch {
		case s.Modulus <= 0:
			return nil, pgerr.New(pgerr.InvalidTableDefinition, "modulus for hash partition must be an integer value greater than zero")
		case s.Remainder < 0:
			return nil, pgerr.New(pgerr.InvalidTableDefinition, "remainder for hash partition must be an integer value greater than or equal to zero")
		case s.Remainder >= s.Modulus:
			return nil, pgerr.New(pgerr.InvalidTableDefinition, "remainder for hash partition must be less than modulus")
		}
		return b, nil
	case catalog.PartitionList:
		for _, e := range s.List {
			v, err := x.boundValue(p, 0, e)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(b.List, func(o catalog.BoundValue) bool { return o.Kind == v.Kind && string(o.Value) == string(v.Value) }) {
				b.List = append(b.List, v)
			}
		}
		return b, nil
	}
	var err error
	if b.Lower, err = x.rangeSide(p, s.Lower, "FROM"); err != nil {
		return nil, err
	}
	if b.Upper, err = x.rangeSide(p, s.Upper, "TO"); err != nil {
		return nil, err
	}
	return b, nil
}

func (x *Executor) rangeSide(p *catalog.Table, es []ast.Expr, word string) ([]catalog.BoundValue, error) {
	if len(es) != len(p.Key.Columns) {
		return nil, pgerr.New(pgerr.InvalidTableDefinition, "%s must specify exactly one value per partitioning column", word)
	}
	var out []catalog.BoundValue
	for i, e := range es {
		v := catalog.BoundValue{}
		switch extreme(e) {
		case "minvalue":
			v.Kind = catalog.BoundMin
		case "maxvalue":
			v.Kind = catalog.BoundMax
		default:
			var err error
			if v, err = x.boundValue(p, i, e); err != nil {
				return nil, err
			}
			if v.Kind == catalog.BoundNull {
				return nil, pgerr.New(pgerr.InvalidTableDefinition, "cannot specify NULL in range bound")
			}
		}
		if i > 0 && out[i-1].Kind != catalog.BoundDatum && v.Kind != out[i-1].Kind {
			word := map[int8]string{catalog.BoundMin: "MINVALUE", catalog.BoundMax: "MAXVALUE"}[out[i-1].Kind]
			return nil, pgerr.New(pgerr.DatatypeMismatch, "every bound following %s must also be %s", word, word).At(x.SQL, ast.Location(e))
		}
		out = append(out, v)
	}
	return out, nil
}

func extreme(e ast.Expr) string {
	if c, ok := e.(*ast.ColumnRef); ok && len(c.Names) == 1 && !c.Star {
		return c.Names[0]
	}
	return ""
}

// boundValue evaluates a value for column i of p's key.
func (x *Executor) boundValue(p *catalog.Table, i int, e ast.Expr) (catalog.BoundValue, error) {
	c := p.Key.Columns[i]
	name := "?"
	if col := p.ColumnByID(c.Column); col != nil {
		name = col.Name
	} else if c.Expr != "" {
		name = c.Expr
	}
	d, err := x.Bind.BoundValue(e, name, c.Type)
	if err != nil {
		return catalog.BoundValue{}, err
	}
	if d.IsNull() {
		return catalog.BoundValue{Kind: catalog.BoundNull}, nil
	}
	return catalog.BoundValue{Value: rowenc.AppendMissing([]byte{}, c.Type, d)}, nil
}

// setBound makes the new table a partition of p: the bound must not overlap, and the default partition must hold no row for it.
func (x *Executor) setBound(ctx context.Context, p *catalog.Table, t *catalog.Table, s *ast.PartitionBoundSpec) error {
	var err error
	if t.Bound, err = x.makeBound(p, s); err != nil {
		return err
	}
	scheme, err := partition.SchemeOf(x.Txn.Newest(), p, true)
	if err != nil {
		return err
	}
	if e, at := scheme.Conflict(t.Name, t.Bound); e != nil {
		pos := s.Pos
		switch {
		case t.Bound.Default:
			pos = s.Pos
		case len(s.List) > at:
			pos = ast.Location(s.List[at])
		case len(s.Lower) > 0:
			pos = ast.Location(s.Lower[0])
		}
		return e.At(x.SQL, pos)
	}
	if scheme.Default < 0 {
		return nil
	}
	with, err := partition.New(p, append(slices.Clone(scheme.Parts), t))
	if err != nil {
		return err
	}
	def := scheme.Parts[scheme.Default]
	if err := x.lockOID(ctx, def); err != nil {
		return err
	}
	def, _ = x.Txn.Newest().Table(def.OID)
	return x.eachLeaf(ctx, def, func(leaf *catalog.Table) error {
		bad, err := x.misplaced(ctx, leaf, []level{{p, with, with.IndexOf(def.OID)}})
		if err != nil || !bad {
			return err
		}
		return pgerr.New(pgerr.CheckViolation, "updated partition constraint for default partition %q would be violated by some row", leaf.Name).
			WithTable(x.Txn.Newest().SchemaName(leaf.Schema), leaf.Name)
	})
}

// level is a step of the way from a partitioned table to a leaf: the partition by its index.
type level struct {
	table  *catalog.Table
	scheme *partition.Scheme
	part   int
}

// misplaced reports whether a table holds a row that does not belong to the partitions named by levels.
func (x *Executor) misplaced(ctx context.Context, leaf *catalog.Table, levels []level) (bool, error) {
	bad := false
	keys := make([]func(*vec.Batch) ([]*vec.Vector, error), len(levels))
	for i, l := range levels {
		var err error
		if keys[i], err = x.Bind.KeyValues(l.table, leaf); err != nil {
			return false, err
		}
	}
	err := x.scanTable(ctx, leaf, func(b *rowBatch) error {
		for i, l := range levels {
			cols, err := keys[i](&b.Batch)
			if err != nil {
				return err
			}
			key := make([]types.Datum, len(cols))
			for row := range b.Len {
				for c := range cols {
					key[c] = cols[c].Datum(row)
				}
				bad = bad || l.scheme.Find(key) != l.part
			}
		}
		return nil
	})
	return bad, err
}

// eachLeaf calls f for t, or for the partitions of t that hold rows.
func (x *Executor) eachLeaf(ctx context.Context, t *catalog.Table, f func(*catalog.Table) error) error {
	if t.Key == nil {
		return f(t)
	}
	children, err := x.children(ctx, t)
	if err != nil {
		return err
	}
	for _, c := range children {
		if err := x.eachLeaf(ctx, c, f); err != nil {
			return err
		}
	}
	return nil
}

// partitionNamed finds and locks the relation that ATTACH or DETACH PARTITION of a partitioned table names.
func (x *Executor) partitionNamed(ctx context.Context, p *catalog.Table, cmd *ast.AlterTableCmd, what string) (*ast.PartitionCmd, catalog.Relation, error) {
	pc, ok := cmd.Def.(*ast.PartitionCmd)
	if !ok {
		return nil, nil, pgerr.FeatureNotSupported("this form of " + what)
	}
	if p.Key == nil {
		return nil, nil, pgerr.New(pgerr.InvalidTableDefinition, "table %q is not partitioned", p.Name)
	}
	if x.mode = catalog.AccessExclusive; pc.Concurrent { // of the partition, and in ATTACH of all that stands or falls with its bound
		x.mode = catalog.ShareUpdateExclusive
	}
	rel, err := x.lockRelation(ctx, pc.Name)
	return pc, rel, err
}

// attachPartition is ALTER TABLE … ATTACH PARTITION.
func (x *Executor) attachPartition(ctx context.Context, p *catalog.Table, cmd *ast.AlterTableCmd) error {
	pc, rel, err := x.partitionNamed(ctx, p, cmd, "ATTACH PARTITION")
	if err != nil {
		return err
	}
	old, ok := rel.(*catalog.Table)
	if !ok {
		return pgerr.New(pgerr.WrongObjectType, "ALTER action ATTACH PARTITION cannot be performed on relation %q", rel.RelName()).
			WithDetail("This operation is not supported for %s.", map[catalog.RelKind]string{catalog.RelView: "views", catalog.RelMatView: "materialized views", catalog.RelSequence: "sequences", catalog.RelIndex: "indexes"}[rel.RelKind()])
	}
	if err := x.checkAttach(p, old); err != nil {
		return err
	}
	t := next(old)
	t.Parents = []types.OID{p.OID}
	if err := x.mergeInto(p, t); err != nil {
		return err
	}
	if err := x.setBound(ctx, p, t, pc.Bound); err != nil {
		return err
	}
	if err := errTransitionChild(t, "a partition", "partitions"); err != nil {
		return err
	}
	cloned, err := x.cloneTriggers(ctx, p, t, p.Triggers)
	if err != nil {
		return err
	}
	if err := x.update(ctx, old, t); err != nil {
		return err
	}
	if err := x.spreadTriggers(ctx, t, cloned); err != nil {
		return err
	}
	if err := x.testPartition(ctx, t); err != nil {
		return err
	}
	for _, k := range x.Txn.Newest().KeysOf(t)[len(t.ForeignKeys):] {
		if k.NotValid {
			continue
		}
		if err := x.lockReferenced(ctx, k); err != nil {
			return err
		}
		if err := x.validateForeignKey(ctx, t, k); err != nil {
			return err
		}
	}
	return x.spreadIndexes(ctx, p, t)
}

// checkAttach refuses tables that cannot become a partition of p.
func (x *Executor) checkAttach(p, t *catalog.Table) error {
	r := x.Txn.Newest()
	parentTemp, temp := r.Temporary(p.Schema), r.Temporary(t.Schema)
	switch {
	case t.Bound != nil:
		return pgerr.New(pgerr.WrongObjectType, "%q is already a partition", t.Name)
	case t.OID == p.OID || slices.ContainsFunc(r.Descendants(t), func(d *catalog.Table) bool { return d.OID == p.OID }):
		return errCircular(p, t)
	case len(t.Parents) > 0:
		return pgerr.New(pgerr.WrongObjectType, "cannot attach inheritance child as partition")
	case t.Key == nil && r.HasChildren(t.OID):
		return pgerr.New(pgerr.WrongObjectType, "cannot attach inheritance parent as partition")
	case parentTemp && !temp:
		return pgerr.New(pgerr.WrongObjectType, "cannot attach a permanent relation as partition of temporary relation %q", p.Name)
	case temp && !parentTemp:
		return pgerr.New(pgerr.WrongObjectType, "cannot attach a temporary relation as partition of permanent relation %q", p.Name)
	}
	for _, c := range t.Columns {
		if _, _, ok := p.Column(c.Name); !ok {
			return pgerr.New(pgerr.DatatypeMismatch, "table %q contains column %q not found in parent %q", t.Name, c.Name, p.Name).
				WithDetail("The new partition may contain only the columns present in parent.")
		}
	}
	return nil
}

// testPartition tests the rows of a table that has become a partition.
func (x *Executor) testPartition(ctx context.Context, t *catalog.Table) error {
	r := x.Txn.Newest()
	var levels []level
	for c := t; ; {
		p := r.Parent(c)
		if p == nil {
			break
		}
		s, err := partition.SchemeOf(r, p, true)
		if err != nil {
			return err
		}
		levels = append(levels, level{p, s, s.IndexOf(c.OID)})
		c = p
	}
	return x.eachLeaf(ctx, t, func(leaf *catalog.Table) error {
		bad, err := x.misplaced(ctx, leaf, levels)
		if err != nil || !bad {
			return err
		}
		return pgerr.New(pgerr.CheckViolation, "partition constraint of relation %q is violated by some row", leaf.Name).
			WithTable(r.SchemaName(leaf.Schema), leaf.Name)
	})
}

// detachPartition is ALTER TABLE … DETACH PARTITION.
func (x *Executor) detachPartition(ctx context.Context, p *catalog.Table, cmd *ast.AlterTableCmd) error {
	pc, rel, err := x.partitionNamed(ctx, p, cmd, "DETACH PARTITION")
	if err != nil {
		return err
	}
	old, ok := rel.(*catalog.Table)
	if !ok || old.Bound == nil || !slices.Contains(old.Parents, p.OID) {
		return pgerr.New(pgerr.UndefinedTable, "relation %q is not a partition of relation %q", rel.RelName(), p.Name)
	}
	if cmd.Kind == ast.DetachPartitionFinalize {
		if !old.Bound.Detaching {
			return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "partition %q not pending detach in partitioned table \"%s.%s\"", old.Name,
				x.Txn.Newest().SchemaName(p.Schema), p.Name)
		}
		return x.FinalizeDetach(ctx, p, old)
	}
	if err := x.mayDetach(p, old, pc.Concurrent); err != nil {
		return err
	}
	if err := x.mayGo(ctx, p, old); err != nil {
		return err
	}
	if pc.Concurrent && x.Left != nil {
		t := next(old)
		bound := *old.Bound
		bound.Detaching = true
		t.Bound = &bound
		x.Left(p.OID, t.OID)
		return x.update(ctx, old, t)
	}
	if err := x.detach(ctx, old, p); err != nil {
		return err
	}
	return x.touch(ctx, p)
}

// mayDetach refuses to detach from a table of which another partition, or with concurrently this one, is being detached already, or to
// do so concurrently where a default partition would need to know.
func (x *Executor) mayDetach(p, part *catalog.Table, concurrently bool) error {
	for _, c := range x.Txn.Newest().Children(p.OID) {
		if c.Bound != nil && c.Bound.Detaching {
			return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "partition %q already pending detach in partitioned table \"%s.%s\"", c.Name,
				x.Txn.Newest().SchemaName(p.Schema), p.Name).
				WithHint("Use ALTER TABLE ... DETACH PARTITION ... FINALIZE to complete the pending detach operation.")
		}
	}
	if !concurrently {
		return nil
	}
	scheme, err := partition.SchemeOf(x.Txn.Newest(), p, true)
	if err != nil {
		return err
	}
	if scheme.Default >= 0 {
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cannot detach partitions concurrently when a default partition exists")
	}
	return nil
}

// detach makes a partition a table of its own.
func (x *Executor) detach(ctx context.Context, old, p *catalog.Table) error {
	t := next(old)
	if err := x.freeTriggers(ctx, p, t); err != nil {
		return err
	}
	unmerge(p, t)
	t.Bound = nil
	t.Indexes = slices.Clone(t.Indexes)
	free := func(ix *catalog.Index) *catalog.Index {
		n := *ix
		n.Parent = 0
		return &n
	}
	t.Primary = free(t.Primary)
	for i := range t.Indexes {
		t.Indexes[i] = free(t.Indexes[i])
	}
	return x.update(ctx, old, t)
}

// FinalizeDetach completes a detachment once nobody can see it as a partition.
func (x *Executor) FinalizeDetach(ctx context.Context, p, old *catalog.Table) error {
	defer x.locking(catalog.AccessExclusive)()
	if err := x.lockOID(ctx, old); err != nil {
		return err
	}
	old, ok := x.Txn.Newest().Table(old.OID)
	if !ok || old.Bound == nil {
		return nil
	}
	return x.detach(ctx, old, p)
}

// touch gives a table a new version, so that statements planned with its present partitions do not write to it any more.
func (x *Executor) touch(ctx context.Context, t *catalog.Table) error {
	cur, ok := x.Txn.Newest().Table(t.OID)
	if !ok {
		return nil
	}
	if err := x.lockOID(ctx, cur); err != nil {
		return err
	}
	cur, _ = x.Txn.Newest().Table(t.OID)
	return x.update(ctx, cur, next(cur))
}
