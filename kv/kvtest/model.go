package kvtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/kv"
)

// Model says what RunModel does.
type Model struct {
	// Open opens the store, the first time empty, later with what the last Close left.
	Open func() (kv.Store, error)
	Seed uint64
	Ops  int
	Keys int // size of the key space; 0 is 60
	// Reopen is the chance per mille of a Close and Open between two operations.
	Reopen int
	// Large makes some values hundreds of kilobytes long.
	Large bool
	// Keep is how many timestamps back TxnOptions.AsOf can read. Commits that a crash has taken back, or that were refused, count.
	Keep kv.TS

	// Crash, if set, cuts the power and opens the store anew, as often as Reopen does. Commits that did not wait for the disk may be lost,
	// the last ones first.
	Crash func() (kv.Store, error)
	// Async: no commit waits for the disk, whatever its options say.
	Async bool
	// Trouble, if set, begins or ends a state in which commits may fail with an error for which Refused is true: these wrote nothing.
	Trouble func(on bool)
	Refused func(error) bool
}

// RunModel makes random operations in up to four interleaved transactions and compares every result with a model that
// keeps the whole content after every commit.
func RunModel(t *testing.T, m Model) {
	if m.Keys == 0 {
		m.Keys = 60
	}
	t.Logf("seed %d", m.Seed)
	s, err := m.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := &modelRun{
		T: t, m: m, s: s, ctx: context.Background(), rnd: rand.New(rand.NewPCG(m.Seed, 1)),
		history: []version{{state: map[string]string{}}}, changed: map[string]int{},
	}
	for r.op = 0; r.op < m.Ops && !t.Failed(); r.op++ {
		r.step()
	}
	r.endAll()
	if r.trouble {
		r.m.Trouble(false)
	}
	r.compare()
	if err := r.s.Close(); err != nil {
		t.Fatal(err)
	}
}

// version is the content after a commit.
type version struct {
	ts    kv.TS
	state map[string]string
	keys  []string // that the commit wrote
}

type modelRun struct {
	*testing.T
	m       Model
	s       kv.Store
	ctx     context.Context
	rnd     *rand.Rand
	op      int
	history []version
	changed map[string]int // key → index in history of its last change
	open    []*modelTxn
	synced  int   // index in history of the last commit that waited for the disk
	newest  kv.TS // that the store has had, also before a crash
	trouble bool
}

type modelWrite struct{ k, v string }

type modelTxn struct {
	tx     kv.Txn
	async  bool
	iso    kv.Isolation
	snap   int // index in history, -1: none yet
	writes []modelWrite
	mark   int
	saves  []modelSave
	locks  map[string]kv.LockMode
	ranges [][2]string // read under Serializable
}

type modelSave struct {
	p     kv.Savepoint
	n     int
	locks map[string]kv.LockMode
}

func (r *modelRun) fail(format string, args ...any) {
	r.Helper()
	r.Fatalf("seed %d, operation %d: %s", r.m.Seed, r.op, fmt.Sprintf(format, args...))
}

func (r *modelRun) noError(err error) {
	r.Helper()
	if err != nil {
		r.fail("%v", err)
	}
}

func (r *modelRun) key() string { return r.keyOf(r.rnd.IntN(r.m.Keys)) }

func (r *modelRun) keyOf(n int) string {
	return fmt.Sprintf("key/%s%03d", strings.Repeat("p", n%3*5), n)
}

func (r *modelRun) value() string {
	n := r.rnd.IntN(40) + 1
	if r.rnd.IntN(50) == 0 {
		n = r.rnd.IntN(20000) + 1
	}
	if r.m.Large && r.rnd.IntN(500) == 0 {
		n = r.rnd.IntN(600000) + 1
	}
	return strings.Repeat(string(rune('a'+r.rnd.IntN(26))), n) + fmt.Sprint(r.op)
}

