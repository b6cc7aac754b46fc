package numfmt

import (
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// reader takes the digits out of a text.
type reader struct {
	*Format
	in     string
	sign   byte // ' ' while there is none
	digits []byte
	pre    int // digits read before and behind the point
	post   int
	dot    bool
}

// Read takes a number out of a text: its sign or a blank, digits and perhaps a point; and how many digits it may have behind the point.
func (f *Format) Read(s string) (number string, post int, err error) {
	r := &reader{Format: f, in: s, sign: ' '}
	switch {
	case f.Scientific:
		return "", 0, pgerr.New(pgerr.CodeFeatureNotSupported, `"EEEE" not supported for input`)
	case f.Roman:
		return "", 0, pgerr.New(pgerr.CodeFeatureNotSupported, `"RN" not supported for input`)
	}
	for _, n := range f.nodes {
		if r.in == "" {
			break
		}
		r.node(n)
	}
	return string(r.sign) + strings.TrimSuffix(string(r.digits), "."), r.post, nil
}

// node reads what belongs to a part of the format; there is something left.
func (r *reader) node(n node) {
	switch n.key {
	case "9", "0", ".", "D":
		r.position(n.key == "9" || n.key == "0")
		r.skip(1)
	case ",", "G":
		if !r.fill && r.in[0] == ',' {
			r.skip(1)
		}
	case "L":
		r.skipOther(1)
	case "TH":
		if !r.point {
			r.skipOther(2)
		}
	case "MI", "PL", "SG":
		if c := r.in[0]; c == '-' && n.key != "PL" || c == '+' && n.key != "MI" {
			r.sign = c
			r.skip(1)
		} else {
			r.skipOther(1)
		}
	case "":
		r.skip(character(r.in))
	}
}

func (r *reader) skip(n int) { r.in = r.in[min(n, len(r.in)):] }

// skipOther skips up to n characters that cannot be part of a number.
func (r *reader) skipOther(n int) {
	for ; n > 0 && r.in != "" && !strings.Contains("0123456789.,+-", r.in[:1]); n-- {
		r.skip(character(r.in))
	}
}

func (r *reader) isSign(i int) bool { return i < len(r.in) && (r.in[i] == '-' || r.in[i] == '+') }

func digitAt(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }

// position reads a digit or the point, with the sign that may stand around it. The last byte that it takes stays for the caller to skip.
func (r *reader) position(digit bool) {
	if r.in[0] == ' ' {
		r.skip(1)
	}
	if r.in != "" && r.sign == ' ' && digit && r.pre+r.post == 0 {
		switch {
		case r.isSign(0):
			r.sign = r.in[0]
			r.skip(1)
		case r.bracket && r.in[0] == '<':
			r.sign = '-'
			r.skip(1)
		}
	}
	if r.in == "" {
		return
	}
	read := false
	switch {
	case digitAt(r.in, 0):
		if r.dot && r.post == r.Post {
			return
		}
		r.digits = append(r.digits, r.in[0])
		if r.dot {
			r.post++
		} else {
			r.pre++
		}
		read = true
	case r.point && !r.dot && r.in[0] == '.':
		r.digits = append(r.digits, '.')
		r.dot, read = true, true
	}
	if r.sign != ' ' || r.pre+r.post == 0 {
		return
	}
	switch {
	case r.signed && read && len(r.in) > 1 && !digitAt(r.in, 1):
		if r.isSign(1) {
			r.sign = r.in[1]
			r.skip(1)
		}
	case !read && !r.signed && (r.plus || r.minus) && r.isSign(0):
		r.sign = r.in[0]
	}
}
