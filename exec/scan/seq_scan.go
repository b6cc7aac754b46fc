package scan

import (
	"context"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/vec"
)

// SeqScan reads a whole table in the order of its primary key.
type SeqScan struct {
	output
	node    *plan.SeqScan
	table   *rowenc.Table
	decoder *rowenc.Decoder
	ahead   readAhead
}

// NewSeqScan is the operator of n.
func NewSeqScan(ctx *exec.Ctx, n *plan.SeqScan) (*SeqScan, error) {
	out, err := newOutput(ctx, n.ID, n.Types(), n.Filter)
	if err != nil {
		return nil, err
	}
	s := &SeqScan{output: out, node: n}
	if s.table, err = rowenc.NewTable(n.Table); err != nil {
		return nil, err
	}
	s.ahead.init(ctx)
	s.decoder, err = s.table.NewRowDecoder(n.Cols)
	return s, err
}

// Open implements exec.Operator.
func (s *SeqScan) Open(ctx context.Context) error {
	s.ahead.stop()
	s.start()
	o := kv.ScanOptions{Reverse: s.node.Reverse, KeysOnly: !s.decoder.NeedsValues()}
	if s.hint > 0 && s.filter == nil {
		o.Rows = int(min(s.hint, 1<<30))
	}
	it, err := s.ctx.Txn.Scan(ctx, s.table.Range(), o)
	if err != nil {
		return err
	}
	s.ahead.start(it)
	return nil
}

// Next implements exec.Operator.
func (s *SeqScan) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !s.ahead.open() {
			return nil, nil
		}
		e, err := s.ahead.next(ctx, s.rows())
		if err != nil {
			return nil, err
		}
		if e.Len() == 0 {
			s.ahead.stop()
			return nil, nil
		}
		s.batch.Reset()
		if err := s.decoder.Decode(e.K, e.V, s.batch.Cols); err != nil {
			return nil, err
		}
		s.batch.Len = e.Len()
		if b, err := s.finish(s.batch); err != nil || b != nil {
			return b, err
		}
	}
}

// Close implements exec.Operator.
func (s *SeqScan) Close() error {
	s.ahead.stop()
	return nil
}
