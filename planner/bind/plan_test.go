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
