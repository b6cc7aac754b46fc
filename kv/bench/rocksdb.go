//go:build rocksdb

package main

/*
#cgo LDFLAGS: -lrocksdb
#include <rocksdb/c.h>
#include <stdint.h>
#include <stdlib.h>

static void write_all(rocksdb_t *db, rocksdb_writeoptions_t *wo, char *keys, char *values, int *dead, int n, int klen, int vlen, char **err) {
	rocksdb_writebatch_t *b = rocksdb_writebatch_create();
	for (int i = 0; i < n; i++) {
		if (dead[i]) rocksdb_writebatch_delete(b, keys + (size_t)i * klen, klen);
		else rocksdb_writebatch_put(b, keys + (size_t)i * klen, klen, values + (size_t)i * vlen, vlen);
	}
	rocksdb_write(db, wo, b, err);
	rocksdb_writebatch_destroy(b);
}

static long rocks_scan_all(rocksdb_t *db, rocksdb_readoptions_t *ro, char *key, size_t klen, long limit, int reverse, uint64_t *sum) {
	rocksdb_iterator_t *it = rocksdb_create_iterator(db, ro);
	if (!klen && reverse) rocksdb_iter_seek_to_last(it);
	else if (!klen) rocksdb_iter_seek_to_first(it);
	else if (reverse) { rocksdb_iter_seek_for_prev(it, key, klen); }
	else rocksdb_iter_seek(it, key, klen);
	long n = 0;
	for (; n < limit && rocksdb_iter_valid(it); n++) {
		size_t len;
		*sum += *(unsigned char *)rocksdb_iter_value(it, &len);
		if (reverse) rocksdb_iter_prev(it); else rocksdb_iter_next(it);
	}
	rocksdb_iter_destroy(it);
	return n;
}
*/
import "C"

import (
	"errors"
	"time"
	"unsafe"
)

func init() {
	engines = append(engines, struct {
		name string
		open func(dir string, m memory) (store, error)
	}{"rocksdb", openRocks})
}

type rocksStore struct {
	db           *C.rocksdb_t
	lazy, strict *C.rocksdb_writeoptions_t
}

func rocksError(e *C.char) error {
	if e == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(e))
	return errors.New("rocksdb: " + C.GoString(e))
}

func openRocks(dir string, m memory) (store, error) {
	o := C.rocksdb_options_create()
	C.rocksdb_options_set_create_if_missing(o, 1)
	C.rocksdb_options_set_write_buffer_size(o, C.size_t(m.memtable))
	C.rocksdb_options_increase_parallelism(o, 2)
	if m.run > 0 {
		C.rocksdb_options_set_target_file_size_base(o, C.uint64_t(m.run))
		C.rocksdb_options_set_max_bytes_for_level_base(o, C.uint64_t(m.level))
	}
	t := C.rocksdb_block_based_options_create()
	C.rocksdb_block_based_options_set_block_cache(t, C.rocksdb_cache_create_lru(C.size_t(m.cache)))
	C.rocksdb_block_based_options_set_filter_policy(t, C.rocksdb_filterpolicy_create_bloom_full(10))
	C.rocksdb_options_set_block_based_table_factory(o, t)
	name := C.CString(dir)
	defer C.free(unsafe.Pointer(name))
	var e *C.char
	s := rocksStore{db: C.rocksdb_open(o, name, &e), lazy: C.rocksdb_writeoptions_create(), strict: C.rocksdb_writeoptions_create()}
	C.rocksdb_writeoptions_set_sync(s.strict, 1)
	return s, rocksError(e)
}

func (s rocksStore) write(b *batch, sync bool) error {
	n, klen := len(b.keys), len(b.keys[0])
	keys, values, dead := make([]byte, 0, n*klen), make([]byte, n*valueBytes), make([]C.int, n)
	for i, k := range b.keys {
		keys = append(keys, k...)
		copy(values[i*valueBytes:], b.values[i])
		if b.values[i] == nil {
			dead[i] = 1
		}
	}
	o := s.lazy
	if sync {
		o = s.strict
	}
	var e *C.char
	C.write_all(s.db, o, (*C.char)(unsafe.Pointer(&keys[0])), (*C.char)(unsafe.Pointer(&values[0])), &dead[0],
		C.int(n), C.int(klen), valueBytes, &e)
	return rocksError(e)
}

func (s rocksStore) sync() error {
	var e *C.char
	C.rocksdb_flush_wal(s.db, 1, &e)
	return rocksError(e)
}

func (s rocksStore) settle() {
	property := C.CString("rocksdb.num-running-compactions")
	defer C.free(unsafe.Pointer(property))
	for quietFor := 0; quietFor < 20; {
		time.Sleep(50 * time.Millisecond)
		v := C.rocksdb_property_value(s.db, property)
		if v == nil || C.GoString(v) == "0" {
			quietFor++
		} else {
			quietFor = 0
		}
		C.free(unsafe.Pointer(v))
	}
}

func (s rocksStore) close() error   { C.rocksdb_close(s.db); return nil }
func (s rocksStore) reader() reader { return &rocksReader{s: s, ro: C.rocksdb_readoptions_create()} }

type rocksReader struct {
	s    rocksStore
	ro   *C.rocksdb_readoptions_t
	snap *C.rocksdb_snapshot_t
	buf  []byte
}

func (r *rocksReader) begin() error {
	r.snap = C.rocksdb_create_snapshot(r.s.db)
	C.rocksdb_readoptions_set_snapshot(r.ro, r.snap)
	return nil
}

func (r *rocksReader) end() {
	C.rocksdb_readoptions_set_snapshot(r.ro, nil)
	C.rocksdb_release_snapshot(r.s.db, r.snap)
}

func (r *rocksReader) close() { C.rocksdb_readoptions_destroy(r.ro) }

func (r *rocksReader) get(key []byte) ([]byte, error) {
	var e *C.char
	var n C.size_t
	p := C.rocksdb_get(r.s.db, r.ro, (*C.char)(unsafe.Pointer(&key[0])), C.size_t(len(key)), &n, &e)
	if e != nil {
		return nil, rocksError(e)
	}
	if p == nil {
		return nil, nil
	}
	r.buf = append(r.buf[:0], unsafe.Slice((*byte)(unsafe.Pointer(p)), int(n))...)
	C.free(unsafe.Pointer(p))
	return r.buf, nil
}

func (r *rocksReader) scan(key []byte, limit int, reverse bool) (int, uint64, error) {
	var sum C.uint64_t
	var p *C.char
	if len(key) > 0 {
		p = (*C.char)(unsafe.Pointer(&key[0]))
	}
	back := C.int(0)
	if reverse {
		back = 1
	}
	n := C.rocks_scan_all(r.s.db, r.ro, p, C.size_t(len(key)), C.long(limit), back, &sum)
	return int(n), uint64(sum), nil
}
