package planner

import (
	"fmt"
	"strings"
	"testing"
)

func TestParameterizedScan(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"SELECT c FROM t WHERE a = 17;", "SELECT c FROM t WHERE a = $1 [17:integer]"},
		{"update t set b = b + -5 where a = 3000000000", "update t set b = b + -$1 where a = $2 [5:integer 3000000000:bigint]"},
		{"insert into h (a1, b) values (1, 007) ; \n", "insert into h (a1, b) values ($1, $2)  [1:integer 7:integer]"},
		{"delete from t where a in (1,2)", "delete from t where a in ($1,$2) [1:integer 2:integer]"},
		{"select * from t limit 5", "select * from t limit $1 [5:integer]"},
		{"select a from t", ""},
		{"select a from t order by 1", ""},
		{"SELECT a + 1 FROM t GROUP BY a + 1", ""},
		{"select - 2147483648", ""},
		{"select 1.5", ""},
		{"select .5", ""},
		{"select 5.", ""},
		{"select 1e5", ""},
		{"select 0x10", ""},
		{"select 1_000", ""},
		{"select 9999999999999999999", ""},
		{"select 'a', 1", ""},
		{"select 1::int8", ""},
		{"select 1; select 2", ""},
		{"select 1 -- x", ""},
		{"select /* x */ 1", ""},
		{"select a[1] from t", ""},
		{"select $1, 1", ""},
		{"create table x (a varchar(5))", ""},
		{"values (1)", ""},
		{"1", "$1 [1:integer]"},
	} {
		var p Parameterized
		got := ""
		if p.Scan(c.sql) {
			var args []string
			for i, a := range p.Args {
				args = append(args, fmt.Sprintf("%d:%s", a.Int(), p.types[i]))
			}
			got = string(p.text) + " [" + strings.Join(args, " ") + "]"
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

func TestParameterizedPlans(t *testing.T) {
	s := readSchema(t, "testdata/schema.txt")
	c := NewCache(CacheOptions{})
	get := func(sql string) string {
		var p Parameterized
		if !p.Scan(sql) {
			return "not scanned"
		}
		pl := c.Parameterized(&p, s.options(sql))
		if pl == nil {
			return "no plan"
		}
		return fmt.Sprintf("%p %v", pl, pl.Point)
	}
	if got := get("select c from t where a = 4"); got != "no plan" {
		t.Errorf("the first of its form: %s", got)
	}
	first := get("select c from t where a = 5")
	if !strings.HasSuffix(first, "true") || get("select c from t where a = 6") != first {
		t.Errorf("point selects do not share a plan: %s, %s", first, get("select c from t where a = 6"))
	}
	if get("select c from t where a = 5000000000") == first {
		t.Error("an int8 literal shares the plan of an int4 one")
	}
	n := c.Len()
	for range 2 {
		if got := get("select nonsense from t where a = 5"); got != "no plan" {
			t.Error(got)
		}
	}
	if c.Len() != n+1 {
		t.Errorf("a failure was not remembered: %d entries, then %d", n, c.Len())
	}
}

func BenchmarkParameterized(b *testing.B) {
	s := readSchema(b, "testdata/schema.txt")
	c := NewCache(CacheOptions{})
	o := s.options("")
	o.Generation = "search_path=public,TimeZone=Europe/Berlin,DateStyle=ISO"
	var p Parameterized
	sqls := []string{"SELECT c FROM t WHERE a = 12345;", "SELECT c FROM t WHERE a = 777;"}
	b.ReportAllocs()
	p.Scan(sqls[0])
	c.Parameterized(&p, o) // the first of its form
	for i := 0; b.Loop(); i++ {
		if !p.Scan(sqls[i&1]) || c.Parameterized(&p, o) == nil {
			b.Fatal("no plan")
		}
	}
}
