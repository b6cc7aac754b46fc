//go:build lmdb

package main

/*
#cgo LDFLAGS: -llmdb
#include <lmdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// What follows keeps the calls through cgo few: one per batch, per read and per scan.

static int put_all(MDB_env *env, MDB_dbi dbi, char *keys, char *values, int *dead, int n, int klen, int vlen) {
	MDB_txn *txn;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc) return rc;
	for (int i = 0; i < n; i++) {
		MDB_val k = {klen, keys + (size_t)i * klen}, v = {vlen, values + (size_t)i * vlen};
		rc = dead[i] ? mdb_del(txn, dbi, &k, NULL) : mdb_put(txn, dbi, &k, &v, 0);
		if (rc && rc != MDB_NOTFOUND) { mdb_txn_abort(txn); return rc; }
	}
	return mdb_txn_commit(txn);
}

static int get_one(MDB_txn *txn, MDB_dbi dbi, void *key, int klen, void **value) {
	MDB_val k = {klen, key}, v;
	int rc = mdb_get(txn, dbi, &k, &v);
	if (rc == MDB_NOTFOUND) return 0;
	if (rc) return -1;
	*value = v.mv_data;
	return v.mv_size;
}

static long lmdb_scan_all(MDB_txn *txn, MDB_dbi dbi, void *key, int klen, long limit, int reverse, uint64_t *sum) {
	MDB_cursor *c;
	if (mdb_cursor_open(txn, dbi, &c)) return -1;
	MDB_val k = {klen, key}, v;
	int rc;
	if (!klen) rc = mdb_cursor_get(c, &k, &v, reverse ? MDB_LAST : MDB_FIRST);
	else {
		rc = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE);
		if (reverse) rc = mdb_cursor_get(c, &k, &v, rc ? MDB_LAST : MDB_PREV);
	}
	long n = 0;
	for (; !rc && n < limit; n++) {
		*sum += *(unsigned char *)v.mv_data;
		rc = mdb_cursor_get(c, &k, &v, reverse ? MDB_PREV : MDB_NEXT);
	}
	mdb_cursor_close(c);
	return n;
}
*/
import "C"

import (
	"errors"
	"runtime"
	"sync"
	"unsafe"
)

func init() {
	engines = append(engines, struct {
		name string
		open func(dir string, m memory) (store, error)
	}{"lmdb", openLMDB})
}

type lmdbStore struct {
	env *C.MDB_env
	dbi C.MDB_dbi
	mu  *sync.Mutex
}

func lmdbError(rc C.int) error {
	if rc == 0 {
		return nil
	}
	return errors.New("lmdb: " + C.GoString(C.mdb_strerror(rc)))
}

func openLMDB(dir string, _ memory) (store, error) {
	s := lmdbStore{mu: new(sync.Mutex)}
	if err := lmdbError(C.mdb_env_create(&s.env)); err != nil {
		return nil, err
	}
	C.mdb_env_set_mapsize(s.env, 16<<30)
	name := C.CString(dir)
	defer C.free(unsafe.Pointer(name))
	if err := lmdbError(C.mdb_env_open(s.env, name, C.MDB_NOTLS|C.MDB_NORDAHEAD, 0o600)); err != nil {
		return nil, err
	}
	var txn *C.MDB_txn
	if err := lmdbError(C.mdb_txn_begin(s.env, nil, 0, &txn)); err != nil {
		return nil, err
	}
	if err := lmdbError(C.mdb_dbi_open(txn, nil, 0, &s.dbi)); err != nil {
		return nil, err
	}
	return s, lmdbError(C.mdb_txn_commit(txn))
}

func (s lmdbStore) write(b *batch, sync bool) error {
	n, klen := len(b.keys), len(b.keys[0])
	keys, values, dead := make([]byte, 0, n*klen), make([]byte, n*valueBytes), make([]C.int, n)
	for i, k := range b.keys {
		keys = append(keys, k...)
		copy(values[i*valueBytes:], b.values[i])
		if b.values[i] == nil {
			dead[i] = 1
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	off := C.int(1)
	if sync {
		off = 0
	}
	C.mdb_env_set_flags(s.env, C.MDB_NOSYNC, off)
	return lmdbError(C.put_all(s.env, s.dbi, (*C.char)(unsafe.Pointer(&keys[0])), (*C.char)(unsafe.Pointer(&values[0])), &dead[0],
		C.int(n), C.int(klen), valueBytes))
}

func (s lmdbStore) sync() error    { return lmdbError(C.mdb_env_sync(s.env, 1)) }
func (s lmdbStore) settle()        {}
func (s lmdbStore) close() error   { C.mdb_env_close(s.env); return nil }
func (s lmdbStore) reader() reader { return &lmdbReader{s: s} }

type lmdbReader struct {
	s   lmdbStore
	txn *C.MDB_txn
	v   unsafe.Pointer
}

func (r *lmdbReader) begin() error {
	if r.txn != nil {
		return lmdbError(C.mdb_txn_renew(r.txn))
	}
	return lmdbError(C.mdb_txn_begin(r.s.env, nil, C.MDB_RDONLY, &r.txn))
}
func (r *lmdbReader) end() { C.mdb_txn_reset(r.txn) }
func (r *lmdbReader) close() {
	if r.txn != nil {
		C.mdb_txn_abort(r.txn)
	}
}

func (r *lmdbReader) get(key []byte) ([]byte, error) {
	var p unsafe.Pointer
	n := C.get_one(r.txn, r.s.dbi, unsafe.Pointer(&key[0]), C.int(len(key)), &p)
	if n < 0 {
		return nil, errors.New("lmdb: get failed")
	}
	if n == 0 {
		return nil, nil
	}
	return unsafe.Slice((*byte)(p), int(n)), nil
}

func (r *lmdbReader) scan(key []byte, limit int, reverse bool) (int, uint64, error) {
	var sum C.uint64_t
	var p unsafe.Pointer
	if len(key) > 0 {
		p = unsafe.Pointer(&key[0])
	}
	back := C.int(0)
	if reverse {
		back = 1
	}
	n := C.lmdb_scan_all(r.txn, r.s.dbi, p, C.int(len(key)), C.long(limit), back, &sum)
	if n < 0 {
		return 0, 0, errors.New("lmdb: scan failed")
	}
	return int(n), uint64(sum), nil
}
