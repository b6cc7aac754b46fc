// Package gin says what an inverted index holds of a value, and what a condition looks for in it: PostgreSQL's operator classes array_ops,
// jsonb_ops and jsonb_path_ops of access method gin (src/backend/access/gin/ginarrayproc.c, src/backend/utils/adt/jsonb_gin.c).
//
// A value comes to a set of terms: the elements of an array, the keys and scalars of a JSON document. The index has an entry for every term
// of every row, so that a condition becomes a Search: AND and OR over the rows that have certain terms. A row that a search finds may
// still not satisfy the condition; one that it does not find never does.
//
// Terms are bytes of which none is the beginning of another:
//
//	01                 the value has no other term: an empty array or document
//	02                 an element that is NULL
//	10 …               an element, as package rowenc writes key columns
//	10 'name' 00 01    a key, or a string in an array (jsonb_ops)
//	11                 null
//	12 't'  13 '1.5' 00 01  14 'text' 00 01   a boolean, number, or string that is the value of a key
//	1a 1d 1e and 8 bytes: like 10, 13 and 14, with the hash of a text that is longer than longText
//	10 8 bytes         a scalar with the keys that lead to it, hashed (jsonb_path_ops)
package gin

import (
	"bytes"
	"slices"

	"github.com/lightsql/lightsql/sql/types"
)

// Class is an operator class.
type Class uint8

// The operator classes.
const (
	Arrays    Class = iota + 1 // array_ops
	JSON                       // jsonb_ops
	JSONPaths                  // jsonb_path_ops
)

// ClassNamed is the operator class of that name; 0 if there is none.
func ClassNamed(name string) Class {
	switch name {
	case "array_ops":
		return Arrays
	case "jsonb_ops":
		return JSON
	case "jsonb_path_ops":
		return JSONPaths
	}
	return 0
}

// DefaultClass is the operator class that a type has without naming one; 0 if there is none.
func DefaultClass(t types.OID) Class {
	switch t = types.BaseOf(t); {
	case t == types.JSONBOID:
		return JSON
	case types.IsArray(t):
		return Arrays
	}
	return 0
}

// Accepts reports whether a column of type t can have the class.
func (c Class) Accepts(t types.OID) bool {
	d := DefaultClass(t)
	return d == c || d == JSON && c == JSONPaths
}

// Supports reports whether an index of the class helps with a condition "column op value".
func (c Class) Supports(op string) bool {
	switch c {
	case Arrays:
		return op == "@>" || op == "<@" || op == "&&" || op == "="
	case JSON:
		return op == "@>" || op == "?" || op == "?|" || op == "?&" || op == "@?" || op == "@@"
	case JSONPaths:
		return op == "@>" || op == "@?" || op == "@@"
	}
	return false
}

// First bytes of terms.
const (
	termEmpty  = 0x01
	termNull   = 0x02
	termValue  = 0x10 // an element, a key, a path
	termNil    = 0x11
	termBool   = 0x12
	termNumber = 0x13
	termString = 0x14
	// termHashed is added to termValue, termNumber and termString if a hash stands for the text.
	termHashed = 0x0a
)

// Encode appends the bytes of an array's element, which is not NULL.
type Encode func(b []byte, element types.Datum) []byte

// Terms collects the terms of one value after the other. The zero value is ready.
type Terms struct {
	T   [][]byte // distinct, in order
	buf []byte
}

func (t *Terms) reset() { t.T, t.buf = t.T[:0], t.buf[:0] }

// add makes the bytes of t.buf from start on a term.
func (t *Terms) add(start int) {
	n := len(t.buf)
	t.T = append(t.T, t.buf[start:n:n])
}

func (t *Terms) addByte(b byte) {
	start := len(t.buf)
	t.buf = append(t.buf, b)
	t.add(start)
}

// Of sets t to the terms of a value that is not NULL.
func (t *Terms) Of(c Class, value types.Datum, encode Encode) {
	t.reset()
	switch c {
	case Arrays:
		if a := value.Array(); a != nil {
			t.elements(a, encode)
		}
	case JSON:
		t.document(value.JSONB(), termValue)
	case JSONPaths:
		t.paths(value.JSONB(), hashStart)
	}
	if len(t.T) == 0 {
		t.addByte(termEmpty)
		return
	}
	slices.SortFunc(t.T, bytes.Compare)
	t.T = slices.CompactFunc(t.T, bytes.Equal)
}

func (t *Terms) elements(a *types.Array, encode Encode) {
	for _, e := range a.Elems {
		start := len(t.buf)
		if e.IsNull() {
			t.buf = append(t.buf, termNull)
		} else {
			t.buf = encode(append(t.buf, termValue), e)
		}
		t.add(start)
	}
}
