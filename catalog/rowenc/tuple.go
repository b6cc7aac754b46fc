package rowenc

import (
	"encoding/binary"
	"fmt"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Bits of the format byte of a value.
const (
	formatMask = 0x7f
	format1    = 0x01
	wideBit    = 0x80 // ends of variable columns have 4 bytes
)

func errCorrupt(format string, args ...any) error {
	return fmt.Errorf("rowenc: %s: %w", fmt.Sprintf(format, args...), kv.ErrCorrupt)
}

// field is one column of a tuple.
type field struct {
	id   catalog.ColumnID
	t    types.T
	cell cell
	src  int // ordinal in Table.Columns; -1: dropped
	// at is the offset of a fixed column behind the bitmap, or the number of a variable one.
	at int
}

// tuple is the layout of NULL bitmap, fixed and variable columns.
type tuple struct {
	fields []field
	bitmap int // bytes
	fixed  int // bytes
	vars   int
}

func (t *tuple) add(id catalog.ColumnID, typ types.T, src int) {
	f := field{id: id, t: typ, cell: cellOf(typ.OID), src: src}
	if n := cellBytes[f.cell]; n > 0 {
		f.at = t.fixed
		t.fixed += n
	} else {
		f.at = t.vars
		t.vars++
	}
	t.fields = append(t.fields, f)
	t.bitmap = (len(t.fields) + 7) / 8
}

// find is the number of the field of a column, -1 if there is none.
func (t *tuple) find(id catalog.ColumnID) int {
	for i := range t.fields {
		if t.fields[i].id == id {
			return i
		}
	}
	return -1
}

// append appends the tuple of one row. It sets the wide bit of the format byte at format if it must.
func (t *tuple) append(b []byte, format int, cols []*vec.Vector, row int) []byte {
	start := len(b)
	b = t.appendTuple(b, 2, cols, row)
	if t.vars > 0 && len(b)-start-t.bitmap-t.fixed-2*t.vars > 0xffff {
		b[format] |= wideBit
		b = t.appendTuple(b[:start], 4, cols, row)
	}
	return b
}

func (t *tuple) appendTuple(b []byte, endBytes int, cols []*vec.Vector, row int) []byte {
	start := len(b)
	fixed := start + t.bitmap
	ends := fixed + t.fixed
	data := ends + t.vars*endBytes
	b = extend(b, data-start)
	for i := range t.fields {
		f := &t.fields[i]
		null := f.src < 0 || cols[f.src].Nulls.Has(row)
		if null {
			b[start+i>>3] |= 1 << (i & 7)
		}
		if n := cellBytes[f.cell]; n > 0 {
			if !null {
				f.cell.putFixed(b[fixed+f.at:fixed+f.at+n], cols[f.src], row)
			}
			continue
		}
		if !null {
			b = f.cell.appendVar(b, f.t, cols[f.src], row)
		}
		if endBytes == 2 {
			binary.LittleEndian.PutUint16(b[ends+2*f.at:], uint16(len(b)-data))
		} else {
			binary.LittleEndian.PutUint32(b[ends+4*f.at:], uint32(len(b)-data))
		}
	}
	return b
}

// extend appends n zero bytes.
func extend(b []byte, n int) []byte {
	if cap(b)-len(b) < n {
		b = append(make([]byte, 0, 2*cap(b)+n), b...)
	}
	at := len(b)
	b = b[:at+n]
	clear(b[at:])
	return b
}

// get returns the bytes of field i of a tuple.
func (t *tuple) get(b []byte, wide bool, i int) (v []byte, null, ok bool) {
	f := &t.fields[i]
	ends := t.bitmap + t.fixed
	if len(b) < ends {
		return nil, false, false
	}
	if b[i>>3]>>(i&7)&1 != 0 {
		return nil, true, true
	}
	if n := cellBytes[f.cell]; n > 0 {
		at := t.bitmap + f.at
		return b[at : at+n], false, true
	}
	from, to := 0, 0
	if wide {
		data := ends + 4*t.vars
		if len(b) < data {
			return nil, false, false
		}
		to = int(binary.LittleEndian.Uint32(b[ends+4*f.at:]))
		if f.at > 0 {
			from = int(binary.LittleEndian.Uint32(b[ends+4*f.at-4:]))
		}
		b = b[data:]
	} else {
		data := ends + 2*t.vars
		if len(b) < data {
			return nil, false, false
		}
		to = int(binary.LittleEndian.Uint16(b[ends+2*f.at:]))
		if f.at > 0 {
			from = int(binary.LittleEndian.Uint16(b[ends+2*f.at-2:]))
		}
		b = b[data:]
	}
	if from > to || to > len(b) {
		return nil, false, false
	}
	return b[from:to], false, true
}
