package exec

import (
	"encoding/binary"
	"math"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// appendVector encodes n rows of v.
func (s *SpillFile) appendVector(dst []byte, v *vec.Vector, n int) []byte {
	if v.Nulls.Any() {
		dst = append(dst, 1)
		for w := 0; w < (n+63)>>6; w++ {
			var x uint64
			if w < len(v.Nulls) {
				x = v.Nulls[w]
			}
			dst = binary.LittleEndian.AppendUint64(dst, x)
		}
	} else {
		dst = append(dst, 0)
	}
	switch v.Kind {
	case types.KindBool:
		for _, x := range v.Bool[:n] {
			b := byte(0)
			if x {
				b = 1
			}
			dst = append(dst, b)
		}
	case types.KindInt:
		for _, x := range v.Int[:n] {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(x))
		}
	case types.KindFloat:
		for _, x := range v.Float[:n] {
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
		}
	case types.KindStr:
		for _, x := range v.Str[:n] {
			dst = binary.AppendUvarint(dst, uint64(len(x)))
		}
		for _, x := range v.Str[:n] {
			dst = append(dst, x...)
		}
	default:
		for i := range n {
			dst = s.appendDatum(dst, v.Datum(i))
		}
	}
	return dst
}

// Tags of values held by reference, beside the kinds' own numbers.
const (
	tagArray  = 100
	tagRecord = 101
	tagTimeTZ = 102
	tagMemory = 103
	tagJSON   = 104
	tagNumber = 105
)

// appendDatum encodes a value with its kind.
func (s *SpillFile) appendDatum(dst []byte, d types.Datum) []byte {
	switch d.Kind() {
	case types.KindNull:
		return append(dst, byte(types.KindNull))
	case types.KindBool, types.KindInt:
		return binary.AppendVarint(append(dst, byte(d.Kind())), d.Int())
	case types.KindFloat:
		return binary.LittleEndian.AppendUint64(append(dst, byte(types.KindFloat)), math.Float64bits(d.Float()))
	case types.KindStr:
		return appendText(append(dst, byte(types.KindStr)), d.Str())
	case types.KindNum:
		return s.appendNumeric(dst, d.Num())
	case types.KindInterval:
		v := d.Interval()
		dst = binary.AppendVarint(append(dst, byte(types.KindInterval)), int64(v.Months))
		dst = binary.AppendVarint(dst, int64(v.Days))
		return binary.AppendVarint(dst, v.Micros)
	}
	return s.appendRef(dst, d)
}

// appendNumeric writes small numbers as coefficient and scale; the others, which are rare, as text.
func (s *SpillFile) appendNumeric(dst []byte, n types.Numeric) []byte {
	if coef, scale, ok := n.Small(); ok && n.IsFinite() {
		dst = binary.AppendVarint(append(dst, byte(types.KindNum)), coef)
		return binary.AppendVarint(dst, int64(scale))
	}
	return appendText(append(dst, tagNumber), n.String())
}

func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

func (s *SpillFile) appendRef(dst []byte, d types.Datum) []byte {
	switch x := d.Ref().(type) {
	case *types.Array:
		dst = binary.AppendUvarint(append(dst, tagArray), uint64(x.Elem))
		dst = binary.AppendUvarint(dst, uint64(len(x.Dims)))
		for _, dim := range x.Dims {
			dst = binary.AppendVarint(dst, int64(dim.Len))
			dst = binary.AppendVarint(dst, int64(dim.Lower))
		}
		return s.appendDatums(dst, x.Elems)
	case *types.Record:
		dst = binary.AppendUvarint(append(dst, tagRecord), uint64(len(x.Types)))
		for _, t := range x.Types {
			dst = binary.AppendUvarint(dst, uint64(t.OID))
			dst = binary.AppendVarint(dst, int64(t.Mod))
		}
		return s.appendDatums(dst, x.Fields)
	case types.TimeTZ:
		dst = binary.AppendVarint(append(dst, tagTimeTZ), x.Micros)
		return binary.AppendVarint(dst, int64(x.Zone))
	case *types.JSONB:
		return appendText(append(dst, tagJSON), x.String())
	}
	s.refs = append(s.refs, d.Ref())
	return binary.AppendUvarint(append(dst, tagMemory), uint64(len(s.refs)-1))
}

func (s *SpillFile) appendDatums(dst []byte, ds []types.Datum) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(ds)))
	for _, d := range ds {
		dst = s.appendDatum(dst, d)
	}
	return dst
}

// spillDecoder reads what a SpillFile encoded. bad is set when the bytes do not add up.
type spillDecoder struct {
	s   *SpillFile
	b   []byte
	bad bool
}

func (d *spillDecoder) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.bad = true
		d.b = nil
		return make([]byte, max(0, min(n, 16)))
	}
	x := d.b[:n]
	d.b = d.b[n:]
	return x
}

