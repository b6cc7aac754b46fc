package opt

import (
	"math"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// plan finds the paths of a logical tree.
func (o *optimizer) plan(n logical.Node) *rel {
	bound := o.bound
	o.bound = nil
	switch n := n.(type) {
	case *logical.Scan:
		return o.planScan(n, nil)
	case *logical.Filter:
		if s, ok := n.Input.(*logical.Scan); ok && !volatile(n.Cond) {
			return o.planScanFilter(s, n.Cond)
		}
		return o.planJoins(n)
	case *logical.Join:
		if n.Kind == logical.FullJoin {
			return o.planFullJoin(n)
		}
		return o.planJoins(n)
	case *logical.Project:
		o.bound = bound
		return o.planProject(n)
	case *logical.ProjectSet:
		return o.planProjectSet(n)
	case *logical.Sort:
		return o.planSort(n, bound)
	case *logical.Limit:
		return o.planLimit(n)
	case *logical.Aggregate:
		return o.planAggregate(n)
	case *logical.Distinct:
		return o.planDistinct(n)
	case *logical.SetOp:
		return o.planSetOp(n)
	case *logical.Window:
		return o.planWindow(n)
	}
	return o.planSource(n)
}

// planScanFilter plans a table with a condition: a join cluster of one leaf, made without its bookkeeping.
func (o *optimizer) planScanFilter(s *logical.Scan, cond expr.Expr) *rel {
	conds := expr.Conjuncts(cond, make([]expr.Expr, 0, 4))
	own := outputs(s)
	var onTop []expr.Expr
	kept := conds[:0]
	for _, c := range conds {
		if colsOf(c).intersects(own) {
			kept = append(kept, c)
		} else {
			onTop = append(onTop, c)
		}
	}
	r := o.planScan(s, kept)
	if len(onTop) > 0 {
		r = o.oneTime(r, onTop)
	}
	return r
}

// planFiltered plans a leaf of a join cluster with conditions on it.
func (o *optimizer) planFiltered(n logical.Node, conds []expr.Expr) *rel {
	if s, ok := n.(*logical.Scan); ok {
		return o.planScan(s, conds)
	}
	r := o.plan(n)
	return o.filterRel(r, conds)
}

func (o *optimizer) planFullJoin(n *logical.Join) *rel {
	s := &joinStep{kind: n.Kind, l: o.plan(n.Left), r: o.plan(n.Right), on: expr.Conjuncts(n.On, nil)}
	return o.joinInto(nil, s)
}

// unary makes a path over another; the caller sets costs and build.
func unary(in *path) *path {
	return &path{startup: in.startup, total: in.total, rows: in.rows, width: in.width, order: in.order}
}

func (o *optimizer) planProject(n *logical.Project) *rel {
	in := o.plan(n.Input)
	if isPassThrough(n) && setOf(n.Cols).subsetOf(setOf(in.cols)) {
		return in
	}
	out := &rel{rows: in.rows, cols: n.Cols, width: widthOf(n.Cols), fixed: in.fixed}
	cost := o.opts.Costs.qualCost(n.Exprs)
	for i, e := range n.Exprs {
		o.est.Define(n.Cols[i].ID, e)
	}
	for _, ip := range in.paths {
		p := unary(ip)
		p.width, p.order = out.width, o.throughProject(ip.order, n)
		p.total += p.rows * cost
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			node, have := ip.build(b)
			pr := &plan.Project{Info: p.info(n.Cols), Input: node, Alias: n.Alias, Exprs: b.exprs(n.Exprs, have)}
			return pr, n.Cols
		}
		out.add(p)
	}
	return out
}

func sameIDs(a, b []logical.Column) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID {
			return false
		}
	}
	return true
}

