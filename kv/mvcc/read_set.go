package mvcc

import (
	"bytes"
	"slices"

	"github.com/lightsql/lightsql/kv"
)

// readSet is what a serializable transaction has read: ranges, sorted and merged but for the last few.
type readSet struct {
	merged, tail []kv.Range
}

const (
	readTailMax   = 64
	readRangesMax = 1 << 14 // from which on neighbours become one
)

// add adds [start, end); end nil is no bound.
func (r *readSet) add(start, end []byte) {
	if end != nil && bytes.Compare(start, end) >= 0 {
		return // empty
	}
	r.tail = append(r.tail, kv.Range{Start: bytes.Clone(start), End: bytes.Clone(end)})
	if len(r.tail) >= max(readTailMax, len(r.merged)/8) {
		r.merge()
	}
}

func (r *readSet) merge() {
	all := append(r.merged, r.tail...)
	slices.SortFunc(all, func(a, b kv.Range) int { return bytes.Compare(a.Start, b.Start) })
	out := all[:0]
	for _, x := range all {
		if n := len(out); n > 0 && (out[n-1].End == nil || bytes.Compare(x.Start, out[n-1].End) <= 0) {
			if last := &out[n-1]; last.End != nil && (x.End == nil || bytes.Compare(x.End, last.End) > 0) {
				last.End = x.End
			}
			continue
		}
		out = append(out, x)
	}
	clear(all[len(out):])
	clear(r.tail)
	r.merged, r.tail = out, r.tail[:0]
	if len(r.merged) > readRangesMax {
		r.coarsen()
	}
}

// meets reports whether something in [start, end) was read.
func (r *readSet) meets(start, end []byte) bool {
	i, found := slices.BinarySearchFunc(r.merged, start, func(x kv.Range, key []byte) int { return bytes.Compare(x.Start, key) })
	if found || i > 0 && (r.merged[i-1].End == nil || bytes.Compare(start, r.merged[i-1].End) < 0) {
		return true
	}
	if i < len(r.merged) && (end == nil || bytes.Compare(r.merged[i].Start, end) < 0) {
		return true
	}
	for _, x := range r.tail {
		if (x.End == nil || bytes.Compare(start, x.End) < 0) && (end == nil || bytes.Compare(x.Start, end) < 0) {
			return true
		}
	}
	return false
}

// after is the smallest key behind key: [key, after(key)) is just key.
func after(key []byte) []byte {
	b := make([]byte, len(key)+1)
	copy(b, key)
	return b
}
