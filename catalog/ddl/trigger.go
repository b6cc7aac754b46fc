package ddl

import (
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// TriggerCondition is the bound condition of a trigger.
type TriggerCondition struct {
	Text string
	// Columns are the columns of OLD and NEW that it reads, with their places in the statement.
	Old, New []TriggerColumn
}

// TriggerColumn is a column that a condition reads: by its ordinal.
type TriggerColumn struct{ Ordinal, Pos int }

func (x *Executor) createTrigger(ctx context.Context, s *ast.CreateTrigStmt) error {
	rel, err := x.triggerRelation(ctx, s.Relation, x.may(acl.Trigger))
	if err != nil {
		return err
	}
	if err := x.triggerKind(rel, s); err != nil {
		return err
	}
	t := &catalog.Trigger{Name: s.Name, Timing: timingLetter(s.Timing), Row: s.Row, Args: s.Args, Deferrable: s.Deferrable,
		InitDeferred: s.InitDeferred, Enabled: 'O'}
	for bit, e := range map[ast.TriggerEvents]catalog.TriggerEvents{ast.TriggerInsert: catalog.OnInsert, ast.TriggerDelete: catalog.OnDelete,
		ast.TriggerUpdate: catalog.OnUpdate, ast.TriggerTruncate: catalog.OnTruncate} {
		if s.Events&bit != 0 {
			t.Events |= e
		}
	}
	if s.ConstrRel != nil {
		from, err := x.lookup(s.ConstrRel)
		if err != nil {
			return err
		}
		t.From = from.RelOID()
	}
	if err := transitionTables(rel, t, s); err != nil {
		return err
	}
	if err := x.errTransitionRow(rel, t); err != nil {
		return err
	}
	if err := x.triggerWhen(rel, t, s); err != nil {
		return err
	}
	if err := x.triggerFunction(ctx, t, s.FuncName); err != nil {
		return err
	}
	if err := triggerColumns(rel, t, s); err != nil {
		return err
	}
	return x.putTrigger(ctx, rel, t, s)
}

// putTrigger adds a trigger to its relation, in the place of one of the same name if that is allowed.
func (x *Executor) putTrigger(ctx context.Context, rel catalog.Relation, t *catalog.Trigger, s *ast.CreateTrigStmt) error {
	old := findTrigger(rel, t.Name)
	switch {
	case old != nil && !s.Replace:
		return pgerr.New(pgerr.DuplicateObject, "trigger %q for relation %q already exists", t.Name, rel.RelName())
	case old != nil && old.Parent != 0:
		return pgerr.New(pgerr.DuplicateObject, "trigger %q for relation %q is an internal or a child trigger", t.Name, rel.RelName())
	case old != nil && old.Constraint != 0:
		return pgerr.New(pgerr.DuplicateObject, "trigger %q for relation %q is a constraint trigger", t.Name, rel.RelName())
	case old != nil:
		t.OID = old.OID
	}
	if tab, ok := rel.(*catalog.Table); ok && s.IsConstraint && tab.HasConstraint(t.Name) {
		return pgerr.New(pgerr.DuplicateObject, "constraint %q for relation %q already exists", t.Name, rel.RelName())
	}
	var err error
	if t.OID == 0 {
		if t.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
	}
	if s.IsConstraint {
		if t.Constraint, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
	}
	err = x.changeTriggers(ctx, rel, func(list []*catalog.Trigger) []*catalog.Trigger {
		list = slices.DeleteFunc(list, func(o *catalog.Trigger) bool { return o.Name == t.Name })
		return append(list, t)
	})
	if tab, ok := rel.(*catalog.Table); ok && err == nil {
		return x.spreadTriggers(ctx, tab, []*catalog.Trigger{t})
	}
	return err
}

func timingLetter(t ast.TriggerTiming) byte {
	return [...]byte{ast.TriggerAfter: catalog.TriggerAfter, ast.TriggerBefore: catalog.TriggerBefore,
		ast.TriggerInsteadOf: catalog.TriggerInstead}[t]
}

// triggerRelation finds and locks a relation that may have triggers.
func (x *Executor) triggerRelation(ctx context.Context, rv *ast.RangeVar, allowed func(catalog.Relation) error) (catalog.Relation, error) {
	rel, err := x.lockRelationIf(ctx, rv, allowed)
	if err != nil {
		return nil, err
	}
	switch rel.RelKind() {
	case catalog.RelTable, catalog.RelView:
		return rel, nil
	}
	kind := map[catalog.RelKind]string{catalog.RelMatView: "materialized views", catalog.RelSequence: "sequences", catalog.RelIndex: "indexes"}[rel.RelKind()]
	return nil, pgerr.New(pgerr.WrongObjectType, "relation %q cannot have triggers", rel.RelName()).
		WithDetail("This operation is not supported for %s.", kind)
}

// triggerKind refuses what triggers of a kind of relation cannot be.
func (x *Executor) triggerKind(rel catalog.Relation, s *ast.CreateTrigStmt) error {
	view := rel.RelKind() == catalog.RelView
	wrong := func(kind, detail string) error {
		return pgerr.New(pgerr.WrongObjectType, "%q is a %s", rel.RelName(), kind).WithDetail("%s", detail)
	}
	instead := s.Timing == ast.TriggerInsteadOf
	switch {
	case !view && instead:
		return wrong("table", "Tables cannot have INSTEAD OF triggers.")
	case view && !instead && s.Row:
		return wrong("view", "Views cannot have row-level BEFORE or AFTER triggers.")
	case view && s.Events&ast.TriggerTruncate != 0:
		return wrong("view", "Views cannot have TRUNCATE triggers.")
	case s.Row && s.Events&ast.TriggerTruncate != 0:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "TRUNCATE FOR EACH ROW triggers are not supported")
	case instead && !s.Row:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "INSTEAD OF triggers must be FOR EACH ROW")
	case instead && s.When != nil:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "INSTEAD OF triggers cannot have WHEN conditions")
	case instead && len(s.Columns) > 0:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "INSTEAD OF triggers cannot have column lists")
	}
	return nil
}

