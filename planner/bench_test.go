package planner

import (
	"testing"

	"github.com/lightsql/lightsql/sql/parser"
)

// BenchmarkPlan is what a statement that is met once costs before it runs: to parse, bind and plan it.
func BenchmarkPlan(b *testing.B) {
	s := readSchema(b, "testdata/schema.txt")
	for _, x := range []struct{ name, sql string }{
		{"constant", "SELECT - 2.5 + 7 * - 3"},
		{"column", "SELECT name FROM s"},
		{"point", "SELECT name FROM s WHERE id = 7"},
		{"arithmetic", "SELECT - 98 + id * + 17 FROM s AS cor0"},
		{"ranges", "SELECT name FROM s WHERE id >= 8 AND id <= 9 OR id BETWEEN 15 AND 27"},
		{"nested", "SELECT name FROM s WHERE (id >= 2 OR (id = 6 AND ((id BETWEEN 1 AND 0 AND id IN (0,6,3,4,2,5) AND id <= 9 OR id > 8) AND id < 1)) OR id IS NULL)"},
		{"group", "SELECT name, count(*), max(id) FROM s WHERE id > 5 GROUP BY name ORDER BY 2 DESC LIMIT 5"},
		{"join", "SELECT count(*) FROM s a JOIN s b ON a.id = b.id WHERE b.name > 'm'"},
		{"exists", "SELECT name FROM s a WHERE EXISTS (SELECT 1 FROM s b WHERE b.id = a.id AND b.name < 'k')"},
		{"in", "SELECT name FROM s WHERE id IN (SELECT id FROM s WHERE name LIKE 'a%')"},
	} {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				stmts, err := parser.Parse(x.sql)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Plan(stmts[0].Stmt, s.options(x.sql)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
