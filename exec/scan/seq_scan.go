package scan

import (
	"context"
	"sync/atomic"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// SeqScan reads a whole table in the order of its primary key, or those parts of it that it takes from a Source.
type SeqScan struct {
	output
	node    *plan.SeqScan
	table   *rowenc.Table
	decoder *rowenc.Decoder
	stages  *stages // nil: decoder does all
	filters []keyFilter
	ahead   readAhead
	source  Source // nil: the whole table
}

// NewSeqScan is the operator of n.
func NewSeqScan(ctx *exec.Ctx, n *plan.SeqScan) (*SeqScan, error) {
	return NewSharedSeqScan(ctx, n, nil)
}

// NewSharedSeqScan is one of several operators of n that read the parts of the table that they take from src.
func NewSharedSeqScan(ctx *exec.Ctx, n *plan.SeqScan, src Source) (*SeqScan, error) {
	s := &SeqScan{node: n, source: src}
	var err error
	if s.table, err = rowenc.NewTable(n.Table); err != nil {
		return nil, err
	}
	if n.TotalCost >= stagesCost {
		if s.stages, err = newStages(s.table, n, nil); err != nil {
			return nil, err
		}
	}
	filter := n.Filter
	if s.stages != nil {
		filter = nil
	}
	if s.output, err = newOutput(ctx, n.ID, n.Types(), filter); err != nil {
		return nil, err
	}
	s.ahead.init(ctx)
	s.ahead.off = src != nil
	s.filtered = n.Filter != nil
	s.decoder, err = s.table.NewRowDecoder(n.Cols)
	return s, err
}

// stagesCost is what a scan must be expected to cost for its stages to be worth making.
const stagesCost = 100

// TakeKeyFilter implements exec.KeyFilterTaker.
func (s *SeqScan) TakeKeyFilter(col int, f *exec.KeyFilter) bool {
	if s.ctx.Stats != nil || s.node.TotalCost < stagesCost || s.node.Types()[col].Kind() != types.KindInt {
		return false
	}
	filters := append(s.filters, keyFilter{col, f})
	stages, err := newStages(s.table, s.node, filters)
	if err != nil || stages == nil {
		return false
	}
	s.stages, s.filters = stages, filters
	return true
}

// Open implements exec.Operator.
func (s *SeqScan) Open(ctx context.Context) error {
	s.ahead.stop()
	s.start()
	if s.source != nil {
		s.scans = s.source.counters()
		return nil
	}
	s.countScan(s.node.Table.OID)
	return s.scan(ctx, s.table.Range())
}

// scan begins to read a range.
func (s *SeqScan) scan(ctx context.Context, r kv.Range) error {
	o := kv.ScanOptions{Reverse: s.node.Reverse, KeysOnly: !s.decoder.NeedsValues()}
	if s.hint > 0 && !s.filtered {
		o.Rows = int(min(s.hint, 1<<30))
	}
	it, err := s.ctx.Txn.Scan(ctx, r, o)
	if err != nil {
		return err
	}
	s.ahead.start(it)
	return nil
}

// Next implements exec.Operator.
func (s *SeqScan) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if err := s.ready(ctx); err != nil {
			return nil, err
		}
		if !s.ahead.open() {
			if s.source == nil {
				return nil, nil
			}
			r, ok := s.source.take()
			if !ok {
				return nil, nil
			}
			if err := s.scan(ctx, r); err != nil {
				return nil, err
			}
		}
		e, err := s.ahead.next(ctx, s.rows())
		if err != nil {
			return nil, err
		}
		if e.Len() == 0 {
			s.ahead.stop()
			continue
		}
		if s.scans != nil {
			atomic.AddInt64(&s.scans.Returned, int64(e.Len())) // several may read the table at once
		}
		if b, err := s.decode(e); err != nil || b != nil {
			return b, err
		}
	}
}

// decode is the rows of entries that pass the filter, nil if none do.
func (s *SeqScan) decode(e *kv.Entries) (*vec.Batch, error) {
	if s.stages != nil {
		return s.stages.decode(e, &s.output)
	}
	s.batch.Reset()
	if err := s.decoder.Decode(e.K, e.V, s.batch.Cols); err != nil {
		return nil, err
	}
	s.batch.Len = e.Len()
	return s.finish(s.batch)
}

// Close implements exec.Operator.
func (s *SeqScan) Close() error {
	s.ahead.stop()
	return nil
}
