package opt

import (
	"math"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/inverted"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
)

// bitmapPaths adds, for each condition that is an OR of conditions on indexes, a scan of the union of what they find.
func (o *optimizer) bitmapPaths(r *rel) {
	if !o.enabled(ruleBitmapOr) {
		return
	}
	for i, c := range r.base.conds {
		or, ok := c.(*expr.Or)
		if !ok {
			continue
		}
		if arms, exact := o.bitmapArms(r.base, or); arms != nil {
			rest := append([]expr.Expr{}, r.base.conds[:i]...)
			if !exact {
				rest = append(rest, c)
			}
			r.add(o.bitmapPath(r, c, arms, append(rest, r.base.conds[i+1:]...)))
		}
	}
}

// bitmapOf adds a scan that collects what a match of a secondary index finds and fetches the rows in their order.
func (o *optimizer) bitmapOf(r *rel, m *indexMatch) {
	const rowsMax = 10000 // row ids are collected in memory
	if m.index.Primary || m.only || m.in != nil || len(m.used) == 0 || m.nullEq != nil || !o.enabled(ruleBitmapOr) {
		return
	}
	if _, rows := o.bitmapArmCost(m); rows > rowsMax && m.searches == nil { // which nothing else can search
		return
	}
	r.add(o.bitmapPath(r, m.entryCond(), []*indexMatch{m}, m.rest))
}

// entryCond is what the rows satisfy that a match finds: its conditions and the predicate of the index.
func (m *indexMatch) entryCond() expr.Expr {
	conds := slices.Clone(m.used)
	if m.index.Predicate != "" {
		for _, p := range expr.Conjuncts(m.base.indexExpr(m.index, -1), nil) {
			if !slices.ContainsFunc(conds, func(c expr.Expr) bool { return expr.Equal(c, p) }) {
				conds = append(conds, p)
			}
		}
	}
	return expr.Conjunction(conds)
}

// bitmapArms finds the cheapest index for each arm of an OR; nil if one has none. exact: the indexes find nothing else.
func (o *optimizer) bitmapArms(b *baseRel, or *expr.Or) (arms []*indexMatch, exact bool) {
	exact = true
	for _, arm := range or.Args {
		conds := expr.Conjuncts(arm, nil)
		var best *indexMatch
		cheapest := math.Inf(1)
		for _, x := range b.readableIndexes(conds) {
			m := o.matchIndex(b, x, conds)
			if m == nil || len(m.used) == 0 || m.nullEq != nil {
				continue
			}
			if cost, _ := o.bitmapArmCost(m); cost < cheapest {
				best, cheapest = m, cost
			}
		}
		if best == nil {
			return nil, false
		}
		exact = exact && len(best.rest) == 0
		arms = append(arms, best)
	}
	return arms, exact
}

// matchInverted finds the conditions that an inverted index helps with; nil if there are none.
func (o *optimizer) matchInverted(b *baseRel, x *catalog.Index, conds []expr.Expr) *indexMatch {
	m := &indexMatch{base: b, index: x}
	taken := make([]bool, len(conds))
	for i := range x.Columns {
		e := b.keyExpr(x, i)
		if e == nil || !o.enabled(ruleIndexScan) {
			continue
		}
		key := inverted.NewKey(x, i, e.Type())
		key.Is = func(c expr.Expr) bool { return isKey(c, e) }
		key.Value = func(v expr.Expr) bool { return !volatile(v) && !colsOf(v).intersects(b.own) && !collated(v) }
		for n, c := range conds {
			if s, ok := key.Match(c); ok && !taken[n] {
				m.searches, taken[n] = append(m.searches, s), true
			}
		}
	}
	if m.searches == nil {
		return nil
	}
	m.divide(conds, taken)
	return m
}

// costInverted is the cost of searching an inverted index that finds so many rows.
func (o *optimizer) costInverted(m *indexMatch, found float64) float64 {
	c := &o.opts.Costs
	e := inverted.EffortOf(m.searches, clampRows(m.base.tuples*o.est.Selectivity(m.implied)), found)
	return e.Pages*c.RandomPage + e.Entries*(c.CPUIndexTuple+c.CPUOper)
}

// bitmapArmCost is the cost of reading the entries of a match and the number of them.
func (o *optimizer) bitmapArmCost(m *indexMatch) (cost, tuples float64) {
	tuples = clampRows(m.base.tuples * o.est.Selectivity(m.satisfied()))
	if m.searches != nil {
		return o.costInverted(m, tuples), tuples
	}
	p := &path{}
	only := *m
	only.only, only.rest = true, nil
	o.costIndex(p, &only)
	return p.total, tuples
}

// bitmapPath is PostgreSQL's cost of a bitmap heap scan (cost_bitmap_heap_scan): pages are read once and in order.
func (o *optimizer) bitmapPath(r *rel, or expr.Expr, arms []*indexMatch, rest []expr.Expr) *path {
	c, b := &o.opts.Costs, r.base
	p := &path{rows: r.rows, width: r.width}
	tuples := 0.0
	costs, found := make([]float64, len(arms)), make([]float64, len(arms))
	for i, m := range arms {
		costs[i], found[i] = o.bitmapArmCost(m)
		p.startup += costs[i] + 0.1*c.CPUOper*found[i]
		tuples += found[i]
	}
	tuples = min(tuples, b.tuples)
	pages := max(1, math.Ceil(min(2*b.pages*tuples/(2*b.pages+tuples), b.pages)))
	perPage := c.RandomPage - (c.RandomPage-c.SeqPage)*math.Sqrt(pages/b.pages)
	p.total = p.startup + pages*perPage + tuples*(c.CPUTuple+c.qualCost(rest)+0.1*c.CPUOper)
	if !o.opts.Settings.EnableBitmapScan {
		p.startup += disabledCost
		p.total += disabledCost
	}
	p.build = func(bd *builder) (plan.Node, []logical.Column) {
		s := &plan.BitmapScan{Info: p.info(r.cols), Table: b.scan.Table, Alias: b.scan.Alias, Cols: ordinals(b.scan)}
		for i, m := range arms {
			s.Scans = append(s.Scans, bd.bitmapArm(m, r.cols, costs[i], found[i]))
			s.Recheck = s.Recheck || m.searches != nil
		}
		s.Cond = bd.cond([]expr.Expr{or}, r.cols)
		s.Filter = bd.cond(rest, r.cols)
		return s, r.cols
	}
	return p
}

// bitmapArm is the scan of a match that gives row ids. Its condition is printed over the columns of the rows.
func (b *builder) bitmapArm(m *indexMatch, cols []logical.Column, cost, rows float64) *plan.IndexScan {
	all := *m
	all.rest = nil
	s := b.indexScan(&path{rows: rows, total: cost}, &all, cols, false)
	s.Info = plan.Info{TotalCost: cost, Rows: rows, Out: rowIDTypes}
	s.Alias, s.Cols, s.IndexOnly = "", []int{-1}, true
	return s
}
