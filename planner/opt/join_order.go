package opt

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/sql/expr"
)

// A join cluster is a tree of joins that is planned as a whole: relations that are joined freely (inner joins), and special
// relations, which are the right side of a left, semi or anti join. A special relation may be joined to any set of relations that
// has those its ON reads: (A ⟕ B) ⋈ C is (A ⋈ C) ⟕ B as long as ON and WHERE do not say otherwise, and the like for
// semi and anti joins. What is below the right side of an outer join is a cluster of its own.
type cluster struct {
	o        *optimizer
	leaves   []leaf
	clauses  []clause
	onTop    []expr.Expr // conditions without columns of the cluster
	volatile []expr.Expr
	eqs      []*eqClass
	best     map[uint64]*rel
	splits   int // joins looked at
	// columns of all leaves, to find which leaf an expression reads
	leafOf map[expr.ColID]int
}

// leaf is one relation of a cluster.
type leaf struct {
	node     logical.Node
	cols     colSet
	kind     logical.JoinKind // InnerJoin, or that of the special join
	on       []expr.Expr      // of the special join
	conds    []expr.Expr      // inner leaves: conditions on it alone
	requires uint64           // leaves that must be joined before
	lateral  bool
	rel      *rel
	unique   *rel // semi joins: the distinct rows of the join columns
}

// clause is a condition over several leaves.
type clause struct {
	e    expr.Expr
	rels uint64
}

// eqClass are columns that equalities make equal. A join applies one equality per class between its sides.
type eqClass struct {
	members []*expr.Var
	rels    uint64
	call    *expr.Call
}

// maxLeaves is the number of leaves of one cluster; more make a cluster within.
const maxLeaves = 60

// maxExhaustive is the number of leaves up to which every order is looked at, unless that takes more than maxSplits joins:
// where everything is joined with everything there are many.
const (
	maxExhaustive = 10
	maxSplits     = 600
	maxProduct    = 1000 // rows of a Cartesian product of relations that a third one links
)

// planJoins plans a tree of filters and joins.
func (o *optimizer) planJoins(n logical.Node) *rel {
	c := &cluster{o: o, best: map[uint64]*rel{}, leafOf: map[expr.ColID]int{}}
	var conds []expr.Expr
	c.flatten(n, &conds, maxLeaves, true)
	for i := range c.leaves {
		id := i
		c.leaves[i].cols.each(func(col expr.ColID) { c.leafOf[col] = id })
	}
	for i := range c.leaves {
		l := &c.leaves[i]
		if free := c.relsOf(freeCols(l.node)) &^ (1 << i); free != 0 {
			l.lateral = true
			l.requires |= free
		}
		if l.kind != logical.InnerJoin {
			l.requires |= c.specialNeeds(i)
		}
	}
	for _, e := range conds {
		c.addCondition(e)
	}
	for i := range c.leaves {
		c.planLeaf(i)
	}
	r := c.order()
	if len(c.volatile) > 0 {
		r = o.filterRel(r, c.volatile)
	}
	if len(c.onTop) > 0 {
		r = o.oneTime(r, c.onTop)
	}
	return r
}

// flatten collects leaves and conditions. A volatile condition is tested on the rows that it was written for: below the root it
// makes a leaf. At most room leaves are made.
func (c *cluster) flatten(n logical.Node, conds *[]expr.Expr, room int, root bool) {
	if room > 1 {
		switch x := n.(type) {
		case *logical.Filter:
			if root || !volatile(x.Cond) {
				*conds = expr.Conjuncts(x.Cond, *conds)
				c.flatten(x.Input, conds, room, root && !volatile(x.Cond))
				return
			}
		case *logical.Project:
			if isPassThrough(x) && !mentionsOuter(x) {
				c.flatten(x.Input, conds, room, root)
				return
			}
		case *logical.Join:
			if (root || x.On == nil || !volatile(x.On)) && c.flattenJoin(x, conds, room) {
				return
			}
		}
	}
	c.leaves = append(c.leaves, leaf{node: n, cols: outputs(n)})
}

// mentionsOuter reports a projection that outputs a column that its input does not have.
func mentionsOuter(p *logical.Project) bool { return !outputs(p).subsetOf(outputs(p.Input)) }

func (c *cluster) flattenJoin(n *logical.Join, conds *[]expr.Expr, room int) bool {
	switch n.Kind {
	case logical.InnerJoin:
		right := min(countLeaves(n.Right), room-1)
		c.flatten(n.Left, conds, room-right, false)
		c.flatten(n.Right, conds, right, false)
		*conds = expr.Conjuncts(n.On, *conds)
		return true
	case logical.LeftJoin, logical.SemiJoin, logical.AntiJoin, logical.NullAntiJoin:
		c.flatten(n.Left, conds, room-1, false)
		c.special(n.Right, n)
		return true
	case logical.RightJoin:
		c.flatten(n.Right, conds, room-1, false)
		c.special(n.Left, &logical.Join{Kind: logical.LeftJoin, On: n.On})
		return true
	}
	return false
}

