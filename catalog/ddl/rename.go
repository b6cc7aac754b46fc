package ddl

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// renamedType is the kind of object that the tag of a rename names.
func renamedType(s *ast.RenameStmt) ast.ObjectType {
	switch s.RenameType {
	case ast.ObjectColumn:
		return s.RelationType
	case ast.ObjectAttribute:
		return ast.ObjectDataType
	case ast.ObjectDomConstraint:
		return ast.ObjectDomain
	}
	return s.RenameType
}

func (x *Executor) rename(ctx context.Context, s *ast.RenameStmt) error {
	switch s.RenameType {
	case ast.ObjectTable, ast.ObjectView, ast.ObjectMatView, ast.ObjectSequence, ast.ObjectIndex:
		return x.renameRelation(ctx, s)
	case ast.ObjectColumn:
		return x.renameColumn(ctx, s)
	case ast.ObjectTabConstraint:
		return x.renameConstraint(ctx, s)
	case ast.ObjectSchema:
		return x.renameSchema(ctx, s)
	case ast.ObjectDataType, ast.ObjectDomain, ast.ObjectAttribute, ast.ObjectDomConstraint:
		return x.renameType(ctx, s)
	case ast.ObjectTrigger:
		return x.renameTrigger(ctx, s)
	case ast.ObjectRule:
		return x.renameRule(ctx, s)
	case ast.ObjectFunction, ast.ObjectProcedure, ast.ObjectRoutine, ast.ObjectAggregate:
		return x.renameFunction(ctx, s)
	}
	return pgerr.FeatureNotSupported("ALTER " + objectWord(s.RenameType, true) + " RENAME")
}

// errViews refuses to rename a column that the stored text of a view names.
func (x *Executor) errViews(oid types.OID, column string) error {
	for _, f := range x.Txn.Newest().FunctionDependents(oid) {
		if mentions(strings.Join(f.SQLBody, "; "), column) {
			return pgerr.FeatureNotSupported("renaming a column that function " + x.functionName(f) + " depends on")
		}
	}
	for _, d := range columnReaders(x.Txn.Newest(), oid, column, "") {
		return pgerr.FeatureNotSupported("renaming a column that " + x.describe(d) + " depends on")
	}
	return nil
}

// place is where a relation is found by name.
type place struct{ schema, name string }

// followInViews follows the move of a relation in the stored text of the views that read it.
func (x *Executor) followInViews(ctx context.Context, oid types.OID, from, to place) error {
	for _, v := range x.Txn.Newest().Dependents(oid) {
		if err := x.lockOID(ctx, v); err != nil {
			return err
		}
		old, ok := x.Txn.Newest().RelationByOID(v.RelOID())
		if !ok {
			continue
		}
		n, err := movedQueries(old, from, to)
		if err != nil {
			return err
		}
		if err := x.update(ctx, old, n); err != nil {
			return err
		}
	}
	for _, g := range x.Txn.Newest().FunctionDependents(oid) {
		if err := x.Txn.Lock(ctx, kv.Exclusive, g); err != nil {
			return err
		}
		old, ok := x.Txn.Newest().Function(g.OID)
		if !ok {
			continue
		}
		n := *old
		n.Version++
		n.SQLBody = slices.Clone(old.SQLBody)
		for i, text := range n.SQLBody {
			var err error
			if n.SQLBody[i], err = moveInQuery(text, from, to); err != nil {
				return err
			}
		}
		if err := x.Txn.Update(ctx, old, &n); err != nil {
			return err
		}
	}
	return nil
}

// moveInQuery replaces the name of a relation in a stored query. What refers to its columns by the old name still can: it becomes
// the relation's alias.
func moveInQuery(query string, from, to place) (string, error) {
	stmts, err := parser.Parse(query)
	if err != nil || len(stmts) != 1 {
		return "", pgerr.New(pgerr.InternalError, "stored query of a view: %v", err)
	}
	ast.Walk(stmts[0].Stmt, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeVar:
			if n.Schema == from.schema && n.Name == from.name {
				if n.Alias == nil && from.name != to.name {
					n.Alias = &ast.Alias{Name: from.name}
				}
				n.Schema, n.Name = to.schema, to.name
			}
		case *ast.ColumnRef:
			if len(n.Names) > 2 && n.Names[0] == from.schema && n.Names[1] == from.name {
				n.Names = n.Names[1:]
			}
		}
		return true
	})
	return ast.Format(stmts[0].Stmt), nil
}

