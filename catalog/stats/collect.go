package stats

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
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

// Options are what Collect depends on beside the table.
type Options struct {
	// Target is default_statistics_target.
	Target int
	// Exprs computes the expressions of t.Statistics; nil: the objects with expressions get no figures.
	Exprs Values
	// Scanned, if set, is told of rows that were read.
	Scanned func(rows int)
	// Columns, if not nil, are the columns to look at; the others keep the figures that they have in Old.
	Columns map[catalog.ColumnID]bool
	Old     *Table
	// Heirs are the tables whose rows are the table's too: those that inherit from it, or hold the rows of its partitions.
	Heirs []*catalog.Table
	// Failed, if set, is told of statistics objects that could not be computed, for want of figures of their columns.
	Failed func(s *catalog.Statistics)
}

// Collect reads a table through txn and computes its figures: the number of rows, NULLs and distinct values from all rows, common values, the
// histogram, the correlation and the figures of statistics objects from a random sample. Those of the table with its heirs are Inherited; a
// partitioned table has no others.
func Collect(ctx context.Context, txn kv.Txn, t *catalog.Table, o Options) (*Table, error) {
	out := &Table{Analyzed: true, Storage: t.Storage}
	all := o
	if o.Old != nil {
		all.Old = o.Old.Inherited
	}
	if t.Key == nil {
		c := newCollector(t, o)
		if err := c.read(ctx, txn, t); err != nil {
			return nil, err
		}
		out = c.table()
	}
	if len(o.Heirs) == 0 {
		out.Inherited = all.Old // of heirs that are gone, as PostgreSQL keeps them
		return out, nil
	}
	if t.Key == nil {
		all.Failed = nil // told already
	}
	c := newCollector(t, all)
	tables := o.Heirs
	if t.Key == nil {
		tables = append([]*catalog.Table{t}, tables...)
	}
	for _, from := range tables {
		if err := c.read(ctx, txn, from); err != nil {
			return nil, err
		}
	}
	out.Inherited = c.table()
	if t.Key != nil {
		out.Rows = out.Inherited.Rows
	}
	return out, nil
}

// read adds the rows of a table that has the columns of the one described.
func (c *collector) read(ctx context.Context, txn kv.Txn, t *catalog.Table) error {
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	ordinals := make([]int, 0, len(c.desc.Columns))
	for _, col := range c.desc.Columns {
		_, i, ok := t.Column(col.Name)
		if !ok {
			return pgerr.New(pgerr.InternalError, "table %q has no column %q", t.Name, col.Name)
		}
		ordinals = append(ordinals, i)
	}
	dec, err := rt.NewRowDecoder(ordinals)
	if err != nil {
		return err
	}
	it, err := txn.Scan(ctx, rt.Range(), kv.ScanOptions{KeysOnly: !dec.NeedsValues()})
	if err != nil {
		return err
	}
	defer it.Close()
	var e kv.Entries
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := it.Next(ctx, &e, scanRows); err != nil || e.Len() == 0 {
			return err
		}
		c.batch.Reset()
		if err := dec.Decode(e.K, e.V, c.batch.Cols); err != nil {
			return err
		}
		c.batch.Len = e.Len()
		if err := c.add(); err != nil {
			return err
		}
		if c.o.Scanned != nil {
			c.o.Scanned(e.Len())
		}
	}
}

// collector is the state of one pass over a table.
type collector struct {
	desc  *catalog.Table
	o     Options
	cols  []columnCounts // columns with figures, then the expressions of statistics objects
	batch *vec.Batch     // all columns
	rows  int64
	size  int // of the sample

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
	id     catalog.ColumnID // 0: an expression
	at     int              // in the batch, or among the expressions
	target int
	nulls  int64
	bytes  int64
	sketch *sketch
}

