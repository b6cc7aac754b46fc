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
