package builtins

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/charset"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func byteCodes() []code {
	md5Hex := str1(func(s string) string {
		h := md5.Sum([]byte(s))
		return hex.EncodeToString(h[:])
	})
	return []code{
		{src: "md5_text", kernel: md5Hex}, {src: "md5_bytea", kernel: md5Hex},
		{src: "sha224_bytea", kernel: str1(func(s string) string { h := sha256.Sum224([]byte(s)); return string(h[:]) })},
		{src: "sha256_bytea", kernel: str1(func(s string) string { h := sha256.Sum256([]byte(s)); return string(h[:]) })},
		{src: "sha384_bytea", kernel: str1(func(s string) string { h := sha512.Sum384([]byte(s)); return string(h[:]) })},
		{src: "sha512_bytea", kernel: str1(func(s string) string { h := sha512.Sum512([]byte(s)); return string(h[:]) })},
		{src: "binary_encode", kernel: try2(strs, strs, strs, encode)},
		{src: "binary_decode", kernel: try2(strs, strs, strs, decode)},
		{src: "bytea_substr", scalar: strResult(func(a []types.Datum) (string, error) { return byteSubstr(a[0].Str(), a[1].Int(), a[2].Int(), true) })},
		{src: "bytea_substr_no_len", scalar: strResult(func(a []types.Datum) (string, error) { return byteSubstr(a[0].Str(), a[1].Int(), 0, false) })},
		{src: "byteaGetByte", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			s, i := a[0].Str(), a[1].Int()
			if err := byteIndex(i, int64(len(s))); err != nil {
				return types.Null, err
			}
			return types.NewInt(int64(s[i])), nil
		}},
		{src: "byteaSetByte", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			b, i := []byte(a[0].Str()), a[1].Int()
			if err := byteIndex(i, int64(len(b))); err != nil {
				return types.Null, err
			}
			b[i] = byte(a[2].Int())
			return types.NewStr(string(b)), nil
		}},
		{src: "byteaGetBit", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			s, i := a[0].Str(), a[1].Int()
			if err := byteIndex(i, 8*int64(len(s))); err != nil {
				return types.Null, err
			}
			return types.NewInt(int64(s[i/8] >> (i % 8) & 1)), nil
		}},
		{src: "bytea_bit_count", kernel: strLen(func(s string) int64 {
			n := int64(0)
			for i := range len(s) {
				for b := s[i]; b != 0; b &= b - 1 {
					n++
				}
			}
			return n
		})},
		{src: "pg_convert_from", kernel: try2(strs, strs, strs, func(s, from string) (string, error) { return convertText(s, from, "UTF8") })},
		{src: "pg_convert_to", kernel: try2(strs, strs, strs, func(s, to string) (string, error) { return convertText(s, "UTF8", to) })},
		{src: "pg_convert", scalar: strResult(func(a []types.Datum) (string, error) { return convertText(a[0].Str(), a[1].Str(), a[2].Str()) })},
		{src: "length_in_encoding", scalar: lengthInEncoding},
	}
}

func byteIndex(i, n int64) error {
	if i < 0 || i >= n {
		return pgerr.New(pgerr.ArraySubscriptError, "index %d out of valid range, 0..%d", i, n-1)
	}
	return nil
}

func unknownEncoding(name string) error {
	return pgerr.New(pgerr.InvalidParameterValue, "unrecognized encoding: \"%s\"", name)
}

func encode(b, format string) (string, error) {
	switch strings.ToLower(format) {
	case "hex":
		return hex.EncodeToString([]byte(b)), nil
	case "base64":
		return wrapBase64(base64.StdEncoding.EncodeToString([]byte(b))), nil
	case "escape":
		return escapeBytes(b), nil
	}
	return "", unknownEncoding(format)
}

// wrapBase64 breaks lines after 76 characters.
func wrapBase64(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	b.WriteString(s)
	return b.String()
}

