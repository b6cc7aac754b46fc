package opt

import (
	"math/bits"
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// colSet is a set of ColIDs. ColIDs of a statement are small and dense, so it is a bitmap, of one word for most statements. The zero value is empty.
type colSet struct {
	w    uint64
	more []uint64 // ColIDs from 64 on
}

func (s *colSet) add(id expr.ColID) {
	if id <= 0 {
		return
	}
	if id < 64 {
		s.w |= 1 << uint(id)
		return
	}
	i := int(id)>>6 - 1
	for len(s.more) <= i {
		s.more = append(s.more, 0)
	}
	s.more[i] |= 1 << (uint(id) & 63)
}

func (s colSet) has(id expr.ColID) bool {
	if id < 64 {
		return id > 0 && s.w&(1<<uint(id)) != 0
	}
	i := int(id)>>6 - 1
	return i < len(s.more) && s.more[i]&(1<<(uint(id)&63)) != 0
}

func (s *colSet) addAll(t colSet) {
	s.w |= t.w
	for len(s.more) < len(t.more) {
		s.more = append(s.more, 0)
	}
	for i, w := range t.more {
		s.more[i] |= w
	}
}

func (s colSet) empty() bool {
	for _, w := range s.more {
		if w != 0 {
			return false
		}
	}
	return s.w == 0
}

func (s colSet) subsetOf(t colSet) bool {
	for i, w := range s.more {
		var tw uint64
		if i < len(t.more) {
			tw = t.more[i]
		}
		if w&^tw != 0 {
			return false
		}
	}
	return s.w&^t.w == 0
}

func (s colSet) intersects(t colSet) bool {
	for i := 0; i < len(s.more) && i < len(t.more); i++ {
		if s.more[i]&t.more[i] != 0 {
			return true
		}
	}
	return s.w&t.w != 0
}

func (s colSet) minus(t colSet) colSet {
	out := colSet{w: s.w &^ t.w, more: slices.Clone(s.more)}
	for i := 0; i < len(out.more) && i < len(t.more); i++ {
		out.more[i] &^= t.more[i]
	}
	return out
}

func (s colSet) each(f func(expr.ColID)) {
	eachBit(s.w, 0, f)
	for i, w := range s.more {
		eachBit(w, (i+1)<<6, f)
	}
}

func eachBit(w uint64, from int, f func(expr.ColID)) {
	for w != 0 {
		b := bits.TrailingZeros64(w)
		w &^= 1 << b
		f(expr.ColID(from + b))
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
		cols := n.Columns()
		for i := range cols {
			s.add(cols[i].ID)
		}
	}
}
