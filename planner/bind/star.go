package bind

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
)

// noteStar tells the caller which columns * or t.* stood for, as references that mean the same columns later, when the
// tables may have more.
func (b *binder) noteStar(s *scope, n *ast.ColumnRef, ts []target) {
	if b.o.OnStar == nil || b.viewDepth > 0 {
		return
	}
	refs := make([]*ast.ColumnRef, len(ts))
	for i, t := range ts {
		refs[i] = &ast.ColumnRef{Names: []string{t.name}, Pos: n.Pos}
		if v, ok := t.e.(*expr.Var); ok {
			if table, column := s.nameOf(v.ID); table != "" {
				refs[i].Names = []string{table, column}
			}
		}
	}
	b.o.OnStar(n, refs)
}

// nameOf finds a name by which a column can be referred to: that of a visible entry, and the column's name in it.
func (s *scope) nameOf(id expr.ColID) (table, column string) {
	for i := range s.ns {
		it := &s.ns[i]
		if !it.rel || it.e.name == "" || it.e.exprs != nil {
			continue
		}
		for c := range it.e.cols {
			if it.e.cols[c].ID == id {
				return it.e.name, it.e.cols[c].Name
			}
		}
	}
	return "", ""
}
