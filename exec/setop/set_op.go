package setop

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// SetOp is INTERSECT or EXCEPT.
type SetOp struct {
	ctx         *exec.Ctx
	node        *plan.SetOp
	left, right exec.Operator
	table       *exec.KeyTable
	// Per distinct row: how often the right side has it, less what left rows used up, and whether a left row was output.
	counts []int64
	output []bool
	usage  exec.Usage
	kinds  []types.Kind

	built bool
	src   func(context.Context) (*vec.Batch, error)
	// While spreading: both sides' files by partition. queue are those to be read.
	files [exec.PartitionFiles]filePair
	queue []filePair
	cur   filePair
	onto  bool
	ids   []int32
	sel   []int32
	sels  [exec.PartitionFiles][]int32
	out   vec.Batch
}

type filePair struct {
	left, right *exec.SpillFile
	level       int
}

func (p filePair) close() {
	p.left.Close()
	p.right.Close()
}

// NewSetOp is the operator of n.
func NewSetOp(ctx *exec.Ctx, n *plan.SetOp, left, right exec.Operator) *SetOp {
	ts := n.Types()
	return &SetOp{ctx: ctx, node: n, left: left, right: right, table: exec.NewKeyTable(ts), kinds: vec.Kinds(ts)}
}

// Open implements exec.Operator.
func (s *SetOp) Open(ctx context.Context) error {
	s.drop()
	s.usage.Init(s.ctx)
	s.built, s.src = false, s.left.Next
	if err := s.right.Open(ctx); err != nil {
		return err
	}
	return s.left.Open(ctx)
}

func (s *SetOp) drop() {
	for i := range s.files {
		s.files[i].close()
		s.files[i] = filePair{}
	}
	for _, p := range s.queue {
		p.close()
	}
	s.cur.close()
	s.cur, s.queue, s.onto = filePair{}, nil, false
	s.reset()
}

func (s *SetOp) reset() {
	s.table.Reset()
	s.counts, s.output = s.counts[:0], s.output[:0]
	s.usage.Release()
}

