package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
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
