package ddl

import (
	"context"
	"fmt"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/reloption"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func (x *Executor) alterTable(ctx context.Context, s *ast.AlterTableStmt) error {
	if s.ObjType == ast.ObjectDataType {
		return x.alterComposite(ctx, s)
	}
	rel, err := x.lockRelation(ctx, s.Relation)
	if err != nil {
		return x.missing(err, s.MissingOk, "relation", s.Relation)
	}
	t, ok := rel.(*catalog.Table)
	if !ok {
		return x.alterOther(ctx, rel, s)
	}
	if s.ObjType == ast.ObjectView || s.ObjType == ast.ObjectMatView && t.MatView == nil {
		return pgerr.New(pgerr.WrongObjectType, "%q is not a %s", t.Name, objectWord(s.ObjType, false))
	}
	if err := x.notPending(t, "ALTER TABLE"); err != nil {
		return err
	}
	for _, cmd := range s.Cmds {
		// Each command sees what the one before made of the table.
		cur, ok := x.Txn.Newest().Table(t.OID)
		if !ok {
			return pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", t.Name)
		}
		if t.MatView != nil {
			if err := errTableAction(t, cmd); err != nil {
				return err
			}
		}
		if err := errTyped(cur, cmd); err != nil {
			return err
		}
		if err := x.alterTree(ctx, cur, cmd, scope{only: s.Relation.Only}); err != nil {
			return err
		}
	}
	return nil
}

// alterCommand runs one command of ALTER TABLE.
func (x *Executor) alterCommand(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd) error {
	switch cmd.Kind {
	case ast.AddColumn:
		return x.addColumn(ctx, t, cmd)
	case ast.DropColumn:
		return x.dropColumn(ctx, t, cmd)
	case ast.ColumnDefault:
		return x.setDefault(ctx, t, cmd)
	case ast.AlterColumnType:
		return x.alterType(ctx, t, cmd)
	case ast.SetNotNull:
		return x.setNotNull(ctx, t, cmd)
	case ast.DropNotNull:
		return x.dropNotNull(ctx, t, cmd)
	case ast.AddConstraint:
		return x.addConstraint(ctx, t, cmd)
	case ast.DropConstraint:
		return x.dropConstraint(ctx, t, cmd)
	case ast.AlterConstraint:
		return x.alterConstraint(ctx, t, cmd)
	case ast.EnableTrig, ast.EnableAlwaysTrig, ast.EnableReplicaTrig, ast.DisableTrig, ast.EnableTrigAll, ast.DisableTrigAll, ast.EnableTrigUser,
		ast.DisableTrigUser:
		return x.enableTrigger(ctx, t, cmd, false)
	case ast.EnableRule, ast.EnableAlwaysRule, ast.EnableReplicaRule, ast.DisableRule:
		return x.enableRule(ctx, t, cmd)
	case ast.AddIdentity, ast.SetIdentity, ast.DropIdentity:
		return x.alterIdentity(ctx, t, cmd)
	case ast.DropExpression:
		return x.dropExpression(ctx, t, cmd)
	case ast.AddOf:
		return x.addOf(ctx, t, cmd)
	case ast.DropOf:
		return x.dropOf(ctx, t)
	case ast.ValidateConstraint:
		return x.validateConstraint(ctx, t, cmd)
	case ast.ChangeOwner:
		return x.changeOwner(ctx, t, cmd)
	case ast.SetRelOptions, ast.ResetRelOptions:
		return x.setOptions(ctx, t, cmd)
	case ast.SetStatistics:
		return x.setStatistics(ctx, t, cmd)
	case ast.SetStorage, ast.ClusterOn, ast.DropCluster, ast.SetLogged, ast.SetUnlogged, ast.DropOids,
		ast.SetReplicaIdentity:
		return nil // about PostgreSQL's own storage
	}
	word, ok := alterWords[cmd.Kind]
	if !ok {
		word = "this form of ALTER TABLE"
	}
	return pgerr.FeatureNotSupported(word)
}