// Next implements exec.Operator.
func (s *SetOp) Next(ctx context.Context) (*vec.Batch, error) {
	if !s.built {
		if err := s.load(ctx, s.right.Next, 0); err != nil {
			return nil, err
		}
		s.built = true
		if s.onto {
			if err := s.spreadLeft(ctx, 0); err != nil {
				return nil, err
			}
			s.src = nothing
		}
	}
	for {
		b, err := s.src(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Rows() == 0 {
			more, err := s.nextPart(ctx)
			if err != nil || !more {
				return nil, err
			}
			continue
		}
		if err := s.pass(b); err != nil {
			return nil, err
		}
		if len(s.sel) > 0 {
			s.out = vec.Batch{Cols: b.Cols, Len: b.Len, Sel: s.sel}
			return &s.out, nil
		}
	}
}

func nothing(context.Context) (*vec.Batch, error) { return nil, nil }

// load counts the rows of the right side.
func (s *SetOp) load(ctx context.Context, src func(context.Context) (*vec.Batch, error), level int) error {
	for {
		b, err := src(ctx)
		if err != nil || b == nil || b.Rows() == 0 {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		hashes := s.table.Hashes(b.Cols, b.Sel, b.Len)
		if s.onto {
			if err := s.spread(b, hashes, level, false); err != nil {
				return err
			}
			continue
		}
		s.ids = s.table.AssignHashed(b.Cols, b.Sel, b.Len, hashes, s.ids[:0])
		s.grow()
		for _, id := range s.ids {
			s.counts[id]++
		}
		if err := s.usage.Set(s.table.Bytes() + int64(len(s.counts))*9); err != nil {
			return err
		}
		if s.usage.Bytes() > s.ctx.HashMem() && level < exec.PartitionDepth && s.table.Len() > 1 {
			if err := s.overflow(level); err != nil {
				return err
			}
		}
	}
}

func (s *SetOp) grow() {
	for len(s.counts) < s.table.Len() {
		s.counts, s.output = append(s.counts, 0), append(s.output, false)
	}
}

// overflow moves what was counted to files: each row as often as it was met.
func (s *SetOp) overflow(level int) error {
	s.onto = true
	keys := s.table.Keys()
	again := []int32{}
	b := vec.NewBatch(s.kinds, 0)
	for id, n := range s.counts {
		if !s.node.All {
			n = 1
		}
		for ; n > 0; n-- {
			again = append(again, int32(id))
			if len(again) == vec.BatchRows {
				if err := s.respread(keys, again, b, level); err != nil {
					return err
				}
				again = again[:0]
			}
		}
	}
	if err := s.respread(keys, again, b, level); err != nil {
		return err
	}
	s.reset()
	return nil
}

func (s *SetOp) respread(keys *vec.Batch, rows []int32, b *vec.Batch, level int) error {
	b.Reset()
	b.AppendBatch(&vec.Batch{Cols: keys.Cols, Len: keys.Len, Sel: rows})
	return s.spread(b, s.table.Hashes(b.Cols, nil, b.Len), level, false)
}

// spread adds the rows of b to the files of one side.
func (s *SetOp) spread(b *vec.Batch, hashes []uint64, level int, left bool) error {
	for i := range s.sels {
		s.sels[i] = s.sels[i][:0]
	}
	for k, h := range hashes {
		x := exec.PartitionOf(h, level)
		s.sels[x] = append(s.sels[x], int32(b.Row(k)))
	}
	for x, sel := range s.sels {
		if len(sel) == 0 {
			continue
		}
		f := &s.files[x].right
		if left {
			f = &s.files[x].left
		}
		if *f == nil {
			*f = exec.NewSpillFile(s.ctx, s.kinds)
		}
		if err := (*f).AppendSel(b, sel); err != nil {
			return err
		}
	}
	return nil
}

func (s *SetOp) spreadLeft(ctx context.Context, level int) error {
	for {
		b, err := s.src(ctx)
		if err != nil {
			return err
		}
		if b == nil || b.Rows() == 0 {
			break
		}
		if err := s.spread(b, s.table.Hashes(b.Cols, b.Sel, b.Len), level, true); err != nil {
			return err
		}
	}
	s.onto = false
	for i, p := range s.files {
		p.level = level + 1
		if p.left != nil {
			s.queue = append(s.queue, p)
		} else {
			p.close()
		}
		s.files[i] = filePair{}
	}
	return nil
}

// nextPart makes the next partition the input.
func (s *SetOp) nextPart(ctx context.Context) (bool, error) {
	for {
		s.cur.close()
		s.cur = filePair{}
		s.reset()
		if len(s.queue) == 0 {
			return false, nil
		}
		s.cur = s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		right := s.source(s.cur.right)
		s.src = s.source(s.cur.left)
		if err := s.load(ctx, right, s.cur.level); err != nil {
			return false, err
		}
		if !s.onto {
			return true, nil
		}
		if err := s.spreadLeft(ctx, s.cur.level); err != nil {
			return false, err
		}
	}
}

func (s *SetOp) source(f *exec.SpillFile) func(context.Context) (*vec.Batch, error) {
	if f == nil {
		return nothing
	}
	r := f.Reader(0, f.Size())
	b := vec.NewBatch(s.kinds, 0)
	return func(ctx context.Context) (*vec.Batch, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ok, err := r.Next(b)
		if err != nil || !ok {
			return nil, err
		}
		return b, nil
	}
}

// pass fills sel with the left rows of b that are output.
func (s *SetOp) pass(b *vec.Batch) error {
	s.sel = s.sel[:0]
	except := s.node.Kind == logical.Except
	if except {
		s.ids = s.table.Assign(b.Cols, b.Sel, b.Len, s.ids[:0])
		s.grow()
	} else {
		s.ids = s.table.Find(b.Cols, b.Sel, b.Len, s.ids[:0])
	}
	for k, id := range s.ids {
		if id >= 0 && s.passes(id, except) {
			s.sel = append(s.sel, int32(b.Row(k)))
		}
	}
	return s.usage.Set(s.table.Bytes() + int64(len(s.counts))*9)
}

func (s *SetOp) passes(id int32, except bool) bool {
	switch {
	case s.node.All && except:
		if s.counts[id] > 0 {
			s.counts[id]--
			return false
		}
		return true
	case s.node.All:
		s.counts[id]--
		return s.counts[id] >= 0
	}
	ok := !s.output[id] && (s.counts[id] == 0) == except
	s.output[id] = s.output[id] || ok
	return ok
}

// Close implements exec.Operator.
func (s *SetOp) Close() error {
	s.drop()
	return closeAll([]exec.Operator{s.left, s.right})
}
