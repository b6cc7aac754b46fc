package pgwire

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/lightsql/lightsql/exec/session"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// valueAppender appends one non-null value (without its length) in one format.
type valueAppender func(dst []byte, v *vec.Vector, row int, t types.T, env *types.Env) []byte

// rowWriter encodes rows of one result as DataRow messages.
type rowWriter struct {
	cols []rowColumn
	env  *types.Env
}

type rowColumn struct {
	t      types.T
	append valueAppender
}

// reset prepares for a result. formats follows Bind: empty is all text, one stands for all columns.
func (w *rowWriter) reset(cols []session.Column, formats []int16, env *types.Env) {
	w.env = env
	w.cols = w.cols[:0]
	for i, c := range cols {
		w.cols = append(w.cols, rowColumn{t: c.Type, append: appenderFor(c.Type, formatOf(formats, i))})
	}
}

// formatOf is the format code of column i.
func formatOf(formats []int16, i int) int16 {
	switch {
	case len(formats) == 0:
		return 0
	case len(formats) == 1:
		return formats[0]
	case i < len(formats):
		return formats[i]
	}
	return 0
}

// append appends row (an index into b's vectors) as a DataRow.
func (w *rowWriter) append(dst []byte, b *vec.Batch, row int) []byte {
	start := len(dst)
	dst = append(dst, 'D', 0, 0, 0, 0, byte(len(w.cols)>>8), byte(len(w.cols)))
	for i := range w.cols {
		v := b.Cols[i]
		if v.Nulls.Has(row) {
			dst = append(dst, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		at := len(dst)
		dst = w.cols[i].append(append(dst, 0, 0, 0, 0), v, row, w.cols[i].t, w.env)
		binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	}
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-1))
	return dst
}

// appenderFor picks the encoder of a type in a format; the common ones avoid a Datum.
func appenderFor(t types.T, format int16) valueAppender {
	if format == 1 {
		switch t.OID {
		case types.Int2OID:
			return appendInt2Binary
		case types.Int4OID, types.OIDOID, types.DateOID:
			return appendInt4Binary
		case types.Int8OID, types.TimestampOID, types.TimestamptzOID, types.TimeOID:
			return appendInt8Binary
		case types.Float8OID:
			return appendFloat8Binary
		case types.BoolOID:
			return appendBoolBinary
		case types.TextOID, types.VarcharOID, types.ByteaOID:
			return appendStr
		}
		return appendAnyBinary
	}
	switch t.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID, types.OIDOID:
		return appendIntText
	case types.BoolOID:
		return appendBoolText
	case types.TextOID, types.VarcharOID, types.NameOID, types.JSONOID, types.UnknownOID:
		return appendStr
	}
	return appendAnyText
}

func appendIntText(dst []byte, v *vec.Vector, row int, _ types.T, _ *types.Env) []byte {
	return strconv.AppendInt(dst, v.Int[row], 10)
}

func appendStr(dst []byte, v *vec.Vector, row int, _ types.T, _ *types.Env) []byte {
	return append(dst, v.Str[row]...)
}

func appendBoolText(dst []byte, v *vec.Vector, row int, _ types.T, _ *types.Env) []byte {
	if v.Bool[row] {
		return append(dst, 't')
	}
	return append(dst, 'f')
}

func appendBoolBinary(dst []byte, v *vec.Vector, row int, _ types.T, _ *types.Env) []byte {
	if v.Bool[row] {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendInt2Binary(dst []byte, v *vec.Vector, row int, _ types.T, _ *types.Env) []byte {
	return binary.BigEndian.AppendUint16(dst, uint16(v.Int[row]))
}

func appendInt4Binary(dst []byte, v *vec.Vector, row int, _ types.T, _ *types.Env) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(v.Int[row]))
}

func appendInt8Binary(dst []byte, v *vec.Vector, row int, _ types.T, _ *types.Env) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v.Int[row]))
}

func appendFloat8Binary(dst []byte, v *vec.Vector, row int, _ types.T, _ *types.Env) []byte {
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(v.Float[row]))
}

func appendAnyText(dst []byte, v *vec.Vector, row int, t types.T, env *types.Env) []byte {
	return types.AppendText(dst, t, v.Datum(row), env)
}

func appendAnyBinary(dst []byte, v *vec.Vector, row int, t types.T, env *types.Env) []byte {
	return types.AppendBinary(dst, t, v.Datum(row), env)
}

// appendRowDescription appends a RowDescription. typlen comes from the type table.
func appendRowDescription(dst []byte, cols []session.Column, formats []int16) []byte {
	start := len(dst)
	dst = append(dst, 'T', 0, 0, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(cols)))
	for i, c := range cols {
		dst = append(append(dst, c.Name...), 0)
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Table))
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Attr))
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Type.OID))
		size := int16(-1)
		if info, ok := types.Info(c.Type.OID); ok {
			size = int16(info.Len)
		}
		dst = binary.BigEndian.AppendUint16(dst, uint16(size))
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Type.Mod))
		dst = binary.BigEndian.AppendUint16(dst, uint16(formatOf(formats, i)))
	}
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-1))
	return dst
}