// transitionTables reads REFERENCING.
func transitionTables(rel catalog.Relation, t *catalog.Trigger, s *ast.CreateTrigStmt) error {
	invalid := func(text string) error { return pgerr.New(pgerr.InvalidObjectDefinition, "%s", text) }
	unsupported := func(text string) error { return pgerr.New(pgerr.CodeFeatureNotSupported, "%s", text) }
	events := s.Events & (ast.TriggerInsert | ast.TriggerUpdate | ast.TriggerDelete)
	for _, r := range s.Transitions {
		switch {
		case !r.IsTable:
			return pgerr.New(pgerr.CodeFeatureNotSupported, "ROW variable naming in the REFERENCING clause is not supported").
				WithHint("Use OLD TABLE or NEW TABLE for naming transition tables.")
		case rel.RelKind() == catalog.RelView:
			return pgerr.New(pgerr.WrongObjectType, "%q is a view", rel.RelName()).WithDetail("Triggers on views cannot have transition tables.")
		case s.Timing != ast.TriggerAfter:
			return invalid("transition table name can only be specified for an AFTER trigger")
		case s.Events&ast.TriggerTruncate != 0:
			return unsupported("TRUNCATE triggers with transition tables are not supported")
		case events&(events-1) != 0:
			return unsupported("transition tables cannot be specified for triggers with more than one event")
		case len(s.Columns) > 0:
			return unsupported("transition tables cannot be specified for triggers with column lists")
		case r.IsNew && events&(ast.TriggerInsert|ast.TriggerUpdate) == 0:
			return invalid("NEW TABLE can only be specified for an INSERT or UPDATE trigger")
		case r.IsNew && t.NewTable != "":
			return invalid("NEW TABLE cannot be specified multiple times")
		case r.IsNew:
			t.NewTable = r.Name
		case events&(ast.TriggerDelete|ast.TriggerUpdate) == 0:
			return invalid("OLD TABLE can only be specified for a DELETE or UPDATE trigger")
		case t.OldTable != "":
			return invalid("OLD TABLE cannot be specified multiple times")
		default:
			t.OldTable = r.Name
		}
	}
	if t.OldTable != "" && t.OldTable == t.NewTable {
		return invalid("OLD TABLE name and NEW TABLE name cannot be the same")
	}
	return nil
}