func (x *Executor) renameRelation(ctx context.Context, s *ast.RenameStmt) error {
	rel, err := x.lockRelation(ctx, s.Relation)
	if err != nil {
		return x.missing(err, s.MissingOk, "relation", s.Relation)
	}
	if s.RenameType != ast.ObjectTable && !kindMatches(rel, s.RenameType) {
		if _, table := rel.(*catalog.Table); !table || s.RenameType != ast.ObjectIndex {
			return pgerr.New(pgerr.WrongObjectType, "%q is not %s", rel.RelName(), map[ast.ObjectType]string{ast.ObjectView: "a view",
				ast.ObjectMatView: "a materialized view", ast.ObjectSequence: "a sequence", ast.ObjectIndex: "an index"}[s.RenameType])
		}
	}
	if _, ok := x.Txn.Newest().Relation(rel.RelSchema(), s.NewName); ok {
		return errRelationExists(s.NewName)
	}
	return x.moveRelation(ctx, rel, rel.RelSchema(), s.NewName)
}

// moveRelation gives a relation another schema or name, with what hangs on it.
func (x *Executor) moveRelation(ctx context.Context, rel catalog.Relation, schema types.OID, name string) error {
	r := x.Txn.Newest()
	from, to := place{r.SchemaName(rel.RelSchema()), rel.RelName()}, place{r.SchemaName(schema), name}
	if err := x.followInViews(ctx, rel.RelOID(), from, to); err != nil {
		return err
	}
	switch r := rel.(type) {
	case *catalog.Table:
		t := next(r)
		t.Name = name
		if schema != r.Schema {
			moveIndexes(t, schema)
		}
		if err := x.update(ctx, r, t); err != nil {
			return err
		}
		if schema == r.Schema {
			return nil
		}
		for _, q := range x.Txn.Newest().OwnedSequences(r.OID, 0) {
			if err := x.lockOID(ctx, q); err != nil {
				return err
			}
			if err := x.moveRelation(ctx, q, schema, q.Name); err != nil {
				return err
			}
		}
		return nil
	case *catalog.View:
		v := *r
		v.Version++
		v.Schema, v.Name = schema, name
		return x.update(ctx, r, &v)
	case *catalog.Sequence:
		q := *r
		q.Version++
		q.Schema, q.Name = schema, name
		if err := x.update(ctx, r, &q); err != nil {
			return err
		}
		return x.renameInDefaults(ctx, x.qualified(r.Schema, r.Name), x.qualified(schema, name))
	case *catalog.Index:
		return x.renameIndex(ctx, r, name)
	}
	return nil
}

// moveIndexes copies t's indexes to another schema with it.
func moveIndexes(t *catalog.Table, schema types.OID) {
	t.Schema = schema
	p := *t.Primary
	if p.OID != 0 {
		p.Schema = schema
	}
	t.Primary = &p
	t.Indexes = slices.Clone(t.Indexes)
	for i, ix := range t.Indexes {
		n := *ix
		n.Schema = schema
		t.Indexes[i] = &n
	}
}

// renameInDefaults follows the rename of a sequence in the defaults that use it.
func (x *Executor) renameInDefaults(ctx context.Context, from, to string) error {
	for old := range x.Txn.Newest().Tables() {
		if !slices.ContainsFunc(old.Columns, func(c *catalog.Column) bool { return usesSequence(c.Default, from) }) {
			continue
		}
		if err := x.Txn.Lock(ctx, kv.Exclusive, old); err != nil {
			return err
		}
		old, ok := x.Txn.Newest().Table(old.OID)
		if !ok {
			continue
		}
		t := next(old)
		for i, c := range old.Columns {
			if usesSequence(c.Default, from) {
				n := changeColumn(t, i)
				n.Default = strings.ReplaceAll(c.Default, quoteLiteral(from)+"::regclass", quoteLiteral(to)+"::regclass")
			}
		}
		if err := x.update(ctx, old, t); err != nil {
			return err
		}
	}
	return nil
}

