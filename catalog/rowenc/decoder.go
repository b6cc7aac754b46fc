package rowenc

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv/keyenc"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// rowHeader is the length of the format byte and the count of column IDs before a row's tuple.
const rowHeader = 3

// Decoder turns the entries of one index (the primary: rows) into vectors of the columns it was compiled for. It keeps scratch
// memory, so it is used by one goroutine.
type Decoder struct {
	table *Table
	index *Index
	// Outputs by key column, -1 for columns that are only skipped; the slices end with the last column needed.
	keyOut []int
	pkOut  []int // by column of the primary key, read from the row id of an entry
	rowID  int   // output of the row id, -1: none
	fields []wanted
	plans  []*fieldPlan // one for each count of column IDs that was met, nearly always one
	strKey bool         // a key column makes strings

	bodies [][]byte
	arena  arena
}

// wanted is an output that is in the value.
type wanted struct {
	id  catalog.ColumnID
	t   types.T
	out int
}

// fieldPlan is how the values of one layout are read.
type fieldPlan struct {
	count int // of column IDs
	tuple *tuple
	field []int         // by Decoder.fields; -1: the column is younger than the row
	def   []types.Datum // its value then
}

// NewDecoder compiles a decoder of an index for columns given as ordinals of Table.Columns; -1 is the row id. An entry of a
// secondary index holds its key columns, the primary key and INCLUDE columns only; others are an error.
func (t *Table) NewDecoder(x *Index, ordinals []int) (*Decoder, error) {
	d := &Decoder{table: t, index: x, rowID: -1}
	for out, o := range ordinals {
		if o < 0 {
			d.rowID = out
			continue
		}
		c := t.Desc.Columns[o]
		if k := x.find(c.ID); k >= 0 && x.cols[k].form.exact() {
			d.keyOut = want(d.keyOut, k, out)
			d.strKey = d.strKey || x.cols[k].form >= keyStr
			continue
		}
		if x != t.Primary && x.stored.find(c.ID) < 0 {
			k := t.Primary.find(c.ID)
			if k < 0 || !t.Primary.cols[k].form.exact() {
				return nil, errCorrupt("index %q does not hold column %q", x.Desc.Name, c.Name)
			}
			d.pkOut = want(d.pkOut, k, out)
			d.strKey = d.strKey || t.Primary.cols[k].form >= keyStr
			continue
		}
		if d.fields == nil {
			d.fields = make([]wanted, 0, len(ordinals)-out)
		}
		d.fields = append(d.fields, wanted{c.ID, c.Type, out})
	}
	return d, nil
}

// NewRowDecoder compiles a decoder of rows.
func (t *Table) NewRowDecoder(ordinals []int) (*Decoder, error) {
	return t.NewDecoder(t.Primary, ordinals)
}

// want sets outs[k], filling with -1.
func want(outs []int, k, out int) []int {
	if outs == nil {
		outs = make([]int, 0, k+1)
	}
	for len(outs) <= k {
		outs = append(outs, -1)
	}
	outs[k] = out
	return outs
}

// NeedsValues reports whether Decode looks at values: if not, a scan may ask for keys only.
func (d *Decoder) NeedsValues() bool {
	return len(d.fields) > 0 || d.index != d.table.Primary && d.index.unique && (d.rowID >= 0 || len(d.pkOut) > 0)
}

// Decode appends one row per entry to the vectors out, one for each column that the decoder was compiled for.
func (d *Decoder) Decode(keys, values [][]byte, out []*vec.Vector) error {
	d.arena = nil
	if d.strKey || d.rowID >= 0 {
		n := 0
		for _, k := range keys {
			n += len(k)
		}
		if d.strKey && d.rowID >= 0 {
			n *= 2
		}
		d.arena = make(arena, 0, n)
	}
	at := 0
	for _, v := range out {
		at = v.Len()
		grow(v, len(keys))
	}
	var err error
	if d.index == d.table.Primary {
		err = d.decodeKeys(keys, out, at)
	} else {
		err = d.decodeEntries(keys, values, out, at)
	}
	if err != nil || len(d.fields) == 0 {
		return err
	}
	return d.decodeValues(keys, values, out, at)
}

// grow appends n rows whose values are not set.
func grow(v *vec.Vector, n int) {
	n += v.Len()
	v.Reserve(n)
	switch v.Kind {
	case types.KindBool:
		v.Bool = v.Bool[:n]
	case types.KindInt:
		v.Int = v.Int[:n]
	case types.KindFloat:
		v.Float = v.Float[:n]
	case types.KindStr:
		v.Str = v.Str[:n]
	case types.KindNum:
		v.Num = v.Num[:n]
	case types.KindInterval:
		v.Itv = v.Itv[:n]
	case types.KindRef:
		v.Ref = v.Ref[:n]
	}
}

