package builtins

import (
	"math"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// numberFormat is a parsed format of to_char and to_number.
type numberFormat struct {
	shifted   bool // V was met
	cut       bool // a float has no digits for the places after the point
	nodes     []numberNode
	pre, post int // digit positions before and after the point
	zeroFrom  int // position (among pre and post) of the first 0, -1 for none
	lastZero  int // position of the last 0
	shift     int // digits after V
	fill      bool
	signS     bool
	signAtEnd bool // S after the digits
	mi, pl    bool
	sg, pr    bool
	roman     bool
	romanLow  bool
	sci       bool
	blank     bool
	point     bool
}

// numberNode is one element: a key, or literal text.
type numberNode struct{ key, text string }

var numberKeys = []string{"EEEE", "FM", "MI", "PL", "PR", "RN", "rn", "SG", "SP", "TH", "th", "9", "0", ".", ",", "B", "C", "D", "G", "L", "S", "V"}

func errNumberFormat(format string, args ...any) error {
	return pgerr.New(pgerr.SyntaxError, format, args...)
}

func matchNumberKey(s string) (string, int) {
	for _, k := range numberKeys {
		if strings.HasPrefix(s, k) {
			return k, len(k)
		}
	}
	for _, k := range numberKeys {
		if len(s) >= len(k) && strings.EqualFold(s[:len(k)], k) {
			return k, len(k)
		}
	}
	return "", 0
}

func parseNumberFormat(format string) (*numberFormat, error) {
	f := &numberFormat{zeroFrom: -1, lastZero: -1}
	for s := format; s != ""; {
		key, n := matchNumberKey(s)
		if n == 0 {
			var lit dateNode
			lit, s = literalNode(s)
			f.nodes = append(f.nodes, numberNode{text: lit.text})
			continue
		}
		s = s[n:]
		if err := f.add(key); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *numberFormat) add(key string) error {
	switch key {
	case "9", "0":
		if f.shift > 0 || f.inShift() {
			f.shift++
			f.pre++
		} else if f.point {
			f.post++
		} else {
			f.pre++
		}
		if key == "0" {
			if f.zeroFrom < 0 && !f.point {
				f.zeroFrom = f.pre + f.post - 1
			}
			f.lastZero = f.pre + f.post - 1
		}
		if f.pr {
			return errNumberFormat("\"9\" must be ahead of \"PR\"")
		}
	case ".", "D":
		if f.point {
			return errNumberFormat("multiple decimal points")
		}
		if f.inShift() {
			return errNumberFormat("cannot use \"V\" and decimal point together")
		}
		f.point = true
	case "V":
		if f.point {
			return errNumberFormat("cannot use \"V\" and decimal point together")
		}
		f.shifted = true
	case "FM", "B":
		f.fill, f.blank = f.fill || key == "FM", f.blank || key == "B"
		return nil
	case "S":
		if f.signS {
			return errNumberFormat("cannot use \"S\" twice")
		}
		if f.mi || f.pl || f.pr || f.sg {
			return errNumberFormat("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")
		}
		f.signS, f.signAtEnd = true, f.pre+f.post > 0
	case "MI":
		f.mi = true
	case "PL":
		f.pl = true
	case "SG":
		f.sg = true
	case "PR":
		if f.signS || f.mi || f.pl || f.sg {
			return errNumberFormat("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together")
		}
		f.pr = true
	case "RN", "rn":
		f.roman, f.romanLow = true, key == "rn"
	case "EEEE":
		if f.fill || f.signS || f.mi || f.pl || f.pr || f.sg || f.roman {
			return errNumberFormat("\"EEEE\" is incompatible with other formats")
		}
		f.sci = true
	case "SP":
		return nil
	}
	f.nodes = append(f.nodes, numberNode{key: key})
	return nil
}

func (f *numberFormat) inShift() bool { return f.shifted }

func toCharNumberCodes() []code {
	ofDigits := func(digits int, get func(types.Datum) (types.Numeric, error)) scalarFn {
		return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			n, err := get(a[0])
			if err != nil {
				return types.Null, err
			}
			s, err := formatNumber(n, a[1].Str(), digits)
			return types.NewStr(s), err
		}
	}
	ofNum := func(get func(types.Datum) (types.Numeric, error)) scalarFn { return ofDigits(0, get) }
	ofInt := ofNum(func(d types.Datum) (types.Numeric, error) { return types.NumericFromInt(d.Int()), nil })
	ofFloat := func(digits int) scalarFn {
		return ofDigits(digits, func(d types.Datum) (types.Numeric, error) {
			if f := d.Float(); math.IsNaN(f) || isInf(f) {
				return types.ParseNumeric(strconv.FormatFloat(f, 'g', -1, 64))
			}
			return types.ParseNumeric(strconv.FormatFloat(d.Float(), 'g', digits, 64))
		})
	}
	return []code{
		{src: "int4_to_char", scalar: ofInt}, {src: "int8_to_char", scalar: ofInt},
		{src: "numeric_to_char", scalar: ofNum(func(d types.Datum) (types.Numeric, error) { return d.Num(), nil })},
		{src: "float8_to_char", scalar: ofFloat(15)}, {src: "float4_to_char", scalar: ofFloat(6)},
		{src: "numeric_to_number", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) { return toNumber(a[0].Str(), a[1].Str()) }},
	}
}

