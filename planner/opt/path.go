package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
)

// rel is a relation to be computed: a logical tree and the ways found to compute it.
type rel struct {
	rows  float64
	width int
	// cols are the output columns that every path has at least.
	cols  []logical.Column
	paths []*path
	// base is set if the relation is a table, with the conditions on it.
	base *baseRel
	// fixed are columns that have one value in all rows; they are skipped in orderings.
	fixed colSet
}

// path is one way to compute a relation, with its cost. build makes the plan nodes, once the path has won; it returns them with
// the columns of their output by position.
type path struct {
	startup, total float64
	rows           float64
	width          int
	order          []ordKey
	build          func(b *builder) (plan.Node, []logical.Column)
}

// ordKey is one column of an ordering.
type ordKey struct {
	id         expr.ColID
	desc       bool
	nullsFirst bool
	notNull    bool // where NULLs go is no matter
}

func (k ordKey) matches(want ordKey) bool {
	return k.id == want.id && k.desc == want.desc && (k.nullsFirst == want.nullsFirst || k.notNull || want.notNull)
}

// sortedBy reports how many leading keys of want the ordering have satisfies; columns with one value count as sorted.
func sortedBy(have, want []ordKey, fixed colSet) int {
	i := 0
	for n, w := range want {
		if fixed.has(w.id) {
			continue
		}
		for i < len(have) && fixed.has(have[i].id) {
			i++
		}
		if i >= len(have) || !have[i].matches(w) {
			return n
		}
		i++
	}
	return len(want)
}

// fuzz is how much cheaper a path must be to matter.
const fuzz = 1.01

// add offers a path: it is dropped if another is as good in every way, and drops those that it beats.
func (r *rel) add(p *path) {
	kept := r.paths[:0]
	for i, q := range r.paths {
		if betterOrEqual(q, p, r.fixed) {
			if i == len(kept) {
				return // nothing was dropped before
			}
			kept = append(kept, r.paths[i:]...)
			r.paths = kept
			return
		}
		if !betterOrEqual(p, q, r.fixed) {
			kept = append(kept, q)
		}
	}
	r.paths = append(kept, p)
}

// beaten reports that add would drop a path of these costs and order, so that it need not be made.
func (r *rel) beaten(startup, total float64, order []ordKey) bool {
	p := path{startup: startup, total: total, order: order}
	for _, q := range r.paths {
		if betterOrEqual(q, &p, r.fixed) {
			return true
		}
	}
	return false
}

func betterOrEqual(a, b *path, fixed colSet) bool {
	return a.total <= b.total*fuzz && a.startup <= b.startup*fuzz+1e-9 && sortedBy(a.order, b.order, fixed) == len(b.order)
}

// cheapest is the path with the lowest total cost.
func (r *rel) cheapest() *path { return r.cheapestFor(-1) }

// cheapestFor is the best path if only the first rows rows are wanted; negative: all of them.
func (r *rel) cheapestFor(rows float64) *path {
	var best *path
	cost := 0.0
	for _, p := range r.paths {
		c := p.costOf(rows)
		if best == nil || c < cost {
			best, cost = p, c
		}
	}
	return best
}

// costOf is the cost of the first rows rows.
func (p *path) costOf(rows float64) float64 {
	if rows < 0 || rows >= p.rows {
		return p.total
	}
	return p.startup + (p.total-p.startup)*rows/p.rows
}

// info is what a plan node made from p says of itself.
func (p *path) info(cols []logical.Column) plan.Info {
	in := plan.Info{StartupCost: p.startup, TotalCost: p.total, Rows: p.rows, Width: p.width}
	setOut(&in, cols)
	return in
}

func setOut(in *plan.Info, cols []logical.Column) {
	in.Out = outTypes(cols)
	in.Names = make([]string, len(cols))
	for i := range cols {
		in.Names[i] = cols[i].Name
	}
}

// noteOrders adds the columns by which operators of n sort or group to o.useful.
func (o *optimizer) noteOrders(n logical.Node) {
	switch x := n.(type) {
	case *logical.Sort:
		for _, k := range x.Keys {
			o.wantOrder(k.Expr)
		}
	case *logical.Project:
		o.wantComputed(x)
	case *logical.Aggregate:
		o.useful.addAll(setOf(x.Groups))
	case *logical.Distinct:
		if x.On == nil {
			o.useful.addAll(outputs(x))
		}
		for _, id := range x.On {
			o.useful.add(id)
		}
	case *logical.Window:
		for _, d := range x.Defs {
			for _, e := range d.Partition {
				o.wantOrder(e)
			}
			for _, k := range d.Order {
				o.wantOrder(k.Expr)
			}
		}
	}
	logical.EachInput(n, o.noteOrders)
}

// usefulOrder reports an order in which some operator has an interest.
func (o *optimizer) usefulOrder(order []ordKey) bool {
	for _, k := range order {
		if o.useful.has(k.id) {
			return true
		}
	}
	return false
}
