package builtins

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// OperatorMatch is a resolved operator: the operands are converted to Left and Right.
type OperatorMatch struct {
	Op          *Operator
	Fn          *expr.Func
	Left, Right types.OID // Left is 0 for a prefix operator
	Ret         types.OID
}

// ResolveOperator chooses the operator for operands of these types; left is 0 for a prefix operator.
func ResolveOperator(name string, left, right types.OID) (OperatorMatch, error) {
	left, right = types.BaseOf(left), types.BaseOf(right)
	op, err := chooseOperator(name, left, right)
	if err != nil {
		return OperatorMatch{}, err
	}
	m := OperatorMatch{Op: op, Fn: op.Fn}
	if op.Left == 0 {
		args, ret, err := resolvePolymorphic([]types.OID{right}, []types.OID{op.Right}, op.Ret)
		if err != nil {
			return m, err
		}
		m.Right, m.Ret = args[0], ret
		return m, nil
	}
	args, ret, err := resolvePolymorphic([]types.OID{left, right}, []types.OID{op.Left, op.Right}, op.Ret)
	if err != nil {
		return m, err
	}
	m.Left, m.Right, m.Ret = args[0], args[1], ret
	return m, nil
}

func chooseOperator(name string, left, right types.OID) (*Operator, error) {
	ops := Operators(name)
	if left == 0 {
		if op, ok := OperatorExact(name, 0, right); ok {
			return op, nil
		}
		return pickOperator(name, ops, 0, []types.OID{right})
	}
	// An unknown literal is first taken to be of the other side's type.
	l, r := left, right
	if l == types.UnknownOID {
		l = right
	} else if r == types.UnknownOID {
		r = left
	}
	if l != types.UnknownOID {
		if op, ok := OperatorExact(name, l, r); ok {
			return op, nil
		}
	}
	return pickOperator(name, ops, left, []types.OID{left, right})
}

func pickOperator(name string, ops []*Operator, left types.OID, in []types.OID) (*Operator, error) {
	var cands []candidate
	for _, op := range ops {
		switch {
		case left == 0 && op.Left == 0:
			cands = append(cands, candidate{args: []types.OID{op.Right}, op: op})
		case left != 0 && op.Left != 0:
			cands = append(cands, candidate{args: []types.OID{op.Left, op.Right}, op: op})
		}
	}
	matching := matchArgTypes(in, cands)
	if len(matching) == 0 {
		return nil, pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s", operatorText(name, left, in)).
			WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
	}
	if len(matching) == 1 {
		return matching[0].op, nil
	}
	if best, ok := selectCandidate(in, matching); ok {
		return best.op, nil
	}
	return nil, pgerr.New(pgerr.AmbiguousFunction, "operator is not unique: %s", operatorText(name, left, in)).
		WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
}

func operatorText(name string, left types.OID, in []types.OID) string {
	if left == 0 {
		return name + " " + typeName(in[0])
	}
	return typeName(in[0]) + " " + name + " " + typeName(in[1])
}
