package ddl

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func (x *Executor) drop(ctx context.Context, s *ast.DropStmt) error {
	switch s.RemoveType {
	case ast.ObjectTable, ast.ObjectView, ast.ObjectMatView, ast.ObjectSequence:
		return x.dropRelations(ctx, s)
	case ast.ObjectIndex:
		return x.dropIndexes(ctx, s)
	case ast.ObjectTrigger:
		return x.dropTriggers(ctx, s)
	case ast.ObjectRule:
		return x.dropRules(ctx, s)
	case ast.ObjectSchema:
		return x.dropSchemas(ctx, s)
	case ast.ObjectDataType, ast.ObjectDomain:
		return x.dropTypes(ctx, s)
	case ast.ObjectFunction, ast.ObjectProcedure, ast.ObjectRoutine, ast.ObjectAggregate:
		return x.dropFunctions(ctx, s)
	}
	return x.dropOther(s)
}

// dropOther is DROP of kinds of object that do not exist here: there is nothing to find.
func (x *Executor) dropOther(s *ast.DropStmt) error {
	for _, o := range s.Objects {
		err := x.errNoSchemaOf(o)
		if err == nil {
			err = x.errNoObject(s.RemoveType, o)
		}
		if !s.MissingOk {
			return err
		}
		x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "%s, skipping", err.Message))
	}
	return nil
}

// errNoSchemaOf is the error of an object in a schema that does not exist, nil if that is not what is wrong.
func (x *Executor) errNoSchemaOf(o *ast.ObjectRef) *pgerr.Error {
	if len(o.Names) != 2 || o.Func != nil {
		return nil
	}
	if _, ok := x.Txn.Newest().Schema(o.Names[0]); ok {
		return nil
	}
	return errNoSchema(o.Names[0])
}

// errNoObject is the error of an object that does not exist, of a kind that never does.
func (x *Executor) errNoObject(kind ast.ObjectType, o *ast.ObjectRef) *pgerr.Error {
	word, name, code := objectWord(kind, false), "", pgerr.UndefinedObject
	if len(o.Names) > 0 {
		name = o.Names[len(o.Names)-1]
	}
	switch kind {
	case ast.ObjectForeignTable:
		code = pgerr.UndefinedTable
	case ast.ObjectDomain:
		word = "type"
	case ast.ObjectFunction, ast.ObjectProcedure, ast.ObjectAggregate, ast.ObjectRoutine:
		code = pgerr.UndefinedFunction
		if o.Func == nil || o.Func.ArgsUnspecified {
			return pgerr.New(code, "%s %s() does not exist", word, name)
		}
		var args []string
		for _, a := range o.Func.Args {
			t, err := x.Bind.Type(a)
			if err != nil {
				args = append(args, a.Names[len(a.Names)-1])
				continue
			}
			args = append(args, types.FormatType(t.OID, -1))
		}
		return pgerr.New(code, "%s %s(%s) does not exist", word, o.Func.Names[len(o.Func.Names)-1], strings.Join(args, ","))
	}
	return pgerr.New(code, "%s %q does not exist", word, name)
}

// rangeVar is the relation that an object's name means.
// RangeVar is the relation that a list of names means.
func RangeVar(names []string) *ast.RangeVar { return rangeVar(names) }

func rangeVar(names []string) *ast.RangeVar {
	rv := &ast.RangeVar{Pos: -1}
	n := len(names)
	if n > 0 {
		rv.Name = names[n-1]
	}
	if n > 1 {
		rv.Schema = names[n-2]
	}
	if n > 2 {
		rv.Catalog = names[n-3]
	}
	return rv
}

// missing turns the error of a name that does not exist into PostgreSQL's wording for a kind of object, or into a notice if
// that is allowed.
func (x *Executor) missing(err error, ok bool, what string, rv *ast.RangeVar) error {
	code := pgerr.CodeOf(err)
	if code != pgerr.UndefinedTable && code != pgerr.InvalidSchemaName {
		return err
	}
	if code == pgerr.InvalidSchemaName {
		if ok {
			x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "schema %q does not exist, skipping", rv.Schema))
			return nil
		}
		return err
	}
	name := rv.Name
	if rv.Schema != "" && what == "relation" {
		name = rv.Schema + "." + name
	}
	if ok {
		x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "%s %q does not exist, skipping", what, name))
		return nil
	}
	if what == "index" {
		code = pgerr.UndefinedObject
	}
	return pgerr.New(code, "%s %q does not exist", what, name)
}

