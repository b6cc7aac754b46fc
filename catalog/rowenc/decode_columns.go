package rowenc

import (
	"encoding/binary"
	"math"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// decodeColumns reads d.bodies, which all have the layout p with short ends, a column at a time.
func (d *Decoder) decodeColumns(p *fieldPlan, keys [][]byte, out []*vec.Vector, at int) error {
	nulls, bad := p.tuple.nullFields(d.bodies)
	if bad >= 0 {
		return d.corruptRow(keys[bad])
	}
	if n, bad := d.stringBytes(p); bad >= 0 {
		return d.corruptRow(keys[bad])
	} else if n > cap(d.arena)-len(d.arena) {
		d.arena = make(arena, 0, n)
	}
	for n, w := range d.fields {
		v := out[w.out]
		fi := p.field[n]
		if fi < 0 {
			for i := range d.bodies {
				v.Set(at+i, p.def[n])
			}
			continue
		}
		null := fi >= 64 || nulls>>fi&1 != 0
		if p.fixedColumn(fi, d.bodies, v, at, null) || p.numericColumn(fi, d.bodies, v, at, null) {
			continue
		}
		cell := p.tuple.fields[fi].cell
		for i, body := range d.bodies {
			b, null, ok := p.tuple.get(body, false, fi)
			if null {
				v.SetNull(at + i)
			} else if !ok || !cell.read(b, w.t, v, at+i, &d.arena) {
				return d.corruptRow(keys[i])
			}
		}
	}
	return nil
}

// nullFields are the fields, the first 64, that are NULL in one of the bodies at least. bad is a body that is too short, or -1.
func (t *tuple) nullFields(bodies [][]byte) (fields uint64, bad int) {
	least := t.bitmap + t.fixed + 2*t.vars
	for i, b := range bodies {
		switch {
		case len(b) < least:
			return 0, i
		case len(b) >= 8:
			fields |= binary.LittleEndian.Uint64(b)
		default:
			for k, c := range b[:t.bitmap] {
				fields |= uint64(c) << (8 * k)
			}
		}
	}
	if t.bitmap < 8 {
		fields &= 1<<(8*t.bitmap) - 1
	}
	return fields, -1
}

// stringBytes is the size of all strings that the plan reads; bad is a malformed row, or -1.
func (d *Decoder) stringBytes(p *fieldPlan) (n, bad int) {
	for _, fi := range p.field {
		if fi < 0 {
			continue
		}
		switch p.tuple.fields[fi].cell {
		case cellUUID:
			n += 16 * len(d.bodies)
		case cellStr:
			f := &p.tuple.fields[fi]
			end := p.tuple.bitmap + p.tuple.fixed + 2*f.at
			for i, b := range d.bodies {
				from, to := 0, int(binary.LittleEndian.Uint16(b[end:]))
				if f.at > 0 {
					from = int(binary.LittleEndian.Uint16(b[end-2:]))
				}
				if from > to {
					return 0, i
				}
				n += to - from
			}
		}
	}
	return n, -1
}

// fixedColumn reads a column of the commonest fixed cells; done is false for others. nulls: it may hold some.
func (p *fieldPlan) fixedColumn(fi int, bodies [][]byte, v *vec.Vector, at int, nulls bool) (done bool) {
	f := &p.tuple.fields[fi]
	null, bit := fi>>3, byte(1)<<(fi&7)
	off := p.tuple.bitmap + f.at
	switch f.cell {
	case cellInt4:
		dst := v.Int[at : at+len(bodies)]
		for i, b := range bodies {
			dst[i] = int64(int32(binary.LittleEndian.Uint32(b[off:])))
		}
	case cellInt8:
		dst := v.Int[at : at+len(bodies)]
		for i, b := range bodies {
			dst[i] = int64(binary.LittleEndian.Uint64(b[off:]))
		}
	case cellInt2:
		dst := v.Int[at : at+len(bodies)]
		for i, b := range bodies {
			dst[i] = int64(int16(binary.LittleEndian.Uint16(b[off:])))
		}
	case cellFloat8:
		dst := v.Float[at : at+len(bodies)]
		for i, b := range bodies {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[off:]))
		}
	case cellBool:
		dst := v.Bool[at : at+len(bodies)]
		for i, b := range bodies {
			dst[i] = b[off] != 0
		}
	default:
		return false
	}
	for i, b := range bodies { // NULLs hold zeros
		if !nulls {
			break
		}
		if b[null]&bit != 0 {
			v.SetNull(at + i)
		}
	}
	return true
}

// numericColumn reads a numeric column of which every value is small and well formed; done is false for others, which are
// read again one by one.
func (p *fieldPlan) numericColumn(fi int, bodies [][]byte, v *vec.Vector, at int, nulls bool) (done bool) {
	f := &p.tuple.fields[fi]
	if f.cell != cellNum {
		return false
	}
	null, bit := fi>>3, byte(1)<<(fi&7)
	end := p.tuple.bitmap + p.tuple.fixed + 2*f.at
	data := p.tuple.bitmap + p.tuple.fixed + 2*p.tuple.vars
	dst := v.Num[at : at+len(bodies)]
	for i, b := range bodies {
		if nulls && b[null]&bit != 0 {
			v.SetNull(at + i)
			continue
		}
		from, to := data, data+int(binary.LittleEndian.Uint16(b[end:]))
		if f.at > 0 {
			from += int(binary.LittleEndian.Uint16(b[end-2:]))
		}
		if to > len(b) || to-from < 3 || b[from] != numSmall || b[from+1] >= 0x80 { // one byte of scale
			return false
		}
		var x uint64
		if n := to - from - 2; n <= 7 && from+10 <= len(b) {
			// All bytes at once: each but the last has its high bit set, and seven bits of the number.
			w := binary.LittleEndian.Uint64(b[from+2:]) & (1<<(8*n) - 1)
			if w&moreBits != moreBits>>(8*(9-n)) {
				return false
			}
			x = sevens(w)
		} else if x, done = smallVarint(b[from+2 : to]); !done {
			return false
		}
		dst[i] = types.MakeNumeric(int64(x>>1)^-int64(x&1), int(b[from+1]))
	}
	return true
}

// moreBits are the bits of eight bytes that say that another one follows.
const moreBits = 0x8080808080808080

// sevens puts the low seven bits of each of the eight bytes of w together.
func sevens(w uint64) uint64 {
	w &^= moreBits
	w = w&0x007f007f007f007f | w&0x7f007f007f007f00>>1
	w = w&0x00003fff00003fff | w&0x3fff00003fff0000>>2
	return w&0x000000000fffffff | w&0x0fffffff00000000>>4
}

// smallVarint reads a varint that is all of b, of at most eight bytes.
func smallVarint(b []byte) (x uint64, ok bool) {
	last := len(b) - 1
	for i, c := range b {
		if i > 7 || (c < 0x80) != (i == last) {
			return 0, false
		}
		x |= uint64(c&0x7f) << (7 * i)
	}
	return x, true
}
