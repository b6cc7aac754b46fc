package types

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// parseBytea reads bytea in the hex ("\x00ff") or the escape format.
func parseBytea(s string) (string, error) {
	if strings.HasPrefix(s, `\x`) {
		return parseHexBytes(s[2:])
	}
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i++
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && isOctal(s[i+2]) && isOctal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return "", pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return string(out), nil
}

// parseChar reads a "char": its first byte, or one written as a backslash and three octal digits. "" is the zero byte.
func parseChar(s string) string {
	if len(s) == 4 && s[0] == '\\' && isOctal(s[1]) && isOctal(s[2]) && isOctal(s[3]) {
		c := (s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0')
		if c == 0 {
			return ""
		}
		return string([]byte{c})
	}
	return s[:min(len(s), 1)]
}

// appendChar appends a "char", in octal if it is no ASCII.
func appendChar(dst []byte, s string) []byte {
	if s == "" || s[0] < 0x80 {
		return append(dst, s...)
	}
	c := s[0]
	return append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

func parseHexBytes(s string) (string, error) {
	out := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(" \n\t\r", s[i]) >= 0 {
			continue
		}
		hi, err := hexDigit(s[i:])
		if err != nil {
			return "", err
		}
		if i++; i >= len(s) {
			return "", pgerr.New(pgerr.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		lo, err := hexDigit(s[i:])
		if err != nil {
			return "", err
		}
		out = append(out, hi<<4|lo)
	}
	return string(out), nil
}

func hexDigit(s string) (byte, error) {
	switch c := s[0]; {
	case c >= '0' && c <= '9':
		return c - '0', nil
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, nil
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, nil
	}
	_, n := utf8.DecodeRuneInString(s)
	return 0, pgerr.New(pgerr.InvalidParameterValue, `invalid hexadecimal digit: "%s"`, s[:n])
}

// AppendBytea appends bytes in the hex or escape format.
func AppendBytea(dst []byte, s string, escape bool) []byte {
	if !escape {
		dst = append(dst, '\\', 'x')
		return hex.AppendEncode(dst, []byte(s))
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case c < 0x20 || c > 0x7e:
			dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// parseUUID reads 32 hexadecimal digits, with a hyphen allowed after each group of four, and braces around.
func parseUUID(s string) (string, error) {
	t := s
	braces := strings.HasPrefix(t, "{")
	if braces {
		t = t[1:]
	}
	var out [16]byte
	for i := range out {
		if len(t) < 2 || !isHex(t[0]) || !isHex(t[1]) {
			return "", errInvalidText("uuid", s)
		}
		hi, _ := hexDigit(t)
		lo, _ := hexDigit(t[1:])
		out[i] = hi<<4 | lo
		t = t[2:]
		if i%2 == 1 && i < 15 && strings.HasPrefix(t, "-") {
			t = t[1:]
		}
	}
	if braces != (t == "}") || !braces && t != "" {
		return "", errInvalidText("uuid", s)
	}
	return string(out[:]), nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// AppendUUID appends the text form of 16 bytes.
func AppendUUID(dst []byte, u string) []byte {
	if len(u) != 16 {
		return dst
	}
	b := []byte(u)
	dst = hex.AppendEncode(dst, b[:4])
	for i := 4; i < 10; i += 2 {
		dst = append(dst, '-')
		dst = hex.AppendEncode(dst, b[i:i+2])
	}
	dst = append(dst, '-')
	return hex.AppendEncode(dst, b[10:])
}

// parseBits reads a bit string: digits, B'…' style or X'…' style, and checks its length.
func parseBits(t T, s string) (Datum, error) {
	v := s
	if s != "" && (s[0] == 'b' || s[0] == 'B') {
		v = s[1:]
	} else if s != "" && (s[0] == 'x' || s[0] == 'X') {
		out := make([]byte, 0, 4*len(s))
		if n := 4 * (len(s) - 1); t.OID == BitOID && t.Mod > 0 && n != int(t.Mod) {
			return Null, pgerr.New(pgerr.StringDataLengthMismatch, "bit string length %d does not match type bit(%d)", n, t.Mod)
		}
		for i := 1; i < len(s); i++ {
			if !isHex(s[i]) {
				_, n := utf8.DecodeRuneInString(s[i:])
				return Null, pgerr.New(pgerr.InvalidTextRepresentation, `"%s" is not a valid hexadecimal digit`, s[i:i+n])
			}
			h, _ := hexDigit(s[i:])
			for b := 3; b >= 0; b-- {
				out = append(out, '0'+h>>b&1)
			}
		}
		v = string(out)
	}
	if t.OID == BitOID && t.Mod > 0 && len(v) != int(t.Mod) {
		return Null, pgerr.New(pgerr.StringDataLengthMismatch, "bit string length %d does not match type bit(%d)", len(v), t.Mod)
	}
	if t.OID == VarbitOID && t.Mod > 0 && len(v) > int(t.Mod) {
		return Null, pgerr.New(pgerr.StringDataRightTruncation, "bit string too long for type bit varying(%d)", t.Mod)
	}
	if i := strings.IndexFunc(v, func(r rune) bool { return r != '0' && r != '1' }); i >= 0 {
		_, n := utf8.DecodeRuneInString(v[i:])
		return Null, pgerr.New(pgerr.InvalidTextRepresentation, `"%s" is not a valid binary digit`, v[i:i+n])
	}
	return NewStr(v), nil
}

// CheckUTF8 refuses text that is not UTF-8 or contains a zero byte, as PostgreSQL does with what clients send.
func CheckUTF8(s string) error {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return nil
	}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError && s[i] != 0 || n > 1 {
			i += n
			continue
		}
		return pgerr.New(pgerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": %s`, hexBytes(s[i:]))
	}
	return nil
}

// hexBytes lists the bytes of the broken character at the start of s, as many as its first byte announces.
func hexBytes(s string) string {
	n := 1
	switch c := s[0]; {
	case c&0xe0 == 0xc0:
		n = 2
	case c&0xf0 == 0xe0:
		n = 3
	case c&0xf8 == 0xf0:
		n = 4
	}
	var b strings.Builder
	for i := 0; i < min(n, len(s)); i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("0x")
		b.WriteString(hex.EncodeToString([]byte{s[i]}))
	}
	return b.String()
}
