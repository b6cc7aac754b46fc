package builtins

import (
	"cmp"
	"math"
	"time"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// zone is the session's time zone.
func zone(c *expr.Ctx) *time.Location {
	if c == nil || c.Types == nil || c.Types.TimeZone == nil {
		return time.UTC
	}
	return c.Types.TimeZone
}

func intDatum(v int64, err error) (types.Datum, error) { return types.NewInt(v), err }

func itvDatum(v types.Interval, err error) (types.Datum, error) { return types.NewInterval(v), err }

// dt is a scalar of dates whose result is an integer kind.
func dt(f func(c *expr.Ctx, a []types.Datum) (int64, error)) scalarFn {
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) { return intDatum(f(c, a)) }
}

func dtItv(f func(c *expr.Ctx, a []types.Datum) (types.Interval, error)) scalarFn {
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) { return itvDatum(f(c, a)) }
}

func dateCodes() []code {
	plusDays := try2(ints, ints, ints, types.DateAdd)
	return []code{
		{src: "date_pli", kernel: plusDays}, {src: "integer_pl_date(integer,date)", kernel: swap2(plusDays)},
		{src: "date_mii", kernel: try2(ints, ints, ints, func(d, n int64) (int64, error) { return types.DateAdd(d, -n) })},
		{src: "date_mi", kernel: try2(ints, ints, ints, types.DateDiff)},
		{src: "date_pl_interval", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) { return datePlus(a[0], a[1].Interval()) })},
		{src: "interval_pl_date(interval,date)", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) { return datePlus(a[1], a[0].Interval()) })},
		{src: "date_mi_interval", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
			return minusInterval(a[1], func(v types.Interval) (int64, error) { return datePlus(a[0], v) })
		})},
		{src: "datetime_timestamp", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) { return dateTime(a[0].Int(), a[1].Int()) })},
		{src: "timedate_pl(time without time zone,date)", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) { return dateTime(a[1].Int(), a[0].Int()) })},
		{src: "datetimetz_timestamptz", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) { return dateTimetz(a[0].Int(), a[1]) })},
		{src: "timetzdate_pl(time with time zone,date)", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) { return dateTimetz(a[1].Int(), a[0]) })},
		{src: "timestamptz(date,time without time zone)", scalar: dt(func(c *expr.Ctx, a []types.Datum) (int64, error) {
			ts, err := dateTime(a[0].Int(), a[1].Int())
			if err != nil {
				return 0, err
			}
			return types.FromZone(ts, zone(c))
		})},
		{src: "date_timestamp", kernel: try1(ints, ints, types.DateToTimestamp)},
		{src: "timestamp_date", kernel: map1(ints, ints, types.TimestampToDate)},
		{src: "date_timestamptz", scalar: dt(func(c *expr.Ctx, a []types.Datum) (int64, error) { return types.DateToTimestamptz(a[0].Int(), zone(c)) })},
		{src: "timestamptz_date", scalar: dt(func(c *expr.Ctx, a []types.Datum) (int64, error) {
			return types.TimestamptzToDate(a[0].Int(), zone(c)), nil
		})},
		{src: "timestamp_timestamptz", scalar: dt(func(c *expr.Ctx, a []types.Datum) (int64, error) { return fromZone(a[0].Int(), zone(c)) })},
		{src: "timestamptz_timestamp", scalar: dt(func(c *expr.Ctx, a []types.Datum) (int64, error) { return toZone(a[0].Int(), zone(c)), nil })},
		{src: "date_finite", kernel: map1(ints, bools, types.IsFiniteDate)},
		{src: "timestamp_finite", kernel: map1(ints, bools, types.IsFiniteTimestamp)},
		{src: "interval_finite", kernel: map1(intervals, bools, func(types.Interval) bool { return true })},
		{src: "make_date", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
			return types.MakeDate(int(a[0].Int()), int(a[1].Int()), int(a[2].Int()))
		})},
		{src: "date_larger", kernel: map2(ints, ints, ints, func(a, b int64) int64 { return max(a, b) })},
		{src: "date_smaller", kernel: map2(ints, ints, ints, func(a, b int64) int64 { return min(a, b) })},
	}
}

func fromZone(ts int64, loc *time.Location) (int64, error) {
	if !types.IsFiniteTimestamp(ts) {
		return ts, nil
	}
	return types.FromZone(ts, loc)
}

func toZone(ts int64, loc *time.Location) int64 {
	if !types.IsFiniteTimestamp(ts) {
		return ts
	}
	return types.ToZone(ts, loc)
}

