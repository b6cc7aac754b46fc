package rowenc

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/cockroachdb/apd/v3"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/types/recv"
	"github.com/lightsql/lightsql/sql/vec"
)

// cell is how a column is held in a value.
type cell uint8

const (
	cellBool cell = iota
	cellInt2
	cellInt4
	cellUint4
	cellInt8
	cellFloat4
	cellFloat8
	cellUUID
	cellInterval
	cellStr // from here on: of variable length
	cellNum
	cellRef // text form, or binary (ownForm), by a fixed types.Env
)

// cellBytes are the lengths of fixed cells, by cell.
var cellBytes = [...]int{cellBool: 1, cellInt2: 2, cellInt4: 4, cellUint4: 4, cellInt8: 8, cellFloat4: 4, cellFloat8: 8, cellUUID: 16,
	cellInterval: 16, cellStr: 0, cellNum: 0, cellRef: 0}

// refEnv is the Env for the text form of cellRef values: it must never change.
var refEnv = func() *types.Env {
	env := types.NewEnv()
	env.Stored = true
	return env
}()

// ownForm reports the types of cellRef whose binary form is held: user-defined ones, which no text tells apart from each other.
func ownForm(oid types.OID) bool { return types.BaseOf(oid) >= types.FirstUserOID }

func cellOf(oid types.OID) cell {
	oid = types.BaseOf(oid)
	switch types.KindOf(oid) {
	case types.KindBool:
		return cellBool
	case types.KindFloat:
		if oid == types.Float4OID {
			return cellFloat4
		}
		return cellFloat8
	case types.KindNum:
		return cellNum
	case types.KindInterval:
		return cellInterval
	case types.KindStr:
		if oid == types.UUIDOID {
			return cellUUID
		}
		return cellStr
	case types.KindInt:
		return intCell(oid)
	}
	return cellRef
}

func intCell(oid types.OID) cell {
	switch oid {
	case types.Int2OID:
		return cellInt2
	case types.Int4OID, types.DateOID:
		return cellInt4
	}
	if ti, ok := types.Info(oid); ok && ti.Len == 4 {
		return cellUint4
	}
	return cellInt8
}

// putFixed writes row i of v to b, which has the cell's length.
func (c cell) putFixed(b []byte, v *vec.Vector, i int) {
	switch c {
	case cellBool:
		if v.Bool[i] {
			b[0] = 1
		}
	case cellInt2:
		binary.LittleEndian.PutUint16(b, uint16(v.Int[i]))
	case cellInt4, cellUint4:
		binary.LittleEndian.PutUint32(b, uint32(v.Int[i]))
	case cellInt8:
		binary.LittleEndian.PutUint64(b, uint64(v.Int[i]))
	case cellFloat4:
		binary.LittleEndian.PutUint32(b, math.Float32bits(float32(v.Float[i])))
	case cellFloat8:
		binary.LittleEndian.PutUint64(b, math.Float64bits(v.Float[i]))
	case cellUUID:
		copy(b[:16], v.Str[i])
	case cellInterval:
		x := v.Itv[i]
		binary.LittleEndian.PutUint64(b, uint64(x.Micros))
		binary.LittleEndian.PutUint32(b[8:], uint32(x.Days))
		binary.LittleEndian.PutUint32(b[12:], uint32(x.Months))
	}
}

// appendVar appends row i of v, a cell of variable length.
func (c cell) appendVar(b []byte, t types.T, v *vec.Vector, i int) []byte {
	switch c {
	case cellStr:
		return append(b, v.Str[i]...)
	case cellNum:
		return appendNumeric(b, v.Num[i])
	}
	if ownForm(t.OID) {
		return types.AppendBinary(b, t, types.NewRef(v.Ref[i]), refEnv)
	}
	return types.AppendText(b, t, types.NewRef(v.Ref[i]), refEnv)
}

// arena makes strings of bytes that do not stay: those of one batch share its memory, which is never used again.
type arena []byte

func (a *arena) str(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	at := len(*a)
	*a = append(*a, b...) // if it must grow, earlier strings keep the old memory
	return unsafe.String(&(*a)[at], len(b))
}

// tail is the string of what was appended to the arena since it had length at.
func (a *arena) tail(at int) string {
	if len(*a) == at {
		return ""
	}
	return unsafe.String(&(*a)[at], len(*a)-at)
}

