package numfmt

import (
	"fmt"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// printer walks the format once.
type printer struct {
	Format
	negative bool
	number   string // digits, perhaps with a point, or a name
	at       int    // what of number comes next
	lead     int    // digit positions before number
	cur      int    // digit positions, and the point, so far
	count    int    // of those
	relevant int    // FM: the last place of number that must be shown; -1: all
	signDone bool
	inside   bool // a digit was the last thing written for a position
	out      []byte
}

// Print is a number in the format. text is the number without exponent, or its name, rounded to post places; post is less than Post where the number has
// no more digits.
func (f *Format) Print(text string, post int) (string, error) {
	p := &printer{Format: *f, relevant: -1}
	p.Post = post
	p.Pre += p.Shift
	p.number, p.negative = strings.CutPrefix(text, "-")
	whole, _, _ := strings.Cut(p.number, ".")
	if len(whole) > p.Pre {
		p.number = strings.Repeat("#", p.Pre) + "." + strings.Repeat("#", p.Post)
	}
	p.lead = max(0, p.Pre-len(whole))
	p.prepare()
	for _, n := range p.nodes {
		if err := p.node(n); err != nil {
			return "", err
		}
	}
	return p.text(), nil
}

// PrintRoman is a number from 1 to 3999 in the format.
func (f *Format) PrintRoman(n int) (string, error) {
	p := &printer{Format: Format{nodes: f.nodes, fill: f.fill, Roman: true}, number: roman(n)}
	for _, n := range p.nodes {
		if n.key == "SG" {
			break // there is no sign, and nothing is shown from here on
		}
		if err := p.node(n); err != nil {
			return "", err
		}
	}
	return p.text(), nil
}

// text is the output up to a digit that the number did not have: what comes behind is not shown.
func (p *printer) text() string {
	s, _, _ := strings.Cut(string(p.out), "\x00")
	return s
}

// prepare decides about sign, zeros and what FM leaves out.
func (p *printer) prepare() {
	if p.zeroStart > 0 {
		p.zeroStart--
	}
	switch {
	case p.plus || p.minus: // these key words write the sign themselves
		p.signDone = p.minus
	default:
		p.bracket = p.bracket && (p.negative || !p.fill)
		p.signDone = !p.negative && p.fill && !p.signed
		if p.sign == signBefore && p.Pre == p.signAt {
			p.sign = signAfter
		}
	}
	p.count = p.Post + p.Pre - 1
	if p.fill && p.point {
		if p.relevant = strings.IndexByte(p.number, '.'); p.relevant >= 0 {
			p.relevant = max(p.relevant, len(strings.TrimRight(p.number, "0"))-1)
			if p.zeroEnd > p.lead {
				p.relevant = max(p.relevant, min(len(p.number)-1, p.zeroEnd-p.lead))
			}
		}
	}
	if !p.signDone && p.lead == 0 {
		p.count++
	}
}

// bare reports FM that leaves nothing behind the point.
func (p *printer) bare() bool { return p.relevant >= 0 && p.number[p.relevant] == '.' }

// noZero reports that the zero before the point is not shown.
func (p *printer) noZero() bool {
	return !p.zero && p.at == 0 && strings.HasPrefix(p.number, "0") && p.Post != 0
}

func (p *printer) next() byte {
	if p.at < len(p.number) {
		return p.number[p.at]
	}
	return 0
}

func (p *printer) signText() byte {
	if p.negative {
		return '-'
	}
	return '+'
}

// blankUnlessFill writes a blank that FM leaves out.
func (p *printer) blankUnlessFill() {
	if !p.fill {
		p.out = append(p.out, ' ')
	}
}

// position is a digit or the point.
func (p *printer) position(zero bool) {
	if p.Roman {
		return
	}
	p.inside = false
	if !p.signDone && (p.cur >= p.lead || p.zero && p.zeroStart == p.cur) && (!p.noZero() || p.bare()) {
		p.writeSign()
	}
	switch {
	case p.cur < p.lead && p.zero && p.zeroStart <= p.cur:
		p.out, p.inside = append(p.out, '0'), true
	case p.cur < p.lead:
		p.blankUnlessFill()
	default:
		p.digit(zero)
		p.at = min(p.at+1, len(p.number))
	}
	end := p.count
	if p.lead > 0 {
		end++
	}
	if p.point {
		end++
	}
	if p.relevant >= 0 && p.relevant == p.at {
		end = p.cur
	}
	if p.cur+1 == end {
		switch {
		case p.signDone && p.bracket:
			p.out = append(p.out, map[bool]byte{true: '>', false: ' '}[p.negative])
		case p.signed && p.sign == signAfter:
			p.out = append(p.out, p.signText())
		}
	}
	p.cur++
}

// writeSign writes the sign that stands before the digits.
func (p *printer) writeSign() {
	switch {
	case p.signed:
		if p.sign != signBefore {
			return
		}
		p.out = append(p.out, p.signText())
	case p.bracket:
		p.out = append(p.out, map[bool]byte{true: '<', false: ' '}[p.negative])
	case p.negative:
		p.out = append(p.out, '-')
	default:
		p.blankUnlessFill()
	}
	p.signDone = true
}

// digit writes the next of the number.
func (p *printer) digit(zero bool) {
	switch {
	case p.next() == '.':
		if !p.bare() || p.fill {
			p.out = append(p.out, '.')
		}
	case p.relevant >= 0 && p.at > p.relevant && !zero:
	case p.noZero():
		if p.fill && p.bare() {
			p.out = append(p.out, '0')
		}
		p.blankUnlessFill()
	default:
		p.out, p.inside = append(p.out, p.next()), true
	}
}

func (p *printer) node(n node) error {
	switch n.key {
	case "9", "0", ".", "D":
		p.position(n.key == "0")
	case ",", "G":
		if p.inside {
			p.out = append(p.out, ',')
		} else {
			p.blankUnlessFill()
		}
	case "L":
		p.out = append(p.out, ' ')
	case "RN":
		text := p.number
		if n.small {
			text = strings.ToLower(text)
		}
		if !p.fill {
			text = fmt.Sprintf("%15s", text)
		}
		p.out = append(p.out, text...)
	case "TH":
		return p.ordinal(n.small)
	case "MI":
		if p.negative {
			p.out = append(p.out, '-')
		} else {
			p.blankUnlessFill()
		}
	case "PL":
		if !p.negative && !p.Roman {
			p.out = append(p.out, '+')
		} else {
			p.blankUnlessFill()
		}
	case "SG":
		p.out = append(p.out, p.signText())
	case "":
		p.out = append(p.out, n.text...)
	}
	return nil
}

// ordinal writes the ending of an ordinal number.
func (p *printer) ordinal(small bool) error {
	if p.Roman || strings.HasPrefix(p.number, "#") || p.negative || p.point {
		return nil
	}
	last := p.number[len(p.number)-1]
	if last < '0' || last > '9' {
		return pgerr.New(pgerr.InvalidTextRepresentation, "\"%s\" is not a number", p.number)
	}
	ending := "TH"
	if n := len(p.number); n < 2 || p.number[n-2] != '1' {
		switch last {
		case '1':
			ending = "ST"
		case '2':
			ending = "ND"
		case '3':
			ending = "RD"
		}
	}
	if small {
		ending = strings.ToLower(ending)
	}
	p.out = append(p.out, ending...)
	return nil
}

var romanDigits = []struct {
	v int
	s string
}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}}

// roman is a number in Roman numerals, 15 signs # if there is none.
func roman(n int) string {
	if n < 1 || n > 3999 {
		return strings.Repeat("#", 15)
	}
	s := ""
	for _, r := range romanDigits {
		for n >= r.v {
			s += r.s
			n -= r.v
		}
	}
	return s
}

// Hashes is what EEEE shows of a number that is none.
func (f *Format) Hashes() string {
	return " " + strings.Repeat("#", f.Pre) + "." + strings.Repeat("#", f.Post+4)
}
