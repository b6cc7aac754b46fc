package builtins

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Random is the state of a session's random numbers: xoroshiro128**, as in PostgreSQL, so that a seed gives the same numbers. The
// zero value is not seeded.
type Random struct{ a, b uint64 }

// RandomSource is implemented by an expr.Env that keeps the state between statements.
type RandomSource interface{ RandomState() *Random }

func (r *Random) next() uint64 {
	if r.a|r.b == 0 {
		r.a, r.b = rand.Uint64(), uint64(time.Now().UnixNano())|1
	}
	a, b := r.a, r.b^r.a
	v := bits.RotateLeft64(a*5, 7) * 9
	r.a = bits.RotateLeft64(a, 24) ^ b ^ b<<16
	r.b = bits.RotateLeft64(b, 37)
	return v
}

func (r *Random) float() float64 { return math.Ldexp(float64(r.next()>>12), -52) }

// seed starts the numbers of setseed.
func (r *Random) seed(f float64) {
	s := uint64(int64(float64(uint64(1)<<52-1) * f))
	mix := func() uint64 {
		s += 0x9E3779B97f4A7C15
		v := s
		v = (v ^ v>>30) * 0xBF58476D1CE4E5B9
		v = (v ^ v>>27) * 0x94D049BB133111EB
		return v ^ v>>31
	}
	r.a = mix()
	r.b = mix()
}

func randomState(c *expr.Ctx) *Random {
	if s, ok := c.Env.(RandomSource); ok {
		return s.RandomState()
	}
	return &Random{}
}

// randomCodes are random and setseed.
func randomCodes() []code {
	return []code{
		{src: "drandom", kernel: func(c *expr.Ctx, _ []*vec.Vector, sel []int32, n int, out *vec.Vector) error {
			r := randomState(c)
			for k := range rowCount(sel, n) {
				out.Float[rowAt(sel, k)] = r.float()
			}
			return nil
		}},
		{src: "setseed", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			f := a[0].Float()
			if !(f >= -1 && f <= 1) {
				return types.Null, pgerr.New(pgerr.InvalidParameterValue, "setseed parameter %s is out of allowed range [-1,1]",
					string(types.AppendFloat(nil, types.Float8OID, f, 0)))
			}
			randomState(c).seed(f)
			return types.NewStr(""), nil
		}},
	}
}
