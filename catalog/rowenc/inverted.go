package rowenc

import (
	"encoding/binary"

	"github.com/lightsql/lightsql/catalog/gin"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/keyenc"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// termsOf makes terms of the values of one column of an inverted index.
type termsOf struct {
	class  gin.Class
	encode gin.Encode // elements of arrays
}

// newTermsOf is for a column of type t and an operator class, "" for the default one.
func newTermsOf(opclass string, t types.T) (*termsOf, error) {
	c := gin.DefaultClass(t.OID)
	if opclass != "" {
		c = gin.ClassNamed(opclass)
	}
	if c == 0 {
		return nil, pgerr.FeatureNotSupported("an inverted index on type " + types.FormatType(t.OID, -1))
	}
	terms := &termsOf{class: c}
	if c == gin.Arrays {
		elem := types.Of(types.ElemOf(types.BaseOf(t.OID)))
		form, err := keyFormOf(elem.OID)
		if err != nil {
			return nil, err
		}
		col := keyCol{t: elem, form: form}
		terms.encode = col.appendDatum
	}
	return terms, nil
}

// CheckTerms is the error of using a type as a column of an inverted index with an operator class, nil if it can be one.
func CheckTerms(opclass string, t types.T) error {
	_, err := newTermsOf(opclass, t)
	return err
}

// appendTerms appends the entries of rows in an inverted index. The keys go on with the number of the column, from 1, the term and
// the row id; the value has the length of the row id. values may be nil.
func (x *Index) appendTerms(keys, values *Buffer, r *Rows, pks [][]byte) {
	var terms gin.Terms
	var value []byte
	for i := range r.count() {
		row := r.row(i)
		if !x.has(r.Cols, row) {
			continue
		}
		id := pks[i][len(x.table.Primary.Prefix):]
		value = binary.AppendUvarint(append(value[:0], format1), uint64(len(id)))
		for k := range x.cols {
			v := r.Cols[x.cols[k].src]
			if v.Nulls.Has(row) {
				continue
			}
			of := x.cols[k].terms
			terms.Of(of.class, v.Datum(row), of.encode)
			for _, t := range terms.T {
				x.AppendTermKey(keys, k, t, id)
				if values != nil {
					values.Append(value)
				}
			}
		}
	}
}

func (x *Index) appendColumn(b []byte, column int) []byte {
	return keyenc.AppendUvarint(append(b, x.Prefix...), uint64(column)+1)
}

// AppendTermKey appends the key of the entry of an inverted index for a term of a column (from 0) and a row.
func (x *Index) AppendTermKey(dst *Buffer, column int, term, rowID []byte) {
	start := len(dst.buf)
	dst.buf = append(append(x.appendColumn(dst.buf, column), term...), rowID...)
	dst.close(start)
}

// TermRange holds the entries of an inverted index for a term of a column.
func (x *Index) TermRange(column int, term []byte) kv.Range {
	p := append(x.appendColumn(nil, column), term...)
	return kv.Range{Start: p, End: keyenc.PrefixEnd(p)}
}

// ColumnRange holds all entries of a column of an inverted index.
func (x *Index) ColumnRange(column int) kv.Range {
	p := x.appendColumn(nil, column)
	return kv.Range{Start: p, End: keyenc.PrefixEnd(p)}
}

// RowIDOfTerm is the row id of an entry of an inverted index.
func (x *Index) RowIDOfTerm(key, value []byte) ([]byte, error) {
	if len(value) < 2 || value[0]&formatMask != format1 {
		return nil, errCorrupt("entry of index %q", x.Desc.Name)
	}
	n, w := binary.Uvarint(value[1:])
	if w <= 0 || n > uint64(len(key)) {
		return nil, errCorrupt("entry of index %q", x.Desc.Name)
	}
	return key[len(key)-int(n):], nil
}

// Search is what "column op value" looks for in a column of an inverted index.
func (x *Index) Search(column int, op string, value types.Datum) (*gin.Search, error) {
	t := x.cols[column].terms
	return t.class.SearchFor(op, value, t.encode)
}
