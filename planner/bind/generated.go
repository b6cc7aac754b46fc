package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// Generated binds the expression of a generated column that is being defined, over the columns of Row(t). n may come from a descriptor.
func Generated(t *catalog.Table, ord int, n ast.Expr, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	c := t.Columns[ord]
	b.checkGenerated(t, n)
	s := newScope(nil)
	s.addEntry(b.tableEntry(t, nil))
	s.kind = kindGenerated
	x := b.expr(s, n)
	e, ok := b.coerceTo(x, c.Type, builtins.Assignment, ast.Location(n))
	if !ok {
		return nil, pgerr.New(pgerr.DatatypeMismatch, "column \"%s\" is of type %s but default expression is of type %s", c.Name,
			b.typeName(c.Type.OID), b.typeName(x.Type().OID)).WithHint("You will need to rewrite or cast the expression.")
	}
	b.checkParams()
	if expr.VolatilityOf(e) != expr.Immutable {
		return nil, pgerr.New(pgerr.InvalidObjectDefinition, "generation expression is not immutable")
	}
	return e, nil
}

// checkGenerated refuses names that a generation expression may not use.
func (b *binder) checkGenerated(t *catalog.Table, n ast.Expr) {
	ast.Walk(n, func(x ast.Node) bool {
		r, ok := x.(*ast.ColumnRef)
		if !ok || len(r.Names) == 0 {
			return true
		}
		name := r.Names[len(r.Names)-1]
		c, _, ok := t.Column(name)
		switch {
		case ok && c.Generated != 0:
			b.raise(b.err(pgerr.InvalidObjectDefinition, r.Pos, "cannot use generated column \"%s\" in column generation expression", name).
				WithDetail("A generated column cannot reference another generated column."))
		case !ok && (name == t.Name || r.Star):
			b.raise(b.err(pgerr.InvalidObjectDefinition, r.Pos, "cannot use whole-row variable in column generation expression").
				WithDetail("This would cause the generated column to depend on its own value."))
		case !ok && isSystemColumn(name):
			b.fail(pgerr.InvalidColumnReference, r.Pos, "cannot use system column \"%s\" in column generation expression", name)
		}
		return true
	})
}

func isSystemColumn(name string) bool {
	switch name {
	case "ctid", "xmin", "xmax", "cmin", "cmax":
		return true
	}
	return false
}
