package exec

import (
	"strings"

	"github.com/lightsql/lightsql/sql/types"
)

func compareDatums(t types.OID, a, b types.Datum) int {
	return strings.Compare(a.Str(), b.Str())
}

func hashDatum(t types.OID, d types.Datum) uint64 { return 1 }
