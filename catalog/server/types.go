package server

import (
	"strings"

	"github.com/lightsql/lightsql/sql/types"
)

// typeFunctions name types.
var typeFunctions = map[string]scalar{
	"oidvectortypes": func(x *call) (types.Datum, error) {
		var names []string
		for _, e := range x.args[0].Array().Elems {
			name, ok := x.env.RegName(types.RegTypeOID, types.OID(e.Int()))
			if !ok {
				name = "???"
			}
			names = append(names, name)
		}
		return types.NewStr(strings.Join(names, ", ")), nil
	},
}
