package bind

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/sql/parser"
)

// analyzeStatements are the statements of testdata/analyze.
func analyzeStatements(t testing.TB) []string {
	files, err := filepath.Glob("testdata/analyze/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "\n\n") {
			sql, _, _ := strings.Cut(block, "\n----")
			out = append(out, strings.TrimSpace(sql))
		}
	}
	return out
}

// TestMutations binds statements with words exchanged, dropped and doubled: whatever is bound must be a valid plan, and nothing may
// panic.
func TestMutations(t *testing.T) {
	stmts := analyzeStatements(t)
	var words []string
	for _, s := range stmts {
		words = append(words, strings.Fields(s)...)
	}
	o := Options{Reader: testCatalog(t), SearchPath: []string{"public"}}
	rnd := rand.New(rand.NewPCG(1, 2))
	bound := 0
	for range 20000 {
		w := strings.Fields(stmts[rnd.IntN(len(stmts))])
		for range 1 + rnd.IntN(3) {
			i := rnd.IntN(len(w))
			switch rnd.IntN(4) {
			case 0:
				w[i] = words[rnd.IntN(len(words))]
			case 1:
				w = append(w[:i:i], w[min(i+1, len(w)):]...)
			case 2:
				j := rnd.IntN(len(w))
				w[i], w[j] = w[j], w[i]
			case 3:
				w = append(w[:i:i], append([]string{words[rnd.IntN(len(words))]}, w[i:]...)...)
			}
			if len(w) == 0 {
				break
			}
		}
		if mutationBinds(t, strings.Join(w, " "), o) {
			bound++
		}
	}
	if bound < 500 {
		t.Errorf("only %d mutations were valid", bound)
	}
}

func mutationBinds(t *testing.T, sql string, o Options) bool {
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s\npanics: %v", sql, r)
		}
	}()
	raw, err := parser.Parse(sql)
	if err != nil || len(raw) == 0 {
		return false
	}
	o.SQL = sql
	b, err := Statement(raw[0].Stmt, o)
	if err != nil {
		return false
	}
	v := &verifier{}
	v.node(b.Root)
	if len(v.problems) > 0 {
		t.Errorf("%s\ninvalid: %v", sql, v.problems)
	}
	return true
}

// TestLarge binds statements of unusual size.
func TestLarge(t *testing.T) {
	o := Options{Reader: testCatalog(t), SearchPath: []string{"public"}}
	for name, sql := range map[string]string{
		"sum":    "select 1" + strings.Repeat("+1", 30000),
		"and":    "select * from t where a = 1" + strings.Repeat(" and a = 1", 20000),
		"in":     "select * from t where a in (1" + strings.Repeat(", 22", 50000) + ")",
		"values": "insert into w values (1, 2, 'x')" + strings.Repeat(", (3, 4, 'y')", 20000),
		"union":  "select 1" + strings.Repeat(" union all select 1", 2000),
		"case":   "select case a" + strings.Repeat(" when 1 then 2", 5000) + " end from t",
		"cols":   "select a" + strings.Repeat(", a", 1600) + " from t",
		"joins":  "select 1 from t t0" + joins(60),
	} {
		if !mutationBinds(t, sql, o) {
			t.Errorf("%s: not bound", name)
		}
	}
}

func joins(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" join t t" + itoa(i+1) + " on t" + itoa(i+1) + ".a = t0.a")
	}
	return b.String()
}