// planProjectSet expands set-returning functions; PostgreSQL expects 1000 rows of each unless told otherwise.
func (o *optimizer) planProjectSet(n *logical.ProjectSet) *rel {
	in := o.plan(n.Input)
	const perCall = 1000
	out := &rel{rows: in.rows * perCall, cols: n.Cols, width: widthOf(n.Cols), fixed: in.fixed}
	for _, ip := range in.paths {
		p := unary(ip)
		p.rows, p.width = out.rows, out.width
		p.total += ip.rows*o.opts.Costs.qualCost(n.Exprs) + p.rows*o.opts.Costs.CPUTuple/2
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			node, have := ip.build(b)
			return &plan.ProjectSet{Info: p.info(n.Cols), Input: node, Exprs: b.exprs(n.Exprs, have)}, n.Cols
		}
		out.add(p)
	}
	return out
}

// orderOf is the ordering that sort keys ask for; keys are columns.
func orderOf(keys []expr.SortKey, cols []logical.Column) ([]ordKey, bool) {
	var out []ordKey
	for _, k := range keys {
		v, ok := k.Expr.(*expr.Var)
		if !ok {
			return nil, false
		}
		out = append(out, ordKey{id: v.ID, desc: k.Desc, nullsFirst: k.NullsFirst, notNull: columnOf(cols, v.ID).NotNull})
	}
	return out, true
}

// limitBound is the LIMIT above a sort, and how many rows it lets through (-1: unknown).
type limitBound struct {
	limit, offset expr.Expr
	rows          float64
}

func (o *optimizer) planSort(n *logical.Sort, bound *limitBound) *rel {
	in := o.plan(n.Input)
	keys := n.Keys
	want, ok := orderOf(keys, in.cols)
	out := &rel{rows: in.rows, width: in.width, cols: in.cols, fixed: in.fixed}
	if !ok {
		return o.sortComputed(in, n, bound)
	}
	for _, ip := range in.paths {
		if sortedBy(ip.order, want, in.fixed) == len(want) && o.enabled(ruleIndexOrder) {
			out.add(ip)
		}
	}
	out.add(o.sortPath(in.cheapest(), want, bound))
	return out
}

// sortComputed sorts by expressions: a projection below computes them.
func (o *optimizer) sortComputed(in *rel, n *logical.Sort, bound *limitBound) *rel {
	cols := n.Input.Columns()
	p := &logical.Project{Input: n.Input, Cols: cols[:len(cols):len(cols)]}
	for _, c := range cols {
		p.Exprs = append(p.Exprs, varOf(c))
	}
	s := &logical.Sort{Keys: make([]expr.SortKey, len(n.Keys))}
	for i, k := range n.Keys {
		s.Keys[i] = k
		if _, ok := k.Expr.(*expr.Var); !ok {
			c := o.newCol(logical.Column{T: k.Expr.Type()})
			p.Cols, p.Exprs = append(p.Cols, c), append(p.Exprs, k.Expr)
			s.Keys[i].Expr = varOf(c)
		}
	}
	s.Input = p
	return o.planSort(s, bound)
}

// sortPath sorts a path; bound, if not nil, keeps only the first rows.
func (o *optimizer) sortPath(in *path, want []ordKey, bound *limitBound) *path {
	p := unary(in)
	p.order = want
	top := 0.0
	if bound != nil && bound.rows > 0 {
		top = bound.rows
	}
	p.startup = in.total + o.opts.Costs.sortCost(in.rows, in.width, top)
	if !o.opts.Settings.EnableSort {
		p.startup += disabledCost
	}
	p.total = p.startup + in.rows*o.opts.Costs.CPUOper
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		node, cols := in.build(b)
		s := &plan.Sort{Info: p.info(cols), Input: node, Keys: sortKeys(b, want, cols)}
		if bound != nil && o.enabled(ruleTopN) && bound.limit != nil {
			s.Limit, s.Offset = b.expr(bound.limit, nil), b.expr(bound.offset, nil)
		}
		return s, cols
	}
	return p
}

