package main

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestMemoryLimit runs statements that want more than memory_limit, each in another part of the server, and after each of them one that needs
// most of it: what the first held must not be counted any more.
func TestMemoryLimit(t *testing.T) {
	c := defaultConfig()
	c.Data, c.MemoryBytes = ":memory:", 100<<20
	s := startConfigured(t, c, &syncBuffer{})
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, sql := range []string{
		"SELECT array_length(array_agg(repeat('x', 10000000) || i), 1) FROM generate_series(1, 1000) i",
		"SELECT length(string_agg(repeat('x', 10000000), ',')) FROM generate_series(1, 1000) i",
		"SELECT array_agg(i) FROM generate_series(1, 1000000000000) i",
		"SELECT ARRAY(SELECT generate_series(1, 1000000000000))",
		"SELECT array_agg(v) FROM (SELECT array_fill(i, ARRAY[200000]) v FROM generate_series(1, 1000) i) x",
		"SELECT array_length(array_fill(1, ARRAY[10000000]), 1)",
		"SELECT length(lpad('a', 500000000, 'xy'))",
		"SELECT array_length(string_to_array(repeat('a,', 10000000), ','), 1)",
		"SELECT count(*) FROM regexp_split_to_table(repeat('a,', 2000000), ',')",
		"SELECT ('[' || repeat('1,', 5000000) || '1]')::jsonb",
		"SELECT lag(repeat('x', 1000000) || i) OVER (ORDER BY i) IS NULL FROM generate_series(1, 1000) i OFFSET 999",
		"SELECT jsonb_agg(i) FROM generate_series(1, 1000000000000) i",
	} {
		_, err := conn.Exec(ctx, sql).ReadAll()
		var e *pgconn.PgError
		if !errors.As(err, &e) || e.Code != "53200" {
			t.Errorf("%s: %v", sql, err)
		}
		if _, err := conn.Exec(ctx, "SELECT length(repeat('x', 40000000) || 1)").ReadAll(); err != nil {
			t.Fatalf("after %s: %v", sql, err)
		}
	}
}
