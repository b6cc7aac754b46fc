package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestHistories runs random transactions that append to lists and read them, and looks for anomalies in what they saw, in the
// manner of Elle: a list shows the order of its writers, so that who depends on whom is known.
func TestHistories(t *testing.T) {
	dsn := startServer(t, ":memory:").dsn()
	for _, l := range []struct {
		level string
		// forbidden are the cycles that the level must not have.
		forbidden []string
	}{
		{"read committed", []string{"G0", "G1c"}},
		{"repeatable read", []string{"G0", "G1c", "G-single"}},
		{"serializable", []string{"G0", "G1c", "G-single", "G2"}},
	} {
		t.Run(l.level, func(t *testing.T) {
			for seed := range uint64(2) {
				h := &history{T: t, level: l.level, keys: 4 + int(seed)*3}
				h.run(dsn, seed)
				h.check(l.forbidden)
				if h.committed < h.total/10 {
					t.Errorf("seed %d: only %d of %d transactions committed", seed, h.committed, h.total)
				}
			}
		})
	}
}

const (
	historySessions = 5
	historyTxns     = 80 // per session
)

// history is what the transactions of one run did and saw.
type history struct {
	*testing.T
	level            string
	keys             int
	total, committed int

	mu   sync.Mutex
	txns []*historyTxn
	last map[int][]int // the lists at the end
}

// historyTxn is one transaction. Its appends have values that no other has.
type historyTxn struct {
	id        int
	committed bool
	appends   map[int][]int // by key
	reads     []historyRead
}

type historyRead struct {
	key  int
	list []int
	own  int // elements that the transaction had appended itself
}

func (h *history) run(dsn string, seed uint64) {
	ctx := context.Background()
	c := h.connect(dsn)
	defer c.Close(ctx)
	setup := fmt.Sprintf(`drop table if exists lists; create table lists (k int primary key, v text not null);
		insert into lists select g, '' from generate_series(0, %d) g`, h.keys-1)
	if _, err := c.Exec(ctx, setup).ReadAll(); err != nil {
		h.Fatal(err)
	}
	var wg sync.WaitGroup
	for s := range historySessions {
		wg.Add(1)
		go func() {
			defer wg.Done()
			h.session(dsn, s, rand.New(rand.NewPCG(seed, uint64(s))))
		}()
	}
	wg.Wait()
	res, err := c.Exec(ctx, "select k, v from lists").ReadAll()
	if err != nil {
		h.Fatal(err)
	}
	h.last = map[int][]int{}
	for _, row := range res[0].Rows {
		var k int
		fmt.Sscan(string(row[0]), &k)
		h.last[k] = parseList(string(row[1]))
	}
}

func (h *history) connect(dsn string) *pgconn.PgConn {
	c, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		h.Fatal(err)
	}
	return c
}

func (h *history) session(dsn string, session int, rnd *rand.Rand) {
	c, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		h.Error(err)
		return
	}
	defer c.Close(context.Background())
	for i := range historyTxns {
		x := &historyTxn{id: session*historyTxns + i, appends: map[int][]int{}}
		err := h.transaction(c, x, rnd)
		var pe *pgconn.PgError
		switch {
		case err == nil:
			x.committed = true
		case !errors.As(err, &pe) || !slices.Contains([]string{"40001", "40P01", "25P02"}, pe.Code) || pe.Code == "40001" && h.level == "read committed":
			h.Errorf("%s: %v", h.level, err)
			return
		}
		h.mu.Lock()
		h.total++
		if x.committed {
			h.committed++
		}
		h.txns = append(h.txns, x)
		h.mu.Unlock()
	}
}

// transaction runs one random transaction.
func (h *history) transaction(c *pgconn.PgConn, x *historyTxn, rnd *rand.Rand) error {
	ctx := context.Background()
	exec := func(sql string) ([]*pgconn.Result, error) { return c.Exec(ctx, sql).ReadAll() }
	if _, err := exec("begin isolation level " + h.level); err != nil {
		return err
	}
	for op := range 1 + rnd.IntN(4) {
		if err := h.operation(exec, x, op, rnd); err != nil {
			exec("rollback")
			return err
		}
	}
	if rnd.IntN(12) == 0 {
		exec("rollback")
		return &pgconn.PgError{Code: "25P02"}
	}
	_, err := exec("commit")
	return err
}

func (h *history) operation(exec func(string) ([]*pgconn.Result, error), x *historyTxn, op int, rnd *rand.Rand) error {
	k := rnd.IntN(h.keys)
	value := x.id*10 + op + 1
	switch rnd.IntN(6) {
	case 0, 1:
		x.appends[k] = append(x.appends[k], value)
		_, err := exec(fmt.Sprintf("update lists set v = v || ' %d' where k = %d", value, k))
		return err
	case 2:
		x.appends[k] = append(x.appends[k], value)
		_, err := exec(fmt.Sprintf("insert into lists values (%d, '') on conflict (k) do update set v = lists.v || ' %d'", k, value))
		return err
	}
	where := fmt.Sprintf("k = %d", k)
	if rnd.IntN(2) == 0 {
		where = fmt.Sprintf("k between %d and %d", k, k+2)
	}
	res, err := exec("select k, v from lists where " + where)
	if err != nil {
		return err
	}
	for _, row := range res[0].Rows {
		r := historyRead{list: parseList(string(row[1]))}
		fmt.Sscan(string(row[0]), &r.key)
		r.own = len(x.appends[r.key])
		x.reads = append(x.reads, r)
	}
	return nil
}

