package rowenc

import (
	"bytes"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/keyenc"
	"github.com/lightsql/lightsql/sql/types"
)

// Constraint restricts the leading columns of an index: equalities, then at most one range on the next column. Values have
// the columns' types exactly.
type Constraint struct {
	Eq []types.Datum
	// NullEq, if not nil, marks positions of Eq tested with IS NULL. Any other NULL in Eq or in a bound means no rows.
	NullEq            []bool
	HasLow, HasHigh   bool
	Low, High         types.Datum
	LowIncl, HighIncl bool
	// NotNull keeps NULLs of the column after Eq out; a bound does, too.
	NotNull bool
}

// Span is the range of keys that satisfy c; empty reports that none can.
func (x *Index) Span(c *Constraint) (r kv.Range, empty bool) { return x.span(x.Prefix, x.cols, c) }

// SpanUnder is Span of a constraint on the columns after the first, for entries that begin with first (see First).
func (x *Index) SpanUnder(first []byte, c *Constraint) (r kv.Range, empty bool) {
	return x.span(first, x.cols[1:], c)
}

// First is the part of an entry's key up to the end of the first column.
func (x *Index) First(key []byte) ([]byte, error) {
	rest, err := x.cols[0].skip(key[len(x.Prefix):])
	if err != nil {
		return nil, errCorrupt("entry of index %q", x.Desc.Name)
	}
	return key[:len(key)-len(rest)], nil
}

func (x *Index) span(prefix []byte, cols []keyCol, c *Constraint) (r kv.Range, empty bool) {
	p := bytes.Clone(prefix)
	for i, d := range c.Eq {
		if d.IsNull() && (c.NullEq == nil || !c.NullEq[i]) {
			return kv.Range{}, true
		}
		p = cols[i].appendDatum(p, d)
	}
	if !c.HasLow && !c.HasHigh && !c.NotNull {
		return kv.Range{Start: p, End: keyenc.PrefixEnd(p)}, false
	}
	if c.HasLow && c.Low.IsNull() || c.HasHigh && c.High.IsNull() {
		return kv.Range{}, true
	}
	col := &cols[len(c.Eq)]
	low, high := bound{c.Low, c.HasLow, c.LowIncl}, bound{c.High, c.HasHigh, c.HighIncl}
	if col.desc {
		low, high = high, low
	}
	// Values lie between the two NULL markers, 00 and ff.
	r.Start, r.End = append(bytes.Clone(p), 0x01), append(bytes.Clone(p), 0xff)
	if low.has {
		r.Start = col.appendDatum(bytes.Clone(p), low.d)
		if !low.incl {
			r.Start = keyenc.PrefixEnd(r.Start)
		}
	}
	if high.has {
		r.End = col.appendDatum(p, high.d)
		if high.incl {
			r.End = keyenc.PrefixEnd(r.End)
		}
	}
	return r, bytes.Compare(r.Start, r.End) >= 0
}

type bound struct {
	d         types.Datum
	has, incl bool
}

// PointKey appends the key given by values for all columns of the primary or a unique index, none of them NULL; ok is
// false if one is, which no row equals.
func (x *Index) PointKey(dst *Buffer, eq []types.Datum) (ok bool) {
	start := len(dst.buf)
	b := append(dst.buf, x.Prefix...)
	for i, d := range eq {
		if d.IsNull() {
			return false
		}
		b = x.cols[i].appendDatum(b, d)
	}
	dst.buf = b
	dst.close(start)
	return true
}

// Point reports whether c gives all columns of the primary key or of a unique index, so that PointKey finds the only row.
func (x *Index) Point(c *Constraint) bool {
	if c.HasLow || c.HasHigh || c.NotNull || len(c.Eq) != len(x.cols) || !(x.unique || x.Desc == x.table.Desc.Primary) {
		return false
	}
	for i := range c.Eq {
		if c.NullEq != nil && c.NullEq[i] {
			return false
		}
	}
	return true
}
