package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/planner/opt/predicate"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// joinStep is one join to be planned: which sides, what kind, and the conditions. On decides what matches; post is tested
// on the result (it differs from on for outer joins only).
type joinStep struct {
	kind    logical.JoinKind
	l, r    *rel
	on      []expr.Expr
	post    []expr.Expr
	lateral bool
	rows    float64
	eqs     []*eqClass // of the cluster that the join is in
}

// equiClause is l = r with each side over one input of the join.
type equiClause struct {
	l, r expr.Expr
	fn   *expr.Func
	e    expr.Expr
}

// joinPaths adds to out the ways to perform a join. out.cols are set by the caller.
func (o *optimizer) joinPaths(out *rel, s *joinStep) {
	if s.lateral {
		o.nestLoop(out, s)
		return
	}
	eqs, others := splitEqui(s.on, setOf(s.l.cols), setOf(s.r.cols))
	if len(eqs) > 0 && o.enabled(ruleHashJoin) || s.kind == logical.FullJoin || s.kind == logical.RightJoin || s.kind == logical.NullAntiJoin {
		o.hashJoin(out, s, eqs, others)
	}
	if len(eqs) > 0 && o.enabled(ruleMergeJoin) && s.kind != logical.NullAntiJoin {
		o.mergeJoin(out, s, eqs, others)
	}
	if o.enabled(ruleLookupJoin) && lookupKind(s.kind) {
		if s.r.base != nil {
			o.lookupJoin(out, s)
		}
		if s.l.base != nil && s.kind == logical.InnerJoin {
			m := *s
			m.l, m.r = s.r, s.l
			o.lookupJoin(out, &m)
		}
	}
	if lookupKind(s.kind) {
		o.nestLoop(out, s)
	}
}

func lookupKind(k logical.JoinKind) bool {
	return k == logical.InnerJoin || k == logical.LeftJoin || k == logical.SemiJoin || k == logical.AntiJoin
}

// splitEqui finds the hashable equalities between the sides.
func splitEqui(on []expr.Expr, l, r colSet) (eqs []equiClause, others []expr.Expr) {
	for _, e := range on {
		if c, ok := equi(e, l, r); ok {
			eqs = append(eqs, c)
		} else {
			others = append(others, e)
		}
	}
	return eqs, others
}

func equi(e expr.Expr, l, r colSet) (equiClause, bool) {
	call, ok := e.(*expr.Call)
	if !ok || call.Op != "=" || len(call.Args) != 2 || volatile(e) || hasSubquery(e) {
		return equiClause{}, false
	}
	a, b := call.Args[0], call.Args[1]
	if !hashableTypes(a.Type(), b.Type()) {
		return equiClause{}, false
	}
	sa, sb := colsOf(a), colsOf(b)
	switch {
	case sa.intersects(l) && !sa.intersects(r) && sb.intersects(r) && !sb.intersects(l):
	case sa.intersects(r) && !sa.intersects(l) && sb.intersects(l) && !sb.intersects(r):
		a, b = b, a
	default:
		return equiClause{}, false
	}
	return equiClause{l: a, r: b, fn: call.Fn, e: e}, true
}

// hashableTypes reports equal types (or members of one family) whose equality can be decided by hashing.
func hashableTypes(a, b types.T) bool {
	if !predicate.SameFamily(a.OID, b.OID) {
		return false
	}
	switch a.OID {
	case types.BPCharOID, types.ByteaOID, types.UUIDOID, types.CharOID, types.BoolOID, types.NumericOID, types.IntervalOID:
		return true
	case types.UnknownOID, types.JSONOID, types.XMLOID:
		return false
	}
	switch a.Kind() {
	case types.KindInt, types.KindFloat:
		return true
	case types.KindStr:
		return predicate.Family(a.OID) == predicate.Strings
	}
	return false
}

// finish puts the conditions that are tested after an outer join over the plan node.
func (o *optimizer) finish(p *path, post []expr.Expr, build func(b *builder) (plan.Node, []logical.Column)) {
	if len(post) == 0 {
		p.build = build
		return
	}
	p.total += p.rows * o.opts.Costs.qualCost(post)
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		n, cols := build(b)
		f := &plan.Filter{Info: p.info(cols), Input: n}
		f.Cond = b.cond(post, cols)
		return f, cols
	}
}

// hashJoin builds a hash table of the right side; both orders are tried where the kind has a mirror image.
func (o *optimizer) hashJoin(out *rel, s *joinStep, eqs []equiClause, others []expr.Expr) {
	o.hashJoinDir(out, s, eqs, others, false)
	switch s.kind {
	case logical.InnerJoin, logical.LeftJoin, logical.RightJoin, logical.FullJoin:
		o.hashJoinDir(out, s, eqs, others, true)
	}
}

func mirror(k logical.JoinKind) logical.JoinKind {
	switch k {
	case logical.LeftJoin:
		return logical.RightJoin
	case logical.RightJoin:
		return logical.LeftJoin
	}
	return k
}