// errWrongKind is the error of DROP VIEW on a table and the like.
func errWrongKind(rel catalog.Relation, want ast.ObjectType) error {
	article := "a"
	if want == ast.ObjectIndex {
		article = "an"
	}
	kinds := relationObjects
	return pgerr.New(pgerr.WrongObjectType, "%q is not %s %s", rel.RelName(), article, objectWord(want, false)).
		WithHint("Use DROP %s to remove %s %s.", objectWord(kinds[rel.RelKind()], true),
			map[bool]string{true: "an", false: "a"}[rel.RelKind() == catalog.RelIndex], objectWord(kinds[rel.RelKind()], false))
}

func kindMatches(rel catalog.Relation, want ast.ObjectType) bool {
	return relationObjects[rel.RelKind()] == want
}

// relationObjects are the words of statements for kinds of relations.
var relationObjects = map[catalog.RelKind]ast.ObjectType{catalog.RelTable: ast.ObjectTable, catalog.RelVirtual: ast.ObjectTable,
	catalog.RelView: ast.ObjectView, catalog.RelMatView: ast.ObjectMatView, catalog.RelSequence: ast.ObjectSequence, catalog.RelIndex: ast.ObjectIndex}

func (x *Executor) dropRelations(ctx context.Context, s *ast.DropStmt) error {
	set := x.newDropSet()
	var rels []catalog.Relation
	for _, o := range s.Objects {
		rv := rangeVar(o.Names)
		rel, err := x.lookup(rv)
		if err != nil {
			if err := x.missing(err, s.MissingOk, objectWord(s.RemoveType, false), rv); err != nil {
				return err
			}
			continue
		}
		if !kindMatches(rel, s.RemoveType) {
			return errWrongKind(rel, s.RemoveType)
		}
		if rel, err = x.lockRelationIf(ctx, rv, x.mayDrop); err != nil {
			return err
		}
		if t, ok := rel.(*catalog.Table); ok {
			if err := x.notPending(t, "DROP TABLE"); err != nil {
				return err
			}
		}
		if q, ok := rel.(*catalog.Sequence); ok && q.OwnedBy.Identity {
			return x.errIdentitySequence(q)
		}
		if !set.named[rel.RelOID()] {
			set.named[rel.RelOID()] = true
			rels = append(rels, rel)
		}
	}
	return x.dropAll(ctx, set, rels, s.Behavior)
}

func (x *Executor) errIdentitySequence(q *catalog.Sequence) error {
	t, _ := x.Txn.Newest().Table(q.OwnedBy.Table)
	if t == nil {
		return nil
	}
	c := t.ColumnByID(q.OwnedBy.Column)
	return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop sequence %s because column %s of table %s requires it",
		x.relName(q), quoteIdent(c.Name), x.relName(t)).
		WithHint("You can drop column %s of table %s instead.", quoteIdent(c.Name), x.relName(t))
}

// dropAll drops relations and what depends on them.
func (x *Executor) dropAll(ctx context.Context, set *dropSet, rels []catalog.Relation, behavior ast.DropBehavior) error {
	for _, rel := range rels {
		set.visit(dependent{rel: rel})
	}
	if len(rels) == 0 {
		return nil
	}
	if err := set.report(x.describeRel(rels[0]), behavior == ast.DropCascade); err != nil {
		if e, ok := pgerr.As(err); ok && len(rels) > 1 {
			e.Message = "cannot drop desired object(s) because other objects depend on them"
		}
		return err
	}
	return x.remove(ctx, set)
}

