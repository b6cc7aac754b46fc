package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestServerFiles reads files of the data directory by SQL, and none outside of it.
func TestServerFiles(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data)
	c := connectSQL(t, s)
	if err := os.WriteFile(filepath.Join(data, "note.txt"), []byte("0123é"), 0o600); err != nil {
		t.Fatal(err)
	}
	value := func(sql string) string {
		t.Helper()
		r, err := c.c.Exec(context.Background(), sql).ReadAll()
		if err != nil || len(r) == 0 || len(r[0].Rows) == 0 {
			t.Fatalf("%s: %v", sql, err)
		}
		return string(r[0].Rows[0][0])
	}
	for sql, want := range map[string]string{
		"select pg_read_file('note.txt')":                                       "0123é",
		"select pg_read_file('note.txt', 1, 2)":                                 "12",
		"select pg_read_file('note.txt', -2, 2)":                                "é",
		"select pg_read_binary_file('note.txt', 4, 2)":                          `\xc3a9`,
		"select size from pg_stat_file('note.txt')":                             "6",
		"select f from pg_ls_dir('.') f where f like 'note%'":                   "note.txt",
		"select pg_read_file(current_setting('data_directory') || '/note.txt')": "0123é",
		"select count(*) from pg_ls_dir('nope', true, false)":                   "0",
	} {
		if got := value(sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	c.want("select pg_read_file('nope')", "58P01")
	c.want("select pg_read_file('note.txt', 5, 1)", "22021")
	c.want("select pg_ls_dir('..')", "42501")
	c.want("select pg_read_file('/etc/hostname')", "42501")
	c.want("create role plain; set role plain", "")
	c.want("select pg_read_file('note.txt')", "42501")
}
