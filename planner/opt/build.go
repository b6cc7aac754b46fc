package opt

import (
	"cmp"
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/planner/opt/inverted"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// builder makes plan nodes of the paths that won, and replaces columns by positions, exec params and subplans.
type builder struct {
	o      *optimizer
	plan   *plan.Plan
	frames []*frame
	// initPlans are the uncorrelated subqueries built so far; a second reference shares the plan.
	initPlans map[*expr.Subquery]expr.Expr
}

// frame is an enclosing operator whose current row the fragment under construction may read: the outer row of a subquery, or
// the left row of a lateral join. Each column read gets a slot.
type frame struct {
	has   colSet
	cols  []logical.Column
	ids   []expr.ColID
	slots []int
}

func (b *builder) fail(format string, args ...any) { b.o.fail(format, args...) }

func (b *builder) push(cols []logical.Column) *frame {
	f := &frame{has: setOf(cols), cols: cols}
	b.frames = append(b.frames, f)
	return f
}

func (b *builder) pop(f *frame) {
	b.frames = b.frames[:len(b.frames)-1]
}

func (b *builder) newSlot() int {
	b.plan.Slots++
	return b.plan.Slots - 1
}

// outer is the exec param for a column of an enclosing operator's row.
func (b *builder) outer(v *expr.Var) expr.Expr {
	for i := len(b.frames) - 1; i >= 0; i-- {
		f := b.frames[i]
		if !f.has.has(v.ID) {
			continue
		}
		c := columnOf(f.cols, v.ID)
		for k, id := range f.ids {
			if id == v.ID {
				return &expr.ExecParam{Slot: f.slots[k], T: v.T, Name: c.Name, Rel: c.Rel}
			}
		}
		slot := b.newSlot()
		f.ids, f.slots = append(f.ids, v.ID), append(f.slots, slot)
		return &expr.ExecParam{Slot: slot, T: v.T, Name: c.Name, Rel: c.Rel}
	}
	b.fail("column %q (%d) not found in the plan's input", v.Name, v.ID)
	return nullConst(v.T)
}

// position is the place of a column in an operator's input.
func (b *builder) position(id expr.ColID, cols []logical.Column) int {
	for i := range cols {
		if cols[i].ID == id {
			return i
		}
	}
	b.fail("column %d not found in the plan's input", id)
	return 0
}

// expr resolves an expression over an input with columns cols.
func (b *builder) expr(e expr.Expr, cols []logical.Column) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.RewriteDown(e, func(e expr.Expr) (expr.Expr, bool) {
		switch e := e.(type) {
		case *expr.Var:
			for i := range cols {
				if cols[i].ID == e.ID {
					return &expr.Col{Idx: i, T: e.T, Name: cols[i].Name, Rel: cols[i].Rel}, true
				}
			}
			return b.outer(e), true
		case *expr.Subquery:
			return b.subPlan(e, cols), true
		}
		return nil, false
	})
}

func (b *builder) exprs(es []expr.Expr, cols []logical.Column) []expr.Expr {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = b.expr(e, cols)
	}
	return out
}

// cond resolves a list of conditions: nil if there are none.
func (b *builder) cond(conds []expr.Expr, cols []logical.Column) expr.Expr {
	if len(conds) == 0 {
		return nil
	}
	return b.expr(expr.Conjunction(cheapestFirst(conds)), cols)
}

// cheapestFirst orders conditions by what they cost for a row, as PostgreSQL's order_qual_clauses does.
func cheapestFirst(conds []expr.Expr) []expr.Expr {
	if len(conds) < 2 {
		return conds
	}
	type costed struct {
		cond expr.Expr
		cost float64
	}
	costs := make([]costed, len(conds))
	sorted := true
	for i, c := range conds {
		costs[i] = costed{c, operators(c)}
		sorted = sorted && (i == 0 || costs[i-1].cost <= costs[i].cost)
	}
	if sorted {
		return conds
	}
	slices.SortStableFunc(costs, func(a, b costed) int { return cmp.Compare(a.cost, b.cost) })
	out := make([]expr.Expr, len(conds))
	for i := range costs {
		out[i] = costs[i].cond
	}
	return out
}

