package bind

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// windowSpec is a window of a query level; def is bound after the select list.
type windowSpec struct {
	def   *ast.WindowDef
	named bool // of the WINDOW clause
	bound logical.WindowDef
	done  bool
}

// windowCall registers a window function call and gives the Var of its result.
func (b *binder) windowCall(s *scope, c *boundCall, agg *expr.AggCall, filter expr.Expr) expr.Expr {
	n := c.n
	switch {
	case n.AggDistinct:
		b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "DISTINCT is not implemented for window functions")
	case agg == nil && n.AggStar:
		b.fail(pgerr.WrongObjectType, n.Pos, "%s(*) must be used to call a parameterless aggregate function", c.name)
	case len(n.AggOrder) > 0 && !n.AggWithinGroup:
		b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "aggregate ORDER BY is not implemented for window functions")
	case agg == nil && n.AggFilter != nil:
		b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "FILTER is not implemented for non-aggregate window functions")
	}
	b.refuseNestedWindow(s, c)
	if msg := s.kind.windowError(); msg != "" {
		b.fail(pgerr.WindowingError, n.Pos, "%s", msg)
	}
	call := &expr.WindowCall{Agg: agg, T: types.Of(c.m.Ret), Window: b.windowIndex(s, n.Over)}
	if agg != nil {
		call.Args, call.Filter = agg.Args, filter
	} else {
		call.Fn, call.Args = c.m.Fn, b.finalArgs(c)
	}
	col := logical.Column{ID: b.newCol(), Name: c.m.Proc.Name, T: call.T}
	s.winItems = append(s.winItems, logical.WindowItem{Col: col, Call: call})
	b.noteWindow(s.depth, n.Pos)
	return &expr.Var{ID: col.ID, T: col.T, Name: col.Name}
}

// refuseNestedWindow refuses window calls in the arguments of one.
func (b *binder) refuseNestedWindow(s *scope, c *boundCall) {
	for i, a := range c.args {
		expr.Walk(a, func(e expr.Expr) bool {
			if v, ok := e.(*expr.Var); ok {
				for _, it := range s.winItems {
					if it.Col.ID == v.ID {
						b.fail(pgerr.WindowingError, c.poss[i], "window function calls cannot be nested")
					}
				}
			}
			return true
		})
	}
}

// windowIndex finds or adds the window of a call.
func (b *binder) windowIndex(s *scope, over *ast.WindowDef) int {
	if over.Bare {
		for i, w := range s.windows {
			if w.named && w.def.Name == over.Name {
				return i
			}
		}
		b.fail(pgerr.UndefinedObject, over.Pos, "window \"%s\" does not exist", over.Name)
	}
	s.windows = append(s.windows, windowSpec{def: over})
	return len(s.windows) - 1
}

// declareWindows makes the windows of the WINDOW clause known by their names.
func (b *binder) declareWindows(s *scope, defs []*ast.WindowDef) {
	for _, d := range defs {
		for _, w := range s.windows {
			if w.def.Name == d.Name {
				b.fail(pgerr.WindowingError, d.Pos, "window \"%s\" is already defined", d.Name)
			}
		}
		s.windows = append(s.windows, windowSpec{def: d, named: true})
	}
}

// bindWindows binds the definitions of all windows; one of the WINDOW clause may build on an earlier one.
func (b *binder) bindWindows(s *scope) {
	for i := range s.windows {
		w := &s.windows[i]
		d := w.def
		var base *windowSpec
		if d.RefName != "" {
			for k := range s.windows {
				if o := &s.windows[k]; o.named && o.def.Name == d.RefName && o.done {
					base = o
				}
			}
			if base == nil {
				b.fail(pgerr.UndefinedObject, d.Pos, "window \"%s\" does not exist", d.RefName)
			}
		}
		w.bound = b.windowDef(s, d, base)
		w.done = true
	}
}