func escapeBytes(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == 0 || c >= 0x80:
			b.Write([]byte{'\\', '0' + c>>6, '0' + c>>3&7, '0' + c&7})
		case c == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func decode(s, format string) (string, error) {
	switch strings.ToLower(format) {
	case "hex":
		return decodeHex(s)
	case "base64":
		return decodeBase64(s)
	case "escape":
		d, err := types.Parse(types.Of(types.ByteaOID), s, nil)
		return d.Str(), err
	}
	return "", unknownEncoding(format)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// decodeHex reads pairs of digits; blanks may stand between pairs.
func decodeHex(s string) (string, error) {
	digit := func(i int) (byte, error) {
		if v := strings.IndexByte("0123456789abcdef", s[i]|0x20); v >= 0 && s[i] >= '0' {
			return byte(v), nil
		}
		c, _ := utf8.DecodeRuneInString(s[i:])
		return 0, pgerr.New(pgerr.InvalidParameterValue, "invalid hexadecimal digit: \"%c\"", c)
	}
	var b []byte
	for i := 0; i < len(s); i++ {
		if isSpace(s[i]) {
			continue
		}
		high, err := digit(i)
		if err != nil {
			return "", err
		}
		if i++; i >= len(s) {
			return "", pgerr.New(pgerr.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		low, err := digit(i)
		if err != nil {
			return "", err
		}
		b = append(b, high<<4|low)
	}
	return string(b), nil
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// decodeBase64 reads groups of four signs. = counts as zero at the third and fourth place of any group; the bytes that it stands for are left out.
func decodeBase64(s string) (string, error) {
	var out []byte
	bits, n, end := uint32(0), 0, 0
	for i := range len(s) {
		c := s[i]
		if isSpace(c) {
			continue
		}
		v := strings.IndexByte(base64Digits, c)
		switch {
		case c == '=':
			if end == 0 {
				switch n {
				case 2:
					end = 1
				case 3:
					end = 2
				default:
					return "", pgerr.New(pgerr.InvalidParameterValue, "unexpected \"=\" while decoding base64 sequence")
				}
			}
			v = 0
		case v < 0:
			r, _ := utf8.DecodeRuneInString(s[i:])
			return "", pgerr.New(pgerr.InvalidParameterValue, "invalid symbol \"%c\" found while decoding base64 sequence", r)
		}
		bits = bits<<6 | uint32(v)
		if n++; n < 4 {
			continue
		}
		out = append(out, byte(bits>>16))
		if end == 0 || end > 1 {
			out = append(out, byte(bits>>8))
		}
		if end == 0 || end > 2 {
			out = append(out, byte(bits))
		}
		bits, n = 0, 0
	}
	if n != 0 {
		return "", pgerr.New(pgerr.InvalidParameterValue, "invalid base64 end sequence").
			WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
	}
	return string(out), nil
}

func byteSubstr(s string, start, length int64, limited bool) (string, error) {
	from := max(start, 1)
	end := int64(len(s)) + 1
	if limited {
		if length < 0 {
			return "", pgerr.New(pgerr.SubstringError, "negative substring length not allowed")
		}
		end = min(end, start+length)
	}
	if from >= end {
		return "", nil
	}
	return s[from-1 : end-1], nil
}

// encodingNamed finds an encoding; role is the word of the message if there is none.
func encodingNamed(name, role string) (*charset.Encoding, error) {
	if e := charset.Lookup(name); e != nil {
		return e, nil
	}
	return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid %sencoding name \"%s\"", role, name)
}

func convertText(s, from, to string) (string, error) {
	f, err := encodingNamed(from, "source ")
	if err != nil {
		return "", err
	}
	t, err := encodingNamed(to, "destination ")
	if err != nil {
		return "", err
	}
	return charset.Convert(s, f, t)
}

func lengthInEncoding(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
	e, err := encodingNamed(a[1].Str(), "")
	if err != nil {
		return types.Null, err
	}
	n, err := charset.Length(a[0].Str(), e)
	return types.NewInt(int64(n)), err
}