func (o *optimizer) hashJoinDir(out *rel, s *joinStep, eqs []equiClause, others []expr.Expr, swapped bool) {
	c := &o.opts.Costs
	l, r, kind := s.l, s.r, s.kind
	if swapped {
		l, r, kind = r, l, mirror(kind)
	}
	lp, rp := l.cheapest(), r.cheapest()
	nk := float64(max(len(eqs), 1))
	startup := lp.startup + rp.total + rp.rows*(nk*c.CPUOper+c.CPUTuple)
	run := lp.total - lp.startup + lp.rows*nk*c.CPUOper
	// Work on matched pairs: half a comparison for each row in the average bucket.
	run += lp.rows * nk * c.CPUOper * 0.5 * max(1, min(rp.rows/estimate.DefaultDistinct, 1))
	run += s.rows*c.CPUTuple + s.rows*c.qualCost(others)
	if bytes := rp.rows * float64(rp.width+hashEntryBytes+tupleHeader); bytes > c.WorkMemBytes {
		io := c.SeqPage * 2 * (pages(rp.rows, rp.width) + pages(lp.rows, lp.width))
		startup += io / 2
		run += io / 2
	}
	total := startup + run
	if !o.opts.Settings.EnableHashJoin {
		startup += disabledCost
		total += disabledCost
	}
	if out.beaten(startup, total, nil) {
		return
	}
	p := &path{rows: s.rows, width: out.width, startup: startup, total: total}
	o.finish(p, s.post, func(b *builder) (plan.Node, []logical.Column) {
		ln, lc := lp.build(b)
		rn, rc := rp.build(b)
		both := append(lc[:len(lc):len(lc)], rc...)
		j := &plan.HashJoin{Kind: kind, Left: ln, Right: rn, Residual: b.cond(others, both)}
		for _, e := range eqs {
			le, re := e.l, e.r
			if swapped {
				le, re = re, le
			}
			j.LeftKeys, j.RightKeys = append(j.LeftKeys, b.expr(le, lc)), append(j.RightKeys, b.expr(re, rc))
			j.Eq = append(j.Eq, e.fn)
		}
		cols := joinedColumns(kind, lc, both)
		j.Info = p.info(cols)
		return j, cols
	})
	out.add(p)
}

// nestLoop runs the right side for every left row, or keeps its rows if it does not depend on them.
func (o *optimizer) nestLoop(out *rel, s *joinStep) {
	o.nestLoopDir(out, s, s.l, s.r)
	if s.kind == logical.InnerJoin && !s.lateral {
		o.nestLoopDir(out, s, s.r, s.l)
	}
}

func (o *optimizer) nestLoopDir(out *rel, s *joinStep, l, r *rel) {
	rp := r.cheapest()
	for _, lp := range l.paths {
		o.nestLoopPath(out, s, lp, rp)
	}
}

func (o *optimizer) nestLoopPath(out *rel, s *joinStep, lp, rp *path) {
	c := &o.opts.Costs
	var order []ordKey
	if keepsOrder(s.kind, s.on) {
		order = lp.order
	}
	startup := lp.startup + rp.startup
	pairs := lp.rows * rp.rows
	if s.kind == logical.SemiJoin || s.kind == logical.AntiJoin {
		pairs /= 2
	}
	rescan := 2 * c.CPUOper * rp.rows
	if s.lateral {
		rescan = rp.total
	}
	total := startup + (lp.total - lp.startup) + (rp.total - rp.startup) + max(0, lp.rows-1)*rescan +
		pairs*(c.CPUTuple+c.qualCost(s.on))
	if !o.opts.Settings.EnableNestLoop {
		startup += disabledCost
		total += disabledCost
	}
	if out.beaten(startup, total, order) {
		return
	}
	p := &path{rows: s.rows, width: out.width, startup: startup, total: total, order: order}
	o.finish(p, s.post, func(b *builder) (plan.Node, []logical.Column) {
		ln, lc := lp.build(b)
		var f *frame
		if s.lateral {
			f = b.push(lc)
		}
		rn, rc := rp.build(b)
		j := &plan.NestLoop{Kind: s.kind, Left: ln}
		if f != nil {
			b.pop(f)
			for _, id := range f.ids {
				j.Args = append(j.Args, b.expr(varOf(columnOf(lc, id)), lc))
			}
			j.Slots = f.slots
		}
		both := append(lc[:len(lc):len(lc)], rc...)
		j.Right, j.On = rn, b.cond(s.on, both)
		cols := joinedColumns(s.kind, lc, both)
		j.Info = p.info(cols)
		return j, cols
	})
	out.add(p)
}

// joinedColumns are the columns of a join: both sides', or the left one's of a semi or anti join.
func joinedColumns(kind logical.JoinKind, left, both []logical.Column) []logical.Column {
	if kind >= logical.SemiJoin {
		return left
	}
	return both
}