func datePlus(d types.Datum, v types.Interval) (int64, error) {
	ts, err := types.DateToTimestamp(d.Int())
	if err != nil {
		return 0, err
	}
	return types.TimestampAdd(ts, v)
}

// minusInterval calls add with the interval negated.
// minusInterval adds the negative of an interval, whose parts wrap.
func minusInterval(d types.Datum, add func(types.Interval) (int64, error)) (int64, error) {
	v := d.Interval()
	return add(types.Interval{Months: -v.Months, Days: -v.Days, Micros: -v.Micros})
}

func dateTime(d, t int64) (int64, error) {
	ts, err := types.DateToTimestamp(d)
	if err != nil || !types.IsFiniteTimestamp(ts) {
		return ts, err
	}
	return ts + t, nil
}

func dateTimetz(d int64, t types.Datum) (int64, error) {
	v, _ := t.Ref().(types.TimeTZ)
	ts, err := types.DateToTimestamp(d)
	if err != nil || !types.IsFiniteTimestamp(ts) {
		return ts, err
	}
	return ts + v.Micros + int64(v.Zone)*types.MicrosPerSecond, nil
}

func timestampCodes() []code {
	plus := dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
		return types.TimestampAdd(a[0].Int(), a[1].Interval())
	})
	plusTz := dt(func(c *expr.Ctx, a []types.Datum) (int64, error) {
		return types.TimestamptzAdd(a[0].Int(), a[1].Interval(), zone(c))
	})
	cs := []code{
		{src: "timestamp_pl_interval", scalar: plus},
		{src: "interval_pl_timestamp(interval,timestamp without time zone)", scalar: swapArgs(plus)},
		{src: "timestamp_mi_interval", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
			return minusInterval(a[1], func(v types.Interval) (int64, error) { return types.TimestampAdd(a[0].Int(), v) })
		})},
		{src: "timestamptz_pl_interval", scalar: plusTz},
		{src: "interval_pl_timestamptz(interval,timestamp with time zone)", scalar: swapArgs(plusTz)},
		{src: "timestamptz_mi_interval", scalar: dt(func(c *expr.Ctx, a []types.Datum) (int64, error) {
			return minusInterval(a[1], func(v types.Interval) (int64, error) { return types.TimestamptzAdd(a[0].Int(), v, zone(c)) })
		})},
		{src: "timestamp_mi", scalar: dtItv(func(_ *expr.Ctx, a []types.Datum) (types.Interval, error) {
			return types.TimestampDiff(a[0].Int(), a[1].Int())
		})},
		{src: "timestamp_age", scalar: dtItv(func(_ *expr.Ctx, a []types.Datum) (types.Interval, error) { return types.Age(a[0].Int(), a[1].Int()) })},
		{src: "timestamptz_age", scalar: dtItv(func(c *expr.Ctx, a []types.Datum) (types.Interval, error) {
			return types.Age(toZone(a[0].Int(), zone(c)), toZone(a[1].Int(), zone(c)))
		})},
		{src: "age(timestamp without time zone)", scalar: dtItv(func(c *expr.Ctx, a []types.Datum) (types.Interval, error) { return types.Age(midnight(c), a[0].Int()) })},
		{src: "age(timestamp with time zone)", scalar: dtItv(func(c *expr.Ctx, a []types.Datum) (types.Interval, error) {
			return types.Age(midnight(c), toZone(a[0].Int(), zone(c)))
		})},
		{src: "timestamp_bin", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
			return types.DateBin(a[0].Interval(), a[1].Int(), a[2].Int())
		})},
		{src: "timestamptz_bin", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
			return types.DateBin(a[0].Interval(), a[1].Int(), a[2].Int())
		})},
		{src: "timestamp_scale", scalar: scaleTo(types.TimestampOID)}, {src: "timestamptz_scale", scalar: scaleTo(types.TimestamptzOID)},
		{src: "time_scale", scalar: scaleTo(types.TimeOID)}, {src: "timetz_scale", scalar: scaleTo(types.TimetzOID)},
		{src: "interval_scale", scalar: scaleTo(types.IntervalOID)},
		{src: "timestamp_trunc", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
			return types.DateTrunc(a[0].Str(), a[1].Int(), types.TimestampOID)
		})},
		{src: "timestamptz_trunc", scalar: dt(func(c *expr.Ctx, a []types.Datum) (int64, error) {
			return types.DateTruncTz(a[0].Str(), a[1].Int(), zone(c))
		})},
		{src: "timestamptz_trunc_zone", scalar: dt(truncInZone)},
		{src: "interval_trunc", scalar: dtItv(func(_ *expr.Ctx, a []types.Datum) (types.Interval, error) {
			return types.DateTruncInterval(a[0].Str(), a[1].Interval())
		})},
		{src: "make_timestamp", scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) { return makeTimestamp(a) })},
		{src: "make_timestamptz", scalar: dt(func(c *expr.Ctx, a []types.Datum) (int64, error) { return makeTimestamptz(a, zone(c)) })},
		{src: "make_timestamptz_at_timezone", scalar: dt(makeInZone)},
		{src: "float8_timestamptz", kernel: try1(floats, ints, timestampOfEpoch)},
	}
	return append(append(cs, zoneCodes()...), extractCodes()...)
}

