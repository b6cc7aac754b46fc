package scan

import (
	"context"
	"fmt"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// IndexScan reads ranges or points of the primary or a secondary index.
type IndexScan struct {
	output
	node   *plan.IndexScan
	ranges []keyRange
	array  exec.Scalar
	fetch  Fetcher

	keys  keySet
	ahead readAhead
	at    int // next point or range
	skip  skipper
}

// NewIndexScan is the operator of n.
func NewIndexScan(ctx *exec.Ctx, n *plan.IndexScan) (*IndexScan, error) {
	out, err := newOutput(ctx, n.ID, n.Types(), n.Filter)
	if err != nil {
		return nil, err
	}
	s := &IndexScan{output: out, node: n}
	if s.ranges, err = newKeyRanges(n.Ranges); err != nil {
		return nil, err
	}
	if n.InArray != nil {
		if s.array, err = exec.NewScalar(n.InArray); err != nil {
			return nil, err
		}
	}
	s.ahead.init(ctx)
	return s, s.fetch.Init(ctx, n)
}

// Open implements exec.Operator.
func (s *IndexScan) Open(ctx context.Context) error {
	s.ahead.stop()
	s.start()
	s.countScan(s.node.Index.OID)
	s.keys.reset()
	s.at = 0
	s.skip.done = true
	for i := range s.ranges {
		some, err := s.ranges[i].constraint(s.ctx.Expr)
		if err != nil {
			return err
		}
		if !some {
			continue
		}
		if s.node.Skip {
			s.skip.start(&s.fetch, &s.ranges[i].c)
			return nil
		}
		if s.node.InArray != nil {
			err = s.addArray(&s.ranges[i])
		} else {
			err = s.add(&s.ranges[i].c)
		}
		if err != nil {
			return err
		}
	}
	s.keys.sort(s.node.Reverse)
	return nil
}

// add adds the keys that a constraint allows.
func (s *IndexScan) add(c *rowenc.Constraint) error {
	if s.fetch.index.Point(c) {
		s.fetch.index.PointKey(&s.keys.points, c.Eq)
		return nil
	}
	r, empty := s.fetch.index.Span(c)
	if !empty {
		s.keys.ranges = append(s.keys.ranges, r)
	}
	return nil
}

// addArray adds, for every element of the array, the keys with that value behind the equalities of r.
func (s *IndexScan) addArray(r *keyRange) error {
	d, err := s.array.Value(s.ctx.Expr)
	if err != nil || d.IsNull() {
		return err
	}
	a := d.Array()
	if a == nil {
		return pgerr.New(pgerr.InternalError, "index scan by something that is not an array")
	}
	n := len(r.c.Eq)
	for _, e := range a.Elems {
		if e.IsNull() {
			continue
		}
		c := r.c
		c.Eq = append(r.c.Eq[:n:n], e)
		if c.NullEq != nil {
			c.NullEq = append(c.NullEq[:n:n], false)
		}
		if err := s.add(&c); err != nil {
			return err
		}
	}
	return nil
}

// Next implements exec.Operator.
func (s *IndexScan) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if err := s.ready(ctx); err != nil {
			return nil, err
		}
		s.batch.Reset()
		more, err := s.read(ctx)
		if err != nil || !more {
			return nil, err
		}
		if s.scans != nil {
			s.scans.Returned += int64(s.batch.Len)
			if !s.node.IndexOnly {
				s.scans.Fetched += int64(s.batch.Len)
			}
		}
		if b, err := s.finish(s.batch); err != nil || b != nil {
			return b, err
		}
	}
}

// read fills the batch with the next rows, perhaps none; false at the end.
func (s *IndexScan) read(ctx context.Context) (bool, error) {
	// Points and ranges never occur together unless ranges have different shapes; points come first then.
	if s.at < len(s.keys.points.B) {
		to := min(s.at+s.rows(), len(s.keys.points.B))
		keys := s.keys.points.B[s.at:to]
		s.at = to
		return true, s.fetch.Points(ctx, keys, s.batch)
	}
	for {
		if !s.ahead.open() {
			r, ok, err := s.nextRange(ctx)
			if err != nil || !ok {
				return false, err
			}
			it, err := s.fetch.Scan(ctx, r, s.node.Reverse, s.hint)
			if err != nil {
				return false, err
			}
			s.ahead.start(it)
		}
		e, err := s.ahead.next(ctx, s.rows())
		if err != nil {
			return false, err
		}
		if e.Len() > 0 {
			return true, s.fetch.Rows(ctx, e, s.batch)
		}
		s.ahead.stop()
	}
}

// nextRange is the next range of keys to read.
func (s *IndexScan) nextRange(ctx context.Context) (r kv.Range, ok bool, err error) {
	if s.node.Skip {
		return s.skip.next(ctx)
	}
	i := s.at - len(s.keys.points.B)
	if i >= len(s.keys.ranges) {
		return r, false, nil
	}
	s.at++
	return s.keys.ranges[i], true, nil
}

// Close implements exec.Operator.
func (s *IndexScan) Close() error {
	s.ahead.stop()
	return nil
}

// Fetcher turns keys and entries of an index into rows: what IndexScan and LookupJoin share.
type Fetcher struct {
	ctx     *exec.Ctx
	node    *plan.IndexScan
	table   *rowenc.Table
	index   *rowenc.Index
	decoder *rowenc.Decoder // of the rows wanted, from rows or, if direct, from entries
	direct  bool            // entries hold all that is wanted (or are the rows)
	ids     *rowenc.Decoder // of row ids, from entries
	entries kv.Entries
	values  kv.Values
	rows    kv.Values
	idCol   [1]*vec.Vector
	rowKeys rowenc.Buffer
	k, v    [][]byte
}

