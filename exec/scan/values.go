package scan

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/vec"
)

// Values computes lists of expressions.
type Values struct {
	ctx   *exec.Ctx
	node  *plan.Values
	rows  [][]exec.Scalar
	at    int
	batch *vec.Batch
}

// NewValues is the operator of n.
func NewValues(ctx *exec.Ctx, n *plan.Values) (*Values, error) {
	v := &Values{ctx: ctx, node: n, rows: make([][]exec.Scalar, len(n.Rows)), batch: vec.NewBatch(vec.Kinds(n.Types()), 0)}
	for i, r := range n.Rows {
		var err error
		if v.rows[i], err = exec.NewScalars(r); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// Open implements exec.Operator.
func (v *Values) Open(context.Context) error {
	v.at = 0
	return nil
}

// Next implements exec.Operator.
func (v *Values) Next(ctx context.Context) (*vec.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v.batch.Reset()
	for limit := v.ctx.Rows(); v.at < len(v.rows) && v.batch.Len < limit; v.at++ {
		row := v.rows[v.at]
		for c := range row {
			d, err := row[c].Value(v.ctx.Expr)
			if err != nil {
				return nil, err
			}
			v.batch.Cols[c].Append(d)
		}
		v.batch.Len++
	}
	return v.batch, nil
}

// Close implements exec.Operator.
func (v *Values) Close() error { return nil }
