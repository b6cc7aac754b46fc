package rowenc

import (
	"bytes"
	"math/bits"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv/keyenc"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// keyForm is how a column is written in a key.
type keyForm uint8

const (
	keyInt keyForm = iota
	keyBool
	keyStr
	keyUUID
	keyFloat // from here on: not exact, the value holds the column too
	keyPadded
	keyNum
	keyInterval
	keyRef
)

// exact reports whether the key gives the column's value back.
func (f keyForm) exact() bool { return f < keyFloat }

// keyCol is one column of a key.
type keyCol struct {
	id         catalog.ColumnID // 0: the hidden row id
	t          types.T
	form       keyForm
	src        int // ordinal in Table.Columns
	desc       bool
	nullsFirst bool
	terms      *termsOf // of an inverted index, which writes terms of the value instead
}

// CheckKey is the error of using a type as a key column, nil if it can be one.
func CheckKey(t types.T) error {
	_, err := keyFormOf(t.OID)
	return err
}

func keyFormOf(oid types.OID) (keyForm, error) {
	oid = types.BaseOf(oid)
	switch oid {
	case types.UUIDOID:
		return keyUUID, nil
	case types.BPCharOID:
		return keyPadded, nil
	case types.BoolOID:
		return keyBool, nil
	case types.TextOID, types.VarcharOID, types.NameOID, types.ByteaOID, types.CharOID, types.MACAddrOID, types.MACAddr8OID, types.BitOID,
		types.VarbitOID:
		return keyStr, nil
	case types.NumericOID:
		return keyNum, nil
	case types.IntervalOID:
		return keyInterval, nil
	case types.XIDOID, types.CIDOID, types.JSONOID, types.XMLOID, types.PointOID, types.BoxOID, types.LSegOID, types.PathOID,
		types.PolygonOID, types.LineOID, types.CircleOID:
		return 0, errNoOpclass(oid)
	}
	switch types.KindOf(oid) {
	case types.KindInt:
		return keyInt, nil
	case types.KindFloat:
		return keyFloat, nil
	case types.KindRef:
		return keyRef, checkRefKey(oid)
	}
	return 0, pgerr.FeatureNotSupported("an index on type " + types.FormatType(oid, -1))
}

func errNoOpclass(oid types.OID) error {
	return pgerr.New(pgerr.UndefinedObject, "data type %s has no default operator class for access method %q",
		types.FormatType(oid, -1), "btree").
		WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
}

// append appends row i of v, which is the column.
func (c *keyCol) append(b []byte, v *vec.Vector, i int) []byte {
	if v.Nulls.Has(i) {
		return keyenc.AppendNull(b, c.nullsFirst)
	}
	start := len(b)
	switch c.form {
	case keyInt:
		b = keyenc.AppendInt(b, v.Int[i])
	case keyBool:
		b = keyenc.AppendBool(b, v.Bool[i])
	case keyStr:
		b = keyenc.AppendString(b, v.Str[i])
	case keyUUID:
		b = keyenc.AppendFixed(b, v.Str[i])
	case keyFloat:
		b = keyenc.AppendFloat(b, v.Float[i])
	case keyPadded:
		b = keyenc.AppendString(b, strings.TrimRight(v.Str[i], " "))
	case keyNum:
		b = appendNumericKey(b, v.Num[i])
	case keyInterval:
		b = appendIntervalKey(b, v.Itv[i])
	case keyRef:
		b = keyenc.AppendString(b, string(appendRefKey(nil, v.Ref[i])))
	}
	if c.desc {
		keyenc.Invert(b[start:])
	}
	return b
}

// appendDatum appends d.
func (c *keyCol) appendDatum(b []byte, d types.Datum) []byte {
	if d.IsNull() {
		return keyenc.AppendNull(b, c.nullsFirst)
	}
	start := len(b)
	switch c.form {
	case keyInt:
		b = keyenc.AppendInt(b, d.Int())
	case keyBool:
		b = keyenc.AppendBool(b, d.Bool())
	case keyStr:
		b = keyenc.AppendString(b, d.Str())
	case keyUUID:
		b = keyenc.AppendFixed(b, d.Str())
	case keyFloat:
		b = keyenc.AppendFloat(b, d.Float())
	case keyPadded:
		b = keyenc.AppendString(b, strings.TrimRight(d.Str(), " "))
	case keyNum:
		b = appendNumericKey(b, d.Num())
	case keyInterval:
		b = appendIntervalKey(b, d.Interval())
	case keyRef:
		b = keyenc.AppendString(b, string(appendRefKey(nil, d.Ref())))
	}
	if c.desc {
		keyenc.Invert(b[start:])
	}
	return b
}

func appendNumericKey(b []byte, n types.Numeric) []byte {
	var buf [40]byte
	var digits []byte
	if coef, _, ok := n.Small(); ok {
		digits = strconv.AppendInt(buf[:0], coef, 10)
	} else if n.IsFinite() {
		digits = n.Unscaled().Append(buf[:0], 10)
	} else {
		return keyenc.AppendDecimal(b, keyenc.Decimal{NaN: n.IsNaN(), Inf: n.IsInf(0), Neg: n.IsInf(-1)})
	}
	var d keyenc.Decimal
	if digits[0] == '-' {
		d.Neg = true
		digits = digits[1:]
	}
	d.Exp = len(digits) - n.Scale()
	d.Digits = bytes.TrimRight(digits, "0")
	if len(d.Digits) == 0 {
		d = keyenc.Decimal{}
	}
	return keyenc.AppendDecimal(b, d)
}

// appendIntervalKey writes the total in microseconds, with months of 30 days and days of 24 hours (PostgreSQL's order).
func appendIntervalKey(b []byte, v types.Interval) []byte {
	days := int64(v.Months)*30 + int64(v.Days)
	hi, lo := bits.Mul64(uint64(max(days, -days)), 86_400_000_000)
	if days < 0 {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	lo, carry := bits.Add64(lo, uint64(v.Micros), 0)
	hi, _ = bits.Add64(hi, uint64(v.Micros>>63), carry)
	return keyenc.AppendWide(b, int64(hi), lo)
}

// skip returns what follows the column at the start of key.
func (c *keyCol) skip(key []byte) ([]byte, error) {
	null, rest, err := keyenc.DecodeNull(key)
	if null || err != nil {
		return rest, err
	}
	switch c.form {
	case keyInt:
		return keyenc.SkipInt(key, c.desc)
	case keyBool:
		_, rest, err := keyenc.DecodeBool(key, c.desc)
		return rest, err
	case keyStr, keyPadded, keyRef:
		return keyenc.SkipBytes(key, c.desc)
	case keyUUID, keyInterval:
		return keyenc.SkipFixed(key, 16, c.desc)
	case keyFloat:
		return keyenc.SkipFixed(key, 8, c.desc)
	}
	return keyenc.SkipDecimal(key, c.desc)
}
