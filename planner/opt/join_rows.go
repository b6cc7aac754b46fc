package opt

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
)

// joinInto estimates a join and adds its paths to out, which is made if nil.
func (o *optimizer) joinInto(out *rel, s *joinStep) *rel {
	if out == nil {
		out = &rel{rows: o.joinRows(s)}
		out.cols, out.width = s.l.cols, s.l.width
		if s.kind < logical.SemiJoin {
			out.cols = append(s.l.cols[:len(s.l.cols):len(s.l.cols)], s.r.cols...)
			out.width += s.r.width
		}
		out.fixed.addAll(s.l.fixed)
		if s.kind == logical.InnerJoin {
			out.fixed.addAll(s.r.fixed)
		}
		if s.kind == logical.RightJoin || s.kind == logical.FullJoin {
			out.fixed = colSet{}
		}
	}
	s.rows = out.rows
	o.joinPaths(out, s)
	return out
}

// joinRows estimates the number of rows of a join.
func (o *optimizer) joinRows(s *joinStep) float64 {
	left := setOf(s.l.cols)
	if s.kind == logical.SemiJoin || s.kind == logical.AntiJoin || s.kind == logical.NullAntiJoin {
		match := 1.0
		for _, e := range s.on {
			if c, ok := equi(e, left, setOf(s.r.cols)); ok {
				match *= o.est.Semi(c.l, c.r, s.r.rows)
			} else {
				match *= 0.5
			}
		}
		if s.kind != logical.SemiJoin {
			match = max(0.05, 1-match)
		}
		return clampRows(s.l.rows * match * o.est.Selectivity(s.post))
	}
	rows := s.l.rows * s.r.rows * o.est.Selectivity(s.on) * o.keyCorrection(s)
	switch s.kind {
	case logical.LeftJoin:
		rows = max(rows, s.l.rows)
	case logical.RightJoin:
		rows = max(rows, s.r.rows)
	case logical.FullJoin:
		rows = max(rows, s.l.rows, s.r.rows)
	}
	return clampRows(rows * o.est.Selectivity(s.post))
}

// keyCorrection is by how much the selectivity of a join's equalities is larger than that of independent conditions, because
// some of them compare all columns of a key of several columns: there are no more combinations than rows.
func (o *optimizer) keyCorrection(s *joinStep) float64 {
	if len(s.on) < 2 || !o.enabled(ruleKeyColumns) {
		return 1
	}
	found := 1.0
	for _, side := range []*rel{s.l, s.r} {
		found = max(found, o.keyOfSide(s, setOf(side.cols)))
	}
	return found
}

// keyOfSide is keyCorrection for keys of the tables on one side.
func (o *optimizer) keyOfSide(s *joinStep, cols colSet) float64 {
	type column struct {
		attr        catalog.ColumnID
		selectivity float64
	}
	var scans []*logical.Scan
	compared := map[*logical.Scan][]column{}
	for _, e := range s.on {
		c, ok := equi(e, setOf(s.l.cols), setOf(s.r.cols))
		if !ok {
			continue
		}
		for _, x := range []expr.Expr{c.l, c.r} {
			v, ok := estimate.BareVar(x)
			if !ok || !cols.has(v.ID) {
				continue
			}
			for _, id := range s.equalTo(v.ID) {
				info := o.est.Column(id)
				if info == nil || info.Scan == nil || !cols.has(id) {
					continue
				}
				if compared[info.Scan] == nil {
					scans = append(scans, info.Scan)
				}
				compared[info.Scan] = append(compared[info.Scan], column{info.Attr, o.est.One(e)})
			}
		}
	}
	found := 1.0
	for _, n := range scans {
		for _, x := range uniqueKeys(n.Table) {
			product, rows := 1.0, 0.0
			for _, k := range x.Columns {
				i := slices.IndexFunc(compared[n], func(c column) bool { return c.attr == k.Column })
				if i < 0 {
					product = 0
					break
				}
				product *= compared[n][i].selectivity
				rows = o.est.Column(scanColumn(n, k.Column)).Rows
			}
			if product > 0 && rows > 0 {
				found = max(found, 1/rows/product)
			}
		}
	}
	return found
}

// equalTo are the columns that the statement makes equal to column id, itself included.
func (s *joinStep) equalTo(id expr.ColID) []expr.ColID {
	ids := []expr.ColID{id}
	for _, q := range s.eqs {
		if slices.ContainsFunc(q.members, func(v *expr.Var) bool { return v.ID == id }) {
			for _, v := range q.members {
				if v.ID != id {
					ids = append(ids, v.ID)
				}
			}
		}
	}
	return ids
}

