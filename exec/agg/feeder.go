package agg

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/order"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// feeder feeds one call's rows to its states in one grouping.
type feeder struct {
	ctx   *exec.Ctx
	call  *call
	state expr.AggState

	seen   *exec.KeyTable // DISTINCT: (group, arguments) met so far
	sorter *order.Sorter  // rows (group, arguments, sort keys) to be fed in order
	keys   []order.Key
	types  []types.T

	group  vec.Vector // group numbers by row of the batch
	groups []int32
	cols   []*vec.Vector
	full   []vec.Vector
	ids    []int32
	sel    []int32
	out    vec.Vector
}

var int8Type = types.Of(types.Int8OID)

// unordered are the built-in aggregates whose result does not show the order of their input.
var unordered = map[string]bool{
	"count": true, "sum": true, "avg": true, "min": true, "max": true, "bool_and": true, "bool_or": true, "every": true,
	"bit_and": true, "bit_or": true, "bit_xor": true, "stddev": true, "stddev_pop": true, "stddev_samp": true,
	"variance": true, "var_pop": true, "var_samp": true,
}

// isUnordered reports whether the result of a does not show the order of its input.
func isUnordered(a *expr.Agg) bool { return a.OID < firstUserOID && unordered[a.Name] }

// firstUserOID is where the OIDs of aggregates begin that are not built in.
const firstUserOID = 16384

func newFeeder(ctx *exec.Ctx, c *call) *feeder {
	f := &feeder{ctx: ctx, call: c, sel: []int32{}}
	f.group.Kind = types.KindInt
	f.out.Kind = c.node.T.Kind()
	f.full = make([]vec.Vector, len(c.args))
	f.types = append([]types.T{int8Type}, c.types...)
	if c.node.Distinct {
		f.seen = exec.NewKeyTable(f.types)
	}
	if len(c.order) == 0 && !(c.node.Distinct && !isUnordered(c.node.Fn)) {
		return f
	}
	f.keys = append(f.keys, order.NewKey(0, int8Type, false, false))
	for i, k := range c.node.OrderBy {
		f.types = append(f.types, k.Expr.Type())
		f.keys = append(f.keys, order.NewKey(1+len(c.args)+i, k.Expr.Type(), k.Desc, k.NullsFirst))
	}
	if c.node.Distinct {
		for i, t := range c.types {
			f.keys = append(f.keys, order.NewKey(1+i, t, false, false))
		}
	}
	f.sorter = order.NewSorter(ctx, f.types, f.keys)
	return f
}

// reset makes new states.
func (f *feeder) reset() {
	f.state = f.call.node.Fn.New(f.call.types, f.call.node.T)
	if f.seen != nil {
		f.seen.Reset()
	}
	if f.sorter != nil {
		f.sorter.Reset(-1)
	}
}

func (f *feeder) bytes() int64 {
	n := int64(0)
	if f.state != nil {
		n = int64(f.state.Bytes())
	}
	if f.seen != nil {
		n += f.seen.Bytes()
	}
	return n
}

func (f *feeder) close() {
	f.state = nil
	if f.seen != nil {
		f.seen.Reset()
	}
	if f.sorter != nil {
		f.sorter.Close()
	}
}

// add feeds the rows of in. ids are the groups of the batch's rows that count; at gives them by row.
func (f *feeder) add(in *input, ids []int32, at func() []int32, skip bool) error {
	sel := in.sel
	if !in.same || skip {
		byRow := at()
		f.groups, f.sel = f.groups[:0], f.sel[:0]
		if sel == nil {
			for i, g := range byRow {
				if g >= 0 {
					f.groups, f.sel = append(f.groups, g), append(f.sel, int32(i))
				}
			}
		} else {
			for _, i := range sel {
				if g := byRow[i]; g >= 0 {
					f.groups, f.sel = append(f.groups, g), append(f.sel, i)
				}
			}
		}
		ids, sel = f.groups, f.sel
		if len(ids) == 0 {
			return nil
		}
	}
	if f.seen == nil && f.sorter == nil {
		return f.state.Add(f.ctx.Expr, ids, in.args, sel, in.b.Len)
	}
	return f.addKept(in, ids, sel)
}

// addKept feeds rows through DISTINCT and ORDER BY.
func (f *feeder) addKept(in *input, ids, sel []int32) error {
	n := in.b.Len
	f.group.Resize(n)
	if sel == nil {
		for i, g := range ids {
			f.group.Int[i] = int64(g)
		}
	} else {
		for k, i := range sel {
			f.group.Int[i] = int64(ids[k])
		}
	}
	f.cols = append(f.cols[:0], &f.group)
	for i, v := range in.args {
		if v.Const {
			f.full[i].Kind = v.Kind
			f.full[i].SetConst(v.Datum(0), n)
			v = &f.full[i]
		}
		f.cols = append(f.cols, v)
	}
	if f.seen != nil {
		known := int32(f.seen.Len())
		f.ids = f.seen.Assign(f.cols, sel, n, f.ids[:0])
		kept := make([]int32, 0, len(f.ids))
		groups := make([]int32, 0, len(f.ids))
		for k, id := range f.ids {
			if id != known {
				continue
			}
			known++
			row := int32(k)
			if sel != nil {
				row = sel[k]
			}
			kept, groups = append(kept, row), append(groups, ids[k])
		}
		if sel, ids = kept, groups; len(sel) == 0 {
			return nil
		}
	}
	if f.sorter == nil {
		return f.state.Add(f.ctx.Expr, ids, in.args, sel, n)
	}
	f.cols = append(f.cols, in.order...)
	return f.sorter.Add(&vec.Batch{Cols: f.cols, Len: n, Sel: sel})
}

// finish feeds the rows that wait for their order.
func (f *feeder) finish(ctx context.Context) error {
	if f.sorter == nil {
		return nil
	}
	if _, err := f.sorter.Finish(ctx); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := f.sorter.Next(f.ctx.Rows())
		if err != nil {
			return err
		}
		if b.Len == 0 {
			f.sorter.Close()
			return nil
		}
		f.groups = f.groups[:0]
		for _, g := range b.Cols[0].Int {
			f.groups = append(f.groups, int32(g))
		}
		if err := f.state.Add(f.ctx.Expr, f.groups, b.Cols[1:1+len(f.call.args)], nil, b.Len); err != nil {
			return err
		}
	}
}

// result writes the results of groups from ≤ g < to.
func (f *feeder) result(from, to int) (*vec.Vector, error) {
	f.out.Clear(to - from)
	return &f.out, f.state.Result(f.ctx.Expr, from, to, &f.out)
}