// triggerWhen binds the condition.
func (x *Executor) triggerWhen(rel catalog.Relation, t *catalog.Trigger, s *ast.CreateTrigStmt) error {
	if s.When == nil {
		return nil
	}
	cols := catalog.ColumnsOf(rel)
	c, err := x.Bind.TriggerWhen(s.When, rel, cols)
	if err != nil {
		return err
	}
	fail := func(at []TriggerColumn, text string) *pgerr.Error {
		return pgerr.New(pgerr.InvalidObjectDefinition, "%s", text).At(x.SQL, at[0].Pos)
	}
	switch {
	case !t.Row && len(c.Old) > 0:
		return fail(c.Old, "statement trigger's WHEN condition cannot reference column values")
	case !t.Row && len(c.New) > 0:
		return fail(c.New, "statement trigger's WHEN condition cannot reference column values")
	case len(c.Old) > 0 && t.Events&catalog.OnInsert != 0:
		return fail(c.Old, "INSERT trigger's WHEN condition cannot reference OLD values")
	case len(c.New) > 0 && t.Events&catalog.OnDelete != 0:
		return fail(c.New, "DELETE trigger's WHEN condition cannot reference NEW values")
	}
	if t.Timing == catalog.TriggerBefore {
		whole := len(c.New) == len(cols) && len(cols) > 1 && c.New[0].Pos == c.New[len(cols)-1].Pos
		for _, n := range c.New {
			if cols[n.Ordinal].Generated == 0 {
				continue
			}
			e := fail([]TriggerColumn{n}, "BEFORE trigger's WHEN condition cannot reference NEW generated columns")
			if whole {
				return e.WithDetail("A whole-row reference is used and the table contains generated columns.")
			}
			return e.WithDetail("Column %q is a generated column.", cols[n.Ordinal].Name)
		}
	}
	t.When = c.Text
	return nil
}

// triggerFunction finds the function of a trigger.
func (x *Executor) triggerFunction(ctx context.Context, t *catalog.Trigger, names []string) error {
	name, schema := names[len(names)-1], ""
	if len(names) > 1 {
		schema = names[len(names)-2]
	}
	r := x.Txn.Newest()
	var found *catalog.Function
	rank := len(x.SearchPath)
	for _, f := range r.FunctionsNamed(name) {
		if len(f.Inputs()) > 0 {
			continue
		}
		in := r.SchemaName(f.Schema)
		if schema != "" {
			if in == schema {
				found = f
			}
		} else if i := slices.Index(x.SearchPath, in); i >= 0 && i < rank {
			found, rank = f, i
		}
	}
	ret, oid := types.OID(0), types.OID(0)
	if found != nil {
		if err := x.Txn.Lock(ctx, kv.Shared, found); err != nil {
			return err
		}
		ret, oid = found.Ret, found.OID
	} else if schema == "" || schema == "pg_catalog" {
		for _, p := range builtins.ProcsByName(name) {
			if len(p.Args) == 0 {
				ret, oid = p.Ret, p.OID
			}
		}
	}
	if oid == 0 {
		return pgerr.New(pgerr.UndefinedFunction, "function %s() does not exist", strings.Join(names, "."))
	}
	if ret != types.TriggerOID {
		return pgerr.New(pgerr.InvalidObjectDefinition, "function %s must return type %s", strings.Join(names, "."), "trigger")
	}
	t.Function = oid
	return nil
}

// triggerColumns reads UPDATE OF.
func triggerColumns(rel catalog.Relation, t *catalog.Trigger, s *ast.CreateTrigStmt) error {
	for _, name := range s.Columns {
		cols := catalog.ColumnsOf(rel)
		i := slices.IndexFunc(cols, func(c *catalog.Column) bool { return c.Name == name })
		if i < 0 {
			return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", name, rel.RelName())
		}
		if slices.Contains(t.Columns, cols[i].ID) {
			return pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", name)
		}
		t.Columns = append(t.Columns, cols[i].ID)
	}
	return nil
}

