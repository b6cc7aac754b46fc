package exec

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// SetCall is a prepared call of a set-returning function.
type SetCall struct {
	fn     *expr.Func
	rebind func() *expr.Func
	args   []*expr.Prog
	vals   []types.Datum
}

// NewSetCall prepares a call whose function returns a set. Its arguments do not.
func NewSetCall(e *expr.Call) (*SetCall, error) {
	args, err := expr.CompileAll(e.Args)
	if err != nil {
		return nil, err
	}
	ts := make([]types.T, len(e.Args))
	for i, a := range e.Args {
		ts[i] = a.Type()
	}
	rebind := func() *expr.Func { return e.Fn.Bound(ts, e.T) }
	fn := rebind()
	if fn.Set == nil {
		return nil, pgerr.FeatureNotSupported("function " + e.Fn.Name)
	}
	return &SetCall{fn: fn, rebind: rebind, args: args}, nil
}

// Start calls the function with arguments over row i of b (nil: arguments without columns). A nil source has no rows.
func (s *SetCall) Start(c *expr.Ctx, b *vec.Batch, i int) (expr.RowSource, error) {
	s.vals = make([]types.Datum, 0, len(s.args)) // the source may keep them
	for _, p := range s.args {
		var d types.Datum
		var err error
		if b == nil {
			d, err = p.Value(c)
		} else {
			d, err = p.EvalRow(c, b, i)
		}
		if err != nil {
			return nil, err
		}
		if d.IsNull() && s.fn.Strict {
			return nil, nil
		}
		s.vals = append(s.vals, d)
	}
	if !c.Detachable(s.fn) || !expr.HeavyDatums(s.vals) {
		return s.fn.Set(c, s.vals)
	}
	return s.detached(c)
}

// detached calls the function with large arguments, without waiting for it if the statement is cancelled.
func (s *SetCall) detached(c *expr.Ctx) (expr.RowSource, error) {
	var out expr.RowSource
	fn, vals := s.fn, s.vals
	bytes := 0
	for _, d := range vals {
		bytes += 2 * expr.ValueBytes(d)
	}
	err := c.Detached(bytes, func(c *expr.Ctx) error {
		rows, err := fn.Set(c, vals)
		if err == nil {
			out = rows
		}
		return err
	})
	switch {
	case err == nil:
		return out, nil
	case c.Context.Err() != nil:
		s.fn = s.rebind()
	}
	return nil, err
}

// RowTypes are the types of the n columns of the function's rows.
func (s *SetCall) RowTypes(n int) []types.T {
	ts := make([]types.T, n)
	for i := range ts {
		ts[i] = types.Of(types.TextOID)
		if i < len(s.fn.OutTypes) {
			ts[i] = types.Of(s.fn.OutTypes[i])
		}
	}
	return ts
}
