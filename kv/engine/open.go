package engine

import (
	"context"
	"sync"
	"time"
)

// Open opens or creates the engine in dir.
func Open(dir string, o Options) (*Engine, error) {
	e := &Engine{o: o.withDefaults(), dir: dir, wakeLog: make(chan struct{}, 1)}
	e.cond = sync.NewCond(&e.mu)
	e.stop, e.halt = context.WithCancel(context.Background())
	e.state.Store(&state{})
	e.memBytes = memtableLo
	e.setMemtable(e.memBytes)
	if e.o.NoLog {
		return e, nil
	}
	e.workers.Add(1)
	go e.keepLog()
	return e, nil
}

// kick asks keepLog to write what asynchronous commits have left.
func (e *Engine) kick() {
	select {
	case e.wakeLog <- struct{}{}:
	default:
	}
}

// keepLog writes and syncs the records of asynchronous commits, and tries again when the disk was full.
func (e *Engine) keepLog() {
	defer e.workers.Done()
	for {
		select {
		case <-e.stop.Done():
			return
		case <-e.wakeLog:
		}
		select {
		case <-e.stop.Done():
			return
		case <-time.After(e.o.SyncEvery):
		}
		e.mu.Lock()
		e.writeQueued()
		e.mu.Unlock()
	}
}

func (e *Engine) writeQueued() {
	if e.leading || e.broken != nil || len(e.log.chunks) == 0 {
		return
	}
	if e.refusing != nil && e.aborting > 0 {
		e.kick()
		return
	}
	was := e.refusing
	e.lead()
	if e.refusing == was {
		e.refusing = nil
	}
}

// Close waits for running commits, makes everything durable and releases the directory.
func (e *Engine) Close() error {
	e.closeOne.Do(func() { e.closeErr = e.close() })
	return e.closeErr
}

func (e *Engine) close() error {
	e.mu.Lock()
	e.closing = true
	e.mu.Unlock()
	e.halt()
	e.workers.Wait()
	return nil
}