// sortKeys resolves an ordering to positions; a column met before adds nothing.
func sortKeys(b *builder, want []ordKey, cols []logical.Column) []plan.SortKey {
	var out []plan.SortKey
	var seen colSet
	for _, k := range want {
		if seen.has(k.id) {
			continue
		}
		seen.add(k.id)
		i := b.position(k.id, cols)
		out = append(out, plan.SortKey{Col: i, T: cols[i].T, Desc: k.desc, NullsFirst: k.nullsFirst})
	}
	return out
}

func (o *optimizer) planLimit(n *logical.Limit) *rel {
	n = withoutNulls(n)
	if n.Limit == nil && n.Offset == nil {
		return o.plan(n.Input)
	}
	bound := &limitBound{limit: n.Limit, offset: n.Offset, rows: -1}
	count, counted := limitRows(n)
	if counted {
		bound.rows = float64(count)
	}
	if n.WithTies == nil && n.Limit != nil {
		o.bound = bound
	}
	in := o.plan(n.Input)
	o.bound = nil
	want := bound.rows
	if n.Limit == nil {
		want = -1
	} else if !counted {
		want = max(1, in.rows*0.1) // PostgreSQL's guess for an unknown LIMIT
	}
	ip := in.cheapestFor(want)
	p := unary(ip)
	offset := 0.0
	if v, ok := constInt(n.Offset); ok && v > 0 {
		offset = min(float64(v), ip.rows)
	}
	if want >= 0 && want < ip.rows {
		p.total = ip.costOf(want)
		p.rows = clampRows(want - offset)
	} else {
		p.rows = clampRows(ip.rows - offset)
	}
	if offset > 0 {
		p.startup = ip.costOf(offset)
	}
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		node, cols := ip.build(b)
		l := &plan.Limit{Info: p.info(cols), Input: node, Limit: b.expr(n.Limit, nil), Offset: b.expr(n.Offset, nil)}
		if n.WithTies != nil {
			if want, ok := orderOf(n.WithTies, cols); ok {
				l.WithTies = sortKeys(b, want, cols)
			}
		}
		return l, cols
	}
	out := &rel{rows: p.rows, width: in.width, cols: in.cols, fixed: in.fixed}
	out.add(p)
	return out
}

// withoutNulls drops LIMIT NULL and OFFSET NULL, which mean none.
func withoutNulls(n *logical.Limit) *logical.Limit {
	isNull := func(e expr.Expr) bool {
		c, ok := e.(*expr.Const)
		return ok && c.D.IsNull()
	}
	c := *n
	if isNull(c.Limit) {
		c.Limit = nil
	}
	if isNull(c.Offset) {
		c.Offset = nil
	}
	return &c
}

func (o *optimizer) planAggregate(n *logical.Aggregate) *rel {
	in := o.plan(n.Input)
	cols := n.Columns()
	out := &rel{cols: cols, width: widthOf(cols)}
	groups := o.est.Groups(n.Groups, in.rows)
	if n.Sets != nil {
		groups = clampRows(groups * float64(len(n.Sets)))
	}
	if len(n.Groups) == 0 && n.Sets == nil {
		groups = 1
	}
	out.rows = groups
	if n.Sets == nil {
		out.fixed = in.fixed
	}
	if len(n.Groups) > 0 && n.Sets == nil && o.enabled(ruleSortedAgg) {
		for _, ip := range in.paths {
			if groupedBy(ip.order, n.Groups, in.fixed) {
				out.add(o.aggPath(ip, n, cols, groups, true))
			}
		}
	}
	p := o.aggPath(in.cheapest(), n, cols, groups, false)
	if !o.opts.Settings.EnableHashAgg && len(n.Groups) > 0 && n.Sets == nil {
		p = o.aggPath(o.sortPath(in.cheapest(), groupOrder(n.Groups), nil), n, cols, groups, true)
	}
	out.add(p)
	return out
}

func groupOrder(groups []logical.Column) []ordKey {
	out := make([]ordKey, len(groups))
	for i, g := range groups {
		out[i] = ordKey{id: g.ID, notNull: g.NotNull}
	}
	return out
}

