package parser_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
)

// dump writes a tree without its positions, so that trees can be compared.
func dump(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dump(b, v.Elem())
	case reflect.Struct:
		b.WriteString(v.Type().Name())
		b.WriteByte('{')
		for i := range v.NumField() {
			if f := v.Field(i); v.Type().Field(i).Name != "Pos" && !f.IsZero() {
				b.WriteString(v.Type().Field(i).Name)
				b.WriteByte(':')
				dump(b, f)
				b.WriteByte(' ')
			}
		}
		b.WriteByte('}')
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			dump(b, v.Index(i))
			b.WriteByte(' ')
		}
		b.WriteByte(']')
	default:
		fmt.Fprintf(b, "%#v", v.Interface())
	}
}

func tree(s ast.Stmt) string {
	var b strings.Builder
	dump(&b, reflect.ValueOf(s))
	return b.String()
}

// roundTrip parses, prints and parses again; it gives a description of what went
// wrong, "" if nothing. printed is false for statements that have no printer.
func roundTrip(sql string) (problem string, printed bool) {
	stmts, err := parser.Parse(sql)
	if err != nil {
		return "", false
	}
	for _, s := range stmts {
		text := ast.Format(s.Stmt)
		if text == "" {
			continue
		}
		printed = true
		again, err := parser.Parse(text)
		if err != nil {
			return fmt.Sprintf("%s\n  printed %s\n  which gives %v", sql, text, err), true
		}
		if len(again) != 1 {
			return fmt.Sprintf("%s\n  printed %s\n  which is %d statements", sql, text, len(again)), true
		}
		if a, b := tree(s.Stmt), tree(again[0].Stmt); a != b {
			return fmt.Sprintf("%s\n  printed %s\n  tree  %s\n  again %s", sql, text, a, b), true
		}
	}
	return "", printed
}

// corpus is the statements of testdata, which all parse.
func corpus(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var list []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range strings.Split(string(text), "\n----\n") {
			list = append(list, strings.TrimSuffix(sql, "\n"))
		}
	}
	return list
}

func TestRoundTripCorpus(t *testing.T) {
	for _, sql := range corpus(t) {
		if _, err := parser.Parse(sql); err != nil {
			t.Errorf("%s\n  %v", sql, err)
		}
		if problem, _ := roundTrip(sql); problem != "" {
			t.Error(problem)
		}
	}
}

// TestRoundTripRegress prints the statements of PostgreSQL's regression suite.
func TestRoundTripRegress(t *testing.T) {
	path := os.Getenv("LIGHTSQL_PGREGRESS")
	if path == "" {
		t.Skip("LIGHTSQL_PGREGRESS does not name the recording of the regression suite (golden15.json.gz)")
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "golden15.json.gz")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var recording struct {
		Files []struct {
			Stmts []struct {
				SQL string `json:"sql"`
				Res []struct {
					Tag string `json:"tag"`
				} `json:"res"`
			} `json:"stmts"`
		} `json:"files"`
	}
	if err := json.NewDecoder(z).Decode(&recording); err != nil {
		t.Fatal(err)
	}
	total, printed, failed := 0, 0, 0
	for _, file := range recording.Files {
		for _, s := range file.Stmts {
			total++
			problem, ok := roundTrip(s.SQL)
			if ok {
				printed++
			}
			if problem != "" {
				failed++
				t.Error(problem)
			}
			if stmts, err := parser.Parse(s.SQL); err == nil && len(stmts) == 1 && len(s.Res) == 1 {
				checkTag(t, stmts[0].Stmt, s.SQL, s.Res[0].Tag)
			}
		}
	}
	t.Logf("%d statements, %d printed, %d not equal", total, printed, failed)
}

// checkTag compares a command tag with the recorded one. Row counts come from
// execution, and some tags depend on it.
func checkTag(t *testing.T, s ast.Stmt, sql, want string) {
	want = strings.TrimRight(want, "0123456789 ")
	got := ast.CommandTag(s)
	switch s.(type) {
	case *ast.SelectStmt, *ast.ExecuteStmt, *ast.CreateTableAsStmt, *ast.TransactionStmt:
		return
	}
	if want != "" && got != want {
		t.Errorf("%s\n  tag %q, not %q", sql, want, got)
	}
}
