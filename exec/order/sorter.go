package order

import (
	"cmp"
	"context"
	"slices"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Sorter sorts rows: Reset, Add any number of times, Finish, then Next until it is empty.
type Sorter struct {
	ctx   *exec.Ctx
	types []types.T
	kinds []types.Kind
	keys  []Key
	// bound is the number of rows wanted, -1 for all.
	bound int64

	rows   *vec.Batch
	usage  exec.Usage
	items  []item
	tmp    []item
	heap   boundedHeap
	heaped bool // only the best bound rows are kept, in heap
	file   *exec.SpillFile
	runs   []run
	merge  *merger
	sorted []int32
	at     int
	out    *vec.Batch
	topN   bool
}

// Key is a sort key over a column of the rows.
type Key struct {
	Col        int
	Desc       bool
	NullsFirst bool
	cmp        exec.Comparer
	// While a Sorter sorts: how to fill in prefixes, and whether equal ones mean equal values.
	prefix func(v *vec.Vector, items []item)
	exact  bool
}

// item is a row to be sorted: prefix orders as the first key does, as far as it tells rows apart.
type item struct {
	prefix uint64
	row    int32
}

// Keys are the sort keys of a plan.
func Keys(ks []plan.SortKey) []Key {
	out := make([]Key, len(ks))
	for i, k := range ks {
		out[i] = Key{Col: k.Col, Desc: k.Desc, NullsFirst: k.NullsFirst, cmp: exec.NewComparer(k.T)}
	}
	return out
}

// NewKey is a key over a column of type t.
func NewKey(col int, t types.T, desc, nullsFirst bool) Key {
	return Key{Col: col, Desc: desc, NullsFirst: nullsFirst, cmp: exec.NewComparer(t)}
}

// Compare orders row i of a against row j of b by the keys.
func Compare(keys []Key, a *vec.Batch, i int, b *vec.Batch, j int) int {
	for k := range keys {
		if c := keys[k].compare(a.Cols[keys[k].Col], i, b.Cols[keys[k].Col], j); c != 0 {
			return c
		}
	}
	return 0
}

func (k *Key) compare(a *vec.Vector, i int, b *vec.Vector, j int) int {
	an, bn := a.Nulls.Has(i), b.Nulls.Has(j)
	if an || bn {
		switch {
		case an && bn:
			return 0
		case an == k.NullsFirst:
			return -1
		}
		return 1
	}
	c := k.cmp.Compare(a, i, b, j)
	if k.Desc {
		return -c
	}
	return c
}

// NewSorter is a sorter of rows of types ts.
func NewSorter(ctx *exec.Ctx, ts []types.T, keys []Key) *Sorter {
	s := &Sorter{ctx: ctx, types: ts, kinds: vec.Kinds(ts), keys: keys, bound: -1}
	s.rows, s.out = vec.NewBatch(s.kinds, 0), vec.NewBatch(s.kinds, 0)
	return s
}

// Reset drops all rows and sets the number of rows wanted, -1 for all.
func (s *Sorter) Reset(bound int64) {
	s.Close()
	s.usage.Init(s.ctx)
	s.bound = bound
	s.topN = bound >= 0
}

// Close frees memory and files; the vectors of a small sort stay for the next one.
func (s *Sorter) Close() {
	s.file.Close()
	s.file, s.merge, s.runs, s.heaped, s.at = nil, nil, s.runs[:0], false, 0
	if s.usage.Peak() > keepBytes {
		s.rows, s.items, s.tmp, s.sorted = vec.NewBatch(s.kinds, 0), nil, nil, nil
	}
	s.rows.Reset()
	s.sorted = s.sorted[:0]
	s.usage.Release()
}

const (
	keepBytes = 256 << 10
	itemBytes = 16 + 16 + 4 // items, their copy, the result
)

// Add copies the rows of b that count.
func (s *Sorter) Add(b *vec.Batch) error {
	if s.heaped {
		s.heap.add(b)
		return nil
	}
	if b.Rows() == 0 {
		return nil
	}
	n := s.usage.Bytes() + exec.DataBytes(b) + int64(b.Rows())*itemBytes
	if n > s.ctx.SortMem() && s.rows.Len > 0 {
		if s.topN && s.file == nil && int64(s.rows.Len) > s.bound {
			s.makeHeap()
			s.heap.add(b)
			return nil
		}
		if err := s.spill(); err != nil {
			return err
		}
		n = exec.DataBytes(b) + int64(b.Rows())*itemBytes
	}
	if err := s.usage.Set(n); err != nil {
		return err
	}
	s.rows.AppendBatch(b)
	if s.topN && s.file == nil && int64(s.rows.Len) > 2*s.bound {
		s.makeHeap()
	}
	return nil
}

// makeHeap goes over to keeping only the best bound rows.
func (s *Sorter) makeHeap() {
	s.heaped = true
	s.heap.keys, s.heap.rows = s.keys, s.rows
	s.heap.fill(int(s.bound))
}

// Finish sorts. It returns PostgreSQL's name of the method.
func (s *Sorter) Finish(ctx context.Context) (method string, err error) {
	if s.heaped {
		s.sorted = s.heap.sorted(s.sorted)
		return "top-N heapsort", nil
	}
	if s.file == nil {
		s.sortRows()
		if s.topN {
			s.sorted = s.sorted[:min(int64(len(s.sorted)), s.bound)]
		}
		return "quicksort", nil
	}
	if s.rows.Len > 0 {
		if err := s.spill(); err != nil {
			return "", err
		}
	}
	s.merge, err = s.mergeRuns(ctx)
	return "external merge", err
}

// DiskBytes is what the sort wrote to disk; MemoryBytes the most it held.
func (s *Sorter) DiskBytes() int64 {
	if s.file == nil {
		return 0
	}
	return s.file.Size()
}

// MemoryBytes is the most memory that the sort held.
func (s *Sorter) MemoryBytes() int64 { return s.usage.Peak() }

// Next returns the next rows, at most max; empty at the end.
func (s *Sorter) Next(max int) (*vec.Batch, error) {
	s.out.Reset()
	if s.merge != nil {
		if s.topN {
			max = int(min(int64(max), s.bound-int64(s.at)))
		}
		err := s.merge.next(s.out, max)
		s.at += s.out.Len
		return s.out, err
	}
	to := min(len(s.sorted), s.at+max)
	if s.at < to {
		s.out.AppendBatch(&vec.Batch{Cols: s.rows.Cols, Len: s.rows.Len, Sel: s.sorted[s.at:to]})
	}
	s.at = to
	return s.out, nil
}

// sortRows makes sorted the order of the rows in memory.
func (s *Sorter) sortRows() {
	n := s.rows.Len
	s.items = s.items[:0]
	for i := range n {
		s.items = append(s.items, item{row: int32(i)})
	}
	if cap(s.tmp) < n {
		s.tmp = make([]item, n)
	}
	for k := range s.keys {
		s.keys[k].prefix, s.keys[k].exact = prefixer(&s.keys[k], s.rows.Cols[s.keys[k].Col])
	}
	if len(s.keys) > 0 && n <= quicksortRowsMax {
		s.quicksort()
	} else {
		s.sortItems(s.items, s.keys)
	}
	s.sorted = s.sorted[:0]
	for _, it := range s.items {
		s.sorted = append(s.sorted, it.row)
	}
}

// quicksort sorts all rows by comparing their prefixes, then their keys.
func (s *Sorter) quicksort() {
	k := &s.keys[0]
	v := s.rows.Cols[k.Col]
	k.prefix(v, s.items)
	sign := 1
	if k.Desc {
		sign = -1
	}
	rest := s.keys
	if k.exact {
		rest = s.keys[1:]
	}
	nulls := v.Nulls.Any()
	quicksort(s.items, func(a, b item) int {
		if nulls && (v.Nulls.Has(int(a.row)) || v.Nulls.Has(int(b.row))) {
			return Compare(s.keys, s.rows, int(a.row), s.rows, int(b.row))
		}
		if a.prefix != b.prefix {
			return sign * cmp.Compare(a.prefix, b.prefix)
		}
		return Compare(rest, s.rows, int(a.row), s.rows, int(b.row))
	})
}

// prefixRowsMin is the number of rows from which prefixes pay.
const prefixRowsMin = 8

// sortItems sorts rows, which come in the order of their arrival, by keys: by the prefixes of the first key, then each run of equal ones
// by the other keys.
func (s *Sorter) sortItems(items []item, keys []Key) {
	if len(keys) == 0 || len(items) < 2 {
		return
	}
	if len(items) < prefixRowsMin {
		s.sortRun(items, keys)
		return
	}
	k := &keys[0]
	nulls := s.splitNulls(items, k)
	if k.NullsFirst {
		s.sortItems(items[:nulls], keys[1:])
		items = items[nulls:]
	} else {
		s.sortItems(items[len(items)-nulls:], keys[1:])
		items = items[:len(items)-nulls]
	}
	v := s.rows.Cols[k.Col]
	k.prefix(v, items)
	if k.Desc {
		for i := range items {
			items[i].prefix = ^items[i].prefix
		}
	}
	sortPrefixes(items, s.tmp[:len(items)])
	s.sortTies(items, keys)
}

// splitNulls moves the rows whose key is NULL to their end of items and returns how many there are.
func (s *Sorter) splitNulls(items []item, k *Key) int {
	v := s.rows.Cols[k.Col]
	if !v.Nulls.Any() {
		return 0
	}
	some, nulls := 0, 0
	for _, it := range items {
		if v.Nulls.Has(int(it.row)) {
			s.tmp[nulls] = it
			nulls++
		} else {
			items[some] = it
			some++
		}
	}
	if k.NullsFirst {
		copy(items[nulls:], items[:some])
		copy(items, s.tmp[:nulls])
	} else {
		copy(items[some:], s.tmp[:nulls])
	}
	return nulls
}

// sortTies orders the rows of each run of equal prefixes.
func (s *Sorter) sortTies(items []item, keys []Key) {
	if keys[0].exact && len(keys) == 1 {
		return
	}
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to].prefix == items[from].prefix {
			to++
		}
		if keys[0].exact {
			s.sortItems(items[from:to], keys[1:])
		} else {
			s.sortRun(items[from:to], keys)
		}
		from = to
	}
}

// sortRun sorts rows by comparing them.
func (s *Sorter) sortRun(items []item, keys []Key) {
	slices.SortFunc(items, func(a, b item) int {
		if c := Compare(keys, s.rows, int(a.row), s.rows, int(b.row)); c != 0 {
			return c
		}
		return cmp.Compare(a.row, b.row)
	})
}
