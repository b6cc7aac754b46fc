package project

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// NewProjectSet is the operator of n: a stage for each nesting depth of set-returning calls, and a Project on top.
func NewProjectSet(ctx *exec.Ctx, n *plan.ProjectSet, input exec.Operator) (exec.Operator, error) {
	s := splitter{types: n.Input.Types()}
	s.types = s.types[:len(s.types):len(s.types)]
	es := make([]expr.Expr, len(n.Exprs))
	copy(es, n.Exprs)
	for {
		calls := s.innermost(es)
		if len(calls) == 0 {
			return newProject(ctx, es, input)
		}
		stage := &setStage{ctx: ctx, input: input, in: len(s.types)}
		for _, c := range calls {
			sc, err := exec.NewSetCall(c)
			if err != nil {
				return nil, err
			}
			stage.calls = append(stage.calls, sc)
			s.types = append(s.types, c.T)
		}
		stage.srcs = make([]expr.RowSource, len(calls))
		stage.batch = vec.NewBatch(vec.Kinds(s.types), 0)
		es = s.replace(es, calls, stage.in)
		input = stage
	}
}

// splitter takes set-returning calls out of expressions.
type splitter struct{ types []types.T }

// innermost lists the set-returning calls without such calls in their arguments.
func (s *splitter) innermost(es []expr.Expr) []*expr.Call {
	var calls []*expr.Call
	for _, e := range es {
		expr.Walk(e, func(x expr.Expr) bool {
			if c, ok := x.(*expr.Call); ok && c.Fn.RetSet && !nested(c) {
				calls = append(calls, c)
				return false
			}
			return true
		})
	}
	return calls
}

func nested(c *expr.Call) bool {
	found := false
	for _, a := range c.Args {
		expr.Walk(a, func(x expr.Expr) bool {
			if y, ok := x.(*expr.Call); ok && y.Fn.RetSet {
				found = true
			}
			return !found
		})
	}
	return found
}

// replace puts columns from position at on in the place of calls.
func (s *splitter) replace(es []expr.Expr, calls []*expr.Call, at int) []expr.Expr {
	out := make([]expr.Expr, len(es))
	for i, e := range es {
		out[i] = expr.RewriteDown(e, func(x expr.Expr) (expr.Expr, bool) {
			for k, c := range calls {
				if x == expr.Expr(c) {
					return &expr.Col{Idx: at + k, T: c.T, Name: c.Fn.Name}, true
				}
			}
			return nil, false
		})
	}
	return out
}

// setStage adds the results of set-returning calls to its input's rows: a row for each round of the calls.
type setStage struct {
	ctx   *exec.Ctx
	input exec.Operator
	calls []*exec.SetCall
	in    int // input columns
	srcs  []expr.RowSource
	cur   *vec.Batch
	k     int // row of cur, among those that count
	begun bool
	row   []types.Datum
	batch *vec.Batch
}

// Open implements exec.Operator.
func (s *setStage) Open(ctx context.Context) error {
	s.cur, s.begun = nil, false
	return s.input.Open(ctx)
}

// Next implements exec.Operator.
func (s *setStage) Next(ctx context.Context) (*vec.Batch, error) {
	s.batch.Reset()
	for limit := s.ctx.Rows(); s.batch.Len < limit; {
		if s.cur == nil || s.k >= s.cur.Rows() {
			if s.batch.Len > 0 {
				break
			}
			b, err := s.input.Next(ctx)
			if err != nil || b == nil || b.Rows() == 0 {
				return nil, err
			}
			s.cur, s.k = b, 0
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.rowSets(limit); err != nil {
			return nil, err
		}
	}
	return s.batch, nil
}

// rowSets appends rounds for the current row until the batch is full or the calls have ended.
func (s *setStage) rowSets(limit int) error {
	i := s.cur.Row(s.k)
	if !s.begun {
		for c, call := range s.calls {
			src, err := call.Start(s.ctx.Expr, s.cur, i)
			if err != nil {
				return err
			}
			s.srcs[c] = src
		}
		s.begun = true
	}
	for s.batch.Len < limit {
		some, err := s.round()
		if err != nil {
			return err
		}
		if !some {
			s.begun = false
			s.k++
			return nil
		}
		for c := range s.in {
			s.batch.Cols[c].AppendRow(s.cur.Cols[c], i)
		}
		for c, d := range s.row {
			s.batch.Cols[s.in+c].Append(d)
		}
		s.batch.Len++
	}
	return nil
}

// round asks every call for its next value; false if all have ended.
func (s *setStage) round() (some bool, err error) {
	s.row = s.row[:0]
	for c, src := range s.srcs {
		d := types.Null
		if src != nil {
			row, ok, err := src.Next()
			if err != nil {
				return false, err
			}
			if ok {
				some = true
				d = s.value(c, row)
			} else {
				s.srcs[c] = nil
			}
		}
		s.row = append(s.row, d)
	}
	return some, nil
}

// value is the one value of a row: a row of several columns is a record.
func (s *setStage) value(c int, row []types.Datum) types.Datum {
	if len(row) == 1 {
		return row[0]
	}
	return types.NewRef(&types.Record{Types: s.calls[c].RowTypes(len(row)), Fields: append([]types.Datum(nil), row...)})
}

// Close implements exec.Operator.
func (s *setStage) Close() error {
	clear(s.srcs)
	return s.input.Close()
}
