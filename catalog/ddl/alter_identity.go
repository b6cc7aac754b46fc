package ddl

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// alterIdentity is ALTER COLUMN … ADD GENERATED, SET GENERATED and the like, and DROP IDENTITY.
func (x *Executor) alterIdentity(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	c, o, ok := old.Column(cmd.Name)
	if !ok {
		if checkColumnName(cmd.Name) != nil {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot alter system column %q", cmd.Name)
		}
		return errNoColumn(old, cmd.Name)
	}
	if cmd.Kind == ast.AddIdentity {
		return x.addIdentity(ctx, old, o, cmd)
	}
	if c.Identity == 0 {
		if cmd.MissingOk {
			x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "column %q of relation %q is not an identity column, skipping", c.Name, old.Name))
			return nil
		}
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "column %q of relation %q is not an identity column", c.Name, old.Name)
	}
	t := next(old)
	n := changeColumn(t, o)
	if cmd.Kind == ast.DropIdentity {
		n.Identity = 0
		if err := x.update(ctx, old, t); err != nil {
			return err
		}
		return x.eachIdentitySequence(ctx, t, c.ID, func(q *catalog.Sequence) error { return x.Txn.Drop(ctx, q) })
	}
	defs, _ := cmd.Def.(*ast.DefElems)
	if defs == nil {
		return nil
	}
	var options []*ast.DefElem
	set := false
	for _, d := range defs.Items {
		if d.Name != "generated" {
			options = append(options, d)
			continue
		}
		if set {
			return pgerr.New(pgerr.SyntaxError, "conflicting or redundant options").At(x.SQL, d.Pos)
		}
		set = true
		if n.Identity = 'd'; always(d) {
			n.Identity = 'a'
		}
	}
	if n.Identity != c.Identity {
		if err := x.update(ctx, old, t); err != nil {
			return err
		}
	}
	if len(options) == 0 {
		return nil
	}
	return x.eachIdentitySequence(ctx, old, c.ID, func(q *catalog.Sequence) error { return x.changeSequence(ctx, q, options) })
}

func always(d *ast.DefElem) bool { return optionText(d) == "always" }

// addIdentity makes a column that exists an identity column.
func (x *Executor) addIdentity(ctx context.Context, old *catalog.Table, o int, cmd *ast.AlterTableCmd) error {
	k, _ := cmd.Def.(*ast.Constraint)
	t := next(old)
	c := changeColumn(t, o)
	state := func(text string) error {
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, text, c.Name, old.Name)
	}
	was := *c
	b := &tableBuilder{x: x, tab: t, alter: true}
	if err := b.identity(ctx, c, k); err != nil {
		return err
	}
	switch {
	case !was.NotNull:
		return state("column %q of relation %q must be declared NOT NULL before identity can be added")
	case was.Identity != 0:
		return state("column %q of relation %q is already an identity column")
	case was.Default != "":
		return state("column %q of relation %q already has a default value")
	}
	for _, q := range b.sequences {
		if err := x.create(ctx, q); err != nil {
			return err
		}
	}
	return x.update(ctx, old, t)
}

// eachIdentitySequence calls f for the sequence of an identity column, locked.
func (x *Executor) eachIdentitySequence(ctx context.Context, t *catalog.Table, id catalog.ColumnID, f func(*catalog.Sequence) error) error {
	for _, q := range x.Txn.Newest().OwnedSequences(t.OID, id) {
		if !q.OwnedBy.Identity {
			continue
		}
		if err := x.lockOID(ctx, q); err != nil {
			return err
		}
		if cur, ok := x.Txn.Newest().Sequence(q.OID); ok {
			if err := f(cur); err != nil {
				return err
			}
		}
	}
	return nil
}
