package stats

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

const (
	// DefaultTarget is how many common values and histogram buckets a column gets at most: default_statistics_target.
	DefaultTarget = 100
	// rowsPerTarget times the target is the size of the sample, as in PostgreSQL.
	rowsPerTarget = 300
	scanRows      = 1024
	widthMax      = 1024 // longer values count for the number of distinct values only
)

// Collect reads a table through txn and computes its figures: the number of rows, NULLs and distinct values from all rows, common values, the
// histogram and the correlation from a random sample.
func Collect(ctx context.Context, txn kv.Txn, t *catalog.Table, target int, scanned func(rows int)) (*Table, error) {
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return nil, err
	}
	c := newCollector(t, target)
	dec, err := rt.NewRowDecoder(c.ordinals)
	if err != nil {
		return nil, err
	}
	it, err := txn.Scan(ctx, rt.Range(), kv.ScanOptions{KeysOnly: !dec.NeedsValues()})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var e kv.Entries
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := it.Next(ctx, &e, scanRows); err != nil {
			return nil, err
		}
		if e.Len() == 0 {
			return c.table(), nil
		}
		c.batch.Reset()
		if err := dec.Decode(e.K, e.V, c.batch.Cols); err != nil {
			return nil, err
		}
		c.batch.Len = e.Len()
		c.add()
		if scanned != nil {
			scanned(e.Len())
		}
	}
}

// collector is the state of one pass over a table.
type collector struct {
	desc     *catalog.Table
	target   int
	ordinals []int
	cols     []columnCounts
	batch    *vec.Batch
	rows     int64

	sample []sampled
	rng    *rand.Rand
	w      float64 // Vitter's algorithm L: how likely a row is still taken,
	skip   int64   // and how many rows are passed over before the next one
}

// sampled is a row of the sample.
type sampled struct {
	at     int64 // its number in the table
	values []types.Datum
}

type columnCounts struct {
	t      types.T
	id     catalog.ColumnID
	nulls  int64
	bytes  int64
	sketch *sketch
}

func newCollector(t *catalog.Table, target int) *collector {
	c := &collector{desc: t, target: max(1, target), rng: rand.New(rand.NewPCG(t.Storage, 1)), w: 1}
	var ts []types.T
	for i, col := range t.Columns {
		if col.Type.Kind() == types.KindRef {
			continue
		}
		c.ordinals = append(c.ordinals, i)
		c.cols = append(c.cols, columnCounts{t: col.Type, id: col.ID, sketch: newSketch()})
		ts = append(ts, col.Type)
	}
	c.batch = vec.NewBatch(vec.Kinds(ts), 0)
	return c
}

func (c *collector) add() {
	for i := range c.cols {
		c.cols[i].add(c.batch.Cols[i], c.batch.Len)
	}
	size := c.target * rowsPerTarget
	for i := range c.batch.Len {
		at := c.rows + int64(i)
		switch {
		case len(c.sample) < size:
			c.sample = append(c.sample, sampled{at, make([]types.Datum, len(c.cols))})
			c.take(len(c.sample)-1, i, at)
			if len(c.sample) == size {
				c.next()
			}
		case c.skip > 0:
			c.skip--
		default:
			c.take(c.rng.IntN(size), i, at)
			c.next()
		}
	}
	c.rows += int64(c.batch.Len)
}

// next draws how many rows are passed over.
func (c *collector) next() {
	c.w *= math.Exp(math.Log(1-c.rng.Float64()) / float64(len(c.sample)))
	c.skip = int64(min(math.Floor(math.Log(1-c.rng.Float64())/math.Log(1-c.w)), 1e15))
}

// take puts row i of the batch into place k of the sample.
func (c *collector) take(k, i int, at int64) {
	s := &c.sample[k]
	s.at = at
	for n, v := range c.batch.Cols {
		d := v.Datum(i)
		if d.Kind() == types.KindStr {
			d = types.NewStr(strings.Clone(d.Str()))
		}
		s.values[n] = d
	}
}

func (c *columnCounts) add(v *vec.Vector, n int) {
	if v.Nulls.Any() {
		c.nulls += int64(v.Nulls.Count())
	}
	nulls := v.Nulls.Any()
	switch v.Kind {
	case types.KindInt:
		for i, x := range v.Int[:n] {
			if !nulls || !v.Nulls.Has(i) {
				c.sketch.add(types.HashInt(x))
			}
		}
	case types.KindStr:
		blank := types.IsBlankPadded(c.t.OID)
		for i, s := range v.Str[:n] {
			if nulls && v.Nulls.Has(i) {
				continue
			}
			c.bytes += int64(len(s))
			if blank {
				s = types.TrimBlanks(s)
			}
			c.sketch.add(types.HashString(s))
		}
	default:
		for i := range n {
			if !v.Nulls.Has(i) {
				c.sketch.add(types.Hash(c.t.OID, v.Datum(i)))
			}
		}
	}
}

