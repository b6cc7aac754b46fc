package session

import (
	"errors"
	"strings"
	"testing"

	objaddr "github.com/lightsql/lightsql/catalog/address"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/catalog/server"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// withoutCodeMax is how many functions of supported types may be without code. It may only shrink.
const withoutCodeMax = 216

// TestFunctionsWithoutCode counts the functions of pg_proc that answer 0A000, by reason: one of their types is not supported, or they are for C code only
// (internal, handlers, text search, transition functions), or nothing of that.
func TestFunctionsWithoutCode(t *testing.T) {
	all, unsupported, internal := 0, 0, 0
	var missing []string
	for _, p := range builtins.Procs() {
		all++
		_, ofSession := sessionFunction(p.OID)
		_, ofCatalog := pgcatalog.Function(p.OID)
		_, ofAddress := objaddr.Function(p.OID)
		_, ofServer := server.Function(p.OID)
		if builtins.HasCode(p) || p.Kind == 'w' || ofSession || ofCatalog || ofServer || ofAddress {
			continue
		}
		switch reason(append([]types.OID{p.Ret}, p.Args...)) {
		case 'u':
			unsupported++
		case 'i':
			internal++
		default:
			missing = append(missing, p.Name)
		}
	}
	t.Logf("of %d functions %d have no code for a type that is not supported, %d are internal, %d are missing: %v", all, unsupported, internal, len(missing), missing)
	if len(missing) > withoutCodeMax {
		t.Errorf("%d functions are without code, more than %d", len(missing), withoutCodeMax)
	}
}

// reason is u if one of the types is not supported, i if one is internal, else 0.
func reason(ts []types.OID) byte {
	for _, oid := range ts {
		if elem := types.ElemOf(oid); elem != 0 {
			oid = elem
		}
		var e *pgerr.Error
		ti, ok := types.Info(oid)
		switch {
		case !ok || ti.IsPseudo() && !types.IsPolymorphic(oid) && oid != types.AnyOID && oid != types.VoidOID && oid != types.RecordOID:
			return 'i'
		case strings.Contains(ti.Name, "range"):
			return 'u'
		case ti.IsPseudo():
		default:
			if _, err := types.Parse(types.Of(oid), "", nil); errors.As(err, &e) && e.Code == pgerr.CodeFeatureNotSupported {
				return 'u'
			}
		}
	}
	return 0
}
