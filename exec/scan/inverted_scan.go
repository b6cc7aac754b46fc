package scan

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog/gin"
	"github.com/lightsql/lightsql/catalog/reloption"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/vec"
)

// InvertedScan gives the ids of the rows that searches of an inverted index find, in order and each once.
type InvertedScan struct {
	output
	node   *plan.IndexScan
	index  *rowenc.Index
	values []exec.Scalar
	used   exec.Usage

	ids     []string
	at      int
	entries kv.Entries
	probes  rowenc.Buffer
	found   kv.Values
}

// NewInvertedScan is the operator of an IndexScan with Searches.
func NewInvertedScan(ctx *exec.Ctx, n *plan.IndexScan) (*InvertedScan, error) {
	out, err := newOutput(ctx, n.ID, n.Types(), nil)
	if err != nil {
		return nil, err
	}
	s := &InvertedScan{output: out, node: n}
	t, err := rowenc.NewTable(n.Table)
	if err != nil {
		return nil, err
	}
	if s.index = t.Index(n.Index.ID); s.index == nil {
		return nil, pgerr.New(pgerr.InternalError, "index %q is not an index of table %q", n.Index.Name, n.Table.Name)
	}
	for _, f := range n.Searches {
		v, err := exec.NewScalar(f.Value)
		if err != nil {
			return nil, err
		}
		s.values = append(s.values, v)
	}
	return s, nil
}

// Open implements exec.Operator: it does the search.
func (s *InvertedScan) Open(ctx context.Context) error {
	s.start()
	s.countScan(s.node.Index.OID)
	s.used.Init(s.ctx)
	s.ids, s.at = nil, 0
	if reloption.FastUpdate(s.node.Index.Options) {
		// In PostgreSQL such an index has a list of new entries that every search goes through, so that it depends on all of them.
		if err := s.ctx.Txn.DependOn(ctx, s.index.Range()); err != nil {
			return err
		}
	}
	var all []lookup
	for i, f := range s.node.Searches {
		v, err := s.values[i].Value(s.ctx.Expr)
		if err != nil {
			return err
		}
		search, err := s.index.Search(f.Column, f.Op, v)
		if err != nil {
			return err
		}
		if search.Kind == gin.None {
			return nil
		}
		all = append(all, lookup{f.Column, search})
	}
	var err error
	if s.ids, err = s.all(ctx, all); err != nil {
		return err
	}
	if s.scans != nil {
		s.scans.Returned += int64(len(s.ids))
	}
	return nil
}

// Next implements exec.Operator.
func (s *InvertedScan) Next(ctx context.Context) (*vec.Batch, error) {
	n := min(s.rows(), len(s.ids)-s.at)
	if n == 0 {
		return nil, nil
	}
	s.batch.Reset()
	s.batch.Cols[0].Resize(n)
	copy(s.batch.Cols[0].Str, s.ids[s.at:s.at+n])
	s.batch.Len = n
	s.at += n
	return s.batch, ctx.Err()
}

// Close implements exec.Operator.
func (s *InvertedScan) Close() error {
	s.ids = nil
	s.used.Release()
	return nil
}

// lookup is a search in one column of the index.
type lookup struct {
	column int
	search *gin.Search
}

func (l lookup) args() []lookup {
	out := make([]lookup, len(l.search.Args))
	for i, a := range l.search.Args {
		out[i] = lookup{l.column, a}
	}
	return out
}

// find lists the rows that a look-up finds, in order.
func (s *InvertedScan) find(ctx context.Context, l lookup) ([]string, error) {
	switch l.search.Kind {
	case gin.All:
		return s.column(ctx, l.column)
	case gin.Term, gin.And:
		return s.all(ctx, []lookup{l})
	case gin.Or:
		if l.anyTerm() {
			return s.all(ctx, []lookup{l})
		}
		var ids []string
		for _, a := range l.args() {
			more, err := s.find(ctx, a)
			if err != nil {
				return nil, err
			}
			ids = append(ids, more...)
		}
		slices.Sort(ids)
		return slices.Compact(ids), nil
	}
	return nil, nil
}