// table is the result.
func (c *collector) table() *Table {
	t := &Table{Rows: float64(c.rows), Columns: map[catalog.ColumnID]*Column{}, Analyzed: true, Storage: c.desc.Storage}
	if c.rows == 0 {
		return t
	}
	for i := range c.cols {
		t.Columns[c.cols[i].id] = c.column(i)
	}
	return t
}

// placed is a value of the sample with the number of its row.
type placed struct {
	d  types.Datum
	at int64
}

func (c *collector) column(i int) *Column {
	cc := &c.cols[i]
	rows := float64(c.rows)
	col := &Column{NullFrac: float64(cc.nulls) / rows, Width: cc.width(c.rows)}
	var values []placed
	for _, s := range c.sample {
		d := s.values[i]
		if d.IsNull() || d.Kind() == types.KindStr && len(d.Str()) > widthMax {
			continue
		}
		values = append(values, placed{d, s.at})
	}
	slices.SortStableFunc(values, func(a, b placed) int { return types.Compare(cc.t.OID, a.d, b.d) })
	present := rows - float64(cc.nulls)
	distinct := min(math.Round(cc.sketch.count()), present)
	runs := runsOf(cc.t.OID, values)
	if int64(len(c.sample)) == c.rows && len(values) == int(present) {
		distinct = float64(len(runs)) // all values were seen
	} else if len(runs) == len(values) && distinct > 0.9*present {
		distinct = present
	}
	switch {
	case present == 0:
	case distinct > 0.1*rows:
		col.Distinct = -distinct / rows
	default:
		col.Distinct = max(distinct, 1)
	}
	c.describe(col, runs, values, distinct, present)
	col.Correlation = correlation(values)
	return col
}

func (c *columnCounts) width(rows int64) int {
	if c.t.Kind() == types.KindStr {
		return int((c.bytes+rows-1)/rows) + 1
	}
	if ti, ok := types.Info(c.t.OID); ok && ti.Len > 0 {
		return int(ti.Len)
	}
	return 8
}

// run is equal values in a sorted sample: from ≤ i < to.
type run struct{ from, to int }

func runsOf(oid types.OID, values []placed) []run {
	var runs []run
	for i := 0; i < len(values); {
		j := i + 1
		for j < len(values) && types.Equal(oid, values[i].d, values[j].d) {
			j++
		}
		runs = append(runs, run{i, j})
		i = j
	}
	return runs
}

// describe chooses the common values and makes a histogram of the others.
func (c *collector) describe(col *Column, runs []run, values []placed, distinct, present float64) {
	if len(values) == 0 {
		return
	}
	common := slices.Clone(runs)
	slices.SortStableFunc(common, func(a, b run) int { return (b.to - b.from) - (a.to - a.from) })
	all := len(runs) <= c.target && distinct <= float64(len(runs)) // the list is complete
	least := 2.0
	if !all { // clearly more frequent than the average
		least = max(2, 1.25*float64(len(values))/max(distinct, 1))
	}
	n := 0
	for n < len(common) && n < c.target && (all || float64(common[n].to-common[n].from) >= least) {
		n++
	}
	share := present / float64(c.rows) / float64(len(values))
	skip := map[int]bool{}
	for _, r := range common[:n] {
		col.Common = append(col.Common, values[r.from].d)
		col.Freqs = append(col.Freqs, float64(r.to-r.from)*share)
		skip[r.from] = true
	}
	var rest []types.Datum
	kinds := 0
	for _, r := range runs {
		if skip[r.from] {
			continue
		}
		kinds++
		for _, v := range values[r.from:r.to] {
			rest = append(rest, v.d)
		}
	}
	if kinds < 2 {
		return
	}
	buckets := min(c.target, len(rest)-1)
	for b := range buckets + 1 {
		col.Bounds = append(col.Bounds, rest[b*(len(rest)-1)/buckets])
	}
}

// correlation is how the order of the values, which are sorted, goes with that of their rows.
func correlation(values []placed) float64 {
	n := float64(len(values))
	if n < 2 {
		return 0
	}
	rank := make([]int, len(values))
	for i := range rank {
		rank[i] = i
	}
	slices.SortFunc(rank, func(a, b int) int { return int(values[a].at - values[b].at) })
	xy := 0.0
	for place, i := range rank {
		xy += float64(place) * float64(i)
	}
	sum := n * (n - 1) / 2
	squares := (n - 1) * n * (2*n - 1) / 6
	return (n*xy - sum*sum) / (n*squares - sum*sum)
}