// truncInZone is date_trunc with a time zone; infinity needs none.
func truncInZone(_ *expr.Ctx, a []types.Datum) (int64, error) {
	if !types.IsFiniteTimestamp(a[1].Int()) {
		return a[1].Int(), nil
	}
	loc, err := types.ParseZone(a[2].Str())
	if err != nil {
		return 0, err
	}
	return types.DateTruncTz(a[0].Str(), a[1].Int(), loc)
}

// makeInZone is make_timestamptz with a time zone.
func makeInZone(_ *expr.Ctx, a []types.Datum) (int64, error) {
	ts, err := makeTimestamp(a)
	if err != nil {
		return 0, err
	}
	loc, err := types.ParseNumericZone(a[6].Str(), ts)
	if err != nil {
		return 0, err
	}
	return types.FromZone(ts, loc)
}

func swapArgs(f scalarFn) scalarFn {
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) { return f(c, []types.Datum{a[1], a[0]}) }
}

// midnight is the start of the current day in the session's zone, as local time.
func midnight(c *expr.Ctx) int64 {
	d := types.TimestamptzToDate(types.NowMicros(c.Env.TransactionTime()), zone(c))
	return d * types.MicrosPerDay
}

func scaleTo(oid types.OID) scalarFn {
	return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		if m := int32(a[1].Int()); (m < -1 || m > 6) && (oid == types.TimestampOID || oid == types.TimestamptzOID) && types.IsFiniteTimestamp(a[0].Int()) {
			return types.Null, pgerr.New(pgerr.InvalidParameterValue, "timestamp(%d) precision must be between %d and %d", m, 0, 6)
		}
		return types.ApplyTypmod(types.T{OID: oid, Mod: int32(a[1].Int())}, a[0], true)
	}
}

func makeTimestamp(a []types.Datum) (int64, error) {
	return types.MakeTimestamp(int(a[0].Int()), int(a[1].Int()), int(a[2].Int()), int(a[3].Int()), int(a[4].Int()), a[5].Float())
}

func makeTimestamptz(a []types.Datum, loc *time.Location) (int64, error) {
	ts, err := makeTimestamp(a)
	if err != nil {
		return 0, err
	}
	return types.FromZone(ts, loc)
}

func timestampOfEpoch(sec float64) (int64, error) {
	switch {
	case math.IsNaN(sec):
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "timestamp cannot be NaN")
	case math.IsInf(sec, 1):
		return types.TimestampInf, nil
	case math.IsInf(sec, -1):
		return types.TimestampNegInf, nil
	case sec < -210866803200 || sec >= 9224318016000:
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "timestamp out of range: \"%s\"", types.AppendFloat(nil, types.Float8OID, sec, 1))
	}
	sec -= float64(types.EpochMicros / types.MicrosPerSecond)
	return int64(math.RoundToEven(sec * types.MicrosPerSecond)), nil
}