func (b *binder) windowDef(s *scope, d *ast.WindowDef, base *windowSpec) logical.WindowDef {
	out := logical.WindowDef{Name: d.Name}
	old := s.enter(kindWindowOrder)
	for _, o := range d.Order {
		e := b.toText(b.expr(s, o.Expr), ast.Location(o.Expr))
		b.needOrdering(e.Type().OID, ast.Location(o.Expr))
		out.Order = append(out.Order, b.sortKey(o, e))
	}
	s.kind = kindWindowPartition
	for _, p := range d.Partition {
		e := b.toText(b.expr(s, p), ast.Location(p))
		b.needEquality(e.Type().OID, ast.Location(p))
		out.Partition = append(out.Partition, e)
	}
	s.kind = old
	if base != nil {
		b.inheritWindow(&out, d, base)
	}
	b.frame(s, &out, d)
	return out
}

// inheritWindow applies the rules for a window that refers to another.
func (b *binder) inheritWindow(out *logical.WindowDef, d *ast.WindowDef, base *windowSpec) {
	name := d.RefName
	if len(d.Partition) > 0 {
		b.fail(pgerr.WindowingError, d.Pos, "cannot override PARTITION BY clause of window \"%s\"", name)
	}
	out.Partition = base.bound.Partition
	if len(d.Order) > 0 && len(base.bound.Order) > 0 {
		b.fail(pgerr.WindowingError, d.Pos, "cannot override ORDER BY clause of window \"%s\"", name)
	}
	if len(d.Order) == 0 {
		out.Order = base.bound.Order
	}
	if base.def.Frame != 0 && base.def.Frame != ast.FrameDefaults {
		err := b.err(pgerr.WindowingError, d.Pos, "cannot copy window \"%s\" because it has a frame clause", name)
		if len(d.Order) == 0 && (d.Frame == 0 || d.Frame == ast.FrameDefaults) {
			err.WithHint("Omit the parentheses in this OVER clause.")
		}
		b.raise(err)
	}
}

