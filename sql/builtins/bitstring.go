package builtins

import (
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Bit strings are held as their digits.

func bitwise(op string, f func(a, b byte) bool) expr.Kernel {
	return try2(strs, strs, strs, func(a, b string) (string, error) {
		if len(a) != len(b) {
			return "", pgerr.New(pgerr.StringDataLengthMismatch, "cannot %s bit strings of different sizes", op)
		}
		out := make([]byte, len(a))
		for i := range out {
			out[i] = bitDigit(f(a[i], b[i]))
		}
		return string(out), nil
	})
}

func bitDigit(b bool) byte {
	if b {
		return '1'
	}
	return '0'
}

// shiftBits shifts left, or right if n is negative; the length stays.
func shiftBits(s string, n int64) string {
	size := int64(len(s))
	switch {
	case n >= size || n <= -size:
		return strings.Repeat("0", len(s))
	case n >= 0:
		return s[n:] + strings.Repeat("0", int(n))
	}
	return strings.Repeat("0", int(-n)) + s[:size+n]
}

func invertBits(s string) string {
	return strings.Map(func(r rune) rune { return '0' + '1' - r }, s)
}

func overlayBits(s, with string, start, length int64) (string, error) {
	if start <= 0 {
		return "", pgerr.New(pgerr.SubstringError, "negative substring length not allowed")
	}
	end := start + length
	if end > 0x7fffffff {
		return "", int4Range.err
	}
	size := int64(len(s))
	return s[:min(start-1, size)] + with + s[min(max(0, end-1), size):], nil
}

// maxBits is the greatest length of a bit string; a greater one in a cast counts as none.
const maxBits = 0x7fffffff - 7

func bitIndex(i int64, s string) error {
	if i < 0 || i >= int64(len(s)) {
		return pgerr.New(pgerr.ArraySubscriptError, "bit index %d out of valid range (0..%d)", i, len(s)-1)
	}
	return nil
}

func bitCodes() []code {
	return []code{
		{src: "bit_and", kernel: bitwise("AND", func(a, b byte) bool { return a == '1' && b == '1' })},
		{src: "bit_or", kernel: bitwise("OR", func(a, b byte) bool { return a == '1' || b == '1' })},
		{src: "bitxor", kernel: bitwise("XOR", func(a, b byte) bool { return a != b })},
		{src: "bitnot", kernel: str1(invertBits)},
		{src: "bitshiftleft", kernel: strInt(shiftBits)},
		{src: "bitshiftright", kernel: strInt(func(s string, n int64) string { return shiftBits(s, -n) })},
		{src: "bitsubstr", scalar: strResult(func(a []types.Datum) (string, error) { return byteSubstr(a[0].Str(), a[1].Int(), a[2].Int(), true) })},
		{src: "bitsubstr_no_len", scalar: strResult(func(a []types.Datum) (string, error) { return byteSubstr(a[0].Str(), a[1].Int(), 0, false) })},
		{src: "bitoverlay", scalar: strResult(func(a []types.Datum) (string, error) {
			return overlayBits(a[0].Str(), a[1].Str(), a[2].Int(), a[3].Int())
		})},
		{src: "bitoverlay_no_len", scalar: strResult(func(a []types.Datum) (string, error) {
			return overlayBits(a[0].Str(), a[1].Str(), a[2].Int(), int64(len(a[1].Str())))
		})},
		{src: "byteaoverlay", scalar: strResult(func(a []types.Datum) (string, error) {
			return overlayBits(a[0].Str(), a[1].Str(), a[2].Int(), a[3].Int())
		})},
		{src: "byteaoverlay_no_len", scalar: strResult(func(a []types.Datum) (string, error) {
			return overlayBits(a[0].Str(), a[1].Str(), a[2].Int(), int64(len(a[1].Str())))
		})},
		{src: "bitposition", kernel: map2(strs, strs, ints, func(s, sub string) int64 { return bitPosition(s, sub) })},
		{src: "bitoctetlength", kernel: strLen(func(s string) int64 { return int64(len(s)+7) / 8 })},
		{src: "bit_length(bit)", kernel: strLen(func(s string) int64 { return int64(len(s)) })},
		{src: "bit_bit_count", kernel: strLen(func(s string) int64 { return int64(strings.Count(s, "1")) })},
		{src: "bitgetbit", kernel: try2(strs, ints, ints, func(s string, i int64) (int64, error) {
			if err := bitIndex(i, s); err != nil {
				return 0, err
			}
			return int64(s[i] - '0'), nil
		})},
		{src: "bitsetbit", scalar: strResult(func(a []types.Datum) (string, error) {
			s, i := a[0].Str(), a[1].Int()
			if err := bitIndex(i, s); err != nil {
				return "", err
			}
			if v := a[2].Int(); v != 0 && v != 1 {
				return "", pgerr.New(pgerr.InvalidParameterValue, "new bit must be 0 or 1")
			}
			return s[:i] + string(bitDigit(a[2].Int() == 1)) + s[i+1:], nil
		})},
		{src: "byteaSetBit", scalar: strResult(func(a []types.Datum) (string, error) {
			b, i := []byte(a[0].Str()), a[1].Int()
			if err := byteIndex(i, 8*int64(len(b))); err != nil {
				return "", err
			}
			if v := a[2].Int(); v != 0 && v != 1 {
				return "", pgerr.New(pgerr.InvalidParameterValue, "new bit must be 0 or 1")
			}
			b[i/8] = b[i/8]&^(1<<(i%8)) | byte(a[2].Int())<<(i%8)
			return string(b), nil
		})},
		{src: "bitfromint4", scalar: bitFromInt}, {src: "bitfromint8", scalar: bitFromInt},
		{src: "bittoint4", kernel: try1(strs, ints, bitToInt(32, int4Range))}, {src: "bittoint8", kernel: try1(strs, ints, bitToInt(64, int8Range))},
		{src: "booland_statefunc", kernel: map2(bools, bools, bools, func(a, b bool) bool { return a && b })},
		{src: "boolor_statefunc", kernel: map2(bools, bools, bools, func(a, b bool) bool { return a || b })},
	}
}

// bitFromInt is int::bit(n): the lowest bits, or the sign extended to the left.
func bitFromInt(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
	n := int(a[1].Int())
	if n <= 0 || n > maxBits {
		n = 1
	}
	v, out := a[0].Int(), make([]byte, n)
	for i := range out {
		out[n-1-i] = bitDigit(v>>min(i, 63)&1 == 1)
	}
	return types.NewStr(string(out)), nil
}

func bitToInt(width int, r intRange) func(string) (int64, error) {
	return func(s string) (int64, error) {
		if len(s) > width {
			return 0, r.err
		}
		var v uint64
		for i := range len(s) {
			v = v<<1 | uint64(s[i]-'0')
		}
		if width == 32 {
			return int64(int32(v)), nil
		}
		return int64(v), nil
	}
}

// bitAggs are bit_and, bit_or and bit_xor of bit strings.
func bitAggs() []aggCode {
	var cs []aggCode
	for name, k := range map[string]func(a, b byte) bool{
		"bit_and": func(a, b byte) bool { return a == '1' && b == '1' }, "bit_or": func(a, b byte) bool { return a == '1' || b == '1' },
		"bit_xor": func(a, b byte) bool { return a != b }} {
		cs = append(cs, aggCode{src: name + "(bit)", make: func([]types.T, types.T) expr.AggState {
			return &bestState[string]{at: func(v *vec.Vector) []string { return v.Str }, size: 48, pick: func(a, b string) string {
				out := make([]byte, min(len(a), len(b)))
				for i := range out {
					out[i] = bitDigit(k(a[i], b[i]))
				}
				return string(out)
			}}
		}})
	}
	return cs
}

// bitPosition is where sub first stands in s, from 1; an empty s has no place even for an empty sub.
func bitPosition(s, sub string) int64 {
	if s == "" {
		return 0
	}
	return int64(strings.Index(s, sub) + 1)
}
