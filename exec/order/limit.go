package order

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/vec"
)

// limits evaluates LIMIT and OFFSET: limit is -1 for no limit.
func limits(ctx *exec.Ctx, limit, offset expr.Expr) (l, o int64, err error) {
	l = -1
	if offset != nil {
		v, null, err := ctx.Int(offset)
		if err != nil {
			return 0, 0, err
		}
		if !null && v < 0 {
			return 0, 0, pgerr.New(pgerr.InvalidRowCountInResultOffsetClause, "OFFSET must not be negative")
		}
		if !null {
			o = v
		}
	}
	if limit != nil {
		v, null, err := ctx.Int(limit)
		if err != nil {
			return 0, 0, err
		}
		if !null && v < 0 {
			return 0, 0, pgerr.New(pgerr.InvalidRowCountInLimitClause, "LIMIT must not be negative")
		}
		if !null {
			l = v
		}
	}
	return l, o, nil
}

// Limit passes on the rows after the first Offset, at most Limit of them, or some more that tie with the last.
type Limit struct {
	ctx   *exec.Ctx
	node  *plan.Limit
	input exec.Operator
	ties  []Key

	skip, left int64 // left is -1 for no limit
	out        vec.Batch
	rows       exec.Identity
	last       *vec.Batch // WITH TIES: the last row within the limit
	ended      bool
}

// NewLimit is the operator of n.
func NewLimit(ctx *exec.Ctx, n *plan.Limit, input exec.Operator) *Limit {
	l := &Limit{ctx: ctx, node: n, input: input, ties: Keys(n.WithTies)}
	if len(l.ties) > 0 {
		l.last = vec.NewBatch(vec.Kinds(n.Input.Types()), 1)
	}
	return l
}

// Open implements exec.Operator.
func (l *Limit) Open(ctx context.Context) error {
	var err error
	l.left, l.skip, err = limits(l.ctx, l.node.Limit, l.node.Offset)
	if err != nil {
		return err
	}
	l.ended = false
	if wanted := l.left + l.skip; l.left >= 0 && len(l.ties) == 0 && wanted > 0 {
		exec.HintRows(l.input, wanted)
	} else {
		exec.HintRows(l.input, 0)
	}
	return l.input.Open(ctx)
}

// Next implements exec.Operator.
func (l *Limit) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if l.ended || l.left == 0 {
			return nil, nil
		}
		b, err := l.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Rows() == 0 {
			l.ended = true
			return nil, nil
		}
		n := int64(b.Rows())
		if n <= l.skip {
			l.skip -= n
			continue
		}
		from := int(l.skip)
		l.skip = 0
		to := int(n)
		if l.left >= 0 && int64(to-from) > l.left {
			to = from + int(l.left)
		}
		if len(l.ties) > 0 && l.left != -1 {
			to = l.withTies(b, from, to)
		} else if l.left >= 0 {
			l.left -= int64(to - from)
		}
		if from == 0 && to == int(n) {
			return b, nil
		}
		if from < to {
			return l.part(b, from, to), nil
		}
	}
}

// part is the rows from ≤ k < to of those of b that count.
func (l *Limit) part(b *vec.Batch, from, to int) *vec.Batch {
	l.out.Cols, l.out.Len = b.Cols, b.Len
	if b.Sel != nil {
		l.out.Sel = b.Sel[from:to]
		return &l.out
	}
	l.out.Sel = l.rows.Rows(nil, to)[from:to]
	return &l.out
}

// tiesOnly is the state of left after the limit is used up but ties may follow.
const tiesOnly = -2

// withTies moves to beyond the limit as long as rows tie with the last row within it.
func (l *Limit) withTies(b *vec.Batch, from, to int) int {
	if l.left == tiesOnly {
		to = from
	} else {
		l.left -= int64(to - from)
		if l.left > 0 {
			return to
		}
		l.last.Reset()
		l.last.AppendFrom(b, b.Row(to-1))
		l.left = tiesOnly
	}
	for n := b.Rows(); to < n; to++ {
		if Compare(l.ties, b, b.Row(to), l.last, 0) != 0 {
			l.ended = true
			return to
		}
	}
	return to
}

// Close implements exec.Operator.
func (l *Limit) Close() error { return l.input.Close() }
