package bind

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind/body"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Body says that a statement stands in the body of an SQL function: names may mean its parameters, and the final statement gives its result.
type Body struct {
	Function *catalog.Function
	// Final: the statement's rows are the function's result, of these columns. A single composite or scalar result is one column.
	Final   bool
	Columns []types.T
	// Row: Columns are the fields of one composite or record result, so the statement may also give it as one column.
	Row types.T
}

// inlined is a function whose body is being bound in the place of a call.
type inlined struct {
	f     *catalog.Function
	args  []expr.Expr
	uses  []int
	outer *inlined
}

// active reports whether the function is being inlined already.
func (in *inlined) active(oid types.OID) bool {
	for ; in != nil; in = in.outer {
		if in.f != nil && in.f.OID == oid {
			return true
		}
	}
	return false
}

// arg is the argument for $n.
func (in *inlined) arg(b *binder, n, pos int) expr.Expr {
	if n < 1 || n > len(in.args) {
		b.fail(pgerr.UndefinedParameter, pos, "there is no parameter $%d", n)
	}
	in.uses[n-1]++
	return in.args[n-1]
}

// catalogProcs lists the functions of the catalog that a name may mean, in the order of the search path.
func (b *binder) catalogProcs(name []string) []*builtins.Proc {
	last := name[len(name)-1]
	if !b.o.Reader.HasFunctions(last) {
		return nil
	}
	path := b.o.SearchPath
	if len(name) > 1 {
		path = name[len(name)-2 : len(name)-1]
	}
	var out []*builtins.Proc
	for _, schema := range path {
		s, ok := b.o.Reader.Schema(schema)
		if !ok {
			continue
		}
		for _, f := range b.o.Reader.FunctionsNamed(last) {
			if f.Schema == s.OID {
				out = append(out, b.catalogProc(f))
			}
		}
	}
	return out
}

// catalogProc is a function of the catalog as a candidate, with its defaults bound.
func (b *binder) catalogProc(f *catalog.Function) *builtins.Proc {
	p := f.Proc()
	if f.Aggregate != nil {
		p.Agg = builtins.UserAggregate(b.aggregateParts(f, p))
		return p
	}
	var defaults []expr.Expr
	b.stored(func() {
		for i := range f.Params {
			if a := &f.Params[i]; a.Default != "" {
				e := b.expr(newScope(nil), b.parseExpr(a.Default))
				if x, ok := b.coerceTo(e, types.Of(a.Type), builtins.Assignment, -1); ok {
					e = x
				}
				defaults = append(defaults, e)
			}
		}
	})
	if f.Language == catalog.Internal {
		p.Func = builtins.InternalFunc(p, defaults)
	} else {
		p.Func = builtins.SQLFunc(p, nil, nil, defaults)
	}
	return p
}

// catalogCall completes the match of a call of a catalog function: the columns of its result are those of this call.
func (b *binder) catalogCall(c *boundCall) {
	f, ok := b.o.Reader.Function(c.m.Proc.OID)
	if !ok {
		return
	}
	b.noteCall(f.OID)
	if b.o.OnFunction != nil && b.viewDepth == 0 && b.inline == nil {
		b.o.OnFunction(c.n, f)
	}
	if agg := c.m.Agg; agg != nil {
		if b.o.KeepCasts {
			q := *agg
			q.Schema = b.o.Reader.SchemaName(f.Schema)
			m := *c.m
			m.Agg, c.m = &q, &m
		}
		return
	}
	if f.Language == catalog.Internal {
		if b.o.KeepCasts {
			c.m.Fn.Schema = b.o.Reader.SchemaName(f.Schema) // made for this call
		}
		return
	}
	actual := make([]types.OID, len(c.m.Args))
	copy(actual, c.m.Args)
	cols, names := b.resultColumns(f, actual, c.m.Ret)
	m := *c.m
	m.Fn = builtins.SQLFunc(c.m.Proc, cols, names, m.Fn.Defaults)
	if b.o.KeepCasts {
		m.Fn.Schema = b.o.Reader.SchemaName(f.Schema)
	}
	c.m = &m
}

