package main

import (
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

type boltStore struct{ db *bolt.DB }

var bucket = []byte("b")

func openBolt(dir string, _ memory) (store, error) {
	db, err := bolt.Open(filepath.Join(dir, "bolt.db"), 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType, NoFreelistSync: true})
	if err != nil {
		return nil, err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	})
	return boltStore{db}, err
}

func (s boltStore) write(b *batch, sync bool) error {
	f := func(tx *bolt.Tx) error {
		bk := tx.Bucket(bucket)
		for i, k := range b.keys {
			var err error
			if b.values[i] == nil {
				err = bk.Delete(k)
			} else {
				err = bk.Put(k, b.values[i])
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if sync {
		s.db.NoSync = false
		return s.db.Update(f)
	}
	s.db.NoSync = true
	return s.db.Update(f)
}

func (s boltStore) sync() error    { return s.db.Sync() }
func (s boltStore) settle()        {}
func (s boltStore) close() error   { return s.db.Close() }
func (s boltStore) reader() reader { return &boltReader{db: s.db} }

type boltReader struct {
	db *bolt.DB
	tx *bolt.Tx
	b  *bolt.Bucket
}

func (r *boltReader) begin() (err error) {
	if r.tx, err = r.db.Begin(false); err == nil {
		r.b = r.tx.Bucket(bucket)
	}
	return err
}
func (r *boltReader) end()                           { _ = r.tx.Rollback() }
func (r *boltReader) close()                         {}
func (r *boltReader) get(key []byte) ([]byte, error) { return r.b.Get(key), nil }

func (r *boltReader) scan(key []byte, limit int, reverse bool) (n int, sum uint64, err error) {
	c := r.b.Cursor()
	var k, v []byte
	switch {
	case key == nil && reverse:
		k, v = c.Last()
	case key == nil:
		k, v = c.First()
	default:
		k, v = c.Seek(key)
		if reverse {
			k, v = c.Prev()
		}
	}
	for k != nil && n < limit {
		sum += uint64(v[0])
		n++
		if reverse {
			k, v = c.Prev()
		} else {
			k, v = c.Next()
		}
	}
	return n, sum, nil
}
