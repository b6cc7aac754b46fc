package plpgsql

import (
	"math"
	"testing"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// TestInteger computes operators of whole numbers, and leaves to the general way what has an error or may have one.
func TestInteger(t *testing.T) {
	call := func(oid types.OID) scalar {
		int8 := types.Of(types.Int8OID)
		return scalarOf(&expr.Call{Fn: &expr.Func{OID: oid}, T: int8, Args: []expr.Expr{&expr.Param{N: 1, T: int8}, &expr.Param{N: 2, T: int8}}})
	}
	for _, c := range []struct {
		oid        types.OID
		a, b, want int64
		ok         bool
	}{
		{177, 1, 2, 3, true}, {177, math.MaxInt32, 1, 0, false}, {181, math.MinInt32, 1, 0, false}, {141, 1 << 20, 1 << 20, 0, false},
		{154, -7, 2, -3, true}, {154, 7, 0, 0, false}, {156, -7, 3, -1, true}, {154, math.MinInt32, -1, 0, false},
		{463, math.MaxInt64, 1, 0, false}, {463, 1 << 40, 1, 1<<40 + 1, true}, {464, math.MinInt64, 1, 0, false},
	} {
		d, ok := call(c.oid)([]types.Datum{types.NewInt(c.a), types.NewInt(c.b)})
		if ok != c.ok || ok && d.Int() != c.want {
			t.Errorf("function %d of %d and %d: %d, %v", c.oid, c.a, c.b, d.Int(), ok)
		}
	}
	if d, ok := call(177)([]types.Datum{types.NewInt(1), types.Null}); !ok || !d.IsNull() {
		t.Error("1 + NULL is not NULL")
	}
	if d, ok := call(66)([]types.Datum{types.NewInt(1), types.NewInt(2)}); !ok || !d.Bool() {
		t.Error("1 < 2 is not true")
	}
}
