package keyenc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// ErrCorrupt is the error of all decoders.
var ErrCorrupt = errors.New("keyenc: malformed key")

// First bytes of fields.
const (
	nullLow  = 0x00
	notNull  = 0x02 // also false
	isTrue   = 0x03
	intZero  = 0x78 // 0; values to intSmall follow, negatives lie below
	intSmall = 109
	intLong  = intZero + intSmall // + number of bytes
	nullHigh = 0xff
)

// Column says how the fields of one key column are written.
type Column struct {
	Desc       bool
	NullsFirst bool
}

// AppendNull appends a NULL that sorts before or after every value.
func AppendNull(b []byte, first bool) []byte {
	if first {
		return append(b, nullLow)
	}
	return append(b, nullHigh)
}

// DecodeNull reports whether key begins with a NULL; rest is then what follows it, else key itself.
func DecodeNull(key []byte) (null bool, rest []byte, err error) {
	if len(key) == 0 {
		return false, nil, ErrCorrupt
	}
	if key[0] == nullLow || key[0] == nullHigh {
		return true, key[1:], nil
	}
	return false, key, nil
}

// Invert complements b in place: it turns an ascending field into a descending one and back.
func Invert(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, ^binary.LittleEndian.Uint64(b))
	}
	for i := range b {
		b[i] = ^b[i]
	}
}

// AppendBool appends a bool.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, isTrue)
	}
	return append(b, notNull)
}

// DecodeBool decodes a bool.
func DecodeBool(key []byte, desc bool) (bool, []byte, error) {
	if len(key) == 0 {
		return false, nil, ErrCorrupt
	}
	switch key[0] ^ mask(desc) {
	case notNull:
		return false, key[1:], nil
	case isTrue:
		return true, key[1:], nil
	}
	return false, nil, ErrCorrupt
}

func mask(desc bool) byte {
	if desc {
		return 0xff
	}
	return 0
}

// AppendInt appends an integer in 1 to 9 bytes.
func AppendInt(b []byte, v int64) []byte {
	if v >= 0 {
		if v <= intSmall {
			return append(b, byte(intZero+v))
		}
		n := byteLen(uint64(v))
		b = append(b, byte(intLong+n))
		return appendLow(b, uint64(v), n)
	}
	n := byteLen(uint64(^v)) // -1 needs none, but gets one
	b = append(b, byte(intZero-n))
	return appendLow(b, uint64(v), n)
}

// byteLen is the number of bytes of v, at least one.
func byteLen(v uint64) int {
	n := 1
	for v >>= 8; v != 0; v >>= 8 {
		n++
	}
	return n
}

// appendLow appends the low n bytes of v, big-endian.
func appendLow(b []byte, v uint64, n int) []byte {
	b = slices.Grow(b, 8)
	binary.BigEndian.PutUint64(b[len(b):len(b)+8], v<<(8*(8-n)))
	return b[:len(b)+n]
}

// DecodeInt decodes an integer.
func DecodeInt(key []byte, desc bool) (int64, []byte, error) {
	if len(key) == 0 {
		return 0, nil, ErrCorrupt
	}
	m := mask(desc)
	tag := key[0] ^ m
	if tag >= intZero && tag <= intLong {
		return int64(tag - intZero), key[1:], nil
	}
	n := int(tag) - intLong
	if n < 0 {
		n = intZero - int(tag)
	}
	if n < 1 || n > 8 || len(key) < 1+n {
		return 0, nil, ErrCorrupt
	}
	var v uint64
	if len(key) >= 9 {
		v = binary.BigEndian.Uint64(key[1:]) >> (8 * (8 - n))
	} else {
		for _, c := range key[1 : 1+n] {
			v = v<<8 | uint64(c)
		}
	}
	if desc {
		v = ^v & (math.MaxUint64 >> (8 * (8 - n)))
	}
	if tag < intZero && n < 8 {
		v |= math.MaxUint64 << (8 * n)
	}
	if (tag < intZero) != (int64(v) < 0) {
		return 0, nil, ErrCorrupt
	}
	return int64(v), key[1+n:], nil
}

// AppendFloat appends a float. -0 becomes 0 and every NaN the same one, greater than all numbers.
func AppendFloat(b []byte, v float64) []byte {
	u := math.Float64bits(v)
	switch {
	case v != v:
		u = math.MaxUint64
	case v == 0:
		u = 1 << 63
	case u>>63 == 0:
		u |= 1 << 63
	default:
		u = ^u
	}
	return binary.BigEndian.AppendUint64(append(b, notNull), u)
}

// DecodeFloat decodes a float.
func DecodeFloat(key []byte, desc bool) (float64, []byte, error) {
	u, rest, err := decode8(key, desc)
	switch {
	case err != nil:
		return 0, nil, err
	case u == math.MaxUint64:
		return math.NaN(), rest, nil
	case u>>63 == 1:
		u &^= 1 << 63
	default:
		u = ^u
	}
	v := math.Float64frombits(u)
	if v != v {
		return 0, nil, ErrCorrupt
	}
	return v, rest, nil
}

