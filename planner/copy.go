package planner

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// FilterCopied makes the INSERT of a COPY keep the rows for which a condition is true, once their defaults are there.
func FilterCopied(pl *plan.Plan, t *catalog.Table, where ast.Expr, o bind.Options) error {
	cond, err := bind.TableExpr(t, where, bind.UseCopyWhere, o)
	if err != nil {
		return err
	}
	cond = expr.Rewrite(cond, func(e expr.Expr) expr.Expr {
		v, ok := e.(*expr.Var)
		if !ok {
			return e
		}
		if c := t.Columns[v.ID-1]; c.Generated != 0 && err == nil {
			err = pgerr.New(pgerr.InvalidColumnReference, "generated columns are not supported in COPY FROM WHERE conditions").
				WithDetail("Column %q is a generated column.", c.Name)
		}
		return &expr.Col{Idx: int(v.ID) - 1, T: v.T, Name: v.Name}
	})
	root := pl.Root.(*plan.Insert)
	root.Input = &plan.Filter{Info: *root.Input.Base(), Input: root.Input, Cond: cond}
	return err
}
