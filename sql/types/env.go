package types

import "time"

// Env is what text input and output depend on in a session. A nil *Env means the defaults: ISO, MDY, UTC, shortest exact
// floats, hex bytea. It is not changed while a call uses it.
type Env struct {
	DateStyle        DateStyle
	DateOrder        DateOrder
	IntervalStyle    IntervalStyle
	TimeZone         *time.Location // nil is UTC
	ExtraFloatDigits int            // NewEnv sets PostgreSQL's default, 1
	ByteaEscape      bool           // bytea_output = escape

	// Now is the start of the transaction, for 'now', 'today' and for time zones of times without a date.
	Now int64

	// User, if not nil, knows the user-defined types.
	User UserTypes
	// Stored makes the text and binary forms those that stay the same whatever becomes of names: enums are their numbers.
	Stored bool

	// RegIn and RegOut, if not nil, look names up for the reg* types. RegOut returns "" for an unknown OID.
	RegIn  func(t OID, name string) (OID, error)
	RegOut func(t OID, v OID) string
}

// NewEnv is an Env of PostgreSQL's defaults.
func NewEnv() *Env { return &Env{ExtraFloatDigits: 1, TimeZone: time.UTC} }

var defaultEnv = NewEnv()

func (e *Env) orDefault() *Env {
	if e == nil {
		return defaultEnv
	}
	return e
}

func (e *Env) location() *time.Location {
	if e == nil || e.TimeZone == nil {
		return time.UTC
	}
	return e.TimeZone
}

// DateStyle is how dates are written.
type DateStyle uint8

// Date styles.
const (
	DateISO DateStyle = iota
	DatePostgres
	DateSQL
	DateGerman
)

// DateOrder is how an ambiguous date is read.
type DateOrder uint8

// Date orders.
const (
	OrderMDY DateOrder = iota
	OrderDMY
	OrderYMD
)

// IntervalStyle is how intervals are written.
type IntervalStyle uint8

// Interval styles.
const (
	IntervalPostgres IntervalStyle = iota
	IntervalPostgresVerbose
	IntervalSQLStandard
	IntervalISO8601
)
