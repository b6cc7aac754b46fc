package scan

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
)

// readAhead reads entries of an iterator. In a statement that only reads, and once the scan has proved long, the next entries are
// read on another goroutine while the operators work on the present ones. It is settled before the statement gives control
// back (exec.Ctx.Settle), so the store sees no reads beside writes.
type readAhead struct {
	ctx   *exec.Ctx
	it    kv.Iterator
	bufs  [2]kv.Entries
	cur   int        // buffer given out last
	full  int        // full batches so far
	done  chan error // made with the first goroutine
	begun bool       // the other buffer is being read
	ready bool       // it is read
	err   error      // with which
	off   bool       // never
}

// readAheadMin is how many full batches a scan must have given before it reads ahead.
const readAheadMin = 4

func (r *readAhead) init(ctx *exec.Ctx) { r.ctx = ctx }

// start takes an iterator, which stop closes.
func (r *readAhead) start(it kv.Iterator) { r.it, r.full = it, 0 }

func (r *readAhead) open() bool { return r.it != nil }

func (r *readAhead) stop() {
	r.settle()
	r.ready = false
	if r.it != nil {
		r.it.Close()
		r.it = nil
	}
}

// settle waits for the goroutine.
func (r *readAhead) settle() {
	if r.begun {
		r.err = <-r.done
		r.begun, r.ready = false, true
	}
}

// next returns the next entries, about max, valid until the next call; none at the end.
func (r *readAhead) next(ctx context.Context, max int) (*kv.Entries, error) {
	r.settle()
	var err error
	if r.ready {
		r.ready, err = false, r.err
		r.cur = 1 - r.cur
	} else {
		err = r.it.Next(ctx, &r.bufs[r.cur], max)
	}
	e := &r.bufs[r.cur]
	if err != nil {
		return e, err
	}
	if r.off || !r.ctx.Concurrent || e.Len() < r.ctx.Rows() {
		return e, nil
	}
	if r.full++; r.full > readAheadMin {
		if r.done == nil {
			r.done = make(chan error, 1)
			r.ctx.OnSettle(r.settle)
		}
		r.begun = true
		it, into, n := r.it, &r.bufs[1-r.cur], r.ctx.Rows()
		go func() { r.done <- exec.Guarded(func() error { return it.Next(ctx, into, n) }) }()
	}
	return e, nil
}
