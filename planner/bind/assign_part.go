package bind

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// partAssignment is an assignment to a part of a column: SET a[1].b = value.
type partAssignment struct {
	b      *binder
	s      *scope
	column string
	value  expr.Expr
	pos    int // of the value
	at     int // of the target
}

// assignPart is the new value of a column, of which only a part gets the value (transformAssignmentIndirection).
func (b *binder) assignPart(s *scope, column types.T, old expr.Expr, n *ast.ResTarget, value expr.Expr, pos int) expr.Expr {
	p := &partAssignment{b: b, s: s, column: n.Name, value: value, pos: pos, at: n.Pos}
	return p.into(old, column, n.Indirection, n.Name)
}

// into is old, of type t, with the value in the part that steps lead to.
func (p *partAssignment) into(old expr.Expr, t types.T, steps []ast.Indirection, name string) expr.Expr {
	b := p.b
	if len(steps) == 0 {
		return p.leaf(t, name, false)
	}
	if types.IsDomain(t.OID) {
		base := b.o.Reader.BaseType(t)
		return b.toDomain(p.into(b.undomained(old), base, steps, name), t.OID, builtins.Assignment, p.at)
	}
	if steps[0].Kind == ast.IndirectStar {
		b.fail(pgerr.CodeFeatureNotSupported, p.at, "row expansion via \"*\" is not supported here")
	}
	if steps[0].Kind == ast.IndirectField {
		return p.field(old, t, steps)
	}
	n := 0
	for n < len(steps) && (steps[n].Kind == ast.IndirectSubscript || steps[n].Kind == ast.IndirectSlice) {
		n++
	}
	return p.element(old, t, steps, n, name)
}

// leaf converts the value.
func (p *partAssignment) leaf(t types.T, name string, subscripted bool) expr.Expr {
	b := p.b
	x, ok := b.coerceTo(p.value, t, builtins.Assignment, p.pos)
	if ok {
		return x
	}
	verb := "subfield \"" + name + "\" is of type %s but expression is of type %s"
	if subscripted {
		verb = "subscripted assignment to \"" + name + "\" requires type %s but expression is of type %s"
	}
	b.raise(b.err(pgerr.DatatypeMismatch, p.pos, verb, b.typeName(t.OID), b.typeName(p.value.Type().OID)).
		WithHint("You will need to rewrite or cast the expression."))
	return nil
}

func (p *partAssignment) field(old expr.Expr, t types.T, steps []ast.Indirection) expr.Expr {
	b, name := p.b, steps[0].Field
	rel, ok := b.o.Reader.RowType(t.OID)
	if !ok {
		b.fail(pgerr.DatatypeMismatch, p.at, "cannot assign to field \"%s\" of column \"%s\" because its type %s is not a composite type",
			name, p.column, b.typeName(t.OID))
	}
	var fields []types.Field
	at := -1
	for i, c := range relationColumns(rel) {
		if c.Name == name {
			at = i
		}
		fields = append(fields, types.Field{Name: c.Name, Type: c.Type})
	}
	if at < 0 {
		b.fail(pgerr.UndefinedColumn, p.at, "cannot assign to field \"%s\" of column \"%s\" because there is no such column in data type %s",
			name, p.column, b.typeName(t.OID))
	}
	part := &expr.Field{Arg: old, Idx: at, Name: name, T: fields[at].Type}
	x := p.into(part, fields[at].Type, steps[1:], name)
	return &expr.Call{Fn: builtins.FieldStore(t.OID, fields, at), Args: []expr.Expr{old, x}, T: t}
}

// element assigns to what the first n steps, subscripts, select.
func (p *partAssignment) element(old expr.Expr, t types.T, steps []ast.Indirection, n int, name string) expr.Expr {
	b := p.b
	elem := types.ElemOf(t.OID)
	if t.OID != types.JSONBOID && elem == 0 {
		b.fail(pgerr.DatatypeMismatch, p.at, "cannot subscript type %s because it does not support subscripting", b.typeName(t.OID))
	}
	sub, ok := b.subscript(p.s, old, steps[:n], p.at).(*expr.Subscript)
	if !ok {
		b.unsupported("assignment to a part of this type", p.at)
	}
	part := types.T{OID: elem, Mod: t.Mod}
	if t.OID == types.JSONBOID || sub.Slice {
		part = t
	}
	var x expr.Expr
	if n == len(steps) {
		x = p.leaf(part, name, true)
	} else {
		x = p.into(sub, part, steps[n:], name)
	}
	args := []expr.Expr{old, x}
	switch {
	case t.OID == types.JSONBOID:
		return &expr.Call{Fn: builtins.JSONAssign(), Args: append(args, sub.Upper...), T: t}
	case !sub.Slice:
		return &expr.Call{Fn: builtins.ArrayAssign(t.OID, elem), Args: append(args, sub.Upper...), T: t}
	}
	bounds := make([]builtins.Bound, len(sub.Upper))
	for i := range sub.Upper {
		if sub.Lower[i] != nil {
			bounds[i].Lower, args = true, append(args, sub.Lower[i])
		}
		if sub.Upper[i] != nil {
			bounds[i].Upper, args = true, append(args, sub.Upper[i])
		}
	}
	return &expr.Call{Fn: builtins.ArraySliceAssign(t.OID, elem, bounds), Args: args, T: t}
}
