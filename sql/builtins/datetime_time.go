package builtins

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

func intervalCodes() []code {
	itv2 := func(f func(a, b types.Interval) (types.Interval, error)) expr.Kernel {
		return try2(intervals, intervals, intervals, f)
	}
	itv1 := func(f func(types.Interval) (types.Interval, error)) expr.Kernel { return try1(intervals, intervals, f) }
	return []code{
		{src: "interval_pl", kernel: itv2(types.Interval.Add)}, {src: "interval_mi", kernel: itv2(types.Interval.Sub)},
		{src: "interval_um", kernel: itv1(types.Interval.Neg)},
		{src: "interval_mul", kernel: try2(intervals, floats, intervals, types.Interval.Mul)},
		{src: "mul_d_interval", kernel: try2(floats, intervals, intervals, func(f float64, v types.Interval) (types.Interval, error) { return v.Mul(f) })},
		{src: "interval_div", kernel: try2(intervals, floats, intervals, types.Interval.Div)},
		{src: "interval_justify_days", kernel: itv1(types.JustifyDays)},
		{src: "interval_justify_hours", kernel: itv1(types.JustifyHours)},
		{src: "interval_justify_interval", kernel: itv1(types.JustifyInterval)},
		{src: "interval_larger", kernel: itv2(func(a, b types.Interval) (types.Interval, error) {
			if a.Cmp(b) > 0 {
				return a, nil
			}
			return b, nil
		})},
		{src: "interval_smaller", kernel: itv2(func(a, b types.Interval) (types.Interval, error) {
			if a.Cmp(b) < 0 {
				return a, nil
			}
			return b, nil
		})},
		{src: "make_interval", scalar: dtItv(func(_ *expr.Ctx, a []types.Datum) (types.Interval, error) {
			return types.MakeInterval(a[0].Int(), a[1].Int(), a[2].Int(), a[3].Int(), a[4].Int(), a[5].Int(), a[6].Float())
		})},
		{src: "time_interval", kernel: map1(ints, intervals, func(t int64) types.Interval { return types.Interval{Micros: t} })},
		{src: "interval_time", kernel: map1(intervals, ints, func(v types.Interval) int64 { return types.TimeAdd(0, v) })},
	}
}

func timetzOf(d types.Datum) types.TimeTZ {
	v, _ := d.Ref().(types.TimeTZ)
	return v
}

func timeCodes() []code {
	negated := func(f func(t int64, v types.Interval) int64) func(int64, types.Interval) (int64, error) {
		return func(t int64, v types.Interval) (int64, error) {
			n, err := types.Interval{Micros: v.Micros}.Neg()
			return f(t, n), err
		}
	}
	plusTz := func(sign int64) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			v := timetzOf(a[0])
			v.Micros = types.TimeAdd(v.Micros, types.Interval{Micros: sign * (a[1].Interval().Micros % types.MicrosPerDay)})
			return types.NewRef(v), nil
		}
	}
	return []code{
		{src: "time_pl_interval", kernel: map2(ints, intervals, ints, types.TimeAdd)},
		{src: "interval_pl_time(interval,time without time zone)", kernel: map2(intervals, ints, ints, func(v types.Interval, t int64) int64 { return types.TimeAdd(t, v) })},
		{src: "time_mi_interval", kernel: try2(ints, intervals, ints, negated(types.TimeAdd))},
		{src: "time_mi_time", kernel: map2(ints, ints, intervals, func(a, b int64) types.Interval { return types.Interval{Micros: a - b} })},
		{src: "timetz_pl_interval", scalar: plusTz(1)}, {src: "timetz_mi_interval", scalar: plusTz(-1)},
		{src: "interval_pl_timetz(interval,time with time zone)", scalar: swapArgs(plusTz(1))},
		{src: "make_time", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
			return types.MakeTime(int(a[0].Int()), int(a[1].Int()), a[2].Float())
		})},
		{src: "timestamp_time", scalar: timeOrNull(func(_ *expr.Ctx, ts int64) int64 { return types.TimestampToTime(ts) })},
		{src: "timestamptz_time", scalar: timeOrNull(func(c *expr.Ctx, ts int64) int64 { return types.TimestampToTime(types.ToZone(ts, zone(c))) })},
		{src: "timestamptz_timetz", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if !types.IsFiniteTimestamp(a[0].Int()) {
				return types.Null, nil
			}
			return types.NewRef(types.TimestamptzToTimetz(a[0].Int(), zone(c))), nil
		}},
		{src: "timetz_time", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) { return timetzOf(a[0]).Micros, nil })},
		{src: "time_timetz", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			east, _ := types.ZoneOffset(zone(c), nowMicros(c))
			return types.NewRef(types.TimeTZ{Micros: a[0].Int(), Zone: int32(-east)}), nil
		}},
	}
}

// timeOrNull gives NULL for infinity.
func timeOrNull(f func(c *expr.Ctx, ts int64) int64) scalarFn {
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		if !types.IsFiniteTimestamp(a[0].Int()) {
			return types.Null, nil
		}
		return types.NewInt(f(c, a[0].Int())), nil
	}
}

// seriesSource yields one datum after the other.
type seriesSource struct {
	row  [1]types.Datum
	next func() (types.Datum, bool, error)
}

func (s *seriesSource) Next() ([]types.Datum, bool, error) {
	d, ok, err := s.next()
	s.row[0] = d
	return s.row[:], ok, err
}

// seriesOf makes a row source of one column.
func seriesOf(next func() (types.Datum, bool, error)) expr.RowSource {
	return &seriesSource{next: next}
}

func anyNullDatum(args []types.Datum) bool {
	for _, a := range args {
		if a.IsNull() {
			return true
		}
	}
	return false
}