// zoneCodes are AT TIME ZONE.
func zoneCodes() []code {
	const present = math.MaxInt64 // an abbreviation's meaning today
	text := func(d types.Datum, local int64) (*time.Location, error) {
		if local == present {
			return types.ParseZone(d.Str())
		}
		return types.ParseZoneAt(d.Str(), local)
	}
	itv := func(d types.Datum, _ int64) (*time.Location, error) { return types.ZoneOfInterval(d.Interval()) }
	var cs []code
	for name, find := range map[string]func(types.Datum, int64) (*time.Location, error){"zone": text, "izone": itv} {
		cs = append(cs,
			code{src: "timestamp_" + name, scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
				if !types.IsFiniteTimestamp(a[1].Int()) {
					return a[1].Int(), nil
				}
				loc, err := find(a[0], a[1].Int())
				if err != nil {
					return 0, err
				}
				return fromZone(a[1].Int(), loc)
			})},
			code{src: "timestamptz_" + name, scalar: dt(func(_ *expr.Ctx, a []types.Datum) (int64, error) {
				if !types.IsFiniteTimestamp(a[1].Int()) {
					return a[1].Int(), nil
				}
				loc, err := find(a[0], present)
				if err != nil {
					return 0, err
				}
				return toZone(a[1].Int(), loc), nil
			})},
			code{src: "timetz_" + name, scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
				loc, err := find(a[0], present)
				if err != nil {
					return types.Null, err
				}
				v, _ := a[1].Ref().(types.TimeTZ)
				east, _ := types.ZoneOffset(loc, nowMicros(c))
				return types.NewRef(v.InZone(east)), nil
			}})
	}
	return cs
}

func nowMicros(c *expr.Ctx) int64 {
	if c == nil || c.Env == nil {
		return 0
	}
	return types.NowMicros(c.Env.TransactionTime())
}

// extractCodes are extract (numeric) and date_part (double precision).
func extractCodes() []code {
	var cs []code
	for name, oid := range map[string]types.OID{"date": types.DateOID, "time": types.TimeOID, "timetz": types.TimetzOID,
		"timestamp": types.TimestampOID, "timestamptz": types.TimestamptzOID, "interval": types.IntervalOID} {
		extract := func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			n, ok, err := types.Extract(a[0].Str(), oid, a[1], zone(c))
			if err != nil || !ok {
				return types.Null, err
			}
			return types.NewNum(n), nil
		}
		part := func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			d, err := extract(c, a)
			if err != nil || d.IsNull() {
				return d, err
			}
			f, err := d.Num().Float()
			return types.NewFloat(f), err
		}
		cs = append(cs, code{src: "extract_" + name, scalar: extract}, code{src: name + "_part", scalar: part})
		if name == "date" {
			cs = append(cs, code{src: "date_part(text,date)", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
				ts, err := types.DateToTimestamp(a[1].Int())
				if err != nil {
					return types.Null, err
				}
				n, ok, err := types.Extract(a[0].Str(), types.TimestampOID, types.NewInt(ts), nil)
				if err != nil || !ok {
					return types.Null, err
				}
				f, err := n.Float()
				return types.NewFloat(f), err
			}})
		}
	}
	return cs
}

// crossDateCodes compare dates, timestamps and timestamptzs with each other: to the earlier type's local time.
func crossDateCodes() []code {
	dateTs := func(_ *expr.Ctx, d, ts int64) int { return types.CompareDateTimestamp(d, ts) }
	dateTz := func(c *expr.Ctx, d, ts int64) int { return types.CompareDateTimestamp(d, toZone(ts, zone(c))) }
	tsTz := func(c *expr.Ctx, local, ts int64) int {
		v, err := fromZone(local, zone(c))
		if err != nil {
			return cmp.Compare(local, ts)
		}
		return cmp.Compare(v, ts)
	}
	var cs []code
	for _, p := range []struct {
		a, b string
		f    func(c *expr.Ctx, a, b int64) int
	}{{"date", "timestamp", dateTs}, {"date", "timestamptz", dateTz}, {"timestamp", "timestamptz", tsTz}} {
		for _, r := range relations {
			forward := func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
				return types.NewBool(r.rel.holds(p.f(c, a[0].Int(), a[1].Int()))), nil
			}
			backward := func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
				return types.NewBool(r.rel.holds(-p.f(c, a[1].Int(), a[0].Int()))), nil
			}
			cs = append(cs, code{src: p.a + "_" + r.suffix + "_" + p.b, scalar: forward},
				code{src: p.b + "_" + r.suffix + "_" + p.a, scalar: backward})
		}
		cs = append(cs, code{src: p.a + "_cmp_" + p.b, scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(p.f(c, a[0].Int(), a[1].Int()))), nil
		}}, code{src: p.b + "_cmp_" + p.a, scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(-p.f(c, a[1].Int(), a[0].Int()))), nil
		}})
	}
	return cs
}

// holds tells the relation from a three-way comparison.
func (r relation) holds(d int) bool {
	if r.eq {
		return (d == 0) != r.neg
	}
	if r.swap {
		d = -d
	}
	return (d < 0) != r.neg
}
