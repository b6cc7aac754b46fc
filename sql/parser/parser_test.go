package parser_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
)

const syntax = "42601"

// wrongStatements have PostgreSQL's message, code and position.
var wrongStatements = []struct {
	sql      string
	code     string
	position int
	message  string
}{
	{"selec 1", syntax, 1, `syntax error at or near "selec"`},
	{"select 1 +", syntax, 11, `syntax error at end of input`},
	{"select 1 + ", syntax, 12, `syntax error at end of input`},
	{"select 'é' from from t", syntax, 17, `syntax error at or near "from"`},
	{"select 1 < 2 < 3", syntax, 14, `syntax error at or near "<"`},
	{"select a between 1 and 2 between 3 and 4", syntax, 26, `syntax error at or near "between"`},
	{"select a is distinct from b is null", syntax, 29, `syntax error at or near "is"`},
	{"select f(x).y", syntax, 12, `syntax error at or near "."`},
	{"select array[1][1]", syntax, 16, `syntax error at or near "["`},
	{"select 'a' 'b'", syntax, 12, `syntax error at or near "'b'"`},
	{"select a from t where a = = 1", syntax, 27, `syntax error at or near "="`},
	{"select * from t; select * form t", syntax, 27, `syntax error at or near "form"`},
	{"select 1 over", syntax, 10, `syntax error at or near "over"`},
	{"select (1, 2", syntax, 13, `syntax error at end of input`},
	{"select ((select 1) + 2", syntax, 23, `syntax error at end of input`},
	{"select * from (a join b)", syntax, 24, `syntax error at or near ")"`},
	{"select * from (a)", syntax, 17, `syntax error at or near ")"`},
	{"insert into t values", syntax, 21, `syntax error at end of input`},
	{"insert into t (a, ) values (1)", syntax, 19, `syntax error at or near ")"`},
	{"create table t (a int,)", syntax, 23, `syntax error at or near ")"`},
	{"create table user (a int)", syntax, 14, `syntax error at or near "user"`},
	{"update t set a = 1, where b", syntax, 21, `syntax error at or near "where"`},
	{"select 'abc", syntax, 8, `unterminated quoted string at or near "'abc"`},
	{"select \"abc", syntax, 8, `unterminated quoted identifier at or near ""abc"`},
	{"select \"\"", syntax, 8, `zero-length delimited identifier at or near """"`},
	{"select /* abc", syntax, 8, `unterminated /* comment at or near "/* abc"`},
	{"select $a$ abc", syntax, 8, `unterminated dollar-quoted string at or near "$a$ abc"`},
	{"select b'01", syntax, 8, `unterminated bit string literal at or near "b'01"`},
	{"select x'01", syntax, 8, `unterminated hexadecimal string literal at or near "x'01"`},
	{"select 12abc", syntax, 8, `trailing junk after numeric literal at or near "12abc"`},
	{"select 1_000_", syntax, 8, `trailing junk after numeric literal at or near "1_000_"`},
	{"select 1.5e+x", syntax, 8, `trailing junk after numeric literal at or near "1.5e+"`},
	{"select 0x", syntax, 8, `invalid hexadecimal integer at or near "0x"`},
	{"select 0b12", syntax, 8, `trailing junk after numeric literal at or near "0b12"`},
	{"select $1a", syntax, 8, `trailing junk after parameter at or near "$1a"`},
	{`select e'\u12'`, "22025", 10, `invalid Unicode escape`},
	{`select e'\ud800x'`, syntax, 16, `invalid Unicode surrogate pair at or near "x"`},
	{`select e'\xff'`, "22021", 0, `invalid byte sequence for encoding "UTF8": 0xff`},
	{`select u&'\00zz'`, syntax, 11, `invalid Unicode escape`},
	{`select u&'a' uescape 1`, syntax, 22, `UESCAPE must be followed by a simple string literal at or near "1"`},
	{`select u&'a' uescape '+'`, syntax, 22, `invalid Unicode escape character at or near "'+'"`},
	{"select 1 limit 2,3", syntax, 10, `LIMIT #,# syntax is not supported`},
	{"select 1 fetch first 2 rows with ties", syntax, 0, `WITH TIES cannot be specified without ORDER BY clause`},
	{"(select 1 limit 1) limit 2", syntax, 26, `multiple LIMIT clauses not allowed`},
	{"(select 1 order by 1) order by 2", syntax, 32, `multiple ORDER BY clauses not allowed`},
	{"select a.*.b from t", syntax, 14, `improper use of "*" at or near "from"`},
	{"select * from a.b.c.d", syntax, 15, `improper qualified name (too many dotted names): a.b.c.d`},
	{"select float(0) '1'", "22023", 14, `precision for type float must be at least 1 bit`},
	{"select sum(a) over (rows between unbounded following and current row)", "42P20", 34,
		`frame start cannot be UNBOUNDED FOLLOWING`},
	{"create table t (a int collate \"C\" collate \"D\")", syntax, 35, `multiple COLLATE clauses not allowed`},
	{"create table t (check (true) deferrable)", "0A000", 0, `CHECK constraints cannot be marked DEFERRABLE`},
	{"create table t (a int references b match partial)", "0A000", 36, `MATCH PARTIAL not yet implemented`},
	{"create role none", "42939", 13, `role name "none" is reserved`},
	{"create user x foo", syntax, 15, `unrecognized role option "foo"`},
	{"copy t from program stdin", syntax, 0, `STDIN/STDOUT not allowed with PROGRAM`},
}

