package scan

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// FuncScan reads the rows of functions side by side, the shorter ones padded with NULLs.
type FuncScan struct {
	output
	node  *plan.FuncScan
	calls []*setCall
	row   []types.Datum
	count int64
	ended bool
}

// setCall is one function of a FuncScan: a set-returning one, or an expression that gives one row.
type setCall struct {
	cols   int
	set    *exec.SetCall
	scalar exec.Scalar
	src    expr.RowSource
	row    bool // a value is a row, to be spread over the columns
	// want are the types of the columns of an anonymous row, which may turn out to be another.
	want  []types.T
	given bool // the one row of scalar was given
	ended bool
}

// NewFuncScan is the operator of n.
func NewFuncScan(ctx *exec.Ctx, n *plan.FuncScan) (*FuncScan, error) {
	out, err := newOutput(ctx, n.ID, n.Types(), n.Filter)
	if err != nil {
		return nil, err
	}
	s := &FuncScan{output: out, node: n}
	at, all := 0, n.Types()
	for i, e := range n.Calls {
		c := &setCall{cols: n.PerCall[i], row: types.IsComposite(e.Type().OID)}
		if e.Type().OID == types.RecordOID {
			c.want = all[at : at+c.cols]
		}
		at += c.cols
		if call, ok := e.(*expr.Call); ok && call.Fn.RetSet {
			c.set, err = exec.NewSetCall(call)
		} else {
			c.scalar, err = exec.NewScalar(e)
		}
		if err != nil {
			return nil, err
		}
		s.calls = append(s.calls, c)
	}
	return s, nil
}

// Open implements exec.Operator.
func (s *FuncScan) Open(context.Context) error {
	s.start()
	s.count, s.ended = 0, false
	for _, c := range s.calls {
		c.src, c.given, c.ended = nil, false, false
	}
	return nil
}

// Next implements exec.Operator.
func (s *FuncScan) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if err := s.ready(ctx); err != nil {
			return nil, err
		}
		s.batch.Reset()
		for limit := s.rows(); !s.ended && s.batch.Len < limit; {
			if err := s.oneRow(); err != nil {
				return nil, err
			}
		}
		if s.batch.Len == 0 {
			return nil, nil
		}
		if b, err := s.finish(s.batch); err != nil || b != nil {
			return b, err
		}
	}
}

// oneRow appends the next row, or sets ended.
func (s *FuncScan) oneRow() error {
	s.row = s.row[:0]
	some := false
	for _, c := range s.calls {
		n := len(s.row)
		row, ok, err := c.next(s.ctx.Expr)
		if err != nil {
			return err
		}
		if ok {
			some = true
			s.row = append(s.row, row...)
		}
		for len(s.row) < n+c.cols {
			s.row = append(s.row, types.Null)
		}
		s.row = s.row[:n+c.cols]
	}
	if !some {
		s.ended = true
		return nil
	}
	s.count++
	if s.node.Ordinality {
		s.row = append(s.row, types.NewInt(s.count))
	}
	s.batch.AppendRow(s.row)
	return nil
}

// next is the next row of a call.
func (c *setCall) next(ctx *expr.Ctx) (row []types.Datum, ok bool, err error) {
	if c.ended {
		return nil, false, nil
	}
	if c.set == nil {
		c.ended = true
		d, err := c.scalar.Value(ctx)
		if err != nil {
			return nil, false, err
		}
		row, err = c.expand([]types.Datum{d})
		return row, err == nil, err
	}
	if !c.given {
		c.given = true
		if c.src, err = c.set.Start(ctx, nil, 0); err != nil {
			return nil, false, err
		}
	}
	if c.src != nil {
		if row, ok, err = c.src.Next(); err != nil {
			return nil, false, err
		}
	}
	if !ok {
		c.ended = true
		return nil, false, nil
	}
	row, err = c.expand(row)
	return row, err == nil, err
}

// expand spreads a row value over the columns that are expected.
func (c *setCall) expand(row []types.Datum) ([]types.Datum, error) {
	if len(row) != 1 || c.cols == 1 && !c.row || row[0].Record() == nil {
		return row, nil
	}
	r := row[0].Record()
	return r.Fields, c.check(r)
}

// check compares an anonymous row with the column definition list.
func (c *setCall) check(r *types.Record) error {
	if c.want == nil || len(r.Types) != len(r.Fields) {
		return nil
	}
	bad := pgerr.New(pgerr.DatatypeMismatch, "function return row and query-specified return row do not match")
	if n := len(r.Types); n != len(c.want) {
		plural := "s"
		if n == 1 {
			plural = ""
		}
		return bad.WithDetail("Returned row contains %d attribute%s, but query expects %d.", n, plural, len(c.want))
	}
	for i, t := range r.Types {
		if t.OID != c.want[i].OID && t.OID != 0 {
			return bad.WithDetail("Returned type %s at ordinal position %d, but query expects %s.", types.FormatType(t.OID, -1), i+1,
				types.FormatType(c.want[i].OID, -1))
		}
	}
	return nil
}

// Close implements exec.Operator.
func (s *FuncScan) Close() error {
	for _, c := range s.calls {
		c.src = nil
	}
	return nil
}