// uniqueKeys are the unique indexes of several columns.
func uniqueKeys(t *catalog.Table) []*catalog.Index {
	var out []*catalog.Index
	for _, x := range append([]*catalog.Index{t.Primary}, t.Indexes...) {
		if x != nil && (x.Unique || x == t.Primary) && len(x.Columns) > 1 && x.Predicate == "" && !x.Building {
			out = append(out, x)
		}
	}
	return out
}

// semiByUnique plans a semi join as an inner join with the distinct rows of the right side, which may then be the outer side
// of an index look-up. The ON must be equalities of columns of the right side alone.
func (c *cluster) semiByUnique(out *rel, s *joinStep, l *leaf) {
	right := setOf(s.r.cols)
	eqs, others := splitEqui(s.on, setOf(s.l.cols), right)
	if len(others) > 0 || len(eqs) == 0 || len(s.post) > 0 {
		return
	}
	var keys []logical.Column
	var have colSet
	for _, e := range eqs {
		v, ok := estimate.BareVar(e.r)
		if !ok {
			return
		}
		if !have.has(v.ID) {
			keys = append(keys, columnOf(s.r.cols, v.ID))
			have.add(v.ID)
		}
	}
	if l.unique == nil {
		l.unique = c.o.distinctRel(s.r, keys)
	}
	u := *s
	u.kind, u.r = logical.InnerJoin, l.unique
	u.rows = out.rows
	joined := &rel{cols: out.cols, width: out.width, fixed: out.fixed, rows: out.rows}
	c.o.joinPaths(joined, &u)
	for _, p := range joined.paths {
		out.add(p)
	}
}

// distinctRel is one row per distinct value of cols in r, by hashing, with those columns only.
func (o *optimizer) distinctRel(r *rel, cols []logical.Column) *rel {
	in := r.cheapest()
	c := &o.opts.Costs
	n := o.est.Groups(cols, in.rows)
	p := &path{rows: n, width: widthOf(cols)}
	p.startup = in.total + in.rows*float64(len(cols))*c.CPUOper
	p.total = p.startup + n*c.CPUTuple
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		node, have := in.build(b)
		node, _ = b.exactly(node, have, cols)
		d := &plan.Distinct{Info: p.info(cols), Input: node, Cols: make([]int, len(cols))}
		for i := range cols {
			d.Cols[i] = i
		}
		return d, cols
	}
	out := &rel{rows: n, width: p.width, cols: cols}
	out.add(p)
	return out
}

// filterRel puts conditions that must be tested per row over a relation.
func (o *optimizer) filterRel(r *rel, conds []expr.Expr) *rel {
	if len(conds) == 0 {
		return r
	}
	sel := o.est.Selectivity(conds)
	out := &rel{rows: clampRows(r.rows * sel), width: r.width, cols: r.cols}
	out.fixed.addAll(r.fixed)
	out.fixed.addAll(fixedColumns(conds))
	for _, in := range r.paths {
		p := &path{startup: in.startup, rows: out.rows, width: in.width, order: in.order}
		p.total = in.total + in.rows*o.opts.Costs.qualCost(conds)
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			n, cols := in.build(b)
			return &plan.Filter{Info: p.info(cols), Input: n, Cond: b.cond(conds, cols)}, cols
		}
		out.add(p)
	}
	return out
}

// oneTime puts conditions without columns over a relation: tested once. A constant FALSE leaves nothing to run.
func (o *optimizer) oneTime(r *rel, conds []expr.Expr) *rel {
	never := false
	for _, c := range conds {
		if v, _, ok := isConstBool(c); ok && !v {
			never = true
		}
	}
	if never {
		return o.emptyRel(r.cols)
	}
	out := &rel{rows: r.rows, width: r.width, cols: r.cols, fixed: r.fixed}
	for _, in := range r.paths {
		p := &path{startup: in.startup, total: in.total, rows: in.rows, width: in.width, order: in.order}
		p.startup += o.opts.Costs.qualCost(conds)
		p.total += o.opts.Costs.qualCost(conds)
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			n, cols := in.build(b)
			return &plan.Filter{Info: p.info(cols), Input: n, Cond: b.cond(conds, cols), OneTime: true}, cols
		}
		out.add(p)
	}
	return out
}

// emptyRel is a relation without rows.
func (o *optimizer) emptyRel(cols []logical.Column) *rel {
	p := &path{}
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		f := &plan.Filter{Info: p.info(cols), Cond: boolConst(false), OneTime: true}
		f.Input = &plan.Values{Info: p.info(cols)}
		return f, cols
	}
	r := &rel{cols: cols, rows: 0}
	r.add(p)
	return r
}
