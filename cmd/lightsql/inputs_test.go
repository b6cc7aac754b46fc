package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/cmd/lightsql/internal/randexpr"
)

// moment matches texts that mean the time at which they are read.
var moment = regexp.MustCompile(`(?i)n\s*o\s*w`)

// TestInputs compares what reads texts (input functions of types, formats, patterns, paths) with a PostgreSQL: valid texts are changed at random, and
// value, SQLSTATE and message must be the same. Its settings are those of TestExpressions.
func TestInputs(t *testing.T) {
	theirs, ours, count, only := oracle(t)
	in := randexpr.NewInputs(seed())
	found := map[string]*difference{}
	bad, words, done := 0, 0, 0
	for i := 0; done < count; i++ {
		c := in.Next(i)
		if only != nil && !only.MatchString(c.Name) {
			if i > 100*count {
				t.Fatal("nothing matches LIGHTSQL_ONLY")
			}
			continue
		}
		done++
		if moment.MatchString(c.SQL) {
			continue
		}
		want, got := evaluate(t, theirs, c.SQL), evaluate(t, ours, c.SQL)
		if want.code == "57014" || got.equals(want) && got.message == want.message {
			continue
		}
		name := c.Name
		if got.equals(want) {
			words++
			name += " (words)"
		} else {
			bad++
		}
		note(found, name, c.SQL, got, want)
	}
	reportDifferences(t, found)
	t.Logf("%d inputs, %d readers, %d differ (%.2f %%), %d in words only", done, in.Readers(), bad, 100*float64(bad)/float64(done), words)
}

// TestBinaryInputs does the same for the binary forms of types: random changes of what PostgreSQL sends. What is read is compared as text and as it is
// sent again.
func TestBinaryInputs(t *testing.T) {
	theirs, ours, count, only := oracle(t)
	in := randexpr.NewInputs(seed())
	type form struct {
		name string
		oid  uint32
		b    []byte
	}
	var forms []form
	for name, texts := range randexpr.Samples() {
		if only != nil && !only.MatchString(name) {
			continue
		}
		sort.Strings(texts)
		for _, s := range texts {
			res := theirs.ExecParams(context.Background(), "SELECT $1::"+pgTypeName(name), [][]byte{[]byte(s)}, nil, nil, []int16{1}).Read()
			if res.Err == nil {
				forms = append(forms, form{name, res.FieldDescriptions[0].DataTypeOID, res.Rows[0][0]})
			}
		}
	}
	sort.Slice(forms, func(i, k int) bool {
		return forms[i].name < forms[k].name || forms[i].name == forms[k].name && bytes.Compare(forms[i].b, forms[k].b) < 0
	})
	found := map[string]*difference{}
	bad, words := 0, 0
	for i := range count {
		f := forms[i%len(forms)]
		b := f.b
		for range i / len(forms) % 4 {
			b = in.MutateBytes(b)
		}
		want, got := receive(t, theirs, f.oid, b), receive(t, ours, f.oid, b)
		if got == want {
			continue
		}
		name := f.name
		if got.code == want.code && got.text == want.text {
			words++
			name += " (words)"
		} else {
			bad++
		}
		note(found, name, hex.EncodeToString(b), got, want)
	}
	reportDifferences(t, found)
	t.Logf("%d binary inputs, %d differ (%.2f %%), %d in words only", count, bad, 100*float64(bad)/float64(count), words)
}

func pgTypeName(name string) string {
	if name == "char" {
		return `"char"`
	}
	if name == "_bytea" {
		return "bytea[]"
	}
	return name
}

// receive reads b as the binary form of a type, and gives its text and what is sent back.
func receive(t *testing.T, conn *pgconn.PgConn, oid uint32, b []byte) verdict {
	t.Helper()
	res := conn.ExecParams(context.Background(), "SELECT $1, $1::text", [][]byte{b}, []uint32{oid}, []int16{1}, []int16{1, 0}).Read()
	if res.Err != nil {
		var pg *pgconn.PgError
		if errors.As(res.Err, &pg) {
			return verdict{code: pg.Code, message: pg.Message}
		}
		t.Fatalf("%d %x: %v", oid, b, res.Err)
	}
	return verdict{text: string(res.Rows[0][1]) + " = " + hex.EncodeToString(res.Rows[0][0])}
}

// oracle connects to the PostgreSQL of LIGHTSQL_ORACLE and to a server of ours.
func oracle(t *testing.T) (theirs, ours *pgconn.PgConn, count int, only *regexp.Regexp) {
	t.Helper()
	dsn := os.Getenv("LIGHTSQL_ORACLE")
	if dsn == "" {
		t.Skip("no LIGHTSQL_ORACLE")
	}
	if v := os.Getenv("LIGHTSQL_ONLY"); v != "" {
		only = regexp.MustCompile(v)
	}
	count, err := strconv.Atoi(os.Getenv("LIGHTSQL_EXPRESSIONS"))
	if err != nil {
		count = 20000
	}
	return expressionServer(t, dsn), expressionServer(t, startServer(t, ":memory:").dsn()), count, only
}

func seed() int64 {
	n, _ := strconv.ParseInt(os.Getenv("LIGHTSQL_SEED"), 10, 64)
	return n
}

// note counts a difference under its name, and keeps the shortest statement.
func note(found map[string]*difference, name, sql string, got, want verdict) {
	if f := found[name]; f == nil {
		found[name] = &difference{1, strings.ToValidUTF8(sql, "?"), got, want}
	} else if f.n++; len(sql) < len(f.sql) {
		f.sql, f.got, f.want = sql, got, want
	}
}