func (d *spillDecoder) uvarint() uint64 {
	x, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return x
}

func (d *spillDecoder) varint() int64 {
	x, n := binary.Varint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return x
}

func (d *spillDecoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad = true
		return 0
	}
	return int(n)
}

// vector fills v with n rows.
func (d *spillDecoder) vector(v *vec.Vector, k types.Kind, n int) {
	v.Reset(k)
	if d.bad {
		return
	}
	hasNulls := d.take(1)[0] == 1
	var nulls []byte
	if hasNulls {
		nulls = d.take((n + 63) >> 6 * 8)
		if d.bad {
			return
		}
	}
	switch k {
	case types.KindBool:
		v.Resize(n)
		for i, b := range d.take(n) {
			v.Bool[i] = b == 1
		}
	case types.KindInt, types.KindFloat:
		d.words(v, n)
	case types.KindStr:
		d.strings(v, n)
	default:
		v.Resize(0)
		for range n {
			v.Append(d.datum())
		}
		return
	}
	for i := 0; hasNulls && i < n; i++ {
		if binary.LittleEndian.Uint64(nulls[i>>6*8:])>>(uint(i)&63)&1 != 0 {
			v.Nulls.Set(i)
		}
	}
}

func (d *spillDecoder) words(v *vec.Vector, n int) {
	raw := d.take(8 * n)
	if d.bad {
		return
	}
	v.Resize(n)
	if v.Kind == types.KindInt {
		for i := range v.Int {
			v.Int[i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
		}
		return
	}
	for i := range v.Float {
		v.Float[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
}

// strings reads lengths, then all bytes as one string that the values are parts of.
func (d *spillDecoder) strings(v *vec.Vector, n int) {
	lens := *d
	total := uint64(0)
	for range n {
		total += d.uvarint()
	}
	if d.bad || total > uint64(len(d.b)) {
		d.bad = true
		return
	}
	all := string(d.take(int(total)))
	v.Resize(n)
	for i := range v.Str {
		l := int(lens.uvarint())
		v.Str[i], all = all[:l], all[l:]
	}
}

func (d *spillDecoder) datum() types.Datum {
	if d.bad {
		return types.Null
	}
	tag := d.take(1)[0]
	switch tag {
	case byte(types.KindNull):
		return types.Null
	case byte(types.KindBool):
		return types.NewBool(d.varint() != 0)
	case byte(types.KindInt):
		return types.NewInt(d.varint())
	case byte(types.KindFloat):
		return types.NewFloat(math.Float64frombits(binary.LittleEndian.Uint64(d.take(8))))
	case byte(types.KindStr):
		return types.NewStr(string(d.take(d.count())))
	case byte(types.KindNum):
		coef := d.varint()
		return types.NewNum(types.MakeNumeric(coef, int(d.varint())))
	case byte(types.KindInterval):
		m, dd := d.varint(), d.varint()
		return types.NewInterval(types.Interval{Months: int32(m), Days: int32(dd), Micros: d.varint()})
	}
	return d.ref(tag)
}

func (d *spillDecoder) ref(tag byte) types.Datum {
	switch tag {
	case tagArray:
		a := &types.Array{Elem: types.OID(d.uvarint())}
		for n := d.count(); n > 0 && !d.bad; n-- {
			l := d.varint()
			a.Dims = append(a.Dims, types.Dim{Len: int(l), Lower: int(d.varint())})
		}
		a.Elems = d.datums()
		return types.NewRef(a)
	case tagRecord:
		r := &types.Record{}
		for n := d.count(); n > 0 && !d.bad; n-- {
			oid := d.uvarint()
			r.Types = append(r.Types, types.T{OID: types.OID(oid), Mod: int32(d.varint())})
		}
		r.Fields = d.datums()
		return types.NewRef(r)
	case tagTimeTZ:
		m := d.varint()
		return types.NewRef(types.TimeTZ{Micros: m, Zone: int32(d.varint())})
	case tagJSON:
		j, err := types.ParseJSONB(string(d.take(d.count())))
		d.bad = d.bad || err != nil
		return types.NewRef(j)
	case tagNumber:
		n, err := types.ParseNumeric(string(d.take(d.count())))
		d.bad = d.bad || err != nil
		return types.NewNum(n)
	case tagMemory:
		i := d.uvarint()
		if i < uint64(len(d.s.refs)) {
			return types.NewRef(d.s.refs[i])
		}
	}
	d.bad = true
	return types.Null
}

func (d *spillDecoder) datums() []types.Datum {
	n := d.count()
	ds := make([]types.Datum, 0, n)
	for ; n > 0 && !d.bad; n-- {
		ds = append(ds, d.datum())
	}
	return ds
}
