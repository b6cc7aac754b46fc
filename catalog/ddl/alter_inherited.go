package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// scope says how far a command of ALTER TABLE goes.
type scope struct {
	only    bool // ONLY: not to the tables that inherit
	derived bool // the command came from a parent
}

// children locks the tables that inherit directly from t, and returns them as they are then.
func (x *Executor) children(ctx context.Context, t *catalog.Table) ([]*catalog.Table, error) {
	var out []*catalog.Table
	for _, c := range x.Txn.Newest().Children(t.OID) {
		if err := x.lockOID(ctx, c); err != nil {
			return nil, err
		}
		if cur, ok := x.Txn.Newest().Table(c.OID); ok && slices.Contains(cur.Parents, t.OID) {
			out = append(out, cur)
		}
	}
	return out, nil
}

// alterTree runs a command of ALTER TABLE on a table and on those that inherit from it.
func (x *Executor) alterTree(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd, s scope) error {
	if t.Bound != nil && t.Bound.Detaching && cmd.Kind != ast.DetachPartitionFinalize {
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cannot alter partition %q with an incomplete detach", t.Name).
			WithHint("Use ALTER TABLE ... DETACH PARTITION ... FINALIZE to complete the pending detach operation.")
	}
	if err := x.checkInherited(t, cmd, s); err != nil {
		return err
	}
	switch cmd.Kind {
	case ast.AddInherit:
		return x.addInherit(ctx, t, cmd)
	case ast.DropInherit:
		return x.dropInherit(ctx, t, cmd)
	case ast.AttachPartition:
		return x.attachPartition(ctx, t, cmd)
	case ast.DetachPartition, ast.DetachPartitionFinalize:
		return x.detachPartition(ctx, t, cmd)
	}
	children, err := x.children(ctx, t)
	if err != nil {
		return err
	}
	if len(children) == 0 {
		return x.alterCommand(ctx, t, cmd)
	}
	switch cmd.Kind {
	case ast.AddColumn:
		return x.addColumnTree(ctx, t, cmd, children, s)
	case ast.DropColumn:
		return x.dropColumnTree(ctx, t, cmd, children, s)
	case ast.AddConstraint:
		return x.addConstraintTree(ctx, t, cmd, children, s)
	case ast.DropConstraint:
		return x.dropConstraintTree(ctx, t, cmd, children, s)
	}
	switch cmd.Kind {
	case ast.EnableTrig, ast.EnableAlwaysTrig, ast.EnableReplicaTrig, ast.DisableTrig, ast.EnableTrigAll, ast.DisableTrigAll, ast.EnableTrigUser,
		ast.DisableTrigUser:
		return x.enableTrigger(ctx, t, cmd, s.only)
	}
	if err := x.alterCommand(ctx, t, cmd); err != nil || s.only {
		return err
	}
	switch cmd.Kind {
	case ast.ColumnDefault, ast.AlterColumnType, ast.SetNotNull, ast.DropNotNull, ast.ValidateConstraint, ast.DropExpression, ast.SetExpression,
		ast.SetStatistics:
		for _, c := range children {
			if cur, ok := x.Txn.Newest().Table(c.OID); ok {
				if err := x.alterTree(ctx, cur, cmd, scope{derived: true}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func errOnlyPartitioned(what string) error {
	return pgerr.New(pgerr.InvalidTableDefinition, "cannot %s only the partitioned table when partitions exist", what).
		WithHint("Do not specify the ONLY keyword.")
}

// checkInherited refuses commands that would make a table differ from its parents or children.
func (x *Executor) checkInherited(t *catalog.Table, cmd *ast.AlterTableCmd, s scope) error {
	r := x.Txn.Newest()
	only := s.only && r.HasChildren(t.OID)
	c, _, _ := t.Column(cmd.Name)
	switch cmd.Kind {
	case ast.AddColumn:
		switch {
		case t.Bound != nil && !s.derived:
			return pgerr.New(pgerr.WrongObjectType, "cannot add column to a partition")
		case only:
			return pgerr.New(pgerr.InvalidTableDefinition, "column must be added to child tables too")
		}
	case ast.DropColumn:
		switch {
		case c == nil:
		case c.Inherited > 0 && !s.derived:
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot drop inherited column %q", c.Name)
		case t.Key.Uses(c.ID):
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot drop column %q because it is part of the partition key of relation %q", c.Name, t.Name)
		case only && t.Key != nil:
			return errOnlyPartitioned("drop column from")
		}
	case ast.AlterColumnType:
		switch {
		case c == nil:
		case c.Inherited > 0 && !s.derived:
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot alter inherited column %q", c.Name)
		case t.Key.Uses(c.ID):
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot alter column %q because it is part of the partition key of relation %q", c.Name, t.Name)
		case c.Inherited > 1 && s.derived:
			return pgerr.New(pgerr.InvalidTableDefinition, "cannot alter inherited column %q of relation %q", c.Name, t.Name)
		case only:
			return pgerr.New(pgerr.InvalidTableDefinition, "type of inherited column %q must be changed in child tables too", c.Name)
		}
	case ast.SetNotNull:
		if only && t.Key != nil {
			return pgerr.New(pgerr.InvalidTableDefinition, "constraint must be added to child tables too").WithHint("Do not specify the ONLY keyword.")
		}
	case ast.DropNotNull:
		if only && t.Key != nil {
			return errOnlyPartitioned("remove constraint from")
		}
		if p := r.Parent(t); p != nil && c != nil && !s.derived {
			if pc, _, ok := p.Column(c.Name); ok && pc.NotNull {
				return pgerr.New(pgerr.InvalidTableDefinition, "column %q is marked NOT NULL in parent table", c.Name)
			}
		}
	case ast.ValidateConstraint:
		for _, k := range t.Checks {
			if only && k.Name == cmd.Name && k.NotValid && !k.NoInherit {
				return pgerr.New(pgerr.InvalidTableDefinition, "constraint must be validated on child tables too")
			}
		}
	case ast.DropConstraint:
		return x.checkDropConstraint(t, cmd, s, only)
	}
	return nil
}

func (x *Executor) checkDropConstraint(t *catalog.Table, cmd *ast.AlterTableCmd, s scope, only bool) error {
	for _, k := range t.Checks {
		if k.Name == cmd.Name && k.Inherited > 0 && !s.derived {
			return errInheritedConstraint(cmd.Name, t)
		}
		if k.Name == cmd.Name && only && t.Key != nil {
			return errOnlyPartitioned("remove constraint from")
		}
	}
	for _, ix := range t.AllIndexes() {
		if ix.Name == cmd.Name && ix.Constraint != 0 && ix.Parent != 0 && !s.derived {
			return errInheritedConstraint(cmd.Name, t)
		}
	}
	return nil
}

func errInheritedConstraint(name string, t *catalog.Table) error {
	return pgerr.New(pgerr.InvalidTableDefinition, "cannot drop inherited constraint %q of relation %q", name, t.Name)
}

func (x *Executor) addColumnTree(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd, children []*catalog.Table, s scope) error {
	had := t.NextColumn
	checks := t.Checks
	if err := x.alterCommand(ctx, t, cmd); err != nil {
		return err
	}
	cur, _ := x.Txn.Newest().Table(t.OID)
	if cur == nil || cur.NextColumn == had {
		return nil // it was there already
	}
	c := cur.Columns[len(cur.Columns)-1]
	if c.Identity != 0 {
		return pgerr.New(pgerr.InvalidTableDefinition, "cannot recursively add identity column to table that has child tables")
	}
	for _, child := range children {
		if err := x.adoptColumn(ctx, child, c); err != nil {
			return err
		}
	}
	for _, k := range cur.Checks {
		if slices.Contains(checks, k) || k.NoInherit {
			continue
		}
		for _, child := range children {
			if err := x.adoptCheck(ctx, child, cur, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// adoptColumn adds a new column of its parent to a table, and to those that inherit from it.
func (x *Executor) adoptColumn(ctx context.Context, child *catalog.Table, c *catalog.Column) error {
	old, ok := x.Txn.Newest().Table(child.OID)
	if !ok {
		return nil
	}
	t := next(old)
	if own, o, exists := old.Column(c.Name); exists {
		if own.Type != c.Type {
			return pgerr.New(pgerr.DatatypeMismatch, "child table %q has different type for column %q", old.Name, c.Name)
		}
		changeColumn(t, o).Inherited++
		x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "merging definition of column %q for child %q", c.Name, old.Name))
		return x.update(ctx, old, t)
	}
	n := *c
	n.ID, n.Missing, n.Comment = t.NextColumn, nil, ""
	n.Inheritance = catalog.Inheritance{Inherited: 1, NotLocal: true}
	t.NextColumn++
	t.Columns = append(slices.Clone(t.Columns), &n)
	if err := x.fillColumn(ctx, old, t, c.Default); err != nil {
		return err
	}
	if err := x.update(ctx, old, t); err != nil {
		return err
	}
	grand, err := x.children(ctx, t)
	if err != nil {
		return err
	}
	for _, g := range grand {
		if err := x.adoptColumn(ctx, g, c); err != nil {
			return err
		}
	}
	return nil
}

// adoptCheck adds a new CHECK constraint of its parent to a table, and to those that inherit from it.
func (x *Executor) adoptCheck(ctx context.Context, child, parent *catalog.Table, k *catalog.Check) error {
	old, ok := x.Txn.Newest().Table(child.OID)
	if !ok {
		return nil
	}
	t := next(old)
	t.Checks = slices.Clone(t.Checks)
	merged := false
	for i, own := range t.Checks {
		if own.Name != k.Name {
			continue
		}
		if own.Expr != k.Expr {
			return pgerr.New(pgerr.DuplicateObject, "constraint %q for relation %q already exists", k.Name, old.Name)
		}
		if own.NoInherit {
			return pgerr.New(pgerr.InvalidObjectDefinition, "constraint %q conflicts with non-inherited constraint on relation %q", k.Name, old.Name)
		}
		if own.NotValid && !k.NotValid {
			return pgerr.New(pgerr.InvalidObjectDefinition, "constraint %q conflicts with NOT VALID constraint on relation %q", k.Name, old.Name)
		}
		x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "merging constraint %q with inherited definition", k.Name))
		n := *own
		n.Inherited++
		t.Checks[i] = &n
		merged = true
	}
	if !merged {
		n := &catalog.Check{Name: k.Name, Expr: k.Expr, NotValid: k.NotValid, Columns: mapColumns(parent, old, k.Columns),
			Inheritance: catalog.Inheritance{Inherited: 1, NotLocal: true}}
		var err error
		if n.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
		if old.HasConstraint(n.Name) {
			return pgerr.New(pgerr.DuplicateObject, "constraint %q for relation %q already exists", k.Name, old.Name)
		}
		t.Checks = append(t.Checks, n)
		if !n.NotValid {
			if err := x.testCheck(ctx, t, n); err != nil {
				return err
			}
		}
	}
	if err := x.update(ctx, old, t); err != nil || merged {
		return err
	}
	grand, err := x.children(ctx, t)
	if err != nil {
		return err
	}
	for _, g := range grand {
		if err := x.adoptCheck(ctx, g, t, k); err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) dropColumnTree(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd, children []*catalog.Table, s scope) error {
	if _, _, ok := t.Column(cmd.Name); ok {
		for _, child := range children {
			old, _ := x.Txn.Newest().Table(child.OID)
			c, o, ok := old.Column(cmd.Name)
			if !ok {
				continue
			}
			if !s.only && c.Inherited == 1 && c.NotLocal {
				if err := x.alterTree(ctx, old, cmd, scope{derived: true}); err != nil {
					return err
				}
				continue
			}
			n := next(old)
			disinherit(&changeColumn(n, o).Inheritance)
			if s.only {
				n.Columns[o].NotLocal = false
			}
			if err := x.update(ctx, old, n); err != nil {
				return err
			}
		}
	}
	cur, _ := x.Txn.Newest().Table(t.OID)
	return x.alterCommand(ctx, cur, cmd)
}

func (x *Executor) addConstraintTree(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd, children []*catalog.Table, s scope) error {
	c, ok := cmd.Def.(*ast.Constraint)
	if ok && c.Kind == ast.ConstrCheck && s.only && !c.NoInherit {
		return pgerr.New(pgerr.InvalidTableDefinition, "constraint must be added to child tables too")
	}
	checks := t.Checks
	if err := x.alterCommand(ctx, t, cmd); err != nil {
		return err
	}
	cur, _ := x.Txn.Newest().Table(t.OID)
	for _, k := range cur.Checks {
		if slices.Contains(checks, k) || k.NoInherit {
			continue
		}
		for _, child := range children {
			if err := x.adoptCheck(ctx, child, cur, k); err != nil {
				return err
			}
		}
	}
	if ok && (c.Kind == ast.ConstrPrimary || c.Kind == ast.ConstrUnique) && cur.Key != nil {
		return x.spreadNewIndexes(ctx, t, cur, s.only)
	}
	return nil
}

func (x *Executor) dropConstraintTree(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd, children []*catalog.Table, s scope) error {
	i := slices.IndexFunc(t.Checks, func(k *catalog.Check) bool { return k.Name == cmd.Name })
	if i < 0 {
		return x.dropIndexConstraintTree(ctx, t, cmd)
	}
	noInherit := t.Checks[i].NoInherit
	if err := x.alterCommand(ctx, t, cmd); err != nil || noInherit {
		return err
	}
	for _, child := range children {
		old, _ := x.Txn.Newest().Table(child.OID)
		k := slices.IndexFunc(old.Checks, func(k *catalog.Check) bool { return k.Name == cmd.Name })
		if k < 0 {
			continue
		}
		if own := old.Checks[k]; !s.only && own.Inherited == 1 && own.NotLocal {
			if err := x.alterTree(ctx, old, cmd, scope{derived: true}); err != nil {
				return err
			}
			continue
		}
		n := next(old)
		n.Checks = slices.Clone(n.Checks)
		own := *old.Checks[k]
		disinherit(&own.Inheritance)
		if s.only {
			own.NotLocal = false
		}
		n.Checks[k] = &own
		if err := x.update(ctx, old, n); err != nil {
			return err
		}
	}
	return nil
}

// dropIndexConstraintTree drops a PRIMARY KEY or UNIQUE constraint with those of the partitions that are part of it.
func (x *Executor) dropIndexConstraintTree(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd) error {
	for _, ix := range t.AllIndexes() {
		if ix.Constraint == 0 || ix.Name != cmd.Name {
			continue
		}
		if err := x.eachPart(ctx, t, ix, func(child *catalog.Table, part *catalog.Index) error {
			c := *cmd
			c.Name = part.Name
			return x.alterTree(ctx, child, &c, scope{derived: true})
		}); err != nil {
			return err
		}
	}
	cur, _ := x.Txn.Newest().Table(t.OID)
	return x.alterCommand(ctx, cur, cmd)
}
