package plpgsql

import (
	"math"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// scalar computes an expression of whole numbers and truth values over the frame's variables. ok is false where the general way has to be taken,
// for its error: an overflow, a division by zero.
type scalar func(vals []types.Datum) (d types.Datum, ok bool)

// intOp is an operator of whole numbers by the OID of its function. limit bounds the result; 0: it is a truth value.
type intOp struct {
	op    byte // + - * / % = ! < > l (<=) g (>=)
	limit int64
}

// intOps are the operators of int4 and int8, and of both mixed, by the OIDs of pg_proc.
func intOps(oid types.OID) (intOp, bool) {
	const i4, i8 = math.MaxInt32, math.MaxInt64
	switch oid {
	case 177:
		return intOp{'+', i4}, true
	case 463, 1274, 1278:
		return intOp{'+', i8}, true
	case 181:
		return intOp{'-', i4}, true
	case 464, 1275, 1279:
		return intOp{'-', i8}, true
	case 141:
		return intOp{'*', i4}, true
	case 154:
		return intOp{'/', i4}, true
	case 156, 941:
		return intOp{'%', i4}, true
	case 945, 947:
		return intOp{'%', i8}, true
	case 65, 467, 474, 852:
		return intOp{'=', 0}, true
	case 144, 468, 475, 853:
		return intOp{'!', 0}, true
	case 66, 469, 476, 854:
		return intOp{'<', 0}, true
	case 147, 470, 477, 855:
		return intOp{'>', 0}, true
	case 149, 471, 478, 856:
		return intOp{'l', 0}, true
	case 150, 472, 479, 857:
		return intOp{'g', 0}, true
	}
	return intOp{}, false
}

// scalarOf compiles e, nil if it is more than that.
func scalarOf(e expr.Expr) scalar {
	switch x := e.(type) {
	case *expr.Const:
		return func([]types.Datum) (types.Datum, bool) { return x.D, true }
	case *expr.Param:
		n := x.N - 1
		return func(vals []types.Datum) (types.Datum, bool) { return vals[n], true }
	case *expr.Call:
		return callOf(x)
	case *expr.Not:
		arg := scalarOf(x.Arg)
		if arg == nil {
			return nil
		}
		return func(vals []types.Datum) (types.Datum, bool) {
			d, ok := arg(vals)
			if ok && !d.IsNull() {
				d = types.NewBool(!d.Bool())
			}
			return d, ok
		}
	}
	return nil
}

// callOf compiles a call of an operator of whole numbers or of the cast of int4 to int8.
func callOf(x *expr.Call) scalar {
	if x.Fn.OID == 481 && len(x.Args) == 1 {
		return scalarOf(x.Args[0])
	}
	op, known := intOps(x.Fn.OID)
	if !known || len(x.Args) != 2 {
		return nil
	}
	l, r := scalarOf(x.Args[0]), scalarOf(x.Args[1])
	if l == nil || r == nil {
		return nil
	}
	return func(vals []types.Datum) (types.Datum, bool) {
		a, ok := l(vals)
		if !ok {
			return a, false
		}
		b, ok := r(vals)
		if !ok || a.IsNull() || b.IsNull() {
			return types.Null, ok
		}
		if op.limit == 0 {
			return types.NewBool(compareInts(op.op, a.Int(), b.Int())), true
		}
		return op.compute(a.Int(), b.Int())
	}
}

func compareInts(op byte, a, b int64) bool {
	switch op {
	case '=':
		return a == b
	case '!':
		return a != b
	case '<':
		return a < b
	case '>':
		return a > b
	case 'l':
		return a <= b
	}
	return a >= b
}

// compute gives no result where it would not fit: the operands are small enough for 64 bits to hold it, or it is left to the general way.
func (o intOp) compute(a, b int64) (types.Datum, bool) {
	const small = 1 << 62
	var v int64
	switch o.op {
	case '+', '-':
		if a >= small || a <= -small || b >= small || b <= -small {
			return types.Null, false
		}
		if v = a + b; o.op == '-' {
			v = a - b
		}
	case '*':
		v = a * b // of int4
	default:
		if b == 0 || b == -1 {
			return types.Null, false
		}
		if v = a / b; o.op == '%' {
			v = a % b
		}
	}
	if v > o.limit || v < -o.limit {
		return types.Null, false
	}
	return types.NewInt(v), true
}
