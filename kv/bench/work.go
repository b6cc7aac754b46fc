package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// store is what an engine has to offer.
type store interface {
	// write applies a batch atomically; a nil value deletes. With sync it is durable on return.
	write(b *batch, sync bool) error
	// sync makes all that was written durable.
	sync() error
	// reader is used by one goroutine.
	reader() reader
	// settle waits until the engine's background work is done, as far as it can be told.
	settle()
	close() error
}

// reader reads from a snapshot that begin takes and end gives up.
type reader interface {
	begin() error
	end()
	// get returns the value, nil if there is none, valid until the next call.
	get(key []byte) ([]byte, error)
	// scan visits up to limit entries from key on (from the end if key is nil and reverse), adds up one byte of each
	// value, and returns how many there were.
	scan(key []byte, limit int, reverse bool) (n int, sum uint64, err error)
	close()
}

type batch struct {
	keys, values [][]byte
}

func (b *batch) reset() { b.keys, b.values = b.keys[:0], b.values[:0] }

type work struct {
	engine  string
	open    func(dir string, m memory) (store, error)
	dir     string
	n       int
	match   *regexp.Regexp
	profile string
	cpu     bool // rates per second of processor time
	db      store
	at      string
}

const (
	batchRows  = 1000
	valueBytes = 100
	readsEach  = 1000 // reads of one snapshot
)

// scatter maps 0…n-1 to itself, in no visible order.
func scatter(i, n uint64) uint64 { return i * 2654435761 % n }

func key(dst []byte, i uint64) []byte {
	dst = append(dst[:0], "tbl:0001"...)
	return binary.BigEndian.AppendUint64(dst, 2*i) // odd numbers are missing
}

func missing(dst []byte, i uint64) []byte {
	dst = append(dst[:0], "tbl:0001"...)
	return binary.BigEndian.AppendUint64(dst, 2*i+1)
}

// value is half noise and half its repetition.
func value(dst []byte, i uint64) []byte {
	dst = dst[:0]
	x := i*0x9e3779b97f4a7c15 + 1
	for len(dst) < valueBytes/2 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		dst = binary.LittleEndian.AppendUint64(dst, x)
	}
	dst = dst[:valueBytes/2]
	return append(dst, dst...)
}

// random is a small generator: the engines should be measured, not it.
type random uint64

func (r *random) next(n uint64) uint64 {
	*r = *r*6364136223846793005 + 1442695040888963407
	return uint64(*r>>33) % n
}

// zipf prefers small numbers, then scatters them: p(i) ~ 1/(i+1).
func (r *random) zipf(n uint64) uint64 {
	u := float64(r.next(1<<30)) / (1 << 30)
	i := uint64(math.Exp(u*math.Log(float64(n)))) - 1
	return scatter(min(i, n-1), n)
}

func (w *work) report(row string, value float64, unit string) {
	out, _ := json.Marshal(result{w.engine, row, value, unit})
	fmt.Println(string(out))
}

// rate measures f, which does ops operations, if row is wanted.
func (w *work) rate(row string, ops int, f func() error) error {
	if !w.match.MatchString(row) {
		return nil
	}
	runtime.GC()
	if w.profile != "" {
		out, err := os.Create(w.profile + "." + strings.NewReplacer(" ", "-", "/", "-").Replace(row))
		if err != nil {
			return err
		}
		defer out.Close()
		if err := pprof.StartCPUProfile(out); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	start, cpu := time.Now(), cpuTime()
	if err := f(); err != nil {
		return fmt.Errorf("%s: %w", row, err)
	}
	took := time.Since(start)
	if w.cpu {
		took = cpuTime() - cpu
	}
	w.report(row, float64(ops)/took.Seconds(), "/s")
	return nil
}

func (w *work) run() error {
	for _, step := range []func() error{w.amplification, w.loads, w.reads, w.writes, w.commits} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) fresh(name string, m memory) error {
	if w.db != nil {
		if err := w.db.close(); err != nil {
			return err
		}
		os.RemoveAll(w.at)
	}
	w.at = filepath.Join(w.dir, name)
	if err := os.MkdirAll(w.at, 0o700); err != nil {
		return err
	}
	var err error
	w.db, err = w.open(w.at, m)
	return err
}

// fill writes n entries in batches.
func (w *work) fill(inOrder bool) error {
	var b batch
	keys, values := buffers(batchRows)
	for i := 0; i < w.n; {
		b.reset()
		for j := 0; j < batchRows && i < w.n; j++ {
			k := uint64(i)
			if !inOrder {
				k = scatter(k, uint64(w.n))
			}
			keys[j], values[j] = key(keys[j], k), value(values[j], k)
			b.keys, b.values = append(b.keys, keys[j]), append(b.values, values[j])
			i++
		}
		if err := w.db.write(&b, false); err != nil {
			return err
		}
	}
	return w.db.sync()
}

func buffers(n int) (keys, values [][]byte) { return make([][]byte, n), make([][]byte, n) }

func (w *work) loads() error {
	if w.match.MatchString("load sequential") {
		if err := w.fresh("seq", plenty); err != nil {
			return err
		}
		if err := w.rate("load sequential", w.n, func() error { return w.fill(true) }); err != nil {
			return err
		}
	}
	if err := w.fresh("main", plenty); err != nil {
		return err
	}
	if w.match.MatchString("load random") {
		if err := w.rate("load random", w.n, func() error { return w.fill(false) }); err != nil {
			return err
		}
	} else if err := w.fill(false); err != nil {
		return err
	}
	w.db.settle()
	start := time.Now()
	if err := w.db.close(); err != nil {
		return err
	}
	w.db = nil
	closed := time.Since(start)
	start = time.Now()
	db, err := w.open(w.at, plenty)
	if err != nil {
		return err
	}
	w.db = db
	opened := time.Since(start)
	w.db.settle()
	if w.match.MatchString("open") {
		w.report("close", float64(closed.Microseconds())/1000, "ms")
		w.report("open", float64(opened.Microseconds())/1000, "ms")
	}
	if w.match.MatchString("disk") {
		w.report("disk", float64(diskBytes(w.at))/(1<<20), "MB")
	}
	return nil
}

func diskBytes(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if used, ok := blocksOf(path); ok {
				n += used
			}
		}
		return nil
	})
	return n
}