func (r *modelRun) step() {
	switch {
	case r.rnd.IntN(1000) < r.m.Reopen:
		r.reopen()
		return
	case r.m.Crash != nil && r.rnd.IntN(1000) < r.m.Reopen:
		r.crash()
		return
	case r.m.Trouble != nil && r.rnd.IntN(100) == 0:
		r.trouble = !r.trouble
		r.m.Trouble(r.trouble)
	case r.m.Keep > 0 && r.rnd.IntN(100) == 0:
		r.past()
	}
	if len(r.open) == 0 || len(r.open) < 4 && r.rnd.IntN(12) == 0 {
		iso := kv.Isolation(r.rnd.IntN(2)) // Serializable has a test of its own: what it refuses is up to the store
		async := r.rnd.IntN(4) == 0
		tx := r.s.Begin(kv.TxnOptions{Isolation: iso, Async: async})
		r.open = append(r.open, &modelTxn{tx: tx, async: async || r.m.Async, iso: iso, snap: -1, locks: map[string]kv.LockMode{}})
		return
	}
	x := r.open[r.rnd.IntN(len(r.open))]
	switch n := r.rnd.IntN(100); {
	case n < 15:
		r.start(x)
	case n < 30:
		r.get(x)
	case n < 45:
		r.scan(x)
	case n < 75:
		r.write(x)
	case n < 80:
		r.lock(x, kv.LockMode(r.rnd.IntN(2)))
	case n < 84:
		x.saves = append(x.saves, modelSave{x.tx.Savepoint(), len(x.writes), maps.Clone(x.locks)})
	case n < 88:
		r.rollbackTo(x)
	case n < 90:
		r.deleteRange(x)
	case n < 98:
		r.commit(x)
	default:
		x.tx.Rollback()
		r.remove(x)
	}
}

func (r *modelRun) remove(x *modelTxn) {
	r.open = slices.DeleteFunc(r.open, func(o *modelTxn) bool { return o == x })
}

func (r *modelRun) endAll() {
	for _, x := range r.open {
		x.tx.Rollback()
	}
	r.open = nil
}

// seeNewest notes the newest timestamp. Refused commits have one too.
func (r *modelRun) seeNewest() {
	tx := r.s.Begin(kv.TxnOptions{ReadOnly: true})
	r.newest = max(r.newest, tx.ReadTS())
	tx.Rollback()
}

func (r *modelRun) reopen() {
	r.endAll()
	r.seeNewest()
	if r.trouble {
		r.trouble = false
		r.m.Trouble(false)
	}
	r.noError(r.s.Close())
	s, err := r.m.Open()
	r.noError(err)
	r.s, r.synced = s, len(r.history)-1
	r.compare()
}

// crash cuts the power. The store says itself, by its newest timestamp, how many commits it has; all of these must be there.
func (r *modelRun) crash() {
	r.endAll()
	r.seeNewest()
	r.trouble = false
	s, err := r.m.Crash()
	r.noError(err)
	r.s = s
	tx := s.Begin(kv.TxnOptions{ReadOnly: true})
	now := tx.ReadTS()
	tx.Rollback()
	n := len(r.history)
	for n > 1 && r.history[n-1].ts > now {
		n--
	}
	if n <= r.synced {
		r.fail("commit %d is lost: the store ends with %d", r.history[r.synced].ts, now)
	}
	r.history, r.synced = r.history[:n], n-1
	clear(r.changed)
	for i, v := range r.history {
		for _, k := range v.keys {
			r.changed[k] = i
		}
	}
	r.compare()
}

// past reads the content after some earlier commit.
func (r *modelRun) past() {
	last := len(r.history) - 1
	i := r.rnd.IntN(last + 1)
	if i == 0 {
		return
	}
	v := r.history[i]
	r.seeNewest()
	x := &modelTxn{tx: r.s.Begin(kv.TxnOptions{AsOf: v.ts}), snap: i}
	defer x.tx.Rollback()
	switch err := x.tx.StartStatement(r.ctx); {
	case errors.Is(err, kv.ErrSnapshotTooOld) && v.ts+r.m.Keep < r.newest:
		return
	case err != nil:
		r.fail("AsOf %d of %d: %v", v.ts, r.newest, err)
	}
	r.compareScan(x, "", "", kv.ScanOptions{Reverse: r.rnd.IntN(2) == 0}, r.rnd.IntN(30)+1)
}

// compare checks the newest content.
func (r *modelRun) compare() {
	x := &modelTxn{tx: r.s.Begin(kv.TxnOptions{ReadOnly: true}), snap: len(r.history) - 1}
	defer x.tx.Rollback()
	r.compareScan(x, "", "", kv.ScanOptions{}, 100)
	if got := x.tx.ReadTS(); got < r.history[x.snap].ts {
		r.fail("ReadTS %d, last commit %d", got, r.history[x.snap].ts)
	}
}

func (r *modelRun) start(x *modelTxn) {
	r.noError(x.tx.StartStatement(r.ctx))
	x.mark = len(x.writes)
	if x.snap < 0 || x.iso == kv.ReadCommitted {
		x.snap = len(r.history) - 1
	}
}

func (r *modelRun) snapshot(x *modelTxn) {
	if x.snap < 0 {
		x.snap = len(r.history) - 1
	}
}

// sees is the content that Get and Scan of x see.
func (r *modelRun) sees(x *modelTxn, writes int) map[string]string {
	state := maps.Clone(r.history[x.snap].state)
	for _, w := range x.writes[:writes] {
		if w.v == "" {
			delete(state, w.k)
		} else {
			state[w.k] = w.v
		}
	}
	return state
}

