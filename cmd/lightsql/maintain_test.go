package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
)

func queryText(t *testing.T, dsn, sql string) string {
	t.Helper()
	c, err := pgconn.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	return answer(c.Exec(context.Background(), sql).ReadAll())
}

// TestBackupAndCheck: a backup has the rows and the sequences, an intact directory is said to be so, and damage is found.
func TestBackupAndCheck(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	data, copied := filepath.Join(dir, "data"), filepath.Join(dir, "copy")
	srv := startServer(t, data)
	queryText(t, srv.dsn(), `create table t (id serial primary key, v text);
		insert into t (v) select repeat('x', g % 50) from generate_series(1, 20000) g; delete from t where id % 3 = 0`)
	want := queryText(t, srv.dsn(), "select count(*), sum(id), sum(length(v)) from t")
	srv.stop()
	var out bytes.Buffer
	if err := backup(ctx, data, copied, &out); err != nil {
		t.Fatal(err)
	}
	if err := backup(ctx, data, copied, &out); err == nil {
		t.Error("a backup overwrites")
	}
	for _, d := range []string{data, copied} {
		if err := check(ctx, d, &out); err != nil {
			t.Error(err)
		}
	}
	srv = startServer(t, copied)
	if got := queryText(t, srv.dsn(), "select count(*), sum(id), sum(length(v)) from t"); got != want {
		t.Errorf("the backup has %s, want %s", got, want)
	}
	if got := queryText(t, srv.dsn(), "insert into t (v) values ('new') returning id > 20000"); !strings.Contains(got, "t\n") {
		t.Error(got)
	}
	srv.stop()
	damage(t, copied)
	if err := check(ctx, copied, &out); err == nil {
		t.Error("check finds no damage")
	}
	if err := check(ctx, filepath.Join(dir, "missing"), &out); err == nil {
		t.Error("check of a missing directory succeeds")
	}
}

// damage flips a byte in the middle of the largest file.
func damage(t *testing.T, dir string) {
	t.Helper()
	var largest string
	var size int64
	filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() && info.Size() > size && strings.HasSuffix(path, ".run") {
			largest, size = path, info.Size()
		}
		return nil
	})
	b, err := os.ReadFile(largest)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/3] ^= 0x40
	if err := os.WriteFile(largest, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestBackupOfServer: a backup that a running server makes while transfers go on has one consistent state: the sums agree, and
// check finds nothing.
func TestBackupOfServer(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	data, copied := filepath.Join(dir, "data"), filepath.Join(dir, "copy")
	srv := startServer(t, data)
	createBank(t, srv.dsn())
	load, stop := context.WithCancel(ctx)
	var id, done atomic.Int64
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			soakClient(load, t, srv.dsn(), &id, &done, rand.New(rand.NewPCG(5, uint64(w))))
		}()
	}
	for done.Load() < 100 {
		time.Sleep(time.Millisecond)
	}
	var out bytes.Buffer
	before := done.Load()
	if err := backup(ctx, data, copied, &out); err != nil {
		t.Fatal(err)
	}
	for done.Load() < before+100 {
		time.Sleep(time.Millisecond)
	}
	if err := check(ctx, data, &out); !errors.Is(err, kv.ErrInUse) || !strings.Contains(err.Error(), srv.port()) {
		t.Errorf("check of a directory in use: %v", err)
	}
	stop()
	wg.Wait()
	srv.stop()
	out.Reset()
	if err := check(ctx, copied, &out); err != nil || !strings.Contains(out.String(), "public.history") {
		t.Fatal(err, out.String())
	}
	checkBank(t, startServer(t, copied).dsn(), nil)
}

// TestCheckFindsIndexDamage takes an entry out of an index, and puts a foreign one into it.
func TestCheckFindsIndexDamage(t *testing.T) {
	ctx, data := context.Background(), filepath.Join(t.TempDir(), "data")
	srv := startServer(t, data)
	queryText(t, srv.dsn(), `create table t (id int primary key, v text, n int); create index t_v on t (v);
		create unique index t_n on t (n); create index t_lower on t (lower(v)) where n > 10; create index t_gin on t using gin ((array[v, 'all']));
		insert into t select g, 'V' || g % 7, nullif(g, 50) from generate_series(1, 100) g`)
	srv.stop()
	var out bytes.Buffer
	if err := check(ctx, data, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"t_v", "t_n", "t_lower", "t_gin"} {
		for _, put := range []bool{false, true} {
			undo := spoilIndex(t, data, name, put)
			err := check(ctx, data, &out)
			if !errors.Is(err, kv.ErrCorrupt) || !strings.Contains(err.Error(), `index "`+name+`" of table "t"`) {
				t.Errorf("%s, put %v: %v", name, put, err)
			}
			undo()
			if err := check(ctx, data, &out); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// spoilIndex deletes the first entry of an index, or puts another one next to it, past the SQL layer. undo takes that back.
func spoilIndex(t *testing.T, data, index string, put bool) (undo func()) {
	t.Helper()
	ctx := context.Background()
	change := func(f func(db *mvcc.DB, tx kv.Txn) error) {
		db, err := mvcc.Open(data, mvcc.Options{})
		if err != nil {
			t.Fatal(err)
		}
		tx := db.Begin(kv.TxnOptions{})
		err = f(db, tx)
		if err == nil {
			_, err = tx.Commit(ctx)
		}
		if err = errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	var key, value []byte
	change(func(db *mvcc.DB, tx kv.Txn) error {
		cat, err := catalog.Open(ctx, db, pgcatalog.Builtins())
		if err != nil {
			return err
		}
		for table := range cat.Newest().Tables() {
			for _, ix := range table.Indexes {
				if ix.Name != index {
					continue
				}
				rt, err := rowenc.NewTable(table)
				if err != nil {
					return err
				}
				it, err := tx.Scan(ctx, rt.Index(ix.ID).Range(), kv.ScanOptions{})
				if err != nil {
					return err
				}
				var b kv.Entries
				if err := it.Next(ctx, &b, 1); err != nil {
					return err
				}
				it.Close()
				key, value = bytes.Clone(b.K[0]), bytes.Clone(b.V[0])
			}
		}
		if put {
			key = append(key, 0)
			return tx.Put(key, value)
		}
		return tx.Delete(key)
	})
	return func() {
		change(func(_ *mvcc.DB, tx kv.Txn) error {
			if put {
				return tx.Delete(key)
			}
			return tx.Put(key, value)
		})
	}
}
