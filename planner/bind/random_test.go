package bind

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// TestRandomExpressions compares random expressions over the built-in functions, operators and casts with a PostgreSQL:
//
//	go test ./planner/bind -run RandomExpressions -oracle '…' -expressions 100000 -seed 7
//
// and lists, by function, those whose text or SQLSTATE differs.
var (
	expressions = flag.Int("expressions", 20000, "how many random expressions to compare with the oracle")
	seed        = flag.Int64("seed", 1, "start of the random numbers")
	limit       = flag.Duration("limit", 2*time.Minute, "stop comparing after this time")
	only        = flag.String("only", "", "regular expression: compare only functions and operators whose signature matches")
)

// samples are values of each type as literals: extremes, empty, special and usual ones.
var samples = map[types.OID][]string{
	types.BoolOID:   {"t", "f"},
	types.Int2OID:   {"0", "1", "-1", "7", "32767", "-32768", "100"},
	types.Int4OID:   {"0", "1", "-1", "2", "3", "5", "10", "-7", "64", "2147483647", "-2147483648", "1000"},
	types.Int8OID:   {"0", "1", "-1", "3", "42", "9223372036854775807", "-9223372036854775808", "5000000000"},
	types.Float4OID: {"0", "1", "-1.5", "3.25", "1e10", "3.4e38", "1e-40", "NaN", "Infinity", "-Infinity", "-0", "123.456"},
	types.Float8OID: {"0", "1", "-1.5", "2.5", "0.1", "1e10", "1.7e308", "5e-324", "NaN", "Infinity", "-Infinity", "-0", "45", "1234567.891"},
	types.NumericOID: {"0", "1", "-1", "0.5", "2.5", "-2.5", "10.00", "123.456", "-0.001", "1e20", "99999999999999999999.99", "1e-20", "NaN",
		"Infinity", "-Infinity", "3"},
	types.TextOID: {"", "a", "abc", "Hello World", "ÄÖü€", "  pad  ", "12", "-3.5", "2024-01-31", "%b%", "a.c", "(a)(b)", "{1,2}", "a,b,,c", "\\x41", "日本語",
		"YYYY-MM-DD HH24:MI:SS", "FM9990.00", "day", "month", "UTC", "%s-%I", "abcabc", "null", "g", "i"},
	types.VarcharOID: {"", "abc", "Zz "},
	types.BPCharOID:  {"", "abc", "ab  "},
	types.NameOID:    {"", "abc", "pg_class"},
	types.CharOID:    {"", "a", "\\377"},
	types.ByteaOID:   {"", "\\x00", "\\x4142", "\\xdeadbeef00ff", "abc"},
	types.DateOID:    {"2024-02-29", "1970-01-01", "1999-12-31", "infinity", "-infinity", "0044-03-15 BC", "5874897-12-31", "4714-11-24 BC", "2000-01-01"},
	types.TimeOID:    {"00:00", "24:00", "12:34:56.789", "23:59:59.999999"},
	types.TimetzOID:  {"00:00+00", "12:34:56.5-08", "23:59:59+15:59"},
	types.TimestampOID: {"2024-02-29 12:34:56.789012", "1970-01-01", "infinity", "-infinity", "4714-11-24 BC", "294276-12-31 23:59:59.999999", "2000-01-01",
		"2023-12-31 23:59:59.5"},
	types.TimestamptzOID: {"2024-02-29 12:34:56.789012+02", "1970-01-01 00:00+00", "infinity", "-infinity", "294276-12-31 23:59:59.999999+00", "2000-06-01 00:00-07"},
	types.IntervalOID: {"0", "1 day", "-1 mon 3 days 04:05:06.7", "1 year", "100 years -5 days", "178956970 years 7 mons", "00:00:00.000001", "-25:00:00", "1 week",
		"35 days", "1 mon"},
	types.UUIDOID:    {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
	types.InetOID:    {"192.168.1.5/24", "10.0.0.1", "::1", "2001:db8::ff00:42:8329/64", "0.0.0.0/0"},
	types.CIDROID:    {"192.168.1.0/24", "10.0.0.0/8", "::/0"},
	types.MACAddrOID: {"08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"}, types.MACAddr8OID: {"08:00:2b:01:02:03:04:05"},
	types.BitOID: {"1", "0"}, types.VarbitOID: {"", "1", "10101", "0000000000000000000000000000000011"},
	types.MoneyOID: {"0", "1.23", "-45.67", "92233720368547758.07", "-92233720368547758.08"},
	types.OIDOID:   {"0", "1", "4294967295"},
	types.JSONOID:  {"{}", "[1,2,{\"a\":null}]", "\"x\"", "{\"a\": {\"b\": [1, 2.50]}, \"a\": 1}", "null"},
	types.JSONBOID: {"{}", "[1, 2, {\"a\": null}]", "\"x\"", "{\"a\": {\"b\": [1, 2.50]}, \"c\": true}", "null", "12.0"},
	types.PgLSNOID: {"0/0", "16/B374D848"},

	types.ArrayOf(types.Int4OID):    {"{}", "{1,2,3}", "{{1,2},{3,4}}", "[0:2]={5,NULL,7}", "{NULL}", "{3,1,2,1}"},
	types.ArrayOf(types.TextOID):    {"{}", "{a,b,NULL}", "{{x,y},{\"\",\"q,\"}}", "{abc}"},
	types.ArrayOf(types.NumericOID): {"{}", "{1.5,NaN}", "{2.50,-1}"},
	types.ArrayOf(types.Float8OID):  {"{}", "{0.1,0.5,1}", "{NaN}"},
}

// skipFunction matches what depends on the server, the session or the moment, or does what an expression should not.
var skipFunction = regexp.MustCompile(`^(pg_|has_|txid|inet_(client|server)|lo_|lo|current_|version|random|setseed|clock_|statement_|timeofday|now|transaction_|` +
	`nextval|setval|currval|lastval|gen_random|uuid_|.*(send|recv|_in|_out|in|out|typmod.*|_sortsupport|sel|hash.*|hash|handler|_ops|support|transfn|combine|accum|` +
	`serialize|deserialize|finalfn|inv|_final|typanalyze|_stats|_subdiff|canonical|consistent|compress|penalty|picksplit|union|distance|same)$|` +
	`query_to|table_to|schema_to|database_to|cursor_to|xml|ts_|to_ts|plainto|phraseto|websearch|brin|gin|gist|spg|bt|amvalid|range|multirange|` +
	`binary_upgrade|age$|date_trunc_at|obj_desc|col_desc|shobj|format_type|set_config|getdatabase|get|col_|to_reg|txid|acl|make_acl|suppress|` +
	`numeric_(avg|sum|stddev|var|poly)|int[248]_(avg|sum|mul)|float[48]_|interval_avg|aggregate|ordered_set|array_(agg|typanalyze)|json.*agg|string_agg|` +
	`generate_|in_range|sha|loread|lowrite|convert|current|row_security|icu|collation|unique_key|ri_|fmgr|language_|plpgsql|record|any|enum|cash_words|` +
	`satisfies_hash|mxid|get_bit_?x|cideq|xid|tid|dsimple|dsynonym|windows|heap_|nullif|bool(and|or)_state|jsonb?_(object_agg|populate|to_record)|json_populate)`)

// generator makes random expressions.
type generator struct {
	r     *rand.Rand
	byOut map[types.OID][]maker
	all   []maker
}

// maker is a function, an operator or a cast.
type maker struct {
	sig  string
	args []types.OID
	ret  types.OID
	text func(args []string) string
}

func newGenerator(seed int64) *generator {
	g := &generator{r: rand.New(rand.NewSource(seed)), byOut: map[types.OID][]maker{}}
	for _, p := range builtins.Procs() {
		if p.Kind != 'f' || p.RetSet || p.Func == nil || skipFunction.MatchString(p.Name) || p.Volatile == 'v' {
			continue
		}
		name := p.Name
		variadic := p.Variadic != 0
		g.add(maker{sig: name + "(" + typeNames(p.Args) + ")", args: p.Args, ret: p.Ret, text: func(args []string) string {
			if variadic && len(args) > 0 {
				args[len(args)-1] = "VARIADIC " + args[len(args)-1]
			}
			return expr.QuoteIdent(name) + "(" + strings.Join(args, ", ") + ")"
		}})
	}
	for _, o := range builtins.AllOperators() {
		name := o.Name
		if o.Left == 0 {
			g.add(maker{sig: name + " " + typeNames([]types.OID{o.Right}), args: []types.OID{o.Right}, ret: o.Ret,
				text: func(a []string) string { return "(" + name + " " + a[0] + ")" }})
			continue
		}
		g.add(maker{sig: typeNames([]types.OID{o.Left}) + " " + name + " " + typeNames([]types.OID{o.Right}), args: []types.OID{o.Left, o.Right}, ret: o.Ret,
			text: func(a []string) string { return "(" + a[0] + " " + name + " " + a[1] + ")" }})
	}
	for _, c := range builtins.AllCasts() {
		to := types.FormatType(c.To, -1)
		if c.From != c.To {
			g.add(maker{sig: typeNames([]types.OID{c.From}) + "::" + to, args: []types.OID{c.From}, ret: c.To,
				text: func(a []string) string { return "(" + a[0] + ")::" + to }})
		}
	}
	return g
}

func typeNames(ts []types.OID) string {
	var out []string
	for _, t := range ts {
		out = append(out, types.FormatType(t, -1))
	}
	return strings.Join(out, ",")
}

// pseudo are types that stand for a polymorphic one.
var pseudo = map[types.OID][]types.OID{
	types.AnyElementOID: {types.Int4OID, types.TextOID, types.NumericOID}, types.AnyNonArrayOID: {types.Int4OID, types.TextOID},
	types.AnyArrayOID: {types.ArrayOf(types.Int4OID), types.ArrayOf(types.TextOID)}, types.AnyCompatibleOID: {types.Int4OID, types.TextOID},
	types.AnyCompatibleArrayOID: {types.ArrayOf(types.Int4OID), types.ArrayOf(types.TextOID)}, types.AnyOID: {types.Int4OID, types.TextOID, types.ArrayOf(types.TextOID)},
}

func (g *generator) add(m maker) {
	for _, a := range m.args {
		if samples[a] == nil && pseudo[a] == nil {
			return
		}
	}
	if samples[m.ret] == nil && pseudo[m.ret] == nil {
		return
	}
	if *only != "" && !regexp.MustCompile(*only).MatchString(m.sig) {
		g.byOut[m.ret] = append(g.byOut[m.ret], m)
		return
	}
	g.all = append(g.all, m)
	g.byOut[m.ret] = append(g.byOut[m.ret], m)
}

// value is an expression of type t.
func (g *generator) value(t types.OID, depth int) string {
	if ps := pseudo[t]; ps != nil {
		t = ps[g.r.Intn(len(ps))]
	}
	if ms := g.byOut[t]; depth > 0 && len(ms) > 0 && g.r.Intn(3) == 0 {
		return g.call(ms[g.r.Intn(len(ms))], depth-1)
	}
	if g.r.Intn(14) == 0 {
		return "NULL::" + types.FormatType(t, -1)
	}
	s := samples[t]
	name := types.FormatType(t, -1)
	if t == types.BitOID {
		return "B'" + s[g.r.Intn(len(s))] + "'"
	}
	if t == types.BPCharOID {
		name = "bpchar"
	}
	return "'" + strings.ReplaceAll(s[g.r.Intn(len(s))], "'", "''") + "'::" + name
}

func (g *generator) call(m maker, depth int) string {
	args := make([]string, len(m.args))
	same := types.OID(0)
	for i, a := range m.args {
		if pseudo[a] != nil { // polymorphic arguments of one family
			if same == 0 {
				same = []types.OID{types.Int4OID, types.TextOID}[g.r.Intn(2)]
			}
			a = map[bool]types.OID{true: types.ArrayOf(same), false: same}[a == types.AnyArrayOID || a == types.AnyCompatibleArrayOID]
		}
		args[i] = g.value(a, depth)
	}
	return m.text(args)
}

// answer is the text of an expression, or its SQLSTATE with the message.
type answer struct{ text, code, message string }

func ours(sql string) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a = answer{code: "panic", message: fmt.Sprint(r)}
		}
	}()
	e, err := parser.ParseExpr("(" + sql + ")::text")
	var d types.Datum
	if err == nil {
		var b expr.Expr
		if b, err = Expression(e, Options{SQL: sql, Reader: emptyReader, SearchPath: []string{"public"}}); err == nil {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			d, err = expr.EvalRow(&expr.Ctx{Context: ctx, Types: types.NewEnv(), Env: plainEnv{}}, b)
		}
	}
	if err != nil {
		if pe, ok := pgerr.As(err); ok {
			return answer{code: string(pe.Code), message: pe.Message}
		}
		return answer{code: "?", message: err.Error()}
	}
	if d.IsNull() {
		return answer{text: "NULL"}
	}
	return answer{text: "=" + d.Str()}
}