func decode8(key []byte, desc bool) (uint64, []byte, error) {
	if len(key) < 9 || key[0]^mask(desc) != notNull {
		return 0, nil, ErrCorrupt
	}
	u := binary.BigEndian.Uint64(key[1:])
	if desc {
		u = ^u
	}
	return u, key[9:], nil
}

// AppendBytes appends a byte string of any length.
func AppendBytes(b, v []byte) []byte {
	b = append(b, notNull)
	for {
		i := bytes.IndexByte(v, 0)
		if i < 0 {
			break
		}
		b = append(append(b, v[:i]...), 0, 0xff)
		v = v[i+1:]
	}
	return append(append(b, v...), 0, 1)
}

// AppendString is AppendBytes of a string.
func AppendString(b []byte, v string) []byte {
	b = append(b, notNull)
	start := 0
	for i := 0; i < len(v); i++ {
		if v[i] == 0 {
			b = append(append(b, v[start:i]...), 0, 0xff)
			start = i + 1
		}
	}
	return append(append(b, v[start:]...), 0, 1)
}

// DecodeBytes decodes a byte string and appends it to dst.
func DecodeBytes(dst, key []byte, desc bool) (v, rest []byte, err error) {
	m := mask(desc)
	if len(key) == 0 || key[0]^m != notNull {
		return nil, nil, ErrCorrupt
	}
	key = key[1:]
	for {
		i := bytes.IndexByte(key, m)
		if i < 0 || i+1 >= len(key) {
			return nil, nil, ErrCorrupt
		}
		n := len(dst)
		dst = append(dst, key[:i]...)
		if desc {
			Invert(dst[n:])
		}
		c := key[i+1] ^ m
		key = key[i+2:]
		switch c {
		case 1:
			return dst, key, nil
		case 0xff:
			dst = append(dst, 0)
		default:
			return nil, nil, ErrCorrupt
		}
	}
}

// AppendFixed appends bytes of a length that the reader knows.
func AppendFixed(b []byte, v string) []byte { return append(append(b, notNull), v...) }

// DecodeFixed decodes n bytes and appends them to dst.
func DecodeFixed(dst, key []byte, n int, desc bool) (v, rest []byte, err error) {
	if len(key) < n+1 || key[0]^mask(desc) != notNull {
		return nil, nil, ErrCorrupt
	}
	at := len(dst)
	dst = append(dst, key[1:n+1]...)
	if desc {
		Invert(dst[at:])
	}
	return dst, key[n+1:], nil
}

// AppendWide appends the 128-bit integer hi·2^64 + lo.
func AppendWide(b []byte, hi int64, lo uint64) []byte {
	b = binary.BigEndian.AppendUint64(append(b, notNull), uint64(hi)^1<<63)
	return binary.BigEndian.AppendUint64(b, lo)
}

// AppendUvarint appends an id in as few bytes as its size needs (SQLite4's varint: order-preserving).
func AppendUvarint(b []byte, v uint64) []byte {
	switch {
	case v <= 240:
		return append(b, byte(v))
	case v <= 2287:
		v -= 240
		return append(b, byte(241+v>>8), byte(v))
	case v <= 67823:
		v -= 2288
		return append(b, 249, byte(v>>8), byte(v))
	}
	n := byteLen(v)
	return appendLow(append(b, byte(247+n)), v, n)
}

// DecodeUvarint decodes an id.
func DecodeUvarint(key []byte) (uint64, []byte, error) {
	if len(key) == 0 {
		return 0, nil, ErrCorrupt
	}
	c := key[0]
	switch {
	case c <= 240:
		return uint64(c), key[1:], nil
	case c <= 248:
		if len(key) < 2 {
			return 0, nil, ErrCorrupt
		}
		return 240 + uint64(c-241)<<8 + uint64(key[1]), key[2:], nil
	case c == 249:
		if len(key) < 3 {
			return 0, nil, ErrCorrupt
		}
		return 2288 + uint64(key[1])<<8 + uint64(key[2]), key[3:], nil
	}
	n := int(c) - 247
	if len(key) < 1+n {
		return 0, nil, ErrCorrupt
	}
	var v uint64
	for _, x := range key[1 : 1+n] {
		v = v<<8 | uint64(x)
	}
	if v <= 67823 {
		return 0, nil, ErrCorrupt
	}
	return v, key[1+n:], nil
}

// PrefixEnd is the smallest key greater than every key that begins with prefix: the End of their range. It is nil if
// there is none (prefix is all ff).
func PrefixEnd(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			end := slices.Clone(prefix[:i+1])
			end[i]++
			return end
		}
	}
	return nil
}
