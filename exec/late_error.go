package exec

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// FilterBefore is p.Filter of a batch that fails at some row: what passes of the rows before that one, and its error. Who wants no more
// than those does not see it, as if rows were read one by one. A condition that may not be evaluated again has no rows before.
func FilterBefore(c *expr.Ctx, p *expr.Prog, b *vec.Batch, dst []int32) ([]int32, error) {
	sel, err := p.Filter(c, b, dst)
	if err == nil || b.Rows() < 2 || c.Interrupted() != nil || expr.VolatilityOf(p.Expr()) == expr.Volatile {
		return sel, err
	}
	sel = dst
	for k := range b.Rows() {
		one := vec.Batch{Cols: b.Cols, Len: b.Len, Sel: []int32{int32(b.Row(k))}}
		passed, err := p.Filter(c, &one, sel)
		if err != nil {
			return sel, err
		}
		sel = passed
	}
	return sel, nil
}
