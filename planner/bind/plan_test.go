package bind

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/parser"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/plans.txt anew")

// TestPlans compares logical plans with testdata/plans.txt: blocks of a statement, a line "----" and the plan.
func TestPlans(t *testing.T) {
	const file = "testdata/plans.txt"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	reader := testCatalog(t)
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		sql, want, _ := strings.Cut(block, "\n----")
		raw, err := parser.Parse(sql)
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		b, err := Statement(raw[0].Stmt, Options{SQL: sql, Reader: reader, SearchPath: []string{"public"}})
		got := ""
		if err != nil {
			got = describeError(err)
		} else {
			got = strings.TrimSpace(logical.Format(b.Root))
		}
		out.WriteString(sql + "\n----\n" + got + "\n\n")
		if !*rewrite && got != strings.TrimSpace(want) {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", sql, got, strings.TrimSpace(want))
		}
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEnvDependent tells the constants that are true only now.
func TestEnvDependent(t *testing.T) {
	reader := testCatalog(t)
	for sql, want := range map[string]bool{
		"select * from t where d = '2020-01-01'":                         false,
		"select * from t where d = 'Today'":                              true,
		"select '{now}'::timestamptz[]":                                  true,
		"insert into k (j) values (null)":                                false, // nextval('…'::regclass)
		"select 'now'":                                                   false,
		"select interval '1 day', time '10:00', current_date > d from t": false,
	} {
		raw, err := parser.Parse(sql)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Statement(raw[0].Stmt, Options{SQL: sql, Reader: reader, SearchPath: []string{"public"}})
		if err != nil {
			t.Fatal(sql, err)
		}
		if b.EnvDependent != want {
			t.Errorf("%s: EnvDependent is %t", sql, b.EnvDependent)
		}
	}
}
