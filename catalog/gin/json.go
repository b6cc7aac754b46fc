package gin

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"

	"github.com/lightsql/lightsql/kv/keyenc"
	"github.com/lightsql/lightsql/sql/types"
)

// longText is the length from which a hash stands for the text of a key or scalar, as in PostgreSQL (JGIN_MAXLENGTH).
const longText = 125

// appendText appends a term of that kind.
func appendText(b []byte, kind byte, text []byte) []byte {
	if len(text) <= longText {
		return keyenc.AppendBytes(append(b, kind), text)
	}
	h := fnv.New64a()
	h.Write(text)
	return h.Sum(append(b, kind+termHashed))
}

func (t *Terms) text(kind byte, text []byte) {
	start := len(t.buf)
	t.buf = appendText(t.buf, kind, text)
	t.add(start)
}

// appendNumber appends a number so that equal ones have equal bytes: without zeros at the end of the fraction.
func appendNumber(b []byte, n types.Numeric) []byte {
	start := len(b)
	b = n.Append(b)
	if bytes.IndexByte(b[start:], '.') >= 0 {
		b = b[:start+len(bytes.TrimRight(b[start:], "0"))]
		b = b[:start+len(bytes.TrimSuffix(b[start:], []byte(".")))]
	}
	return b
}

// document adds the terms of jsonb_ops. A string becomes one of kind str: strings of arrays, and one that is the whole document, are found
// like keys.
func (t *Terms) document(j *types.JSONB, str byte) {
	switch j.Kind {
	case types.JSONObject:
		for i, e := range j.Elems {
			t.text(termValue, []byte(j.Keys[i]))
			t.document(e, termString)
		}
	case types.JSONArray:
		for _, e := range j.Elems {
			t.document(e, termValue)
		}
	case types.JSONNull:
		t.addByte(termNil)
	case types.JSONBool:
		start := len(t.buf)
		t.buf = append(t.buf, termBool, truth(j.Bool))
		t.add(start)
	case types.JSONNumber:
		t.text(termNumber, appendNumber(nil, j.Num))
	case types.JSONString:
		t.text(str, []byte(j.Str))
	}
}

func truth(b bool) byte {
	if b {
		return 't'
	}
	return 'f'
}

// pathHash is a hash of the keys on the way to a place in a document; FNV-1a, which every process computes alike.
type pathHash uint64

const (
	hashStart pathHash = 14695981039346656037
	hashPrime pathHash = 1099511628211
)

func (h pathHash) byte(b byte) pathHash { return (h ^ pathHash(b)) * hashPrime }

// with goes on with a text of some kind. Its end is hashed too, so that the border between two texts counts.
func (h pathHash) with(kind byte, text []byte) pathHash {
	h = h.byte(kind)
	for _, b := range text {
		h = h.byte(b)
	}
	return h.byte(0xff) // in no UTF-8 text
}

// scalar goes on with a scalar.
func (h pathHash) scalar(j *types.JSONB) pathHash {
	switch j.Kind {
	case types.JSONBool:
		return h.with(termBool, []byte{truth(j.Bool)})
	case types.JSONNumber:
		return h.with(termNumber, appendNumber(nil, j.Num))
	case types.JSONString:
		return h.with(termString, []byte(j.Str))
	}
	return h.with(termNil, nil)
}

func (h pathHash) append(b []byte) []byte {
	return binary.BigEndian.AppendUint64(append(b, termValue), uint64(h))
}

// paths adds the terms of jsonb_path_ops: one for each scalar, with the keys that lead to it. Arrays are no part of a path.
func (t *Terms) paths(j *types.JSONB, h pathHash) {
	switch j.Kind {
	case types.JSONObject:
		for i, e := range j.Elems {
			t.paths(e, h.with(termValue, []byte(j.Keys[i])))
		}
	case types.JSONArray:
		for _, e := range j.Elems {
			t.paths(e, h)
		}
	default:
		start := len(t.buf)
		t.buf = h.scalar(j).append(t.buf)
		t.add(start)
	}
}
