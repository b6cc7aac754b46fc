package builtins

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// The functions that PostgreSQL's aggregates consist of can be called, and other aggregates made of them. Those whose states are arrays are
// here; the aggregates of this package keep their states in another form.

// floatState reads an array of n floats.
func floatState(name string, d types.Datum, n int) ([]float64, error) {
	a := d.Array()
	if a == nil || len(a.Dims) != 1 || len(a.Elems) != n {
		return nil, pgerr.New(pgerr.InternalError, "%s: expected %d-element float8 array", name, n)
	}
	out := make([]float64, n)
	for i, e := range a.Elems {
		if e.IsNull() {
			return nil, pgerr.New(pgerr.InternalError, "%s: expected %d-element float8 array", name, n)
		}
		out[i] = e.Float()
	}
	return out, nil
}

func floatArray(fs ...float64) types.Datum {
	elems := make([]types.Datum, len(fs))
	for i, f := range fs {
		elems[i] = types.NewFloat(f)
	}
	return types.NewRef(types.NewArray(types.Float8OID, elems))
}

func momentsOf(name string, d types.Datum) (floatMoments, error) {
	f, err := floatState(name, d, 3)
	if err != nil {
		return floatMoments{}, err
	}
	return floatMoments{f[0], f[1], f[2]}, nil
}

func pairsOf(name string, d types.Datum) (pairMoments, error) {
	f, err := floatState(name, d, 6)
	if err != nil {
		return pairMoments{}, err
	}
	return pairMoments{f[0], f[1], f[2], f[3], f[4], f[5]}, nil
}

func (m *pairMoments) array() types.Datum { return floatArray(m.n, m.sx, m.sxx, m.sy, m.syy, m.sxy) }

// floatTransitions are the functions over the state of avg and the dispersions of floats.
func floatTransitions() []code {
	accum := func(name string) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			m, err := momentsOf(name, a[0])
			if err != nil {
				return types.Null, err
			}
			if err := m.add(a[1].Float()); err != nil {
				return types.Null, err
			}
			return floatArray(m.n, m.sx, m.sxx), nil
		}
	}
	cs := []code{
		{src: "float4_accum", scalar: accum("float4_accum")}, {src: "float8_accum", scalar: accum("float8_accum")},
		{src: "float8_combine", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			m, err := momentsOf("float8_combine", a[0])
			if err != nil {
				return types.Null, err
			}
			o, err := momentsOf("float8_combine", a[1])
			if err != nil {
				return types.Null, err
			}
			if err := m.merge(o); err != nil {
				return types.Null, err
			}
			return floatArray(m.n, m.sx, m.sxx), nil
		}},
	}
	final := func(name string, f func(floatMoments) (float64, bool)) {
		cs = append(cs, code{src: name, scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			m, err := momentsOf(name, a[0])
			if err != nil {
				return types.Null, err
			}
			if r, ok := f(m); ok {
				return types.NewFloat(r), nil
			}
			return types.Null, nil
		}})
	}
	final("float8_avg", func(m floatMoments) (float64, bool) { return m.sx / m.n, m.n != 0 })
	for _, name := range []string{"var_pop", "var_samp", "stddev_pop", "stddev_samp"} {
		final("float8_"+name, spreads[name].float)
	}
	return cs
}

// pairTransitions are the functions over the state of the regression functions.
func pairTransitions() []code {
	cs := []code{
		{src: "float8_regr_accum", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			m, err := pairsOf("float8_regr_accum", a[0])
			if err != nil {
				return types.Null, err
			}
			if err := m.add(a[1].Float(), a[2].Float()); err != nil {
				return types.Null, err
			}
			return m.array(), nil
		}},
		{src: "float8_regr_combine", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			m, err := pairsOf("float8_regr_combine", a[0])
			if err != nil {
				return types.Null, err
			}
			o, err := pairsOf("float8_regr_combine", a[1])
			if err != nil {
				return types.Null, err
			}
			m.merge(o)
			if isInf(m.sxx) || isInf(m.syy) || isInf(m.sxy) {
				return types.Null, errFloatOverflow
			}
			return m.array(), nil
		}},
	}
	for name, f := range pairFinals {
		src := "float8_" + name
		cs = append(cs, code{src: src, scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			m, err := pairsOf(src, a[0])
			if err != nil {
				return types.Null, err
			}
			if r, ok := f(m); ok {
				return types.NewFloat(r), nil
			}
			return types.Null, nil
		}})
	}
	return cs
}

