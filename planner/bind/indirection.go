package bind

import (
	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// indirection binds (expr).field, expr[1] and expr[1:2].
func (b *binder) indirection(s *scope, n *ast.AIndirection) expr.Expr {
	e := b.expr(s, n.Arg)
	pos := ast.Location(n)
	for i := 0; i < len(n.Indirection); {
		switch n.Indirection[i].Kind {
		case ast.IndirectField:
			e = b.field(e, n.Indirection[i].Field, rowName(n, i), pos)
			i++
		case ast.IndirectStar:
			b.fail(pgerr.CodeFeatureNotSupported, pos, "row expansion via \"*\" is not supported here")
		default:
			j := i
			for j < len(n.Indirection) && (n.Indirection[j].Kind == ast.IndirectSubscript || n.Indirection[j].Kind == ast.IndirectSlice) {
				j++
			}
			e = b.subscript(s, e, n.Indirection[i:j], pos)
			i = j
		}
	}
	return e
}

// rowName is the name of the FROM item of which step i selects a field, "" if it is another value.
func rowName(n *ast.AIndirection, i int) string {
	if c, ok := n.Arg.(*ast.ColumnRef); ok && i == 0 && len(c.Names) == 1 {
		return c.Names[0]
	}
	return ""
}

// rowField is a field of a composite type.
type rowField struct {
	name string
	t    types.T
}

// rowFields lists the fields of a composite value; ok is false if they are not known.
func (b *binder) rowFields(e expr.Expr) ([]rowField, bool) {
	var out []rowField
	if rel, ok := b.o.Reader.RowType(e.Type().OID); ok {
		for _, c := range relationColumns(rel) {
			out = append(out, rowField{c.Name, c.Type})
		}
		return out, true
	}
	if v, ok := e.(*expr.Var); ok && b.rows[v.ID] != nil {
		e = b.rows[v.ID]
	}
	switch x := e.(type) {
	case *expr.Row:
		for i, el := range x.Elems {
			out = append(out, rowField{x.Names[i], el.Type()})
		}
		return out, true
	case *expr.Call:
		for i, name := range x.Fn.OutNames {
			out = append(out, rowField{name, types.Of(x.Fn.OutTypes[i])})
		}
		return out, len(out) > 0
	}
	return nil, false
}

// field binds (e).name.
func (b *binder) field(e expr.Expr, name, row string, pos int) expr.Expr {
	e = b.undomained(e)
	t := e.Type().OID
	if t != types.RecordOID && b.category(t) != 'C' {
		b.fail(pgerr.WrongObjectType, pos, "column notation .%s applied to type %s, which is not a composite type", name, b.typeName(t))
	}
	fields, _ := b.rowFields(e)
	for i, f := range fields {
		if f.name == name {
			return makeField(e, i, f)
		}
	}
	if _, ok := e.(*expr.Row); ok && row != "" {
		b.fail(pgerr.UndefinedColumn, pos, "column %s.%s does not exist", row, name)
	}
	if t == types.RecordOID {
		b.fail(pgerr.UndefinedColumn, pos, "could not identify column \"%s\" in record data type", name)
	}
	b.fail(pgerr.UndefinedColumn, pos, "column \"%s\" not found in data type %s", name, b.typeName(t))
	return nil
}

// makeField selects field i; of a row constructor that is simply the element.
func makeField(e expr.Expr, i int, f rowField) expr.Expr {
	if r, ok := e.(*expr.Row); ok && len(r.Elems) > i {
		return r.Elems[i]
	}
	return &expr.Field{Arg: e, Idx: i, Name: f.name, T: f.t}
}

// subscript binds the subscripts of one container.
func (b *binder) subscript(s *scope, e expr.Expr, steps []ast.Indirection, pos int) expr.Expr {
	e = b.undomained(e)
	t := e.Type()
	elem := types.ElemOf(t.OID)
	if t.OID == types.JSONBOID {
		return b.jsonSubscript(s, e, steps, pos)
	}
	if t.OID == types.NameOID && len(steps) == 1 && steps[0].Kind == ast.IndirectSubscript {
		return b.nameSubscript(s, e, steps[0].Upper, pos)
	}
	if elem == 0 {
		b.fail(pgerr.DatatypeMismatch, pos, "cannot subscript type %s because it does not support subscripting", b.typeName(t.OID))
	}
	out := &expr.Subscript{Arg: e, T: types.T{OID: elem, Mod: t.Mod}}
	for _, st := range steps {
		out.Slice = out.Slice || st.Kind == ast.IndirectSlice
	}
	if out.Slice {
		out.T = t
	}
	for _, st := range steps {
		upper, lower := b.arraySubscript(s, st.Upper), b.arraySubscript(s, st.Lower)
		if out.Slice && st.Kind == ast.IndirectSubscript {
			lower = &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(1)}
		}
		out.Upper = append(out.Upper, upper)
		if out.Slice {
			out.Lower = append(out.Lower, lower)
		}
	}
	if len(out.Upper) > types.MaxArrayDims {
		b.fail(pgerr.ProgramLimitExceeded, -1, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(out.Upper), types.MaxArrayDims)
	}
	return out
}

// nameSubscript is name[i], the "char" at that place, counted from 0.
func (b *binder) nameSubscript(s *scope, e expr.Expr, n ast.Expr, pos int) expr.Expr {
	one := &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(1)}
	at := b.makeOp("+", b.arraySubscript(s, n), one, pos, pos, pos)
	text := b.coerce(e, types.TextOID, -1, builtins.Implicit, pos)
	m, err := choose.Function(builtins.FuncCall{Name: "substr", Args: []types.OID{types.TextOID, types.Int4OID, types.Int4OID}})
	b.check(err, pos)
	char := &expr.Call{Fn: m.Fn, Args: []expr.Expr{text, at, one}, T: types.Of(m.Ret)}
	return b.coerce(char, types.CharOID, -1, builtins.Explicit, pos)
}

func (b *binder) arraySubscript(s *scope, n ast.Expr) expr.Expr {
	if n == nil {
		return nil
	}
	e := b.expr(s, n)
	x, ok := b.coerceTo(e, types.Of(types.Int4OID), builtins.Assignment, ast.Location(n))
	if !ok {
		b.fail(pgerr.DatatypeMismatch, ast.Location(n), "array subscript must have type integer")
	}
	return x
}

// jsonSubscript binds jsonb['key'] and jsonb[1].
func (b *binder) jsonSubscript(s *scope, e expr.Expr, steps []ast.Indirection, pos int) expr.Expr {
	out := &expr.Subscript{Arg: e, T: e.Type()}
	for _, st := range steps {
		if st.Kind == ast.IndirectSlice {
			b.fail(pgerr.DatatypeMismatch, pos, "jsonb subscript does not support slices")
		}
		key := b.expr(s, st.Upper)
		at := ast.Location(st.Upper)
		t := types.TextOID
		if types.IsInteger(key.Type().OID) {
			t = types.Int4OID
		}
		x, ok := b.coerceTo(key, types.Of(t), builtins.Implicit, at)
		if !ok {
			b.raise(b.err(pgerr.DatatypeMismatch, at, "subscript type %s is not supported", b.typeName(key.Type().OID)).
				WithHint("jsonb subscript must be coercible to either integer or text."))
		}
		out.Upper = append(out.Upper, x)
	}
	return out
}
