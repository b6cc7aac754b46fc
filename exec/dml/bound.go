package dml

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// bound is a plan.Bound, ready to test rows.
type bound struct {
	partitionKey
	part int
}

// partitionKey finds the partitions of rows.
type partitionKey struct {
	progs  []*expr.Prog
	scheme *partition.Scheme
	cols   []*vec.Vector
	key    []types.Datum
}

func (k *partitionKey) init(keys []expr.Expr, s *partition.Scheme) error {
	var err error
	k.scheme = s
	k.cols, k.key = make([]*vec.Vector, len(keys)), make([]types.Datum, len(keys))
	k.progs, err = expr.CompileAll(keys)
	return err
}

// evaluate computes the keys of the rows of b.
func (k *partitionKey) evaluate(ctx *exec.Ctx, b *vec.Batch) error {
	for i, p := range k.progs {
		v, err := p.EvalFull(ctx.Expr, b)
		if err != nil {
			return err
		}
		k.cols[i] = v
	}
	return nil
}

// find is the partition of a row, -1 if there is none.
func (k *partitionKey) find(row int) int {
	for i, c := range k.cols {
		k.key[i] = c.Datum(row)
	}
	return k.scheme.Find(k.key)
}

func newBounds(bs []plan.Bound) ([]bound, error) {
	var out []bound
	for _, b := range bs {
		k := bound{part: b.Part}
		if err := k.init(b.Keys, b.Scheme); err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

// misplaced calls f with the rows of b, by order, that the bounds exclude.
func misplaced(ctx *exec.Ctx, bounds []bound, b *vec.Batch, f func(i int)) error {
	for n := range bounds {
		k := &bounds[n]
		if err := k.evaluate(ctx, b); err != nil {
			return err
		}
		for i := range b.Rows() {
			if k.find(b.Row(i)) != k.part {
				f(i)
			}
		}
	}
	return nil
}

func (t *target) errBound(b *vec.Batch, row int) error { return errBoundOf(t, t.desc, b, row) }

// errBoundOf is the error of a row of t, by t's columns, that a partition does not take.
func errBoundOf(t *target, part *catalog.Table, b *vec.Batch, row int) error {
	t.ctx.FailedRow = row
	return pgerr.New(pgerr.CheckViolation, "new row for relation %q violates partition constraint", part.Name).
		WithDetail("Failing row contains %s.", t.rowText(b, row)).WithTable(t.ctx.Catalog.Reader.SchemaName(part.Schema), part.Name)
}