// countAndSum reads the state of avg of small integers.
func countAndSum(d types.Datum) (count, sum int64, err error) {
	a := d.Array()
	if a == nil || len(a.Elems) != 2 || a.Elems[0].IsNull() || a.Elems[1].IsNull() {
		return 0, 0, pgerr.New(pgerr.InternalError, "expected 2-element int8 array")
	}
	return a.Elems[0].Int(), a.Elems[1].Int(), nil
}

func intArray(a, b int64) types.Datum {
	return types.NewRef(types.NewArray(types.Int8OID, []types.Datum{types.NewInt(a), types.NewInt(b)}))
}

// intTransitions are the functions over the states of sum and avg of small integers.
func intTransitions() []code {
	sum := func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		switch {
		case a[1].IsNull():
			return a[0], nil
		case a[0].IsNull():
			return a[1], nil
		}
		return types.NewInt(a[0].Int() + a[1].Int()), nil
	}
	accum := func(sign int64) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			n, s, err := countAndSum(a[0])
			return intArray(n+sign, s+sign*a[1].Int()), err
		}
	}
	cs := []code{
		{src: "int2_sum", scalar: sum}, {src: "int4_sum", scalar: sum},
		{src: "int4_avg_combine", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			n, s, err := countAndSum(a[0])
			if err != nil {
				return types.Null, err
			}
			n2, s2, err := countAndSum(a[1])
			return intArray(n+n2, s+s2), err
		}},
		{src: "int8_avg", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			n, s, err := countAndSum(a[0])
			if err != nil || n == 0 {
				return types.Null, err
			}
			v, err := types.NumericFromInt(s).Div(types.NumericFromInt(n))
			return types.NewNum(v), err
		}},
		{src: "int2int4_sum", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			n, s, err := countAndSum(a[0])
			if err != nil || n == 0 {
				return types.Null, err
			}
			return types.NewInt(s), nil
		}},
	}
	for _, t := range []string{"int2", "int4"} {
		cs = append(cs, code{src: t + "_avg_accum", scalar: accum(1)}, code{src: t + "_avg_accum_inv", scalar: accum(-1)})
	}
	return cs
}

// intervalTransitions are the functions over the state of avg(interval): the sum and, as microseconds of an interval, the count.
func intervalTransitions() []code {
	read := func(d types.Datum) (sum, n types.Interval, err error) {
		a := d.Array()
		if a == nil || len(a.Elems) != 2 || a.Elems[0].IsNull() || a.Elems[1].IsNull() {
			return sum, n, pgerr.New(pgerr.InternalError, "expected 2-element interval array")
		}
		return a.Elems[0].Interval(), a.Elems[1].Interval(), nil
	}
	step := func(sign int64, op func(a, b types.Interval) (types.Interval, error), combine bool) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			sum, n, err := read(a[0])
			if err != nil {
				return types.Null, err
			}
			add, by := a[1].Interval, sign
			if combine {
				s, c, err := read(a[1])
				if err != nil {
					return types.Null, err
				}
				add, by = func() types.Interval { return s }, c.Micros
			}
			if sum, err = op(sum, add()); err != nil {
				return types.Null, err
			}
			n.Micros += by
			return types.NewRef(types.NewArray(types.IntervalOID, []types.Datum{types.NewInterval(sum), types.NewInterval(n)})), nil
		}
	}
	return []code{
		{src: "interval_accum", scalar: step(1, types.Interval.Add, false)}, {src: "interval_accum_inv", scalar: step(-1, types.Interval.Sub, false)},
		{src: "interval_combine", scalar: step(1, types.Interval.Add, true)},
		{src: "interval_avg", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			sum, n, err := read(a[0])
			if err != nil || n.Micros == 0 {
				return types.Null, err
			}
			v, err := sum.Div(float64(n.Micros))
			return types.NewInterval(v), err
		}},
	}
}

func transitionCodes() []code {
	cs := append(floatTransitions(), pairTransitions()...)
	return append(append(cs, intTransitions()...), intervalTransitions()...)
}
