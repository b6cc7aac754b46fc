package builtins

import (
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// overlaps is (s1, e1) OVERLAPS (s2, e2): periods are half-open, their ends may come in any order, and NULL in one end of a
// period is unknown only where it matters.
func overlaps(t types.OID, s1, e1, s2, e2 types.Datum) types.Datum {
	order := func(s, e types.Datum) (types.Datum, types.Datum, bool) {
		switch {
		case s.IsNull():
			return e, s, !e.IsNull()
		case !e.IsNull() && types.Compare(t, s, e) > 0:
			return e, s, true
		}
		return s, e, true
	}
	s1, e1, ok1 := order(s1, e1)
	s2, e2, ok2 := order(s2, e2)
	if !ok1 || !ok2 {
		return types.Null
	}
	later, laterEnd, earlierEnd := s1, e1, e2
	switch c := types.Compare(t, s1, s2); {
	case c == 0:
		if e1.IsNull() || e2.IsNull() {
			return types.Null
		}
		return types.NewBool(true)
	case c < 0:
		later, laterEnd, earlierEnd = s2, e2, e1
	}
	if earlierEnd.IsNull() {
		return types.Null
	}
	if types.Compare(t, later, earlierEnd) < 0 {
		return types.NewBool(true)
	}
	if laterEnd.IsNull() {
		return types.Null
	}
	return types.NewBool(false)
}

func overlapsCodes() []code {
	var cs []code
	for _, k := range []struct {
		src string
		t   types.OID
	}{{"overlaps_timestamp", types.TimestampOID}, {"overlaps_time", types.TimeOID}, {"overlaps_timetz", types.TimetzOID}} {
		cs = append(cs, code{src: k.src, scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return overlaps(k.t, a[0], a[1], a[2], a[3]), nil
		}})
	}
	for _, k := range []struct {
		name string
		t    types.OID
		add  func(c *expr.Ctx, v int64, i types.Interval) (int64, error)
	}{
		{"timestamp with time zone", types.TimestamptzOID, func(c *expr.Ctx, v int64, i types.Interval) (int64, error) {
			return types.TimestamptzAdd(v, i, zone(c))
		}},
		{"timestamp without time zone", types.TimestampOID, func(_ *expr.Ctx, v int64, i types.Interval) (int64, error) { return types.TimestampAdd(v, i) }},
		{"time without time zone", types.TimeOID, func(_ *expr.Ctx, v int64, i types.Interval) (int64, error) { return types.TimeAdd(v, i), nil }},
	} {
		for _, shape := range [][]bool{{true, true}, {false, true}, {true, false}} { // which ends are intervals
			args := []string{k.name, k.name, k.name, k.name}
			for p, itv := range shape {
				if itv {
					args[2*p+1] = "interval"
				}
			}
			cs = append(cs, code{src: "overlaps(" + strings.Join(args, ",") + ")", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
				ends := [2]types.Datum{a[1], a[3]}
				for p, itv := range shape {
					if !itv || ends[p].IsNull() {
						continue
					}
					if a[2*p].IsNull() {
						ends[p] = types.Null
						continue
					}
					v, err := k.add(c, a[2*p].Int(), ends[p].Interval())
					if err != nil {
						return types.Null, err
					}
					ends[p] = types.NewInt(v)
				}
				return overlaps(k.t, a[0], ends[0], a[2], ends[1]), nil
			}})
		}
	}
	return cs
}
