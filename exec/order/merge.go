package order

import (
	"container/heap"
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/vec"
)

// mergeFanIn is the largest number of runs that are merged at once: each needs a block in memory.
const mergeFanIn = 64

// run is a sorted part of the file.
type run struct{ from, to int64 }

// spill sorts the rows in memory and writes them as a run.
func (s *Sorter) spill() error {
	if s.file == nil {
		s.file = exec.NewSpillFile(s.ctx, s.kinds)
	}
	s.sortRows()
	sel := s.sorted
	if s.topN {
		sel = sel[:min(int64(len(sel)), s.bound)]
	}
	from := s.file.Size()
	if err := s.file.AppendSel(s.rows, sel); err != nil {
		return err
	}
	s.runs = append(s.runs, run{from, s.file.Size()})
	s.rows.Reset()
	s.sorted = s.sorted[:0]
	return s.usage.Set(0)
}

// mergeRuns reduces the runs to at most mergeFanIn, and opens the last merge.
func (s *Sorter) mergeRuns(ctx context.Context) (*merger, error) {
	for len(s.runs) > mergeFanIn {
		next := []run{}
		f := exec.NewSpillFile(s.ctx, s.kinds)
		for from := 0; from < len(s.runs); from += mergeFanIn {
			r, err := s.mergeInto(ctx, f, s.runs[from:min(from+mergeFanIn, len(s.runs))])
			if err != nil {
				f.Close()
				return nil, err
			}
			next = append(next, r)
		}
		s.file.Close()
		s.file, s.runs = f, next
	}
	return newMerger(s, s.runs)
}

// mergeInto writes the merge of runs to f.
func (s *Sorter) mergeInto(ctx context.Context, f *exec.SpillFile, runs []run) (run, error) {
	from := f.Size()
	m, err := newMerger(s, runs)
	if err != nil {
		return run{}, err
	}
	for {
		if err := ctx.Err(); err != nil {
			return run{}, err
		}
		s.out.Reset()
		if err := m.next(s.out, vec.BatchRows); err != nil {
			return run{}, err
		}
		if s.out.Len == 0 {
			return run{from, f.Size()}, nil
		}
		if err := f.Append(s.out); err != nil {
			return run{}, err
		}
	}
}

// merger merges runs: a heap of their next rows. Equal rows come in the order of runs.
type merger struct {
	keys []Key
	ins  []*mergeInput
}

type mergeInput struct {
	r   *exec.SpillReader
	b   *vec.Batch
	at  int
	run int
}

func newMerger(s *Sorter, runs []run) (*merger, error) {
	m := &merger{keys: s.keys}
	for i, r := range runs {
		rd := s.file.Reader(r.from, r.to)
		in := &mergeInput{r: rd, b: vec.NewBatch(s.kinds, 0), run: i}
		ok, err := rd.Next(in.b)
		if err != nil {
			return nil, err
		}
		if ok {
			m.ins = append(m.ins, in)
		}
	}
	heap.Init(m)
	return m, nil
}

// Len, Less, Swap, Push and Pop implement heap.Interface.
func (m *merger) Len() int { return len(m.ins) }
func (m *merger) Less(i, j int) bool {
	a, b := m.ins[i], m.ins[j]
	c := Compare(m.keys, a.b, a.at, b.b, b.at)
	return c < 0 || c == 0 && a.run < b.run
}
func (m *merger) Swap(i, j int) { m.ins[i], m.ins[j] = m.ins[j], m.ins[i] }
func (m *merger) Push(x any)    { m.ins = append(m.ins, x.(*mergeInput)) }
func (m *merger) Pop() any {
	x := m.ins[len(m.ins)-1]
	m.ins = m.ins[:len(m.ins)-1]
	return x
}

// next appends up to max rows to out.
func (m *merger) next(out *vec.Batch, max int) error {
	for len(m.ins) > 0 && out.Len < max {
		in := m.ins[0]
		out.AppendFrom(in.b, in.at)
		in.at++
		if in.at == in.b.Len {
			ok, err := in.r.Next(in.b)
			if err != nil {
				return err
			}
			in.at = 0
			if !ok {
				heap.Pop(m)
				continue
			}
		}
		heap.Fix(m, 0)
	}
	return nil
}