// remove drops everything in the set.
func (x *Executor) remove(ctx context.Context, set *dropSet) error {
	for _, d := range set.order {
		if d.part() != nil && set.visited[dependent{rel: d.rel}.key()] {
			continue // goes with its table
		}
		if err := x.lockOID(ctx, d.rel); err != nil {
			return err
		}
		var err error
		switch d.rel.(type) {
		case functionObject:
			if cur, ok := x.Txn.Newest().Function(d.rel.RelOID()); ok {
				err = x.Txn.Drop(ctx, cur)
			}
		case object:
			err = x.removeObject(ctx, d.rel)
		case typeObject:
			if d.use != nil {
				err = x.removeUse(ctx, *d.use)
			} else {
				err = x.removeObject(ctx, d.rel)
			}
		default:
			cur, ok := x.Txn.Newest().RelationByOID(d.rel.RelOID())
			if !ok {
				continue
			}
			if d.part() != nil {
				err = x.removePart(ctx, cur, d)
			} else {
				err = x.removeRelation(ctx, set, cur)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// removeRelation drops a relation, and the rows of a table.
func (x *Executor) removeRelation(ctx context.Context, set *dropSet, cur catalog.Relation) error {
	t, ok := cur.(*catalog.Table)
	if ok {
		if err := x.dropRows(ctx, set, t); err != nil {
			return err
		}
	}
	if ix, ok := cur.(*catalog.Index); ok {
		of, _ := x.Txn.Newest().Table(ix.Table)
		return x.dropIndexTree(ctx, of, ix)
	}
	if err := x.Txn.Drop(ctx, cur); err != nil || !ok {
		return err
	}
	for _, k := range t.ForeignKeys {
		if err := x.forgetReference(ctx, k.Parent, t.OID); err != nil {
			return err
		}
	}
	return nil
}

// removePart drops a part of a relation.
func (x *Executor) removePart(ctx context.Context, rel catalog.Relation, d dependent) error {
	switch {
	case d.rule != nil:
		return x.dropRule(ctx, rel, d.rule.Name)
	case d.trigger != nil:
		return x.dropTrigger(ctx, rel, d.trigger.Name)
	case d.use != nil:
		return x.removeUse(ctx, *d.use)
	}
	t := rel.(*catalog.Table)
	switch {
	case d.check != nil:
		return x.dropCheck(ctx, t, d.check.Name)
	case d.generated != nil:
		cmd := &ast.AlterTableCmd{Kind: ast.DropColumn, Name: d.generated.Name, Behavior: ast.DropCascade, MissingOk: true}
		return x.dropColumn(ctx, t, cmd)
	case d.foreign != nil:
		return x.dropForeignKey(ctx, t, d.foreign)
	}
	return x.dropDefault(ctx, t, d.column.ID)
}

// dropRows deletes the rows of a table that goes. The partitioned table of a partition, unless it goes too, is told that its rows have one
// place less to go to.
func (x *Executor) dropRows(ctx context.Context, set *dropSet, t *catalog.Table) error {
	if p := x.Txn.Newest().Parent(t); p != nil && !set.visited[dependent{rel: p}.key()] {
		if err := x.touch(ctx, p); err != nil {
			return err
		}
	}
	return x.dropStorage(ctx, t)
}

// dropStorage deletes the key space of a table.
func (x *Executor) dropStorage(ctx context.Context, t *catalog.Table) error {
	if err := x.Txn.KV().DeleteRange(rowenc.StorageRange(t.Storage)); err != nil {
		return err
	}
	return x.Txn.DropRowIDs(ctx, t.Storage)
}

// dropDefault takes a column's default away.
func (x *Executor) dropDefault(ctx context.Context, old *catalog.Table, id catalog.ColumnID) error {
	t := next(old)
	c := changeColumn(t, t.Ordinal(id))
	c.Default = ""
	return x.update(ctx, old, t)
}

func (x *Executor) dropSchemas(ctx context.Context, s *ast.DropStmt) error {
	for _, o := range s.Objects {
		name := o.Names[len(o.Names)-1]
		schema, err := x.lockSchema(ctx, name)
		if err != nil {
			if pgerr.CodeOf(err) == pgerr.InvalidSchemaName && s.MissingOk {
				x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "schema %q does not exist, skipping", name))
				continue
			}
			return err
		}
		if schema.OID < catalog.FirstUserOID && schema.OID != catalog.PublicOID {
			return errSystemSchema(schema, "drop")
		}
		if err := x.emptySchema(ctx, schema, s.Behavior == ast.DropCascade); err != nil {
			return err
		}
		if err := x.Txn.Drop(ctx, schema); err != nil {
			return err
		}
	}
	return nil
}

// emptySchema drops everything in a schema.
func (x *Executor) emptySchema(ctx context.Context, schema *catalog.Schema, cascade bool) error {
	set := x.newDropSet()
	var rels []catalog.Relation
	for rel := range x.Txn.Newest().Relations(schema.OID) {
		if _, ok := rel.(*catalog.Index); !ok {
			rels = append(rels, rel)
		}
	}
	for _, f := range x.Txn.Newest().Functions(schema.OID) {
		rels = append(rels, functionObject{f})
	}
	for _, t := range x.Txn.Newest().Types() {
		if t.Schema == schema.OID {
			rels = append(rels, typeObject{t})
		}
	}
	for _, o := range x.Txn.Newest().Objects() {
		if o.Head().Schema == schema.OID {
			rels = append(rels, object{o})
		}
	}
	slices.SortStableFunc(rels, func(a, b catalog.Relation) int { return cmp.Compare(a.RelOID(), b.RelOID()) })
	for i := len(rels) - 1; i >= 0; i-- {
		on := "schema " + quoteIdent(schema.Name)
		if q, ok := rels[i].(*catalog.Sequence); ok && q.OwnedBy.Table != 0 {
			on = ""
		}
		set.visit(dependent{rel: rels[i], on: on})
	}
	if err := set.report("schema "+quoteIdent(schema.Name), cascade); err != nil {
		return err
	}
	if err := x.remove(ctx, set); err != nil {
		return err
	}
	return x.dropSchemaStatistics(ctx, schema, cascade)
}

func (x *Executor) dropIndexes(ctx context.Context, s *ast.DropStmt) error {
	for _, o := range s.Objects {
		rv := rangeVar(o.Names)
		rel, err := x.lookup(rv)
		if err != nil {
			if err := x.missing(err, s.MissingOk, "index", rv); err != nil {
				return err
			}
			continue
		}
		if !kindMatches(rel, ast.ObjectIndex) {
			return errWrongKind(rel, ast.ObjectIndex)
		}
		if rel, err = x.lockRelationIf(ctx, rv, x.mayDrop); err != nil {
			return err
		}
		ix := rel.(*catalog.Index)
		old, _ := x.Txn.Newest().Table(ix.Table)
		if ix.Constraint != 0 {
			return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop index %s because constraint %s on table %s requires it",
				x.relName(ix), quoteIdent(ix.Name), x.relName(old)).
				WithHint("You can drop constraint %s on table %s instead.", quoteIdent(ix.Name), x.relName(old))
		}
		if ix.Parent != 0 {
			if _, top, ok := x.Txn.Newest().Index(ix.Parent); ok {
				return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop index %s because index %s requires it", x.relName(ix), x.relName(top)).
					WithHint("You can drop index %s instead.", x.relName(top))
			}
		}
		if ix.Partitioned && s.Concurrent {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot drop partitioned index %q concurrently", ix.Name)
		}
		set := x.newDropSet()
		for _, d := range x.keyDependents(old, ix.OID, 0, x.describeRel(ix)) {
			set.visit(d)
		}
		if err := set.report(x.describeRel(ix), s.Behavior == ast.DropCascade); err != nil {
			return err
		}
		if err := x.remove(ctx, set); err != nil {
			return err
		}
		if s.Concurrent && x.Left != nil {
			x.Left(ix.Table, ix.OID)
			return nil
		}
		old, _ = x.Txn.Newest().Table(ix.Table)
		if err := x.dropIndexTree(ctx, old, ix); err != nil {
			return err
		}
	}
	return nil
}

// dropIndexTree drops an index and its parts in partitions.
func (x *Executor) dropIndexTree(ctx context.Context, old *catalog.Table, ix *catalog.Index) error {
	if ix.Partitioned {
		if err := x.eachPart(ctx, old, ix, func(c *catalog.Table, part *catalog.Index) error { return x.dropIndexTree(ctx, c, part) }); err != nil {
			return err
		}
	}
	return x.dropIndex(ctx, old, ix.ID)
}

// dropIndex removes a secondary index and its entries.
func (x *Executor) dropIndex(ctx context.Context, old *catalog.Table, id catalog.IndexID) error {
	t := next(old)
	if err := x.removeIndex(t, id); err != nil {
		return err
	}
	return x.update(ctx, old, t)
}

// removeIndex takes an index out of t, which is not published yet, and deletes its entries.
func (x *Executor) removeIndex(t *catalog.Table, id catalog.IndexID) error {
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	if err := x.Txn.KV().DeleteRange(rt.Index(id).Range()); err != nil {
		return err
	}
	var keep []*catalog.Index
	for _, i := range t.Indexes {
		if i.ID != id {
			keep = append(keep, i)
		}
	}
	t.Indexes = keep
	return nil
}

func (x *Executor) truncate(ctx context.Context, s *ast.TruncateStmt) error {
	done := map[types.OID]bool{}
	var tables []*catalog.Table
	for _, rv := range s.Relations {
		t, err := x.lockTableIf(ctx, rv, x.may(acl.Truncate))
		if err != nil {
			return err
		}
		if t.MatView != nil {
			return pgerr.New(pgerr.WrongObjectType, "%q is not a table", t.Name)
		}
		if err := x.notPending(t, "TRUNCATE"); err != nil {
			return err
		}
		add := func(t *catalog.Table) {
			if !done[t.OID] {
				done[t.OID] = true
				tables = append(tables, t)
			}
		}
		if rv.Only && t.Key != nil {
			return pgerr.New(pgerr.WrongObjectType, "cannot truncate only a partitioned table").
				WithHint("Do not specify the ONLY keyword, or use TRUNCATE ONLY on the partitions directly.")
		}
		add(t)
		if rv.Only {
			continue
		}
		for _, d := range x.Txn.Newest().Descendants(t) {
			if x.Txn.Newest().OtherTemp(d.Schema, x.SearchPath) || x.Txn.Newest().Leaving(d) {
				continue
			}
			if err := x.lockOID(ctx, d); err != nil {
				return err
			}
			if d, ok := x.Txn.Newest().Table(d.OID); ok {
				add(d)
			}
		}
	}
	tables, err := x.truncateSet(ctx, tables, s.Behavior == ast.DropCascade)
	if err != nil {
		return err
	}
	if err := x.fireTruncate(ctx, tables, catalog.TriggerBefore); err != nil {
		return err
	}
	if err := x.emptyTables(ctx, tables, s.RestartSeqs); err != nil {
		return err
	}
	return x.fireTruncate(ctx, tables, catalog.TriggerAfter)
}

// emptyTables gives tables new key spaces.
func (x *Executor) emptyTables(ctx context.Context, tables []*catalog.Table, restart bool) error {
	for _, old := range tables {
		old, ok := x.Txn.Newest().Table(old.OID) // a trigger may have changed it
		if !ok {
			continue
		}
		t := next(old)
		var err error
		if t.Storage, err = x.Txn.Catalog().NewStorage(ctx); err != nil {
			return err
		}
		if err := x.dropStorage(ctx, old); err != nil {
			return err
		}
		if err := x.update(ctx, old, t); err != nil {
			return err
		}
		if x.Truncated != nil {
			x.Truncated(t.OID)
		}
		if !restart {
			continue
		}
		for _, q := range x.Txn.Newest().OwnedSequences(t.OID, 0) {
			if err := x.restartSequence(ctx, q); err != nil {
				return err
			}
		}
	}
	return nil
}

// restartSequence gives a sequence a new counter that begins at START.
func (x *Executor) restartSequence(ctx context.Context, q *catalog.Sequence) error {
	if err := x.lockOID(ctx, q); err != nil {
		return err
	}
	old, ok := x.Txn.Newest().Sequence(q.OID)
	if !ok {
		return nil
	}
	n := *old
	n.Version++
	n.Initial, n.InitialCalled = n.Start, false
	var err error
	if n.Storage, err = x.Txn.Catalog().NewStorage(ctx); err != nil {
		return err
	}
	return x.update(ctx, old, &n)
}
