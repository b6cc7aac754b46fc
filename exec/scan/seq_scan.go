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
	it      kv.Iterator
	entries kv.Entries
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
	s.decoder, err = s.table.NewRowDecoder(n.Cols)
	return s, err
}

// Open implements exec.Operator.
func (s *SeqScan) Open(ctx context.Context) error {
	s.stop()
	s.start()
	o := kv.ScanOptions{Reverse: s.node.Reverse, KeysOnly: !s.decoder.NeedsValues()}
	if s.hint > 0 && s.filter == nil {
		o.Rows = int(min(s.hint, 1<<30))
	}
	it, err := s.ctx.Txn.Scan(ctx, s.table.Range(), o)
	s.it = it
	return err
}

// Next implements exec.Operator.
func (s *SeqScan) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.it == nil {
			return nil, nil
		}
		if err := s.it.Next(ctx, &s.entries, s.rows()); err != nil {
			return nil, err
		}
		if s.entries.Len() == 0 {
			s.stop()
			return nil, nil
		}
		s.batch.Reset()
		if err := s.decoder.Decode(s.entries.K, s.entries.V, s.batch.Cols); err != nil {
			return nil, err
		}
		s.batch.Len = s.entries.Len()
		if b, err := s.finish(s.batch); err != nil || b != nil {
			return b, err
		}
	}
}

func (s *SeqScan) stop() {
	if s.it != nil {
		s.it.Close()
		s.it = nil
	}
}

// Close implements exec.Operator.
func (s *SeqScan) Close() error {
	s.stop()
	return nil
}