// groupedBy reports an ordering that puts rows with equal values of cols next to each other: its first columns are cols.
func groupedBy(order []ordKey, cols []logical.Column, fixed colSet) bool {
	var need colSet
	n := 0
	for _, c := range cols {
		if !fixed.has(c.ID) && !need.has(c.ID) {
			need.add(c.ID)
			n++
		}
	}
	for _, k := range order {
		if n == 0 {
			return true
		}
		if fixed.has(k.id) {
			continue
		}
		if !need.has(k.id) {
			return false
		}
		n--
	}
	return n == 0
}

func (o *optimizer) aggPath(in *path, n *logical.Aggregate, cols []logical.Column, groups float64, sorted bool) *path {
	c := &o.opts.Costs
	p := &path{rows: groups, width: widthOf(cols)}
	trans := 0.0
	for _, a := range n.Aggs {
		trans += (1 + operators(a.Call)) * c.CPUOper
	}
	work := in.rows * (trans + float64(len(n.Groups))*c.CPUOper)
	final := groups * (float64(len(n.Aggs))*c.CPUOper + c.CPUTuple)
	if sorted {
		p.order = in.order
		p.startup, p.total = in.startup, in.total+work+final
	} else {
		p.startup = in.total + work
		p.total = p.startup + final
	}
	if len(n.Groups) == 0 {
		p.startup = p.total - c.CPUTuple
	}
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		node, have := in.build(b)
		a := &plan.Aggregate{Info: p.info(cols), Input: node, Sorted: sorted, Sets: n.Sets}
		for _, g := range n.Groups {
			a.Groups = append(a.Groups, b.position(g.ID, have))
		}
		for _, item := range n.Aggs {
			if call, ok := b.expr(item.Call, have).(*expr.AggCall); ok {
				a.Aggs = append(a.Aggs, call)
			}
		}
		return a, cols
	}
	return p
}

func (o *optimizer) planDistinct(n *logical.Distinct) *rel {
	in := o.plan(n.Input)
	cols := n.Input.Columns()
	on := cols
	if n.On != nil {
		on = nil
		for _, id := range n.On {
			on = append(on, columnOf(cols, id))
		}
	}
	groups := o.est.Groups(on, in.rows)
	out := &rel{rows: groups, width: in.width, cols: cols, fixed: in.fixed}
	if n.On != nil {
		out.cols = in.cols
	}
	c := &o.opts.Costs
	for _, ip := range in.paths {
		if !groupedBy(ip.order, on, in.fixed) {
			continue
		}
		p := unary(ip)
		p.rows = groups
		p.total += ip.rows * float64(len(on)) * c.CPUOper
		p.build = distinctBuild(p, ip, n, cols, on, true)
		out.add(p)
	}
	ip := in.cheapest()
	p := unary(ip)
	p.rows, p.order = groups, nil
	p.startup = ip.total + ip.rows*float64(len(on))*c.CPUOper
	p.total = p.startup + groups*c.CPUTuple
	p.build = distinctBuild(p, ip, n, cols, on, false)
	if n.On == nil || len(out.paths) == 0 {
		out.add(p)
	}
	return out
}

func distinctBuild(p, in *path, n *logical.Distinct, cols, on []logical.Column, sorted bool) func(*builder) (plan.Node, []logical.Column) {
	return func(b *builder) (plan.Node, []logical.Column) {
		node, have := in.build(b)
		if n.On == nil {
			node, have = b.exactly(node, have, cols)
		}
		d := &plan.Distinct{Info: p.info(have), Input: node, Sorted: sorted}
		for _, c := range on {
			d.Cols = append(d.Cols, b.position(c.ID, have))
		}
		return d, have
	}
}

