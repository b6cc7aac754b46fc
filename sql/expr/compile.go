package expr

import (
	"fmt"
	"slices"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// compiler turns expressions into nodes. caseArgs are the enclosing values that a CaseArg stands for, innermost last.
type compiler struct {
	caseArgs []*slotNode
	cols     []int
}

func kindOf(e Expr) types.Kind { return types.KindOf(e.Type().OID) }

func (cp *compiler) list(es []Expr) ([]node, error) {
	ns := make([]node, len(es))
	for i, e := range es {
		if e == nil {
			continue
		}
		n, err := cp.compile(e)
		if err != nil {
			return nil, err
		}
		ns[i] = n
	}
	return ns, nil
}

func (cp *compiler) compile(e Expr) (node, error) {
	switch e := e.(type) {
	case *Const:
		return newConstNode(kindOf(e), e.D), nil
	case *Param:
		return &paramNode{n: e.N, out: constVector(kindOf(e))}, nil
	case *ExecParam:
		return &execParamNode{slot: e.Slot, out: constVector(kindOf(e))}, nil
	case *Col:
		if !slices.Contains(cp.cols, e.Idx) {
			cp.cols = append(cp.cols, e.Idx)
		}
		return &colNode{idx: e.Idx, name: e.Name}, nil
	case *CaseArg:
		if len(cp.caseArgs) == 0 {
			return nil, internalError("CASE argument outside of CASE")
		}
		return cp.caseArgs[len(cp.caseArgs)-1], nil
	case *Relabel:
		return cp.relabel(e)
	case *Collate:
		return cp.compile(e.Arg)
	case *Call:
		return cp.call(e)
	case *SessionValue:
		return cp.call(&Call{Fn: e.Fn, Args: e.Args, T: e.T})
	case *CoerceIO:
		return cp.coerceIO(e)
	case *CoerceArray:
		return cp.coerceArray(e)
	}
	return cp.boolean(e)
}

// relabel is nothing to do, but for int4 and the unsigned types of the same width: their values differ in memory.
func (cp *compiler) relabel(e *Relabel) (node, error) {
	arg, err := cp.compile(e.Arg)
	from, to := e.Arg.Type().OID, e.T.OID
	if err != nil || kindOf(e) != types.KindInt || (from == types.Int4OID) == (to == types.Int4OID) {
		return arg, err
	}
	wrap := func(_ *Ctx, args []*vec.Vector, sel []int32, n int, out *vec.Vector) error {
		in := args[0].Int
		for i := range out.Int[:min(n, len(in))] {
			if to == types.Int4OID {
				out.Int[i] = int64(int32(in[i]))
			} else {
				out.Int[i] = int64(uint32(in[i]))
			}
		}
		return nil
	}
	return newCallNode(&Func{Name: "relabel", Strict: true, Kernel: wrap}, []node{arg}, types.KindInt), nil
}

func (cp *compiler) boolean(e Expr) (node, error) {
	switch e := e.(type) {
	case *And:
		args, err := cp.list(e.Args)
		return &andNode{args: args}, err
	case *Or:
		args, err := cp.list(e.Args)
		return &orNode{args: args}, err
	case *Not:
		arg, err := cp.compile(e.Arg)
		return &notNode{arg: arg}, err
	case *IsNull:
		arg, err := cp.compile(e.Arg)
		return &isNullNode{arg: arg, not: e.Not, row: e.Row}, err
	case *BoolTest:
		arg, err := cp.compile(e.Arg)
		return &boolTestNode{arg: arg, kind: e.Kind}, err
	case *Distinct:
		return cp.distinct(e)
	case *ScalarArray:
		return cp.scalarArray(e)
	case *RowCompare:
		return cp.rowCompare(e)
	case *Case:
		return cp.caseExpr(e)
	case *Coalesce:
		args, err := cp.list(e.Args)
		return &coalesceNode{args: args, out: vec.Vector{Kind: kindOf(e)}}, err
	case *NullIf:
		return cp.nullIf(e)
	case *MinMax:
		args, err := cp.list(e.Args)
		return &minMaxNode{args: args, greatest: e.Greatest, t: e.T.OID, out: vec.Vector{Kind: kindOf(e)}}, err
	}
	return cp.constructor(e)
}

func (cp *compiler) constructor(e Expr) (node, error) {
	switch e := e.(type) {
	case *Array:
		elems, err := cp.list(e.Elems)
		elem := types.ElemOf(e.T.OID)
		return &arrayNode{elems: elems, elem: elem, multi: e.Multi, out: vec.Vector{Kind: types.KindRef}}, err
	case *Row:
		elems, err := cp.list(e.Elems)
		ts := make([]types.T, len(e.Elems))
		for i, x := range e.Elems {
			ts[i] = x.Type()
		}
		return &rowNode{elems: elems, names: e.Names, types: ts, out: vec.Vector{Kind: types.KindRef}}, err
	case *Field:
		arg, err := cp.compile(e.Arg)
		return &fieldNode{arg: arg, idx: e.Idx, out: vec.Vector{Kind: kindOf(e)}}, err
	case *Subscript:
		return cp.subscript(e)
	case *SubPlan:
		return cp.subPlan(e)
	case *Var:
		return nil, internalError(fmt.Sprintf("column %q was not resolved to an input", e.Name))
	case *Subquery:
		return nil, internalError("subquery was not planned")
	case *AggCall, *WindowCall:
		return nil, internalError("aggregate or window function outside of its operator")
	}
	return nil, internalError(fmt.Sprintf("unrecognized expression %T", e))
}

func internalError(msg string) error { return pgerr.New(pgerr.InternalError, "%s", msg) }

func constVector(k types.Kind) vec.Vector {
	v := vec.Vector{Kind: k}
	v.Clear(1)
	v.Const = true
	return v
}

// call compiles a function call: its arguments are evaluated under the same selection.
func (cp *compiler) call(e *Call) (node, error) {
	args, err := cp.list(e.Args)
	if err != nil {
		return nil, err
	}
	spread := e.VariadicArray && e.Fn.Variadic && len(e.Fn.Args) > 0 && e.Fn.Args[len(e.Fn.Args)-1] == types.AnyOID
	fn := e.Fn
	var rebind func() *Func
	if fn.Bind != nil {
		ts := make([]types.T, len(e.Args))
		for i, a := range e.Args {
			ts[i] = a.Type()
		}
		if spread {
			ts[len(ts)-1] = types.Of(types.ElemOf(ts[len(ts)-1].OID))
		}
		rebind = func() *Func { return e.Fn.Bound(ts, e.T) }
		fn = rebind()
	}
	if fn.Kernel == nil && fn.Scalar == nil {
		if e.Fn.RetSet {
			return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "set-valued function called in context that cannot accept a set")
		}
		return nil, pgerr.FeatureNotSupported("function " + e.Fn.Name)
	}
	x := newCallNode(fn, args, kindOf(e))
	x.spread = spread
	x.rebind = rebind
	x.alone = aloneFunc(fn) || fn.Volatility == Stable && pureArgs(e)
	return x, nil
}

// callOn compiles fn over two expressions, for the forms that hold a bare function.
func (cp *compiler) callOn(fn *Func, l, r Expr) (node, error) {
	return cp.call(&Call{Fn: fn, Args: []Expr{l, r}, T: boolType})
}
