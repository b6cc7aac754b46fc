package main

import (
	"errors"
	"time"

	"github.com/dgraph-io/badger/v4"
)

type badgerStore struct{ db *badger.DB }

func openBadger(dir string, m memory) (store, error) {
	o := badger.DefaultOptions(dir).WithLogger(nil).WithMemTableSize(int64(m.memtable)).WithBlockCacheSize(int64(m.cache)).WithMetricsEnabled(false)
	if m.run > 0 {
		o = o.WithBaseTableSize(int64(m.run)).WithBaseLevelSize(int64(m.level)).WithValueThreshold(int64(m.memtable) / 8)
	}
	db, err := badger.Open(o)
	return badgerStore{db}, err
}

func (s badgerStore) write(b *batch, sync bool) error {
	w := s.db.NewTransaction(true)
	defer w.Discard()
	for i, k := range b.keys {
		var err error
		if k = append([]byte(nil), k...); b.values[i] == nil {
			err = w.Delete(k)
		} else {
			err = w.Set(k, append([]byte(nil), b.values[i]...))
		}
		if err != nil {
			return err
		}
	}
	if err := w.Commit(); err != nil || !sync {
		return err
	}
	return s.db.Sync()
}

func (s badgerStore) sync() error    { return s.db.Sync() }
func (s badgerStore) settle()        { time.Sleep(3 * time.Second) }
func (s badgerStore) close() error   { return s.db.Close() }
func (s badgerStore) reader() reader { return &badgerReader{db: s.db} }

type badgerReader struct {
	db  *badger.DB
	tx  *badger.Txn
	buf []byte
}

func (r *badgerReader) begin() error { r.tx = r.db.NewTransaction(false); return nil }
func (r *badgerReader) end()         { r.tx.Discard() }
func (r *badgerReader) close()       {}

func (r *badgerReader) get(key []byte) ([]byte, error) {
	item, err := r.tx.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.buf, err = item.ValueCopy(r.buf)
	return r.buf, err
}

func (r *badgerReader) scan(key []byte, limit int, reverse bool) (n int, sum uint64, err error) {
	o := badger.DefaultIteratorOptions
	o.PrefetchValues, o.Reverse = false, reverse
	it := r.tx.NewIterator(o)
	defer it.Close()
	if key == nil {
		it.Rewind()
	} else {
		it.Seek(key)
	}
	for ; it.Valid() && n < limit; it.Next() {
		if err := it.Item().Value(func(v []byte) error { sum += uint64(v[0]); return nil }); err != nil {
			return n, sum, err
		}
		n++
	}
	return n, sum, nil
}
