package main

import (
	"context"
	"time"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
)

type light struct{ db *mvcc.DB }

func openLight(dir string, m memory) (store, error) {
	db, err := mvcc.Open(dir, mvcc.Options{CacheBytes: m.cache, MemtableBytes: m.memtable, RunBytes: m.run})
	return light{db}, err
}

func (s light) write(b *batch, sync bool) error {
	tx := s.db.Begin(kv.TxnOptions{Async: !sync})
	defer tx.Rollback()
	for i, k := range b.keys {
		var err error
		if b.values[i] == nil {
			err = tx.Delete(k)
		} else {
			err = tx.Put(k, b.values[i])
		}
		if err != nil {
			return err
		}
	}
	_, err := tx.Commit(context.Background())
	return err
}

func (s light) sync() error {
	tx := s.db.Begin(kv.TxnOptions{})
	if err := tx.Put([]byte("sync"), []byte("x")); err != nil {
		return err
	}
	if _, err := tx.Commit(context.Background()); err != nil {
		return err
	}
	tx = s.db.Begin(kv.TxnOptions{})
	if err := tx.Delete([]byte("sync")); err != nil {
		return err
	}
	_, err := tx.Commit(context.Background())
	return err
}

func (s light) settle() {
	for last, same := s.db.Stats(), 0; same < 20; {
		time.Sleep(50 * time.Millisecond)
		now := s.db.Stats()
		due := now.Frozen > 0 || now.Merging || now.Runs[0] >= 4
		if now.Flushes == last.Flushes && now.Merges == last.Merges && !due {
			same++
		} else {
			same = 0
		}
		last = now
	}
}

func (s light) close() error { return s.db.Close() }

func (s light) reader() reader { return &lightReader{db: s.db, keys: make([][]byte, 1)} }

type lightReader struct {
	db   *mvcc.DB
	tx   kv.Txn
	keys [][]byte
	v    kv.Values
	e    kv.Entries
}

func (r *lightReader) begin() error {
	r.tx = r.db.Begin(kv.TxnOptions{ReadOnly: true})
	return nil
}
func (r *lightReader) end()   { r.tx.Rollback() }
func (r *lightReader) close() {}

func (r *lightReader) get(key []byte) ([]byte, error) {
	r.keys[0] = key
	r.v.Reset()
	if err := r.tx.Get(context.Background(), r.keys, &r.v); err != nil {
		return nil, err
	}
	return r.v.V[0], nil
}

func (r *lightReader) scan(key []byte, limit int, reverse bool) (n int, sum uint64, err error) {
	rg := kv.Range{Start: key}
	if reverse {
		rg = kv.Range{End: key}
	}
	ctx := context.Background()
	it, err := r.tx.Scan(ctx, rg, kv.ScanOptions{Reverse: reverse, Rows: min(limit, 1<<30)})
	if err != nil {
		return 0, 0, err
	}
	defer it.Close()
	for n < limit {
		if err := it.Next(ctx, &r.e, min(limit-n, 1024)); err != nil {
			return n, sum, err
		}
		if r.e.Len() == 0 {
			break
		}
		for _, v := range r.e.V {
			sum += uint64(v[0])
		}
		n += r.e.Len()
	}
	return n, sum, nil
}
