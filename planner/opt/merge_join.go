package opt

import (
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
)

// mergeKey is an equality of two columns by which both sides of a merge join are sorted.
type mergeKey struct {
	l, r ordKey
	e    equiClause
}

// mergeJoin reads both sides in the order of their keys. A hash table is faster as long as it fits into memory, so this is for sides that
// are in order already, where the table would not fit or the order is of use above, and for when hash joins are disabled.
func (o *optimizer) mergeJoin(out *rel, s *joinStep, eqs []equiClause, others []expr.Expr) {
	others = others[:len(others):len(others)]
	var keys []mergeKey
	for _, e := range eqs {
		l, ok1 := estimate.BareVar(e.l)
		r, ok2 := estimate.BareVar(e.r)
		if !ok1 || !ok2 || s.l.fixed.has(l.ID) || s.r.fixed.has(r.ID) {
			others = append(others, e.e)
			continue
		}
		keys = append(keys, mergeKey{ordKey{id: l.ID}, ordKey{id: r.ID}, e})
	}
	if len(keys) == 0 {
		return
	}
	var orders [][]mergeKey
	add := func(order []mergeKey) {
		same := func(q []mergeKey) bool {
			return slices.EqualFunc(q, order, func(a, b mergeKey) bool { return a.l == b.l && a.r == b.r })
		}
		if len(order) > 0 && !slices.ContainsFunc(orders, same) {
			orders = append(orders, order)
		}
	}
	for _, p := range s.l.paths {
		add(keysInOrder(keys, p.order, s.l.fixed, func(k mergeKey) ordKey { return k.l }))
	}
	for _, p := range s.r.paths {
		add(keysInOrder(keys, p.order, s.r.fixed, func(k mergeKey) ordKey { return k.r }))
	}
	if !o.hashes() {
		add(keys)
	}
	for _, order := range orders {
		o.mergePath(out, s, order, others)
	}
}

// hashes reports whether hash joins are allowed.
func (o *optimizer) hashes() bool { return o.opts.Settings.EnableHashJoin && o.enabled(ruleHashJoin) }

// keysInOrder are keys as an order of one side has them, then the others; nil if it begins with none of them.
func keysInOrder(keys []mergeKey, order []ordKey, fixed colSet, side func(mergeKey) ordKey) []mergeKey {
	var out []mergeKey
	left := slices.Clone(keys)
	for _, k := range order {
		if fixed.has(k.id) {
			continue
		}
		i := slices.IndexFunc(left, func(m mergeKey) bool { return k.matches(side(m)) })
		if i < 0 {
			break
		}
		out, left = append(out, left[i]), slices.Delete(left, i, i+1)
	}
	if out == nil {
		return nil
	}
	return append(out, left...)
}

// mergeInput is the cheapest path of r in an order, sorted if need be; sorted is false then.
func (o *optimizer) mergeInput(r *rel, want []ordKey) (best *path, sorted bool) {
	for _, p := range r.paths {
		if sortedBy(p.order, want, r.fixed) == len(want) && (best == nil || p.total < best.total) {
			best = p
		}
	}
	sort := o.sortPath(r.cheapest(), want, nil)
	if best == nil || sort.total < best.total && !o.hashes() {
		return sort, false
	}
	return best, true
}

func (o *optimizer) mergePath(out *rel, s *joinStep, keys []mergeKey, others []expr.Expr) {
	c := &o.opts.Costs
	var lk, rk []ordKey
	for _, k := range keys {
		lk, rk = append(lk, k.l), append(rk, k.r)
	}
	lp, lsorted := o.mergeInput(s.l, lk)
	rp, rsorted := o.mergeInput(s.r, rk)
	spills := rp.rows*float64(rp.width+hashEntryBytes+tupleHeader) > c.WorkMemBytes
	if o.hashes() && (!lsorted || !rsorted || !spills && !o.usefulOrder(lk)) {
		return
	}
	startup := lp.startup + rp.startup
	total := lp.total + rp.total + (lp.rows+rp.rows)*float64(len(keys))*c.CPUOper + s.rows*(c.CPUTuple+c.qualCost(others))
	if !o.opts.Settings.EnableMergeJoin {
		startup += disabledCost
		total += disabledCost
	}
	var order []ordKey
	if lookupKind(s.kind) && keepsOrder(s.kind, others) {
		order = lk
	}
	if out.beaten(startup, total, order) {
		return
	}
	p := &path{rows: s.rows, width: out.width, startup: startup, total: total, order: order}
	o.finish(p, s.post, func(b *builder) (plan.Node, []logical.Column) {
		ln, lc := lp.build(b)
		rn, rc := rp.build(b)
		both := append(lc[:len(lc):len(lc)], rc...)
		j := &plan.MergeJoin{Kind: s.kind, Left: ln, Right: rn, Residual: b.cond(others, both)}
		for _, k := range keys {
			j.LeftKeys, j.RightKeys = append(j.LeftKeys, b.expr(k.e.l, lc)), append(j.RightKeys, b.expr(k.e.r, rc))
			j.Eq = append(j.Eq, k.e.fn)
		}
		cols := joinedColumns(s.kind, lc, both)
		j.Info = p.info(cols)
		return j, cols
	})
	out.add(p)
}