func newCollector(t *catalog.Table, o Options) *collector {
	o.Target = max(1, o.Target)
	c := &collector{desc: t, o: o, rng: rand.New(rand.NewPCG(t.Storage, 1)), w: 1}
	var ts []types.T
	most := 1
	target := func(own int) int {
		if own > 0 {
			most = max(most, own-1)
			return own - 1
		}
		most = max(most, o.Target)
		return o.Target
	}
	for i, col := range t.Columns {
		ts = append(ts, col.Type)
		if !comparable(col.Type) || o.Columns != nil && !o.Columns[col.ID] || col.StatTarget == 1 {
			continue
		}
		c.cols = append(c.cols, columnCounts{t: col.Type, id: col.ID, at: i, target: target(col.StatTarget), sketch: newSketch()})
	}
	if o.Exprs != nil {
		n := 0
		for _, s := range t.Statistics {
			for _, e := range s.Exprs {
				c.cols = append(c.cols, columnCounts{t: e.Type, at: n, target: target(s.Target), sketch: newSketch()})
				n++
			}
			target(s.Target)
		}
	}
	c.batch = vec.NewBatch(vec.Kinds(ts), 0)
	c.size = most * rowsPerTarget
	return c
}

// comparable reports whether values of a type can be ordered and kept as text.
func comparable(t types.T) bool {
	return t.Kind() != types.KindRef || t.OID == types.JSONBOID || types.IsArray(t.OID) && types.Of(types.ElemOf(t.OID)).Kind() != types.KindRef
}

// vectors are the values of c.cols for the batch at hand.
func (c *collector) vectors() ([]*vec.Vector, error) {
	out := make([]*vec.Vector, len(c.cols))
	var exprs []*vec.Vector
	for i := range c.cols {
		cc := &c.cols[i]
		if cc.id != 0 {
			out[i] = c.batch.Cols[cc.at]
			continue
		}
		if exprs == nil {
			var err error
			if exprs, err = c.o.Exprs(c.batch); err != nil {
				return nil, err
			}
		}
		out[i] = exprs[cc.at]
	}
	return out, nil
}

func (c *collector) add() error {
	vs, err := c.vectors()
	if err != nil {
		return err
	}
	for i := range c.cols {
		c.cols[i].add(vs[i], c.batch.Len)
	}
	size := c.size
	for i := range c.batch.Len {
		at := c.rows + int64(i)
		switch {
		case len(c.sample) < size:
			c.sample = append(c.sample, sampled{at, make([]types.Datum, len(c.cols))})
			c.take(vs, len(c.sample)-1, i, at)
			if len(c.sample) == size {
				c.next()
			}
		case c.skip > 0:
			c.skip--
		default:
			c.take(vs, c.rng.IntN(size), i, at)
			c.next()
		}
	}
	c.rows += int64(c.batch.Len)
	return nil
}

// next draws how many rows are passed over.
func (c *collector) next() {
	c.w *= math.Exp(math.Log(1-c.rng.Float64()) / float64(len(c.sample)))
	c.skip = int64(min(math.Floor(math.Log(1-c.rng.Float64())/math.Log(1-c.w)), 1e15))
}

