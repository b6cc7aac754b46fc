package scan

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// BitmapScan reads the rows that any of several index scans finds, each once: it collects their row ids, puts them in order, and
// fetches the rows in the order of the primary key.
type BitmapScan struct {
	output
	arms  []exec.Operator // of row ids
	fetch Fetcher
	used  exec.Usage
	// recheck is the condition that the scans stand for, nil if they find nothing else.
	recheck *expr.Prog
	passed  []int32

	ids  []string
	at   int
	keys rowenc.Buffer
}

// NewBitmapScan is the operator of n over the operators of its scans.
func NewBitmapScan(ctx *exec.Ctx, n *plan.BitmapScan, arms []exec.Operator) (*BitmapScan, error) {
	out, err := newOutput(ctx, n.ID, n.Types(), n.Filter)
	if err != nil {
		return nil, err
	}
	s := &BitmapScan{output: out, arms: arms}
	if n.Recheck {
		if s.recheck, err = expr.Compile(n.Cond); err != nil {
			return nil, err
		}
	}
	rows := &plan.IndexScan{Info: n.Info, Table: n.Table, Index: n.Table.Primary, Cols: n.Cols}
	return s, s.fetch.Init(ctx, rows)
}

// Open implements exec.Operator.
func (s *BitmapScan) Open(ctx context.Context) error {
	s.start()
	s.used.Init(s.ctx)
	s.ids, s.at = s.ids[:0], 0
	for _, arm := range s.arms {
		if err := s.collect(ctx, arm); err != nil {
			return err
		}
	}
	slices.Sort(s.ids)
	s.ids = slices.Compact(s.ids)
	return nil
}

// collect adds the row ids of one scan.
func (s *BitmapScan) collect(ctx context.Context, arm exec.Operator) error {
	const header = 16 // of a string
	if err := arm.Open(ctx); err != nil {
		return err
	}
	defer arm.Close()
	bytes := int64(0)
	for _, id := range s.ids {
		bytes += int64(len(id)) + header
	}
	for {
		b, err := arm.Next(ctx)
		if err != nil || b == nil || b.Len == 0 {
			return err
		}
		for i := range b.Rows() {
			id := b.Cols[0].Str[b.Row(i)]
			bytes += int64(len(id)) + header
			s.ids = append(s.ids, id)
		}
		if err := s.used.Set(bytes); err != nil {
			return err
		}
	}
}

// Next implements exec.Operator.
func (s *BitmapScan) Next(ctx context.Context) (*vec.Batch, error) {
	for s.at < len(s.ids) {
		if err := s.ready(ctx); err != nil {
			return nil, err
		}
		n := min(s.rows(), len(s.ids)-s.at)
		s.keys.Reset()
		for _, id := range s.ids[s.at : s.at+n] {
			s.keys.AppendKey(s.fetch.Index().Prefix, id)
		}
		s.at += n
		s.batch.Reset()
		if s.ctx.Scans != nil {
			s.ctx.Scans(s.fetch.node.Table.OID).Fetched += int64(n)
		}
		if err := s.fetch.Points(ctx, s.keys.B, s.batch); err != nil {
			return nil, err
		}
		if s.recheck != nil {
			if err := s.test(); err != nil {
				return nil, err
			}
		}
		if b, err := s.finish(s.batch); err != nil || b != nil {
			return b, err
		}
	}
	return nil, s.failed
}

// test leaves of the batch the rows that satisfy the condition.
func (s *BitmapScan) test() error {
	var err error
	s.batch.Sel = nil
	if s.passed, err = s.recheck.Filter(s.ctx.Expr, s.batch, s.passed[:0]); err != nil {
		return err
	}
	if st := s.ctx.Node(s.id); st != nil {
		st.Rechecked += int64(s.batch.Len - len(s.passed))
	}
	if len(s.passed) < s.batch.Len {
		s.batch.Sel = s.passed
		if s.passed == nil {
			s.batch.Sel = []int32{}
		}
	}
	return nil
}

// Close implements exec.Operator.
func (s *BitmapScan) Close() error {
	s.ids = nil
	s.used.Release()
	return nil
}
