// Package recv reads the binary forms of values field by field.
//
// Source: the wording and the order of the checks are those of src/backend/libpq/pqformat.c and the receive functions of PostgreSQL's types.
package recv

import (
	"encoding/binary"
	"fmt"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Reader reads from the start of a message. After the first field that the message is too short for, all fields are zero and Err tells.
type Reader struct {
	rest []byte
	err  error
}

// New reads b.
func New(b []byte) Reader { return Reader{rest: b} }

// Len is how many bytes are left.
func (r *Reader) Len() int { return len(r.rest) }

// Err is the error of the first field that was not there.
func (r *Reader) Err() error { return r.err }

// Take reads n bytes; nil if they are not there. They belong to the message.
func (r *Reader) Take(n int) []byte {
	if r.err != nil || n > len(r.rest) {
		r.fail("insufficient data left in message")
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// Rest reads all that is left.
func (r *Reader) Rest() []byte { return r.Take(len(r.rest)) }

func (r *Reader) fail(text string) {
	if r.err == nil {
		r.err = pgerr.New(pgerr.ProtocolViolation, "%s", text)
	}
	r.rest = nil
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if r.err != nil || len(r.rest) == 0 {
		r.fail("no data left in message")
		return 0
	}
	return r.Take(1)[0]
}

// Uint16 reads two bytes.
func (r *Reader) Uint16() uint16 {
	if b := r.Take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// Uint32 reads four bytes.
func (r *Reader) Uint32() uint32 {
	if b := r.Take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads eight bytes.
func (r *Reader) Uint64() uint64 {
	if b := r.Take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// Place is where a value stands, for the error of a message with bytes left over. The zero Place is a field of COPY.
type Place struct {
	what   string
	number int
}

// Parameter is the place of a parameter of a statement, from 1.
func Parameter(number int) Place {
	return Place{"incorrect binary data format in bind parameter", number}
}

// Element is the place of an element of an array, from 1.
func Element(number int) Place { return Place{"improper binary format in array element", number} }

// Column is the place of a column of a row, from 1.
func Column(number int) Place { return Place{"improper binary format in record column", number} }

// End is r's error, or that of a message that goes on.
func (r *Reader) End(at Place) error {
	if r.err != nil || len(r.rest) == 0 {
		return r.err
	}
	if at.what == "" {
		return Errorf("incorrect binary data format")
	}
	return Errorf("%s", fmt.Sprintf("%s %d", at.what, at.number))
}

// Errorf is the error of a binary form that has a wrong field.
func Errorf(format string, args ...any) error {
	return pgerr.New(pgerr.InvalidBinaryRepresentation, format, args...)
}
