package build_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lightsql/lightsql/catalog"
	lexec "github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/build"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// client is a session with a transaction of its own.
type client struct {
	t   *testing.T
	db  *database
	txn kv.Txn
}

func (db *database) client(t *testing.T, iso kv.Isolation) *client {
	c := &client{t: t, db: db, txn: db.store.Begin(kv.TxnOptions{Isolation: iso})}
	t.Cleanup(c.txn.Rollback)
	return c
}

// do runs a statement; its rows are joined by blanks.
func (c *client) do(sql string) (string, error) { return c.doAround(sql, func() {}) }

// doAround runs a statement and calls f after it has its snapshot.
func (c *client) doAround(sql string, f func()) (string, error) {
	stmts, err := parser.Parse(sql)
	if err != nil {
		return "", err
	}
	p, err := planner.Plan(stmts[0].Stmt, planner.Options{Reader: c.db.reader, SQL: sql, SearchPath: []string{"public"}, User: "postgres"})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.txn.StartStatement(ctx); err != nil {
		return "", err
	}
	tree, err := build.New(p, &lexec.Ctx{Txn: c.txn, Expr: &expr.Ctx{Context: ctx, Types: types.NewEnv()},
		Catalog: &catalog.Session{Reader: c.db.reader}, Memory: &lexec.Account{}, ReadCommitted: true})
	if err != nil {
		return "", err
	}
	f()
	rows, err := run(tree)
	return strings.Join(rows, " "), err
}

func (c *client) must(sql, want string) {
	c.t.Helper()
	if got, err := c.do(sql); err != nil || got != want {
		c.t.Fatalf("%s: %q, %v; want %q", sql, got, err, want)
	}
}

func (c *client) commit() {
	c.t.Helper()
	if _, err := c.txn.Commit(context.Background()); err != nil {
		c.t.Fatal(err)
	}
}

func TestRowLocks(t *testing.T) {
	db := newDatabase(t)
	a, b := db.client(t, kv.ReadCommitted), db.client(t, kv.ReadCommitted)
	a.must("select id from t where id in (1, 2) order by id for update", "1 2")
	b.must("select id from t where id < 5 order by id for update skip locked", "3 4")
	// Only as many rows as are wanted are locked: 5, not 6.
	b.must("select id from t where id > 2 order by id limit 1 for update skip locked", "3")
	b.must("select id from t order by id offset 3 limit 1 for no key update skip locked", "6")
	_, err := b.do("select id from t where id = 2 for share nowait")
	if pgerr.CodeOf(err) != pgerr.LockNotAvailable || err.Error() != `could not obtain lock on row in relation "t"` {
		t.Errorf("NOWAIT: %v", err)
	}
	a.commit()
	b.must("select id from t where id = 2 for share nowait", "2")
}

// TestRowLockRecheck changes a row between a statement's snapshot and its lock: it sees the new row, if that still qualifies.
func TestRowLockRecheck(t *testing.T) {
	for _, c := range []struct{ change, query, want string }{
		{"update one set v = 43 where id = 1", "select v from one where v >= 42 for update", "43"},
		{"update one set v = 43 where id = 1", "select v from one where v = 42 for update", ""},
		{"delete from one", "select v from one for update", ""},
		{"update one set v = v + 1", "select one.v, u.x from one join u on u.x = one.id where one.v > 42 or u.x = 1 for update of one", "43|1"},
	} {
		db := newDatabase(t)
		a, b := db.client(t, kv.ReadCommitted), db.client(t, kv.ReadCommitted)
		a.must(c.change, "")
		if rows, err := b.doAround(c.query, a.commit); err != nil || rows != c.want {
			t.Errorf("%s / %s: %q, %v; want %q", c.change, c.query, rows, err, c.want)
		}
	}
}

// TestRowLockConflict: under REPEATABLE READ a row that changed since the snapshot is a serialization failure.
func TestRowLockConflict(t *testing.T) {
	db := newDatabase(t)
	a, b := db.client(t, kv.ReadCommitted), db.client(t, kv.Snapshot)
	b.must("select v from one", "42")
	a.must("update one set v = 43", "")
	a.commit()
	if _, err := b.do("select v from one for update"); !errors.Is(err, kv.ErrConflict) {
		t.Errorf("locked a row that changed: %v", err)
	}
}