// frame binds the frame clause.
func (b *binder) frame(s *scope, out *logical.WindowDef, d *ast.WindowDef) {
	f := d.Frame
	if f == 0 {
		f = ast.FrameDefaults
	}
	kind, name := kindWindowRange, "RANGE"
	out.Frame.Mode = 'r'
	switch {
	case f&ast.FrameRows != 0:
		out.Frame.Mode, kind, name = 'o', kindWindowRows, "ROWS"
	case f&ast.FrameGroups != 0:
		out.Frame.Mode, kind, name = 'g', kindWindowGroups, "GROUPS"
		if len(out.Order) == 0 {
			b.fail(pgerr.WindowingError, d.Pos, "GROUPS mode requires an ORDER BY clause")
		}
	}
	offset := f&(ast.FrameStartOffsetPreceding|ast.FrameStartOffsetFollowing|ast.FrameEndOffsetPreceding|ast.FrameEndOffsetFollowing) != 0
	if kind == kindWindowRange && offset && len(out.Order) != 1 {
		b.fail(pgerr.WindowingError, d.Pos, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
	}
	out.Frame.Start.Kind = boundKind(f, ast.FrameStartUnboundedPreceding, ast.FrameStartOffsetPreceding, ast.FrameStartCurrentRow, ast.FrameStartOffsetFollowing)
	out.Frame.End.Kind = boundKind(f, ast.FrameEndUnboundedPreceding, ast.FrameEndOffsetPreceding, ast.FrameEndCurrentRow, ast.FrameEndOffsetFollowing)
	out.Frame.Start.Offset = b.frameOffset(s, out, d.StartOffset, kind, name)
	out.Frame.End.Offset = b.frameOffset(s, out, d.EndOffset, kind, name)
	switch {
	case f&ast.FrameExcludeCurrentRow != 0:
		out.Frame.Exclude = 'c'
	case f&ast.FrameExcludeGroup != 0:
		out.Frame.Exclude = 'g'
	case f&ast.FrameExcludeTies != 0:
		out.Frame.Exclude = 't'
	}
}

func boundKind(f, unbounded, preceding, current, following ast.FrameOptions) byte {
	switch {
	case f&unbounded != 0:
		return 'p'
	case f&preceding != 0:
		return '<'
	case f&current != 0:
		return 'c'
	case f&following != 0:
		return '>'
	}
	return 'f'
}

// frameOffset binds the offset of a frame bound: a bigint for ROWS and GROUPS, for RANGE something that can be added to the sort column.
func (b *binder) frameOffset(s *scope, w *logical.WindowDef, n ast.Expr, kind exprKind, name string) expr.Expr {
	if n == nil {
		return nil
	}
	old := s.enter(kind)
	e := b.expr(s, n)
	s.kind = old
	pos := ast.Location(n)
	if kind == kindWindowRange {
		e = b.rangeOffset(w.Order[0].Expr.Type().OID, e, pos)
	} else {
		e = b.coerceSpecific(e, types.Int8OID, name, pos)
	}
	b.refuseVars(s, e, name, pos)
	return e
}

func (b *binder) rangeOffset(sort types.OID, e expr.Expr, pos int) expr.Expr {
	want := sort
	switch {
	case types.IsDateTime(sort), sort == types.IntervalOID:
		want = types.IntervalOID
	case sort == types.Float4OID:
		want = types.Float8OID
	case !types.IsNumeric(sort):
		b.raise(b.err(pgerr.CodeFeatureNotSupported, pos, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s", b.typeName(sort)))
	}
	if types.IsInteger(sort) && types.IsInteger(e.Type().OID) {
		return e
	}
	x, ok := b.coerceTo(e, types.Of(want), builtins.Implicit, pos)
	if !ok {
		b.raise(b.err(pgerr.CodeFeatureNotSupported, pos, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s",
			b.typeName(sort), b.typeName(e.Type().OID)).WithHint("Cast the offset value to an appropriate type."))
	}
	return x
}

// refuseVars refuses columns of this query level in LIMIT, OFFSET and frame offsets.
func (b *binder) refuseVars(s *scope, e expr.Expr, what string, pos int) {
	expr.Walk(e, func(x expr.Expr) bool {
		if v, ok := x.(*expr.Var); ok && s.owns(v.ID) {
			b.fail(pgerr.InvalidColumnReference, b.positionOf(v), "argument of %s must not contain variables", what)
		}
		return true
	})
}

// owns reports whether a column comes from this level's FROM clause.
func (s *scope) owns(id expr.ColID) bool {
	e, _ := s.owner(id)
	return e != nil
}

// owner finds the FROM item and the ordinal of a column.
func (s *scope) owner(id expr.ColID) (*entry, int) {
	for _, e := range s.entries {
		if e.kind == entryJoin {
			continue
		}
		for i := range e.cols {
			if e.cols[i].ID == id {
				return e, i
			}
		}
	}
	return nil, -1
}

// sortKey makes a sort key of ORDER BY's element.
func (b *binder) sortKey(n *ast.SortBy, e expr.Expr) expr.SortKey {
	k := expr.SortKey{Expr: b.orderExpr(e, ast.Location(n.Expr))}
	switch n.Dir {
	case ast.SortDesc:
		k.Desc = true
	case ast.SortUsing:
		switch n.UseOp {
		case "<":
		case ">":
			k.Desc = true
		default:
			t := e.Type().OID
			_, err := builtins.ResolveOperator(n.UseOp, t, t)
			b.check(err, n.Pos)
			b.raise(b.err(pgerr.WrongObjectType, n.Pos, "operator %s is not a valid ordering operator", n.UseOp).
				WithHint("Ordering operators must be \"<\" or \">\" members of btree operator families."))
		}
	}
	switch n.Nulls {
	case ast.NullsFirst:
		k.NullsFirst = true
	case ast.NullsDefault:
		k.NullsFirst = k.Desc
	}
	return k
}
