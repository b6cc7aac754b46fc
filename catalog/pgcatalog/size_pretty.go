package pgcatalog

import "github.com/lightsql/lightsql/sql/types"

// sizeUnit is a unit of pg_size_pretty: used while the number is below limit. Units from kB on are counted in halves, to
// be rounded at the end.
type sizeUnit struct {
	name   string
	limit  int64
	halves bool
	bits   int
}

var sizeUnits = []sizeUnit{
	{"bytes", 10 * 1024, false, 0}, {"kB", 20*1024 - 1, true, 10}, {"MB", 20*1024 - 1, true, 20}, {"GB", 20*1024 - 1, true, 30},
	{"TB", 20*1024 - 1, true, 40}, {"PB", 20*1024 - 1, true, 50},
}

// prettySize is pg_size_pretty.
func prettySize(n types.Numeric) (string, error) {
	one, two := types.NumericFromInt(1), types.NumericFromInt(2)
	for i, u := range sizeUnits {
		if i == len(sizeUnits)-1 || n.Abs().Cmp(types.NumericFromInt(u.limit)) < 0 {
			if u.halves {
				away := one // half away from zero
				if n.Sign() < 0 {
					away = one.Neg()
				}
				var err error
				if n, err = n.Add(away); err != nil {
					return "", err
				}
				if n, err = n.DivTrunc(two); err != nil {
					return "", err
				}
			}
			return n.String() + " " + u.name, nil
		}
		bits := sizeUnits[i+1].bits - u.bits
		if sizeUnits[i+1].halves {
			bits--
		}
		if u.halves {
			bits++
		}
		var err error
		if n, err = n.DivTrunc(types.NumericFromInt(1 << bits)); err != nil {
			return "", err
		}
	}
	return "", nil
}

func sizePretty(x *call) (types.Datum, error) {
	n := x.args[0].Num()
	if x.args[0].Kind() == types.KindInt {
		n = types.NumericFromInt(x.args[0].Int())
	}
	text, err := prettySize(n)
	return str(text), err
}