func (o *optimizer) planSetOp(n *logical.SetOp) *rel {
	out := &rel{cols: n.Cols, width: widthOf(n.Cols)}
	c := &o.opts.Costs
	if n.Kind != logical.Union {
		l, r := o.plan(n.Left), o.plan(n.Right)
		lp, rp := l.cheapest(), r.cheapest()
		p := &path{rows: lp.rows, width: out.width}
		if n.Kind == logical.Intersect {
			p.rows = min(lp.rows, rp.rows)
		}
		p.startup = lp.total + rp.total + (lp.rows+rp.rows)*float64(len(n.Cols))*c.CPUOper
		p.total = p.startup + p.rows*c.CPUTuple
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			s := &plan.SetOp{Info: p.info(n.Cols), Kind: n.Kind, All: n.All}
			s.Left, s.Right = b.buildExactly(lp, n.Left.Columns()), b.buildExactly(rp, n.Right.Columns())
			return s, n.Cols
		}
		out.rows = p.rows
		out.add(p)
		return out
	}
	p := o.appendPath(n)
	if !n.All {
		p = o.uniquePath(p, n.Cols)
	}
	out.rows = p.rows
	out.add(p)
	return out
}

// branches are the inputs of nested UNIONs that an Append may hold side by side: UNION ALL, or below UNION any UNION.
func branches(n logical.Node, all bool, out []logical.Node) []logical.Node {
	if s, ok := n.(*logical.SetOp); ok && s.Kind == logical.Union && (s.All || !all) {
		return branches(s.Right, all, branches(s.Left, all, out))
	}
	return append(out, n)
}

func (o *optimizer) appendPath(n *logical.SetOp) *path {
	p := &path{width: widthOf(n.Cols)}
	var ins []*path
	nodes := branches(n.Right, n.All, branches(n.Left, n.All, nil))
	for i, in := range nodes {
		ip := o.plan(in).cheapest()
		ins = append(ins, ip)
		if i == 0 {
			p.startup = ip.startup
		}
		p.total += ip.total
		p.rows += ip.rows
	}
	p.total += p.rows * o.opts.Costs.CPUTuple * 0.5
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		a := &plan.Append{Info: p.info(n.Cols)}
		for i, ip := range ins {
			a.Inputs = append(a.Inputs, b.buildExactly(ip, nodes[i].Columns()))
		}
		return a, n.Cols
	}
	return p
}

func (o *optimizer) uniquePath(in *path, cols []logical.Column) *path {
	c := &o.opts.Costs
	p := &path{rows: in.rows, width: in.width}
	p.startup = in.total + in.rows*float64(len(cols))*c.CPUOper
	p.total = p.startup + p.rows*c.CPUTuple
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		node, have := in.build(b)
		d := &plan.Distinct{Info: p.info(have), Input: node, Cols: make([]int, len(have))}
		for i := range have {
			d.Cols[i] = i
		}
		return d, have
	}
	return p
}

// planWindow computes the calls of one window definition after the other, each over rows sorted for it.
func (o *optimizer) planWindow(n *logical.Window) *rel {
	input, defs := o.windowKeys(n)
	r := o.plan(input)
	for d := range n.Defs {
		var items []logical.WindowItem
		for _, it := range n.Items {
			if it.Call.Window == d {
				items = append(items, it)
			}
		}
		if len(items) > 0 {
			r = o.windowRel(r, defs[d], items)
		}
	}
	return r
}

// windowKeys makes partition and order expressions columns of the input.
func (o *optimizer) windowKeys(n *logical.Window) (logical.Node, []logical.WindowDef) {
	cols := n.Input.Columns()
	p := &logical.Project{Input: n.Input, Cols: cols[:len(cols):len(cols)]}
	for _, c := range cols {
		p.Exprs = append(p.Exprs, varOf(c))
	}
	column := func(e expr.Expr) expr.Expr {
		if _, ok := e.(*expr.Var); ok {
			return e
		}
		c := o.newCol(logical.Column{T: e.Type()})
		p.Cols, p.Exprs = append(p.Cols, c), append(p.Exprs, e)
		return varOf(c)
	}
	defs := make([]logical.WindowDef, len(n.Defs))
	for i, d := range n.Defs {
		defs[i] = d
		defs[i].Partition, defs[i].Order = nil, nil
		for _, e := range d.Partition {
			defs[i].Partition = append(defs[i].Partition, column(e))
		}
		for _, k := range d.Order {
			k.Expr = column(k.Expr)
			defs[i].Order = append(defs[i].Order, k)
		}
	}
	if len(p.Cols) == len(cols) {
		return n.Input, defs
	}
	return p, defs
}

