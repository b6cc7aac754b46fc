package types

import (
	"math"
	"testing"
)

func TestFormatType(t *testing.T) {
	for _, c := range []struct {
		oid  OID
		mod  int32
		want string
	}{
		{Int4OID, -1, "integer"}, {VarcharOID, 14, "character varying(10)"}, {VarcharOID, -1, "character varying"},
		{NumericOID, MakeNumericMod(10, 2), "numeric(10,2)"}, {NumericOID, MakeNumericMod(5, -1), "numeric(5,-1)"},
		{TimestampOID, 3, "timestamp(3) without time zone"}, {TimestamptzOID, -1, "timestamp with time zone"},
		{Int4ArrayOID, -1, "integer[]"}, {VarcharArrayOID, 9, "character varying(5)[]"}, {Int2VectorOID, -1, "int2vector"},
		{CharOID, -1, `"char"`}, {BPCharOID, -1, "character"}, {BPCharOID, 7, "character(3)"}, {NameOID, -1, "name"},
		{IntervalOID, 0x7fff<<16 | 3, "interval(3)"}, {IntervalOID, (itvDay|itvHour|itvMinute|itvSecond)<<16 | 2, "interval day to second(2)"},
		{IntervalOID, itvYear<<16 | 0xffff, "interval year"}, {0, -1, "-"}, {99999, -1, "???"}, {BitOID, 3, "bit(3)"}, {AnyOID, -1, `"any"`},
	} {
		if got := FormatType(c.oid, c.mod); got != c.want {
			t.Errorf("%d %d: got %s want %s", c.oid, c.mod, got, c.want)
		}
	}
	if got := FormatTypeMod(BPCharOID, -1); got != "bpchar" {
		t.Error(got)
	}
}

func TestBuiltinTableIsConsistent(t *testing.T) {
	for i := range Builtins() {
		ti := &Builtins()[i]
		if ti.Array != 0 && ElemOf(ti.Array) != ti.OID && ti.Type != 'c' {
			t.Errorf("%s: array %d has element %d", ti.Name, ti.Array, ElemOf(ti.Array))
		}
		if n, ok := ByName(ti.Name); !ok || n != ti {
			t.Errorf("%s: ByName", ti.Name)
		}
	}
	if KindOf(Int4OID) != KindInt || KindOf(JSONBOID) != KindRef || KindOf(123456) != KindRef || KindOf(XID8OID) != KindInt {
		t.Error("KindOf")
	}
}

func TestCompareAndHash(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		oid  OID
		a, b Datum
		want int
	}{
		{Float8OID, NewFloat(nan), NewFloat(math.Inf(1)), 1}, {Float8OID, NewFloat(nan), NewFloat(nan), 0},
		{Float8OID, NewFloat(math.Copysign(0, -1)), NewFloat(0), 0},
		{BPCharOID, NewStr("a  "), NewStr("a"), 0}, {TextOID, NewStr("a  "), NewStr("a"), 1}, {TextOID, NewStr("Z"), NewStr("a"), -1},
		{IntervalOID, NewInterval(Interval{Months: 1}), NewInterval(Interval{Days: 30}), 0},
		{IntervalOID, NewInterval(Interval{Days: 1}), NewInterval(Interval{Micros: MicrosPerDay}), 0},
		{NumericOID, NewNum(MakeNumeric(10, 1)), NewNum(NumericFromInt(1)), 0},
		{XID8OID, NewInt(-1), NewInt(1), 1},
		{Int4ArrayOID, NewRef(NewArray(Int4OID, []Datum{NewInt(1)})), NewRef(NewArray(Int4OID, []Datum{NewInt(1), NewInt(0)})), -1},
		{Int4ArrayOID, NewRef(NewArray(Int4OID, []Datum{Null})), NewRef(NewArray(Int4OID, []Datum{NewInt(9)})), 1},
	} {
		if got := sign(Compare(c.oid, c.a, c.b)); got != c.want {
			t.Errorf("%s: got %d want %d", FormatType(c.oid, -1), got, c.want)
		}
		if c.want == 0 && Hash(c.oid, c.a) != Hash(c.oid, c.b) {
			t.Errorf("%s: hashes of equal values differ", FormatType(c.oid, -1))
		}
	}
}

func TestApplyTypmodExplicit(t *testing.T) {
	d, err := ApplyTypmod(T{VarcharOID, 7}, NewStr("abcdef"), true)
	if err != nil || d.Str() != "abc" {
		t.Error(d.Str(), err)
	}
	d, err = ApplyTypmod(T{BPCharOID, 9}, NewStr("äb"), false)
	if err != nil || d.Str() != "äb   " {
		t.Errorf("%q %v", d.Str(), err)
	}
	a := NewRef(NewArray(VarcharOID, []Datum{NewStr("abcd"), Null}))
	if d, err = ApplyTypmod(T{VarcharArrayOID, 6}, a, true); err != nil || Text(Of(VarcharArrayOID), d, nil) != "{ab,NULL}" {
		t.Error(Text(Of(VarcharArrayOID), d, nil), err)
	}
	if _, err = ApplyTypmod(T{VarcharArrayOID, 6}, a, false); err == nil || err.Error() != "value too long for type character varying(2)" {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	oids := []OID{Int4OID, NumericOID, DateOID, TimestamptzOID, TimeOID, TimetzOID, IntervalOID, JSONBOID, TextArrayOID, ByteaOID, UUIDOID, BitOID, MoneyOID, TIDOID}
	for _, s := range []string{"1", "2001-02-03 04:05:06+02", "P1Y2M", `{"a":[1]}`, "{a,NULL}", "[1:2]={1,2}", `\x00`, "J2451187.5", "1e5"} {
		f.Add(s)
	}
	env := NewEnv()
	f.Fuzz(func(t *testing.T, s string) {
		for _, oid := range oids {
			d, err := Parse(Of(oid), s, env)
			if err != nil {
				continue
			}
			out := Text(Of(oid), d, env)
			again, err := Parse(Of(oid), out, env)
			if err != nil {
				t.Errorf("%s: %q read as %q, which is not readable: %v", FormatType(oid, -1), s, out, err)
			} else if Text(Of(oid), again, env) != out {
				t.Errorf("%s: %q, then %q, then %q", FormatType(oid, -1), s, out, Text(Of(oid), again, env))
			}
		}
	})
}
