package mvcc

import "github.com/lightsql/lightsql/kv"

var _ kv.Meter = (*Txn)(nil)

// Measure implements kv.Meter.
func (t *Txn) Measure(u *kv.Usage) {
	if t.s != nil {
		t.s.usage, t.s.newest.Usage = u, u
	}
}

// measure counts a write.
func (s *txnState) measure(key, value []byte) {
	if u := s.usage; u != nil {
		u.Records++
		u.Bytes += int64(len(key) + len(value))
	}
}