func (o *optimizer) windowRel(in *rel, d logical.WindowDef, items []logical.WindowItem) *rel {
	var keys []expr.SortKey
	for _, e := range d.Partition {
		keys = append(keys, expr.SortKey{Expr: e})
	}
	want, _ := orderOf(append(keys, d.Order...), in.cols)
	ip := in.cheapest()
	var sorted *path
	for _, q := range in.paths {
		if sortedBy(q.order, want, in.fixed) == len(want) && (sorted == nil || q.total < sorted.total) {
			sorted = q
		}
	}
	if s := o.sortPath(ip, want, nil); len(want) > 0 && (sorted == nil || s.total < sorted.total) {
		sorted = s
	}
	cols := in.cols[:len(in.cols):len(in.cols)]
	for _, it := range items {
		cols = append(cols, it.Col)
	}
	p := unary(sorted)
	p.width = widthOf(cols)
	p.total += p.rows * (float64(len(items)+len(want))*o.opts.Costs.CPUOper + o.opts.Costs.CPUTuple)
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		node, have := sorted.build(b)
		return b.window(p, node, have, d, items)
	}
	out := &rel{rows: in.rows, width: p.width, cols: cols, fixed: in.fixed}
	out.add(p)
	return out
}

// planSource plans what reads no table.
func (o *optimizer) planSource(n logical.Node) *rel {
	cols := n.Columns()
	p := &path{width: widthOf(cols)}
	c := &o.opts.Costs
	switch n := n.(type) {
	case *logical.Values:
		p.rows = float64(len(n.Rows))
		p.total = p.rows * c.CPUTuple
		if len(n.Rows) > 1 {
			p.total = p.rows * (c.CPUOper + c.CPUTuple)
		}
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			v := &plan.Values{Info: p.info(cols), Alias: n.Alias, Rows: make([][]expr.Expr, len(n.Rows))}
			for i, r := range n.Rows {
				v.Rows[i] = b.exprs(r, nil)
			}
			return v, cols
		}
	case *logical.FuncScan:
		p.rows = functionRows(n)
		p.total = p.rows * c.CPUTuple
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			return &plan.FuncScan{Info: p.info(cols), Calls: b.exprs(n.Calls, nil), PerCall: n.PerCall, Ordinality: n.Ordinality,
				Alias: n.Alias}, cols
		}
	case *logical.CTERef:
		p.rows = 100
		if r := o.ctes[n.CTE.ID]; r != nil {
			p.rows = r.rows
		}
		if n.Working {
			p.rows *= 10
		}
		p.total = p.rows * c.CPUTuple * 2
		p.build = func(b *builder) (plan.Node, []logical.Column) { return b.cteRef(p, n), cols }
	case *logical.With:
		return o.planWith(n)
	case *logical.LockRows:
		in := o.plan(n.Input)
		ip := in.cheapest()
		p = unary(ip)
		p.total += p.rows * c.CPUTuple
		p.build = func(b *builder) (plan.Node, []logical.Column) { return b.lockRows(p, ip, n) }
		cols = in.cols
	case *logical.Insert, *logical.Update, *logical.Delete, *logical.Merge:
		p.build = func(b *builder) (plan.Node, []logical.Column) { return b.modify(n), cols }
	default:
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			b.fail("unexpected node in a query: %T", n)
			return &plan.Values{Info: p.info(cols)}, cols
		}
	}
	out := &rel{rows: p.rows, width: p.width, cols: cols}
	out.add(p)
	return out
}