// take puts row i of the batch into place k of the sample.
func (c *collector) take(vs []*vec.Vector, k, i int, at int64) {
	s := &c.sample[k]
	s.at = at
	for n, v := range vs {
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
	if c.o.Old != nil && c.o.Columns != nil {
		maps.Copy(t.Columns, c.o.Old.Columns)
	}
	for i := range c.cols {
		if id := c.cols[i].id; id != 0 {
			t.Columns[id] = c.column(i)
		}
	}
	c.extended(t)
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
	col := &Column{NullFrac: float64(cc.nulls) / rows, Width: cc.width(c.rows, c.sample, i)}
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
	c.describe(col, cc.target, runs, values)
	col.Correlation = correlation(values)
	return col
}

// width is the average width of the values that are not NULL, as PostgreSQL stores them; that of the column with number i in the sample.
func (c *columnCounts) width(rows int64, sample []sampled, i int) int {
	if c.t.Kind() == types.KindStr {
		return int((c.bytes+rows-1)/rows) + 1
	}
	if ti, ok := types.Info(c.t.OID); ok && ti.Len > 0 {
		return int(ti.Len)
	}
	bytes, n := 0, 0
	for _, s := range sample {
		if d := s.values[i]; !d.IsNull() {
			bytes += storedWidth(d)
			n++
		}
	}
	if n == 0 {
		return 8
	}
	return bytes / n
}

// storedWidth is the width of a number, an array or about that of a document in PostgreSQL's storage, with a header of one byte.
func storedWidth(d types.Datum) int {
	switch d.Kind() {
	case types.KindNum:
		s := strings.TrimLeft(d.Num().String(), "-")
		whole, fraction, _ := strings.Cut(s, ".")
		fraction = strings.TrimRight(fraction, "0")
		if whole = strings.TrimLeft(whole, "0"); whole == "" { // leading zeros are not stored either
			for strings.HasPrefix(fraction, "0000") {
				fraction = fraction[4:]
			}
		}
		return 3 + 2*((len(whole)+3)/4+(len(fraction)+3)/4)
	case types.KindRef:
		if j := d.JSONB(); j != nil {
			return len(j.Append(nil))
		}
		a, ok := d.Ref().(*types.Array)
		if !ok {
			return 8
		}
		each := 8
		if ti, ok := types.Info(a.Elem); ok && ti.Len > 0 {
			each = int(ti.Len)
		}
		return 13 + 8*max(len(a.Dims), 1) + each*len(a.Elems)
	}
	return 8
}

// run is equal values in a sorted sample: from ≤ i < to.
type run struct{ from, to int }

func (r run) len() int { return r.to - r.from }

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

// describe chooses the common values and makes a histogram of the others, as PostgreSQL's compute_scalar_stats does.
func (c *collector) describe(col *Column, target int, runs []run, values []placed) {
	common := slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return r.len() < 2 })
	slices.SortStableFunc(common, func(a, b run) int { return b.len() - a.len() })
	complete := len(common) == len(runs) && col.Distinct > 0 && len(common) <= target
	common = common[:min(len(common), target)]
	if !complete {
		common = common[:c.worthKeeping(col, common)]
	}
	skip := map[int]bool{}
	for _, r := range common {
		col.Common = append(col.Common, values[r.from].d)
		col.Freqs = append(col.Freqs, float64(r.len())/float64(len(c.sample)))
		skip[r.from] = true
	}
	buckets := min(target, len(runs)-len(common)-1)
	if buckets < 1 {
		return
	}
	var rest []types.Datum
	for _, r := range runs {
		if skip[r.from] {
			continue
		}
		for _, v := range values[r.from:r.to] {
			rest = append(rest, v.d)
		}
	}
	for b := range buckets + 1 {
		col.Bounds = append(col.Bounds, rest[b*(len(rest)-1)/buckets])
	}
}

// worthKeeping is how many of the most common values are clearly more common than the average of the values that no list would have
// (PostgreSQL's analyze_mcv_list). All are, if the sample is the whole table.
func (c *collector) worthKeeping(col *Column, common []run) int {
	n, rows := float64(len(c.sample)), float64(c.rows)
	if n == rows {
		return len(common)
	}
	distinct := col.Distinct
	if distinct < 0 {
		distinct *= -rows
	}
	sum := 0.0 // of all but the last one that is kept
	for _, r := range common[:max(len(common)-1, 0)] {
		sum += float64(r.len())
	}
	k := len(common)
	for k > 0 {
		others := min(max(1-sum/n-col.NullFrac, 0), 1)
		if d := distinct - float64(k-1); d > 1 {
			others /= d
		}
		count := float64(common[k-1].len())
		of := rows * count / n
		deviation := math.Sqrt(n * of * (rows - of) * (rows - n) / (rows * rows * (rows - 1)))
		if count > others*n+2*deviation+0.5 {
			break
		}
		if k--; k > 0 {
			sum -= float64(common[k-1].len())
		}
	}
	return k
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
