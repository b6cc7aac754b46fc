package expr

import (
	"sync"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// callNode calls a function. A function of constants is called once per batch, unless it is volatile.
type callNode struct {
	fn       *Func
	args     []node
	argv     []*vec.Vector
	out      vec.Vector
	sel      []int32 // rows without a NULL argument
	one      [1]int32
	datums   []types.Datum
	volatile bool
	alone    bool // the result depends on nothing but the arguments and what a copy of the context's Types has
	many     bool // there are several rows, whose results may be too large together
	again    bool // they may be evaluated again one by one, though the frame has no program
	made     int  // bytes of the results
	held     held // large results of a detached call
	spread   bool // the last argument is an array whose elements are passed one by one
	// rebind makes the code again, with scratch of its own; nil: it has none.
	rebind func() *Func
	argBuf [2]*vec.Vector
}

func newCallNode(fn *Func, args []node, kind types.Kind) *callNode {
	x := &callNode{fn: fn, args: args, volatile: fn.Volatility == Volatile}
	if x.argv = x.argBuf[:]; len(args) > len(x.argBuf) {
		x.argv = make([]*vec.Vector, len(args))
	}
	x.argv = x.argv[:len(args)]
	x.out.Kind = kind
	return x
}

// nullVectors are the constant NULL of each kind. Nobody writes to them.
var nullVectors = func() (vs [types.KindRef + 1]vec.Vector) {
	for k := range vs {
		vs[k] = constVector(types.Kind(k))
		vs[k].SetNull(0)
	}
	return vs
}()

func (x *callNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	constant := !x.volatile
	for i, a := range x.args {
		v, err := a.eval(fr, sel, n)
		if err != nil {
			return nil, err
		}
		x.argv[i] = v
		if !v.Const {
			constant = false
		} else if x.fn.Strict && v.Nulls.Has(0) {
			// The other arguments must still be evaluated, for their errors; PostgreSQL evaluates all arguments first.
			for _, rest := range x.args[i+1:] {
				if _, err := rest.eval(fr, sel, n); err != nil {
					return nil, err
				}
			}
			return &nullVectors[x.out.Kind], nil
		}
	}
	return x.apply(fr, sel, n, constant)
}

// apply calls the function on argv.
func (x *callNode) apply(fr *frame, sel []int32, n int, constant bool) (*vec.Vector, error) {
	if constant {
		sel, n = nil, 1
	}
	x.out.Const = constant
	fr.clear(&x.out, n)
	if x.fn.Strict {
		var some bool
		if sel, some = x.nonNull(sel, n); !some {
			return &x.out, nil
		}
	}
	if x.wide(sel, n) && fr.splittable() {
		return nil, ErrWide
	}
	x.many = rowCount(sel, n) > 1 && (x.out.Kind == types.KindStr || x.out.Kind == types.KindRef)
	var err error
	if x.alone && fr.c.Leftovers != nil && x.heavy(sel, n) {
		err = x.detached(fr, sel, n)
	} else {
		err = x.run(fr, sel, n)
	}
	if err != nil {
		return nil, err
	}
	return &x.out, nil
}

// run calls the function for the rows of sel.
func (x *callNode) run(fr *frame, sel []int32, n int) error {
	if x.fn.Kernel == nil || x.spread {
		return x.perRow(fr, sel, n)
	}
	if x.out.Kind != types.KindNum || weightOf(x.fn.Name) == 1 {
		return x.fn.Kernel(fr.c, x.argv, sel, n, &x.out)
	}
	for _, i := range fr.rows(sel, n) { // each may take milliseconds
		if err := fr.c.Interrupted(); err != nil {
			return err
		}
		x.one[0] = i
		if err := x.fn.Kernel(fr.c, x.argv, x.one[:], n, &x.out); err != nil {
			return err
		}
	}
	return nil
}

// nonNull narrows sel to the rows where no argument is NULL and marks the others in out; some is false if none is left.
func (x *callNode) nonNull(sel []int32, n int) (rows []int32, some bool) {
	nulls := false
	for _, v := range x.argv {
		if v.Const {
			if v.Nulls.Has(0) {
				x.out.Nulls.SetAll(n)
				return nil, false
			}
		} else if v.Nulls.Any() {
			nulls = true
			x.out.Nulls.Or(v.Nulls)
		}
	}
	if !nulls {
		return sel, true
	}
	x.sel = x.sel[:0]
	if sel == nil {
		for i := range int32(n) {
			if !x.out.Nulls.Has(int(i)) {
				x.sel = append(x.sel, i)
			}
		}
	} else {
		for _, i := range sel {
			if !x.out.Nulls.Has(int(i)) {
				x.sel = append(x.sel, i)
			}
		}
	}
	return x.sel, len(x.sel) > 0
}

func (x *callNode) perRow(fr *frame, sel []int32, n int) error {
	if x.fn.Scalar == nil {
		return internalError("function " + x.fn.Name + " has no code for single rows")
	}
	x.made = 0
	if sel == nil {
		for i := range int32(n) {
			if err := x.row(fr, i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range sel {
		if err := x.row(fr, i); err != nil {
			return err
		}
	}
	return nil
}

func (x *callNode) row(fr *frame, i int32) error {
	x.datums = x.datums[:0]
	for _, v := range x.argv {
		x.datums = append(x.datums, v.Datum(at(v, i)))
	}
	if x.spread {
		last := x.datums[len(x.datums)-1]
		x.datums = x.datums[:len(x.datums)-1]
		a := last.Array()
		switch {
		case a != nil:
			x.datums = append(x.datums, a.Elems...)
		case x.fn.Name != "format": // VARIADIC NULL: the whole list is unknown; only format takes it for an empty one
			x.out.SetNull(int(i))
			return nil
		}
	}
	if err := fr.c.Interrupted(); err != nil {
		return err
	}
	d, err := x.fn.Scalar(fr.c, x.datums)
	if err != nil {
		return err
	}
	x.out.Set(int(i), d)
	if x.many {
		if x.made += ValueBytes(d); x.made > wideBytes && (x.again || fr.splittable()) {
			return ErrWide
		}
	}
	return nil
}

// singleArgs is how many arguments a call has at most that is evaluated without being compiled.
const singleArgs = 3

// single is the memory of one call on single values.
type single struct {
	args [singleArgs]types.Datum
	vecs [singleArgs]vec.Vector
	argv [singleArgs]*vec.Vector
	out  vec.Vector
}

var singles = sync.Pool{New: func() any { return new(single) }}

// plainCall reports a call that evalCall can do: the folding of constants calls many functions once. It cannot leave a call to itself (see Detached).
func plainCall(e *Call) bool {
	return len(e.Args) <= singleArgs && e.Fn.Bind == nil && (e.Fn.Kernel != nil || e.Fn.Scalar != nil) && !e.VariadicArray
}

// evalCall calls a function on the values of its arguments, which have no columns.
func evalCall(c *Ctx, e *Call) (types.Datum, error) {
	var args [singleArgs]types.Datum
	null := false
	for i, a := range e.Args {
		d, err := EvalRow(c, a)
		if err != nil {
			return types.Null, err
		}
		args[i] = d
		null = null || d.IsNull()
	}
	if null && e.Fn.Strict {
		return types.Null, nil
	}
	s := singles.Get().(*single)
	defer singles.Put(s)
	n := len(e.Args)
	if e.Fn.Kernel == nil {
		s.args = args
		return e.Fn.Scalar(c, s.args[:n])
	}
	for i, a := range e.Args {
		v := &s.vecs[i]
		v.Kind, v.Const = kindOf(a), true
		v.Clear(1)
		v.Set(0, args[i])
		s.argv[i] = v
	}
	s.out.Kind, s.out.Const = kindOf(e), true
	s.out.Clear(1)
	if err := e.Fn.Kernel(c, s.argv[:n], nil, 1, &s.out); err != nil {
		return types.Null, err
	}
	return s.out.Datum(0), nil
}

// Caller calls one function on single values, keeping the vectors that a Kernel needs. One goroutine at a time.
type Caller struct {
	x     *callNode
	slots []slotNode
	vecs  []vec.Vector
	fr    frame
}

// NewCaller prepares calls of fn with arguments and a result of these types.
func NewCaller(fn *Func, args []types.T, ret types.T) *Caller {
	fn = fn.Bound(args, ret)
	k := &Caller{slots: make([]slotNode, len(args)), vecs: make([]vec.Vector, len(args))}
	nodes := make([]node, len(args))
	for i, t := range args {
		k.vecs[i] = constVector(types.KindOf(t.OID))
		k.slots[i].v = &k.vecs[i]
		nodes[i] = &k.slots[i]
	}
	k.x = newCallNode(fn, nodes, types.KindOf(ret.OID))
	k.fr.b = &noRows
	return k
}

// Call calls the function. A strict one is not called if an argument is NULL.
func (k *Caller) Call(c *Ctx, args ...types.Datum) (types.Datum, error) {
	if k.x.fn.Scalar != nil {
		if k.x.fn.Strict {
			for _, a := range args {
				if a.IsNull() {
					return types.Null, nil
				}
			}
		}
		return k.x.fn.Scalar(c, args)
	}
	if k.x.fn.Kernel == nil {
		return types.Null, internalError("function " + k.x.fn.Name + " cannot be called for a value")
	}
	for i, a := range args {
		k.vecs[i].Set(0, a)
	}
	k.fr.c = c
	v, err := k.x.eval(&k.fr, nil, 1)
	if err != nil {
		return types.Null, err
	}
	return v.Datum(0), nil
}
