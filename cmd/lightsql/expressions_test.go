package main

import (
	"context"
	"errors"
	"math"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/cmd/lightsql/internal/randexpr"
)

// TestExpressions compares random expressions over all functions, operators and casts of a PostgreSQL with its answers, and lists by function
// those whose text or SQLSTATE differs.
//
// LIGHTSQL_ORACLE is that PostgreSQL's connection string, without which the test is skipped; LIGHTSQL_EXPRESSIONS how many expressions (20000);
// LIGHTSQL_SEED the start of the random numbers; LIGHTSQL_ONLY a regular expression for the signatures.
func TestExpressions(t *testing.T) {
	theirs, ours, count, only := oracle(t)
	g, err := randexpr.New(context.Background(), theirs, seed(), only)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*difference{}
	bad := 0
	for i := range count {
		sql := g.Next(i, i/len(g.Makers)%3)
		want, got := evaluate(t, theirs, sql), evaluate(t, ours, sql)
		if want.code == "57014" || want.code == "54000" || got.equals(want) {
			continue
		}
		bad++
		signature := g.Makers[i%len(g.Makers)].Signature
		if got.code == "0A000" || got.code == "42883" {
			signature = got.message
		}
		note(found, signature, sql, got, want)
	}
	reportDifferences(t, found)
	t.Logf("%d expressions, %d makers, %d differ (%.2f %%)", count, len(g.Makers), bad, 100*float64(bad)/float64(count))
}

// verdict is the text of an expression, or its SQLSTATE with the message.
type verdict struct{ text, code, message string }

func (a verdict) equals(b verdict) bool {
	return a.code == b.code && (a.text == b.text || nearly(a.text, b.text))
}

type difference struct {
	n         int
	sql       string
	got, want verdict
}

func reportDifferences(t *testing.T, found map[string]*difference) {
	var signatures []string
	for s := range found {
		signatures = append(signatures, s)
	}
	sort.Strings(signatures)
	for _, s := range signatures {
		f := found[s]
		t.Errorf("%s (%d)\n  %s\n  got  %.300q\n  want %.300q", s, f.n, f.sql, f.got, f.want)
	}
}

// expressionServer connects with the settings that answers depend on.
func expressionServer(t *testing.T, dsn string) *pgconn.PgConn {
	t.Helper()
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	if _, err := conn.Exec(ctx, "SET timezone = 'UTC'; SET statement_timeout = '2s'; SET lc_monetary = 'C'; SET lc_time = 'C'").ReadAll(); err != nil {
		t.Fatal(err)
	}
	return conn
}

func evaluate(t *testing.T, conn *pgconn.PgConn, sql string) verdict {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	rs, err := conn.Exec(ctx, "SELECT ("+sql+")::text").ReadAll()
	if err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) {
			return verdict{code: pg.Code, message: pg.Message}
		}
		t.Fatalf("%s: %v", sql, err)
	}
	v := rs[0].Rows[0][0]
	if v == nil {
		return verdict{text: "NULL"}
	}
	return verdict{text: "=" + string(v)}
}

// nearly reports whether two texts are floats that differ in the last digits only: the C library and Go's disagree there.
func nearly(a, b string) bool {
	x, err1 := strconv.ParseFloat(strings.TrimPrefix(a, "="), 64)
	y, err2 := strconv.ParseFloat(strings.TrimPrefix(b, "="), 64)
	return err1 == nil && err2 == nil && strings.Contains(a+b, ".") && math.Abs(x-y) <= 1e-14*math.Max(math.Abs(x), math.Abs(y))
}
