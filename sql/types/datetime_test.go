package types

import (
	"bufio"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types/recv"
)

func mustParse(t *testing.T, oid OID, s string, env *Env) Datum {
	t.Helper()
	d, err := Parse(Of(oid), s, env)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return d
}

// TestDateTimeGolden reads testdata/datetime.tsv: operation, operands, and what PostgreSQL 15 gives in America/New_York.
func TestDateTimeGolden(t *testing.T) {
	f, err := os.Open("testdata/datetime.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	env := NewEnv()
	env.TimeZone, _ = LoadZone("America/New_York")
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		p := strings.Split(sc.Text(), "\t")
		got, err := dateTimeOp(t, p[0], p[1], p[2], env)
		if err != nil {
			got = string(pgerr.CodeOf(err)) + " " + err.Error()
		}
		if got != p[3] {
			t.Errorf("line %d: %s(%s, %s)\n got  %s\n want %s", n, p[0], p[1], p[2], got, p[3])
		}
	}
}

func dateTimeOp(t *testing.T, op, a, b string, env *Env) (out string, err error) {
	defer func() {
		if e, ok := recover().(*pgerr.Error); ok { // an operand that cannot be read
			err = e
		}
	}()
	mustParse := func(_ *testing.T, oid OID, s string, env *Env) Datum {
		d, err := Parse(Of(oid), s, env)
		if err != nil {
			panic(err)
		}
		return d
	}
	name, arg, _ := strings.Cut(op, ":")
	show := func(oid OID, v int64, err error) (string, error) {
		if err != nil {
			return "", err
		}
		return Text(Of(oid), NewInt(v), env), nil
	}
	showItv := func(v Interval, err error) (string, error) { return Text(Of(IntervalOID), NewInterval(v), env), err }
	itv := func(s string) Interval { return mustParse(t, IntervalOID, s, env).Interval() }
	ti, _ := ByName(arg)
	switch name {
	case "ts_add":
		v, err := TimestampAdd(mustParse(t, TimestampOID, a, env).Int(), itv(b))
		return show(TimestampOID, v, err)
	case "tz_add":
		v, err := TimestamptzAdd(mustParse(t, TimestamptzOID, a, env).Int(), itv(b), env.TimeZone)
		return show(TimestamptzOID, v, err)
	case "ts_sub":
		return showItv(TimestampDiff(mustParse(t, TimestampOID, a, env).Int(), mustParse(t, TimestampOID, b, env).Int()))
	case "age":
		return showItv(Age(mustParse(t, TimestampOID, a, env).Int(), mustParse(t, TimestampOID, b, env).Int()))
	case "itv_add":
		return showItv(itv(a).Add(itv(b)))
	case "itv_mul", "itv_div":
		f, _ := strconv.ParseFloat(b, 64)
		if name == "itv_mul" {
			return showItv(itv(a).Mul(f))
		}
		return showItv(itv(a).Div(f))
	case "justify":
		return showItv(JustifyInterval(itv(a)))
	case "trunc":
		if ti.OID == IntervalOID {
			return showItv(DateTruncInterval(b, itv(a)))
		}
		v := mustParse(t, ti.OID, a, env).Int()
		if ti.OID == TimestamptzOID {
			v, err := DateTruncTz(b, v, env.TimeZone)
			return show(ti.OID, v, err)
		}
		v, err := DateTrunc(b, v, ti.OID)
		return show(ti.OID, v, err)
	case "extract":
		v, ok, err := Extract(b, ti.OID, mustParse(t, ti.OID, a, env), env.TimeZone)
		if !ok {
			return "NULL", err
		}
		return v.String(), err
	case "cmp":
		return strconv.Itoa(sign(itv(a).Cmp(itv(b)))), nil
	case "style":
		e := *env
		e.setStyle(b)
		return Text(Of(ti.OID), mustParse(t, ti.OID, a, env), &e), nil
	case "send":
		mod := int32(-1)
		return hex.EncodeToString(AppendBinary(nil, T{ti.OID, mod}, mustParse(t, ti.OID, a, env), env)), nil
	}
	t.Fatalf("operation %s", op)
	return "", nil
}

// setStyle is SET DateStyle or SET IntervalStyle for tests.
func (e *Env) setStyle(s string) {
	for _, w := range strings.Split(s, ",") {
		switch strings.TrimSpace(strings.ToLower(w)) {
		case "iso":
			e.DateStyle = DateISO
		case "sql":
			e.DateStyle = DateSQL
		case "postgres":
			e.DateStyle, e.IntervalStyle = DatePostgres, IntervalPostgres
		case "german":
			e.DateStyle = DateGerman
		case "dmy":
			e.DateOrder = OrderDMY
		case "mdy":
			e.DateOrder = OrderMDY
		case "ymd":
			e.DateOrder = OrderYMD
		case "postgres_verbose":
			e.IntervalStyle = IntervalPostgresVerbose
		case "sql_standard":
			e.IntervalStyle = IntervalSQLStandard
		case "iso_8601":
			e.IntervalStyle = IntervalISO8601
		}
	}
}

// TestBinaryRoundTrip sends and receives a value of each type.
func TestBinaryRoundTrip(t *testing.T) {
	env := NewEnv()
	for _, c := range [][2]string{
		{"int2", "-5"}, {"int4", "-5"}, {"int8", "-5"}, {"oid", "4294967295"}, {"bool", "t"}, {"float4", "1.5"}, {"float8", "-0.1"},
		{"numeric", "-12345678901234567890.1234500"}, {"numeric", "0.00010"}, {"numeric", "0"}, {"numeric", "NaN"}, {"numeric", "10000"},
		{"text", "äb"}, {"bytea", `\x00ff`}, {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, {"date", "2001-02-03"},
		{"timestamp", "2001-02-03 04:05:06.7"}, {"timestamptz", "2001-02-03 04:05:06+00"}, {"time", "24:00:00"}, {"timetz", "04:05:06+02"},
		{"interval", "1 mon -2 days +03:00:00"}, {"jsonb", `{"a": [1, 2]}`}, {"_int4", "{1,NULL,3}"}, {"_text", "[0:1][1:1]={{a},{b}}"},
		{"bit", "10110011101"}, {"int2vector", "1 2 3"}, {"tid", "(7,8)"}, {"_numeric", "{}"}, {"char", "x"},
		{"inet", "10.1.2.3/8"}, {"inet", "::1"}, {"cidr", "10.0.0.0/8"}, {"macaddr", "08:00:2b:01:02:03"}, {"macaddr8", "08:00:2b:01:02:03:04:05"},
	} {
		ti, _ := ByName(c[0])
		d := mustParse(t, ti.OID, c[1], env)
		b := AppendBinary(nil, Of(ti.OID), d, env)
		got, err := ParseBinary(Of(ti.OID), b, env, recv.Place{})
		if err != nil {
			t.Errorf("%s %s: %v", c[0], c[1], err)
			continue
		}
		if s := Text(Of(ti.OID), got, env); s != c[1] {
			t.Errorf("%s: got %s want %s", c[0], s, c[1])
		}
		for i := range b { // a message cut short is an error or another value, never a crash
			_, _ = ParseBinary(Of(ti.OID), b[:i], env, recv.Place{})
		}
	}
}
