package builtins

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

var errStepZero = pgerr.New(pgerr.InvalidParameterValue, "step size cannot equal zero")

func seriesCodes() []code {
	return []code{
		{src: "generate_series_int4", set: intSeries}, {src: "generate_series_step_int4", set: intSeries},
		{src: "generate_series_int8", set: intSeries}, {src: "generate_series_step_int8", set: intSeries},
		{src: "generate_series_numeric", set: numSeries}, {src: "generate_series_step_numeric", set: numSeries},
		{src: "generate_series_timestamp", set: timeSeries(func(_ *expr.Ctx, ts int64, v types.Interval) (int64, error) { return types.TimestampAdd(ts, v) })},
		{src: "generate_series_timestamptz", set: timeSeries(func(c *expr.Ctx, ts int64, v types.Interval) (int64, error) {
			return types.TimestamptzAdd(ts, v, zone(c))
		})},
		{src: "generate_subscripts", set: subscripts}, {src: "generate_subscripts_nodir", set: subscripts},
		{src: "array_unnest", set: unnest},
	}
}

// noSet is a set without rows.
func noSet() (types.Datum, bool, error) { return types.Null, false, nil }

func intSeries(_ *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
	if anyNullDatum(a) {
		return seriesOf(noSet), nil
	}
	v, end, step := a[0].Int(), a[1].Int(), int64(1)
	if len(a) > 2 {
		step = a[2].Int()
	}
	if step == 0 {
		return nil, errStepZero
	}
	done := false
	return seriesOf(func() (types.Datum, bool, error) {
		if done || step > 0 && v > end || step < 0 && v < end {
			return types.Null, false, nil
		}
		d := types.NewInt(v)
		next := v + step
		done = (next > v) != (step > 0) // past the largest integer
		v = next
		return d, true, nil
	}), nil
}

func numSeries(_ *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
	if anyNullDatum(a) {
		return seriesOf(noSet), nil
	}
	v, end, step := a[0].Num(), a[1].Num(), types.NumericFromInt(1)
	if len(a) > 2 {
		step = a[2].Num()
	}
	for i, name := range []string{"start", "stop", "step size"} {
		if n := []types.Numeric{v, end, step}[i]; n.IsNaN() {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "%s value cannot be NaN", seriesWord(name))
		} else if !n.IsFinite() {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "%s value cannot be infinity", seriesWord(name))
		}
	}
	sign := step.Sign()
	if sign == 0 {
		return nil, errStepZero
	}
	over := false
	return seriesOf(func() (types.Datum, bool, error) {
		if over || v.Cmp(end)*sign > 0 {
			return types.Null, false, nil
		}
		d := types.NewNum(v)
		next, err := v.Add(step)
		v, over = next, err != nil // beyond all numbers is beyond the end
		return d, true, nil
	}), nil
}

func seriesWord(name string) string {
	if name == "step size" {
		return name[:4]
	}
	return name
}

func timeSeries(add func(*expr.Ctx, int64, types.Interval) (int64, error)) func(*expr.Ctx, []types.Datum) (expr.RowSource, error) {
	return func(c *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
		if anyNullDatum(a) {
			return seriesOf(noSet), nil
		}
		v, end, step := a[0].Int(), a[1].Int(), a[2].Interval()
		sign := step.Cmp(types.Interval{})
		if sign == 0 {
			return nil, errStepZero
		}
		return seriesOf(func() (types.Datum, bool, error) {
			if sign > 0 && v > end || sign < 0 && v < end {
				return types.Null, false, nil
			}
			d := types.NewInt(v)
			var err error
			v, err = add(c, v, step)
			return d, true, err
		}), nil
	}
}

// subscripts yields the subscripts of one dimension of an array, backwards if the third argument is true.
func subscripts(_ *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
	if anyNullDatum(a) {
		return seriesOf(noSet), nil
	}
	arr, dim := a[0].Array(), a[1].Int()
	if arr == nil || dim < 1 || dim > int64(len(arr.Dims)) {
		return seriesOf(noSet), nil
	}
	d := arr.Dims[dim-1]
	from, to, step := d.Lower, d.Lower+d.Len-1, 1
	if len(a) > 2 && a[2].Bool() {
		from, to, step = to, from, -1
	}
	return intSeries(nil, []types.Datum{types.NewInt(int64(from)), types.NewInt(int64(to)), types.NewInt(int64(step))})
}

func unnest(_ *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
	arr := a[0].Array()
	if arr == nil {
		return seriesOf(noSet), nil
	}
	return listSource(arr.Elems), nil
}

// listSource yields the values of a list.
func listSource(ds []types.Datum) expr.RowSource {
	i := 0
	return seriesOf(func() (types.Datum, bool, error) {
		if i >= len(ds) {
			return types.Null, false, nil
		}
		i++
		return ds[i-1], true, nil
	})
}
