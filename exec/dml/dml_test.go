package dml_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/build"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

var ctx = context.Background()

// db is a store with some tables, and sessions over it.
type db struct {
	t         testing.TB
	store     *countingStore
	cat       *catalog.Catalog
	batchRows int
	oid       types.OID
}

func newDB(t testing.TB) *db {
	s, err := mvcc.Open(mvcc.Memory, mvcc.Options{MemtableBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	store := &countingStore{Store: s}
	cat, err := catalog.Open(ctx, store, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &db{t: t, store: store, cat: cat, oid: 20000}
}

// countingStore counts the calls of its transactions that could be network round trips.
type countingStore struct {
	kv.Store
	gets, locks, scans int
}

func (s *countingStore) Begin(o kv.TxnOptions) kv.Txn { return &countingTxn{s.Store.Begin(o), s} }

type countingTxn struct {
	kv.Txn
	s *countingStore
}

func (t *countingTxn) Get(ctx context.Context, keys [][]byte, dst *kv.Values) error {
	t.s.gets++
	return t.Txn.Get(ctx, keys, dst)
}

func (t *countingTxn) Lock(ctx context.Context, keys [][]byte, o kv.LockOptions, dst *kv.Locked) error {
	t.s.locks++
	return t.Txn.Lock(ctx, keys, o, dst)
}

func (t *countingTxn) Scan(ctx context.Context, r kv.Range, o kv.ScanOptions) (kv.Iterator, error) {
	t.s.scans++
	return t.Txn.Scan(ctx, r, o)
}

func (d *db) nextOID() types.OID {
	d.oid++
	return d.oid
}

// create makes a table: columns "name type [not null]; …", then "pk a,b", "unique a", "index a desc,b", "check name expr".
func (d *db) create(name, columns string, parts ...string) {
	d.t.Helper()
	st, err := d.cat.NewStorage(ctx)
	if err != nil {
		d.t.Fatal(err)
	}
	t := &catalog.Table{OID: d.nextOID(), Schema: catalog.PublicOID, Name: name, Version: 1, NextColumn: 1, Storage: st, NextIndex: 2,
		Primary: &catalog.Index{ID: catalog.PrimaryIndexID, Unique: true, Primary: true}}
	for _, c := range strings.Split(columns, ";") {
		c, notNull := strings.CutSuffix(strings.TrimSpace(c), " not null")
		n, typ, _ := strings.Cut(c, " ")
		ti, ok := types.ByName(typ)
		if !ok {
			d.t.Fatalf("type %s", typ)
		}
		t.Columns = append(t.Columns, &catalog.Column{ID: t.NextColumn, Name: n, Type: types.Of(ti.OID), NotNull: notNull})
		t.NextColumn++
	}
	for _, p := range parts {
		word, rest, _ := strings.Cut(p, " ")
		if word == "check" {
			n, e, _ := strings.Cut(rest, " ")
			t.Checks = append(t.Checks, &catalog.Check{OID: d.nextOID(), Name: n, Expr: e})
			continue
		}
		x := &catalog.Index{ID: t.NextIndex, OID: d.nextOID(), Table: t.OID, Schema: t.Schema, Unique: word != "index"}
		x.Name = name + "_" + strings.ReplaceAll(strings.ReplaceAll(rest, ",", "_"), " desc", "") + map[string]string{"index": "_idx", "unique": "_key", "pk": "_pkey"}[word]
		for _, c := range strings.Split(rest, ",") {
			c, desc := strings.CutSuffix(c, " desc")
			col, _, _ := t.Column(c)
			x.Columns = append(x.Columns, catalog.IndexColumn{Column: col.ID, Desc: desc, NullsFirst: desc})
			col.NotNull = col.NotNull || word == "pk"
		}
		if word == "pk" {
			x.ID, x.Primary, x.Name = catalog.PrimaryIndexID, true, name+"_pkey"
			t.Primary = x
			continue
		}
		t.NextIndex++
		t.Indexes = append(t.Indexes, x)
	}
	k := d.store.Begin(kv.TxnOptions{})
	if err := d.cat.NewTxn(k, kv.ReadCommitted).Create(ctx, t); err != nil {
		d.t.Fatal(err)
	}
	if _, err := k.Commit(ctx); err != nil {
		d.t.Fatal(err)
	}
}

// session is a client with its transaction.
type session struct {
	db        *db
	tx        kv.Txn
	isolation kv.Isolation
	// between runs after the snapshot of the next statement was taken.
	between func()
}

func (d *db) session() *session { return &session{db: d} }

func (s *session) begin(iso kv.Isolation) *session {
	s.isolation = iso
	s.tx = s.db.store.Begin(kv.TxnOptions{Isolation: iso})
	return s
}

func (s *session) end(commit bool) error {
	tx := s.tx
	s.tx = nil
	if !commit {
		tx.Rollback()
		return nil
	}
	_, err := tx.Commit(ctx)
	return err
}

// exec runs a statement, in a transaction of its own if none is open, and returns its rows and count as text.
func (s *session) exec(sql string, params ...types.Datum) string {
	auto := s.tx == nil
	if auto {
		s.begin(kv.ReadCommitted)
	}
	out, err := s.run(sql, params)
	if auto {
		if e := s.end(err == nil); err == nil {
			err = e
		}
	}
	if err == nil {
		return out
	}
	e, ok := pgerr.As(err)
	if !ok {
		return "error: " + err.Error()
	}
	out = fmt.Sprintf("%s: %s", e.Code, e.Message)
	if e.Detail != "" {
		out += " | " + e.Detail
	}
	if e.Hint != "" {
		out += " | " + e.Hint
	}
	return out
}

func (s *session) run(sql string, params []types.Datum) (string, error) {
	if err := s.tx.StartStatement(ctx); err != nil {
		return "", err
	}
	s.tx.ReadTS()
	if s.between != nil {
		f := s.between
		s.between = nil
		f()
	}
	stmts, err := parser.Parse(sql)
	if err != nil {
		return "", err
	}
	c := &exec.Ctx{Txn: s.tx, Expr: &expr.Ctx{Context: ctx, Params: params, Types: types.NewEnv()}, ReadCommitted: s.isolation == kv.ReadCommitted,
		Catalog: &catalog.Session{Reader: s.db.cat.Newest(), Catalog: s.db.cat}, Memory: &exec.Account{}, BatchRows: s.db.batchRows}
	p, err := planner.Plan(stmts[0].Stmt, planner.Options{Reader: c.Catalog.Reader, SQL: sql, SearchPath: []string{"public"}})
	if err != nil {
		return "", err
	}
	return runPlan(p, c)
}

func runPlan(p *plan.Plan, c *exec.Ctx) (string, error) {
	tree, err := build.New(p, c)
	if err != nil {
		return "", err
	}
	defer tree.Close()
	if err := tree.Open(ctx); err != nil {
		return "", err
	}
	var rows []string
	for {
		b, err := tree.Next(ctx)
		if err != nil {
			return "", err
		}
		if b == nil || b.Len == 0 {
			break
		}
		for i := range b.Rows() {
			var vs []string
			for o, v := range b.Cols {
				if d := v.Datum(b.Row(i)); d.IsNull() {
					vs = append(vs, "null")
				} else {
					vs = append(vs, types.Text(p.Columns[o].T, d, nil))
				}
			}
			rows = append(rows, strings.Join(vs, ","))
		}
	}
	if p.Kind != "SELECT" {
		rows = append([]string{fmt.Sprint(p.Kind, " ", c.Affected)}, rows...)
	}
	return strings.Join(rows, " "), nil
}

// check compares every index of a table with its rows.
func (d *db) check(table string) {
	d.t.Helper()
	rel, _ := d.cat.Newest().Lookup([]string{"public"}, "", table)
	t := rel.(*catalog.Table)
	rt, err := rowenc.NewTable(t)
	if err != nil {
		d.t.Fatal(err)
	}
	tx := d.store.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	scan := func(r kv.Range) *kv.Entries {
		it, err := tx.Scan(ctx, r, kv.ScanOptions{})
		if err != nil {
			d.t.Fatal(err)
		}
		defer it.Close()
		es := &kv.Entries{}
		if err := it.Next(ctx, es, 1<<20); err != nil {
			d.t.Fatal(err)
		}
		return es
	}
	es := scan(rt.Range())
	var ords []int
	var cols []*vec.Vector
	for i, c := range t.Columns {
		ords, cols = append(ords, i), append(cols, vec.New(c.Type.Kind(), 0))
	}
	dec, _ := rt.NewRowDecoder(ords)
	if err := dec.Decode(es.K, es.V, cols); err != nil {
		d.t.Fatal(err)
	}
	rows := &rowenc.Rows{Cols: cols, Len: es.Len()}
	for _, x := range rt.Indexes {
		var ks, vs rowenc.Buffer
		x.AppendEntryKeys(&ks, rows, es.K)
		x.AppendEntryValues(&vs, rows, es.K)
		var want []string
		for i := range ks.B {
			want = append(want, fmt.Sprintf("%x=%x", ks.B[i], vs.B[i]))
		}
		slices.Sort(want)
		got := scan(x.Range())
		var have []string
		for i := range got.K {
			have = append(have, fmt.Sprintf("%x=%x", got.K[i], got.V[i]))
		}
		if !slices.Equal(have, want) || !slices.IsSortedFunc(got.K, bytes.Compare) {
			d.t.Errorf("index %s of %s: %v, want %v", x.Desc.Name, table, have, want)
		}
	}
}

// step is a statement and what it answers.
type step struct{ sql, want string }

func (d *db) steps(steps []step) {
	d.t.Helper()
	s := d.session()
	for _, st := range steps {
		if got := s.exec(st.sql); got != st.want {
			d.t.Errorf("%s\n got %s\nwant %s", st.sql, got, st.want)
		}
	}
}

// forBatches runs f with several sizes of batches.
func forBatches(t *testing.T, f func(*db)) {
	for _, n := range []int{1, 2, 0} {
		t.Run(fmt.Sprint("batch ", n), func(t *testing.T) {
			d := newDB(t)
			d.batchRows = n
			f(d)
		})
	}
}

func TestInsert(t *testing.T) {
	forBatches(t, func(d *db) {
		d.create("t", "a int4; b text; c int4", "pk a", "unique b", "index c desc", "check t_c_check c > 0", "check t_b_check b <> 'bad'")
		d.steps([]step{
			{"insert into t values (1, 'x', 1), (2, 'y', null), (3, null, 3), (4, null, 4)", "INSERT 4"},
			{"insert into t values (5, 'z', 5) returning a + 1, *", "INSERT 1 6,5,z,5"},
			{"insert into t(b, a) values ('w', 6)", "INSERT 1"},
			{"insert into t values (7, 'q', 7), (1, 'p', 7)", `23505: duplicate key value violates unique constraint "t_pkey" | Key (a)=(1) already exists.`},
			{"insert into t values (8, 'y', 7)", `23505: duplicate key value violates unique constraint "t_b_key" | Key (b)=(y) already exists.`},
			{"insert into t values (8, 'n', 7), (8, 'm', 7)", `23505: duplicate key value violates unique constraint "t_pkey" | Key (a)=(8) already exists.`},
			{"insert into t values (9, 'n', 7), (8, 'n', 7)", `23505: duplicate key value violates unique constraint "t_b_key" | Key (b)=(n) already exists.`},
			{"insert into t values (null, 'n', 7)", `23502: null value in column "a" of relation "t" violates not-null constraint | Failing row contains (null, n, 7).`},
			{"insert into t values (1, 'n', 7), (null, 'n', 7)", `23505: duplicate key value violates unique constraint "t_pkey" | Key (a)=(1) already exists.`},
			{"insert into t values (10, 'n', 0)", `23514: new row for relation "t" violates check constraint "t_c_check" | Failing row contains (10, n, 0).`},
			{"insert into t values (10, 'bad', 0)", `23514: new row for relation "t" violates check constraint "t_b_check" | Failing row contains (10, bad, 0).`},
			{"insert into t select a + 10, b || 'x', c from t where b is not null returning a", "INSERT 4 11 12 15 16"},
			{"select a from t order by a", "1 2 3 4 5 6 11 12 15 16"},
			{"insert into t values (20, '" + strings.Repeat("é", 40) + "', 0)",
				`23514: new row for relation "t" violates check constraint "t_c_check" | Failing row contains (20, ` + strings.Repeat("é", 32) + "..., 0)."},
		})
		d.check("t")
	})
}

func TestHiddenRowID(t *testing.T) {
	forBatches(t, func(d *db) {
		d.create("h", "a int4; b text", "index a")
		d.steps([]step{
			{"insert into h values (1, 'x'), (1, 'x'), (2, null)", "INSERT 3"},
			{"insert into h select * from h", "INSERT 3"},
			{"update h set a = a + 1 where b = 'x'", "UPDATE 4"},
			{"select a, b from h order by a, b", "2,x 2,x 2,x 2,x 2,null 2,null"},
			{"delete from h where b is null returning *", "DELETE 2 2,null 2,null"},
			{"select count(*) from h", "4"},
		})
		d.check("h")
	})
}

func TestUpdate(t *testing.T) {
	forBatches(t, func(d *db) {
		d.create("t", "a int4; b text; c int4 not null", "pk a", "unique b", "index c,b", "check t_c_check c < 100")
		d.steps([]step{
			{"insert into t values (1, 'x', 1), (2, 'y', 2), (3, null, 3), (4, null, 4)", "INSERT 4"},
			{"update t set c = c * 10 where a = 1", "UPDATE 1"},
			{"update t set c = c + 1 where a = 1 and b = 'nosuch'", "UPDATE 0"},
			{"update t set c = c + 1 where a = 99", "UPDATE 0"},
			{"update t set c = c + 1 where a = null::int4", "UPDATE 0"},
			{"update t set c = a, b = b || '!' where b is not null returning *", "UPDATE 2 1,x!,1 2,y!,2"},
			{"update t set c = null where a = 2", `23502: null value in column "c" of relation "t" violates not-null constraint | Failing row contains (2, y!, null).`},
			{"update t set c = 100 where a = 2", `23514: new row for relation "t" violates check constraint "t_c_check" | Failing row contains (2, y!, 100).`},
			{"update t set b = 'x!' where a = 2", `23505: duplicate key value violates unique constraint "t_b_key" | Key (b)=(x!) already exists.`},
			{"update t set b = 'same'", `23505: duplicate key value violates unique constraint "t_b_key" | Key (b)=(same) already exists.`},
			{"update t set b = 'x!' where a = 1", "UPDATE 1"},
			{"update t set a = 2 where a = 1", `23505: duplicate key value violates unique constraint "t_pkey" | Key (a)=(2) already exists.`},
			{"update t set a = a + 1", `23505: duplicate key value violates unique constraint "t_pkey" | Key (a)=(2) already exists.`},
			{"update t set a = a - 1 returning a", "UPDATE 4 0 1 2 3"},
			{"update t set a = a + 10 where a in (0, 2)", "UPDATE 2"},
			{"update t set a = null where a = 1", `23502: null value in column "a" of relation "t" violates not-null constraint | Failing row contains (null, y!, 2).`},
			{"select * from t order by a", "1,y!,2 3,null,4 10,x!,1 12,null,3"},
			{"update t set (b, c) = (null, 7) where c >= 2", "UPDATE 3"},
			{"select * from t order by a", "1,null,7 3,null,7 10,x!,1 12,null,7"},
		})
		d.check("t")
	})
}

func TestUpdateFromAndDeleteUsing(t *testing.T) {
	forBatches(t, func(d *db) {
		d.create("t", "a int4; b int4", "pk a")
		d.create("u", "a int4; v int4")
		d.steps([]step{
			{"insert into t values (1, 0), (2, 0), (3, 0)", "INSERT 3"},
			{"insert into u values (1, 5), (1, 5), (2, 7), (9, 9)", "INSERT 4"},
			{"update t set b = b + v from u where t.a = u.a returning t.a, t.b, u.v", "UPDATE 2 1,5,5 2,7,7"},
			{"select * from t order by a", "1,5 2,7 3,0"},
			{"delete from t using u where t.a = u.a returning t.a, v", "DELETE 2 1,5 2,7"},
			{"select * from t order by a", "3,0"},
		})
	})
}

func TestDelete(t *testing.T) {
	forBatches(t, func(d *db) {
		d.create("t", "a int4; b text; c int4", "pk a", "unique b", "index c")
		d.create("p", "a int4; b text", "pk a")
		d.steps([]step{
			{"insert into t values (1, 'x', 1), (2, 'y', 2), (3, null, 3), (4, null, 4)", "INSERT 4"},
			{"delete from t where a = 1", "DELETE 1"},
			{"delete from t where a = 1", "DELETE 0"},
			{"delete from t where a = 2 and c = 1", "DELETE 0"},
			{"insert into t values (1, 'x', 1)", "INSERT 1"},
			{"delete from t where a = 2 returning b", "DELETE 1 y"},
			{"delete from t where c > 2", "DELETE 2"},
			{"select * from t", "1,x,1"},
			{"insert into p values (1, 'a'), (2, 'b')", "INSERT 2"},
			{"delete from p where a = 1", "DELETE 1"},
			{"select * from p", "2,b"},
			{"delete from p", "DELETE 1"},
		})
		d.check("t")
	})
}

func TestOnConflict(t *testing.T) {
	forBatches(t, func(d *db) {
		d.create("t", "a int4; b text; c int4", "pk a", "unique b", "index c")
		d.steps([]step{
			{"insert into t values (1, 'x', 1), (2, 'y', 2)", "INSERT 2"},
			{"insert into t values (1, 'n', 5), (3, 'z', 3) on conflict do nothing", "INSERT 1"},
			{"insert into t values (4, 'x', 5), (4, 'w', 4), (4, 'v', 4) on conflict do nothing returning *", "INSERT 1 4,w,4"},
			{"insert into t values (5, 'x', 5) on conflict (a) do nothing", `23505: duplicate key value violates unique constraint "t_b_key" | Key (b)=(x) already exists.`},
			{"insert into t values (1, 'q', 9), (5, 'r', 5) on conflict (a) do update set c = t.c + excluded.c returning a, b, c", "INSERT 2 1,x,10 5,r,5"},
			{"insert into t values (50, 'y', 9) on conflict (b) do update set c = excluded.c, a = excluded.a", "INSERT 1"},
			{"insert into t values (1, 'x', 9) on conflict (a) do update set c = 0 where t.c < 5", "INSERT 0"},
			{"insert into t values (7, 'x7', 9), (7, 'x8', 9) on conflict (a) do update set c = 0",
				"21000: ON CONFLICT DO UPDATE command cannot affect row a second time | Ensure that no rows proposed for insertion within the same command have duplicate constrained values."},
			{"select * from t order by a", "1,x,10 3,z,3 4,w,4 5,r,5 50,y,9"},
		})
		d.check("t")
	})
}

// TestReadCommitted: what a statement does about rows that others changed after its snapshot.
func TestReadCommitted(t *testing.T) {
	d := newDB(t)
	d.create("t", "a int4; b int4; c text", "pk a", "index b")
	s, o := d.session(), d.session()
	run := func(s *session, sql, want string) {
		t.Helper()
		if got := s.exec(sql); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
	}
	run(s, "insert into t values (1, 1, 'x'), (2, 1, 'x'), (3, 1, 'x'), (4, 1, 'x')", "INSERT 4")
	s.between = func() {
		run(o, "update t set b = 10 where a = 1", "UPDATE 1")
		run(o, "delete from t where a = 2", "DELETE 1")
		run(o, "update t set c = 'y' where a = 3", "UPDATE 1")
		run(o, "insert into t values (5, 1, 'x')", "INSERT 1")
	}
	// Row 1 does not satisfy the condition any more, 2 is gone, 3 is updated on its newest version, 5 is not in the snapshot.
	run(s, "update t set b = b + 1, c = c || '!' where b < 5 and c <> '' returning *", "UPDATE 2 3,2,y! 4,2,x!")
	run(s, "select * from t order by a", "1,10,x 3,2,y! 4,2,x! 5,1,x")
	s.between = func() { run(o, "update t set b = b + 100 where a = 4", "UPDATE 1") }
	run(s, "update t set b = b + 1 where a = 4", "UPDATE 1")
	run(s, "select b from t where a = 4", "103")
	s.between = func() { run(o, "update t set b = 0 where a = 4", "UPDATE 1") }
	run(s, "delete from t where b > 100", "DELETE 0")
	s.between = func() { run(o, "insert into t values (6, 6, '')", "INSERT 1") }
	run(s, "insert into t values (6, 7, '')", `23505: duplicate key value violates unique constraint "t_pkey" | Key (a)=(6) already exists.`)
	d.check("t")

	s.begin(kv.Snapshot)
	run(s, "select count(*) from t", "5")
	run(o, "update t set b = 1 where a = 1", "UPDATE 1")
	if got := s.exec("update t set b = 2 where a = 1"); got != "error: "+kv.ErrConflict.Error() {
		t.Errorf("repeatable read: %s", got)
	}
	s.end(false)
}

func TestOwnStatement(t *testing.T) {
	forBatches(t, func(d *db) {
		d.create("t", "a int4; b int4", "pk a", "index b")
		s := d.session().begin(kv.ReadCommitted)
		for _, st := range []step{
			{"insert into t select g, g from generate_series(1, 5) g", "INSERT 5"},
			{"update t set b = b + 10 where b > 0", "UPDATE 5"}, // through the index on b: no row is met twice
			{"update t set b = b + 10 where a = 1", "UPDATE 1"}, // a row that the transaction changed before
			{"select b from t order by a", "21 12 13 14 15"},
			{"insert into t select a + 10, b from t", "INSERT 5"},
			{"delete from t where a > 10", "DELETE 5"},
			{"insert into t values (11, 11)", "INSERT 1"},
			{"select count(*) from t", "6"},
		} {
			if got := s.exec(st.sql); got != st.want {
				t.Errorf("%s\n got %s\nwant %s", st.sql, got, st.want)
			}
		}
		if err := s.end(true); err != nil {
			t.Fatal(err)
		}
		d.check("t")
	})
}

// TestCalls counts the round trips of one statement: the number of rows and indexes does not matter.
func TestCalls(t *testing.T) {
	d := newDB(t)
	d.create("t", "a int4; b text; c int4", "pk a", "unique b", "index c")
	s := d.session()
	// A large statement has a few batches: the first ones are smaller.
	count := func(sql, want string, gets, locks, scans int) {
		t.Helper()
		d.store.gets, d.store.locks, d.store.scans = 0, 0, 0
		if got := s.exec(sql); got != want {
			t.Errorf("%s: %s", sql, got)
		}
		if d.store.gets > gets || d.store.locks > locks || d.store.scans > scans {
			t.Errorf("%s: %d gets, %d locks, %d scans", sql, d.store.gets, d.store.locks, d.store.scans)
		}
	}
	count("insert into t select g, 'n' || g, g from generate_series(1, 1000) g", "INSERT 1000", 0, 4, 0)
	count("update t set c = c + 1 where a = 5", "UPDATE 1", 0, 1, 0)
	count("update t set b = 'new' where a = 5", "UPDATE 1", 0, 2, 0)
	count("update t set c = c + 1", "UPDATE 1000", 0, 4, 1)
	count("delete from t where a = 5", "DELETE 1", 0, 2, 0) // the row, then its unique keys
	count("delete from t", "DELETE 999", 0, 8, 1)
}

func TestCancel(t *testing.T) {
	d := newDB(t)
	d.create("t", "a int4", "pk a")
	c, cancel := context.WithCancel(ctx)
	cancel()
	stmts, _ := parser.Parse("insert into t values (1)")
	p, err := planner.Plan(stmts[0].Stmt, planner.Options{Reader: d.cat.Newest(), SearchPath: []string{"public"}})
	if err != nil {
		t.Fatal(err)
	}
	tx := d.store.Begin(kv.TxnOptions{})
	defer tx.Rollback()
	x := &exec.Ctx{Txn: tx, Expr: &expr.Ctx{Context: c}, Catalog: &catalog.Session{Reader: d.cat.Newest(), Catalog: d.cat}, Memory: &exec.Account{}}
	tree, err := build.New(p, x)
	if err != nil {
		t.Fatal(err)
	}
	err = tree.Open(c)
	if err == nil {
		_, err = tree.Next(c)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// BenchmarkStatements measures prepared one-row statements without the session.
func BenchmarkStatements(b *testing.B) {
	d := newDB(b)
	d.create("t", "aid int4; bid int4; abalance int4; filler text", "pk aid")
	d.create("h", "a int4; b int4")
	s := d.session()
	if got := s.exec("insert into t select g, 1, 0, 'the filler of eighty-four characters' from generate_series(1, 10000) g"); got != "INSERT 10000" {
		b.Fatal(got)
	}
	for _, bc := range []struct{ name, sql string }{
		{"update", "update t set abalance = abalance + $1 where aid = $2"},
		{"insert", "insert into h values ($1, $2)"},
	} {
		b.Run(bc.name, func(b *testing.B) {
			c := &exec.Ctx{Expr: &expr.Ctx{Context: ctx, Types: types.NewEnv()}, ReadCommitted: true,
				Catalog: &catalog.Session{Reader: d.cat.Newest(), Catalog: d.cat}, Memory: &exec.Account{}}
			stmts, _ := parser.Parse(bc.sql)
			p, err := planner.Plan(stmts[0].Stmt, planner.Options{Reader: c.Catalog.Reader, SQL: bc.sql, SearchPath: []string{"public"}})
			if err != nil {
				b.Fatal(err)
			}
			tree, err := build.New(p, c)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				c.Txn = d.store.Store.Begin(kv.TxnOptions{})
				c.Expr.Params = []types.Datum{types.NewInt(int64(i)), types.NewInt(int64(i%10000 + 1))}
				if err := c.Txn.StartStatement(ctx); err != nil {
					b.Fatal(err)
				}
				if err := tree.Open(ctx); err != nil {
					b.Fatal(err)
				}
				if _, err := tree.Next(ctx); err != nil {
					b.Fatal(err)
				}
				tree.Close()
				c.Txn.Rollback()
			}
		})
	}
}
