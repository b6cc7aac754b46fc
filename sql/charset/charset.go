// Package charset converts text between UTF-8 and other encodings: convert, convert_from, convert_to.
package charset

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Encoding is one of PostgreSQL's encodings.
type Encoding struct {
	Name   string
	Number int
	// table is nil for those without conversion: SQL_ASCII, UTF8 itself, and a few that nobody made tables for.
	table encoding.Encoding
	// width is the largest number of bytes of a character.
	width int
}

// all are the encodings in the order of PostgreSQL's numbers. Aliases are in capitals without punctuation.
var all = []struct {
	name, aliases string
	table         encoding.Encoding
	width         int
}{
	{"SQL_ASCII", "", nil, 1}, {"EUC_JP", "", japanese.EUCJP, 3}, {"EUC_CN", "", simplifiedchinese.GBK, 2}, {"EUC_KR", "", korean.EUCKR, 2},
	{"EUC_TW", "", nil, 4}, {"EUC_JIS_2004", "", nil, 3}, {"UTF8", "UNICODE", nil, 4}, {"MULE_INTERNAL", "", nil, 4},
	{"LATIN1", "ISO88591", charmap.ISO8859_1, 1}, {"LATIN2", "ISO88592", charmap.ISO8859_2, 1}, {"LATIN3", "ISO88593", charmap.ISO8859_3, 1},
	{"LATIN4", "ISO88594", charmap.ISO8859_4, 1}, {"LATIN5", "ISO88599", charmap.ISO8859_9, 1}, {"LATIN6", "ISO885910", charmap.ISO8859_10, 1},
	{"LATIN7", "ISO885913", charmap.ISO8859_13, 1}, {"LATIN8", "ISO885914", charmap.ISO8859_14, 1}, {"LATIN9", "ISO885915", charmap.ISO8859_15, 1},
	{"LATIN10", "ISO885916", charmap.ISO8859_16, 1}, {"WIN1256", "WINDOWS1256", charmap.Windows1256, 1},
	{"WIN1258", "WINDOWS1258 ABC TCVN TCVN5712 VSCII", charmap.Windows1258, 1}, {"WIN866", "WINDOWS866 ALT", charmap.CodePage866, 1},
	{"WIN874", "WINDOWS874", charmap.Windows874, 1}, {"KOI8R", "KOI8", charmap.KOI8R, 1}, {"WIN1251", "WINDOWS1251 WIN", charmap.Windows1251, 1},
	{"WIN1252", "WINDOWS1252", charmap.Windows1252, 1}, {"ISO_8859_5", "", charmap.ISO8859_5, 1}, {"ISO_8859_6", "", charmap.ISO8859_6, 1},
	{"ISO_8859_7", "", charmap.ISO8859_7, 1}, {"ISO_8859_8", "", charmap.ISO8859_8, 1}, {"WIN1250", "WINDOWS1250", charmap.Windows1250, 1},
	{"WIN1253", "WINDOWS1253", charmap.Windows1253, 1}, {"WIN1254", "WINDOWS1254", charmap.Windows1254, 1},
	{"WIN1255", "WINDOWS1255", charmap.Windows1255, 1}, {"WIN1257", "WINDOWS1257", charmap.Windows1257, 1}, {"KOI8U", "", charmap.KOI8U, 1},
	{"SJIS", "SHIFTJIS MSKANJI WIN932 WINDOWS932", japanese.ShiftJIS, 2}, {"BIG5", "WIN950 WINDOWS950", traditionalchinese.Big5, 2},
	{"GBK", "WIN936 WINDOWS936", simplifiedchinese.GBK, 2}, {"UHC", "WIN949 WINDOWS949", korean.EUCKR, 2}, {"GB18030", "", simplifiedchinese.GB18030, 4},
	{"JOHAB", "", nil, 3}, {"SHIFT_JIS_2004", "SHIFTJIS2004", nil, 2},
}

// encodings by their names in capitals without punctuation.
var encodings = func() map[string]*Encoding {
	m := map[string]*Encoding{}
	for i, e := range all {
		x := &Encoding{Name: e.name, Number: i, table: e.table, width: e.width}
		for _, n := range append(strings.Fields(e.aliases), strings.ReplaceAll(e.name, "_", "")) {
			m[n] = x
		}
	}
	return m
}()