// decodeKeys reads keys of rows.
func (d *Decoder) decodeKeys(keys [][]byte, out []*vec.Vector, at int) error {
	skip := len(d.index.Prefix)
	if len(d.keyOut) == 1 && d.index.cols[0].form == keyInt && d.rowID < 0 { // the usual key: one integer
		dst := out[d.keyOut[0]].Int[at:]
		for i, k := range keys {
			if len(k) < skip {
				return d.corrupt(k)
			}
			v, _, err := keyenc.DecodeInt(k[skip:], d.index.cols[0].desc)
			if err != nil {
				return d.corrupt(k)
			}
			dst[i] = v
		}
		return nil
	}
	if len(d.keyOut) == 0 && d.rowID < 0 {
		return nil
	}
	if d.rowID < 0 && allInts(d.index.cols[:len(d.keyOut)]) {
		return d.decodeInts(keys, out, at)
	}
	for i, k := range keys {
		if len(k) < skip {
			return d.corrupt(k)
		}
		if d.rowID >= 0 {
			out[d.rowID].Str[at+i] = d.arena.str(k[skip:])
		}
		if _, err := d.walk(d.index.cols[:len(d.keyOut)], k[skip:], d.keyOut, out, at+i); err != nil {
			return d.corrupt(k)
		}
	}
	return nil
}

func allInts(cols []keyCol) bool {
	for i := range cols {
		if cols[i].form != keyInt {
			return false
		}
	}
	return true
}

// decodeInts reads keys that begin with integers, as far as they are wanted. Columns of a primary key are never NULL.
func (d *Decoder) decodeInts(keys [][]byte, out []*vec.Vector, at int) error {
	skip := len(d.index.Prefix)
	cols := d.index.cols[:len(d.keyOut)]
	dst := make([][]int64, len(cols))
	for c, o := range d.keyOut {
		if o >= 0 {
			dst[c] = out[o].Int[at:]
		}
	}
	for i, key := range keys {
		if len(key) < skip {
			return d.corrupt(key)
		}
		k := key[skip:]
		for c := range cols {
			v, rest, err := keyenc.DecodeInt(k, cols[c].desc)
			if err != nil {
				return d.corrupt(key)
			}
			if k = rest; dst[c] != nil {
				dst[c][i] = v
			}
		}
	}
	return nil
}

// decodeEntries reads keys of index entries, and row ids wherever they are.
func (d *Decoder) decodeEntries(keys, values [][]byte, out []*vec.Vector, at int) error {
	x := d.index
	needID := d.rowID >= 0 || len(d.pkOut) > 0
	cols := x.cols
	if !needID {
		cols = cols[:len(d.keyOut)]
	}
	for i, k := range keys {
		if len(k) < len(x.Prefix) {
			return d.corrupt(k)
		}
		rest, err := d.walk(cols, k[len(x.Prefix):], d.keyOut, out, at+i)
		if err != nil {
			return d.corrupt(k)
		}
		if !needID {
			continue
		}
		if len(rest) == 0 {
			if rest, _, err = x.splitValue(values[i]); err != nil {
				return err
			}
		}
		if d.rowID >= 0 {
			out[d.rowID].Str[at+i] = d.arena.str(rest)
		}
		if _, err := d.walk(d.table.Primary.cols[:len(d.pkOut)], rest, d.pkOut, out, at+i); err != nil {
			return d.corrupt(k)
		}
	}
	return nil
}