// countLeaves is how many leaves flatten makes of n if there is room.
func countLeaves(n logical.Node) int {
	switch x := n.(type) {
	case *logical.Filter:
		return countLeaves(x.Input)
	case *logical.Project:
		if isPassThrough(x) {
			return countLeaves(x.Input)
		}
	case *logical.Join:
		switch x.Kind {
		case logical.InnerJoin:
			return countLeaves(x.Left) + countLeaves(x.Right)
		case logical.RightJoin:
			return countLeaves(x.Right) + 1
		case logical.LeftJoin, logical.SemiJoin, logical.AntiJoin, logical.NullAntiJoin:
			return countLeaves(x.Left) + 1
		}
	}
	return 1
}

func (c *cluster) special(right logical.Node, n *logical.Join) {
	c.leaves = append(c.leaves, leaf{node: right, cols: outputs(right), kind: n.Kind, on: expr.Conjuncts(n.On, nil)})
}

// relsOf are the leaves whose columns are in s.
func (c *cluster) relsOf(s colSet) uint64 {
	var rels uint64
	s.each(func(id expr.ColID) {
		if i, ok := c.leafOf[id]; ok {
			rels |= 1 << i
		}
	})
	return rels
}

// specialNeeds are the leaves that must be joined before special leaf i: those that its ON reads; if it reads none, or is
// volatile, all leaves of the join's left side.
func (c *cluster) specialNeeds(i int) uint64 {
	before := uint64(1)<<i - 1
	var s colSet
	for _, e := range c.leaves[i].on {
		if volatile(e) {
			return before
		}
		exprCols(e, &s)
	}
	if need := c.relsOf(s) &^ (1 << i); need != 0 {
		return need
	}
	return before
}

// addCondition places a WHERE or inner ON condition.
func (c *cluster) addCondition(e expr.Expr) {
	if volatile(e) {
		c.volatile = append(c.volatile, e)
		return
	}
	rels := c.relsOf(colsOf(e))
	switch {
	case rels == 0:
		c.onTop = append(c.onTop, e)
	case bits.OnesCount64(rels) == 1 && c.leaves[bits.TrailingZeros64(rels)].kind == logical.InnerJoin:
		l := &c.leaves[bits.TrailingZeros64(rels)]
		l.conds = append(l.conds, e)
	default:
		if !c.addEquality(e, rels) {
			c.clauses = append(c.clauses, clause{e, rels})
		}
	}
}

// addEquality adds a column equality between freely joined leaves to the classes.
func (c *cluster) addEquality(e expr.Expr, rels uint64) bool {
	eq, ok := columnEquality(e)
	if !ok {
		return false
	}
	for r := rels; r != 0; r &= r - 1 {
		if l := &c.leaves[bits.TrailingZeros64(r)]; l.kind != logical.InnerJoin {
			return false
		}
	}
	var ca, cb *eqClass
	for _, k := range c.eqs {
		if k.call.Fn != eq.call.Fn {
			continue
		}
		if k.has(eq.a.ID) {
			ca = k
		}
		if k.has(eq.b.ID) {
			cb = k
		}
	}
	switch {
	case ca == nil && cb == nil:
		c.eqs = append(c.eqs, &eqClass{members: []*expr.Var{eq.a, eq.b}, rels: rels, call: eq.call})
	case ca == cb:
	case ca == nil:
		cb.members, cb.rels = append(cb.members, eq.a), cb.rels|rels
	case cb == nil:
		ca.members, ca.rels = append(ca.members, eq.b), ca.rels|rels
	default:
		ca.members, ca.rels = append(ca.members, cb.members...), ca.rels|cb.rels
		cb.members, cb.rels = nil, 0
	}
	return true
}

func (k *eqClass) has(id expr.ColID) bool {
	for _, m := range k.members {
		if m.ID == id {
			return true
		}
	}
	return false
}

// planLeaf plans leaf i by itself. Two columns of one leaf in one class give a condition on it.
func (c *cluster) planLeaf(i int) {
	l := &c.leaves[i]
	for _, k := range c.eqs {
		var first *expr.Var
		for _, m := range k.members {
			if c.leafOf[m.ID] != i {
				continue
			}
			if first != nil {
				l.conds = append(l.conds, k.equality(first, m))
			} else {
				first = m
			}
		}
	}
	l.rel = c.o.planFiltered(l.node, l.conds)
	c.best[1<<i] = l.rel
}

func (k *eqClass) equality(a, b *expr.Var) expr.Expr {
	e := *k.call
	e.Args = []expr.Expr{a, b}
	return &e
}

