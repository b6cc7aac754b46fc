package builtins

import (
	"math"

	"github.com/lightsql/lightsql/sql/builtins/datefmt"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func toTimestampCodes() []code {
	return []code{
		{src: "to_timestamp", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			t, err := datefmt.Read(a[0].Str(), datefmt.Parse(a[1].Str()))
			if err != nil {
				return types.Null, err
			}
			ts, err := localTimestamp(t)
			if err != nil {
				return types.Null, err
			}
			if t.HasZone {
				ts -= int64(t.East) * types.MicrosPerSecond
			} else if ts, err = types.FromZone(ts, zone(c)); err != nil {
				return types.Null, err
			}
			return types.NewInt(roundTo(t.Precision, ts)), nil
		}},
		{src: "to_date", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			t, err := datefmt.Read(a[0].Str(), datefmt.Parse(a[1].Str()))
			if err != nil {
				return types.Null, err
			}
			if days := dateOf(t); types.ValidDate(days) {
				return types.NewInt(days), nil
			}
			return types.Null, pgerr.New(pgerr.DatetimeValueOutOfRange, "date out of range: \"%s\"", a[0].Str())
		}},
	}
}

// dateOf is the day since 2000-01-01.
func dateOf(t *datefmt.Time) int64 { return int64(t.Julian() - 2451545) }

// localTimestamp is a time without its zone.
func localTimestamp(t *datefmt.Time) (int64, error) {
	days := dateOf(t)
	if !types.ValidDate(days) || days > math.MaxInt64/types.MicrosPerDay {
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "timestamp out of range")
	}
	return days*types.MicrosPerDay + int64(t.Hour*3600+t.Minute*60+t.Second)*types.MicrosPerSecond + int64(t.Microsecond), nil
}

// roundTo keeps some digits of the second; 0 is all.
func roundTo(precision int, ts int64) int64 {
	if precision == 0 {
		return ts
	}
	d, _ := types.ApplyTypmod(types.T{OID: types.TimestampOID, Mod: int32(precision)}, types.NewInt(ts), true)
	return d.Int()
}