// all lists the rows that every one of some look-ups finds.
func (s *InvertedScan) all(ctx context.Context, ls []lookup) ([]string, error) {
	var sources []source
	var others []lookup
	defer func() {
		for _, x := range sources {
			x.close()
		}
	}()
	for len(ls) > 0 {
		l := ls[0]
		ls = ls[1:]
		switch {
		case l.search.Kind == gin.And:
			ls = append(ls, l.args()...)
		case l.search.Kind == gin.Term || l.anyTerm():
			x, err := s.open(ctx, l)
			sources = append(sources, x)
			if err != nil {
				return nil, err
			}
		default:
			others = append(others, l)
		}
	}
	ids, err := s.common(ctx, sources)
	if err != nil {
		return nil, err
	}
	for i, l := range others {
		if len(ids) == 0 && (len(sources) > 0 || i > 0) {
			return nil, nil
		}
		more, err := s.find(ctx, l)
		if err != nil {
			return nil, err
		}
		if len(sources) > 0 || i > 0 {
			more = intersect(ids, more)
		}
		ids = more
	}
	return ids, nil
}

// anyTerm reports an OR of terms.
func (l lookup) anyTerm() bool {
	return l.search.Kind == gin.Or && !slices.ContainsFunc(l.search.Args, func(a *gin.Search) bool { return a.Kind != gin.Term })
}

// source gives the rows that have any of some terms.
type source []*posting

// posting reads the entries of one term.
type posting struct {
	column int
	term   []byte
	prefix int // length of the keys before the row id
	it     kv.Iterator
	ids    []string // as far as they were read
	done   bool
}

// open begins to read a term, or the terms of an OR.
func (s *InvertedScan) open(ctx context.Context, l lookup) (source, error) {
	terms := []lookup{l}
	if l.search.Kind == gin.Or {
		terms = l.args()
	}
	var x source
	for _, t := range terms {
		r := s.index.TermRange(t.column, t.search.Term)
		it, err := s.ctx.Txn.Scan(ctx, r, kv.ScanOptions{KeysOnly: true})
		if err != nil {
			return x, err
		}
		x = append(x, &posting{column: t.column, term: t.search.Term, prefix: len(r.Start), it: it})
	}
	return x, nil
}

func (x source) close() {
	for _, p := range x {
		p.it.Close()
	}
}

// done reports that everything was read.
func (x source) done() bool { return !slices.ContainsFunc(x, func(p *posting) bool { return !p.done }) }

// read is how many entries were read.
func (x source) read() int {
	n := 0
	for _, p := range x {
		n += len(p.ids)
	}
	return n
}