// amplification loads entries in random order and writes half of them again, with little memory, and reports what the
// process wrote to files, and what it keeps on disk, per byte of keys and values.
func (w *work) amplification() error {
	if !w.match.MatchString("write amplification") && !w.match.MatchString("space amplification") {
		return nil
	}
	if err := w.fresh("amplify", scarce); err != nil {
		return err
	}
	start := writtenBytes()
	if err := w.fill(false); err != nil {
		return err
	}
	var b batch
	keys, values := buffers(batchRows)
	rnd := random(3)
	for range w.n / 2 / batchRows {
		b.reset()
		for j := range batchRows {
			i := rnd.next(uint64(w.n))
			keys[j], values[j] = key(keys[j], i), value(values[j], i+1)
		}
		b.keys, b.values = keys, values
		if err := w.db.write(&b, false); err != nil {
			return err
		}
	}
	if err := w.db.sync(); err != nil {
		return err
	}
	w.db.settle()
	if err := w.db.close(); err != nil {
		return err
	}
	w.db = nil
	const entry = 16 + valueBytes
	w.report("write amplification", float64(writtenBytes()-start)/float64(entry*(w.n+w.n/2/batchRows*batchRows)), "x")
	w.report("space amplification", float64(diskBytes(w.at))/float64(entry*w.n), "x")
	return os.RemoveAll(w.at)
}