// resultColumns are the columns of the rows that a function returns, nil if it returns single values.
func (b *binder) resultColumns(f *catalog.Function, actual []types.OID, ret types.OID) (cols []types.T, names []string) {
	declared := f.Inputs()
	for i := range f.Params {
		p := &f.Params[i]
		if p.Mode == 'i' || p.Mode == 'v' {
			continue
		}
		t := p.Type
		if types.IsPolymorphic(t) {
			var err error
			t, err = builtins.ResolvePolymorphic(actual, declared, t)
			b.check(err, -1)
		}
		cols, names = append(cols, types.Of(t)), append(names, p.Name)
	}
	if len(cols) == 1 && ret != types.RecordOID {
		// One OUT parameter is a plain value.
		if names[0] == "" {
			names = nil
		}
		return nil, names
	}
	for i := range names {
		if names[i] == "" {
			names[i] = "column" + itoa(i+1)
		}
	}
	if cols == nil {
		if rel, ok := b.o.Reader.RowType(ret); ok {
			for _, c := range relationColumns(rel) {
				cols, names = append(cols, c.Type), append(names, c.Name)
			}
		}
	}
	return cols, names
}

// bodyFunction is the function in whose body names are looked up now, nil outside of one.
func (b *binder) bodyFunction() *catalog.Function {
	switch {
	case b.inline != nil:
		return b.inline.f
	case b.o.Body != nil && b.viewDepth == 0:
		return b.o.Body.Function
	}
	return nil
}

// paramRef binds a name that is no column as a parameter of the function in whose body it stands; nil if it is none.
func (b *binder) paramRef(n *ast.ColumnRef) expr.Expr {
	if b.variables() != nil {
		return b.variable(n)
	}
	f := b.bodyFunction()
	if f == nil || n.Star {
		return nil
	}
	names := n.Names
	if len(names) > 1 && names[0] == f.Name && body.Param(f, names[1]) > 0 {
		names = names[1:]
	}
	k := body.Param(f, names[0])
	if k == 0 || len(names) > 2 {
		return nil
	}
	e := b.param(k, n.Pos)
	if len(names) == 2 {
		e = b.field(e, names[1], names[0], n.Pos)
	}
	return e
}

// inlineScalar replaces the call of a function that consists of one expression by that expression; nil if it is not one or if that
// would change the meaning (inline_function).
func (b *binder) inlineScalar(s *scope, call *expr.Call) expr.Expr {
	f, ok := b.o.Reader.Function(call.Fn.OID)
	if !ok || b.noInline || s.kind == kindFromFunction || f.Kind != 'f' || f.RetSet || f.SecurityDefiner || f.Config != nil || b.inline.active(f.OID) ||
		call.Fn.OutTypes != nil || call.T.OID == types.VoidOID || call.T.OID == types.RecordOID {
		return nil
	}
	value := body.Expression(f)
	if value == nil {
		return nil
	}
	in := &inlined{f: f, args: call.Args, uses: make([]int, len(call.Args)), outer: b.inline}
	var e expr.Expr
	plain := true
	b.inBody(in, func() {
		s := newScope(nil)
		s.kind = kindSelect
		x := b.expr(s, value)
		plain = !s.hasAggs && len(s.winItems) == 0 && !s.srf
		x, ok = b.coerceTo(b.toText(x, -1), call.T, builtins.Assignment, -1)
		e = x
	})
	if !ok || !plain || expr.VolatilityOf(e) > call.Fn.Volatility || !in.repeatable() {
		return nil
	}
	if f.Strict {
		if in.strict(e) {
			return e
		}
		return strictResult(e, call.Args, call.T)
	}
	return e
}

