package main

import (
	"context"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/cmd/lightsql/internal/tpch"
)

// TestTPCH runs the 22 queries on a small database and compares the answers with PostgreSQL's: with enough memory,
// and with little, so that operators go to disk. LIGHTSQL_TPCH_RECORD names an empty
// database of a PostgreSQL server, of which the answers are recorded.
func TestTPCH(t *testing.T) {
	ctx := context.Background()
	if dsn := os.Getenv("LIGHTSQL_TPCH_RECORD"); dsn != "" {
		recordTPCH(t, dsn)
	}
	s := startServer(t, ":memory:")
	conn, err := pgconn.Connect(ctx, s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := tpch.Load(ctx, conn, tpch.AnswersScale); err != nil {
		t.Fatal(err)
	}
	want := tpch.Answers()
	for _, setting := range []string{"SET work_mem = '64MB'", "SET work_mem = '64kB'"} {
		if _, err := conn.Exec(ctx, setting).ReadAll(); err != nil {
			t.Fatal(err)
		}
		for i, sql := range tpch.Queries(tpch.AnswersScale) {
			got, err := tpch.Answer(ctx, conn, sql)
			if err != nil {
				t.Errorf("%s, Q%d: %v", setting, i+1, err)
				continue
			}
			if !slices.Equal(got, want[i]) {
				t.Errorf("%s, Q%d: %d rows %.300q, want %d %.300q", setting, i+1, len(got), got, len(want[i]), want[i])
			}
		}
	}
}

func recordTPCH(t *testing.T, dsn string) {
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := tpch.Load(ctx, conn, tpch.AnswersScale); err != nil {
		t.Fatal(err)
	}
	var answers [][]string
	for _, sql := range tpch.Queries(tpch.AnswersScale) {
		rows, err := tpch.Answer(ctx, conn, sql)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, rows)
	}
	if err := os.WriteFile("internal/tpch/testdata/answers.txt", []byte(tpch.FormatAnswers(answers)), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Skip("recorded")
}