func (x *modelTxn) wrote(k string, n int) bool {
	return slices.ContainsFunc(x.writes[:n], func(w modelWrite) bool { return w.k == k })
}

func (r *modelRun) get(x *modelTxn) {
	r.snapshot(x)
	var keys []string
	for range r.rnd.IntN(4) + 1 {
		k := r.key()
		keys = append(keys, k)
		if !x.wrote(k, x.mark) {
			x.ranges = append(x.ranges, [2]string{k, k + "\x00"})
		}
	}
	var v kv.Values
	r.noError(x.tx.Get(r.ctx, byteKeys(keys), &v))
	state := r.sees(x, x.mark)
	for i, k := range keys {
		if string(v.V[i]) != state[k] || (v.V[i] == nil) != (state[k] == "") {
			r.fail("Get %s: %.40q, want %.40q", k, v.V[i], state[k])
		}
	}
}

func (r *modelRun) scan(x *modelTxn) {
	r.snapshot(x)
	start, end := "", ""
	if r.rnd.IntN(3) > 0 {
		start, end = r.key(), r.key()
	}
	if r.rnd.IntN(4) == 0 {
		end = ""
	}
	o := kv.ScanOptions{Reverse: r.rnd.IntN(2) == 0, KeysOnly: r.rnd.IntN(4) == 0}
	r.compareScan(x, start, end, o, r.rnd.IntN(30)+1)
	x.ranges = append(x.ranges, [2]string{start, end})
}

func (r *modelRun) compareScan(x *modelTxn, start, end string, o kv.ScanOptions, batch int) {
	it, err := x.tx.Scan(r.ctx, span(start, end), o)
	r.noError(err)
	defer it.Close()
	state := r.sees(x, x.mark)
	keys := slices.Sorted(maps.Keys(state))
	keys = slices.DeleteFunc(keys, func(k string) bool { return k < start || end != "" && k >= end })
	if o.Reverse {
		slices.Reverse(keys)
	}
	var b kv.Entries
	for {
		r.noError(it.Next(r.ctx, &b, batch))
		if b.Len() == 0 {
			break
		}
		for i := range b.K {
			if len(keys) == 0 {
				r.fail("Scan [%s, %s) %+v: %q too much", start, end, o, b.K[i])
			}
			want := state[keys[0]]
			if o.KeysOnly {
				want = ""
			}
			if string(b.K[i]) != keys[0] || string(b.V[i]) != want {
				r.fail("Scan [%s, %s) %+v: %q=%.40q, want %q=%.40q", start, end, o, b.K[i], b.V[i], keys[0], want)
			}
			keys = keys[1:]
		}
	}
	if len(keys) > 0 {
		r.fail("Scan [%s, %s) %+v: %d entries are missing, first %q", start, end, o, len(keys), keys[0])
	}
}

// busy tells whether another transaction's lock stands in the way.
func (r *modelRun) busy(x *modelTxn, k string, mode kv.LockMode) bool {
	for _, o := range r.open {
		if held, ok := o.locks[k]; ok && o != x && (mode == kv.Exclusive || held == kv.Exclusive) {
			return true
		}
	}
	return false
}

// lock locks a random key and returns it, "" if that failed.
func (r *modelRun) lock(x *modelTxn, mode kv.LockMode) string {
	r.snapshot(x)
	k := r.key()
	busy := r.busy(x, k, mode)
	changed := r.changed[k] > x.snap
	conflict := changed && mode == kv.Exclusive && x.iso != kv.ReadCommitted
	o := kv.LockOptions{Mode: mode, Wait: kv.NoWait}
	if r.rnd.IntN(2) == 0 {
		o.Wait = kv.SkipLocked
	}
	var l kv.Locked
	err := x.tx.Lock(r.ctx, byteKeys([]string{k}), o, &l)
	switch {
	case busy && o.Wait == kv.NoWait:
		if !errors.Is(err, kv.ErrLocked) {
			r.fail("Lock %s: %v, want ErrLocked", k, err)
		}
		return ""
	case busy:
		r.noError(err)
		if len(l.V) != 1 || !l.V[0].Skipped {
			r.fail("Lock %s was not skipped", k)
		}
		return ""
	case conflict:
		if !errors.Is(err, kv.ErrConflict) {
			r.fail("Lock %s: %v, want ErrConflict", k, err)
		}
		x.tx.Rollback()
		r.remove(x)
		return ""
	}
	r.noError(err)
	if held, ok := x.locks[k]; !ok || held == kv.Shared {
		x.locks[k] = mode
	}
	last := &modelTxn{snap: len(r.history) - 1, writes: x.writes}
	want := kv.LockedValue{Changed: changed, Own: x.wrote(k, len(x.writes)) && !r.sameBefore(x, k)}
	got := l.V[0]
	value := r.sees(last, len(x.writes))[k]
	if string(got.Value) != value || got.Changed != want.Changed || got.Own != want.Own {
		r.fail("Lock %s: %.40q changed %v own %v, want %.40q %v %v", k, got.Value, got.Changed, got.Own, value, want.Changed, want.Own)
	}
	return k
}

