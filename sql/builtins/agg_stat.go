package builtins

import (
	"math"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// spread says which measure of dispersion is asked for.
type spread struct {
	root   bool // standard deviation, else variance
	sample bool // over n-1
}

var spreads = map[string]spread{
	"stddev": {true, true}, "stddev_samp": {true, true}, "stddev_pop": {true, false},
	"variance": {false, true}, "var_samp": {false, true}, "var_pop": {false, false},
}

// floatMoments is n, Σx and Σ(x-mean)² by the method of Youngs and Cramer, as PostgreSQL computes them.
type floatMoments struct{ n, sx, sxx float64 }

func (m *floatMoments) add(x float64) error {
	n, sx := m.n+1, m.sx+x
	if m.n > 0 {
		t := x*n - sx
		m.sxx += t * t / (n * m.n)
		if isInf(sx) || isInf(m.sxx) {
			if !isInf(m.sx) && !isInf(x) {
				return errFloatOverflow
			}
			m.sxx = math.NaN()
		}
	} else if math.IsNaN(x) || isInf(x) {
		m.sxx = math.NaN()
	}
	m.n, m.sx = n, sx
	return nil
}

func (m *floatMoments) merge(o floatMoments) error {
	switch {
	case o.n == 0:
	case m.n == 0:
		*m = o
	default:
		n := m.n + o.n
		t := m.sx/m.n - o.sx/o.n
		*m = floatMoments{n, m.sx + o.sx, m.sxx + o.sxx + m.n*o.n*t*t/n}
		if isInf(m.sxx) {
			return errFloatOverflow
		}
	}
	return nil
}

// floatStatState is avg and the dispersions of floats; final computes the result, ok=false for NULL.
type floatStatState struct {
	m     []floatMoments
	final func(floatMoments) (float64, bool)
}

func (s *floatStatState) Grow(n int) { s.m = grow(s.m, n) }

func (s *floatStatState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	v, m := args[0].Float, mask(args[0])
	for k := range rowCount(sel, n) {
		if err := s.m[groupOf(groups, k)].add(v[rowAt(sel, k)&m]); err != nil {
			return err
		}
	}
	return nil
}

func (s *floatStatState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) error {
	for g := from; g < to; g++ {
		if f, ok := s.final(s.m[g]); ok {
			out.Float[g-from] = f
		} else {
			out.SetNull(g - from)
		}
	}
	return nil
}

func (s *floatStatState) Merge(dst int, other expr.AggState, src int) error {
	return s.m[dst].merge(other.(*floatStatState).m[src])
}

func (s *floatStatState) Bytes() int { return 24 * cap(s.m) }

func (p spread) float(m floatMoments) (float64, bool) {
	n := m.n
	if p.sample {
		n--
	}
	if n <= 0 {
		return 0, false
	}
	v := m.sxx / n
	if p.root {
		v = math.Sqrt(v)
	}
	return v, true
}

// numStatState is the dispersions of integers and numeric, exact: n, Σx, Σx².
type numStatState struct {
	spread
	n       []int64
	sum, sq []types.Numeric
	// Integers are added in 128 bits, their squares in 192.
	ints bool
	isum []int128
	isq  []squareSum
}

func (s *numStatState) Grow(n int) {
	s.n = grow(s.n, n)
	if s.ints {
		s.isum, s.isq = grow(s.isum, n), grow(s.isq, n)
	} else {
		s.sum, s.sq = grow(s.sum, n), grow(s.sq, n)
	}
}

func (s *numStatState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	m := mask(args[0])
	for k := range rowCount(sel, n) {
		g, i := groupOf(groups, k), rowAt(sel, k)&m
		s.n[g]++
		if s.ints {
			s.isum[g].add(args[0].Int[i])
			s.isq[g].add(args[0].Int[i])
			continue
		}
		if err := s.addNum(g, args[0].Num[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *numStatState) addNum(g int, x types.Numeric) (err error) {
	sq, err := x.Mul(x)
	if err != nil {
		return err
	}
	if s.sum[g], err = s.sum[g].Add(x); err != nil {
		return err
	}
	s.sq[g], err = s.sq[g].Add(sq)
	return err
}

func (s *numStatState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) error {
	for g := from; g < to; g++ {
		n := s.n[g]
		if n == 0 || s.sample && n == 1 {
			out.SetNull(g - from)
			continue
		}
		var r types.Numeric
		var err error
		if s.ints {
			r, err = s.of(n, s.isum[g].numeric(), s.isq[g].numeric())
		} else {
			r, err = s.of(n, s.sum[g], s.sq[g])
		}
		if err != nil {
			return err
		}
		out.Num[g-from] = r
	}
	return nil
}

// of is (n·Σx² - (Σx)²) / (n·(n-1)), or / n², and its root.
func (p spread) of(n int64, sum, sq types.Numeric) (types.Numeric, error) {
	count := types.NumericFromInt(n)
	num, err := count.Mul(sq)
	if err != nil {
		return num, err
	}
	square, err := sum.Mul(sum)
	if err != nil {
		return num, err
	}
	if num, err = num.Sub(square); err != nil {
		return num, err
	}
	if !sum.IsFinite() {
		return types.ParseNumeric("NaN")
	}
	if num.Sign() <= 0 {
		return types.NumericFromInt(0), nil
	}
	over := count
	if p.sample {
		over = types.NumericFromInt(n - 1)
	}
	den, err := count.Mul(over)
	if err != nil {
		return den, err
	}
	v, err := num.Div(den)
	if err != nil || !p.root {
		return v, err
	}
	return v.Root(), nil
}

func (s *numStatState) Merge(dst int, other expr.AggState, src int) (err error) {
	o := other.(*numStatState)
	s.n[dst] += o.n[src]
	if s.ints {
		s.isum[dst].plus(o.isum[src])
		s.isq[dst].plus(o.isq[src])
		return nil
	}
	if s.sum[dst], err = s.sum[dst].Add(o.sum[src]); err != nil {
		return err
	}
	s.sq[dst], err = s.sq[dst].Add(o.sq[src])
	return err
}

func (s *numStatState) Bytes() int {
	return 8*cap(s.n) + 24*(cap(s.sum)+cap(s.sq)) + 16*cap(s.isum) + 24*cap(s.isq)
}

// pairMoments is what the regression functions of (y, x) need.
type pairMoments struct{ n, sx, sxx, sy, syy, sxy float64 }

func (m *pairMoments) add(y, x float64) error {
	n := m.n + 1
	sx, sy := m.sx+x, m.sy+y
	if m.n > 0 {
		tx, ty, scale := x*n-sx, y*n-sy, 1/(n*m.n)
		m.sxx += tx * tx * scale
		m.syy += ty * ty * scale
		m.sxy += tx * ty * scale
		if isInf(sx) || isInf(m.sxx) || isInf(sy) || isInf(m.syy) || isInf(m.sxy) {
			finiteX, finiteY := !isInf(m.sx) && !isInf(x), !isInf(m.sy) && !isInf(y)
			if (isInf(sx) || isInf(m.sxx)) && finiteX || (isInf(sy) || isInf(m.syy)) && finiteY || isInf(m.sxy) && finiteX && finiteY {
				return errFloatOverflow
			}
			for _, s := range []*float64{&m.sxx, &m.syy, &m.sxy} {
				if isInf(*s) {
					*s = math.NaN()
				}
			}
		}
	} else {
		if math.IsNaN(x) || isInf(x) {
			m.sxx, m.sxy = math.NaN(), math.NaN()
		}
		if math.IsNaN(y) || isInf(y) {
			m.syy, m.sxy = math.NaN(), math.NaN()
		}
	}
	m.n, m.sx, m.sy = n, sx, sy
	return nil
}

func (m *pairMoments) merge(o pairMoments) {
	switch {
	case o.n == 0:
	case m.n == 0:
		*m = o
	default:
		n := m.n + o.n
		tx, ty := m.sx/m.n-o.sx/o.n, m.sy/m.n-o.sy/o.n
		w := m.n * o.n / n
		*m = pairMoments{n, m.sx + o.sx, m.sxx + o.sxx + w*tx*tx, m.sy + o.sy, m.syy + o.syy + w*ty*ty, m.sxy + o.sxy + w*tx*ty}
	}
}

type pairState struct {
	m     []pairMoments
	final func(pairMoments) (float64, bool)
}

func (s *pairState) Grow(n int) { s.m = grow(s.m, n) }

func (s *pairState) Add(_ *expr.Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error {
	y, x := args[0], args[1]
	for k := range rowCount(sel, n) {
		i := rowAt(sel, k)
		if err := s.m[groupOf(groups, k)].add(y.Float[i&mask(y)], x.Float[i&mask(x)]); err != nil {
			return err
		}
	}
	return nil
}

func (s *pairState) Result(_ *expr.Ctx, from, to int, out *vec.Vector) error {
	for g := from; g < to; g++ {
		if f, ok := s.final(s.m[g]); ok {
			out.Float[g-from] = f
		} else {
			out.SetNull(g - from)
		}
	}
	return nil
}

func (s *pairState) Merge(dst int, other expr.AggState, src int) error {
	s.m[dst].merge(other.(*pairState).m[src])
	return nil
}

func (s *pairState) Bytes() int { return 48 * cap(s.m) }

var pairFinals = map[string]func(m pairMoments) (float64, bool){
	"corr": func(m pairMoments) (float64, bool) {
		return m.sxy / math.Sqrt(m.sxx*m.syy), m.n >= 1 && m.sxx != 0 && m.syy != 0
	},
	"covar_pop":  func(m pairMoments) (float64, bool) { return m.sxy / m.n, m.n >= 1 },
	"covar_samp": func(m pairMoments) (float64, bool) { return m.sxy / (m.n - 1), m.n >= 2 },
	"regr_avgx":  func(m pairMoments) (float64, bool) { return m.sx / m.n, m.n >= 1 },
	"regr_avgy":  func(m pairMoments) (float64, bool) { return m.sy / m.n, m.n >= 1 },
	"regr_sxx":   func(m pairMoments) (float64, bool) { return m.sxx, m.n >= 1 },
	"regr_syy":   func(m pairMoments) (float64, bool) { return m.syy, m.n >= 1 },
	"regr_sxy":   func(m pairMoments) (float64, bool) { return m.sxy, m.n >= 1 },
	"regr_slope": func(m pairMoments) (float64, bool) { return m.sxy / m.sxx, m.n >= 1 && m.sxx != 0 },
	"regr_intercept": func(m pairMoments) (float64, bool) {
		return (m.sy - m.sx*m.sxy/m.sxx) / m.n, m.n >= 1 && m.sxx != 0
	},
	"regr_r2": func(m pairMoments) (float64, bool) {
		if m.syy == 0 {
			return 1, m.n >= 1 && m.sxx != 0
		}
		return m.sxy * m.sxy / (m.sxx * m.syy), m.n >= 1 && m.sxx != 0
	},
}

func statAggs() []aggCode {
	var cs []aggCode
	avg := func(m floatMoments) (float64, bool) { return m.sx / m.n, m.n > 0 }
	for _, t := range []string{"real", "double precision"} {
		cs = append(cs, aggCode{src: "avg(" + t + ")", make: func([]types.T, types.T) expr.AggState {
			return &floatStatState{final: avg}
		}})
	}
	for name, p := range spreads {
		for _, t := range []string{"real", "double precision"} {
			cs = append(cs, aggCode{src: name + "(" + t + ")", make: func([]types.T, types.T) expr.AggState {
				return &floatStatState{final: p.float}
			}})
		}
		for _, t := range []string{"smallint", "integer", "bigint", "numeric"} {
			cs = append(cs, aggCode{src: name + "(" + t + ")", make: func([]types.T, types.T) expr.AggState {
				return &numStatState{spread: p, ints: t != "numeric"}
			}})
		}
	}
	for name, f := range pairFinals {
		cs = append(cs, aggCode{src: name + "(double precision,double precision)", make: func([]types.T, types.T) expr.AggState {
			return &pairState{final: f}
		}})
	}
	return cs
}
