package window

import (
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// call appends the results of c for the partition.
func (p *partition) call(c *call) error {
	if c.node.Agg != nil {
		return p.aggregate(c)
	}
	n := p.rows()
	switch c.node.Fn.Name {
	case "row_number":
		for i := range n {
			c.res.Append(types.NewInt(int64(i) + 1))
		}
	case "rank":
		for i := range n {
			c.res.Append(types.NewInt(int64(p.groupStart(i)) + 1))
		}
	case "dense_rank":
		for i := range n {
			c.res.Append(types.NewInt(int64(p.group[i]) + 1))
		}
	case "percent_rank":
		for i := range n {
			x := 0.0
			if n > 1 {
				x = float64(p.groupStart(i)) / float64(n-1)
			}
			c.res.Append(types.NewFloat(x))
		}
	case "cume_dist":
		for i := range n {
			c.res.Append(types.NewFloat(float64(p.groupEnd(i)) / float64(n)))
		}
	case "ntile":
		return p.ntile(c)
	case "lag":
		p.offset(c, -1)
	case "lead":
		p.offset(c, 1)
	case "first_value", "last_value", "nth_value":
		return p.nthValue(c)
	default:
		return pgerr.FeatureNotSupported("window function " + c.node.Fn.Name)
	}
	return nil
}

// arg is the value of an argument at row i.
func (p *partition) arg(c *call, a, i int) types.Datum {
	return p.w.rows.Cols[c.args[a]].Datum(p.lo + i)
}

// ntile divides the partition into buckets; the first ones get a row more.
func (p *partition) ntile(c *call) error {
	n := int64(p.rows())
	d := p.arg(c, 0, 0)
	if d.IsNull() {
		for range n {
			c.res.AppendNull()
		}
		return nil
	}
	k := d.Int()
	if k <= 0 {
		return pgerr.New(pgerr.InvalidArgumentForNtileFunction, "argument of ntile must be greater than zero")
	}
	size, more := n/k, n%k
	for i := range n {
		b := int64(0)
		if big := more * (size + 1); i < big {
			b = i / (size + 1)
		} else {
			b = more + (i-big)/size
		}
		c.res.Append(types.NewInt(b + 1))
	}
	return nil
}

// offset is lag (sign -1) and lead.
func (p *partition) offset(c *call, sign int64) {
	n := int64(p.rows())
	src := p.w.rows.Cols[c.args[0]]
	for i := range n {
		by := int64(1)
		if len(c.args) > 1 {
			d := p.arg(c, 1, int(i))
			if d.IsNull() {
				c.res.AppendNull()
				continue
			}
			by = d.Int()
		}
		j := i + sign*by
		switch {
		case j >= 0 && j < n:
			c.res.AppendRow(src, p.lo+int(j))
		case len(c.args) > 2:
			c.res.AppendRow(p.w.rows.Cols[c.args[2]], p.lo+int(i))
		default:
			c.res.AppendNull()
		}
	}
}

// span is a run of rows a ≤ j < b.
type span struct{ a, b int }

// frame appends the runs that make up the frame of row i, after EXCLUDE.
func (p *partition) frame(i int, dst []span) []span {
	s, e := int(p.fs[i]), int(p.fe[i])
	cutA, cutB := i, i+1
	switch p.d.node.Frame.Exclude {
	case 0:
		return appendSpan(dst, s, e)
	case 'g', 't':
		cutA, cutB = p.groupStart(i), p.groupEnd(i)
	}
	dst = appendSpan(dst, s, min(e, cutA))
	if p.d.node.Frame.Exclude == 't' && i >= s && i < e {
		dst = appendSpan(dst, i, i+1)
	}
	return appendSpan(dst, max(s, cutB), e)
}

func appendSpan(dst []span, a, b int) []span {
	if a < b {
		dst = append(dst, span{a, b})
	}
	return dst
}

// nthValue is first_value, last_value and nth_value.
func (p *partition) nthValue(c *call) error {
	src := p.w.rows.Cols[c.args[0]]
	var spans []span
	for i := range p.rows() {
		spans = p.frame(i, spans[:0])
		j := -1
		switch {
		case len(spans) == 0:
		case c.node.Fn.Name == "first_value":
			j = spans[0].a
		case c.node.Fn.Name == "last_value":
			j = spans[len(spans)-1].b - 1
		}
		if c.node.Fn.Name == "nth_value" {
			d := p.arg(c, 1, i)
			if !d.IsNull() && d.Int() <= 0 {
				return pgerr.New(pgerr.InvalidArgumentForNthValueFunction, "argument of nth_value must be greater than zero")
			}
			if !d.IsNull() {
				j = nth(spans, d.Int()-1)
			}
		}
		if j < 0 {
			c.res.AppendNull()
		} else {
			c.res.AppendRow(src, p.lo+j)
		}
	}
	return nil
}

// nth is row number k of the runs, -1 if they are shorter.
func nth(spans []span, k int64) int {
	for _, s := range spans {
		if n := int64(s.b - s.a); k < n {
			return s.a + int(k)
		} else {
			k -= n
		}
	}
	return -1
}

// aggregate computes an aggregate over the frames.
func (p *partition) aggregate(c *call) error {
	a := &frameAggregate{p: p, c: c}
	for _, at := range c.args {
		a.args = append(a.args, p.w.rows.Cols[at])
	}
	if c.filter >= 0 {
		a.filter = p.w.rows.Cols[c.filter]
	}
	f := &p.d.node.Frame
	if f.Start.Kind == 'p' && f.Exclude == 0 {
		return a.growing()
	}
	return a.apart()
}

// frameAggregate is an aggregate call in one partition.
type frameAggregate struct {
	p      *partition
	c      *call
	args   []*vec.Vector
	filter *vec.Vector
	groups []int32
	sel    []int32
}

// list adds the rows a ≤ j < b to the rows to be fed, for group g, if FILTER and strictness let them.
func (a *frameAggregate) list(from, to int, g int32) {
	for j := a.p.lo + from; j < a.p.lo+to; j++ {
		if a.filter != nil && (a.filter.Nulls.Has(j) || !a.filter.Bool[j]) {
			continue
		}
		if a.c.node.Agg.Fn.Strict && anyNull(a.args, j) {
			continue
		}
		a.groups, a.sel = append(a.groups, g), append(a.sel, int32(j))
	}
}

func anyNull(cols []*vec.Vector, i int) bool {
	for _, v := range cols {
		if v.Nulls.Has(i) {
			return true
		}
	}
	return false
}

// growing computes frames that start at the first row: their ends never go back, so one state takes up the rows in order.
func (a *frameAggregate) growing() error {
	c := a.c
	ctx := a.p.w.ctx.Expr
	state := c.node.Agg.Fn.New(c.types, c.node.T)
	state.Grow(1)
	fed, have := 0, -1
	for i := range a.p.rows() {
		if err := a.check(i); err != nil {
			return err
		}
		end := int(a.p.fe[i])
		if end > fed {
			a.groups, a.sel = a.groups[:0], a.sel[:0]
			a.list(fed, end, 0)
			fed = end
			if len(a.sel) > 0 {
				if err := state.Add(ctx, a.groups, a.args, a.sel, a.p.w.rows.Len); err != nil {
					return err
				}
			}
		}
		if have != end {
			c.tmp.Clear(1)
			if err := state.Result(ctx, 0, 1, &c.tmp); err != nil {
				return err
			}
			have = end
		}
		c.res.AppendRow(&c.tmp, 0)
	}
	return nil
}

// apartRows is how many rows with frames of their own are computed together.
const apartRows = 256

// apart computes each frame as a group of its own.
func (a *frameAggregate) apart() error {
	c := a.c
	ctx := a.p.w.ctx.Expr
	n := a.p.rows()
	var spans []span
	for from := 0; from < n; from += apartRows {
		to := min(n, from+apartRows)
		state := c.node.Agg.Fn.New(c.types, c.node.T)
		state.Grow(to - from)
		a.groups, a.sel = a.groups[:0], a.sel[:0]
		for i := from; i < to; i++ {
			if err := a.check(i); err != nil {
				return err
			}
			spans = a.p.frame(i, spans[:0])
			for _, s := range spans {
				a.list(s.a, s.b, int32(i-from))
			}
			if len(a.sel) >= 4*vec.BatchRows || i == to-1 && len(a.sel) > 0 {
				if err := a.p.ctx.Err(); err != nil {
					return err
				}
				if err := state.Add(ctx, a.groups, a.args, a.sel, a.p.w.rows.Len); err != nil {
					return err
				}
				a.groups, a.sel = a.groups[:0], a.sel[:0]
			}
		}
		c.tmp.Clear(to - from)
		if err := state.Result(ctx, 0, to-from, &c.tmp); err != nil {
			return err
		}
		c.res.AppendRange(&c.tmp, 0, to-from)
	}
	return nil
}

// check looks for cancellation now and then.
func (a *frameAggregate) check(i int) error {
	if i%1024 == 0 {
		return a.p.ctx.Err()
	}
	return nil
}