// sameBefore tells whether the last write of k was made before the present statement.
func (r *modelRun) sameBefore(x *modelTxn, k string) bool {
	for i := len(x.writes) - 1; i >= 0; i-- {
		if x.writes[i].k == k {
			return i < x.mark
		}
	}
	return true
}

func (r *modelRun) write(x *modelTxn) {
	k := r.lock(x, kv.Exclusive)
	if k == "" {
		return
	}
	v := ""
	if r.rnd.IntN(3) > 0 {
		v = r.value()
		r.noError(x.tx.Put([]byte(k), []byte(v)))
	} else {
		r.noError(x.tx.Delete([]byte(k)))
	}
	x.writes = append(x.writes, modelWrite{k, v})
}

// deleteRange locks a range for itself, as far as nobody else holds a lock in it, and deletes it. Keys that only the
// transaction itself had written are written again: whether the store tells that they changed is up to it.
func (r *modelRun) deleteRange(x *modelTxn) {
	if x.iso != kv.ReadCommitted {
		return
	}
	start, end := r.key(), r.key()
	var keys []string
	for n := range r.m.Keys {
		if k := r.keyOf(n); k >= start && k < end {
			if r.busy(x, k, kv.Exclusive) {
				return
			}
			keys = append(keys, k)
		}
	}
	r.snapshot(x)
	r.noError(x.tx.Lock(r.ctx, byteKeys(keys), kv.LockOptions{Wait: kv.NoWait}, nil))
	for _, k := range keys {
		x.locks[k] = kv.Exclusive
	}
	r.noError(x.tx.DeleteRange(span(start, end)))
	last := r.history[len(r.history)-1].state
	state := r.sees(&modelTxn{snap: len(r.history) - 1, writes: x.writes}, len(x.writes))
	var again []string
	for _, k := range keys {
		if _, ok := last[k]; !ok && x.wrote(k, len(x.writes)) {
			again = append(again, k)
		}
		if _, ok := state[k]; ok {
			x.writes = append(x.writes, modelWrite{k, ""})
		}
	}
	if r.rnd.IntN(2) == 0 {
		r.start(x)
		r.scan(x)
	}
	for _, k := range again {
		v := r.value()
		r.noError(x.tx.Put([]byte(k), []byte(v)))
		x.writes = append(x.writes, modelWrite{k, v})
	}
}

func (r *modelRun) rollbackTo(x *modelTxn) {
	if len(x.saves) == 0 {
		return
	}
	i := r.rnd.IntN(len(x.saves))
	x.tx.RollbackTo(x.saves[i].p)
	x.writes = x.writes[:x.saves[i].n]
	x.locks = maps.Clone(x.saves[i].locks)
	x.mark = min(x.mark, len(x.writes))
	x.saves = x.saves[:i+1]
}

func (r *modelRun) commit(x *modelTxn) {
	defer r.remove(x)
	conflict := x.iso == kv.Serializable && len(x.writes) > 0 && r.readsChanged(x)
	ts, err := x.tx.Commit(r.ctx)
	if conflict {
		if !errors.Is(err, kv.ErrConflict) {
			r.fail("Commit: %v, want ErrConflict", err)
		}
		return
	}
	if err != nil && r.m.Refused != nil && r.m.Refused(err) {
		return
	}
	r.noError(err)
	if len(x.writes) == 0 {
		return
	}
	if !x.async {
		defer func() { r.synced = len(r.history) - 1 }()
	}
	last := r.history[len(r.history)-1]
	if ts <= last.ts {
		r.fail("timestamp %d after %d", ts, last.ts)
	}
	v := version{ts: ts, state: r.sees(&modelTxn{snap: len(r.history) - 1, writes: x.writes}, len(x.writes))}
	for _, w := range x.writes {
		r.changed[w.k] = len(r.history)
		v.keys = append(v.keys, w.k)
	}
	r.history = append(r.history, v)
}

// readsChanged tells whether a commit after x's snapshot wrote what x has read.
func (r *modelRun) readsChanged(x *modelTxn) bool {
	for _, v := range r.history[x.snap+1:] {
		for _, k := range v.keys {
			for _, g := range x.ranges {
				if k >= g[0] && (g[1] == "" || k < g[1]) {
					return true
				}
			}
		}
	}
	return false
}