// exactly is node with exactly the output columns want.
func (b *builder) exactly(node plan.Node, have, want []logical.Column) (plan.Node, []logical.Column) {
	if sameIDs(have, want) {
		return node, want
	}
	in := *node.Base()
	in.ID = 0
	setOut(&in, want)
	p := &plan.Project{Info: in, Input: node, Exprs: make([]expr.Expr, len(want))}
	for i, c := range want {
		p.Exprs[i] = b.expr(varOf(c), have)
	}
	return p, want
}

func (b *builder) buildExactly(p *path, want []logical.Column) plan.Node {
	node, have := p.build(b)
	node, _ = b.exactly(node, have, want)
	return trim(node)
}

// trim lets a scan output just what a projection above it asks for.
func trim(n plan.Node) plan.Node {
	p, ok := n.(*plan.Project)
	if !ok || p.Alias != "" {
		return n
	}
	var cols []int
	var filter *expr.Expr
	switch s := p.Input.(type) {
	case *plan.SeqScan:
		cols, filter = s.Cols, &s.Filter
	case *plan.IndexScan:
		cols, filter = s.Cols, &s.Filter
	default:
		return n
	}
	to := make(map[int]int, len(p.Exprs))
	ordinals := make([]int, len(p.Exprs))
	for i, e := range p.Exprs {
		c, ok := e.(*expr.Col)
		if !ok {
			return n
		}
		if _, dup := to[c.Idx]; dup {
			return n
		}
		to[c.Idx], ordinals[i] = i, cols[c.Idx]
	}
	f, ok := remap(*filter, to)
	if !ok {
		return n
	}
	*filter = f
	switch s := p.Input.(type) {
	case *plan.SeqScan:
		s.Cols = ordinals
	case *plan.IndexScan:
		s.Cols = ordinals
		if c, ok := remap(s.IndexCond, to); ok {
			s.IndexCond = c
		} else {
			s.IndexCond = unplaced(s.IndexCond, to)
		}
	}
	in := p.Input.Base()
	in.Out, in.Names = p.Out, p.Names
	return p.Input
}

// remap moves column references; ok is false if one has no new place.
func remap(e expr.Expr, to map[int]int) (r expr.Expr, ok bool) {
	ok = true
	expr.Walk(e, func(e expr.Expr) bool {
		if c, is := e.(*expr.Col); is && ok {
			_, ok = to[c.Idx]
		}
		return ok
	})
	if !ok {
		return e, false
	}
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if c, is := e.(*expr.Col); is && to[c.Idx] != c.Idx {
			d := *c
			d.Idx = to[c.Idx]
			return &d
		}
		return e
	}), true
}

// unplaced is remap for a condition that is only printed: columns that are not read get position -1.
func unplaced(e expr.Expr, to map[int]int) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if c, is := e.(*expr.Col); is {
			d := *c
			d.Idx = -1
			if i, found := to[c.Idx]; found {
				d.Idx = i
			}
			return &d
		}
		return e
	})
}

var rowIDTypes = []types.T{types.Of(types.ByteaOID)}

// indexScan makes the scan of a match.
func (b *builder) indexScan(p *path, m *indexMatch, cols []logical.Column, reverse bool) *plan.IndexScan {
	t := m.base.scan
	s := &plan.IndexScan{Info: p.info(cols), Table: t.Table, Index: m.index, Alias: t.Alias, Cols: ordinals(t), Reverse: reverse,
		Unique: m.unique, Skip: m.skip, IndexOnly: m.only && !m.index.Primary && b.o.enabled(ruleIndexOnly)}
	for _, f := range m.searches {
		s.Searches = append(s.Searches, plan.Search{Column: f.Column, Op: f.Op, Value: b.expr(f.Value, nil)})
	}
	s.Ranges = []plan.KeyRange{{Eq: b.exprs(m.eq, nil), Low: b.expr(m.low, nil), High: b.expr(m.high, nil),
		LowIncl: m.lowIncl, HighIncl: m.highIncl, NotNull: m.notNull, NullEq: m.nullEq}}
	s.InArray = b.expr(m.in, nil)
	s.IndexCond = b.indexCond(m.used, m, cols)
	s.Filter = b.cond(m.rest, cols)
	return s
}

