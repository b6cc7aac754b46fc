package opt

import (
	"math/bits"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// colSet is a set of ColIDs. ColIDs of a statement are small and dense, so it is a bitmap. The zero value is empty.
type colSet struct{ w []uint64 }

func (s *colSet) add(id expr.ColID) {
	if id <= 0 {
		return
	}
	i := int(id) >> 6
	for len(s.w) <= i {
		s.w = append(s.w, 0)
	}
	s.w[i] |= 1 << (uint(id) & 63)
}

func (s colSet) has(id expr.ColID) bool {
	i := int(id) >> 6
	return id > 0 && i < len(s.w) && s.w[i]&(1<<(uint(id)&63)) != 0
}

func (s *colSet) addAll(t colSet) {
	for len(s.w) < len(t.w) {
		s.w = append(s.w, 0)
	}
	for i, w := range t.w {
		s.w[i] |= w
	}
}

func (s colSet) empty() bool {
	for _, w := range s.w {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s colSet) subsetOf(t colSet) bool {
	for i, w := range s.w {
		var tw uint64
		if i < len(t.w) {
			tw = t.w[i]
		}
		if w&^tw != 0 {
			return false
		}
	}
	return true
}

func (s colSet) intersects(t colSet) bool {
	for i := 0; i < len(s.w) && i < len(t.w); i++ {
		if s.w[i]&t.w[i] != 0 {
			return true
		}
	}
	return false
}

func (s colSet) minus(t colSet) colSet {
	out := colSet{w: append([]uint64(nil), s.w...)}
	for i := 0; i < len(out.w) && i < len(t.w); i++ {
		out.w[i] &^= t.w[i]
	}
	return out
}

func (s colSet) each(f func(expr.ColID)) {
	for i, w := range s.w {
		for w != 0 {
			b := bits.TrailingZeros64(w)
			w &^= 1 << b
			f(expr.ColID(i<<6 + b))
		}
	}
}

func setOf(cols []logical.Column) colSet {
	var s colSet
	for i := range cols {
		s.add(cols[i].ID)
	}
	return s
}

// outputs is the set of a node's output columns.
func outputs(n logical.Node) colSet {
	var s colSet
	addOutputs(n, &s)
	return s
}

// addOutputs adds a node's output columns without making the list of a join's, which would copy those of the joins below it.
func addOutputs(n logical.Node, s *colSet) {
	switch x := n.(type) {
	case *logical.Join:
		addOutputs(x.Left, s)
		if x.Kind < logical.SemiJoin {
			addOutputs(x.Right, s)
		}
	case *logical.Filter:
		addOutputs(x.Input, s)
	default:
		s.addAll(setOf(n.Columns()))
	}
}
