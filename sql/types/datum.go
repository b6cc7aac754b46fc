package types

import "math"

// Kind is how a value is held in memory. Several SQL types share a kind: the type travels beside the value.
type Kind uint8

// Kinds. KindNull is only a Datum's: a vector has the kind of its type and a null bitmap.
const (
	KindNull     Kind = iota
	KindBool          // bool
	KindInt           // int2, int4, int8, oid and reg*, xid, date (days), time, timestamp, timestamptz (microseconds since 2000-01-01)
	KindFloat         // float4 (rounded to float32 precision), float8
	KindStr           // text, varchar, bpchar, name, "char", bytea, uuid (16 raw bytes), json, bit strings; unknown
	KindNum           // numeric
	KindInterval      // interval
	KindRef           // everything else: *Array, *Record, *JSONB, timetz, network addresses, …
)

// Datum is one SQL value, without its type. The zero Datum is NULL. Datums are immutable.
type Datum struct {
	kind Kind
	i    int64  // bool (0, 1), int, float bits, interval microseconds
	s    string // str
	x    any    // Numeric (boxed), interval months and days, ref
}

// Null is the NULL of every type.
var Null = Datum{}

// Constructors.
func NewBool(b bool) Datum {
	if b {
		return Datum{kind: KindBool, i: 1}
	}
	return Datum{kind: KindBool}
}
func NewInt(i int64) Datum         { return Datum{kind: KindInt, i: i} }
func NewFloat(f float64) Datum     { return Datum{kind: KindFloat, i: int64(math.Float64bits(f))} }
func NewStr(s string) Datum        { return Datum{kind: KindStr, s: s} }
func NewNum(n Numeric) Datum       { return Datum{kind: KindNum, x: n} }
func NewInterval(v Interval) Datum { return Datum{kind: KindInterval, x: v} }
func NewRef(x any) Datum           { return Datum{kind: KindRef, x: x} }

// Accessors: the caller knows the kind; they panic on nothing and return the zero value for another kind.
func (d Datum) Kind() Kind     { return d.kind }
func (d Datum) IsNull() bool   { return d.kind == KindNull }
func (d Datum) Bool() bool     { return d.i != 0 }
func (d Datum) Int() int64     { return d.i }
func (d Datum) Float() float64 { return math.Float64frombits(uint64(d.i)) }
func (d Datum) Str() string    { return d.s }
func (d Datum) Num() Numeric   { n, _ := d.x.(Numeric); return n }
func (d Datum) Interval() Interval {
	v, _ := d.x.(Interval)
	return v
}
func (d Datum) Ref() any { return d.x }

// Interval is a SQL interval: three fields that do not convert into each other (PostgreSQL's struct Interval).
type Interval struct {
	Months int32
	Days   int32
	Micros int64
}
