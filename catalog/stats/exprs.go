package stats

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// Values computes the expressions of a table's statistics objects, one object after the other, for a batch of all columns.
type Values func(b *vec.Batch) ([]*vec.Vector, error)

// Compile makes Values of expressions, by object, over the columns of bind.Row(t): column i of the table is ColID i+1.
func Compile(objects [][]expr.Expr, c *expr.Ctx) (Values, error) {
	var progs []*expr.Prog
	for _, es := range objects {
		for _, e := range es {
			p, err := expr.Compile(expr.Rewrite(e, func(x expr.Expr) expr.Expr {
				if v, ok := x.(*expr.Var); ok {
					return &expr.Col{Idx: int(v.ID) - 1, T: v.T, Name: v.Name}
				}
				return x
			}))
			if err != nil {
				return nil, err
			}
			progs = append(progs, p)
		}
	}
	return func(b *vec.Batch) ([]*vec.Vector, error) {
		out := make([]*vec.Vector, len(progs))
		for i, p := range progs {
			v, err := p.EvalFull(c, b)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	}, nil
}