// renameIndex renames an index, and with it the constraint that owns it.
func (x *Executor) renameIndex(ctx context.Context, ix *catalog.Index, name string) error {
	return x.changeIndex(ctx, ix, func(n *catalog.Index) { n.Name = name })
}

func (x *Executor) renameColumn(ctx context.Context, s *ast.RenameStmt) error {
	rel, err := x.lockRelation(ctx, s.Relation)
	if err != nil {
		return x.missing(err, s.MissingOk, "relation", s.Relation)
	}
	if v, ok := rel.(*catalog.View); ok {
		return x.renameViewColumn(ctx, v, s)
	}
	old, ok := rel.(*catalog.Table)
	if !ok {
		return pgerr.New(pgerr.WrongObjectType, "cannot rename columns of relation %q", rel.RelName())
	}
	if old.OfType != 0 {
		return pgerr.New(pgerr.WrongObjectType, "cannot rename column of typed table")
	}
	c, _, ok := old.Column(s.SubName)
	if !ok {
		return pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", s.SubName)
	}
	if err := checkColumnName(s.NewName); err != nil {
		return err
	}
	if c.Inherited > 0 {
		return pgerr.New(pgerr.InvalidTableDefinition, "cannot rename inherited column %q", c.Name)
	}
	if s.Relation.Only && x.Txn.Newest().HasChildren(old.OID) {
		return pgerr.New(pgerr.InvalidTableDefinition, "inherited column %q must be renamed in child tables too", c.Name)
	}
	tree := append([]*catalog.Table{old}, x.Txn.Newest().Descendants(old)...)
	for _, t := range tree[1:] {
		own, _, ok := t.Column(c.Name)
		if !ok || own.Inherited <= 1 {
			continue
		}
		from := 0
		for _, p := range tree {
			if slices.Contains(t.Parents, p.OID) {
				from++
			}
		}
		if own.Inherited > from {
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot rename inherited column %q", c.Name)
		}
	}
	for i, t := range tree {
		if i > 0 {
			if err := x.lockOID(ctx, t); err != nil {
				return err
			}
			t, _ = x.Txn.Newest().Table(t.OID)
		}
		if err := x.renameColumnOf(ctx, t, c.Name, s.NewName); err != nil {
			return err
		}
	}
	return nil
}

// renameColumnOf renames a column of one table.
func (x *Executor) renameColumnOf(ctx context.Context, old *catalog.Table, from, to string) error {
	c, o, ok := old.Column(from)
	if !ok {
		return nil
	}
	if _, _, ok := old.Column(to); ok {
		return pgerr.New(pgerr.DuplicateColumn, "column %q of relation %q already exists", to, old.Name)
	}
	if err := x.errViews(old.OID, c.Name); err != nil {
		return err
	}
	t := next(old)
	changeColumn(t, o).Name = to
	t.Checks = slices.Clone(t.Checks)
	for i, k := range t.Checks {
		if slices.Contains(k.Columns, c.ID) {
			n := *k
			n.Expr = renameColumn(k.Expr, c.Name, to)
			t.Checks[i] = &n
		}
	}
	t.Indexes = slices.Clone(t.Indexes)
	for i, ix := range t.Indexes {
		if slices.Contains(ix.Reads, c.ID) {
			t.Indexes[i] = indexWithColumn(ix, c.Name, to)
		}
	}
	for i, g := range t.Columns {
		if g.Generated != 0 && mentions(g.Default, c.Name) {
			changeColumn(t, i).Default = renameColumn(g.Default, c.Name, to)
		}
	}
	t.Triggers = slices.Clone(t.Triggers)
	for i, tr := range t.Triggers {
		n := *tr
		n.When = renameColumn(tr.When, c.Name, to)
		t.Triggers[i] = &n
	}
	t.Statistics = slices.Clone(t.Statistics)
	for i, s := range t.Statistics {
		if slices.Contains(s.Reads, c.ID) {
			t.Statistics[i] = statisticsWithColumn(s, c.Name, to)
		}
	}
	if t.Key != nil {
		key := *t.Key
		key.Columns = slices.Clone(key.Columns)
		for i, k := range key.Columns {
			if slices.Contains(k.Uses, c.ID) {
				key.Columns[i].Expr = renameColumn(k.Expr, c.Name, to)
			}
		}
		t.Key = &key
	}
	return x.update(ctx, old, t)
}

