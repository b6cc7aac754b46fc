package engine

import (
	"bytes"
	"fmt"

	"github.com/lightsql/lightsql/kv"
)

// AppendRange appends the deletion of a range to a payload. An empty value is no bound.
func AppendRange(dst []byte, r kv.Range) []byte { return appendEntry(dst, kindRange, r.Start, r.End) }

// Entry is one entry of a payload: a nil Value is a deletion. Range: what is deleted are the keys from Key to Value, nil for no
// bound.
type Entry struct {
	Key, Value []byte
	Range      bool
}

// EachEntry calls f for the entries of a payload, whose memory they point into.
func EachEntry(payload []byte, f func(Entry) error) error {
	for len(payload) > 0 {
		kind, key, value, rest, err := nextEntry(payload)
		if err != nil {
			return fmt.Errorf("%w: %w", kv.ErrCorrupt, err)
		}
		if kind == kindTombstone || len(value) == 0 {
			value = nil
		}
		if err := f(Entry{Key: key, Value: value, Range: kind == kindRange}); err != nil {
			return err
		}
		payload = rest
	}
	return nil
}

// rangesIn returns copies of the ranges that a payload deletes.
func rangesIn(payload []byte) []kv.Range {
	var out []kv.Range
	for len(payload) > 0 {
		kind, key, value, rest, err := nextEntry(payload)
		if err != nil {
			return out
		}
		if kind == kindRange {
			r := kv.Range{Start: bytes.Clone(key)}
			if len(value) > 0 {
				r.End = bytes.Clone(value)
			}
			out = append(out, r)
		}
		payload = rest
	}
	return out
}

// Few returns the keys that r holds at ts, if there are no more than limit to look at, deleted ones included.
func (e *Engine) Few(r kv.Range, ts uint64, limit int) (keys [][]byte, few bool, err error) {
	var it Iter
	it.Open(e, r, ts, false, nil)
	defer it.Close()
	for n := 0; ; n++ {
		if err := it.advance(); err != nil || it.cur < 0 {
			return keys, err == nil, err
		}
		pos := it.sources[it.cur].pos
		if r.End != nil && bytes.Compare(pos.key, r.End) >= 0 {
			return keys, true, nil
		}
		if n == limit {
			return nil, false, nil
		}
		if pos.kind != kindTombstone && it.ranges.Hides(pos.key, pos.ts, maxTS) == 0 {
			keys = append(keys, bytes.Clone(pos.key))
		}
	}
}