// formatNumber is to_char of a number with that many significant digits, 0 for all.
func formatNumber(n types.Numeric, format string, digits int) (string, error) {
	f, err := parseNumberFormat(format)
	if err != nil || format == "" {
		return "", err
	}
	if digits > 0 && n.IsFinite() {
		whole, _, _ := strings.Cut(n.Abs().Trunc(0).String(), ".")
		post := min(f.post, max(0, digits-len(whole)))
		f.cut = post == 0 && f.post > 0
		f.post = post
	}
	switch {
	case f.roman:
		return f.romanNumber(n), nil
	case f.sci:
		return f.scientific(n)
	}
	if f.shift > 0 {
		if n, err = n.Mul(powerOfTen(f.shift)); err != nil {
			return "", err
		}
	}
	neg := n.Sign() < 0
	if name := strings.TrimPrefix(n.String(), "-"); !n.IsFinite() && len(name) <= f.pre {
		return f.print(name, "", n.Sign() < 0), nil
	}
	if !n.IsFinite() {
		return f.print(strings.Repeat("#", f.pre), strings.Repeat("#", f.post), neg), nil
	}
	text := n.Abs().Round(f.post).String()
	whole, frac, _ := strings.Cut(text, ".")
	if whole == "0" && (f.post > 0 || f.zeroFrom >= 0) {
		whole = ""
	}
	if strings.Trim(text, "0.") == "" {
		neg = false
	}
	if len(whole) > f.pre {
		return f.print(strings.Repeat("#", f.pre), strings.Repeat("#", f.post), neg), nil
	}
	return f.print(whole, frac, neg), nil
}

func powerOfTen(n int) types.Numeric {
	p, _ := types.ParseNumeric("1" + strings.Repeat("0", n))
	return p
}

// numberPrinter walks the format once: whole has at most pre digits, frac exactly post.
type numberPrinter struct {
	f        *numberFormat
	b        strings.Builder
	digits   string // pre positions, blank where the number has not begun, then post
	at       int    // digit position
	begun    bool
	neg      bool
	signDone bool
	lastFrac int // FM: digit positions after this one are dropped
}

func (f *numberFormat) print(whole, frac string, neg bool) string {
	p := &numberPrinter{f: f, neg: neg}
	lead := f.pre - len(whole)
	digits := []byte(strings.Repeat(" ", lead) + whole + frac)
	if f.zeroFrom >= 0 {
		for i := f.zeroFrom; i < lead; i++ {
			digits[i] = '0'
		}
	}
	p.digits = string(digits)
	p.lastFrac = len(digits) - 1
	if f.fill && f.point {
		for p.lastFrac >= f.pre && digits[p.lastFrac] == '0' && p.lastFrac > f.lastZero {
			p.lastFrac--
		}
		if whole == "" && f.zeroFrom < 0 && p.lastFrac < f.pre && f.pre > 0 {
			digits[f.pre-1] = '0'
			p.digits = string(digits)
		}
	}
	for _, n := range f.nodes {
		p.node(n)
	}
	if f.signS && f.signAtEnd && !p.signDone {
		p.sign(map[bool]string{true: "-", false: "+"}[neg])
	}
	return p.b.String()
}