// order joins the leaves.
func (c *cluster) order() *rel {
	n := len(c.leaves)
	switch {
	case n == 1:
		return c.best[1]
	case !c.o.enabled(ruleJoinOrder):
		return c.asWritten()
	case n > maxExhaustive:
		return c.greedy()
	}
	parts := c.components()
	for _, part := range parts {
		// Subsets in numerical order come after their own subsets.
		for s := part & -part; s != 0; s = (s - part) & part {
			if bits.OnesCount64(s) >= 2 && c.possible(s) {
				c.subset(s)
			}
			if c.splits > maxSplits {
				return c.greedy()
			}
		}
		if c.best[part] == nil {
			return c.asWritten()
		}
	}
	return c.product(parts)
}

// components are the sets of leaves that conditions link, directly or through others. Between them there are only Cartesian products,
// whose order is a matter of sizes.
func (c *cluster) components() []uint64 {
	var parts []uint64
	link := func(s uint64) {
		kept := parts[:0]
		for _, p := range parts {
			if p&s != 0 {
				s |= p
			} else {
				kept = append(kept, p)
			}
		}
		parts = append(kept, s)
	}
	for i := range c.leaves {
		link(1<<i | c.leaves[i].requires)
	}
	for _, k := range c.eqs {
		if k.rels != 0 {
			link(k.rels)
		}
	}
	for i := range c.clauses {
		link(c.clauses[i].rels)
	}
	return parts
}

// product joins sets between which there are no conditions, from few rows to many.
func (c *cluster) product(parts []uint64) *rel {
	slices.SortFunc(parts, func(a, b uint64) int { return cmp.Or(cmp.Compare(c.best[a].rows, c.best[b].rows), cmp.Compare(a, b)) })
	s := parts[0]
	for _, p := range parts[1:] {
		c.best[s|p] = c.join(nil, s, p)
		s |= p
	}
	return c.best[s]
}

// possible reports a set in which every special leaf has the leaves that it needs.
func (c *cluster) possible(s uint64) bool {
	for i := range c.leaves {
		if s&(1<<i) != 0 && c.leaves[i].requires&^s != 0 {
			return false
		}
	}
	return true
}

// subset finds the best ways to join the leaves of s from its two-part splits; a Cartesian product only if nothing else can be and it is so
// small that a look-up by both sides together may come of it.
func (c *cluster) subset(s uint64) {
	var out *rel
	for _, connectedOnly := range []bool{true, false} {
		low := s & -s
		for a := (s - 1) & s; a != 0; a = (a - 1) & s {
			if a&low == 0 {
				continue // each split once
			}
			b := s &^ a
			if c.best[a] == nil || c.best[b] == nil || connectedOnly != c.connected(a, b) ||
				!connectedOnly && c.best[a].rows*c.best[b].rows > maxProduct {
				continue
			}
			out = c.join(out, a, b)
			c.splits++
		}
		if out != nil {
			break
		}
	}
	if out != nil {
		c.best[s] = out
	}
}

// connected reports whether a condition links two sets.
func (c *cluster) connected(a, b uint64) bool {
	for _, k := range c.eqs {
		if k.rels&a != 0 && k.rels&b != 0 {
			return true
		}
	}
	for i := range c.clauses {
		r := c.clauses[i].rels
		if r&a != 0 && r&b != 0 {
			return true
		}
	}
	for _, s := range [2]uint64{a, b} {
		if bits.OnesCount64(s) == 1 {
			l := &c.leaves[bits.TrailingZeros64(s)]
			if l.kind != logical.InnerJoin || l.lateral {
				return true
			}
		}
	}
	return false
}

// specialIn is the index of the special or lateral leaf that set s is by itself, -1 otherwise.
func (c *cluster) specialIn(s uint64) int {
	if bits.OnesCount64(s) != 1 {
		return -1
	}
	i := bits.TrailingZeros64(s)
	if l := &c.leaves[i]; l.kind != logical.InnerJoin || l.requires != 0 {
		return i
	}
	return -1
}

// join adds the ways to join sets a and b to out, which is made if nil.
func (c *cluster) join(out *rel, a, b uint64) *rel {
	i := c.specialIn(b)
	if i < 0 {
		if i = c.specialIn(a); i >= 0 {
			a, b = b, a
		}
	}
	s := &joinStep{kind: logical.InnerJoin, l: c.best[a], r: c.best[b], eqs: c.eqs}
	inner := c.clausesFor(a, b)
	if i >= 0 {
		l := &c.leaves[i]
		if l.requires&^a != 0 {
			return out
		}
		s.kind, s.lateral = l.kind, l.lateral
		if l.kind == logical.InnerJoin {
			s.on = inner
		} else {
			s.on, s.post = l.on, inner
		}
	} else {
		s.on = inner
	}
	out = c.o.joinInto(out, s)
	if i >= 0 && s.kind == logical.SemiJoin && !s.lateral && c.o.enabled(ruleSemiUnique) {
		c.semiByUnique(out, s, &c.leaves[i])
	}
	return out
}

