package exec

import (
	"runtime/debug"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Defaults of settings that are zero in a Ctx.
const (
	defaultWorkMemBytes = 4 << 20
	// hashMemMultiplier is PostgreSQL's hash_mem_multiplier: hash tables may take that many times work_mem.
	hashMemMultiplier = 2
)

// Rows is the largest number of rows of a batch.
func (c *Ctx) Rows() int {
	if c.BatchRows > 0 {
		return c.BatchRows
	}
	return vec.BatchRows
}

// SortMem is the number of bytes from which a sort or a materialisation goes to disk.
func (c *Ctx) SortMem() int64 {
	if c.WorkMemBytes > 0 {
		return c.WorkMemBytes
	}
	return defaultWorkMemBytes
}

// HashMem is the number of bytes from which a hash table goes to disk.
func (c *Ctx) HashMem() int64 { return hashMemMultiplier * c.SortMem() }

// Node is where to count the figures of a plan node, nil if nobody asked for them.
func (c *Ctx) Node(id int) *NodeStats {
	if id < 0 || id >= len(c.Stats) {
		return nil
	}
	return &c.Stats[id]
}

// SetExec sets an exec param.
func (c *Ctx) SetExec(slot int, d types.Datum) {
	if slot >= len(c.Expr.Exec) {
		c.Expr.Exec = append(c.Expr.Exec, make([]types.Datum, slot+1-len(c.Expr.Exec))...)
	}
	c.Expr.Exec[slot] = d
}

// Int evaluates an integer expression without columns (LIMIT, frame offsets): null reports a NULL.
func (c *Ctx) Int(e expr.Expr) (v int64, null bool, err error) {
	d, err := expr.EvalRow(c.Expr, e)
	if err != nil {
		return 0, false, err
	}
	return d.Int(), d.IsNull(), nil
}

// RowHinter is an operator that can use the number of rows that will be wanted of it.
type RowHinter interface {
	// HintRows is called before Open: about n rows will be read, then no more; 0 takes an earlier hint back.
	HintRows(n int64)
}

// HintRows tells op, if it cares, that only n rows will be read; 0 is unknown.
func HintRows(op Operator, n int64) {
	if h, ok := op.(RowHinter); ok {
		h.HintRows(n)
	}
}

// OnSettle registers a function that waits for what an operator left running on another goroutine; it is called before the
// statement gives control back to the session, which may then write.
func (c *Ctx) OnSettle(wait func()) { c.settle = append(c.settle, wait) }

// Settle waits for everything that operators left running.
func (c *Ctx) Settle() {
	for _, f := range c.settle {
		f()
	}
}

// Share makes c the context of a worker beside the goroutine of from, for one execution: it sees what from sees, but has an
// expr.Ctx of its own. Workers do not read ahead and run no subplans.
func (c *Ctx) Share(from *Ctx) {
	settle, e := c.settle, c.Expr
	if e == nil {
		e = new(expr.Ctx)
	}
	*c, *e = *from, *from.Expr
	c.settle, c.Expr, c.Concurrent, c.Stats, c.Usage = settle, e, false, nil, nil
	e.RunSubPlan, e.SubPlanTest = nil, nil
}

// Guarded turns a panic, which would end the process on a goroutine of our own, into an error that ends the session.
func Guarded(f func() error) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = pgerr.New(pgerr.InternalError, "panic in a worker: %v\n%s", x, debug.Stack())
		}
	}()
	return f()
}
