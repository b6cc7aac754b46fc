package expr

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// A function of a value of megabytes, or one that makes such a value, may take seconds, and most do not look meanwhile whether the
// statement was cancelled. Such a call runs on a goroutine of its own, and a cancelled statement does not wait for its end.

const (
	// heavyBytes is how large arguments are, or what an argument says of the result's length, of a call that is worth a goroutine:
	// a fast function of so many bytes takes longer than that, and a slow one less than 50 ms.
	heavyBytes = 128 << 10
	// heavyRow is how large the arguments of one row are then: with less there are many rows, and callNode looks between them.
	heavyRow = 1 << 10
)

// Leftovers are the calls of a session that its cancelled statements did not wait for: one at most, since the next such call waits for it.
// Safe for concurrent use.
type Leftovers struct {
	// Memory, if not nil, counts what a call makes until it ends, which may be after its statement.
	Memory Memory

	mu   sync.Mutex
	last chan struct{} // closed when the call ends
}

// Memory is an account of memory: beyond its limit Grow takes nothing and answers 53200.
type Memory interface {
	Grow(bytes int64) error
	Free(bytes int64)
}

// Wait waits for the call's end or for ctx.
func (l *Leftovers) Wait(ctx context.Context) error {
	l.mu.Lock()
	last := l.last
	l.mu.Unlock()
	if last == nil {
		return nil
	}
	select {
	case <-last:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Detached runs f on a goroutine of its own, with a context that nothing else uses, and waits for its end or for the cancellation of the
// statement, whose error it returns; f may then still be running, as one of c.Leftovers. So f must own all that it writes to, and read
// only what nobody changes. It ends by itself, earlier if it looks at the context. bytes is about how much memory it makes.
func (c *Ctx) Detached(bytes int, f func(own *Ctx) error) error {
	if err := c.Leftovers.Wait(c.Context); err != nil {
		return err
	}
	m := &meter{to: c.Leftovers.Memory}
	if err := m.Grow(int64(bytes)); err != nil {
		return err
	}
	own := *c
	if c.Types != nil {
		t := *c.Types
		own.Types = &t
	}
	own.RunSubPlan, own.SubPlanTest, own.Memory = nil, nil, m
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer m.close()
		defer func() {
			if p := recover(); p != nil {
				err = internalError(fmt.Sprintf("panic in a function: %v\n%s", p, debug.Stack()))
			}
		}()
		err = f(&own)
	}()
	select {
	case <-done:
		return err
	case <-c.Context.Done():
		c.Leftovers.mu.Lock()
		c.Leftovers.last = done
		c.Leftovers.mu.Unlock()
		return c.Context.Err()
	}
}

// meter is what one call takes of an account, which may be nil.
type meter struct {
	to   Memory
	used int64
}

// Grow implements Memory.
func (m *meter) Grow(bytes int64) error {
	if m.to == nil {
		return nil
	}
	if err := m.to.Grow(bytes); err != nil {
		return err
	}
	m.used += bytes
	return nil
}

// Free implements Memory.
func (m *meter) Free(bytes int64) {
	if m.to != nil {
		m.to.Free(bytes)
		m.used -= bytes
	}
}

func (m *meter) close() { m.Free(m.used) }

// Making declares that a call is about to take so many bytes, which count until it ends. It also looks for a cancel.
func (c *Ctx) Making(bytes int) error {
	if c == nil {
		return nil
	}
	if m, ok := c.Memory.(*meter); ok {
		if err := m.Grow(int64(bytes)); err != nil {
			return err
		}
	}
	return c.Interrupted()
}

// Interrupted is the error of the statement's context if it was cancelled: what long loops look at. A nil Ctx is not.
func (c *Ctx) Interrupted() error {
	if c == nil || c.Context == nil {
		return nil
	}
	return c.Context.Err()
}

// Detachable reports whether a call of fn may be left to itself: its result depends on nothing but its arguments, and it is no user's
// function, which runs in the session.
func (c *Ctx) Detachable(fn *Func) bool { return c.Leftovers != nil && aloneFunc(fn) }

func aloneFunc(fn *Func) bool {
	return fn.Volatility == Immutable && fn.OID < types.FirstUserOID
}

// pureArgs reports a call of a function that makes texts of values, where these texts need nothing of the session but its formats.
func pureArgs(e *Call) bool {
	switch e.Fn.Name {
	case "array_to_string", "array_to_json", "to_json", "to_jsonb", "concat", "concat_ws", "format", "json_build_array", "json_build_object",
		"jsonb_build_array", "jsonb_build_object", "convert_from", "convert_to", "to_char":
	default:
		return false
	}
	for _, a := range e.Args {
		if !pureText(a.Type().OID) {
			return false
		}
	}
	return true
}

// detached calls the function on copies of its arguments. A call that was abandoned keeps the code's scratch, so the code is made again.
func (x *callNode) detached(fr *frame, sel []int32, n int) error {
	own := &callNode{fn: x.fn, spread: x.spread, many: x.many, again: fr.splittable(), argv: make([]*vec.Vector, len(x.argv))}
	for i, v := range x.argv {
		if v.Const {
			own.argv[i] = &vec.Vector{Kind: v.Kind, Const: true}
			own.argv[i].AppendRange(v, 0, 1)
			continue
		}
		own.argv[i] = vec.New(v.Kind, n)
		own.argv[i].CopyFrom(v, n)
	}
	own.out.Kind, own.out.Const = x.out.Kind, x.out.Const
	own.out.Clear(n)
	own.out.Nulls.Or(x.out.Nulls)
	sel = append([]int32(nil), sel...)
	if err := x.held.set(fr.c, 0); err != nil {
		return err
	}
	err := fr.c.Detached(2*x.estimate(sel, n), func(c *Ctx) error {
		return own.run(&frame{c: c}, sel, n)
	})
	if err != nil && fr.c.Context.Err() != nil {
		if x.rebind != nil {
			x.fn = x.rebind()
		}
		return err
	}
	x.out = own.out
	if err != nil {
		return err
	}
	return x.held.set(fr.c, x.results(sel, n))
}

// results is the size of the results for the rows.
func (x *callNode) results(sel []int32, n int) int {
	rows := rowCount(sel, n)
	switch x.out.Kind {
	case types.KindStr:
		return sumOf(&x.out, x.out.Str, sel, rows, stringBytes)
	case types.KindRef:
		return sumOf(&x.out, x.out.Ref, sel, rows, refBytes)
	}
	return 0
}

// heavy reports a call that may take long.
func (x *callNode) heavy(sel []int32, n int) bool {
	rows := rowCount(sel, n)
	bytes := 0
	for _, v := range x.argv {
		switch v.Kind {
		case types.KindStr:
			bytes += sumOf(v, v.Str, sel, rows, stringBytes)
		case types.KindInt:
			if sized(x.fn.Name) && maxOf(v, v.Int, sel, func(i int64) int { return int(min(i, heavyBytes)) }) >= heavyBytes {
				return true
			}
		case types.KindNum: // arithmetic of long numbers takes the square of their length
			bytes += sumOf(v, v.Num, sel, rows, func(n types.Numeric) int { return int(n.HeapBytes()) * numericWeight })
		case types.KindRef:
			bytes += sumOf(v, v.Ref, sel, rows, refSize)
		}
	}
	if bytes*weightMax < heavyBytes {
		return false
	}
	bytes *= weightOf(x.fn.Name)
	return bytes >= heavyBytes && bytes >= heavyRow*rows
}

const (
	weightMax     = 64
	numericWeight = 16
)

// weightOf is how much longer than others functions may take for a byte: those that search with expressions, and the series of long numbers.
func weightOf(name string) int {
	if strings.Contains(name, "regex") {
		return weightMax
	}
	switch name {
	case "power", "pow", "numeric_power", "exp", "ln", "log", "log10", "sqrt":
		return weightMax
	}
	return 1
}

// HeavyDatums is heavy for the arguments of one call.
func HeavyDatums(args []types.Datum) bool {
	bytes := 0
	for _, d := range args {
		switch d.Kind() {
		case types.KindStr:
			bytes += len(d.Str())
		case types.KindNum:
			n := d.Num()
			bytes += int(n.HeapBytes()) * numericWeight
		case types.KindRef:
			bytes += refSize(d.Ref())
		}
	}
	return bytes >= heavyBytes
}

// refSize is about how large a value held by reference is, from what is found at its top. Lengths in an array of integers, of a value to
// be made, count as such.
func refSize(r any) int {
	switch r := r.(type) {
	case *types.Array:
		size := 64 * len(r.Elems)
		if len(r.Elems) > 0 && len(r.Elems) < 8 && r.Elems[0].Kind() == types.KindInt {
			product := 1
			for _, e := range r.Elems {
				product = min(product*int(max(1, min(e.Int(), heavyBytes))), heavyBytes)
			}
			size = max(size, product)
		}
		return size
	case *types.JSONB:
		if r == nil {
			return 0
		}
		size := 64*len(r.Elems) + len(r.Str)
		for _, e := range r.Elems[:min(len(r.Elems), 8)] {
			size += 64 * len(e.Elems) * max(1, len(r.Elems)/8)
		}
		return size
	}
	return 0
}
