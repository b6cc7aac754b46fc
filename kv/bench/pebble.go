package main

import (
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

type pebbleStore struct{ db *pebble.DB }

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) { panic("pebble: fatal error") }

func openPebble(dir string, m memory) (store, error) {
	o := &pebble.Options{Logger: quiet{}, MemTableSize: uint64(m.memtable), Cache: pebble.NewCache(int64(m.cache)), LBaseMaxBytes: int64(m.level)}
	o.TargetFileSizes[0] = int64(m.run)
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	db, err := pebble.Open(dir, o)
	return pebbleStore{db}, err
}

func (s pebbleStore) write(b *batch, sync bool) error {
	w := s.db.NewBatch()
	defer w.Close()
	for i, k := range b.keys {
		var err error
		if b.values[i] == nil {
			err = w.Delete(k, nil)
		} else {
			err = w.Set(k, b.values[i], nil)
		}
		if err != nil {
			return err
		}
	}
	o := pebble.NoSync
	if sync {
		o = pebble.Sync
	}
	return w.Commit(o)
}

func (s pebbleStore) sync() error { return s.db.LogData(nil, pebble.Sync) }

func (s pebbleStore) settle() {
	for quietFor := 0; quietFor < 20; {
		time.Sleep(50 * time.Millisecond)
		m := s.db.Metrics()
		if m.Compact.NumInProgress == 0 && m.Flush.NumInProgress == 0 {
			quietFor++
		} else {
			quietFor = 0
		}
	}
}

func (s pebbleStore) close() error   { return s.db.Close() }
func (s pebbleStore) reader() reader { return &pebbleReader{db: s.db} }

type pebbleReader struct {
	db   *pebble.DB
	snap *pebble.Snapshot
	buf  []byte
}

func (r *pebbleReader) begin() error { r.snap = r.db.NewSnapshot(); return nil }
func (r *pebbleReader) end()         { _ = r.snap.Close() }
func (r *pebbleReader) close()       {}

func (r *pebbleReader) get(key []byte) ([]byte, error) {
	v, c, err := r.snap.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.buf = append(r.buf[:0], v...)
	return r.buf, c.Close()
}

func (r *pebbleReader) scan(key []byte, limit int, reverse bool) (n int, sum uint64, err error) {
	it, err := r.snap.NewIter(nil)
	if err != nil {
		return 0, 0, err
	}
	defer it.Close()
	ok := false
	switch {
	case key == nil && reverse:
		ok = it.Last()
	case key == nil:
		ok = it.First()
	case reverse:
		ok = it.SeekLT(key)
	default:
		ok = it.SeekGE(key)
	}
	for ok && n < limit {
		sum += uint64(it.Value()[0])
		n++
		if reverse {
			ok = it.Prev()
		} else {
			ok = it.Next()
		}
	}
	return n, sum, it.Error()
}
