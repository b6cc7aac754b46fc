// Package rangeset holds range tombstones: a set of [start, end) with timestamps, each of which hides the versions of its keys that
// are older, for readers at its timestamp or later. A set never changes; nil is the empty one.
//
//	written      [a───────────m)9      [f──────────────z)12
//	pieces       [a────f)9   [f────m)12,9   [m─────────z)12
//
// They are few, and belong to the whole store instead of to a memtable or run: in the state for reads, in the log, and from
// the flush of their memtable on in the manifest. A read pays for them with one comparison with nil if there are none, and
// with one search otherwise. A timestamp goes when nobody reads below it and no memtable or run holds older versions of its
// keys (kv/engine, sweep.go).
package rangeset

import (
	"bytes"
	"math"
	"slices"
	"sort"

	"github.com/lightsql/lightsql/kv"
)

// Set is a set of range tombstones.
type Set struct {
	pieces []Piece // sorted, without overlap
}

// Piece is a range whose keys the same range tombstones cover.
type Piece struct {
	Start, End []byte   // End nil: no bound
	TS         []uint64 // newest first
}

// With is the set with one more.
func (s *Set) With(r kv.Range, ts uint64) *Set {
	if r.End != nil && bytes.Compare(r.Start, r.End) >= 0 {
		return s
	}
	if s == nil {
		return &Set{[]Piece{{r.Start, r.End, []uint64{ts}}}}
	}
	out := make([]Piece, 0, len(s.pieces)+3)
	at, done := r.Start, false // what is before at is in out
	for _, p := range s.pieces {
		switch {
		case done || p.End != nil && bytes.Compare(p.End, at) <= 0:
			out = append(out, p)
			continue
		case r.End != nil && bytes.Compare(p.Start, r.End) >= 0:
			out = append(out, Piece{at, r.End, []uint64{ts}}, p)
			done = true
			continue
		}
		switch c := bytes.Compare(p.Start, at); {
		case c < 0:
			out = append(out, Piece{p.Start, at, p.TS})
		case c > 0:
			out = append(out, Piece{at, p.Start, []uint64{ts}})
			at = p.Start
		}
		stop := p.End
		if endBefore(r.End, p.End) {
			stop = r.End
		}
		out = append(out, Piece{at, stop, withTS(p.TS, ts)})
		if endBefore(stop, p.End) {
			out = append(out, Piece{stop, p.End, p.TS})
		}
		at, done = stop, !endBefore(stop, r.End)
	}
	if !done {
		out = append(out, Piece{at, r.End, []uint64{ts}})
	}
	return &Set{out}
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
func (s *Set) from(key []byte) int {
	return sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].End == nil || bytes.Compare(s.pieces[i].End, key) > 0 })
}

// Piece returns the piece that holds key, or nil.
func (s *Set) Piece(key []byte) *Piece {
	if s == nil {
		return nil
	}
	if i := s.from(key); i < len(s.pieces) && bytes.Compare(s.pieces[i].Start, key) <= 0 {
		return &s.pieces[i]
	}
	return nil
}

// Hides returns the newest timestamp above at, and not above reader, that covers key; 0 if there is none.
func (s *Set) Hides(key []byte, at, reader uint64) uint64 {
	if p := s.Piece(key); p != nil {
		return p.Newest(at, reader)
	}
	return 0
}

// Newest returns the newest timestamp above at, and not above reader; 0 if there is none.
func (p *Piece) Newest(at, reader uint64) uint64 {
	for _, t := range p.TS {
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
func (s *Set) Next(key []byte, at uint64) uint64 {
	next := uint64(math.MaxUint64)
	if p := s.Piece(key); p != nil {
		for _, t := range p.TS {
			if t <= at {
				break
			}
			next = t
		}
	}
	return next
}

// Meeting is the part of the set that overlaps r, with the timestamps up to reader.
func (s *Set) Meeting(r kv.Range, reader uint64) *Set {
	if s == nil {
		return nil
	}
	var out []Piece
	for _, p := range s.pieces[s.from(r.Start):] {
		if r.End != nil && bytes.Compare(p.Start, r.End) >= 0 {
			break
		}
		if i := sort.Search(len(p.TS), func(i int) bool { return p.TS[i] <= reader }); i < len(p.TS) {
			out = append(out, Piece{p.Start, p.End, p.TS[i:]})
		}
	}
	return setOf(out)
}

func setOf(pieces []Piece) *Set {
	if len(pieces) == 0 {
		return nil
	}
	return &Set{pieces}
}

// Filter is the set of the timestamps that keep wants.
func (s *Set) Filter(keep func(p *Piece, ts uint64) bool) *Set {
	if s == nil {
		return nil
	}
	var out []Piece
	for i := range s.pieces {
		p := &s.pieces[i]
		var ts []uint64
		for _, t := range p.TS {
			if keep(p, t) {
				ts = append(ts, t)
			}
		}
		if len(ts) > 0 {
			out = append(out, Piece{p.Start, p.End, ts})
		}
	}
	return setOf(out)
}

// UpTo is the set of the timestamps up to ts.
func (s *Set) UpTo(ts uint64) *Set {
	return s.Filter(func(_ *Piece, t uint64) bool { return t <= ts })
}

// Each calls f for every range and timestamp, in the order of the keys.
func (s *Set) Each(f func(r kv.Range, ts uint64)) {
	if s == nil {
		return
	}
	for _, p := range s.pieces {
		for _, t := range p.TS {
			f(kv.Range{Start: p.Start, End: p.End}, t)
		}
	}
}

// Len is the number of pieces.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.pieces)
}

// Covers tells whether timestamps that old accepts cover every key from first to last.
func (s *Set) Covers(first, last []byte, old func(ts uint64) bool) bool {
	for i := s.from(first); i < len(s.pieces); i++ {
		p := &s.pieces[i]
		if bytes.Compare(p.Start, first) > 0 && (i == 0 || !bytes.Equal(s.pieces[i-1].End, p.Start)) {
			return false
		}
		if !slices.ContainsFunc(p.TS, old) {
			return false
		}
		if p.End == nil || bytes.Compare(last, p.End) < 0 {
			return true
		}
	}
	return false
}
