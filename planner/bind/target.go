package bind

import (
	"github.com/lightsql/lightsql/planner/bind/naming"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// target is an element of a select list, or a sort or group expression that is not in the list (junk).
type target struct {
	e    expr.Expr
	name string
	pos  int
	junk bool
	srf  bool
	// group says that a junk target is there for GROUP BY only and is not projected.
	group bool
	id    expr.ColID // of the projected column
	// collated: a junk target that is the key of another one, target of, under a collation.
	collated bool
	of       int
}

// targetList binds a select list or RETURNING.
func (b *binder) targetList(s *scope, list []*ast.ResTarget, k exprKind) []target {
	old := s.enter(k)
	out := make([]target, 0, len(list)+2)
	for _, n := range list {
		s.srf = false
		if exp, ok := b.expandStar(s, n.Val); ok {
			if c, ok := n.Val.(*ast.ColumnRef); ok {
				b.noteStar(s, c, exp)
			}
			out = append(out, exp...)
			continue
		}
		t := target{e: b.expr(s, n.Val), name: n.Name, pos: ast.Location(n.Val)}
		t.srf = s.srf
		if t.name == "" {
			t.name = columnName(n.Val)
		}
		out = append(out, t)
	}
	s.kind = old
	return out
}

// expandStar expands *, t.* and (row).*; ok is false if n is none of them.
func (b *binder) expandStar(s *scope, n ast.Expr) ([]target, bool) {
	switch n := n.(type) {
	case *ast.ColumnRef:
		if !n.Star {
			return nil, false
		}
		if len(n.Names) == 0 {
			return b.expandAll(s, n.Pos), true
		}
		schema, table, _ := b.splitName(append(n.Names[:len(n.Names):len(n.Names)], "*"), n.Pos)
		it, at := b.lookupTable(s, schema, table, n.Pos)
		if it == nil {
			if e := b.variable(n); e != nil {
				return b.expandRow(e, n.Pos), true
			}
			b.missingTable(s, schema, table, n.Pos)
		}
		return b.expandEntry(at, it.e, n.Pos, nil), true
	case *ast.AIndirection:
		last := len(n.Indirection) - 1
		if last < 0 || n.Indirection[last].Kind != ast.IndirectStar {
			return nil, false
		}
		var arg ast.Expr = n.Arg
		if last > 0 {
			arg = &ast.AIndirection{Arg: n.Arg, Indirection: n.Indirection[:last]}
		}
		return b.expandRow(b.expr(s, arg), ast.Location(n)), true
	}
	return nil, false
}

// expandAll expands a bare *.
func (b *binder) expandAll(s *scope, pos int) []target {
	var out []target
	found := false
	n := 0
	for i := range s.ns {
		n += len(s.ns[i].e.cols)
	}
	out = make([]target, 0, n+2)
	for i := range s.ns {
		it := &s.ns[i]
		if !it.cols {
			continue
		}
		found = true
		out = b.expandEntry(s, it.e, pos, out)
	}
	if !found {
		b.fail(pgerr.SyntaxError, pos, "SELECT * with no tables specified is not valid")
	}
	return out
}

func (b *binder) expandEntry(s *scope, e *entry, pos int, out []target) []target {
	if out == nil {
		out = make([]target, 0, len(e.cols))
	}
	for i := range e.cols[:len(e.cols)-e.hidden] {
		out = append(out, target{e: b.column(s, e, i, pos), name: e.cols[i].Name, pos: pos})
	}
	return out
}

// expandRow expands the fields of a composite value.
func (b *binder) expandRow(e expr.Expr, pos int) []target {
	fields, ok := b.rowFields(e)
	if !ok {
		if t := e.Type().OID; t != types.RecordOID && b.category(t) != 'C' {
			b.fail(pgerr.WrongObjectType, pos, "type %s is not composite", b.typeName(t))
		}
		b.fail(pgerr.DatatypeMismatch, pos, "record type has not been registered")
	}
	out := make([]target, len(fields))
	for i, f := range fields {
		out[i] = target{e: makeField(e, i, f), name: f.name, pos: pos}
	}
	return out
}

// columnName is the name of an output column without an alias (FigureColname).
func columnName(n ast.Expr) string { return naming.Column(n) }

// projection computes the targets that are not only for GROUP BY. A column keeps its ID the first time it is projected; all
// else gets a new one.
func (b *binder) projection(s *scope, in logical.Node, ts []target) (logical.Node, []expr.Expr, []logical.Column) {
	n := 0
	srf := false
	for i := range ts {
		if !ts[i].group {
			n++
		}
		srf = srf || ts[i].srf
	}
	exprs, cols := make([]expr.Expr, 0, n), make([]logical.Column, 0, n)
	outer := (s.parent != nil || b.inline != nil) && in != nil // outer columns, or those of arguments, can be seen, too
	var own []logical.Column
	for i := range ts {
		t := &ts[i]
		if t.group {
			continue
		}
		c := logical.Column{Name: t.name, T: t.e.Type()}
		if v, ok := t.e.(*expr.Var); ok {
			c = b.columnOf(s, v)
			c.Name = t.name
			// Nor does an outer query's column keep its ID: in a LATERAL subquery both would be visible, and may differ.
			if outer && own == nil {
				own = in.Columns()
			}
			if hasColumn(cols, v.ID) || outer && !hasColumn(own, v.ID) {
				c.ID = 0
			}
		}
		if c.ID == 0 {
			c.ID = b.newCol()
			b.outputCollation(c.ID, t.e)
		}
		t.id = c.ID
		exprs, cols = append(exprs, t.e), append(cols, c)
	}
	if srf {
		return &logical.ProjectSet{Input: in, Exprs: exprs, Cols: cols}, exprs, cols
	}
	return &logical.Project{Input: in, Exprs: exprs, Cols: cols}, exprs, cols
}

func hasColumn(cols []logical.Column, id expr.ColID) bool {
	for i := range cols {
		if cols[i].ID == id {
			return true
		}
	}
	return false
}

// columnOf describes the column that a Var of this level stands for.
func (b *binder) columnOf(s *scope, v *expr.Var) logical.Column {
	for at := s; at != nil; at = at.parent {
		for _, e := range at.entries {
			if e.kind == entryJoin {
				continue
			}
			if len(e.cols) > 0 { // the columns of a table are numbered one after the other
				if i := int(v.ID - e.cols[0].ID); i >= 0 && i < len(e.cols) && e.cols[i].ID == v.ID {
					return e.cols[i]
				}
			}
			for i := range e.cols {
				if e.cols[i].ID == v.ID {
					return e.cols[i]
				}
			}
		}
		if at == s && len(s.entries) == 0 {
			break
		}
	}
	for i := range s.groupCols {
		if s.groupCols[i].ID == v.ID {
			return s.groupCols[i]
		}
	}
	return logical.Column{ID: v.ID, Name: v.Name, T: v.T}
}