func TestErrors(t *testing.T) {
	for _, c := range wrongStatements {
		_, err := parser.Parse(c.sql)
		e, ok := pgerr.As(err)
		if !ok {
			t.Errorf("%s: error %v", c.sql, err)
			continue
		}
		if string(e.Code) != c.code || e.Position != c.position || e.Message != c.message {
			t.Errorf("%s:\n  %s at %d: %s\n  want %s at %d: %s",
				c.sql, e.Code, e.Position, e.Message, c.code, c.position, c.message)
		}
	}
}

// expressions show how operators bind, by their print, which has parentheses only
// where they matter.
var expressions = []struct{ sql, want string }{
	{"1 + 2 * 3", "1 + 2 * 3"},
	{"(1 + 2) * 3", "(1 + 2) * 3"},
	{"1 - (2 - 3)", "1 - (2 - 3)"},
	{"2 ^ 3 ^ 4", "2 ^ 3 ^ 4"},
	{"- 1", "-1"},
	{"-2::int", "- 2::integer"},
	{"- x ^ 2", "- x ^ 2"},
	{"not a = b", "NOT a = b"},
	{"not a and b or c", "NOT a AND b OR c"},
	{"a and (b or c)", "a AND (b OR c)"},
	{"(a and b) and c", "a AND b AND c"},
	{"a and (b and c)", "a AND (b AND c)"},
	{"a = b is null", "a = b IS NULL"},
	{"a = (b is null)", "a = (b IS NULL)"},
	{"a < b in (c, d)", "a < b IN (c, d)"},
	{"a || b like c || d", "a || b LIKE c || d"},
	{"a not like b escape c", "a NOT LIKE b ESCAPE c"},
	{"a between 1 and 2 and b", "a BETWEEN 1 AND 2 AND b"},
	{"a not between symmetric 1 and 2", "a NOT BETWEEN SYMMETRIC 1 AND 2"},
	{"a at time zone 'UTC' + b", "a AT TIME ZONE 'UTC' + b"},
	{"a collate \"C\" < b", "a COLLATE \"C\" < b"},
	{"a @> b + c", "a @> b + c"},
	{"(a @> b) + c", "(a @> b) + c"},
	{"a operator(pg_catalog.+) b", "a OPERATOR(pg_catalog.+) b"},
	{"x = any (array[1,2])", "x = ANY (ARRAY[1, 2])"},
	{"x in (select 1)", "x IN (SELECT 1)"},
	{"x not in (select 1)", "NOT (x IN (SELECT 1))"},
	{"x <> all (select 1)", "x <> ALL (SELECT 1)"},
	{"((select 1)) + 1", "(SELECT 1) + 1"},
	{"((select 1) union (select 2))", "(SELECT 1 UNION SELECT 2)"},
	{"row(1, 2) = (3, 4)", "ROW(1, 2) = (3, 4)"},
	{"(a).b[1].c", "(a).b[1].c"},
	{"a[1:2][:3]", "a[1:2][:3]"},
	{"extract(year from x)", "EXTRACT('year' FROM x)"},
	{"substring(a for 2)", "SUBSTRING(a FROM 1 FOR 2::integer)"},
	{"substring(a similar b escape c)", "SUBSTRING(a FROM b FOR c)"},
	{"trim(leading from a)", "TRIM(LEADING FROM a)"},
	{"position(a in b)", "POSITION(a IN b)"},
	{"overlay(a placing b from 1 for 2)", "OVERLAY(a PLACING b FROM 1 FOR 2)"},
	{"interval '1' day to second(3)", "'1'::interval day to second(3)"},
	{"timestamp(3) with time zone 'now'", "'now'::timestamp(3) with time zone"},
	{"cast(a as char)", "a::character(1)"},
	{"float(24) '1'", "'1'::real"},
	{"0x1F + 1_000 + 0b11", "31 + 1000 + 3"},
	{"2147483648", "2147483648"},
	{`u&'\0041\+000042' || u&'!0043' uescape '!'`, "'AB' || 'C'"},
	{`e'a\tb\u0041'`, "'a\tbA'"},
	{"'a'\n'b'", "'ab'"},
	{"$x$a'b$x$", "'a''b'"},
	{"count(distinct a order by b) filter (where c) over (partition by d order by e rows 1 preceding)",
		"count(DISTINCT a ORDER BY b) FILTER (WHERE c) OVER (PARTITION BY d ORDER BY e ROWS 1 PRECEDING)"},
	{"percentile_cont(0.5) within group (order by a desc)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY a DESC)"},
	{"f(a => 1, variadic b)", "f(a => 1, VARIADIC b)"},
	{"case a when 1 then 2 else 3 end", "CASE a WHEN 1 THEN 2 ELSE 3 END"},
	{"nullif(a, b) is distinct from c", "NULLIF(a, b) IS DISTINCT FROM c"},
	{"Foo + \"Foo\" + \"select\"", "foo + \"Foo\" + \"select\""},
	{"a<-1", "a < -1"},
	{"a*-1", "a * -1"},
	{"a@-1", "a @- 1"},
	{"a*+-+b", "a * + (- (+ b))"},
	{"current_timestamp(3) + localtime", "CURRENT_TIMESTAMP(3) + LOCALTIME"},
}