func parseList(text string) []int {
	var out []int
	for _, w := range strings.Fields(text) {
		var v int
		fmt.Sscan(w, &v)
		out = append(out, v)
	}
	return out
}

// dependency is an edge between transactions.
type dependency struct {
	to   *historyTxn
	kind string // ww, wr, rw
}

// check looks for values that must not have been seen, and for cycles.
func (h *history) check(forbidden []string) {
	writer := map[int]*historyTxn{}
	for _, x := range h.txns {
		for _, list := range x.appends {
			for _, v := range list {
				writer[v] = x
			}
		}
	}
	edges := map[*historyTxn][]dependency{}
	add := func(from, to *historyTxn, kind string) {
		if from != nil && to != nil && from != to {
			edges[from] = append(edges[from], dependency{to, kind})
		}
	}
	for k, list := range h.last {
		for i, v := range list {
			if writer[v] == nil || !writer[v].committed {
				h.Errorf("key %d has %d of a transaction that did not commit", k, v)
			}
			if i > 0 {
				add(writer[list[i-1]], writer[v], "ww")
			}
		}
	}
	h.checkLost()
	for _, x := range h.txns {
		for _, r := range x.reads {
			h.checkRead(x, r, writer, add)
		}
	}
	for _, kind := range forbidden {
		if cycle := findCycle(edges, kind); cycle != nil {
			h.Errorf("%s: %s among transactions %v", h.level, kind, cycle)
		}
	}
}

// checkLost reports appends of committed transactions that are not in the lists.
func (h *history) checkLost() {
	for _, x := range h.txns {
		for k, list := range x.appends {
			for _, v := range list {
				if x.committed && !slices.Contains(h.last[k], v) {
					h.Errorf("append of %d to key %d is lost", v, k)
				}
			}
		}
	}
}

// checkRead checks one read and adds what it depends on, if its transaction committed.
func (h *history) checkRead(x *historyTxn, r historyRead, writer map[int]*historyTxn, add func(from, to *historyTxn, kind string)) {
	seen := r.list
	if own := x.appends[r.key][:r.own]; len(own) > 0 {
		if len(seen) < len(own) || !slices.Equal(seen[len(seen)-len(own):], own) {
			h.Errorf("transaction %d does not see its own appends of key %d: %v in %v", x.id, r.key, own, seen)
			return
		}
		seen = seen[:len(seen)-len(own)]
	}
	last := h.last[r.key]
	if len(seen) > len(last) || !slices.Equal(seen, last[:len(seen)]) {
		h.Errorf("transaction %d read %v of key %d, which became %v (G1a, or a lost update)", x.id, seen, r.key, last)
		return
	}
	if !x.committed {
		return
	}
	if len(seen) > 0 {
		v := seen[len(seen)-1]
		w := writer[v]
		add(w, x, "wr")
		if all := w.appends[r.key]; all[len(all)-1] != v {
			h.Errorf("transaction %d read an intermediate state of key %d (G1b)", x.id, r.key)
		}
	}
	for _, v := range last[len(seen):] {
		if writer[v] != x {
			add(x, writer[v], "rw")
			break
		}
	}
}

// findCycle returns the transactions of a cycle of that kind, nil if there is none.
func findCycle(edges map[*historyTxn][]dependency, kind string) []int {
	follow := map[string][]string{"G0": {"ww"}, "G1c": {"ww", "wr"}, "G-single": {"ww", "wr"}, "G2": {"ww", "wr", "rw"}}[kind]
	for from, list := range edges {
		for _, e := range list {
			if kind == "G-single" != (e.kind == "rw") && kind != "G2" || kind == "G0" && e.kind != "ww" {
				continue
			}
			if path := findPath(edges, e.to, from, follow); path != nil {
				return path
			}
		}
	}
	return nil
}

// findPath returns the transactions on a path over edges of the given kinds.
func findPath(edges map[*historyTxn][]dependency, from, to *historyTxn, kinds []string) []int {
	before := map[*historyTxn]*historyTxn{from: nil}
	todo := []*historyTxn{from}
	for len(todo) > 0 {
		x := todo[0]
		todo = todo[1:]
		if x == to {
			var path []int
			for ; x != nil; x = before[x] {
				path = append(path, x.id)
			}
			return path
		}
		for _, e := range edges[x] {
			if _, seen := before[e.to]; !seen && slices.Contains(kinds, e.kind) {
				before[e.to] = x
				todo = append(todo, e.to)
			}
		}
	}
	return nil
}

// TestFindCycle: the checker finds what it is there for.
func TestFindCycle(t *testing.T) {
	a, b := &historyTxn{id: 1}, &historyTxn{id: 2}
	for _, c := range []struct {
		ab, ba string
		want   string
	}{
		{"ww", "ww", "G0 G1c G2"}, {"ww", "wr", "G1c G2"}, {"wr", "rw", "G-single G2"}, {"rw", "rw", "G2"},
	} {
		edges := map[*historyTxn][]dependency{a: {{b, c.ab}}, b: {{a, c.ba}}}
		found := map[string]bool{}
		for _, kind := range []string{"G0", "G1c", "G-single", "G2"} {
			if findCycle(edges, kind) != nil {
				found[kind] = true
			}
		}
		if got := strings.Join(slices.Sorted(maps.Keys(found)), " "); got != c.want {
			if strings.Join(slices.Sorted(slices.Values(strings.Fields(c.want))), " ") != got {
				t.Errorf("%s, %s: %s, want %s", c.ab, c.ba, got, c.want)
			}
		}
	}
}
