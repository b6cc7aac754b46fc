package engine

import (
	"path"
	"runtime"
	"sync"
)

// Recovery is a pipeline: one goroutine reads the next segments, one verifies records and gives each its place in a memtable, and
// several put the entries there. They may come to a key in any order: versions find their places in its chain by timestamp.
//
//	segmentReader ─► logReplay ─► appliers ─► memtables

// appliers put commits into memtables. wait ends them.
type appliers struct {
	work  chan []Commit
	batch []Commit
	wg    sync.WaitGroup
}

const (
	applyBatch   = 64
	appliersMax  = 8
	segmentAhead = 2
)

func newAppliers() *appliers {
	a := &appliers{work: make(chan []Commit, 2*appliersMax)}
	for range min(appliersMax, runtime.GOMAXPROCS(0)) {
		a.wg.Add(1)
		go func() {
			defer a.wg.Done()
			for batch := range a.work {
				for i := range batch {
					batch[i].apply()
				}
			}
		}()
	}
	return a
}

// add takes a commit whose place in its memtable is reserved.
func (a *appliers) add(c Commit) {
	if a == nil {
		c.apply()
		return
	}
	if a.batch == nil {
		a.batch = make([]Commit, 0, applyBatch)
	}
	if a.batch = append(a.batch, c); len(a.batch) == applyBatch {
		a.work <- a.batch
		a.batch = nil
	}
}

// wait returns when all commits are in their memtables.
func (a *appliers) wait() {
	if len(a.batch) > 0 {
		a.work <- a.batch
	}
	close(a.work)
	a.wg.Wait()
}

// segmentReader reads log segments ahead of their replay.
type segmentReader struct {
	next chan segmentBytes
	stop chan struct{}
}

type segmentBytes struct {
	data []byte
	err  error
}

func (e *Engine) readSegments(nos []uint32) *segmentReader {
	r := &segmentReader{next: make(chan segmentBytes, segmentAhead), stop: make(chan struct{})}
	go func() {
		for _, no := range nos {
			data, err := readFile(e.o.FS, path.Join(e.dir, logName(no)))
			select {
			case r.next <- segmentBytes{data, err}:
			case <-r.stop:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return r
}