func theirs(conn *pgconn.PgConn, sql string) (answer, error) {
	rs, err := conn.Exec(context.Background(), "SELECT ("+sql+")::text").ReadAll()
	if err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) {
			return answer{code: pg.Code, message: pg.Message}, nil
		}
		return answer{}, err
	}
	v := rs[0].Rows[0][0]
	if v == nil {
		return answer{text: "NULL"}, nil
	}
	return answer{text: "=" + string(v)}, nil
}

// near reports whether two texts are floats that differ in the last digits only: the C library and Go's disagree there.
func near(a, b string) bool {
	x, err1 := strconv.ParseFloat(strings.TrimPrefix(a, "="), 64)
	y, err2 := strconv.ParseFloat(strings.TrimPrefix(b, "="), 64)
	return err1 == nil && err2 == nil && strings.Contains(a+b, ".") && math.Abs(x-y) <= 1e-14*math.Max(math.Abs(x), math.Abs(y))
}

func short(s string) string {
	if len(s) > 300 {
		return s[:300] + "…"
	}
	return s
}

type difference struct {
	n         int
	sql       string
	got, want answer
}

func TestRandomExpressions(t *testing.T) {
	if *oracle == "" {
		t.Skip("no -oracle")
	}
	conn, err := pgconn.Connect(context.Background(), *oracle)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), "SET timezone='UTC'; SET statement_timeout='2s'; SET lc_monetary='C'").ReadAll(); err != nil {
		t.Fatal(err)
	}
	g := newGenerator(*seed)
	found := map[string]*difference{}
	bad := 0
	begin, count := time.Now(), 0
	for i := range *expressions {
		if time.Since(begin) > *limit {
			break
		}
		count++
		m := g.all[i%len(g.all)]
		sql := g.call(m, i/len(g.all)%3)
		want, err := theirs(conn, sql)
		if err != nil {
			t.Fatal(err)
		}
		if want.code == "57014" || want.code == "54000" {
			continue
		}
		start := time.Now()
		got := ours(sql)
		if d := time.Since(start); d > time.Second {
			t.Errorf("%v: %s", d, sql)
		}
		if got.code == want.code && (got.text == want.text || near(got.text, want.text)) {
			continue
		}
		bad++
		if got.code == "0A000" {
			m.sig = got.message
		}
		got.text, want.text = short(got.text), short(want.text)
		if f := found[m.sig]; f == nil {
			found[m.sig] = &difference{1, sql, got, want}
		} else if f.n++; len(sql) < len(f.sql) {
			f.sql, f.got, f.want = sql, got, want
		}
	}
	var sigs []string
	for s := range found {
		sigs = append(sigs, s)
	}
	sort.Strings(sigs)
	for _, s := range sigs {
		f := found[s]
		t.Errorf("%s (%d)\n  %s\n  got  %v\n  want %v", s, f.n, f.sql, f.got, f.want)
	}
	t.Logf("%d expressions, %d makers, %d differ", count, len(g.all), bad)
}