func (p *numberPrinter) sign(s string) {
	p.b.WriteString(s)
	p.signDone = true
}

// start writes what precedes the first digit: the sign that is bound to the number.
func (p *numberPrinter) start() {
	if p.begun {
		return
	}
	p.begun = true
	f := p.f
	switch {
	case f.pr:
		if p.neg {
			p.b.WriteString("<")
		} else if !f.fill {
			p.b.WriteString(" ")
		}
	case f.signS && !f.signAtEnd:
		p.sign(map[bool]string{true: "-", false: "+"}[p.neg])
	case f.signS || f.mi || f.sg:
	case p.neg:
		p.b.WriteString("-")
	case !f.fill:
		p.b.WriteString(" ")
	}
}

func (p *numberPrinter) node(n numberNode) {
	f := p.f
	switch n.key {
	case "9", "0":
		p.digit()
	case ",", "G":
		switch {
		case p.begun:
			p.b.WriteString(",")
		case !f.fill:
			p.b.WriteString(" ")
		}
	case ".", "D":
		if len(p.digits) == f.pre && (f.fill || f.post > 0 || f.cut) {
			return
		}
		p.start()
		p.b.WriteString(".")
	case "V", "C":
	case "L": // the currency symbol of the C locale
		p.b.WriteString(" ")
	case "MI":
		if p.neg {
			p.b.WriteString("-")
		} else if !f.fill {
			p.b.WriteString(" ")
		}
	case "PL":
		if !p.neg {
			p.b.WriteString("+")
		} else if !f.fill {
			p.b.WriteString(" ")
		}
	case "SG":
		p.b.WriteString(map[bool]string{true: "-", false: "+"}[p.neg])
	case "S":
		if f.signAtEnd {
			p.sign(map[bool]string{true: "-", false: "+"}[p.neg])
		}
	case "PR":
		if p.neg {
			p.b.WriteString(">")
		} else if !f.fill {
			p.b.WriteString(" ")
		}
	case "TH", "th":
		if !p.neg && !f.point && !strings.Contains(p.digits, "#") {
			p.b.WriteString(ordinalSuffix(strings.TrimSpace(p.digits), n.key == "TH"))
		}
	case "":
		p.b.WriteString(n.text)
	}
}

func (p *numberPrinter) digit() {
	if p.at >= len(p.digits) { // a float has fewer digits than the format
		return
	}
	d := p.digits[p.at]
	switch {
	case d == ' ' && p.at == p.f.pre-1 && p.f.post == 0: // a lone zero
		p.start()
		p.b.WriteByte('0')
	case d == ' ':
		if !p.f.fill {
			p.b.WriteByte(' ')
		}
	case p.at >= p.f.pre && p.at > p.lastFrac:
	default:
		p.start()
		p.b.WriteByte(d)
	}
	p.at++
}

var romanDigits = []struct {
	v int64
	s string
}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}}

func (f *numberFormat) romanNumber(n types.Numeric) string {
	v, err := n.Round(0).Int8()
	s := ""
	if err != nil || v < 1 || v > 3999 {
		s = strings.Repeat("#", 15)
	} else {
		for _, r := range romanDigits {
			for v >= r.v {
				s += r.s
				v -= r.v
			}
		}
	}
	if f.romanLow {
		s = strings.ToLower(s)
	}
	if f.fill {
		return s
	}
	return strings.Repeat(" ", max(0, 15-len(s))) + s
}

