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

// RunHistory tests TxnOptions.AsOf on a store that promises to keep the states of the last keep commits: each of them can be
// read, with Get and Scan, also after a restart. An older one can be read or is ErrSnapshotTooOld, and the first one is
// in the end. open opens the store, the first time empty.
func RunHistory(t *testing.T, keep int, open func() (kv.Store, error)) {
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{T: t, s: s, ctx: context.Background()}
	rnd := rand.New(rand.NewPCG(uint64(keep), 3))
	state := map[string]string{}
	var states []map[string]string
	var at []kv.TS
	for n := range 6 * keep {
		var pairs []string
		for range rnd.IntN(3) + 1 {
			k, v := fmt.Sprintf("k%02d", rnd.IntN(20)), ""
			if rnd.IntN(3) > 0 {
				v = fmt.Sprint(n, strings.Repeat("x", rnd.IntN(400)))
			}
			pairs = append(pairs, k+"="+v)
			if state[k] = v; v == "" {
				delete(state, k)
			}
		}
		at = append(at, h.put(pairs...))
		states = append(states, maps.Clone(state))
		if n%keep == keep-1 {
			for i := range states {
				h.past(at[i], states[i], len(states)-1-i > keep)
			}
		}
		if n == 3*keep {
			h.ok(h.s.Close())
			h.s, err = open()
			h.ok(err)
		}
	}
	tx := h.begin(kv.TxnOptions{AsOf: at[0]})
	h.is(tx.StartStatement(h.ctx), kv.ErrSnapshotTooOld)
	tx.Rollback()
	h.ok(h.s.Close())
}

// past compares the content at ts with want. gone: the store may have forgotten it.
func (h *harness) past(ts kv.TS, want map[string]string, gone bool) {
	h.Helper()
	tx := h.begin(kv.TxnOptions{AsOf: ts})
	defer tx.Rollback()
	if err := tx.StartStatement(h.ctx); errors.Is(err, kv.ErrSnapshotTooOld) && gone {
		return
	} else if err != nil {
		h.Fatalf("at %d: %v", ts, err)
	}
	var pairs []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		pairs = append(pairs, k+"="+want[k])
		h.equal(tx.get(k), want[k])
	}
	h.equal(tx.scan("", ""), strings.Join(pairs, " "))
	slices.Reverse(pairs)
	h.equal(tx.scanWith("", "", kv.ScanOptions{Reverse: true}, 7), strings.Join(pairs, " "))
	h.is(tx.Put([]byte("x"), []byte("y")), kv.ErrReadOnly)
}