// indexCond is the condition that an index scan's range stands for, with the key on the left of every comparison. It is only
// printed, so operator and function need not agree after the sides are exchanged.
func (b *builder) indexCond(used []expr.Expr, m *indexMatch, cols []logical.Column) expr.Expr {
	var out []expr.Expr
	for _, c := range used {
		if call, ok := c.(*expr.Call); ok && len(call.Args) == 2 && !colsOf(call.Args[0]).intersects(m.base.own) {
			f := *call
			f.Args, f.Op = []expr.Expr{call.Args[1], call.Args[0]}, inverted.Commutator(call.Op)
			if estimate.IsComparison(call.Op) {
				f.Op = estimate.Flip(call.Op)
			}
			c = &f
		}
		out = append(out, b.expr(c, cols))
	}
	return expr.Conjunction(out)
}

// lookupCond is the condition of a look-up join for the printer: the left row's columns print by name.
func (b *builder) lookupCond(m *indexMatch, left, right []logical.Column) expr.Expr {
	both := append(right[:len(right):len(right)], left...)
	e := b.indexCond(m.used, m, both)
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if c, ok := e.(*expr.Col); ok && c.Idx >= len(right) {
			return &expr.Col{Idx: c.Idx, T: c.T, Name: c.Name, Rel: c.Rel}
		}
		return e
	})
}

func (b *builder) window(p *path, node plan.Node, have []logical.Column, d logical.WindowDef, items []logical.WindowItem) (plan.Node, []logical.Column) {
	cols := have[:len(have):len(have)]
	w := &plan.Window{Input: node}
	def := d
	def.Partition = b.exprs(d.Partition, have)
	def.Order = make([]expr.SortKey, len(d.Order))
	for i, k := range d.Order {
		k.Expr = b.expr(k.Expr, have)
		def.Order[i] = k
	}
	def.Frame.Start.Offset, def.Frame.End.Offset = b.expr(d.Frame.Start.Offset, nil), b.expr(d.Frame.End.Offset, nil)
	w.Defs = []logical.WindowDef{def}
	for _, it := range items {
		call, ok := b.expr(it.Call, have).(*expr.WindowCall)
		if !ok {
			b.fail("window call expected")
			continue
		}
		c := *call
		c.Window = 0
		w.Calls = append(w.Calls, &c)
		cols = append(cols, it.Col)
	}
	w.Info = p.info(cols)
	return w, cols
}

func (b *builder) cteRef(p *path, n *logical.CTERef) plan.Node {
	if n.Working {
		return &plan.WorkTableScan{Info: p.info(n.Cols), ID: n.CTE.ID, Name: n.CTE.Name, Alias: n.Alias}
	}
	return &plan.CTEScan{Info: p.info(n.Cols), ID: n.CTE.ID, Name: n.CTE.Name, Alias: n.Alias}
}

// statement builds the whole plan.
func (b *builder) statement(n logical.Node) plan.Node {
	b.o.noteOrders(n)
	return b.buildExactly(b.o.plan(n).cheapest(), n.Columns())
}