// scientific is EEEE: one digit before the point.
func (f *numberFormat) scientific(n types.Numeric) (string, error) {
	if !n.IsFinite() {
		return " " + strings.Repeat("#", f.pre) + "." + strings.Repeat("#", f.post+4), nil
	}
	text := n.Abs().String()
	whole, frac, _ := strings.Cut(text, ".")
	digits := strings.TrimLeft(whole+frac, "0")
	var exp int
	if i := strings.IndexFunc(whole+frac, func(r rune) bool { return r != '0' }); i >= 0 {
		exp = len(whole) - 1 - i
	} else {
		exp, digits = 0, "0"
	}
	if digits = strings.TrimRight(digits, "0"); digits == "" {
		digits = "0"
	}
	m, err := types.ParseNumeric(digits[:1] + "." + digits[1:] + "0")
	if err != nil {
		return "", err
	}
	s := m.Round(f.post).String()
	if strings.HasPrefix(s, "10") {
		exp++
		if m, err = types.ParseNumeric("1"); err != nil {
			return "", err
		}
		s = m.Round(f.post).String()
	}
	sign := " "
	if n.Sign() < 0 {
		sign = "-"
	}
	e := strconv.Itoa(exp)
	if exp < 0 {
		e = e[1:]
	}
	if len(e) < 2 {
		e = "0" + e
	}
	return sign + s + "e" + map[bool]string{true: "-", false: "+"}[exp < 0] + e, nil
}

// toNumber is to_number: digits are taken where the format has digits, signs and the point as they come.
func toNumber(s, format string) (types.Datum, error) {
	f, err := parseNumberFormat(format)
	if err != nil {
		return types.Null, err
	}
	if format == "" {
		return types.Null, nil
	}
	r := &numberReader{f: f, in: s}
	for _, n := range f.nodes {
		r.node(n)
	}
	text := r.out.String()
	if strings.Trim(text, ".") == "" {
		return types.Null, pgerr.New(pgerr.InvalidTextRepresentation, "invalid input syntax for type %s: \"%s\"", "numeric", " ")
	}
	if r.neg {
		text = "-" + text
	}
	n, err := types.ParseNumeric(strings.TrimSuffix(text, "."))
	if err != nil {
		return types.Null, err
	}
	if f.shift > 0 {
		if n, err = n.Div(powerOfTen(f.shift)); err != nil {
			return types.Null, err
		}
	}
	if n.Scale() > f.post+f.shift {
		n = n.Round(f.post + f.shift)
	}
	return types.NewNum(n), nil
}

type numberReader struct {
	f     *numberFormat
	in    string
	out   strings.Builder
	neg   bool
	point bool
}

func (r *numberReader) signs() {
	for r.in != "" {
		switch r.in[0] {
		case '-', '<':
			r.neg = true
		case '+', ' ', '>':
		default:
			return
		}
		r.in = r.in[1:]
	}
}

func (r *numberReader) node(n numberNode) {
	if r.in == "" {
		return
	}
	switch n.key {
	case "9", "0":
		if r.out.Len() == 0 || !(r.in[0] >= '0' && r.in[0] <= '9') {
			r.signs()
		}
		if r.in == "" {
			return
		}
		switch c := r.in[0]; {
		case c >= '0' && c <= '9':
			r.out.WriteByte(c)
			r.in = r.in[1:]
		case c == '.' && !r.point && r.f.point:
			r.point = true
			r.out.WriteByte('.')
			r.in = r.in[1:]
			r.node(n)
		}
	case ".", "D":
		if r.in[0] == '.' && !r.point {
			r.point = true
			r.out.WriteByte('.')
			r.in = r.in[1:]
		}
	case ",", "G":
		if r.in[0] == ',' {
			r.in = r.in[1:]
		}
	case "S", "MI", "PL", "SG", "PR":
		r.signs()
	case "L":
		if r.in[0] == '$' {
			r.in = r.in[1:]
		}
	case "TH", "th":
		r.in = r.in[min(2, len(r.in)):]
	case "":
		r.in = r.in[min(len(n.text), len(r.in)):]
	}
}
