package pgerr

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Severities as PostgreSQL names them. Error is what New gives.
const (
	SeverityError   = "ERROR"
	SeverityFatal   = "FATAL"
	SeverityPanic   = "PANIC"
	SeverityWarning = "WARNING"
	SeverityNotice  = "NOTICE"
	SeverityDebug   = "DEBUG"
	SeverityInfo    = "INFO"
	SeverityLog     = "LOG"
)

// Error is an error (or, by its severity, a notice) with the fields of
// PostgreSQL's ErrorResponse. An empty string or 0 means that the field is
// absent. A value is not changed once it was returned to a caller, except
// through the With methods by a caller that adds what it alone knows.
type Error struct {
	Severity string
	Code     Code
	Message  string
	Detail   string
	Hint     string
	// Position is where in the statement the error is, in characters
	// (not bytes) from 1; 0 is none.
	Position int
	// InternalPosition and InternalQuery point into a statement that the
	// client did not send, such as one in a function's body.
	InternalPosition int
	InternalQuery    string
	// Where is the call stack of the context, one line for each level.
	Where      string
	Schema     string
	Table      string
	Column     string
	DataType   string
	Constraint string
	// File, Line and Routine name the reporting source code.
	File    string
	Line    int
	Routine string
	// pc is the code that made the error, for Location.
	pc uintptr
}

// New returns an error of severity ERROR. With no args, format is taken as
// the message itself, so that a % in it needs no care.
func New(code Code, format string, args ...any) *Error {
	return &Error{Severity: SeverityError, Code: code, Message: sprintf(format, args), pc: caller(1)}
}

// Notice returns a message of severity NOTICE.
func Notice(code Code, format string, args ...any) *Error {
	return &Error{Severity: SeverityNotice, Code: code, Message: sprintf(format, args), pc: caller(1)}
}

// Warning returns a message of severity WARNING.
func Warning(code Code, format string, args ...any) *Error {
	return &Error{Severity: SeverityWarning, Code: code, Message: sprintf(format, args), pc: caller(1)}
}

// FeatureNotSupported returns the error for SQL that PostgreSQL knows and
// this server does not: 0A000, "<feature> is not supported".
func FeatureNotSupported(feature string) *Error {
	return New(CodeFeatureNotSupported, "%s is not supported", feature)
}

// As finds an *Error in the chain of err.
func As(err error) (*Error, bool) {
	if e, ok := err.(*Error); ok { // the common case, without reflection
		return e, e != nil
	}
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// CodeOf is the SQLSTATE of err: that of the *Error in its chain, "" for nil,
// and InternalError for any other error.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := As(err); ok {
		return e.Code
	}
	return InternalError
}

// Error is the message alone, as PostgreSQL's clients print it.
func (e *Error) Error() string { return e.Message }

// WithSeverity sets the severity, one of the Severity constants.
func (e *Error) WithSeverity(severity string) *Error {
	e.Severity = severity
	return e
}

// WithDetail sets the detail line.
func (e *Error) WithDetail(format string, args ...any) *Error {
	e.Detail = sprintf(format, args)
	return e
}

// WithHint sets the hint line.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = sprintf(format, args)
	return e
}

// WithPosition sets the position in characters from 1; 0 is none.
func (e *Error) WithPosition(position int) *Error {
	e.Position = position
	return e
}

// At sets the position from a byte offset (from 0) into the statement's
// text. A negative offset means that the place is unknown and changes nothing.
func (e *Error) At(sql string, offset int) *Error {
	if offset >= 0 {
		e.Position = CharPosition(sql, offset)
	}
	return e
}

// WithInternal says that the error is in a statement that the client did
// not send, and where, in characters from 1.
func (e *Error) WithInternal(query string, position int) *Error {
	e.InternalQuery, e.InternalPosition = query, position
	return e
}

// WithWhere appends a line to the context.
func (e *Error) WithWhere(format string, args ...any) *Error {
	if e.Where != "" {
		e.Where += "\n"
	}
	e.Where += sprintf(format, args)
	return e
}

// WithTable names the table that the error is about.
func (e *Error) WithTable(schema, table string) *Error {
	e.Schema, e.Table = schema, table
	return e
}

// WithColumn names the column that the error is about.
func (e *Error) WithColumn(column string) *Error {
	e.Column = column
	return e
}

// WithDataType names the data type that the error is about.
func (e *Error) WithDataType(schema, dataType string) *Error {
	e.Schema, e.DataType = schema, dataType
	return e
}

// WithConstraint names the constraint that the error is about.
func (e *Error) WithConstraint(constraint string) *Error {
	e.Constraint = constraint
	return e
}

// CharPosition converts a byte offset (from 0) into sql to a position in
// characters from 1, as the protocol wants it.
func CharPosition(sql string, offset int) int {
	if offset > len(sql) {
		offset = len(sql)
	}
	if offset < 0 {
		return 0
	}
	return utf8.RuneCountInString(sql[:offset]) + 1
}

func sprintf(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}