// ids are the rows known so far, in order.
func (x source) ids() []string {
	if len(x) == 1 {
		return x[0].ids
	}
	var ids []string
	for _, p := range x {
		ids = append(ids, p.ids...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// known is how many of the rows ids lie where everything was read.
func (x source) known(ids []string) int {
	n := len(ids)
	for _, p := range x {
		switch {
		case p.done:
		case len(p.ids) == 0:
			n = 0
		default:
			at, _ := slices.BinarySearch(ids, p.ids[len(p.ids)-1])
			n = min(n, at)
		}
	}
	return n
}

// more reads n more entries of each term of x, or what there is.
func (s *InvertedScan) more(ctx context.Context, x source, n int) error {
	for _, p := range x {
		for want := n; want > 0 && !p.done; want -= s.entries.Len() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := p.it.Next(ctx, &s.entries, min(want, s.ctx.Rows())); err != nil {
				return err
			}
			p.done = s.entries.Len() == 0
			var err error
			if p.ids, err = s.keep(p.ids, func(i int) ([]byte, error) { return s.entries.K[i][p.prefix:], nil }); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep appends the row ids of s.entries. They share one string.
func (s *InvertedScan) keep(ids []string, id func(i int) ([]byte, error)) ([]string, error) {
	const header = 16 // of a string
	var text strings.Builder
	ends := make([]int, 0, s.entries.Len())
	for i := range s.entries.K {
		b, err := id(i)
		if err != nil {
			return nil, err
		}
		text.Write(b)
		ends = append(ends, text.Len())
	}
	start := 0
	for _, end := range ends {
		ids = append(ids, text.String()[start:end])
		start = end
	}
	return ids, s.used.Set(s.used.Bytes() + int64(text.Len()+header*len(ends)))
}

// firstRead is how many entries of each term are read before the first look at which source has the fewest rows, and probeAfter how many
// times as many as that one has are read of another before it is asked row by row.
const (
	firstRead  = 256
	probeAfter = 4
)

// common lists the rows that all sources have. They are read by turns until one has no more; of the others no more need to be read than it
// takes to know about its rows.
func (s *InvertedScan) common(ctx context.Context, sources []source) ([]string, error) {
	if len(sources) == 0 {
		return nil, nil
	}
	fewest := -1
	for n := firstRead; fewest < 0; n *= 2 {
		if len(sources) == 1 {
			n = math.MaxInt32
		}
		for i, x := range sources {
			if err := s.more(ctx, x, n); err != nil {
				return nil, err
			}
			if x.done() && (fewest < 0 || x.read() < sources[fewest].read()) {
				fewest = i
			}
		}
	}
	ids := sources[fewest].ids()
	for i, x := range sources {
		if i == fewest || len(ids) == 0 {
			continue
		}
		if err := s.more(ctx, x, probeAfter*len(ids)-x.read()); err != nil {
			return nil, err
		}
		known := x.known(ids)
		both := intersect(ids[:known], x.ids())
		var err error
		if ids, err = s.probe(ctx, x, ids[known:], both); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// probe appends to out which of the rows ids a source has.
func (s *InvertedScan) probe(ctx context.Context, x source, ids, out []string) ([]string, error) {
	for len(ids) > 0 {
		n := min(len(ids), s.ctx.Rows())
		s.probes.Reset()
		for _, id := range ids[:n] {
			for _, p := range x {
				s.index.AppendTermKey(&s.probes, p.column, p.term, []byte(id))
			}
		}
		s.found.Reset()
		if err := s.ctx.Txn.Get(ctx, s.probes.B, &s.found); err != nil {
			return nil, err
		}
		for i, id := range ids[:n] {
			if slices.ContainsFunc(s.found.V[i*len(x):(i+1)*len(x)], func(v []byte) bool { return v != nil }) {
				out = append(out, id)
			}
		}
		ids = ids[n:]
	}
	return out, nil
}

// column lists the rows that have any entry of a column.
func (s *InvertedScan) column(ctx context.Context, column int) ([]string, error) {
	it, err := s.ctx.Txn.Scan(ctx, s.index.ColumnRange(column), kv.ScanOptions{})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	var ids []string
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := it.Next(ctx, &s.entries, s.ctx.Rows()); err != nil {
			return nil, err
		}
		if s.entries.Len() == 0 {
			slices.Sort(ids)
			return slices.Compact(ids), nil
		}
		ids, err = s.keep(ids, func(i int) ([]byte, error) { return s.index.RowIDOfTerm(s.entries.K[i], s.entries.V[i]) })
		if err != nil {
			return nil, err
		}
	}
}

// intersect is what two lists in order have in common.
func intersect(a, b []string) []string {
	var out []string
	for len(a) > 0 && len(b) > 0 {
		switch c := strings.Compare(a[0], b[0]); {
		case c < 0:
			a = a[1:]
		case c > 0:
			b = b[1:]
		default:
			out = append(out, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return out
}