// inBody runs f with the names of a function's body.
func (b *binder) inBody(in *inlined, f func()) {
	levels, inline := b.levels, b.inline
	b.levels, b.inline = nil, in
	defer func() { b.levels, b.inline = levels, inline }()
	b.stored(f)
}

// cheapNodes is the size of an argument up to which it may be computed more than once.
const cheapNodes = 8

// repeatable reports whether the arguments can stand where the body uses them: a volatile or costly one at most once.
func (in *inlined) repeatable() bool {
	for i, a := range in.args {
		if in.uses[i] == 1 {
			continue
		}
		nodes := 0
		expr.Walk(a, func(expr.Expr) bool { nodes++; return nodes <= cheapNodes })
		if expr.VolatilityOf(a) == expr.Volatile || in.uses[i] > 1 && nodes > cheapNodes {
			return false
		}
	}
	return true
}

// strict reports whether e is certainly NULL if any argument is.
func (in *inlined) strict(e expr.Expr) bool {
	for _, n := range in.uses {
		if n == 0 {
			return false
		}
	}
	ok := true
	expr.Walk(e, func(x expr.Expr) bool {
		if slices.Contains(in.args, x) {
			return false
		}
		switch x := x.(type) {
		case *expr.Const, *expr.CoerceIO:
		case *expr.Call:
			ok = ok && x.Fn.Strict
		default:
			ok = false
		}
		return ok
	})
	return ok
}

// strictResult is e, but NULL if an argument is.
func strictResult(e expr.Expr, args []expr.Expr, t types.T) expr.Expr {
	var null []expr.Expr
	for _, a := range args {
		if c, ok := a.(*expr.Const); ok && !c.D.IsNull() {
			continue
		}
		if expr.VolatilityOf(a) == expr.Volatile {
			return nil
		}
		null = append(null, &expr.IsNull{Arg: a})
	}
	if null == nil {
		return e
	}
	var cond expr.Expr = &expr.Or{Args: null}
	if len(null) == 1 {
		cond = null[0]
	}
	return &expr.Case{Whens: []expr.When{{Cond: cond, Then: &expr.Const{T: t, D: types.Null}}}, Else: e, T: t}
}

// inlineSet binds the query of a set-returning function in FROM in the place of its call; nil if it must be called
// (inline_set_returning_function).
func (b *binder) inlineSet(call *expr.Call, cols []types.T) *result {
	f, ok := b.o.Reader.Function(call.Fn.OID)
	if !ok || b.noInline || !f.RetSet || f.Strict || f.Volatility == 'v' || f.SecurityDefiner || f.Config != nil || b.inline.active(f.OID) {
		return nil
	}
	query := body.Query(f)
	if query == nil || len(query.Locking) > 0 {
		return nil
	}
	for _, a := range call.Args {
		if expr.VolatilityOf(a) == expr.Volatile {
			return nil
		}
	}
	var r *result
	in := &inlined{f: f, args: call.Args, uses: make([]int, len(call.Args)), outer: b.inline}
	b.inBody(in, func() {
		r = b.selectStmt(nil, query, selectOpts{resolveUnknown: true})
		if len(r.cols) != len(cols) || !in.repeatable() {
			r = nil
			return
		}
		r.node, r.cols, ok = b.coerceColumns(r.node, r.cols, cols)
	})
	if !ok {
		return nil
	}
	return r
}

