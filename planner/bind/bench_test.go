package bind

import (
	"testing"

	"github.com/lightsql/lightsql/sql/parser"
)

func benchmarkBind(b *testing.B, sql string) {
	o := Options{SQL: sql, Reader: testCatalog(b), SearchPath: []string{"$user", "public"}}
	raw, err := parser.Parse(sql)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Statement(raw[0].Stmt, o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPointSelect(b *testing.B) { benchmarkBind(b, "SELECT b FROM t WHERE a = 5") }
func BenchmarkUpdate(b *testing.B) {
	benchmarkBind(b, "UPDATE t SET c = c + 5 WHERE a = 77")
}
func BenchmarkInsert(b *testing.B) {
	benchmarkBind(b, "INSERT INTO u (id, t_a, name) VALUES (1, 2, 'abc')")
}
func BenchmarkJoinGroup(b *testing.B) {
	benchmarkBind(b, "SELECT t.b, count(*), sum(f) FROM t JOIN u ON u.t_a = t.a WHERE d > '2020-01-01' GROUP BY t.b ORDER BY 2 DESC LIMIT 5")
}