// indexWithColumn is an index whose expressions name a column otherwise.
func indexWithColumn(ix *catalog.Index, from, to string) *catalog.Index {
	n := *ix
	n.Predicate = renameColumn(n.Predicate, from, to)
	n.Columns = slices.Clone(n.Columns)
	for i := range n.Columns {
		n.Columns[i].Expr = renameColumn(n.Columns[i].Expr, from, to)
	}
	return &n
}

func (x *Executor) renameViewColumn(ctx context.Context, old *catalog.View, s *ast.RenameStmt) error {
	_, o, ok := old.Column(s.SubName)
	if !ok {
		return pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", s.SubName)
	}
	if _, _, ok := old.Column(s.NewName); ok {
		return pgerr.New(pgerr.DuplicateColumn, "column %q of relation %q already exists", s.NewName, old.Name)
	}
	if err := x.errViews(old.OID, s.SubName); err != nil {
		return err
	}
	v := *old
	v.Version++
	v.Columns = slices.Clone(v.Columns)
	c := *v.Columns[o]
	c.Name = s.NewName
	v.Columns[o] = &c
	return x.update(ctx, old, &v)
}

func (x *Executor) renameConstraint(ctx context.Context, s *ast.RenameStmt) error {
	old, err := x.lockTable(ctx, s.Relation)
	if err != nil {
		return x.missing(err, s.MissingOk, "relation", s.Relation)
	}
	if !old.HasConstraint(s.SubName) {
		return pgerr.New(pgerr.UndefinedObject, "constraint %q for table %q does not exist", s.SubName, old.Name)
	}
	if old.HasConstraint(s.NewName) {
		return pgerr.New(pgerr.DuplicateObject, "constraint %q for relation %q already exists", s.NewName, old.Name)
	}
	for _, ix := range old.AllIndexes() {
		if ix.Constraint != 0 && ix.Name == s.SubName {
			return x.renameIndex(ctx, ix, s.NewName)
		}
	}
	if old.ForeignKey(s.SubName) != nil {
		return x.changeForeignKey(ctx, old, s.SubName, func(k *catalog.ForeignKey) { k.Name = s.NewName })
	}
	i := slices.IndexFunc(old.Checks, func(k *catalog.Check) bool { return k.Name == s.SubName })
	if i < 0 {
		return pgerr.FeatureNotSupported("renaming a constraint of this kind")
	}
	inherits := x.Txn.Newest().HasChildren(old.OID) && !old.Checks[i].NoInherit
	switch {
	case old.Checks[i].Inherited > 0:
		return pgerr.New(pgerr.InvalidTableDefinition, "cannot rename inherited constraint %q", s.SubName)
	case inherits && s.Relation.Only:
		return pgerr.New(pgerr.InvalidTableDefinition, "inherited constraint %q must be renamed in child tables too", s.SubName)
	}
	if err := x.renameCheckOf(ctx, old, s.SubName, s.NewName); err != nil || !inherits {
		return err
	}
	for _, d := range x.Txn.Newest().Descendants(old) {
		if err := x.lockOID(ctx, d); err != nil {
			return err
		}
		cur, _ := x.Txn.Newest().Table(d.OID)
		if err := x.renameCheckOf(ctx, cur, s.SubName, s.NewName); err != nil {
			return err
		}
	}
	return nil
}

// renameCheckOf renames a CHECK constraint of one table.
func (x *Executor) renameCheckOf(ctx context.Context, old *catalog.Table, from, to string) error {
	t := next(old)
	t.Checks = slices.Clone(t.Checks)
	for i, k := range t.Checks {
		if k.Name == from {
			n := *k
			n.Name = to
			t.Checks[i] = &n
		}
	}
	return x.update(ctx, old, t)
}

