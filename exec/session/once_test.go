package session

import (
	"fmt"
	"strings"
	"testing"
)

// onceTables are small tables, indexed in several ways, as test suites and schema tools use them.
const onceTables = `CREATE TABLE tab0 (pk int PRIMARY KEY, col0 int, col1 float, col2 text, col3 int, col4 float, col5 text);
CREATE TABLE tab1 (pk int PRIMARY KEY, col0 int, col1 float, col2 text, col3 int, col4 float, col5 text);
CREATE INDEX ON tab1 (col0); CREATE INDEX ON tab1 (col1); CREATE INDEX ON tab1 (col3, col4 DESC);
INSERT INTO tab0 SELECT i, i * 7 % 10, i * 3.3, 'text ' || i, i * 3 % 10, i * 1.7, 'word ' || i FROM generate_series(0, 9) i;
INSERT INTO tab1 SELECT * FROM tab0`

// onceStatements are forms of statements; # stands for a number that makes the text, and with it the plan, one that was not met before.
var onceStatements = []struct{ name, sql string }{
	{"constant", "SELECT 2.5 + # AS c#"},
	{"column", "SELECT col0 AS c# FROM tab0"},
	{"arithmetic", "SELECT - 98 + col3 * + # AS c# FROM tab0 AS cor0"},
	{"distinct", "SELECT DISTINCT col0 + # AS c# FROM tab0 AS cor0"},
	{"aggregate", "SELECT ALL - COUNT(*) * # + MAX(col0) AS c# FROM tab0 AS cor0"},
	{"group", "SELECT cor0.col3 AS c# FROM tab0 AS cor0 GROUP BY cor0.col3, col0"},
	{"case", "SELECT - CASE 83 WHEN 91 * - 70 + - # THEN - 20 ELSE + COALESCE(NULLIF(- 76, #), 5) END AS c#"},
	{"between", "SELECT pk FROM tab1 WHERE (col3 >= 8 AND col3 <= 9) OR col4 BETWEEN 5.12 AND #.5"},
	{"in", "SELECT pk FROM tab1 WHERE col0 IN (#, 6, 3, 4, 2, 5) AND col1 > 2.5 OR (col3 IN (SELECT col0 FROM tab1 WHERE col4 < #.25))"},
	{"nested", "SELECT pk FROM tab1 WHERE (((col3 >= 2 OR ((col3 = 6) AND (((col0 BETWEEN 1 AND 0) AND (col3 IN (0,6,3,4,2,5) AND (col4 >= 2.63)" +
		" AND (col3 <= 9) OR ((col0 > 8 AND col4 > 4.66)) AND (col1 > 2.81)) AND (col1 >= 7.79 OR col3 BETWEEN 4 AND 7 OR col0 >= 9)))" +
		" AND col0 < 1 OR col0 > 6) OR (((col0 IS NULL OR col3 > 1 OR col1 >= #.67))))))"},
	{"order", "SELECT pk, col0 FROM tab1 WHERE col3 < # OR (col4 > 3.5 AND col0 <= 7) ORDER BY 2 DESC, 1"},
	{"join", "SELECT count(*) AS c# FROM tab0 a JOIN tab1 b ON a.col0 = b.col3 WHERE b.col4 > #.5"},
	{"subquery", "SELECT pk AS c#, (SELECT count(*) FROM tab0 x WHERE x.col0 < tab1.col0) FROM tab1 WHERE EXISTS (SELECT 1 FROM tab0 y WHERE y.col3 = tab1.col0)"},
	{"insert", "INSERT INTO tab0 VALUES (#, 6, 5.6, 'jtqxx', 9, 5.19, 'qvgba')"},
	{"update", "UPDATE tab0 SET col0 = 5 + 1, col4 = 3.25 WHERE pk = # AND col1 < 7.5"},
	{"delete", "DELETE FROM tab0 WHERE pk = # AND col1 > 1.5"},
}

// BenchmarkOnce is the server's work for a statement that was not met before, on a small table.
func BenchmarkOnce(b *testing.B) {
	s, _ := newTestSession(b)
	mustSimple(b, s, onceTables)
	sink := &quiet{}
	n := 100
	for _, x := range onceStatements {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n++
				runSimple(b, s, sink, strings.ReplaceAll(x.sql, "#", fmt.Sprint(n)))
			}
		})
		mustSimple(b, s, "DELETE FROM tab0 WHERE pk >= 100")
	}
}
