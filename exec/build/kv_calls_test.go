package build_test

import (
	"context"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	lexec "github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/build"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/types"
)

// countingTxn counts the calls that could be round trips.
type countingTxn struct {
	kv.Txn
	gets, scans, nexts, locks int
}

func (c *countingTxn) Get(ctx context.Context, keys [][]byte, dst *kv.Values) error {
	c.gets++
	return c.Txn.Get(ctx, keys, dst)
}

func (c *countingTxn) Scan(ctx context.Context, r kv.Range, o kv.ScanOptions) (kv.Iterator, error) {
	c.scans++
	it, err := c.Txn.Scan(ctx, r, o)
	return countingIterator{it, c}, err
}

func (c *countingTxn) Lock(ctx context.Context, keys [][]byte, o kv.LockOptions, dst *kv.Locked) error {
	c.locks++
	return c.Txn.Lock(ctx, keys, o, dst)
}

type countingIterator struct {
	kv.Iterator
	c *countingTxn
}

func (i countingIterator) Next(ctx context.Context, b *kv.Entries, max int) error {
	i.c.nexts++
	return i.Iterator.Next(ctx, b, max)
}

// TestKVCalls pins the number of calls to the store.
func TestKVCalls(t *testing.T) {
	db := newDatabase(t)
	for _, c := range []struct {
		sql                       string
		gets, scans, nexts, locks int
	}{
		{"select * from t where id = 1", 1, 0, 0, 0},
		{"select * from pair where p = 1 and q = 'b'", 1, 0, 0, 0},
		{"select p, q from pair where r = 20", 1, 0, 0, 0},
		{"select * from t where id in (1, 2, 3, 4, 5)", 1, 0, 0, 0},
		{"select id from t", 0, 1, 2, 0},
		{"select id from big order by id limit 5", 0, 1, 1, 0},
		{"select count(*) from big", 0, 1, 6, 0},
		{"select a, b, id from t where a = 2", 0, 1, 2, 0},
		{"select id, s from big where k = 5", 1, 1, 2, 0},
		{"select t.id from t join big on big.id = t.a where t.id < 5", 1, 1, 2, 0},
		{"select * from t where id < 6 for update", 0, 1, 2, 1},
		{"select id from t order by id limit 1 for update", 0, 1, 1, 1},
	} {
		stmts, err := parser.Parse(c.sql)
		if err != nil {
			t.Fatal(err)
		}
		p, err := planner.Plan(stmts[0].Stmt, planner.Options{Reader: db.reader, SQL: c.sql, SearchPath: []string{"public"},
			Settings: planner.SettingsFrom(setting{off: "enable_hashjoin enable_mergejoin enable_seqscan"})})
		if err != nil {
			t.Fatal(err)
		}
		txn := &countingTxn{Txn: db.store.Begin(kv.TxnOptions{})}
		ctx := &lexec.Ctx{Txn: txn, Expr: &expr.Ctx{Context: context.Background(), Types: types.NewEnv()},
			Catalog: &catalog.Session{Reader: db.reader}, Memory: &lexec.Account{}, SpillDir: t.TempDir(), ReadCommitted: true}
		tree, err := build.New(p, ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := run(tree); err != nil {
			t.Fatal(err)
		}
		txn.Rollback()
		if txn.gets != c.gets || txn.scans != c.scans || txn.nexts != c.nexts || txn.locks != c.locks {
			t.Errorf("%s: %d Get, %d Scan, %d Next, %d Lock; want %d, %d, %d, %d", c.sql, txn.gets, txn.scans, txn.nexts, txn.locks,
				c.gets, c.scans, c.nexts, c.locks)
		}
	}
}

// TestCancel stops statements that would take for ever.
func TestCancel(t *testing.T) {
	db := newDatabase(t)
	for _, sql := range []string{
		"select count(*) from big a, big b, big c where a.id + b.id = -c.id",
		"select count(*) from generate_series(1, 1000000000000)",
		"with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
		"select count(*) from big a where exists (select 1 from big b, big c where b.id + c.id + a.id < 0)",
		"select sum(a.id) over (order by a.id rows between 100000 preceding and 100000 following) from big a, generate_series(1, 1000)",
	} {
		stmts, err := parser.Parse(sql)
		if err != nil {
			t.Fatal(err)
		}
		p, err := planner.Plan(stmts[0].Stmt, planner.Options{Reader: db.reader, SQL: sql, SearchPath: []string{"public"}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		txn := db.store.Begin(kv.TxnOptions{})
		c := &lexec.Ctx{Txn: txn, Expr: &expr.Ctx{Context: ctx, Types: types.NewEnv()}, Catalog: &catalog.Session{Reader: db.reader},
			Memory: &lexec.Account{}, SpillDir: t.TempDir()}
		tree, err := build.New(p, c)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := tree.Open(ctx); err == nil {
			_, err = tree.Next(ctx)
			if err == nil {
				t.Errorf("%s: was not cancelled", sql)
			}
		}
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
		txn.Rollback()
	}
}
