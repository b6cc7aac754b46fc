package engine

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"github.com/lightsql/lightsql/kv"
)

// Ranges are range tombstones: a set of [start, end) with timestamps, each of which hides the versions of its keys that are
// older, for readers at its timestamp or later. A set never changes; nil is the empty one.
//
//	written      [a───────────m)9      [f──────────────z)12
//	pieces       [a────f)9   [f────m)12,9   [m─────────z)12
//
// They are few, and belong to the whole store instead of to a memtable or run: in the state for reads, in the log, and from
// the flush of their memtable on in the manifest. A read pays for them with one comparison with nil if there are none, and
// with one search otherwise. A timestamp goes when nobody reads below it and no memtable or run holds older versions of its
// keys (sweep.go).
type Ranges struct {
	pieces []rangePiece // sorted, without overlap
}

type rangePiece struct {
	start, end []byte   // end nil: no bound
	ts         []uint64 // newest first
}

// With is the set with one more.
func (s *Ranges) With(r kv.Range, ts uint64) *Ranges {
	if r.End != nil && bytes.Compare(r.Start, r.End) >= 0 {
		return s
	}
	if s == nil {
		return &Ranges{[]rangePiece{{r.Start, r.End, []uint64{ts}}}}
	}
	out := make([]rangePiece, 0, len(s.pieces)+3)
	at, done := r.Start, false // what is before at is in out
	for _, p := range s.pieces {
		switch {
		case done || p.end != nil && bytes.Compare(p.end, at) <= 0:
			out = append(out, p)
			continue
		case r.End != nil && bytes.Compare(p.start, r.End) >= 0:
			out = append(out, rangePiece{at, r.End, []uint64{ts}}, p)
			done = true
			continue
		}
		switch c := bytes.Compare(p.start, at); {
		case c < 0:
			out = append(out, rangePiece{p.start, at, p.ts})
		case c > 0:
			out = append(out, rangePiece{at, p.start, []uint64{ts}})
			at = p.start
		}
		stop := p.end
		if endBefore(r.End, p.end) {
			stop = r.End
		}
		out = append(out, rangePiece{at, stop, withTS(p.ts, ts)})
		if endBefore(stop, p.end) {
			out = append(out, rangePiece{stop, p.end, p.ts})
		}
		at, done = stop, !endBefore(stop, r.End)
	}
	if !done {
		out = append(out, rangePiece{at, r.End, []uint64{ts}})
	}
	return &Ranges{out}
}

// endBefore tells whether the bound a comes before b; nil is none.
func endBefore(a, b []byte) bool { return a != nil && (b == nil || bytes.Compare(a, b) < 0) }

func withTS(list []uint64, ts uint64) []uint64 {
	i := sort.Search(len(list), func(i int) bool { return list[i] <= ts })
	if i < len(list) && list[i] == ts {
		return list
	}
	return slices.Insert(slices.Clone(list), i, ts)
}

// from returns the first piece that ends after key.
func (s *Ranges) from(key []byte) int {
	return sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].end == nil || bytes.Compare(s.pieces[i].end, key) > 0 })
}

// piece returns the piece that holds key, or nil.
func (s *Ranges) piece(key []byte) *rangePiece {
	if s == nil {
		return nil
	}
	if i := s.from(key); i < len(s.pieces) && bytes.Compare(s.pieces[i].start, key) <= 0 {
		return &s.pieces[i]
	}
	return nil
}

// Hides returns the newest timestamp above at, and not above reader, that covers key; 0 if there is none.
func (s *Ranges) Hides(key []byte, at, reader uint64) uint64 {
	if p := s.piece(key); p != nil {
		return p.newest(at, reader)
	}
	return 0
}

func (p *rangePiece) newest(at, reader uint64) uint64 {
	for _, t := range p.ts {
		if t <= reader {
			if t > at {
				return t
			}
			break
		}
	}
	return 0
}

// Next returns the oldest timestamp above at that covers key, the highest number if there is none.
func (s *Ranges) Next(key []byte, at uint64) uint64 {
	next := uint64(maxTS)
	if p := s.piece(key); p != nil {
		for _, t := range p.ts {
			if t <= at {
				break
			}
			next = t
		}
	}
	return next
}

// Meeting is the part of the set that overlaps r, with the timestamps up to reader.
func (s *Ranges) Meeting(r kv.Range, reader uint64) *Ranges {
	if s == nil {
		return nil
	}
	var out []rangePiece
	for _, p := range s.pieces[s.from(r.Start):] {
		if r.End != nil && bytes.Compare(p.start, r.End) >= 0 {
			break
		}
		if i := sort.Search(len(p.ts), func(i int) bool { return p.ts[i] <= reader }); i < len(p.ts) {
			out = append(out, rangePiece{p.start, p.end, p.ts[i:]})
		}
	}
	return rangesOf(out)
}

func rangesOf(pieces []rangePiece) *Ranges {
	if len(pieces) == 0 {
		return nil
	}
	return &Ranges{pieces}
}

// filter is the set of the timestamps that keep wants.
func (s *Ranges) filter(keep func(p *rangePiece, ts uint64) bool) *Ranges {
	if s == nil {
		return nil
	}
	var out []rangePiece
	for i := range s.pieces {
		p := &s.pieces[i]
		var ts []uint64
		for _, t := range p.ts {
			if keep(p, t) {
				ts = append(ts, t)
			}
		}
		if len(ts) > 0 {
			out = append(out, rangePiece{p.start, p.end, ts})
		}
	}
	return rangesOf(out)
}

// upTo is the set of the timestamps up to ts.
func (s *Ranges) upTo(ts uint64) *Ranges {
	return s.filter(func(_ *rangePiece, t uint64) bool { return t <= ts })
}

// Each calls f for every range and timestamp, in the order of the keys.
func (s *Ranges) Each(f func(r kv.Range, ts uint64)) {
	if s == nil {
		return
	}
	for _, p := range s.pieces {
		for _, t := range p.ts {
			f(kv.Range{Start: p.start, End: p.end}, t)
		}
	}
}

func (s *Ranges) len() int {
	if s == nil {
		return 0
	}
	return len(s.pieces)
}

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
