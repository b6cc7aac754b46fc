package exec

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Scalar is an expression without columns that is evaluated once for each execution or rescan: a bound of an index scan, an
// argument. It keeps the compiled program; leaves need none.
type Scalar struct {
	e expr.Expr
	p *expr.Prog
}

// NewScalar prepares e; nil gives a Scalar of NULL.
func NewScalar(e expr.Expr) (Scalar, error) {
	switch e.(type) {
	case nil, *expr.Const, *expr.Param, *expr.ExecParam:
		return Scalar{e: e}, nil
	}
	p, err := expr.Compile(e)
	return Scalar{e: e, p: p}, err
}

// NewScalars prepares a list.
func NewScalars(es []expr.Expr) ([]Scalar, error) {
	out := make([]Scalar, len(es))
	for i, e := range es {
		s, err := NewScalar(e)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

// Value computes the expression.
func (s *Scalar) Value(c *expr.Ctx) (types.Datum, error) {
	if s.p != nil {
		return s.p.Value(c)
	}
	if s.e == nil {
		return types.Null, nil
	}
	return expr.EvalRow(c, s.e)
}
