package opt

import (
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// foldDateComparison turns a comparison of a date with a constant timestamp at midnight, as date '…' + interval '…' yields one,
// into one of two dates: it is quicker, and statistics and indexes of dates apply. nil if e is no such thing.
func foldDateComparison(e *expr.Call) expr.Expr {
	if len(e.Args) != 2 || !estimate.IsComparison(e.Op) && e.Op != "<>" {
		return nil
	}
	for i, a := range e.Args {
		c, ok := a.(*expr.Const)
		if !ok || c.T.OID != types.TimestampOID || c.D.IsNull() || e.Args[1-i].Type().OID != types.DateOID {
			continue
		}
		day := types.TimestampToDate(c.D.Int())
		if ts, err := types.DateToTimestamp(day); err != nil || ts != c.D.Int() {
			return nil
		}
		op, ok := builtins.OperatorExact(e.Op, types.DateOID, types.DateOID)
		if !ok {
			return nil
		}
		fn := builtins.FuncByOID(op.Code)
		if fn == nil {
			return nil
		}
		n := *e
		n.Fn = fn
		n.Args = append([]expr.Expr(nil), e.Args...)
		n.Args[i] = &expr.Const{T: types.Of(types.DateOID), D: types.NewInt(day)}
		return &n
	}
	return nil
}