var alterWords = map[ast.AlterTableKind]string{
	ast.EnableRowSecurity:  "ROW LEVEL SECURITY",
	ast.DisableRowSecurity: "ROW LEVEL SECURITY", ast.SetTableSpace: "SET TABLESPACE",
	ast.SetExpression: "SET EXPRESSION",
}

// alterOther is ALTER VIEW, SEQUENCE or INDEX with the commands that they have in common.
func (x *Executor) alterOther(ctx context.Context, rel catalog.Relation, s *ast.AlterTableStmt) error {
	for _, cmd := range s.Cmds {
		if cmd.Kind == ast.ChangeOwner {
			cur, _ := x.Txn.Newest().RelationByOID(rel.RelOID())
			if err := x.changeOwner(ctx, cur, cmd); err != nil {
				return err
			}
			continue
		}
		if ix, ok := rel.(*catalog.Index); ok && cmd.Kind == ast.AttachPartition {
			if err := x.attachIndex(ctx, ix, cmd); err != nil {
				return err
			}
			continue
		}
		if ix, ok := rel.(*catalog.Index); ok && (cmd.Kind == ast.SetRelOptions || cmd.Kind == ast.ResetRelOptions) {
			opts, err := changedOptions(ix.Options, cmd, func(defs []*ast.DefElem) ([]string, error) { return reloption.Index(ix.MethodName(), defs) })
			if err != nil {
				return err
			}
			if err := x.changeIndex(ctx, ix, func(n *catalog.Index) { n.Options = opts }); err != nil {
				return err
			}
			continue
		}
		if v, ok := rel.(*catalog.View); ok {
			if err := x.alterView(ctx, v, s, cmd); err != nil {
				return err
			}
			continue
		}
		return pgerr.FeatureNotSupported("this form of ALTER " + objectWord(s.ObjType, true))
	}
	return nil
}

// tableActions are the words of commands that only tables know.
var tableActions = map[ast.AlterTableKind]string{ast.AddColumn: "ADD COLUMN", ast.DropColumn: "DROP COLUMN", ast.AddConstraint: "ADD CONSTRAINT",
	ast.SetNotNull: "ALTER COLUMN ... SET NOT NULL", ast.DropNotNull: "ALTER COLUMN ... DROP NOT NULL",
	ast.DropConstraint: "DROP CONSTRAINT", ast.AlterColumnType: "ALTER COLUMN ... SET DATA TYPE",
	ast.EnableTrig: "ENABLE TRIGGER", ast.EnableAlwaysTrig: "ENABLE ALWAYS TRIGGER", ast.EnableReplicaTrig: "ENABLE REPLICA TRIGGER",
	ast.DisableTrig: "DISABLE TRIGGER", ast.EnableTrigAll: "ENABLE TRIGGER ALL", ast.DisableTrigAll: "DISABLE TRIGGER ALL",
	ast.EnableTrigUser: "ENABLE TRIGGER USER", ast.DisableTrigUser: "DISABLE TRIGGER USER", ast.EnableRule: "ENABLE RULE",
	ast.EnableAlwaysRule: "ENABLE ALWAYS RULE", ast.EnableReplicaRule: "ENABLE REPLICA RULE", ast.DisableRule: "DISABLE RULE"}

// errTableAction refuses a command that only tables know for a relation of another kind; nil for other commands.
func errTableAction(rel catalog.Relation, cmd *ast.AlterTableCmd) error {
	action := tableActions[cmd.Kind]
	if action == "" {
		return nil
	}
	kinds := map[catalog.RelKind]string{catalog.RelView: "views", catalog.RelMatView: "materialized views"}
	return pgerr.New(pgerr.WrongObjectType, "ALTER action %s cannot be performed on relation %q", action, rel.RelName()).
		WithDetail("This operation is not supported for %s.", kinds[rel.RelKind()])
}

func (x *Executor) setOptions(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	t := next(old)
	var err error
	if t.Options, err = changedOptions(old.Options, cmd, reloption.Parse); err != nil {
		return err
	}
	return x.update(ctx, old, t)
}