// read sets row i of v from the bytes of a cell; ok is false if they are malformed.
func (c cell) read(b []byte, t types.T, v *vec.Vector, i int, a *arena) bool {
	if n := cellBytes[c]; n > 0 && len(b) != n {
		return false
	}
	switch c {
	case cellBool:
		v.Bool[i] = b[0] != 0
	case cellInt2:
		v.Int[i] = int64(int16(binary.LittleEndian.Uint16(b)))
	case cellInt4:
		v.Int[i] = int64(int32(binary.LittleEndian.Uint32(b)))
	case cellUint4:
		v.Int[i] = int64(binary.LittleEndian.Uint32(b))
	case cellInt8:
		v.Int[i] = int64(binary.LittleEndian.Uint64(b))
	case cellFloat4:
		v.Float[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case cellFloat8:
		v.Float[i] = math.Float64frombits(binary.LittleEndian.Uint64(b))
	case cellUUID, cellStr:
		v.Str[i] = a.str(b)
	case cellInterval:
		v.Itv[i] = types.Interval{Micros: int64(binary.LittleEndian.Uint64(b)), Days: int32(binary.LittleEndian.Uint32(b[8:])),
			Months: int32(binary.LittleEndian.Uint32(b[12:]))}
	case cellNum:
		n, ok := readNumeric(b)
		v.Num[i] = n
		return ok
	case cellRef:
		var d types.Datum
		var err error
		if ownForm(t.OID) {
			d, err = types.ParseBinary(types.Of(t.OID), b, refEnv, recv.Place{})
		} else {
			d, err = types.Parse(types.Of(types.BaseOf(t.OID)), string(b), refEnv)
		}
		if err != nil {
			return false
		}
		v.Ref[i] = d.Ref()
	}
	return true
}

// First byte of a numeric: a finite number with a small coefficient (zigzag varint), with a big one (magnitude), or a special value.
const (
	numSmall = iota
	numBig
	numBigNeg
	numNaN
	numInf
	numNegInf
)

// appendNumeric appends form, display scale, coefficient.
func appendNumeric(b []byte, n types.Numeric) []byte {
	if coef, scale, ok := n.Small(); ok {
		b = binary.AppendUvarint(append(b, numSmall), uint64(scale))
		return binary.AppendVarint(b, coef)
	}
	switch {
	case n.IsNaN():
		return append(b, numNaN)
	case n.IsInf(1):
		return append(b, numInf)
	case n.IsInf(-1):
		return append(b, numNegInf)
	}
	form := byte(numBig)
	if n.Sign() < 0 {
		form = numBigNeg
	}
	b = binary.AppendUvarint(append(b, form), uint64(n.Scale()))
	return append(b, n.Unscaled().Bytes()...)
}

func readNumeric(b []byte) (types.Numeric, bool) {
	if len(b) == 0 {
		return types.Numeric{}, false
	}
	form := b[0]
	switch form {
	case numNaN:
		return types.NumericNaN, len(b) == 1
	case numInf:
		return types.NumericInf, len(b) == 1
	case numNegInf:
		return types.NumericInf.Neg(), len(b) == 1
	}
	scale, n := binary.Uvarint(b[1:])
	if n <= 0 || scale > 16383 || form > numBigNeg {
		return types.Numeric{}, false
	}
	b = b[1+n:]
	if form == numSmall {
		coef, n := binary.Varint(b)
		return types.MakeNumeric(coef, int(scale)), n > 0 && n == len(b)
	}
	c := new(apd.BigInt).SetBytes(b)
	if form == numBigNeg {
		c.Neg(c)
	}
	return types.MakeBigNumeric(c, int(scale)), true
}

// AppendMissing appends the form of a value in Column.Missing; d is not NULL and of type t.
func AppendMissing(b []byte, t types.T, d types.Datum) []byte {
	c := cellOf(t.OID)
	v := vec.New(t.Kind(), 1)
	v.Append(d)
	if n := cellBytes[c]; n > 0 {
		b = append(b, make([]byte, n)...)
		c.putFixed(b[len(b)-n:], v, 0)
		return b
	}
	return c.appendVar(b, t, v, 0)
}

// ReadMissing is the value in Column.Missing.
func ReadMissing(t types.T, b []byte) (types.Datum, error) {
	if b == nil {
		return types.Null, nil
	}
	v := vec.New(t.Kind(), 1)
	v.AppendNull()
	v.Nulls.Reset()
	if !cellOf(t.OID).read(b, t, v, 0, new(arena)) {
		return types.Null, errCorrupt("default of an added column")
	}
	return v.Datum(0), nil
}
