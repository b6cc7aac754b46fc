package kv

// AppendShared appends an entry whose value's memory never changes, so that only the key is copied.
func (e *Entries) AppendShared(k, v []byte) {
	e.K = append(e.K, keep(&e.buf, k))
	e.V = append(e.V, v)
}

// AppendPrefixed is AppendShared for a key in two parts.
func (e *Entries) AppendPrefixed(prefix, suffix, v []byte) {
	n := len(prefix) + len(suffix)
	if cap(e.buf)-len(e.buf) < n {
		e.buf = make([]byte, 0, max(2*cap(e.buf), n, 256))
	}
	at := len(e.buf)
	e.buf = append(append(e.buf, prefix...), suffix...)
	e.K = append(e.K, e.buf[at:len(e.buf):len(e.buf)])
	e.V = append(e.V, v)
}

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