func TestExpressions(t *testing.T) {
	for _, c := range expressions {
		e, err := parser.ParseExpr(c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if got := ast.Format(e); got != c.want {
			t.Errorf("%s gives %s, want %s", c.sql, got, c.want)
		}
	}
}

// TestLabels has select lists whose labels are also operators or keywords.
func TestLabels(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"select 1 is", "is"},
		{"select 1 not", "not"},
		{"select 1 and from t", "and"},
		{"select a between, b", "between"},
		{"select 1 as select", "select"},
		{"select 1 operator", "operator"},
		{"select 1 X", "x"},
	} {
		stmts, err := parser.Parse(c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if got := stmts[0].Stmt.(*ast.SelectStmt).TargetList[0].Name; got != c.want {
			t.Errorf("%s: label %q, want %q", c.sql, got, c.want)
		}
	}
}

func TestSpans(t *testing.T) {
	sql := " ;select 1 ; -- x\n  insert into t values (';') ;;"
	stmts, err := parser.Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range stmts {
		got = append(got, sql[s.Start:s.End])
	}
	want := []string{"select 1", "insert into t values (';')"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("statements %q, want %q", got, want)
	}
	for _, empty := range []string{"", " ", ";;", "-- nothing", "/* a /* b */ */"} {
		if stmts, err := parser.Parse(empty); err != nil || len(stmts) != 0 {
			t.Errorf("%q: %v, %v", empty, stmts, err)
		}
	}
}

func TestPositions(t *testing.T) {
	sql := "select a.b + f(c)::int from t"
	stmts, err := parser.Parse(sql)
	if err != nil {
		t.Fatal(err)
	}
	sum := stmts[0].Stmt.(*ast.SelectStmt).TargetList[0].Val.(*ast.AExpr)
	cast := sum.Right.(*ast.TypeCast)
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"operator", sum.Pos, strings.Index(sql, "+")},
		{"start of the sum", ast.Location(sum), 7},
		{"cast", cast.Pos, strings.Index(sql, "::")},
		{"type", cast.Type.Pos, strings.Index(sql, "int")},
		{"start of the cast", ast.Location(cast), strings.Index(sql, "f(c)")},
	} {
		if c.got != c.want {
			t.Errorf("%s at %d, want %d", c.what, c.got, c.want)
		}
	}
}