// inlinedItem makes the item of FROM for a call whose query can stand in its place; nil if it must be called.
func (b *binder) inlinedItem(n *ast.RangeFunction, items []*ast.RangeFunctionItem, call expr.Expr, e *entry, name string,
	defs []*ast.ColumnDef, srf bool, s *scope) logical.Node {
	c, ok := call.(*expr.Call)
	if !ok || c.Fn.OID < firstUserOID || len(items) != 1 || n.Ordinality {
		return nil
	}
	cols := b.functionColumns(call, name, n.Alias != nil, e.name, defs, ast.Location(items[0].Func))
	want := make([]types.T, len(cols))
	names := make([]string, len(cols))
	for i := range cols {
		want[i], names[i] = cols[i].T, cols[i].Name
	}
	r := b.inlineSet(c, want)
	if r == nil {
		return nil
	}
	e.scalar = len(cols) == 1 && c.Fn.OutTypes == nil && c.T.OID != types.RecordOID
	p := b.subqueryProject(r, e.name, names)
	s.srf = srf
	e.cols = p.Cols
	b.renameColumns(n.Alias, e.name, e.cols)
	return p
}

// coerceColumns converts the columns of a query to types, by assignment.
func (b *binder) coerceColumns(node logical.Node, cols []logical.Column, want []types.T) (logical.Node, []logical.Column, bool) {
	p := &logical.Project{Input: node, Exprs: make([]expr.Expr, len(cols)), Cols: make([]logical.Column, len(cols))}
	same := true
	for i, c := range cols {
		v := &expr.Var{ID: c.ID, T: c.T, Name: c.Name}
		x, ok := b.coerceTo(v, want[i], builtins.Assignment, -1)
		if !ok {
			return nil, nil, false
		}
		p.Exprs[i], p.Cols[i] = x, c
		if x != expr.Expr(v) {
			same = false
			p.Cols[i] = logical.Column{ID: b.newCol(), Name: c.Name, T: x.Type()}
		}
	}
	if same {
		return node, cols, true
	}
	return p, p.Cols, true
}

// bodyResult converts the rows of a function's final statement to the columns of its result.
func (b *binder) bodyResult(root logical.Node, kind string, body *Body) logical.Node {
	f := body.Function
	cols := root.Columns()
	mismatch := func(detail string, args ...any) *pgerr.Error {
		return pgerr.New(pgerr.InvalidFunctionDefinition, "return type mismatch in function declared to return %s", b.typeName(f.Ret)).
			WithDetail(detail, args...)
	}
	if kind != "SELECT" && len(cols) == 0 {
		b.raise(mismatch("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING."))
	}
	if body.Columns == nil { // a record of any columns
		return root
	}
	if body.Row.OID != 0 && len(cols) == 1 && cols[0].T.OID == body.Row.OID && len(body.Columns) != 1 {
		return root
	}
	if body.Row.OID == 0 && len(cols) != 1 {
		b.raise(mismatch("Final statement must return exactly one column."))
	}
	if len(cols) < len(body.Columns) {
		b.raise(mismatch("Final statement returns too few columns."))
	}
	if len(cols) > len(body.Columns) {
		b.raise(mismatch("Final statement returns too many columns."))
	}
	for i, c := range cols {
		if b.canCoerce(c.T.OID, body.Columns[i].OID, builtins.Assignment) {
			continue
		}
		if body.Row.OID == 0 {
			b.raise(mismatch("Actual return type is %s.", b.typeName(c.T.OID)))
		}
		b.raise(mismatch("Final statement returns %s instead of %s at column %d.", b.typeName(c.T.OID), b.typeName(body.Columns[i].OID), i+1))
	}
	node, _, _ := b.coerceColumns(root, cols, body.Columns)
	return node
}

// rowFunction binds t.f, where t has no column f, as f(t); nil if no function f of the catalog takes a row of t.
func (b *binder) rowFunction(s *scope, n *ast.ColumnRef, e *entry) expr.Expr {
	name := n.Names[len(n.Names)-1]
	for _, p := range b.catalogProcs([]string{name}) {
		if len(p.Args) == 1 && p.Args[0] == e.rowType && e.rowType != 0 {
			row := &ast.ColumnRef{Names: n.Names[:len(n.Names)-1], Star: true, Pos: n.Pos}
			return b.funcCall(s, &ast.FuncCall{Name: []string{name}, Args: []ast.Expr{row}, Pos: n.Pos})
		}
	}
	return nil
}
