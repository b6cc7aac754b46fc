package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/cmd/lightsql/internal/sqllogic"
)

// TestSQLLogicRecord writes testdata files from SQL text with PostgreSQL's answers: for every file x.sql that
// LIGHTSQL_SQLLOGIC_RECORD lists (separated by commas) it writes x.slt, from the server LIGHTSQL_SQLLOGIC_DSN.
func TestSQLLogicRecord(t *testing.T) {
	list := os.Getenv("LIGHTSQL_SQLLOGIC_RECORD")
	if list == "" {
		t.Skip("LIGHTSQL_SQLLOGIC_RECORD is not set: nothing to record")
	}
	ctx := context.Background()
	for _, path := range strings.Split(list, ",") {
		conn, err := pgconn.Connect(ctx, os.Getenv("LIGHTSQL_SQLLOGIC_DSN"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(ctx, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").ReadAll(); err != nil {
			t.Fatal(err)
		}
		sql, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(strings.TrimSuffix(path, ".sql") + ".slt")
		if err != nil {
			t.Fatal(err)
		}
		if err := sqllogic.RecordFile(ctx, conn, string(sql), f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		conn.Close(ctx)
	}
}
