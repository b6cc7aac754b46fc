package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/kv/vfs"
	"github.com/lightsql/lightsql/sql/types"
)

var ctx = context.Background()

func openStore(t *testing.T, fs vfs.FS) kv.Store {
	t.Helper()
	dir := mvcc.Memory
	if fs != nil {
		dir = "data"
	}
	s, err := mvcc.Open(dir, mvcc.Options{FS: fs, MemtableBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openCatalog(t *testing.T, s kv.Store) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Open(ctx, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// begin starts a transaction with its first statement.
func begin(t *testing.T, s kv.Store, c *catalog.Catalog, iso kv.Isolation) (kv.Txn, *catalog.Txn) {
	t.Helper()
	k := s.Begin(kv.TxnOptions{Isolation: iso})
	if err := k.StartStatement(ctx); err != nil {
		t.Fatal(err)
	}
	return k, c.NewTxn(k, iso)
}

func newTable(t *testing.T, c *catalog.Catalog, name string) *catalog.Table {
	t.Helper()
	oid, err := c.NewOID(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return &catalog.Table{OID: oid, Schema: catalog.PublicOID, Name: name, Version: 1, NextColumn: 2,
		Columns: []*catalog.Column{{ID: 1, Name: "a", Type: types.Of(types.Int4OID), Missing: []byte{}}},
		Primary: &catalog.Index{ID: 1, Unique: true, Primary: true}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func commit(t *testing.T, k kv.Txn) kv.TS {
	t.Helper()
	ts, err := k.Commit(ctx)
	must(t, err)
	return ts
}

func reader(t *testing.T, x *catalog.Txn) *catalog.Reader {
	t.Helper()
	r, err := x.Reader(ctx)
	must(t, err)
	return r
}

func has(r *catalog.Reader, name string) bool {
	_, ok := r.Lookup([]string{"public"}, "", name)
	return ok
}

func TestBootstrapAndReopen(t *testing.T) {
	fs := vfs.NewMem()
	s := openStore(t, fs)
	c := openCatalog(t, s)
	r := c.Newest()
	if d, ok := r.Database("postgres"); !ok || d.OID != 5 || len(r.Databases()) != 3 {
		t.Errorf("databases: %v", r.Databases())
	}
	if p, ok := r.Schema("public"); !ok || p.OID != 2200 {
		t.Error("no schema public")
	}
	if u, ok := r.Role("postgres"); !ok || !u.Super {
		t.Error("no role postgres")
	}
	k, x := begin(t, s, c, kv.ReadCommitted)
	tab := newTable(t, c, "t")
	ix := &catalog.Index{ID: 2, OID: 77777, Name: "t_a_idx", Table: tab.OID, Schema: tab.Schema, Columns: []catalog.IndexColumn{{Column: 1}}}
	tab.Indexes = []*catalog.Index{ix}
	must(t, x.Create(ctx, tab))
	commit(t, k)
	must(t, s.Close())

	s = openStore(t, fs)
	defer s.Close()
	c = openCatalog(t, s)
	rel, ok := c.Newest().Lookup([]string{"public"}, "", "t")
	got, _ := rel.(*catalog.Table)
	if !ok || got.OID != tab.OID || got.Columns[0].Missing == nil || got.Columns[0].Type != tab.Columns[0].Type {
		t.Errorf("after reopen: %+v", rel)
	}
	if owner, i, ok := c.Newest().IndexByName(catalog.PublicOID, "t_a_idx"); !ok || owner != got || i.OID != 77777 {
		t.Error("index is lost")
	}
	if oid, _ := c.NewOID(ctx); oid <= tab.OID {
		t.Errorf("OID %d is given twice", oid)
	}
}

func TestSnapshots(t *testing.T) {
	s := openStore(t, nil)
	defer s.Close()
	c := openCatalog(t, s)
	old, oldCat := begin(t, s, c, kv.Snapshot)
	old.ReadTS()
	k, x := begin(t, s, c, kv.ReadCommitted)
	must(t, x.Create(ctx, newTable(t, c, "t")))
	if !has(x.Newest(), "t") || !has(reader(t, x), "t") {
		t.Error("a transaction does not see its own table")
	}
	if has(c.Newest(), "t") {
		t.Error("an uncommitted table is visible")
	}
	v := reader(t, x).Version()
	if reader(t, x).Version() != v {
		t.Error("the version changes without a change")
	}
	ts := commit(t, k)
	if r, ok := c.At(ts); !ok || !has(r, "t") {
		t.Error("not visible at its commit")
	}
	if has(reader(t, oldCat), "t") {
		t.Error("visible in an older snapshot")
	}
	// So many states later that the old one is not in memory any more.
	for i := range 40 {
		k, x := begin(t, s, c, kv.ReadCommitted)
		must(t, x.Create(ctx, newTable(t, c, fmt.Sprint("t", i))))
		commit(t, k)
	}
	if r := reader(t, oldCat); has(r, "t") || has(r, "t39") {
		t.Error("visible in an older snapshot that is read from the store")
	}
	old.Rollback()
	if !has(c.Newest(), "t") || !has(c.Newest(), "t39") {
		t.Error("tables are lost")
	}
}

func TestSavepoints(t *testing.T) {
	s := openStore(t, nil)
	defer s.Close()
	c := openCatalog(t, s)
	k, x := begin(t, s, c, kv.ReadCommitted)
	must(t, x.Create(ctx, newTable(t, c, "a")))
	ks, xs := k.Savepoint(), x.Savepoint()
	must(t, x.Create(ctx, newTable(t, c, "b")))
	if !has(x.Newest(), "b") {
		t.Error("b is not there")
	}
	k.RollbackTo(ks)
	x.RollbackTo(xs)
	if has(x.Newest(), "b") || !has(x.Newest(), "a") {
		t.Error("rollback to savepoint")
	}
	must(t, x.Create(ctx, newTable(t, c, "b"))) // the name is free again
	commit(t, k)
	if !has(c.Newest(), "a") || !has(c.Newest(), "b") {
		t.Error("after commit")
	}
	k, x = begin(t, s, c, kv.ReadCommitted)
	must(t, x.Create(ctx, newTable(t, c, "c")))
	k.Rollback()
	if has(c.Newest(), "c") {
		t.Error("a rolled back table is visible")
	}
}

func TestNamesAndUpdates(t *testing.T) {
	s := openStore(t, nil)
	defer s.Close()
	c := openCatalog(t, s)
	k, x := begin(t, s, c, kv.ReadCommitted)
	a, b := newTable(t, c, "a"), newTable(t, c, "b")
	must(t, x.Create(ctx, a))
	must(t, x.Create(ctx, b))
	var taken *catalog.NameTakenError
	if err := x.Create(ctx, newTable(t, c, "a")); !errors.As(err, &taken) || taken.Name != "a" {
		t.Errorf("second table a: %v", err)
	}
	n := *b
	n.Version++
	n.Name = "a"
	if err := x.Update(ctx, b, &n); !errors.Is(err, catalog.ErrNameTaken) {
		t.Errorf("rename to a taken name: %v", err)
	}
	n.Name = "c"
	must(t, x.Update(ctx, b, &n))
	must(t, x.Drop(ctx, a))
	m := n
	m.Version++
	m.Name = "a"
	must(t, x.Update(ctx, &n, &m))
	commit(t, k)
	r := c.Newest()
	if has(r, "b") || has(r, "c") || !has(r, "a") {
		t.Error("names after renames")
	}
	if got, _ := r.Table(b.OID); got == nil || got.Name != "a" {
		t.Error("the renamed table")
	}
}

func TestWriteLock(t *testing.T) {
	s := openStore(t, nil)
	defer s.Close()
	c := openCatalog(t, s)
	k, x := begin(t, s, c, kv.ReadCommitted)
	tab := newTable(t, c, "t")
	must(t, x.Create(ctx, tab))
	commit(t, k)

	w, wx := begin(t, s, c, kv.ReadCommitted)
	must(t, wx.WriteLock(ctx, tab))
	must(t, wx.WriteLock(ctx, tab)) // again costs nothing
	var wg sync.WaitGroup
	wg.Add(1)
	started := make(chan struct{})
	go func() {
		defer wg.Done()
		k, x := begin(t, s, c, kv.ReadCommitted)
		close(started)
		if err := x.Lock(ctx, kv.Exclusive, tab); err != nil {
			t.Error(err)
		}
		n := *tab
		n.Version++
		if err := x.Update(ctx, tab, &n); err != nil {
			t.Error(err)
		}
		if _, err := k.Commit(ctx); err != nil {
			t.Error(err)
		}
	}()
	<-started
	if cur, _ := c.Newest().Table(tab.OID); cur.Version != 1 {
		t.Error("the table changed under a writer")
	}
	commit(t, w)
	wg.Wait()
	w, wx = begin(t, s, c, kv.ReadCommitted)
	if err := wx.WriteLock(ctx, tab); !errors.Is(err, catalog.ErrTableChanged) {
		t.Errorf("lock of an old version: %v", err)
	}
	cur, _ := wx.Newest().Table(tab.OID)
	must(t, wx.WriteLock(ctx, cur))
	w.Rollback()
}

func TestSequence(t *testing.T) {
	fs := vfs.NewMem()
	s := openStore(t, fs)
	c := openCatalog(t, s)
	k, x := begin(t, s, c, kv.ReadCommitted)
	st, err := c.NewStorage(ctx)
	must(t, err)
	q := &catalog.Sequence{OID: 20000, Schema: catalog.PublicOID, Name: "q", Version: 1, Start: 1, Increment: 1, Min: 1, Max: 100, Storage: st,
		Initial: 1}
	must(t, x.Create(ctx, q))
	if v, err := c.Nextval(ctx, q); v != 1 || err != nil {
		t.Errorf("first value %d, %v", v, err)
	}
	commit(t, k)
	last, logged, called, err := c.SequenceValue(ctx, q)
	if last != 1 || logged != 32 || !called || err != nil {
		t.Errorf("state %d %d %v %v", last, logged, called, err)
	}
	var mu sync.Mutex
	seen := map[int64]bool{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 10 {
				v, err := c.Nextval(ctx, q)
				mu.Lock()
				if err != nil || seen[v] {
					t.Errorf("value %d twice, %v", v, err)
				}
				seen[v] = true
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	must(t, s.Close())
	s = openStore(t, fs)
	defer s.Close()
	c = openCatalog(t, s)
	v, err := c.Nextval(ctx, q)
	if v <= 41 || v > 41+33 || err != nil {
		t.Errorf("after reopen: %d, %v", v, err)
	}
	must(t, c.Setval(ctx, q, 99, false))
	for _, want := range []string{"99", "100", `nextval: reached maximum value of sequence "q" (100)`} {
		v, err := c.Nextval(ctx, q)
		got := fmt.Sprint(v)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if err := c.Setval(ctx, q, 101, true); err == nil {
		t.Error("setval out of bounds")
	}
	q.Cycle = true
	if v, _ := c.Nextval(ctx, q); v != 1 {
		t.Errorf("cycle: %d", v)
	}
	down := &catalog.Sequence{Name: "d", Increment: -2, Min: -5, Max: -1, Initial: -1, Storage: st + 1000}
	for _, want := range []int64{-1, -3, -5} {
		if v, err := c.Nextval(ctx, down); v != want || err != nil {
			t.Errorf("down: %d, %v", v, err)
		}
	}
	if _, err := c.Nextval(ctx, down); err == nil || err.Error() != `nextval: reached minimum value of sequence "d" (-5)` {
		t.Errorf("below the minimum: %v", err)
	}
}

func TestRowIDs(t *testing.T) {
	fs := vfs.NewMem()
	last := int64(0)
	for range 3 {
		s := openStore(t, fs)
		c := openCatalog(t, s)
		for _, n := range []int{1, 1000, 100000, 1} {
			v, err := c.NewRowIDs(ctx, 7, n)
			if err != nil || v <= last {
				t.Fatalf("%d after %d, %v", v, last, err)
			}
			last = v + int64(n) - 1
		}
		must(t, s.Close())
	}
}

// TestDropRowIDs: of a key space that goes nothing stays, whether its row ids were used since the start or before.
func TestDropRowIDs(t *testing.T) {
	s := openStore(t, vfs.NewMem())
	defer s.Close()
	entries := func() int {
		k := s.Begin(kv.TxnOptions{ReadOnly: true})
		defer k.Rollback()
		it, err := k.Scan(ctx, kv.Range{}, kv.ScanOptions{KeysOnly: true})
		must(t, err)
		defer it.Close()
		var b kv.Entries
		must(t, it.Next(ctx, &b, 10_000))
		return b.Len()
	}
	for _, restart := range []bool{false, true} {
		c := openCatalog(t, s)
		before := entries()
		first, err := c.NewRowIDs(ctx, 7, 10)
		must(t, err)
		if restart {
			c = openCatalog(t, s)
		}
		k := s.Begin(kv.TxnOptions{})
		must(t, c.NewTxn(k, kv.ReadCommitted).DropRowIDs(ctx, 7))
		k.Rollback()
		if again, err := c.NewRowIDs(ctx, 7, 10); err != nil || again < first+10 {
			t.Fatalf("row id %d after %d: %v", again, first, err)
		}
		if entries() != before+1 {
			t.Fatalf("%d entries, want %d", entries(), before+1)
		}
		k = s.Begin(kv.TxnOptions{})
		must(t, c.NewTxn(k, kv.ReadCommitted).DropRowIDs(ctx, 7))
		commit(t, k)
		if entries() != before {
			t.Fatalf("%d entries are left, want %d", entries(), before)
		}
	}
}

func TestLookup(t *testing.T) {
	virtual := &catalog.Table{OID: 1259, Schema: catalog.PGCatalogOID, Name: "pg_class", Virtual: noRows{}}
	own := &catalog.Table{OID: 16384, Schema: catalog.PublicOID, Name: "pg_class"}
	r := catalog.NewReader(catalog.NewBuiltins(virtual), own, &catalog.View{OID: 16385, Schema: catalog.PublicOID, Name: "v",
		DependsOn: []types.OID{16384}})
	for _, c := range []struct {
		path         []string
		schema, name string
		want         types.OID
	}{
		{[]string{"public"}, "", "pg_class", 1259},
		{[]string{"public", "pg_catalog"}, "", "pg_class", 16384},
		{[]string{"public"}, "public", "pg_class", 16384},
		{nil, "", "v", 0},
		{[]string{"nosuch", "public"}, "", "v", 16385},
		{nil, "nosuch", "v", 0},
	} {
		got := types.OID(0)
		if rel, ok := r.Lookup(c.path, c.schema, c.name); ok {
			got = rel.RelOID()
		}
		if got != c.want {
			t.Errorf("%v %q.%q: %d, want %d", c.path, c.schema, c.name, got, c.want)
		}
	}
	if d := r.Dependents(16384); len(d) != 1 || d[0].RelName() != "v" {
		t.Errorf("dependents %v", d)
	}
	if r.Visible([]string{"public"}, own) || !r.Visible([]string{"public"}, virtual) {
		t.Error("Visible")
	}
	n := 0
	for range r.Relations(0) {
		n++
	}
	if n != 3 {
		t.Errorf("%d relations", n)
	}
}

type noRows struct{}

func (noRows) Rows(*catalog.Session, map[int]types.Datum, func([]types.Datum) error) error {
	return nil
}

func TestOrdinal(t *testing.T) {
	tab := &catalog.Table{Columns: []*catalog.Column{{ID: 1}, {ID: 3}, {ID: 4}, {ID: 9}}}
	for id, want := range map[catalog.ColumnID]int{0: -1, 1: 0, 2: -1, 3: 1, 4: 2, 5: -1, 9: 3, 10: -1, 100: -1} {
		if got := tab.Ordinal(id); got != want {
			t.Errorf("Ordinal(%d) = %d, want %d", id, got, want)
		}
	}
}