// functionRows estimates the rows of functions in FROM: generate_series of constants is counted.
func functionRows(n *logical.FuncScan) float64 {
	rows := 1.0
	for _, e := range n.Calls {
		call, ok := e.(*expr.Call)
		if !ok || !call.Fn.RetSet {
			continue
		}
		own := 1000.0
		if call.Fn.Name == "generate_series" && len(call.Args) >= 2 && call.T.Kind() == types.KindInt {
			from, ok1 := constInt(call.Args[0])
			to, ok2 := constInt(call.Args[1])
			step := int64(1)
			ok3 := true
			if len(call.Args) == 3 {
				step, ok3 = constInt(call.Args[2])
			}
			if ok1 && ok2 && ok3 && step != 0 {
				own = max(0, math.Floor((float64(to)-float64(from)+float64(step))/float64(step)))
			}
		}
		rows = max(rows, own)
	}
	return rows
}

func (o *optimizer) planWith(n *logical.With) *rel {
	type part struct {
		cte   *logical.CTE
		build func(b *builder) plan.Node
		cost  float64
	}
	var parts []part
	cost := 0.0
	for _, c := range n.CTEs {
		r, build := o.planCTE(c)
		o.keepCTE(c, r)
		parts = append(parts, part{c, build, r.cheapest().total})
		cost += r.cheapest().total
	}
	in := o.plan(n.Body)
	out := &rel{rows: in.rows, width: in.width, cols: in.cols, fixed: in.fixed}
	for _, ip := range in.paths {
		p := unary(ip)
		p.startup += cost
		p.total += cost
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			w := &plan.With{}
			for _, c := range parts {
				_, modifying := modifies(c.cte.Query)
				w.CTEs = append(w.CTEs, plan.CTE{ID: c.cte.ID, Name: c.cte.Name, Root: c.build(b), Modifying: modifying})
			}
			node, cols := ip.build(b)
			w.Info, w.Body = p.info(cols), node
			return w, cols
		}
		out.add(p)
	}
	return out
}

func modifies(n logical.Node) (logical.Node, bool) {
	switch n.(type) {
	case *logical.Insert, *logical.Update, *logical.Delete:
		return n, true
	}
	return nil, false
}

func (o *optimizer) keepCTE(c *logical.CTE, r *rel) {
	if o.ctes == nil {
		o.ctes = map[int]*rel{}
	}
	o.ctes[c.ID] = r
}

// planCTE plans the query of a CTE, which outputs exactly its columns.
func (o *optimizer) planCTE(c *logical.CTE) (*rel, func(b *builder) plan.Node) {
	s, ok := c.Query.(*logical.SetOp)
	if !c.Recursive || !ok || !readsWorkTable(s.Right) {
		r := o.plan(c.Query)
		ip := r.cheapest()
		cols := c.Query.Columns()
		return r, func(b *builder) plan.Node { return b.buildExactly(ip, cols) }
	}
	start := o.plan(s.Left)
	o.keepCTE(c, start)
	step := o.plan(s.Right)
	sp, rp := start.cheapest(), step.cheapest()
	p := &path{rows: sp.rows + 10*rp.rows, width: widthOf(s.Cols), startup: sp.startup}
	p.total = sp.total + 10*rp.total + p.rows*o.opts.Costs.CPUTuple
	r := &rel{rows: p.rows, width: p.width, cols: s.Cols}
	build := func(b *builder) plan.Node {
		u := &plan.RecursiveUnion{Info: p.info(s.Cols), ID: c.ID, Distinct: !s.All}
		u.Start, u.Recursive = b.buildExactly(sp, s.Left.Columns()), b.buildExactly(rp, s.Right.Columns())
		return u
	}
	p.build = func(b *builder) (plan.Node, []logical.Column) { return build(b), s.Cols }
	r.add(p)
	return r, build
}
