package pgcatalog

import (
	"regexp"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

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

// sizeText is a number with an optional unit.
var sizeText = regexp.MustCompile(`^[ \t-\r]*([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][ \t-\r]*[-+]?[0-9]+)?)[ \t-\r]*(.*?)[ \t-\r]*$`)

// sizeBytes is pg_size_bytes.
func sizeBytes(x *call) (types.Datum, error) {
	text := x.args[0].Str()
	m := sizeText.FindStringSubmatch(text)
	if m == nil {
		return null, pgerr.New(pgerr.InvalidParameterValue, "invalid size: \"%s\"", text)
	}
	n, err := types.ParseNumeric(m[1])
	if err != nil {
		return null, err
	}
	if m[2] != "" {
		bits := -1
		for _, u := range sizeUnits {
			if strings.EqualFold(m[2], u.name) {
				bits = u.bits
			}
		}
		if bits < 0 {
			return null, pgerr.New(pgerr.InvalidParameterValue, "invalid size: \"%s\"", text).WithDetail("Invalid size unit: \"%s\".", m[2]).
				WithHint("Valid units are \"bytes\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".")
		}
		if n, err = n.Mul(types.NumericFromInt(1 << bits)); err != nil {
			return null, err
		}
	}
	v, err := n.Int8()
	return types.NewInt(v), err
}