// clausesFor are the conditions that can be tested when a and b come together, and not before.
func (c *cluster) clausesFor(a, b uint64) []expr.Expr {
	var out []expr.Expr
	s := a | b
	for _, k := range c.eqs {
		if k.rels&a == 0 || k.rels&b == 0 {
			continue
		}
		x, y := c.member(k, a), c.member(k, b)
		if x != nil && y != nil && !c.sameConstant(x, y) {
			out = append(out, k.equality(x, y))
		}
	}
	for i := range c.clauses {
		r := c.clauses[i].rels
		if r&^s == 0 && r&^a != 0 && r&^b != 0 {
			out = append(out, c.clauses[i].e)
		} else if c.specialPost(r, a, b) {
			out = append(out, c.clauses[i].e)
		}
	}
	return out
}

// specialPost: a condition on the columns of one special leaf alone is tested once that is joined.
func (c *cluster) specialPost(r, a, b uint64) bool {
	return bits.OnesCount64(r) == 1 && (r == a || r == b) && c.leaves[bits.TrailingZeros64(r)].kind != logical.InnerJoin
}

func (c *cluster) member(k *eqClass, s uint64) *expr.Var {
	for _, m := range k.members {
		if s&(1<<c.leafOf[m.ID]) != 0 {
			return m
		}
	}
	return nil
}

// sameConstant reports two columns that conditions fix to the same value: joining on them adds nothing.
func (c *cluster) sameConstant(x, y *expr.Var) bool {
	a, b := c.constantOf(x), c.constantOf(y)
	return a != nil && b != nil && expr.Equal(a, b)
}

func (c *cluster) constantOf(v *expr.Var) expr.Expr {
	l := &c.leaves[c.leafOf[v.ID]]
	if l.rel == nil || l.rel.base == nil {
		return nil
	}
	for _, e := range l.rel.base.conds {
		if w, op, value, ok := estimate.ColumnComparison(e); ok && op == "=" && w.ID == v.ID && isFree(value) && value.Type().OID == v.T.OID {
			return value
		}
	}
	return nil
}

// asWritten joins the leaves from left to right, special and lateral ones as soon as what they need is there.
func (c *cluster) asWritten() *rel {
	done := uint64(0)
	for done != uint64(1)<<len(c.leaves)-1 {
		next := -1
		for i := range c.leaves {
			l := &c.leaves[i]
			if done&(1<<i) != 0 || l.requires&^done != 0 || done == 0 && l.kind != logical.InnerJoin {
				continue
			}
			next = i
			break
		}
		if next < 0 {
			c.o.fail("relations of a join wait for each other")
			return c.leaves[0].rel
		}
		s := done | 1<<next
		if done != 0 {
			c.best[s] = c.join(nil, done, 1<<next)
		}
		done = s
	}
	return c.best[done]
}

// greedy joins, again and again, the two sets whose join is cheapest, connected ones first.
func (c *cluster) greedy() *rel {
	var sets []uint64
	for i := range c.leaves {
		sets = append(sets, 1<<i)
	}
	for len(sets) > 1 {
		bi, bj := -1, -1
		var best *rel
		for _, connectedOnly := range []bool{true, false} {
			for i := range sets {
				for j := i + 1; j < len(sets); j++ {
					if !c.mayJoin(sets[i], sets[j]) || connectedOnly != c.connected(sets[i], sets[j]) {
						continue
					}
					s := sets[i] | sets[j]
					if c.best[s] == nil {
						c.best[s] = c.join(nil, sets[i], sets[j])
					}
					if r := c.best[s]; r != nil && (best == nil || better(r, best)) {
						best, bi, bj = r, i, j
					}
				}
			}
			if best != nil {
				break
			}
		}
		if best == nil {
			return c.asWritten()
		}
		sets[bi] |= sets[bj]
		sets = append(sets[:bj], sets[bj+1:]...)
	}
	return c.best[sets[0]]
}

// mayJoin reports whether two sets can be joined now: a special leaf waits for the leaves that it needs.
func (c *cluster) mayJoin(a, b uint64) bool {
	for _, p := range [2][2]uint64{{a, b}, {b, a}} {
		if i := c.specialIn(p[0]); i >= 0 && c.leaves[i].requires&^p[1] != 0 {
			return false
		}
	}
	return c.specialIn(a) < 0 || c.specialIn(b) < 0
}

func better(a, b *rel) bool {
	if a.rows != b.rows {
		return a.rows < b.rows
	}
	return a.cheapest().total < b.cheapest().total
}