// parallel runs f on goroutines, each with a reader and its own share of ops.
func (w *work) parallel(goroutines, ops int, f func(r reader, rnd *random, ops int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, goroutines)
	for g := range goroutines {
		wg.Add(1)
		go func() {
			defer wg.Done()
			r := w.db.reader()
			defer r.close()
			rnd := random(g + 1)
			errs[g] = f(r, &rnd, ops/goroutines)
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// gets reads keys that choose picks; want says whether they exist.
func gets(choose func(rnd *random) uint64, want bool) func(r reader, rnd *random, ops int) error {
	return func(r reader, rnd *random, ops int) error {
		var k []byte
		var expect [valueBytes]byte
		for done := 0; done < ops; {
			if err := r.begin(); err != nil {
				return err
			}
			for j := 0; j < readsEach && done < ops; j++ {
				i := choose(rnd)
				if want {
					k = key(k, i)
				} else {
					k = missing(k, i)
				}
				v, err := r.get(k)
				if err != nil {
					return err
				}
				if want != (v != nil) || want && len(v) != valueBytes {
					return fmt.Errorf("key %x: wrong answer of %d bytes", k, len(v))
				}
				if done&1023 == 0 && want && string(v) != string(value(expect[:], i)) {
					return fmt.Errorf("key %x: wrong value", k)
				}
				done++
			}
			r.end()
		}
		return nil
	}
}

func (w *work) reads() error {
	n := uint64(w.n)
	uniform := func(rnd *random) uint64 { return rnd.next(n) }
	skewed := func(rnd *random) uint64 { return rnd.zipf(n) }
	hot := func(rnd *random) uint64 { return rnd.next(min(n, 10_000)) }
	if err := w.parallel(1, 1, func(r reader, _ *random, _ int) error { return fullScan(r, w.n, false) }); err != nil {
		return err // warms the cache, for everybody
	}
	ops := max(min(2*w.n, 2_000_000), 200_000)
	for _, row := range []struct {
		name       string
		goroutines int
		ops        int
		f          func(r reader, rnd *random, ops int) error
	}{
		{"get uniform 1", 1, ops / 2, gets(uniform, true)},
		{"get uniform 2", 2, ops, gets(uniform, true)},
		{"get zipf 1", 1, ops / 2, gets(skewed, true)},
		{"get zipf 2", 2, ops, gets(skewed, true)},
		{"get missing 1", 1, ops / 2, gets(uniform, false)},
		{"get missing 2", 2, ops, gets(uniform, false)},
		{"get hot 10k 2", 2, 4 * ops, gets(hot, true)},
		{"scan 100 forward", 1, ops, scans(n, 100, false)},
		{"scan 100 reverse", 1, ops, scans(n, 100, true)},
		{"scan full forward", 1, w.n, func(r reader, _ *random, _ int) error { return fullScan(r, w.n, false) }},
		{"scan full reverse", 1, w.n, func(r reader, _ *random, _ int) error { return fullScan(r, w.n, true) }},
	} {
		if err := w.rate(row.name, row.ops, func() error { return w.parallel(row.goroutines, row.ops, row.f) }); err != nil {
			return err
		}
	}
	if w.match.MatchString("memory") {
		w.report("memory after reads", residentMB(), "MB")
	}
	return nil
}

func scans(n uint64, limit int, reverse bool) func(r reader, rnd *random, ops int) error {
	return func(r reader, rnd *random, ops int) error {
		var k []byte
		for done := 0; done < ops; {
			if err := r.begin(); err != nil {
				return err
			}
			for range 10 {
				k = key(k, rnd.next(n))
				got, _, err := r.scan(k, limit, reverse)
				if err != nil {
					return err
				}
				done += max(got, limit)
			}
			r.end()
		}
		return nil
	}
}

func fullScan(r reader, n int, reverse bool) error {
	if err := r.begin(); err != nil {
		return err
	}
	defer r.end()
	got, _, err := r.scan(nil, math.MaxInt, reverse)
	if err == nil && got != n {
		err = fmt.Errorf("scan saw %d entries, want %d", got, n)
	}
	return err
}

func (w *work) writes() error {
	n := uint64(w.n)
	keys, values := buffers(batchRows)
	one := batch{keys: keys[:1], values: values[:1]}
	put := func(i, v uint64) error {
		keys[0], values[0] = key(keys[0], i), value(values[0], v)
		return w.db.write(&one, false)
	}
	ops := max(min(w.n/2, 500_000), 100_000)
	err := w.rate("mixed 50/50", ops, func() error {
		rnd := random(7)
		r := w.db.reader()
		defer r.close()
		var k []byte
		for range ops / 2 {
			i := rnd.next(n)
			if err := put(i, i); err != nil {
				return err
			}
			k = key(k, rnd.next(n))
			if err := r.begin(); err != nil {
				return err
			}
			if v, err := r.get(k); err != nil || v == nil {
				return fmt.Errorf("lost key %x: %w", k, err)
			}
			r.end()
		}
		return w.db.sync()
	})
	if err != nil {
		return err
	}
	if err := w.rate("update hot 1000 keys", ops, func() error {
		rnd := random(8)
		for range ops {
			i := rnd.next(1000)
			if err := put(i, i); err != nil {
				return err
			}
		}
		return w.db.sync()
	}); err != nil {
		return err
	}
	return w.deletes()
}

// deletes deletes every other entry and scans the rest, at once and when the store has settled.
func (w *work) deletes() error {
	keys, _ := buffers(batchRows)
	err := w.rate("delete half", w.n/2, func() error {
		b := batch{}
		for i := 0; i < w.n; {
			b.reset()
			for j := 0; j < batchRows && i < w.n; j++ {
				keys[j] = key(keys[j], uint64(i))
				b.keys, b.values = append(b.keys, keys[j]), append(b.values, nil)
				i += 2
			}
			if err := w.db.write(&b, false); err != nil {
				return err
			}
		}
		return w.db.sync()
	})
	if err != nil || !w.match.MatchString("delete half") {
		return err
	}
	scan := func() error {
		return w.parallel(1, 1, func(r reader, _ *random, _ int) error { return fullScan(r, w.n/2, false) })
	}
	if err := w.rate("scan after deletes", w.n/2, scan); err != nil {
		return err
	}
	w.db.settle()
	return w.rate("scan when settled", w.n/2, scan)
}

// commits measures small durable transactions.
func (w *work) commits() error {
	for _, c := range []int{1, 16} {
		row := fmt.Sprintf("durable commits %d", c)
		if !w.match.MatchString(row) {
			continue
		}
		if err := w.fresh(fmt.Sprint("commit", c), plenty); err != nil {
			return err
		}
		var done atomic.Int64
		const lasts = 3 * time.Second
		start := time.Now()
		var wg sync.WaitGroup
		errs := make([]error, c)
		for g := range c {
			wg.Add(1)
			go func() {
				defer wg.Done()
				var b batch
				keys, values := buffers(1)
				for i := uint64(0); time.Since(start) < lasts; i++ {
					keys[0], values[0] = key(keys[0], uint64(g)<<32|i), value(values[0], i)
					b.keys, b.values = keys, values
					if errs[g] = w.db.write(&b, true); errs[g] != nil {
						return
					}
					done.Add(1)
				}
			}()
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		w.report(row, float64(done.Load())/time.Since(start).Seconds(), "/s")
	}
	return w.db.close()
}

// residentMB is the memory of the process without what the garbage collector could give back.
func residentMB() float64 {
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(b), "\n") {
		var kb float64
		if n, _ := fmt.Sscanf(line, "RssAnon: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}
