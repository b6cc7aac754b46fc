package scan

import (
	"bytes"
	"context"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/keyenc"
)

// skipper goes through the values of an index's first column, of which there are few, and gives for each the range that a
// constraint on the next columns allows: one look into the index for a value instead of all its entries.
type skipper struct {
	fetch *Fetcher
	c     *rowenc.Constraint
	from  []byte // where to look for the next value
	done  bool
	entry kv.Entries
}

func (s *skipper) start(f *Fetcher, c *rowenc.Constraint) {
	s.fetch, s.c, s.done = f, c, false
	s.from = append(s.from[:0], f.index.Prefix...)
}

// next is the range of the next value whose range is not empty.
func (s *skipper) next(ctx context.Context) (r kv.Range, ok bool, err error) {
	for !s.done {
		if err := ctx.Err(); err != nil {
			return r, false, err
		}
		key, err := s.seek(ctx)
		if err != nil || key == nil {
			s.done = true
			return r, false, err
		}
		first, err := s.fetch.index.First(key)
		if err != nil {
			return r, false, err
		}
		first = bytes.Clone(first)
		if s.from = keyenc.PrefixEnd(first); s.from == nil {
			s.done = true
		}
		if r, empty := s.fetch.index.SpanUnder(first, s.c); !empty {
			return r, true, nil
		}
	}
	return r, false, nil
}

// seek is the first key at or after s.from, nil if there is none.
func (s *skipper) seek(ctx context.Context) ([]byte, error) {
	it, err := s.fetch.ctx.Txn.Scan(ctx, kv.Range{Start: s.from, End: s.fetch.index.Range().End}, kv.ScanOptions{KeysOnly: true, Rows: 1})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	if err := it.Next(ctx, &s.entry, 1); err != nil || s.entry.Len() == 0 {
		return nil, err
	}
	return s.entry.K[0], nil
}
