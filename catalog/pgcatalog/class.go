package pgcatalog

import (
	"cmp"
	"math"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

const (
	heapAM  types.OID = 2
	btreeAM types.OID = 403

	// defaultCollation is the collation "default" of the database; nameCollation is "C", which type name has.
	defaultCollation types.OID = 100
)

func pgClass(q *query) error {
	if name, ok := q.textEq("relname"); ok {
		if ns, ok := q.oidEq("relnamespace"); ok {
			if rel, ok := q.r.Relation(ns, name); ok {
				return q.emit(classRow(q.s, q.r, rel))
			}
			if t, ok := q.r.Type(ns, name); ok && t.Kind == catalog.TypeComposite {
				return q.emit(classRow(q.s, q.r, t))
			}
			return nil
		}
	}
	if err := q.relations("oid", func(rel catalog.Relation) error { return q.emit(classRow(q.s, q.r, rel)) }); err != nil {
		return err
	}
	want, _ := q.oidEq("oid")
	return q.composites(want, func(t *catalog.Type) error { return q.emit(classRow(q.s, q.r, t)) })
}

// classFacts are what a row of pg_class has beyond the names.
type classFacts struct {
	rowType, am, ofType types.OID
	columns             int
	checks              int
	hasIndex            bool
	options             []string
	replicaIdent        byte
	frozen, minMXID     int
}

func classOf(rel catalog.Relation) classFacts {
	f := classFacts{replicaIdent: 'n'}
	switch x := rel.(type) {
	case *catalog.Table:
		f.rowType, f.columns, f.checks, f.options = x.TypeOID, len(x.Columns)+len(x.Dropped), len(x.Checks), x.Options
		f.hasIndex, f.ofType = len(x.AllIndexes()) > 0, x.OfType
		if kind := relKind(rel); kind == catalog.RelTable || kind == catalog.RelMatView {
			f.am, f.replicaIdent, f.frozen, f.minMXID = heapAM, 'd', 3, 1
			if x.Virtual != nil {
				f.replicaIdent = 'n'
			}
		} else if x.Key != nil {
			f.replicaIdent = 'd'
		}
	case *catalog.View:
		f.rowType, f.columns, f.options = x.TypeOID, len(x.Columns), x.Options
	case *catalog.Type:
		f.rowType, f.columns = x.OID, len(x.Columns)
	case *catalog.Sequence:
		f.columns = len(sequenceColumns)
	case *catalog.Index:
		f.am, f.columns, f.options = operatorClasses().methods[x.MethodName()], indexWidth(x), x.Options
	}
	return f
}

// pg_class.relpages has no pages to count here: it is what PostgreSQL would need for that many rows of usual width.
const (
	typicalRowBytes = 64
	pageBytes       = 8192
)

// analyzedRows are the rows that a table, or the table of an index, had when it was analyzed.
func analyzedRows(s *catalog.Session, r *catalog.Reader, rel catalog.Relation) (float64, bool) {
	t, ok := rel.(*catalog.Table)
	if x, isIndex := rel.(*catalog.Index); isIndex {
		t, ok = r.Table(x.Table)
	}
	if !ok || t.Virtual != nil || s == nil || s.Rows == nil {
		return 0, false
	}
	return s.Rows(t)
}

func classRow(s *catalog.Session, r *catalog.Reader, rel catalog.Relation) []types.Datum {
	f, kind := classOf(rel), relKind(rel)
	filenode, tuples := rel.RelOID(), -1.0
	switch kind {
	case catalog.RelView:
		filenode, tuples = 0, 0
	case catalog.RelIndex:
		filenode, tuples = indexFile(rel.(*catalog.Index)), 0
	case 'I':
		filenode, tuples = 0, 0
	case 'p':
		filenode = 0
	case catalog.RelSequence:
		tuples = 1
	}
	heirs, part, bound := false, false, null
	switch x := rel.(type) {
	case *catalog.Table:
		heirs, part = x.Virtual == nil && r.HasChildren(x.OID), x.Bound != nil
		if part {
			bound = boundText(r, x)
		}
	case *catalog.Index:
		part = x.Parent != 0
		if t, ok := r.Table(x.Table); ok && x.Partitioned {
			heirs = r.HasChildren(t.OID)
		}
	}
	pages := 0
	if kind == catalog.RelSequence {
		pages = 1
	}
	if n, ok := analyzedRows(s, r, rel); ok {
		tuples, pages = n, int(math.Ceil(n*typicalRowBytes/pageBytes))
	}
	return []types.Datum{
		oid(rel.RelOID()), str(rel.RelName()), oid(rel.RelSchema()), oid(f.rowType), oid(f.ofType), oid(ownerOf(r, rel)), oid(f.am),
		oid(filenode), oid(0), num(pages), flt(tuples), num(0), oid(0), yes(f.hasIndex), yes(false), chr(persistence(r, rel)), chr(byte(kind)),
		num(f.columns), num(f.checks), yes(hasRules(rel)), yes(hasTriggers(rel)), yes(heirs), yes(false), yes(false), yes(populated(rel)),
		chr(f.replicaIdent), yes(part), oid(0), num(f.frozen), num(f.minMXID), relACL(r, rel), texts(types.TextOID, f.options), bound,
	}
}

// hasRules reports whether pg_rewrite has rows of a relation.
func hasRules(rel catalog.Relation) bool {
	kind := relKind(rel)
	return kind == catalog.RelView || kind == catalog.RelMatView || len(catalog.RulesOf(rel)) > 0
}

// populated is relispopulated.
func populated(rel catalog.Relation) bool {
	t, ok := rel.(*catalog.Table)
	return !ok || t.MatView == nil || !t.MatView.Unpopulated
}

func indexFile(ix *catalog.Index) types.OID { return cmp.Or(ix.FileNode, ix.OID) }

// persistence is relpersistence.
func persistence(r *catalog.Reader, rel catalog.Relation) byte {
	if r.Temporary(rel.RelSchema()) {
		return 't'
	}
	return 'p'
}

func pgAttribute(q *query) error {
	if err := q.relations("attrelid", func(rel catalog.Relation) error { return q.attributes(rel) }); err != nil {
		return err
	}
	want, _ := q.oidEq("attrelid")
	return q.composites(want, func(t *catalog.Type) error { return q.attributes(t) })
}

func (q *query) attributes(rel catalog.Relation) error {
	if x, ok := rel.(*catalog.Index); ok {
		return q.indexAttributes(x)
	}
	systemTable := relKind(rel) == catalog.RelTable && rel.RelSchema() == catalog.PGCatalogOID
	for _, c := range columns(rel) {
		row := attributeRow(rel.RelOID(), c)
		if systemTable && row[21].Int() == int64(defaultCollation) {
			row[21] = oid(byteCollations["C"]) // text in catalogs
		}
		row[22] = aclArray(q.r, c.ACL)
		if err := q.emit(row); err != nil {
			return err
		}
	}
	t, ok := rel.(*catalog.Table)
	if !ok || t.Virtual != nil {
		return nil
	}
	for _, c := range t.Dropped {
		row := attributeRow(t.OID, c)
		row[1] = str("........pg.dropped." + itoa(int(c.ID)) + "........")
		row[2], row[13], row[14], row[18] = oid(0), yes(false), yes(false), yes(true)
		if err := q.emit(row); err != nil {
			return err
		}
	}
	return q.systemAttributes(t.OID)
}

func attributeRow(rel types.OID, c *catalog.Column) []types.Datum {
	ti, ok := types.Info(types.BaseOf(c.Type.OID))
	switch {
	case ok:
	case types.IsEnum(c.Type.OID):
		ti = &types.TypeInfo{Len: 4, ByVal: true, Align: 'i', Storage: 'p'}
	case types.IsArray(c.Type.OID):
		ti = &types.TypeInfo{Len: -1, Align: 'i', Storage: 'x', In: "array_in"}
	default:
		ti = &types.TypeInfo{Len: -1, Align: 'd', Storage: 'x'}
	}
	dims := 0
	if ti.IsArray() {
		dims = 1
	}
	collation := ti.Collation
	if c.Collation != "" {
		collation = collationOID(c.Collation)
	}
	hasDefault := c.Default != "" && c.Identity == 0
	return []types.Datum{
		oid(rel), str(c.Name), oid(c.Type.OID), num(c.StatTarget - 1), num(int(ti.Len)), num(int(c.ID)), num(dims), num(-1), num(int(c.Type.Mod)),
		yes(ti.ByVal), chr(ti.Align), chr(ti.Storage), chr(0), yes(c.NotNull), yes(hasDefault), yes(c.Missing != nil), chr(c.Identity),
		chr(c.Generated), yes(false), yes(!c.NotLocal), num(c.Inherited), oid(collation), null, null, null, null,
	}
}

// systemColumns are the columns that every table has beside its own.
var systemColumns = []catalog.Column{
	{ID: -1, Name: "ctid", Type: types.Of(types.TIDOID), NotNull: true}, {ID: -2, Name: "xmin", Type: types.Of(types.XIDOID), NotNull: true},
	{ID: -3, Name: "cmin", Type: types.Of(types.CIDOID), NotNull: true}, {ID: -4, Name: "xmax", Type: types.Of(types.XIDOID), NotNull: true},
	{ID: -5, Name: "cmax", Type: types.Of(types.CIDOID), NotNull: true}, {ID: -6, Name: "tableoid", Type: types.Of(types.OIDOID), NotNull: true},
}

func (q *query) systemAttributes(table types.OID) error {
	for i := range systemColumns {
		row := attributeRow(table, &systemColumns[i])
		row[3] = num(0)
		if err := q.emit(row); err != nil {
			return err
		}
	}
	return nil
}

func (q *query) indexAttributes(x *catalog.Index) error {
	t, ok := q.r.Table(x.Table)
	if !ok {
		return nil
	}
	names := x.ColumnNames(t)
	emit := func(i int, c catalog.Column, collation types.OID) error {
		c.Name = names[i]
		c.ID, c.NotNull, c.Default, c.Missing, c.Identity, c.Generated = catalog.ColumnID(i+1), false, "", nil, 0, 0
		c.Inheritance = catalog.Inheritance{}
		row := attributeRow(x.OID, &c)
		row[21] = oid(collation)
		return q.emit(row)
	}
	for i, k := range x.Columns {
		c, col := catalog.Column{Name: k.Name, Type: k.Type}, t.ColumnByID(k.Column)
		if col != nil {
			c = *col
		}
		_, collation := keyType(col, k)
		if held := heldType(x, k, c.Type.OID); held != 0 {
			c.Type = types.Of(held)
		}
		if err := emit(i, c, collation); err != nil {
			return err
		}
	}
	for i, id := range x.Include {
		if col := t.ColumnByID(id); col != nil {
			if err := emit(len(x.Columns)+i, *col, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// heldType is the type of what an inverted index holds of a key column of type t: elements, keys, hashes; 0 for others.
func heldType(x *catalog.Index, k catalog.IndexColumn, t types.OID) types.OID {
	switch {
	case !x.Inverted():
		return 0
	case types.IsArray(types.BaseOf(t)):
		return types.ElemOf(types.BaseOf(t))
	}
	held := types.TextOID
	if k.OpClass == "jsonb_path_ops" {
		held = types.Int4OID
	}
	return held
}

func pgAttrdef(q *query) error {
	return q.tables("adrelid", func(t *catalog.Table) error {
		for _, c := range t.Columns {
			if c.Default == "" || c.Identity != 0 {
				continue
			}
			if err := q.emit([]types.Datum{oid(attrdefOID(t.OID, c.ID)), oid(t.OID), num(int(c.ID)), str(c.Default)}); err != nil {
				return err
			}
		}
		return nil
	})
}

func pgIndex(q *query) error {
	if id, ok := q.oidEq("indexrelid"); ok {
		if t, x, ok := q.r.Index(id); ok {
			return q.emit(indexRow(q.r, t, x))
		}
		return nil
	}
	return q.tables("indrelid", func(t *catalog.Table) error {
		for _, x := range t.AllIndexes() {
			if err := q.emit(indexRow(q.r, t, x)); err != nil {
				return err
			}
		}
		return nil
	})
}

// keyType is the type of a key column and its collation, 0 for none. c is nil for an expression.
func keyType(c *catalog.Column, k catalog.IndexColumn) (typ, collation types.OID) {
	typ = k.Type.OID
	if c != nil {
		typ = c.Type.OID
	}
	if ti, ok := types.Info(typ); ok {
		collation = ti.Collation
	}
	if c != nil && c.Collation != "" {
		collation = collationOID(c.Collation)
	}
	if k.Collation != "" {
		collation = collationOID(k.Collation)
	}
	return typ, collation
}

func indexRow(r *catalog.Reader, t *catalog.Table, x *catalog.Index) []types.Datum {
	var keys, options []int16
	var collations, classes []types.OID
	exprs := ""
	for _, k := range x.Columns {
		c := t.ColumnByID(k.Column)
		typ, collation := keyType(c, k)
		if c == nil {
			if exprs != "" {
				exprs += ", "
			}
			exprs += k.Expr
		}
		option := int16(0)
		if k.Desc {
			option |= 1
		}
		if k.NullsFirst {
			option |= 2
		}
		keys, options = append(keys, int16(k.Column)), append(options, option)
		collations, classes = append(collations, collation), append(classes, keyClassOID(r, x, k, types.BaseOf(typ)))
	}
	for _, id := range x.Include {
		keys = append(keys, int16(id))
	}
	return []types.Datum{
		oid(x.OID), oid(t.OID), num(indexWidth(x)), num(len(x.Columns)), yes(x.Unique), yes(x.NullsNotDistinct), yes(x.Primary),
		yes(false), yes(true), yes(false), yes(!x.Building && !x.Invalid), yes(false), yes(true), yes(true), yes(false), vector(types.Int2OID, keys),
		vector(types.OIDOID, collations), vector(types.OIDOID, classes), vector(types.Int2OID, options), strOrNull(exprs), strOrNull(x.Predicate),
	}
}

// constraint is a row of pg_constraint in Go.
type constraint struct {
	oid     types.OID
	name    string
	kind    byte // c check, p primary key, u unique, f foreign key
	table   *catalog.Table
	index   *catalog.Index
	check   *catalog.Check
	foreign *catalog.ForeignKey
	columns []catalog.ColumnID
	comment string
}

// constraintsOf lists the constraints of a table.
func constraintsOf(t *catalog.Table) []constraint {
	var cs []constraint
	for _, x := range t.Checks {
		cs = append(cs, constraint{oid: x.OID, name: x.Name, kind: 'c', table: t, check: x, columns: x.Columns, comment: x.Comment})
	}
	for _, x := range t.AllIndexes() {
		if x.Constraint == 0 {
			continue
		}
		c := constraint{oid: x.Constraint, name: x.Name, kind: 'u', table: t, index: x, comment: x.ConstraintComment}
		if x.Primary {
			c.kind = 'p'
		}
		for _, k := range x.Columns {
			c.columns = append(c.columns, k.Column)
		}
		cs = append(cs, c)
	}
	for _, k := range t.ForeignKeys {
		cs = append(cs, constraint{oid: k.OID, name: k.Name, kind: 'f', table: t, foreign: k, columns: k.Columns, comment: k.Comment})
	}
	return cs
}

// findConstraint finds a constraint by its OID.
func findConstraint(r *catalog.Reader, id types.OID) (constraint, bool) {
	for rel := range r.Relations(0) {
		if t, ok := rel.(*catalog.Table); ok && t.Virtual == nil {
			for _, c := range constraintsOf(t) {
				if c.oid == id {
					return c, true
				}
			}
		}
	}
	return constraint{}, false
}

func pgConstraint(q *query) error {
	if err := q.domainConstraints(); err != nil {
		return err
	}
	return q.tables("conrelid", func(t *catalog.Table) error {
		for _, c := range constraintsOf(t) {
			if err := q.emit(constraintRow(q.r, c)); err != nil {
				return err
			}
		}
		return nil
	})
}

func constraintRow(r *catalog.Reader, c constraint) []types.Datum {
	if c.foreign != nil {
		return foreignKeyRow(r, c)
	}
	index, valid, expr := types.OID(0), true, null
	if c.index != nil {
		index = c.index.OID
	}
	if c.check != nil {
		valid, expr = !c.check.NotValid, str(c.check.Expr)
	}
	key := null
	if len(c.columns) > 0 {
		key = ints(types.Int2OID, c.columns)
	}
	parent, local, inherited, noInherit := types.OID(0), true, 0, c.kind != 'c'
	switch {
	case c.check != nil:
		local, inherited, noInherit = !c.check.NotLocal, c.check.Inherited, c.check.NoInherit
	case c.index != nil && c.index.Parent != 0:
		local, inherited, noInherit = false, 1, false
		if _, up, ok := r.Index(c.index.Parent); ok {
			parent = up.Constraint
		}
	case c.index != nil && c.index.Partitioned:
		noInherit = false
	}
	return []types.Datum{
		oid(c.oid), str(c.name), oid(c.table.Schema), chr(c.kind), yes(false), yes(false), yes(valid), oid(c.table.OID), oid(0), oid(index),
		oid(parent), oid(0), chr(' '), chr(' '), chr(' '), yes(local), num(inherited), yes(noInherit), key,
		null, null, null, null, null, null, expr,
	}
}

func pgSequence(q *query) error {
	return q.relations("seqrelid", func(rel catalog.Relation) error {
		s, ok := rel.(*catalog.Sequence)
		if !ok {
			return nil
		}
		return q.emit([]types.Datum{oid(s.OID), oid(s.Type), big(s.Start), big(s.Increment), big(s.Max), big(s.Min), big(s.Cache), yes(s.Cycle)})
	})
}

// ruleOID is the OID of a view's rule in pg_rewrite, made like attrdefOID.
func ruleOID(view types.OID) types.OID { return attrdefOID(view, -1) }