// changedOptions are the options of a relation after SET or RESET.
func changedOptions(old []string, cmd *ast.AlterTableCmd, parse func([]*ast.DefElem) ([]string, error)) ([]string, error) {
	defs, _ := cmd.Def.(*ast.DefElems)
	if defs == nil {
		return old, nil
	}
	kept := dropOptions(old, defs.Items)
	if cmd.Kind == ast.ResetRelOptions {
		return kept, nil
	}
	opts, err := parse(defs.Items)
	return append(kept, opts...), err
}

// dropOptions is opts without the ones named.
func dropOptions(opts []string, defs []*ast.DefElem) []string {
	return slices.DeleteFunc(slices.Clone(opts), func(o string) bool {
		return slices.ContainsFunc(defs, func(d *ast.DefElem) bool {
			return len(o) > len(d.Name) && o[:len(d.Name)] == d.Name && o[len(d.Name)] == '='
		})
	})
}

func errNoColumn(t *catalog.Table, name string) *pgerr.Error {
	return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name)
}

// changeColumn makes a column of t, which is not published yet, changeable.
func changeColumn(t *catalog.Table, ordinal int) *catalog.Column {
	c := *t.Columns[ordinal]
	t.Columns = slices.Clone(t.Columns)
	t.Columns[ordinal] = &c
	return &c
}

func (x *Executor) addColumn(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	def, ok := cmd.Def.(*ast.ColumnDef)
	if !ok {
		return pgerr.FeatureNotSupported("this form of ADD COLUMN")
	}
	if _, _, exists := old.Column(def.Name); exists {
		if cmd.MissingOk {
			x.notice(pgerr.Notice(pgerr.DuplicateColumn, "column %q of relation %q already exists, skipping", def.Name, old.Name))
			return nil
		}
		return pgerr.New(pgerr.DuplicateColumn, "column %q of relation %q already exists", def.Name, old.Name)
	}
	if err := checkColumnName(def.Name); err != nil {
		return err
	}
	t := next(old)
	t.Columns = slices.Clone(t.Columns)
	b := &tableBuilder{x: x, tab: t, alter: true}
	if err := b.column(ctx, def); err != nil {
		return err
	}
	for _, q := range b.sequences {
		if err := x.create(ctx, q); err != nil {
			return err
		}
	}
	if err := b.bindGenerated(); err != nil {
		return unplaced(err)
	}
	c := t.Columns[len(t.Columns)-1]
	if c.Generated != 0 {
		if err := x.fillGenerated(ctx, old, t); err != nil {
			return err
		}
		if err := x.update(ctx, old, t); err != nil {
			return err
		}
		return x.addBuilt(ctx, t, b)
	}
	text := c.Default
	if c.Identity != 0 {
		text = b.identityDefault
	}
	if err := x.fillColumn(ctx, old, t, text); err != nil {
		return err
	}
	if err := x.update(ctx, old, t); err != nil {
		return err
	}
	return x.addBuilt(ctx, t, b)
}

// fillColumn gives the rows that exist the value of the new last column of t, whose default is text.
func (x *Executor) fillColumn(ctx context.Context, old, t *catalog.Table, text string) error {
	c := t.Columns[len(t.Columns)-1]
	if text != "" {
		value, constant, err := x.Bind.Evaluate(text, c.Type)
		if err != nil {
			return err
		}
		if !constant {
			return x.rewriteWithColumn(ctx, old, t, value)
		}
		d, err := value()
		if err != nil {
			return err
		}
		if !d.IsNull() {
			c.Missing = rowenc.AppendMissing([]byte{}, c.Type, d)
			return nil
		}
	}
	var refused error
	if c.NotNull {
		refused = x.errContainsNulls(t, c)
	} else if text == "" && types.IsDomain(c.Type.OID) {
		value, _, err := x.Bind.Evaluate("NULL", c.Type)
		if err != nil {
			return err
		}
		_, refused = value()
	}
	if refused == nil {
		return nil
	}
	if empty, err := x.isEmpty(ctx, old); empty || err != nil {
		return err
	}
	return refused
}

func (x *Executor) errContainsNulls(t *catalog.Table, c *catalog.Column) error {
	return pgerr.New(pgerr.NotNullViolation, "column %q of relation %q contains null values", c.Name, t.Name).
		WithTable(x.Txn.Newest().SchemaName(t.Schema), t.Name).WithColumn(c.Name)
}