// Init prepares the fetcher for n's index and columns.
func (f *Fetcher) Init(ctx *exec.Ctx, n *plan.IndexScan) error {
	f.ctx, f.node = ctx, n
	var err error
	if f.table, err = rowenc.NewTable(n.Table); err != nil {
		return err
	}
	f.index = f.table.Primary
	if n.Index.ID != n.Table.Primary.ID {
		f.index = f.table.Index(n.Index.ID)
	}
	if f.index == nil {
		return pgerr.New(pgerr.InternalError, "index %q is not an index of table %q", n.Index.Name, n.Table.Name)
	}
	f.direct = f.index == f.table.Primary || n.IndexOnly
	if f.direct {
		f.decoder, err = f.table.NewDecoder(f.index, n.Cols)
		return err
	}
	if f.decoder, err = f.table.NewRowDecoder(n.Cols); err != nil {
		return err
	}
	f.idCol[0] = vec.New(types.KindStr, 0)
	f.ids, err = f.table.NewDecoder(f.index, []int{-1})
	return err
}

// Index is the layout of the index.
func (f *Fetcher) Index() *rowenc.Index { return f.index }

// Points appends to b the rows for keys of the index, in order; a key without entry gives no row.
func (f *Fetcher) Points(ctx context.Context, keys [][]byte, b *vec.Batch) error {
	f.values.Reset()
	if err := f.ctx.Txn.Get(ctx, keys, &f.values); err != nil {
		return err
	}
	k, v := f.present(keys, f.values.V)
	if f.direct {
		return f.decode(k, v, b)
	}
	return f.fetchRows(ctx, k, v, b)
}

// PointsFound is Points that also appends to found which of the keys gave a row, in order.
func (f *Fetcher) PointsFound(ctx context.Context, keys [][]byte, b *vec.Batch, found []int32) ([]int32, error) {
	f.values.Reset()
	if err := f.ctx.Txn.Get(ctx, keys, &f.values); err != nil {
		return found, err
	}
	for i, v := range f.values.V {
		if v != nil {
			found = append(found, int32(i))
		}
	}
	k, v := f.present(keys, f.values.V)
	before := b.Len
	var err error
	if f.direct {
		err = f.decode(k, v, b)
	} else {
		err = f.fetchRows(ctx, k, v, b)
	}
	if err == nil && b.Len-before != len(found) {
		err = fmt.Errorf("index %q points to rows that do not exist: %w", f.node.Index.Name, kv.ErrCorrupt)
	}
	return found, err
}

// present are the keys whose value is not missing, and these values.
func (f *Fetcher) present(keys, values [][]byte) (k, v [][]byte) {
	missing := false
	for _, x := range values {
		if x == nil {
			missing = true
			break
		}
	}
	if !missing {
		return keys, values
	}
	f.k, f.v = f.k[:0], f.v[:0]
	for i, x := range values {
		if x != nil {
			f.k, f.v = append(f.k, keys[i]), append(f.v, x)
		}
	}
	return f.k, f.v
}

func (f *Fetcher) decode(k, v [][]byte, b *vec.Batch) error {
	if len(k) == 0 {
		return nil
	}
	b.Len += len(k)
	return f.decoder.Decode(k, v, b.Cols)
}

// fetchRows appends the rows that entries of a secondary index point to, with one Get.
func (f *Fetcher) fetchRows(ctx context.Context, k, v [][]byte, b *vec.Batch) error {
	if len(k) == 0 {
		return nil
	}
	f.idCol[0].Resize(0)
	if err := f.ids.Decode(k, v, f.idCol[:]); err != nil {
		return err
	}
	f.rowKeys.Reset()
	for _, id := range f.idCol[0].Str {
		f.rowKeys.AppendKey(f.table.Primary.Prefix, id)
	}
	f.rows.Reset()
	if err := f.ctx.Txn.Get(ctx, f.rowKeys.B, &f.rows); err != nil {
		return err
	}
	if st := f.ctx.Node(f.node.ID); st != nil {
		st.HeapFetches += int64(len(k))
	}
	k, v = f.present(f.rowKeys.B, f.rows.V)
	return f.decode(k, v, b)
}

// Scan opens an iterator over a range of the index. hint is the number of rows wanted, 0 if unknown.
func (f *Fetcher) Scan(ctx context.Context, r kv.Range, reverse bool, hint int64) (kv.Iterator, error) {
	o := kv.ScanOptions{Reverse: reverse, Rows: int(min(hint, 1<<30))}
	if f.direct {
		o.KeysOnly = !f.decoder.NeedsValues()
	} else {
		o.KeysOnly = !f.ids.NeedsValues()
	}
	return f.ctx.Txn.Scan(ctx, r, o)
}

// Entries appends the rows of the next entries, at most max, and returns the number of entries: 0 at the end.
func (f *Fetcher) Entries(ctx context.Context, it kv.Iterator, max int, b *vec.Batch) (int, error) {
	if err := it.Next(ctx, &f.entries, max); err != nil {
		return 0, err
	}
	return f.entries.Len(), f.Rows(ctx, &f.entries, b)
}

// Rows appends the rows of entries.
func (f *Fetcher) Rows(ctx context.Context, e *kv.Entries, b *vec.Batch) error {
	if f.direct {
		return f.decode(e.K, e.V, b)
	}
	return f.fetchRows(ctx, e.K, e.V, b)
}