func findTrigger(rel catalog.Relation, name string) *catalog.Trigger {
	for _, t := range catalog.TriggersOf(rel) {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// changeTriggers gives a relation another list of triggers; change gets a copy.
func (x *Executor) changeTriggers(ctx context.Context, rel catalog.Relation, change func([]*catalog.Trigger) []*catalog.Trigger) error {
	list := change(slices.Clone(catalog.TriggersOf(rel)))
	catalog.SortTriggers(list)
	switch r := rel.(type) {
	case *catalog.Table:
		t := next(r)
		t.Triggers = list
		return x.update(ctx, r, t)
	case *catalog.View:
		v := *r
		v.Version++
		v.Triggers = list
		return x.update(ctx, r, &v)
	}
	return nil
}

// changeTrigger changes one trigger of a relation.
func (x *Executor) changeTrigger(ctx context.Context, rel catalog.Relation, name string, change func(*catalog.Trigger)) error {
	return x.changeTriggers(ctx, rel, func(list []*catalog.Trigger) []*catalog.Trigger {
		for i, t := range list {
			if t.Name == name {
				n := *t
				change(&n)
				list[i] = &n
			}
		}
		return list
	})
}

func errNoTrigger(name string, rel catalog.Relation) *pgerr.Error {
	return pgerr.New(pgerr.UndefinedObject, "trigger %q for table %q does not exist", name, rel.RelName())
}

func (x *Executor) dropTriggers(ctx context.Context, s *ast.DropStmt) error {
	for _, o := range s.Objects {
		name := o.Names[len(o.Names)-1]
		rv := rangeVar(o.Names[:len(o.Names)-1])
		rel, err := x.triggerRelation(ctx, rv, x.mustOwnRelation)
		if err != nil {
			if err := x.missing(err, s.MissingOk, "relation", rv); err != nil {
				return err
			}
			continue
		}
		if findTrigger(rel, name) == nil {
			if !s.MissingOk {
				return errNoTrigger(name, rel)
			}
			x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "trigger %q for relation %q does not exist, skipping", name, rv.Name))
			continue
		}
		if err := x.errClone("drop", rel, findTrigger(rel, name)); err != nil {
			return err
		}
		if err := x.dropTrigger(ctx, rel, name); err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) dropTrigger(ctx context.Context, rel catalog.Relation, name string) error {
	if tr := findTrigger(rel, name); tr != nil {
		if err := x.eachClone(ctx, rel, tr, x.removeTrigger); err != nil {
			return err
		}
	}
	return x.changeTriggers(ctx, rel, func(list []*catalog.Trigger) []*catalog.Trigger {
		return slices.DeleteFunc(list, func(t *catalog.Trigger) bool { return t.Name == name })
	})
}

func (x *Executor) renameTrigger(ctx context.Context, s *ast.RenameStmt) error {
	rel, err := x.triggerRelation(ctx, s.Relation, x.mustOwnRelation)
	if err != nil {
		return err
	}
	if findTrigger(rel, s.SubName) == nil {
		return errNoTrigger(s.SubName, rel)
	}
	if findTrigger(rel, s.NewName) != nil {
		return pgerr.New(pgerr.DuplicateObject, "trigger %q for relation %q already exists", s.NewName, rel.RelName())
	}
	if err := x.errClone("rename", rel, findTrigger(rel, s.SubName)); err != nil {
		return err
	}
	rename := func(t *catalog.Trigger) { t.Name = s.NewName }
	err = x.eachClone(ctx, rel, findTrigger(rel, s.SubName), func(c *catalog.Table, clone *catalog.Trigger) error {
		if findTrigger(c, s.NewName) != nil {
			return pgerr.New(pgerr.DuplicateObject, "trigger %q for relation %q already exists", s.NewName, c.Name)
		}
		return x.changeTrigger(ctx, c, clone.Name, rename)
	})
	if err != nil {
		return err
	}
	return x.changeTrigger(ctx, rel, s.SubName, rename)
}

// enableTrigger is ALTER TABLE ENABLE and DISABLE TRIGGER.
func (x *Executor) enableTrigger(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd, only bool) error {
	state := map[ast.AlterTableKind]byte{ast.EnableTrig: 'O', ast.EnableTrigAll: 'O', ast.EnableTrigUser: 'O', ast.EnableAlwaysTrig: 'A',
		ast.EnableReplicaTrig: 'R', ast.DisableTrig: 'D', ast.DisableTrigAll: 'D', ast.DisableTrigUser: 'D'}[cmd.Kind]
	if !only {
		if err := x.enableClones(ctx, t, cmd, state); err != nil {
			return err
		}
	}
	switch cmd.Kind {
	case ast.EnableTrigAll, ast.DisableTrigAll, ast.EnableTrigUser, ast.DisableTrigUser:
		err := x.changeTriggers(ctx, t, func(list []*catalog.Trigger) []*catalog.Trigger {
			for i := range list {
				n := *list[i]
				n.Enabled = state
				list[i] = &n
			}
			return list
		})
		if err != nil || cmd.Kind == ast.EnableTrigUser || cmd.Kind == ast.DisableTrigUser {
			return err
		}
		return x.enableKeys(ctx, t.OID, state == 'D')
	}
	if findTrigger(t, cmd.Name) == nil {
		return errNoTrigger(cmd.Name, t)
	}
	return x.changeTrigger(ctx, t, cmd.Name, func(n *catalog.Trigger) { n.Enabled = state })
}

// enableKeys turns the triggers of foreign keys on a table off or on.
func (x *Executor) enableKeys(ctx context.Context, table types.OID, disabled bool) error {
	t, _ := x.Txn.Newest().Table(table)
	for _, k := range t.ForeignKeys {
		cur, _ := x.Txn.Newest().Table(table)
		if err := x.changeForeignKey(ctx, cur, k.Name, func(n *catalog.ForeignKey) { n.Disabled = disabled }); err != nil {
			return err
		}
	}
	t, _ = x.Txn.Newest().Table(table)
	for _, ref := range x.Txn.Newest().References(t) {
		if err := x.lockOID(ctx, ref.Table); err != nil {
			return err
		}
		cur, ok := x.Txn.Newest().Table(ref.Table.OID)
		if !ok {
			continue
		}
		if err := x.changeForeignKey(ctx, cur, ref.Key.Name, func(n *catalog.ForeignKey) { n.ParentDisabled = disabled }); err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) commentTrigger(ctx context.Context, names []string, text string) error {
	rel, err := x.triggerRelation(ctx, rangeVar(names[:len(names)-1]), x.mustOwnRelation)
	if err != nil {
		return err
	}
	name := names[len(names)-1]
	if findTrigger(rel, name) == nil {
		return errNoTrigger(name, rel)
	}
	return x.changeTrigger(ctx, rel, name, func(t *catalog.Trigger) { t.Comment = text })
}

// functionTriggers are the triggers that call a function.
func (x *Executor) functionTriggers(f *catalog.Function, on string) []dependent {
	var deps []dependent
	for rel := range x.Txn.Newest().Relations(0) {
		for _, t := range catalog.TriggersOf(rel) {
			if t.Function == f.OID {
				deps = append(deps, dependent{rel: rel, trigger: t, on: on})
			}
		}
	}
	return deps
}

// columnTriggers are the triggers of a table that name a column.
func columnTriggers(t *catalog.Table, c *catalog.Column, on string) []dependent {
	var deps []dependent
	for _, tr := range t.Triggers {
		if slices.Contains(tr.Columns, c.ID) || tr.When != "" && mentions(tr.When, c.Name) {
			deps = append(deps, dependent{rel: t, trigger: tr, on: on})
		}
	}
	return deps
}

// fireTruncate calls the TRUNCATE triggers of tables.
func (x *Executor) fireTruncate(ctx context.Context, tables []*catalog.Table, timing byte) error {
	for _, t := range tables {
		for _, tr := range t.Triggers {
			if tr.Events&catalog.OnTruncate == 0 || tr.Timing != timing || !tr.Fires() {
				continue
			}
			if err := x.CallTrigger(ctx, t, tr); err != nil {
				return err
			}
		}
	}
	return nil
}