// finish fills in what the plan says about itself.
func (b *builder) finish(n logical.Node) {
	p := b.plan
	p.Kind = kindOf(n)
	for _, c := range n.Columns() {
		p.Columns = append(p.Columns, plan.Column{Name: c.Name, T: c.T, Table: c.Table, Attr: c.Attr})
	}
	p.ReadOnly = !effects(n)
	p.Root = pushScanFilter(p.Root)
	for i := range p.SubPlans {
		p.SubPlans[i].Root = pushScanFilter(p.SubPlans[i].Root)
	}
	p.Refs = b.o.scanned
	p.Number()
	collectWrites(n, p)
	p.Point = b.o.enabled(rulePoint) && len(p.SubPlans) == 0 && pointRoot(p.Root)
}

func pointRoot(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Project:
		return pointRoot(n.Input)
	case *plan.IndexScan:
		return n.Unique
	}
	return false
}

func kindOf(n logical.Node) string {
	switch n := n.(type) {
	case *logical.Insert:
		return "INSERT"
	case *logical.Update:
		return "UPDATE"
	case *logical.Delete:
		return "DELETE"
	case *logical.Merge:
		return "MERGE"
	case *logical.With:
		return kindOf(n.Body)
	case *logical.Filter:
		return kindOf(n.Input)
	}
	return "SELECT"
}

// effects reports a tree that writes, locks, or calls functions that may.
func effects(n logical.Node) bool {
	switch n.(type) {
	case *logical.Insert, *logical.Update, *logical.Delete, *logical.Merge, *logical.LockRows:
		return true
	}
	found := false
	logical.VisitOwn(n, func(e expr.Expr) {
		expr.Walk(e, func(e expr.Expr) bool {
			switch e := e.(type) {
			case *expr.Call:
				found = found || e.Fn.Volatility == expr.Volatile && !harmless(e.Fn.Name)
			case *expr.Subquery:
				found = found || effects(e.Query.(logical.Node))
			}
			return !found
		})
	})
	logical.EachInput(n, func(in logical.Node) { found = found || effects(in) })
	return found
}

// harmless names volatile functions without effects on the database.
func harmless(name string) bool {
	switch name {
	case "random", "clock_timestamp", "timeofday", "gen_random_uuid", "pg_sleep", "currval", "lastval", "generate_series",
		"pg_is_in_recovery", "pg_backend_pid":
		return true
	}
	return false
}

// collectWrites lists the tables that are written or locked, each once.
func collectWrites(n logical.Node, p *plan.Plan) {
	switch n := n.(type) {
	case *logical.Insert:
		p.AddWrite(n.Target.Table)
		p.Modifies = append(p.Modifies, n.Target.Table.OID)
	case *logical.Update:
		p.AddWrite(n.Target.Table)
		p.Modifies = append(p.Modifies, n.Target.Table.OID)
	case *logical.Delete:
		p.AddWrite(n.Target.Table)
		p.Modifies = append(p.Modifies, n.Target.Table.OID)
	case *logical.Merge:
		p.AddWrite(n.Target.Table)
		p.Modifies = append(p.Modifies, n.Target.Table.OID)
	case *logical.LockRows:
		for _, t := range n.Targets {
			p.AddWrite(t.Scan.Table)
		}
	}
	logical.EachInput(n, func(in logical.Node) { collectWrites(in, p) })
}

// pushScanFilter puts a filter that ended up directly over a scan into the scan.
func pushScanFilter(n plan.Node) plan.Node {
	return plan.MapInputs(n, func(c plan.Node) plan.Node {
		c = pushScanFilter(c)
		f, ok := c.(*plan.Filter)
		if !ok || f.OneTime {
			return c
		}
		var into *expr.Expr
		switch s := f.Input.(type) {
		case *plan.FuncScan:
			into = &s.Filter
		case *plan.CTEScan:
			into = &s.Filter
		case *plan.WorkTableScan:
			into = &s.Filter
		default:
			return c
		}
		*into = expr.Conjunction(append(expr.Conjuncts(*into, nil), f.Cond))
		f.Input.Base().Rows, f.Input.Base().TotalCost = f.Rows, f.TotalCost
		return f.Input
	})
}
