package exec

import (
	"math"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Params remembers the values of the exec params that something kept over rescans depends on: a materialisation, the build
// side of a hash join, the result of a subquery.
type Params struct {
	// Slots are the exec params. Never means that the thing depends on more and is never the same (a working table).
	Slots []int
	Never bool

	last  []types.Datum
	valid bool
}

// Same reports whether the exec params are as they were at the last call, and remembers them.
func (p *Params) Same(c *expr.Ctx) bool {
	same := p.valid && !p.Never
	if len(p.last) != len(p.Slots) {
		p.last = make([]types.Datum, len(p.Slots))
	}
	for i, s := range p.Slots {
		if same && !identical(p.last[i], c.Exec[s]) {
			same = false
		}
		p.last[i] = c.Exec[s]
	}
	p.valid = true
	return same
}

// Forget makes the next Same false.
func (p *Params) Forget() { p.valid = false }

// identical reports whether two values are the same in every respect; false for those that it cannot tell.
func identical(a, b types.Datum) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case types.KindNull:
		return true
	case types.KindBool, types.KindInt:
		return a.Int() == b.Int()
	case types.KindFloat:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case types.KindStr:
		return a.Str() == b.Str()
	case types.KindNum:
		return a.Num().Scale() == b.Num().Scale() && a.Num().Cmp(b.Num()) == 0
	case types.KindInterval:
		return a.Interval() == b.Interval()
	}
	return false
}
