// Package numfmt is the language of number formats that to_char and to_number take: "FM999,990.00S".
//
// A Format is parsed once (Parse). Print puts the digits of a number, which the caller has rounded to Post places, into it; Read takes the digits out of a
// text. All in the locale "C": "." and ",", "-" and "+", and a blank as the currency sign.
//
// Source: PostgreSQL's manual, chapter 9.8. What is not written there (what stays of a format that the number does not fill, where signs go) follows
// src/backend/utils/adt/formatting.c.
package numfmt

import (
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// signPlace is where S stands.
type signPlace uint8

const (
	signNone signPlace = iota
	signBefore
	signAfter
)

// Format is a parsed format.
type Format struct {
	// Pre and Post are how many digits there are before and behind the point; Shift how many behind V.
	Pre, Post, Shift int
	// Roman and Scientific are RN and EEEE.
	Roman, Scientific bool

	nodes                                          []node
	fill, blank, zero, point, minus, plus, bracket bool
	zeroStart, zeroEnd                             int // digit positions from 1 of the first 0 before the point and of the last one; 0: none
	sign                                           signPlace
	signed, shifted                                bool // S and V were met
	signAt                                         int  // digits before S
}

// node is a key word, or text to be copied.
type node struct {
	key   string // upper case
	text  string // without key
	small bool   // the key word is in small letters
}

var keys = []string{"EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", ",", ".", "0", "9", "B", "C", "D", "G", "L", "S", "V"}

// Parse reads a format.
func Parse(format string) (*Format, error) {
	f := &Format{}
	for s := format; s != ""; {
		n, size := keyWord(s)
		if size == 0 {
			s = f.literal(s)
			continue
		}
		s = s[size:]
		f.nodes = append(f.nodes, n)
		if err := f.add(n.key); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// keyWord finds the key word that s begins with: in capitals or in small letters, not in both.
func keyWord(s string) (n node, size int) {
	for _, k := range keys {
		if strings.HasPrefix(s, k) {
			return node{key: k}, len(k)
		}
		if small := strings.ToLower(k); strings.HasPrefix(s, small) {
			return node{key: k, small: true}, len(k)
		}
	}
	return node{}, 0
}

// literal adds quoted text or one character, and gives what follows.
func (f *Format) literal(s string) string {
	if s[0] != '"' {
		if strings.HasPrefix(s, `\"`) {
			s = s[1:]
		}
		n := character(s)
		f.nodes = append(f.nodes, node{text: s[:n]})
		return s[n:]
	}
	for s = s[1:]; s != ""; {
		if s[0] == '"' {
			return s[1:]
		}
		if s[0] == '\\' && len(s) > 1 {
			s = s[1:]
		}
		n := character(s)
		f.nodes = append(f.nodes, node{text: s[:n]})
		s = s[n:]
	}
	return s
}

// character is the length in bytes of the first character.
func character(s string) int {
	n := 1
	for n < len(s) && s[n]&0xc0 == 0x80 {
		n++
	}
	return n
}

func errFormat(text string) *pgerr.Error { return pgerr.New(pgerr.SyntaxError, "%s", text) }

// add takes note of a key word.
func (f *Format) add(key string) error {
	if f.Scientific && key != "EEEE" {
		return errFormat(`"EEEE" must be the last pattern used`)
	}
	switch key {
	case "9", "0":
		return f.addDigit(key == "0")
	case "B":
		f.blank = f.blank || f.Pre == 0 && f.Post == 0 && !f.zero
	case ".", "D":
		if f.point {
			return errFormat("multiple decimal points")
		}
		if f.shifted {
			return errFormat(`cannot use "V" and decimal point together`)
		}
		f.point = true
	case "V":
		if f.point {
			return errFormat(`cannot use "V" and decimal point together`)
		}
		f.shifted = true
	case "FM":
		f.fill = true
	case "S":
		return f.addSign()
	case "MI", "PL", "SG":
		if f.signed {
			return errFormat(`cannot use "S" and "` + key + `" together`)
		}
		f.minus, f.plus = f.minus || key != "PL", f.plus || key != "MI"
	case "PR":
		if f.signed || f.plus || f.minus {
			return errFormat(`cannot use "PR" and "S"/"PL"/"MI"/"SG" together`)
		}
		f.bracket = true
	case "RN":
		f.Roman = true
	case "EEEE":
		if f.Scientific {
			return errFormat(`cannot use "EEEE" twice`)
		}
		if f.blank || f.fill || f.signed || f.bracket || f.minus || f.plus || f.Roman || f.shifted {
			return errFormat(`"EEEE" is incompatible with other formats`).
				WithDetail(`"EEEE" may only be used together with digit and decimal point patterns.`)
		}
		f.Scientific = true
	}
	return nil
}

func (f *Format) addDigit(zero bool) error {
	if f.bracket {
		return errFormat(map[bool]string{false: `"9" must be ahead of "PR"`, true: `"0" must be ahead of "PR"`}[zero])
	}
	if f.shifted && !zero {
		f.Shift++
		return nil
	}
	if zero && !f.zero && !f.point {
		f.zero, f.zeroStart = true, f.Pre+1
	}
	if f.point {
		f.Post++
	} else {
		f.Pre++
	}
	if zero {
		f.zeroEnd = f.Pre + f.Post
	}
	return nil
}

func (f *Format) addSign() error {
	switch {
	case f.signed:
		return errFormat(`cannot use "S" twice`)
	case f.plus || f.minus || f.bracket:
		return errFormat(`cannot use "S" and "PL"/"MI"/"SG"/"PR" together`)
	case f.point:
		f.sign = signAfter
	default:
		f.sign, f.signAt = signBefore, f.Pre
	}
	f.signed = true
	return nil
}