// addBuilt adds the constraints that came with a definition in ALTER TABLE.
func (x *Executor) addBuilt(ctx context.Context, old *catalog.Table, b *tableBuilder) error {
	for _, c := range b.checks {
		cur, _ := x.Txn.Newest().Table(old.OID)
		if err := x.addCheck(ctx, cur, c); err != nil {
			return err
		}
	}
	for _, k := range b.keys {
		cur, _ := x.Txn.Newest().Table(old.OID)
		if err := x.addKey(ctx, cur, k); err != nil {
			return err
		}
	}
	for _, k := range b.foreign {
		if err := x.addForeignKey(ctx, old.OID, k.c, k.cols, false); err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) addConstraint(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	c, ok := cmd.Def.(*ast.Constraint)
	if !ok {
		return pgerr.FeatureNotSupported("this form of ADD CONSTRAINT")
	}
	if c.Name != "" && old.HasConstraint(c.Name) {
		return pgerr.New(pgerr.DuplicateObject, "constraint %q for relation %q already exists", c.Name, old.Name)
	}
	b := &tableBuilder{x: x, tab: next(old)}
	if err := b.constraint(c); err != nil {
		return err
	}
	return x.addBuilt(ctx, old, b)
}

// addCheck adds a CHECK constraint and tests the rows that exist.
func (x *Executor) addCheck(ctx context.Context, old *catalog.Table, c *ast.Constraint) error {
	t := next(old)
	t.Checks = slices.Clone(t.Checks)
	b := &tableBuilder{x: x, tab: t, checks: []*ast.Constraint{c}}
	had := len(t.Checks)
	text, cols, err := x.Bind.Check(c.Expr, t)
	if err != nil {
		return unplaced(err)
	}
	if c.NoInherit && t.Key != nil {
		return errNoInheritPartitioned(t)
	}
	k := &catalog.Check{Name: c.Name, Expr: text, Columns: cols, NotValid: c.SkipValidation, NoInherit: c.NoInherit}
	if k.Name == "" {
		k.Name = b.checkName(cols)
	}
	if err := b.newOID(ctx, &k.OID); err != nil {
		return err
	}
	t.Checks = append(t.Checks[:had:had], k)
	if !k.NotValid {
		if err := x.testCheck(ctx, t, k); err != nil {
			return err
		}
	}
	return x.update(ctx, old, t)
}

// testCheck tests all rows against a CHECK constraint.
func (x *Executor) testCheck(ctx context.Context, t *catalog.Table, k *catalog.Check) error {
	fails, err := x.Bind.Condition(k.Expr, t)
	if err != nil {
		return err
	}
	return x.scanTable(ctx, t, func(b *rowBatch) error {
		bad, err := fails(&b.Batch)
		if err != nil || !bad {
			return err
		}
		return pgerr.New(pgerr.CheckViolation, "check constraint %q of relation %q is violated by some row", k.Name, t.Name).
			WithTable(x.Txn.Newest().SchemaName(t.Schema), t.Name).WithConstraint(k.Name)
	})
}

func (x *Executor) validateConstraint(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	for i, k := range old.Checks {
		if k.Name != cmd.Name {
			continue
		}
		if !k.NotValid {
			return nil
		}
		if err := x.testCheck(ctx, old, k); err != nil {
			return err
		}
		t := next(old)
		valid := *k
		valid.NotValid = false
		t.Checks = slices.Clone(t.Checks)
		t.Checks[i] = &valid
		return x.update(ctx, old, t)
	}
	if k := old.ForeignKey(cmd.Name); k != nil {
		if !k.NotValid {
			return nil
		}
		if x.Txn.LockRelation != nil {
			if err := x.Txn.LockRelation(ctx, k.Parent, catalog.RowShare); err != nil {
				return err
			}
		}
		if err := x.validateForeignKey(ctx, old, k); err != nil {
			return err
		}
		return x.replaceForeignKey(ctx, old, cmd.Name, func(n *catalog.ForeignKey) { n.NotValid = false })
	}
	if old.HasConstraint(cmd.Name) {
		return pgerr.New(pgerr.WrongObjectType, "constraint %q of relation %q is not a foreign key or check constraint", cmd.Name, old.Name)
	}
	return errNoConstraint(cmd.Name, old)
}

func errNoConstraint(name string, t *catalog.Table) *pgerr.Error {
	return pgerr.New(pgerr.UndefinedObject, "constraint %q of relation %q does not exist", name, t.Name)
}

// addKey adds PRIMARY KEY or UNIQUE.
func (x *Executor) addKey(ctx context.Context, old *catalog.Table, k keyDef) error {
	t := next(old)
	if k.c.Kind == ast.ConstrPrimary {
		for _, name := range k.cols {
			_, o, ok := t.Column(name)
			if !ok {
				return errNoColumn(t, name)
			}
			if !t.Columns[o].NotNull {
				changeColumn(t, o)
			}
		}
		if old.HasPrimaryKey() {
			return pgerr.New(pgerr.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", t.Name)
		}
	}
	t.Indexes = slices.Clone(t.Indexes)
	b := &tableBuilder{x: x, tab: t, keys: []keyDef{k}}
	if err := b.addKeys(ctx); err != nil {
		return err
	}
	if k.c.Kind == ast.ConstrUnique {
		if err := x.update(ctx, old, t); err != nil {
			return err
		}
		return x.BuildIndexes(ctx, t, t.Indexes[len(t.Indexes)-1].ID)
	}
	if err := x.testNotNull(ctx, old, t); err != nil {
		return err
	}
	return x.rewriteInto(ctx, old, t, nil)
}

// testNotNull tests that the columns that are NOT NULL in t and were not in old hold no NULL.
func (x *Executor) testNotNull(ctx context.Context, old, t *catalog.Table) error {
	var cols []int
	for i, c := range t.Columns {
		if c.NotNull && !old.Columns[i].NotNull {
			cols = append(cols, i)
		}
	}
	if len(cols) == 0 {
		return nil
	}
	return x.scanTable(ctx, old, func(b *rowBatch) error {
		for _, i := range cols {
			if b.Cols[i].Nulls.Any() {
				return x.errContainsNulls(t, t.Columns[i])
			}
		}
		return nil
	})
}

// dropKeyUsers drops the views that rely on a key for GROUP BY, or refuses to.
func (x *Executor) dropKeyUsers(ctx context.Context, t *catalog.Table, ix *catalog.Index, behavior ast.DropBehavior) error {
	what := fmt.Sprintf("constraint %s on table %s", quoteIdent(ix.Name), x.relName(t))
	set := x.newDropSet()
	for _, d := range readers(x.Txn.Newest(), ix.Constraint, what) {
		set.visit(d)
	}
	for _, d := range x.keyDependents(t, ix.OID, 0, x.describeRel(ix)) {
		set.visit(d)
	}
	if err := set.report(what, behavior == ast.DropCascade); err != nil {
		return err
	}
	return x.remove(ctx, set)
}

func (x *Executor) dropConstraint(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	t := next(old)
	for i, k := range old.Checks {
		if k.Name == cmd.Name {
			t.Checks = slices.Delete(slices.Clone(t.Checks), i, i+1)
			return x.update(ctx, old, t)
		}
	}
	if k := old.ForeignKey(cmd.Name); k != nil {
		return x.dropForeignKey(ctx, old, k)
	}
	for _, ix := range old.AllIndexes() {
		if ix.Constraint == 0 || ix.Name != cmd.Name {
			continue
		}
		if err := x.dropKeyUsers(ctx, old, ix, cmd.Behavior); err != nil {
			return err
		}
		old, _ = x.Txn.Newest().Table(old.OID)
		t = next(old)
		if ix.Primary {
			t.Primary = &catalog.Index{ID: catalog.PrimaryIndexID, Unique: true, Primary: true}
			return x.rewriteInto(ctx, old, t, nil)
		}
		return x.dropIndex(ctx, old, ix.ID)
	}
	if cmd.MissingOk {
		x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "constraint %q of relation %q does not exist, skipping", cmd.Name, old.Name))
		return nil
	}
	return errNoConstraint(cmd.Name, old)
}
