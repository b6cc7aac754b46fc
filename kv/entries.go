package kv

// AppendShared appends an entry whose value's memory never changes, so that only the key is copied.
func (e *Entries) AppendShared(k, v []byte) {
	e.K = append(e.K, keep(&e.buf, k))
	e.V = append(e.V, v)
}