// walk reads columns from the start of key into row i of out and returns what follows them.
func (d *Decoder) walk(cols []keyCol, key []byte, outs []int, out []*vec.Vector, i int) ([]byte, error) {
	var err error
	for k := range cols {
		c := &cols[k]
		if k >= len(outs) || outs[k] < 0 {
			if key, err = c.skip(key); err != nil {
				return nil, err
			}
			continue
		}
		v := out[outs[k]]
		null, rest, err := keyenc.DecodeNull(key)
		if err != nil {
			return nil, err
		}
		if null {
			v.SetNull(i)
			key = rest
			continue
		}
		switch c.form {
		case keyInt:
			v.Int[i], key, err = keyenc.DecodeInt(key, c.desc)
		case keyBool:
			v.Bool[i], key, err = keyenc.DecodeBool(key, c.desc)
		case keyStr:
			n := len(d.arena)
			var b []byte
			if b, rest, err = keyenc.DecodeBytes(d.arena, key, c.desc); err == nil {
				d.arena = b
				v.Str[i], key = d.arena.tail(n), rest
			}
		case keyUUID:
			n := len(d.arena)
			var b []byte
			if b, rest, err = keyenc.DecodeFixed(d.arena, key, 16, c.desc); err == nil {
				d.arena = b
				v.Str[i], key = d.arena.tail(n), rest
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return key, nil
}

func (d *Decoder) corrupt(key []byte) error {
	return errCorrupt("key %x of index %q of table %q", key, d.index.Desc.Name, d.table.Desc.Name)
}

func (d *Decoder) corruptRow(key []byte) error {
	return errCorrupt("row at key %x of table %q", key, d.table.Desc.Name)
}

// decodeValues reads the columns that are in values: all rows of one layout a column at a time, a mixture a row at a time.
func (d *Decoder) decodeValues(keys, values [][]byte, out []*vec.Vector, at int) error {
	if len(values) == 0 {
		return nil
	}
	if d.index == d.table.Primary && d.uniformRows(values) {
		p, err := d.plan(int(values[0][1]) | int(values[0][2])<<8)
		if err != nil {
			return err
		}
		return d.decodeColumns(p, keys, out, at)
	}
	d.bodies = d.bodies[:0]
	uniform := true
	var first int
	for i, v := range values {
		body, count, wide, err := d.split(keys[i], v)
		if err != nil {
			return err
		}
		if i == 0 {
			first = count
		}
		uniform = uniform && count == first && !wide
		d.bodies = append(d.bodies, body)
	}
	if uniform {
		p, err := d.plan(first)
		if err != nil {
			return err
		}
		return d.decodeColumns(p, keys, out, at)
	}
	for i, v := range values {
		_, count, wide, _ := d.split(keys[i], v)
		p, err := d.plan(count)
		if err != nil {
			return err
		}
		if !d.decodeRow(p, d.bodies[i], wide, out, at+i) {
			return d.corruptRow(keys[i])
		}
	}
	return nil
}

// uniformRows fills d.bodies if all rows are of one layout, with short ends: nearly always.
func (d *Decoder) uniformRows(values [][]byte) bool {
	head := values[0]
	if len(head) < rowHeader || head[0] != format1 || int(head[1])|int(head[2])<<8 > d.table.count {
		return false
	}
	h0, h1, h2 := head[0], head[1], head[2]
	d.bodies = slices.Grow(d.bodies[:0], len(values))[:len(values)]
	bodies := d.bodies
	for i, v := range values {
		if len(v) < rowHeader || v[0] != h0 || v[1] != h1 || v[2] != h2 {
			return false
		}
		bodies[i] = v[rowHeader:]
	}
	return true
}

// split finds the tuple in a value. count is 0 for index entries, which have one layout.
func (d *Decoder) split(key, v []byte) (body []byte, count int, wide bool, err error) {
	if d.index == d.table.Primary {
		if len(v) < rowHeader || v[0]&formatMask != format1 {
			return nil, 0, false, d.corruptRow(key)
		}
		count = int(v[1]) | int(v[2])<<8
		if count > d.table.count {
			return nil, 0, false, d.corruptRow(key)
		}
		return v[rowHeader:], count, v[0]&wideBit != 0, nil
	}
	if len(v) == 0 || v[0]&formatMask != format1 {
		return nil, 0, false, d.corrupt(key)
	}
	wide = v[0]&wideBit != 0
	if d.index.unique && !d.keyHasRowID(key) {
		_, body, err = d.index.splitValue(v)
		return body, 0, wide, err
	}
	return v[1:], 0, wide, nil
}

// keyHasRowID reports whether the key of an entry of a unique index goes on after its columns.
func (d *Decoder) keyHasRowID(key []byte) bool {
	if len(key) < len(d.index.Prefix) {
		return false
	}
	rest, err := d.walk(d.index.cols, key[len(d.index.Prefix):], nil, nil, 0)
	return err == nil && len(rest) > 0
}

// plan returns how to read values of the layout with count column IDs.
func (d *Decoder) plan(count int) (*fieldPlan, error) {
	for _, p := range d.plans {
		if p.count == count {
			return p, nil
		}
	}
	p := &fieldPlan{count: count, tuple: &d.index.stored, field: make([]int, 0, len(d.fields)), def: make([]types.Datum, 0, len(d.fields))}
	if d.index == d.table.Primary {
		if p.tuple = d.table.row; count != d.table.count {
			p.tuple = d.table.layout(count)
		}
	}
	for _, w := range d.fields {
		f := p.tuple.find(w.id)
		def := types.Null
		if f < 0 {
			var err error
			if def, err = ReadMissing(w.t, d.table.Desc.ColumnByID(w.id).Missing); err != nil {
				return nil, err
			}
		}
		p.field = append(p.field, f)
		p.def = append(p.def, def)
	}
	d.plans = append(d.plans, p)
	return p, nil
}

// decodeRow reads one row.
func (d *Decoder) decodeRow(p *fieldPlan, body []byte, wide bool, out []*vec.Vector, i int) bool {
	for n, w := range d.fields {
		v := out[w.out]
		if p.field[n] < 0 {
			v.Set(i, p.def[n])
			continue
		}
		b, null, ok := p.tuple.get(body, wide, p.field[n])
		if !ok {
			return false
		}
		if null {
			v.SetNull(i)
		} else if !p.tuple.fields[p.field[n]].cell.read(b, w.t, v, i, &d.arena) {
			return false
		}
	}
	return true
}
