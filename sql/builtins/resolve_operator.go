package builtins

import (
	"slices"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// OperatorCall is an operator as it is written.
type OperatorCall struct {
	Name        string
	Left, Right types.OID // types of the operands; Left 0: a prefix operator
	// Earlier and Later are operators of the catalog to choose from, in the order of the search path: those before and after pg_catalog.
	Earlier, Later []*Operator
	// Foreign: the operator is looked for in a schema other than pg_catalog, so that only Later counts.
	Foreign  bool
	Resolver Resolver
}

// OperatorMatch is a resolved operator: the operands are converted to Left and Right.
type OperatorMatch struct {
	Op          *Operator
	Fn          *expr.Func
	Left, Right types.OID // Left is 0 for a prefix operator
	Ret         types.OID
}

// ResolveOperator chooses among the built-in operators for operands of these types; left is 0 for a prefix operator.
func ResolveOperator(name string, left, right types.OID) (OperatorMatch, error) {
	return OperatorCall{Name: name, Left: left, Right: right}.Resolve()
}

// Resolve chooses the operator.
func (c OperatorCall) Resolve() (OperatorMatch, error) {
	c.Left, c.Right = types.Undomained(c.Left), types.Undomained(c.Right)
	op, err := c.choose()
	if err != nil {
		return OperatorMatch{}, err
	}
	m := OperatorMatch{Op: op, Fn: op.Fn}
	actual, declared := []types.OID{c.Right}, []types.OID{op.Right}
	if op.Left != 0 {
		actual, declared = []types.OID{c.Left, c.Right}, []types.OID{op.Left, op.Right}
	}
	args, ret, err := c.Resolver.resolvePolymorphic(actual, declared, op.Ret)
	if err != nil {
		return m, err
	}
	if m.Right, m.Ret = args[len(args)-1], ret; op.Left != 0 {
		m.Left = args[0]
	}
	return m, nil
}

// all are the operators to choose from; of equal ones that of the earlier schema counts.
func (c OperatorCall) all() []*Operator {
	if c.Earlier == nil && c.Later == nil && !c.Foreign {
		return Operators(c.Name)
	}
	var out []*Operator
	add := func(ops []*Operator) {
		for _, op := range ops {
			if !slices.ContainsFunc(out, func(o *Operator) bool { return o.Left == op.Left && o.Right == op.Right }) {
				out = append(out, op)
			}
		}
	}
	add(c.Earlier)
	if !c.Foreign {
		add(Operators(c.Name))
	}
	add(c.Later)
	return out
}

func (c OperatorCall) choose() (*Operator, error) {
	ops := c.all()
	exact := func(l, r types.OID) *Operator {
		for _, o := range ops {
			if o.Left == l && o.Right == r {
				return o
			}
		}
		return nil
	}
	if c.Left == 0 {
		if op := exact(0, c.Right); op != nil {
			return op, nil
		}
		return c.pick(ops, []types.OID{c.Right})
	}
	// An unknown literal is first taken to be of the other side's type.
	l, r := c.Left, c.Right
	if l == types.UnknownOID {
		l = r
	} else if r == types.UnknownOID {
		r = l
	}
	if l != types.UnknownOID {
		if op := exact(l, r); op != nil {
			return op, nil
		}
	}
	return c.pick(ops, []types.OID{c.Left, c.Right})
}

func (c OperatorCall) pick(ops []*Operator, in []types.OID) (*Operator, error) {
	var cands []candidate
	for _, op := range ops {
		switch {
		case c.Left == 0 && op.Left == 0:
			cands = append(cands, candidate{args: []types.OID{op.Right}, op: op})
		case c.Left != 0 && op.Left != 0:
			cands = append(cands, candidate{args: []types.OID{op.Left, op.Right}, op: op})
		}
	}
	matching := c.Resolver.matchArgTypes(in, cands)
	if len(matching) == 0 {
		return nil, pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s", operatorText(c.Name, c.Left, in)).
			WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
	}
	if len(matching) == 1 {
		return matching[0].op, nil
	}
	if best, ok := c.Resolver.selectCandidate(in, matching); ok {
		return best.op, nil
	}
	return nil, pgerr.New(pgerr.AmbiguousFunction, "operator is not unique: %s", operatorText(c.Name, c.Left, in)).
		WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
}

func operatorText(name string, left types.OID, in []types.OID) string {
	if left == 0 {
		return name + " " + typeName(in[0])
	}
	return typeName(in[0]) + " " + name + " " + typeName(in[1])
}