// keepsOrder reports joins whose output has the order of the left rows. They are joined in batches, and with a condition to be
// tested the left rows without a match come after the others of their batch.
func keepsOrder(kind logical.JoinKind, on []expr.Expr) bool {
	return kind != logical.LeftJoin || len(on) == 0
}

func columnOf(cols []logical.Column, id expr.ColID) logical.Column {
	for _, c := range cols {
		if c.ID == id {
			return c
		}
	}
	return logical.Column{}
}

// lookupJoin looks the rows of the right side, a table, up by an index for batches of left rows.
func (o *optimizer) lookupJoin(out *rel, s *joinStep) {
	if len(s.on) == 0 {
		return
	}
	b, left := s.r.base, setOf(s.l.cols)
	conds := append(append([]expr.Expr{}, s.on...), b.conds...)
	for _, x := range b.readableIndexes(conds) {
		m := o.matchIndex(b, x, conds)
		if m == nil || len(m.eq) == 0 || m.nullEq != nil || !usesJoin(m.used, left) {
			continue
		}
		// Only the equalities are keys of the look-up; a range or IN list on the next column is tested as a condition.
		m.dropRange(conds)
		for _, lp := range s.l.paths {
			o.lookupPath(out, s, m, lp)
		}
	}
}

func usesJoin(used []expr.Expr, left colSet) bool {
	for _, c := range used {
		if colsOf(c).intersects(left) {
			return true
		}
	}
	return false
}

// dropRange gives the conditions that are no equality back to the rest.
func (m *indexMatch) dropRange(conds []expr.Expr) {
	m.low, m.high, m.notNull, m.in = nil, nil, false, nil
	m.used, m.rest = nil, nil
	need := make([]bool, len(conds))
	for i := range m.eq {
		k, _ := findEq(m.base, m.base.keyExpr(m.index, i), conds, need)
		need[k] = true
	}
	for i, c := range conds {
		if need[i] {
			m.used = append(m.used, c)
		} else {
			m.rest = append(m.rest, c)
		}
	}
}

func (o *optimizer) lookupPath(out *rel, s *joinStep, m *indexMatch, lp *path) {
	c, b := &o.opts.Costs, m.base
	p := &path{rows: s.rows, width: out.width, startup: lp.startup}
	inner := &path{width: s.r.width}
	local, cross := splitLocal(m.rest, b.own, setOf(s.l.cols))
	if keepsOrder(s.kind, cross) {
		p.order = lp.order
	}
	mm := *m
	mm.rest = local
	inner.rows = clampRows(b.tuples * o.est.Selectivity(m.used) * o.est.Selectivity(local))
	switch {
	case m.unique:
		inner.rows = 1
	case s.kind == logical.InnerJoin && len(cross) == 0: // what is known of the join is known of the look-up
		mm.atLeast = s.rows / max(lp.rows, 1) / max(o.est.Selectivity(local), 1e-6)
		inner.rows = max(inner.rows, s.rows/max(lp.rows, 1))
	}
	o.costIndex(inner, &mm)
	// Look-ups after the first find the upper levels, and often the leaf, in the cache; rows that an entry points to less often.
	cached := 0.25
	if m.index != b.scan.Table.Primary && !m.only {
		cached = 0.5
	}
	perRow := inner.startup + (inner.total-inner.startup)*cached
	p.total = lp.total + inner.total + max(0, lp.rows-1)*perRow + lp.rows*inner.rows*(c.CPUTuple+c.qualCost(cross))
	if !o.opts.Settings.EnableNestLoop {
		p.startup += disabledCost
		p.total += disabledCost
	}
	o.finish(p, s.post, func(bd *builder) (plan.Node, []logical.Column) {
		ln, lc := lp.build(bd)
		rc := s.r.cols
		both := append(lc[:len(lc):len(lc)], rc...)
		scan := bd.indexScan(inner, &indexMatch{base: b, index: m.index, rest: local, only: m.only}, rc, false)
		scan.Ranges, scan.Unique = nil, m.unique
		scan.IndexCond = bd.lookupCond(m, lc, rc)
		j := &plan.LookupJoin{Kind: s.kind, Left: ln, Inner: scan, On: bd.cond(cross, both)}
		for _, e := range m.eq {
			j.Keys = append(j.Keys, bd.expr(e, lc))
		}
		cols := joinedColumns(s.kind, lc, both)
		j.Info = p.info(cols)
		return j, cols
	})
	out.add(p)
}

// splitLocal separates conditions on the looked-up table alone from those over both sides.
func splitLocal(conds []expr.Expr, own, left colSet) (local, cross []expr.Expr) {
	for _, c := range conds {
		if s := colsOf(c); s.intersects(left) || !s.intersects(own) {
			cross = append(cross, c)
		} else {
			local = append(local, c)
		}
	}
	return local, cross
}