var asciiOnly, utf8Text = encodings["SQLASCII"], encodings["UTF8"]

// ByNumber finds an encoding by PostgreSQL's number; nil if there is none.
func ByNumber(n int) *Encoding {
	if n < 0 || n >= len(all) {
		return nil
	}
	return Lookup(all[n].name)
}

// Lookup finds an encoding by one of its names; nil if there is none.
func Lookup(name string) *Encoding {
	return encodings[strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r >= utf8.RuneSelf:
			return r
		}
		return -1
	}, name)]
}

// Convert is bytes in one encoding as bytes in another. PostgreSQL converts to and from UTF-8 only, and does not look into SQL_ASCII.
func Convert(s string, from, to *Encoding) (string, error) {
	switch {
	case from == to || to == asciiOnly:
		_, err := Length(s, from)
		return s, err
	case from == asciiOnly:
		_, err := Length(s, to)
		return s, err
	case from == utf8Text && to.table != nil:
		return encode(s, to)
	case to == utf8Text && from.table != nil:
		return decode(s, from)
	}
	return "", pgerr.New(pgerr.UndefinedFunction, `default conversion function for encoding "%s" to "%s" does not exist`, from.Name, to.Name)
}

// Length is the number of characters of bytes in an encoding.
func Length(s string, e *Encoding) (int, error) {
	switch {
	case e == utf8Text:
		n := 0
		for i := 0; i < len(s); n++ {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size <= 1 || r == 0 {
				return 0, e.invalid(s[i:min(len(s), i+sequenceLength(s[i]))])
			}
			i += size
		}
		return n, nil
	case e == asciiOnly || e.table == nil || e.width == 1:
		if i := strings.IndexByte(s, 0); i >= 0 {
			return 0, e.invalid(s[i : i+1])
		}
		return len(s), nil
	}
	t, err := decode(s, e)
	return utf8.RuneCountInString(t), err
}

// sequenceLength is how long the sequence that begins with c claims to be.
func sequenceLength(c byte) int {
	switch {
	case c >= 0xf0 && c < 0xf8:
		return 4
	case c >= 0xe0:
		return 3
	case c >= 0xc0:
		return 2
	}
	return 1
}

func (e *Encoding) invalid(sequence string) error {
	return pgerr.New(pgerr.CharacterNotInRepertoire, `invalid byte sequence for encoding "%s": %s`, e.Name, byteList(sequence))
}

func untranslatable(sequence, from, to string) error {
	return pgerr.New(pgerr.UntranslatableCharacter, `character with byte sequence %s in encoding "%s" has no equivalent in encoding "%s"`,
		byteList(sequence), from, to)
}

func encode(s string, to *Encoding) (string, error) {
	if _, err := Length(s, utf8Text); err != nil {
		return "", err
	}
	enc := to.table.NewEncoder()
	out, err := enc.String(s)
	if err == nil {
		return out, nil
	}
	for _, r := range s {
		if _, err := enc.String(string(r)); err != nil {
			return "", untranslatable(string(r), utf8Text.Name, to.Name)
		}
	}
	return "", err
}

func decode(s string, from *Encoding) (string, error) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return "", from.invalid(s[i : i+1])
	}
	dec := from.table.NewDecoder()
	out, err := dec.String(s)
	if err == nil && !strings.ContainsRune(out, utf8.RuneError) {
		return out, nil
	}
	// Find the first character that has no meaning, or no end.
	for i := 0; i < len(s); {
		size := 1
		for ; size <= from.width && i+size <= len(s); size++ {
			if out, err := dec.String(s[i : i+size]); err == nil && !strings.ContainsRune(out, utf8.RuneError) {
				break
			}
		}
		if size > from.width || i+size > len(s) {
			bad := s[i:min(len(s), i+from.width)]
			if from.width == 1 {
				return "", untranslatable(bad, from.Name, utf8Text.Name)
			}
			return "", from.invalid(bad)
		}
		i += size
	}
	return out, err
}

// byteList lists bytes as messages do.
func byteList(s string) string {
	parts := make([]string, len(s))
	for i := range parts {
		parts[i] = "0x" + hex.EncodeToString([]byte{s[i]})
	}
	return strings.Join(parts, " ")
}
