package mvcc

import (
	"cmp"
	"slices"
)

// A transaction that runs for long makes serial remember all that commit meanwhile. From finishedMax on, the oldest of them are put
// together into one that stands for all of them: it read and wrote what they did, and of each number it has the one that makes it
// look most dangerous. Nothing that must fail is missed; something that need not fail may. PostgreSQL does the same.
const finishedMax = 1024

// finishedLimit is finishedMax, or what a test has chosen.
func (m *serial) finishedLimit() int {
	if m.limit > 0 {
		return m.limit
	}
	return finishedMax
}

// summarize puts half of the finished transactions together if there are too many. The caller holds mu.
func (m *serial) summarize() {
	limit := m.finishedLimit()
	if len(m.all) <= limit {
		return
	}
	var finished []*serialTxn
	var s *serialTxn
	for _, o := range m.all {
		switch {
		case o.summary:
			s = o
		case o.done:
			finished = append(finished, o)
		}
	}
	if len(finished) < limit {
		return // it is the running ones that are many
	}
	if s == nil {
		s = &serialTxn{summary: true, done: true}
		m.all = append(m.all, s)
	}
	slices.SortFunc(finished, func(a, b *serialTxn) int { return cmp.Compare(a.committed, b.committed) })
	for _, o := range finished[:(len(finished)+1)/2] {
		s.absorb(o)
	}
	m.all = slices.DeleteFunc(m.all, func(o *serialTxn) bool { return o.absorbed })
}

// absorb makes s stand for o too.
func (s *serialTxn) absorb(o *serialTxn) {
	o.absorbed = true
	s.commitTS, s.committed, s.before = max(s.commitTS, o.commitTS), max(s.committed, o.committed), max(s.before, o.before)
	s.prepared = earlier(s.prepared, o.prepared)
	s.earliestOut = earlier(s.earliestOut, o.earliestOut)
	for t := range o.out {
		delete(t.in, o)
		if t != s {
			s.edge(t)
		}
	}
	for t := range o.in {
		delete(t.out, o)
		if t != s {
			t.edge(s)
		}
	}
	o.in, o.out = nil, nil
	for _, r := range slices.Concat(o.reads.merged, o.reads.tail) {
		s.reads.add(r.Start, r.End)
	}
	for _, k := range slices.Concat(o.writes.sorted, o.writes.tail) {
		s.writes.old.add(k, after(k))
	}
	for _, r := range o.writes.ranges {
		s.writes.old.add(r.Start, r.End)
	}
}

// earlier is the smaller of two numbers, of which 0 stands for never.
func earlier(a, b uint64) uint64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// edge adds the dependency of reader on writer.
func (reader *serialTxn) edge(writer *serialTxn) {
	if reader.out == nil {
		reader.out = map[*serialTxn]struct{}{}
	}
	if writer.in == nil {
		writer.in = map[*serialTxn]struct{}{}
	}
	reader.out[writer], writer.in[reader] = struct{}{}, struct{}{}
}

// coarsen halves the number of ranges: of neighbours, those that have most in common become one, with all that lies between them.
func (r *readSet) coarsen() {
	common := func(i int) int { return commonBytes(r.merged[i].Start, r.merged[i+1].Start) }
	lens := make([]int, len(r.merged)-1)
	for i := range lens {
		lens[i] = common(i)
	}
	slices.Sort(lens)
	least, equal := lens[len(lens)/2], 0
	out := r.merged[:0]
	for i := 0; i < len(r.merged); i++ {
		x := r.merged[i]
		if i+1 < len(r.merged) {
			c := common(i)
			if c == least {
				equal++
			}
			if c > least || c == least && equal%2 == 0 {
				i++
				x.End = r.merged[i].End
			}
		}
		out = append(out, x)
	}
	clear(r.merged[len(out):])
	r.merged = out
}

func commonBytes(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