// TestBounds checks that no input is too deep or too long for the parser.
func TestBounds(t *testing.T) {
	ok := func(name, sql string) {
		if _, err := parser.Parse(sql); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	tooDeep := func(name, sql string) {
		if _, err := parser.Parse(sql); pgerr.CodeOf(err) != pgerr.StatementTooComplex {
			t.Errorf("%s: error %v, want stack depth limit exceeded", name, err)
		}
	}
	chain := func(n int, sep string) string { return "select " + strings.Repeat("a"+sep, n) + "a" }
	nest := func(n int, open, inner, end string) string {
		return "select " + strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	ok("30,000 terms", chain(30000, "+"))
	ok("200,000 conditions", chain(200000, " and "))
	tooDeep("1,000,000 terms", chain(1000000, "+"))
	ok("1,000 parentheses", nest(1000, "(", "1", ")"))
	tooDeep("100,000 parentheses", nest(100000, "(", "1", ")"))
	tooDeep("100,000 open parentheses", nest(100000, "(", "", ""))
	tooDeep("100,000 subqueries", nest(100000, "(select ", "1", ")"))
	tooDeep("100,000 calls", nest(100000, "f(", "1", ")"))
	tooDeep("100,000 NOTs", nest(100000, "not ", "a", ""))
	tooDeep("1 MB of signs", "select "+strings.Repeat("+-", 1<<19)+"a")
	tooDeep("100,000 signs", nest(100000, "- ", "a", ""))
	tooDeep("100,000 arrays", nest(100000, "array[", "1", "]"))
	tooDeep("100,000 FROM parentheses", "select * from "+strings.Repeat("(", 100000))
	tooDeep("100,000 joins on the right", "select * from a"+strings.Repeat(" join a", 100000))
	tooDeep("100,000 unions on the right", strings.Repeat("select 1 union (", 100000))
	tooDeep("100,000 CTEs", strings.Repeat("with a as (", 100000))
	ok("10,000 unions", "select 1"+strings.Repeat(" union select 1", 10000))
	ok("10,000 joins", "select * from a"+strings.Repeat(" join a using (x)", 10000))
	ok("100,000 rows", "insert into t values (1, 'x', 2.5)"+strings.Repeat(", (1, 'x', 2.5)", 100000))
	ok("10 MB string", "select '"+strings.Repeat("x", 10<<20)+"'")
}

// TestLinear checks that time grows with the length of a statement and not faster: eight times as much input may take twenty times as long,
// where quadratic time takes sixty-four. It is the processor's time, which other programs change less.
func TestLinear(t *testing.T) {
	cpu := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano())
	}
	best := func(sql string) time.Duration {
		fastest := time.Hour
		for range 5 {
			start := cpu()
			if _, err := parser.Parse(sql); err != nil {
				t.Fatal(err)
			}
			fastest = min(fastest, cpu()-start)
		}
		return fastest
	}
	for name, text := range map[string]func(n int) string{
		"rows of VALUES": func(n int) string { return "insert into t values (1, 'x', 2.5)" + strings.Repeat(", (1, 'x', 2.5)", n) },
		"a string":       func(n int) string { return "select '" + strings.Repeat("x''", 20*n) + "'" },
		"statements":     func(n int) string { return strings.Repeat("select a from t where b = 1;\n", n) },
		"a comment":      func(n int) string { return "select 1 /* " + strings.Repeat("* /* */ ", 5*n) + " */" },
		"conditions":     func(n int) string { return "select 1 where a = 1" + strings.Repeat(" or a = 1", n) },
	} {
		const rows = 100000
		small, large := best(text(rows/8)), best(text(rows))
		t.Logf("%s: %d in %v, %d in %v", name, rows/8, small, rows, large)
		if large > 20*small && large > 100*time.Millisecond {
			t.Errorf("%s: %d take %v, %d take %v", name, rows/8, small, rows, large)
		}
	}
}

func TestTruncation(t *testing.T) {
	long := strings.Repeat("é", 40) // 80 bytes
	var notices []*pgerr.Error
	stmts, err := parser.ParseNotices("select 1 as "+long, func(n *pgerr.Error) { notices = append(notices, n) })
	if err != nil {
		t.Fatal(err)
	}
	if got, want := stmts[0].Stmt.(*ast.SelectStmt).TargetList[0].Name, strings.Repeat("é", 31); got != want {
		t.Errorf("name %q, want %q", got, want)
	}
	if len(notices) != 1 || notices[0].Code != pgerr.NameTooLong {
		t.Errorf("notices %v", notices)
	}
}

const pointSelect = "SELECT abalance, filler FROM pgbench_accounts WHERE aid = $1"

func BenchmarkPointSelect(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		if _, err := parser.Parse(pointSelect); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValues(b *testing.B) {
	sql := "insert into t values (1, 'x', 2.5)" + strings.Repeat(", (1, 'x', 2.5)", 100000)
	b.SetBytes(int64(len(sql)))
	for range b.N {
		if _, err := parser.Parse(sql); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, sql := range corpus(f) {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 10000 {
			return
		}
		if problem, _ := roundTrip(sql); problem != "" {
			t.Error(problem)
		}
	})
}
