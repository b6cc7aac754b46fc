package kv

import "slices"

// entriesMin is for how many entries there is room at first.
const entriesMin = 16

// AppendShared appends an entry whose value's memory never changes, so that only the key is copied.
func (e *Entries) AppendShared(k, v []byte) {
	if e.K == nil { // small tables are read by statements that run once
		e.K, e.V = make([][]byte, 0, entriesMin), make([][]byte, 0, entriesMin)
	}
	e.K = append(e.K, keep(&e.buf, k))
	e.V = append(e.V, v)
}

// AppendPrefixed is Append for a key in two parts.
func (e *Entries) AppendPrefixed(prefix, suffix, v []byte) {
	k := len(prefix) + len(suffix)
	n := k + len(v)
	if cap(e.buf)-len(e.buf) < n {
		e.buf = make([]byte, 0, max(2*cap(e.buf), n, 256))
	}
	at := len(e.buf)
	e.buf = append(append(e.buf, prefix...), suffix...)
	key := e.buf[at : at+k : at+k]
	if v != nil {
		e.buf = append(e.buf, v...)
		v = e.buf[at+k : at+n : at+n]
	}
	e.K, e.V = append(e.K, key), append(e.V, v)
}

// Hold copies b, which stays where it is until Reset.
func (e *Entries) Hold(b []byte) []byte { return keep(&e.buf, b) }

// Extend appends n entries for the caller to fill. It returns their keys and values, and so many bytes of room to build keys
// in; Use tells how many of them are needed until Reset.
func (e *Entries) Extend(n, bytes int) (k, v [][]byte, room []byte) {
	if cap(e.buf)-len(e.buf) < bytes {
		e.buf = make([]byte, 0, max(2*cap(e.buf), bytes, 256))
	}
	at, b := len(e.K), len(e.buf)
	e.K, e.V = slices.Grow(e.K, n)[:at+n], slices.Grow(e.V, n)[:at+n]
	return e.K[at:], e.V[at:], e.buf[b : b+bytes : b+bytes]
}

// Use keeps the first n bytes of the room that Extend has returned last.
func (e *Entries) Use(n int) { e.buf = e.buf[:len(e.buf)+n] }

// AppendShared appends a value whose memory never changes, so that it is not copied.
func (v *Values) AppendShared(value []byte) { v.V = append(v.V, value) }

// Room appends a value of n bytes and returns it to be filled. Drop takes the last value away again.
func (v *Values) Room(n int) []byte {
	if cap(v.buf)-len(v.buf) < n {
		v.buf = make([]byte, 0, max(2*cap(v.buf), n, 256))
	}
	at := len(v.buf)
	v.buf = v.buf[: at+n : cap(v.buf)]
	b := v.buf[at : at+n : at+n]
	v.V = append(v.V, b)
	return b
}

// Drop takes the last value away.
func (v *Values) Drop() { v.V = v.V[:len(v.V)-1] }
