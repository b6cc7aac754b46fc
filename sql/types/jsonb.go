package types

import (
	"slices"
	"strings"
)

// JSONKind tells what a JSONB is. The order is PostgreSQL's order of values of different kinds.
type JSONKind uint8

// Kinds of JSON values.
const (
	JSONNull JSONKind = iota
	JSONString
	JSONNumber
	JSONBool
	JSONArray
	JSONObject
)

// JSONB is a jsonb value as a tree. Keys of an object are unique and sorted by length, then bytes. Immutable.
type JSONB struct {
	Kind  JSONKind
	Bool  bool
	Str   string
	Num   Numeric
	Keys  []string // object
	Elems []*JSONB // array; the values of an object, in the order of Keys
}

// JSONB is the value of a datum of type jsonb, nil for any other.
func (d Datum) JSONB() *JSONB { v, _ := d.x.(*JSONB); return v }

// CompareJSONKeys is the order of keys within an object.
func CompareJSONKeys(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// NewJSONObject makes an object; of equal keys the last wins. It keeps neither slice.
func NewJSONObject(keys []string, values []*JSONB) *JSONB {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return CompareJSONKeys(keys[a], keys[b]) })
	o := &JSONB{Kind: JSONObject}
	for _, i := range order {
		if n := len(o.Keys); n > 0 && o.Keys[n-1] == keys[i] {
			o.Elems[n-1] = values[i]
			continue
		}
		o.Keys = append(o.Keys, keys[i])
		o.Elems = append(o.Elems, values[i])
	}
	return o
}

// Field is the value of a key, nil if there is none.
func (j *JSONB) Field(key string) *JSONB {
	if i, ok := slices.BinarySearchFunc(j.Keys, key, CompareJSONKeys); ok {
		return j.Elems[i]
	}
	return nil
}

// String is the text form.
func (j *JSONB) String() string { return string(j.Append(nil)) }

// Append appends the text form: one blank after each colon and comma.
func (j *JSONB) Append(dst []byte) []byte {
	switch j.Kind {
	case JSONString:
		return AppendJSONString(dst, j.Str)
	case JSONNumber:
		return j.Num.Append(dst)
	case JSONBool:
		if j.Bool {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case JSONArray:
		dst = append(dst, '[')
		for i, e := range j.Elems {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = e.Append(dst)
		}
		return append(dst, ']')
	case JSONObject:
		dst = append(dst, '{')
		for i, e := range j.Elems {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = AppendJSONString(dst, j.Keys[i])
			dst = append(dst, ": "...)
			dst = e.Append(dst)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// AppendJSONString appends s in double quotes, with PostgreSQL's escapes.
func AppendJSONString(dst []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			if c < 0x20 {
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			} else {
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '"')
}

// Compare is PostgreSQL's order of jsonb: object > array > boolean > number > string > null, and an array without elements, unless it is within
// another value, below everything else.
func (j *JSONB) Compare(o *JSONB) int {
	if j.Kind != o.Kind {
		switch {
		case j.Kind == JSONArray && len(j.Elems) == 0:
			return -1
		case o.Kind == JSONArray && len(o.Elems) == 0:
			return 1
		}
	}
	return j.compare(o)
}

func (j *JSONB) compare(o *JSONB) int {
	if j.Kind != o.Kind {
		return int(j.Kind) - int(o.Kind)
	}
	switch j.Kind {
	case JSONString:
		return strings.Compare(j.Str, o.Str)
	case JSONNumber:
		return j.Num.Cmp(o.Num)
	case JSONBool:
		return boolRank(j.Bool) - boolRank(o.Bool)
	case JSONArray, JSONObject:
		if d := len(j.Elems) - len(o.Elems); d != 0 {
			return d
		}
		for i := range j.Elems {
			if j.Kind == JSONObject && j.Keys[i] != o.Keys[i] {
				return strings.Compare(j.Keys[i], o.Keys[i])
			}
			if c := j.Elems[i].compare(o.Elems[i]); c != 0 {
				return c
			}
		}
	}
	return 0
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Hash is equal for equal values.
func (j *JSONB) Hash() uint64 {
	h := mix64(uint64(j.Kind) + 1)
	switch j.Kind {
	case JSONString:
		return HashCombine(h, HashString(j.Str))
	case JSONNumber:
		return HashCombine(h, j.Num.Hash())
	case JSONBool:
		return HashCombine(h, uint64(boolRank(j.Bool)))
	}
	for i, e := range j.Elems {
		if j.Kind == JSONObject {
			h = HashCombine(h, HashString(j.Keys[i]))
		}
		h = HashCombine(h, e.Hash())
	}
	return h
}
