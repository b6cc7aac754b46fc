package gather

import (
	"context"
	"sync"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// run is one execution by the workers.
type run struct {
	cancel context.CancelFunc
	kinds  []types.Kind
	rows   int
	out    chan message
	tokens chan struct{} // one for each part under way
	free   chan *vec.Batch
	wait   sync.WaitGroup

	parts map[int]*part
	at    int // the part being given out
	bytes int64
}

// message is rows of a part, or its end, or an error.
type message struct {
	part int
	rows *vec.Batch
	err  error
}

// part is what came of a part of the table.
type part struct {
	batches []*vec.Batch
	ended   bool
}

// start sets the workers to work.
func start(ctx context.Context, g *Gather) *run {
	ctx, cancel := context.WithCancel(ctx)
	n := 2 * len(g.workers)
	r := &run{cancel: cancel, kinds: g.kinds, rows: g.ctx.Rows(), out: make(chan message, n), tokens: make(chan struct{}, n),
		free: make(chan *vec.Batch, 4*n), parts: map[int]*part{}}
	r.wait.Add(len(g.workers))
	for _, w := range g.workers {
		w.Ctx.Share(g.ctx)
		go func() {
			defer r.wait.Done()
			err := exec.Guarded(func() error { return r.work(ctx, w) })
			if e := w.Op.Close(); err == nil {
				err = e
			}
			if err != nil {
				r.send(ctx, message{err: err})
			}
		}()
	}
	go func() {
		r.wait.Wait()
		close(r.out)
	}()
	return r
}

// send gives a message to the reader; false if nobody reads any more.
func (r *run) send(ctx context.Context, m message) bool {
	select {
	case r.out <- m:
		return true
	case <-ctx.Done():
		return false
	}
}

// work is what a worker does: part after part.
func (r *run) work(ctx context.Context, w *Worker) error {
	for {
		select {
		case r.tokens <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		number, ok := w.Part.Next()
		if !ok {
			return nil
		}
		if err := w.Op.Open(ctx); err != nil {
			return err
		}
		if err := r.readPart(ctx, w, number); err != nil {
			return err
		}
		if !r.send(ctx, message{part: number}) {
			return ctx.Err()
		}
	}
}

// readPart sends the rows of a part, small batches put together.
func (r *run) readPart(ctx context.Context, w *Worker, number int) error {
	own := r.batch()
	for {
		b, err := w.Op.Next(ctx)
		if err != nil {
			return err
		}
		end := b == nil || b.Rows() == 0
		if own.Len > 0 && (end || own.Len+b.Rows() > r.rows) {
			if !r.send(ctx, message{part: number, rows: own}) {
				return ctx.Err()
			}
			own = r.batch()
		}
		if end {
			r.recycle(own)
			return nil
		}
		own.AppendBatch(b)
	}
}

// batch is an empty batch.
func (r *run) batch() *vec.Batch {
	select {
	case b := <-r.free:
		b.Reset()
		return b
	default:
		return vec.NewBatch(r.kinds, r.rows)
	}
}

// recycle takes a batch back.
func (r *run) recycle(b *vec.Batch) {
	if b == nil {
		return
	}
	select {
	case r.free <- b:
	default:
	}
}

// next is the next batch, nil at the end.
func (r *run) next(ctx context.Context, g *Gather) (*vec.Batch, error) {
	for {
		if b := r.ready(g); b != nil {
			r.bytes -= b.Bytes()
			return b, g.usage.Set(r.bytes)
		}
		select {
		case m, ok := <-r.out:
			switch {
			case !ok && len(r.parts) == 0:
				return nil, ctx.Err()
			case !ok: // all that is to come is there
				r.at++
				continue
			case m.err != nil:
				return nil, m.err
			}
			if err := r.note(m, g); err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// note keeps what a worker sent.
func (r *run) note(m message, g *Gather) error {
	p := r.parts[m.part]
	if p == nil {
		p = &part{}
		r.parts[m.part] = p
	}
	if m.rows == nil {
		p.ended = true
		return nil
	}
	p.batches = append(p.batches, m.rows)
	r.bytes += m.rows.Bytes()
	return g.usage.Set(r.bytes)
}

// ready is the batch to give out now, nil if there is none: one of the present part, or any if too much waits.
func (r *run) ready(g *Gather) *vec.Batch {
	for {
		p := r.parts[r.at]
		if p == nil {
			break
		}
		if len(p.batches) > 0 {
			return p.first()
		}
		if !p.ended {
			break
		}
		delete(r.parts, r.at)
		r.at++
		<-r.tokens
	}
	if r.bytes <= g.ctx.SortMem() {
		return nil
	}
	for _, p := range r.parts {
		if len(p.batches) > 0 {
			return p.first()
		}
	}
	return nil
}

func (p *part) first() *vec.Batch {
	b := p.batches[0]
	p.batches = p.batches[1:]
	return b
}

// end makes the workers stop and waits for them.
func (r *run) end() {
	r.cancel()
	for range r.out { // until closed
	}
}