func (x *Executor) renameSchema(ctx context.Context, s *ast.RenameStmt) error {
	name := s.SubName
	if s.Object != nil && len(s.Object.Names) > 0 {
		name = s.Object.Names[len(s.Object.Names)-1]
	}
	old, err := x.lockSchema(ctx, name)
	if err != nil {
		return err
	}
	if _, ok := x.Txn.Newest().Schema(s.NewName); ok {
		return pgerr.New(pgerr.DuplicateSchema, "schema %q already exists", s.NewName)
	}
	if strings.HasPrefix(s.NewName, "pg_") {
		return pgerr.New(pgerr.ReservedName, "unacceptable schema name %q", s.NewName).
			WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	r := x.Txn.Newest()
	rels := slices.Collect(r.Relations(old.OID))
	n := *old
	n.Version++
	n.Name = s.NewName
	if err := x.Txn.Update(ctx, old, &n); err != nil {
		if errors.Is(err, catalog.ErrNameTaken) {
			return pgerr.New(pgerr.DuplicateSchema, "schema %q already exists", s.NewName)
		}
		return err
	}
	for _, rel := range rels {
		if err := x.followInViews(ctx, rel.RelOID(), place{old.Name, rel.RelName()}, place{n.Name, rel.RelName()}); err != nil {
			return err
		}
		if q, ok := rel.(*catalog.Sequence); ok {
			from := quoteIdent(old.Name) + "." + quoteIdent(q.Name)
			if err := x.renameInDefaults(ctx, from, x.qualified(q.Schema, q.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *Executor) setSchema(ctx context.Context, s *ast.AlterObjectSchemaStmt) error {
	if isRoutine(s.ObjectType) {
		return x.setFunctionSchema(ctx, s)
	}
	if s.ObjectType == ast.ObjectDataType || s.ObjectType == ast.ObjectDomain {
		return x.setTypeSchema(ctx, s)
	}
	if s.Relation == nil {
		return pgerr.FeatureNotSupported("ALTER " + objectWord(s.ObjectType, true) + " SET SCHEMA")
	}
	rel, err := x.lockRelation(ctx, s.Relation)
	if err != nil {
		return x.missing(err, s.MissingOk, "relation", s.Relation)
	}
	schema, ok := x.Txn.Newest().Schema(s.NewSchema)
	if !ok {
		return errNoSchema(s.NewSchema)
	}
	if schema.OID == rel.RelSchema() {
		return nil
	}
	if err := x.Txn.Lock(ctx, kv.Shared, schema); err != nil {
		return err
	}
	if q, ok := rel.(*catalog.Sequence); ok && q.OwnedBy.Table != 0 {
		t, _ := x.Txn.Newest().Table(q.OwnedBy.Table)
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot move an owned sequence into another schema").
			WithDetail("Sequence %q is linked to table %q.", q.Name, t.Name)
	}
	if _, ok := x.Txn.Newest().Relation(schema.OID, rel.RelName()); ok {
		return pgerr.New(pgerr.DuplicateTable, "relation %q already exists in schema %q", rel.RelName(), schema.Name)
	}
	return x.moveRelation(ctx, rel, schema.OID, rel.RelName())
}

// movedQueries is the next version of a relation whose query or rules name a relation that moves.
func movedQueries(old catalog.Relation, from, to place) (catalog.Relation, error) {
	n := old
	if query, _ := catalog.StoredQuery(old); query != "" {
		text, err := moveInQuery(query, from, to)
		if err != nil {
			return nil, err
		}
		n = catalog.WithQuery(old, text)
	}
	if len(catalog.RulesOf(old)) == 0 {
		return n, nil
	}
	rules := slices.Clone(catalog.RulesOf(old))
	for i := range rules {
		r := *rules[i]
		r.Actions = slices.Clone(r.Actions)
		for k, text := range r.Actions {
			var err error
			if r.Actions[k], err = moveInQuery(text, from, to); err != nil {
				return nil, err
			}
		}
		rules[i] = &r
	}
	n = catalog.WithRules(n, rules)
	return n, nil
}
