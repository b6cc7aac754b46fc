package rowenc

import (
	"encoding/binary"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/keyenc"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// DataPrefix is the first byte of every key of a table. The catalog's own keys sort before.
const DataPrefix = 0x02

// StorageRange holds every key of a key space.
func StorageRange(storage uint64) kv.Range {
	p := keyenc.AppendUvarint([]byte{DataPrefix}, storage)
	return kv.Range{Start: p, End: keyenc.PrefixEnd(p)}
}

// Space is the length of the prefix that the keys of one index of a table have in common, and no others. The catalog's own keys
// are one space.
func Space(key []byte) int {
	if key[0] != DataPrefix {
		return 1
	}
	rest := key[1:]
	for range 2 { // key space, index
		_, after, err := keyenc.DecodeUvarint(rest)
		if err != nil {
			break
		}
		rest = after
	}
	return len(key) - len(rest)
}

// Buffer collects keys or values of many rows in one piece of memory. The zero value is ready; Reset keeps the memory.
type Buffer struct {
	B   [][]byte // valid until Reset
	buf []byte
}

// Reset empties b.
func (b *Buffer) Reset() { b.B, b.buf = b.B[:0], b.buf[:0] }

// close makes the bytes from start on the next element.
func (b *Buffer) close(start int) {
	n := len(b.buf)
	b.B = append(b.B, b.buf[start:n:n])
}

// Append adds a copy of v.
func (b *Buffer) Append(v []byte) {
	start := len(b.buf)
	b.buf = append(b.buf, v...)
	b.close(start)
}

// AppendKey adds the key that begins with prefix and goes on with id.
func (b *Buffer) AppendKey(prefix []byte, id string) {
	start := len(b.buf)
	b.buf = append(append(b.buf, prefix...), id...)
	b.close(start)
}

// Table is the compiled layout of a table. It is read-only and may be shared.
type Table struct {
	Desc    *catalog.Table
	Primary *Index
	Indexes []*Index // as Desc.Indexes
	row     *tuple   // layout of rows written now
	count   int      // column IDs that such rows cover
}

// Index is the compiled layout of one index: keys of rows (the primary index) or entries.
type Index struct {
	Desc   *catalog.Index
	Prefix []byte // of every key of the index
	table  *Table
	cols   []keyCol
	stored tuple // in the entry's value
	unique bool  // an entry without NULL does not have the row id in its key
	// present is where Rows.Cols have the predicate of a partial index, 0 if the index has none.
	present int
}

// NewTable compiles the layout of a stored table.
func NewTable(t *catalog.Table) (*Table, error) {
	rt := &Table{Desc: t, count: int(t.NextColumn) - 1}
	var err error
	c := compiler{table: rt, indexes: make([]Index, 1+len(t.Indexes))}
	c.reserve(t)
	if rt.Primary, err = c.index(t.Primary); err != nil {
		return nil, err
	}
	if len(rt.Primary.cols) == 0 {
		rt.Primary.cols = []keyCol{{t: types.Of(types.Int8OID), form: keyInt, src: -1}}
	}
	rt.row = rt.layout(rt.count)
	if len(t.Indexes) > 0 {
		rt.Indexes = make([]*Index, len(t.Indexes))
	}
	for i, x := range t.Indexes {
		if rt.Indexes[i], err = c.index(x); err != nil {
			return nil, err
		}
		if !x.Inverted() {
			rt.Indexes[i].storeInexact()
		}
	}
	rt.placeExprs()
	return rt, nil
}

// compiler makes the indexes of one table in a few pieces of memory: every scan of a statement that runs once has its own layout.
type compiler struct {
	table    *Table
	indexes  []Index
	cols     []keyCol
	prefixes []byte
}

func (c *compiler) reserve(t *catalog.Table) {
	n := len(t.Primary.Columns)
	for _, x := range t.Indexes {
		n += len(x.Columns)
	}
	c.cols = make([]keyCol, 0, n)
	c.prefixes = make([]byte, 0, (1+len(t.Indexes))*prefixBytes)
}

// prefixBytes is what the prefix of an index's keys takes, unless its numbers are very large.
const prefixBytes = 8

// placeExprs tells the indexes where Rows.Cols have the values of their expressions: after the columns.
func (t *Table) placeExprs() {
	at := len(t.Desc.Columns)
	for _, x := range t.Indexes {
		for k := range x.cols {
			if x.cols[k].src == exprSrc {
				x.cols[k].src = at
				at++
			}
		}
		if x.Desc.Predicate != "" {
			x.present = at
			at++
		}
	}
}

// exprSrc marks a key column that is an expression until placeExprs.
const exprSrc = -2

// Index returns the layout of an index, the primary one included, nil if there is none.
func (t *Table) Index(id catalog.IndexID) *Index {
	if id == t.Primary.Desc.ID {
		return t.Primary
	}
	for _, x := range t.Indexes {
		if x.Desc.ID == id {
			return x
		}
	}
	return nil
}

// Range holds every row of the table.
func (t *Table) Range() kv.Range { return t.Primary.Range() }

// Range holds every entry of the index.
func (x *Index) Range() kv.Range {
	return kv.Range{Start: x.Prefix, End: keyenc.PrefixEnd(x.Prefix)}
}

// RowKey is the key of the row of a table with that row id.
func RowKey(t *catalog.Table, rowID string) []byte {
	p := keyenc.AppendUvarint([]byte{DataPrefix}, t.Storage)
	return append(keyenc.AppendUvarint(p, uint64(t.Primary.ID)), rowID...)
}

// StorageOf is the storage number of the table that a key belongs to; ok is false if it is not a key of a table.
func StorageOf(key []byte) (storage uint64, ok bool) {
	if len(key) == 0 || key[0] != DataPrefix {
		return 0, false
	}
	storage, _, err := keyenc.DecodeUvarint(key[1:])
	return storage, err == nil
}

func (c *compiler) index(x *catalog.Index) (*Index, error) {
	t := c.table
	start := len(c.prefixes)
	c.prefixes = keyenc.AppendUvarint(append(c.prefixes, DataPrefix), t.Desc.Storage)
	c.prefixes = keyenc.AppendUvarint(c.prefixes, uint64(x.ID))
	n := len(c.prefixes)
	ix := &c.indexes[0]
	c.indexes = c.indexes[1:]
	*ix = Index{Desc: x, Prefix: c.prefixes[start:n:n], table: t, unique: x.Unique && x != t.Desc.Primary}
	first := len(c.cols)
	for _, k := range x.Columns {
		src, typ := exprSrc, k.Type
		if k.Column != 0 {
			if src = t.Desc.Ordinal(k.Column); src < 0 {
				return nil, errCorrupt("index %q of table %q has an unknown column %d", x.Name, t.Desc.Name, k.Column)
			}
			typ = t.Desc.Columns[src].Type
		}
		if x.Inverted() {
			terms, err := newTermsOf(k.OpClass, typ)
			if err != nil {
				return nil, err
			}
			c.cols = append(c.cols, keyCol{id: k.Column, t: typ, src: src, terms: terms})
			continue
		}
		form, err := keyFormOf(typ.OID)
		if err != nil {
			return nil, err
		}
		c.cols = append(c.cols, keyCol{id: k.Column, t: typ, form: form, src: src, desc: k.Desc, nullsFirst: k.NullsFirst})
	}
	n = len(c.cols)
	ix.cols = c.cols[first:n:n]
	return ix, nil
}

// storeInexact lays out what an entry's value must hold: key columns (also the primary key's) that the key does not
// give back, and INCLUDE columns.
func (x *Index) storeInexact() {
	add := func(id catalog.ColumnID) {
		src := x.table.Desc.Ordinal(id)
		if src >= 0 && x.stored.find(id) < 0 {
			x.stored.add(id, x.table.Desc.Columns[src].Type, src)
		}
	}
	for _, cols := range [][]keyCol{x.cols, x.table.Primary.cols} {
		for _, c := range cols {
			if !c.form.exact() && c.id != 0 {
				add(c.id)
			}
		}
	}
	for _, id := range x.Desc.Include {
		add(id)
	}
}

// layout is the tuple of rows written when the table had count column IDs.
func (t *Table) layout(count int) *tuple {
	tp := &tuple{fields: make([]field, 0, count)}
	live, dropped := t.Desc.Columns, t.Desc.Dropped
	for src := 0; ; {
		var c *catalog.Column
		at := -1
		switch {
		case src < len(live) && (len(dropped) == 0 || live[src].ID < dropped[0].ID):
			c, at = live[src], src
			src++
		case len(dropped) > 0:
			c, dropped = dropped[0], dropped[1:]
		default:
			return tp
		}
		if int(c.ID) > count {
			return tp
		}
		if k := t.Primary.find(c.ID); k < 0 || !t.Primary.cols[k].form.exact() {
			tp.add(c.ID, c.Type, at)
		}
	}
}

// find is the position of a column among the key columns, -1 if it is none.
func (x *Index) find(id catalog.ColumnID) int {
	for i := range x.cols {
		if x.cols[i].id == id {
			return i
		}
	}
	return -1
}

// KeyColumns is the number of key columns, a hidden row id included.
func (x *Index) KeyColumns() int { return len(x.cols) }

// Columns lists the ordinals of the table's columns on which an entry depends, key columns first.
func (x *Index) Columns() []int {
	var src []int
	for _, c := range x.cols {
		if c.src < len(x.table.Desc.Columns) {
			src = append(src, c.src)
		}
	}
	for _, id := range x.Desc.Reads {
		src = append(src, x.table.Desc.Ordinal(id))
	}
	for _, f := range x.stored.fields {
		src = append(src, f.src)
	}
	return src
}

// Rows says which rows of a table's columns (in order of Table.Columns) to encode. For entries of indexes, the values of
// catalog.Table.IndexExprs follow the columns.
type Rows struct {
	Cols []*vec.Vector
	Len  int
	Sel  []int32 // nil: all
	// RowIDs are the hidden row ids of the rows (one for each row that counts), for a table without PRIMARY KEY.
	RowIDs []int64
}

// count is the number of rows that count.
func (r *Rows) count() int {
	if r.Sel != nil {
		return len(r.Sel)
	}
	return r.Len
}

// row is the position of the i-th row that counts.
func (r *Rows) row(i int) int {
	if r.Sel != nil {
		return int(r.Sel[i])
	}
	return i
}

// AppendKeys appends the keys of rows: of the primary index.
func (t *Table) AppendKeys(dst *Buffer, r *Rows) {
	x := t.Primary
	hidden := x.cols[0].src < 0
	for i := range r.count() {
		start := len(dst.buf)
		b := append(dst.buf, x.Prefix...)
		if hidden {
			b = keyenc.AppendInt(b, r.RowIDs[i])
		} else {
			b = x.appendColumns(b, r.Cols, r.row(i))
		}
		dst.buf = b
		dst.close(start)
	}
}

// AppendRows appends the values of rows.
func (t *Table) AppendRows(dst *Buffer, r *Rows) {
	for i := range r.count() {
		start := len(dst.buf)
		dst.buf = append(dst.buf, format1, byte(t.count), byte(t.count>>8))
		dst.buf = t.row.append(dst.buf, start, r.Cols, r.row(i))
		dst.close(start)
	}
}

func (x *Index) appendColumns(b []byte, cols []*vec.Vector, row int) []byte {
	for k := range x.cols {
		c := &x.cols[k]
		b = c.append(b, cols[c.src], row)
	}
	return b
}

// AppendEntries appends keys and values of the index entries of rows, whose primary keys (with the table's prefix) are pks: for every
// row one, as AppendEntryKeys says, or of an inverted index as many as there are terms.
func (x *Index) AppendEntries(keys, values *Buffer, r *Rows, pks [][]byte) {
	if x.Desc.Inverted() {
		x.appendTerms(keys, values, r, pks)
		return
	}
	x.AppendEntryKeys(keys, r, pks)
	x.AppendEntryValues(values, r, pks)
}

// AppendEntryKeys appends the keys of the index entries of rows, whose primary keys (with the table's prefix) are pks. A row that
// the predicate leaves out has no entry: its value is empty, and its key one that no entry has. Of an inverted index it appends all keys
// that there are.
func (x *Index) AppendEntryKeys(dst *Buffer, r *Rows, pks [][]byte) {
	if x.Desc.Inverted() {
		x.appendTerms(dst, nil, r, pks)
		return
	}
	for i := range r.count() {
		row := r.row(i)
		start := len(dst.buf)
		dst.buf = x.appendColumns(append(dst.buf, x.Prefix...), r.Cols, row)
		if x.hasRowID(r.Cols, row) {
			dst.buf = append(dst.buf, pks[i][len(x.table.Primary.Prefix):]...)
		}
		if !x.has(r.Cols, row) {
			dst.buf = append(dst.buf, 0) // after a complete row id
		}
		dst.close(start)
	}
}

// has reports whether a row has an entry: a partial index leaves rows out.
func (x *Index) has(cols []*vec.Vector, row int) bool {
	return x.present == 0 || cols[x.present].Bool[row] && !cols[x.present].Nulls.Has(row)
}

// hasRowID reports whether the entry of a row has the row id in its key.
func (x *Index) hasRowID(cols []*vec.Vector, row int) bool {
	if !x.unique || !x.has(cols, row) {
		return true
	}
	if x.Desc.NullsNotDistinct {
		return false
	}
	for k := range x.cols {
		if cols[x.cols[k].src].Nulls.Has(row) {
			return true
		}
	}
	return false
}

// AppendEntryValues appends the values of the index entries of rows, whose primary keys are pks. An empty one means that the
// row has no entry. Not for inverted indexes.
func (x *Index) AppendEntryValues(dst *Buffer, r *Rows, pks [][]byte) {
	for i := range r.count() {
		row := r.row(i)
		start := len(dst.buf)
		if !x.has(r.Cols, row) {
			dst.close(start)
			continue
		}
		b := append(dst.buf, format1)
		if !x.hasRowID(r.Cols, row) {
			id := pks[i][len(x.table.Primary.Prefix):]
			b = append(binary.AppendUvarint(b, uint64(len(id))), id...)
		}
		if len(x.stored.fields) > 0 {
			b = x.stored.append(b, start, r.Cols, row)
		}
		dst.buf = b
		dst.close(start)
	}
}

// AppendPrefixKey appends the key that begins with the index's prefix and the values of leading key columns, as they stand
// in row of cols (one vector for each of those columns).
func (x *Index) AppendPrefixKey(dst *Buffer, cols []*vec.Vector, row int) {
	start := len(dst.buf)
	b := append(dst.buf, x.Prefix...)
	for k, v := range cols {
		b = x.cols[k].append(b, v, row)
	}
	dst.buf = b
	dst.close(start)
}

// KeyValues is "1, x": the values of the key columns in row of cols, for the detail of an error.
func (x *Index) KeyValues(cols []*vec.Vector, row int, env *types.Env) string {
	values := make([]string, len(x.cols))
	for k, c := range x.cols {
		values[k] = "null"
		if d := cols[c.src].Datum(row); !d.IsNull() {
			values[k] = types.Text(c.t, d, env)
		}
	}
	return strings.Join(values, ", ")
}

// RowIDOfKey is the row id in the key of a row.
func (t *Table) RowIDOfKey(key []byte) []byte { return key[len(t.Primary.Prefix):] }

// RowIDOfEntry is the row id in the value of an entry of a unique index whose key does not hold it.
func (x *Index) RowIDOfEntry(value []byte) ([]byte, error) {
	id, _, err := x.splitValue(value)
	return id, err
}

// splitValue cuts the value of an entry without row id in its key into row id and tuple.
func (x *Index) splitValue(value []byte) (id, tuple []byte, err error) {
	if len(value) < 2 || value[0]&formatMask != format1 {
		return nil, nil, errCorrupt("entry of index %q", x.Desc.Name)
	}
	n, w := binary.Uvarint(value[1:])
	if w <= 0 || n > uint64(len(value)-1-w) {
		return nil, nil, errCorrupt("entry of index %q", x.Desc.Name)
	}
	return value[1+w : 1+w+int(n)], value[1+w+int(n):], nil
}
