package datefmt

import (
	"math"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// widths are how many characters a number takes if another one follows.
var widths = map[string]int{
	"HH": 2, "HH12": 2, "HH24": 2, "MI": 2, "SS": 2, "MS": 3, "US": 6, "FF1": 1, "FF2": 2, "FF3": 3, "FF4": 4, "FF5": 5, "FF6": 6,
	"SSSS": 4, "SSSSS": 5, "MM": 2, "DD": 2, "DDD": 3, "IDDD": 3, "D": 1, "ID": 1, "W": 1, "WW": 2, "IW": 2, "Q": 1, "CC": 2,
	"J": 1, "YYYY": 4, "YYY": 3, "YY": 2, "Y": 1, "IYYY": 4, "IYY": 3, "IY": 2, "I": 1, "TZH": 2, "TZM": 2,
}

var (
	halves     = []string{"am", "pm"}
	dottedHalf = []string{"a.m.", "p.m."}
	eras       = []string{"ad", "bc"}
	dottedEra  = []string{"a.d.", "b.c."}
	months     = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	days       = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	roman      = []string{"xii", "xi", "x", "ix", "viii", "vii", "vi", "v", "iv", "iii", "ii", "i"}
)

// fields are the values found; 0 is none.
type fields struct {
	hour, minute, second, daySeconds, milli, micro int
	year, month, day, weekday, dayOfYear           int // weekday: Sunday is 1
	week, weekOfMonth, century, julian             int
	pm, bc, yearDigits, precision                  int
	zoneSign, zoneHour, zoneMinute                 int
	twelve                                         bool
	mode                                           string // "iso" or "gregorian", whichever came first
}

// reader reads a text by a format.
type reader struct {
	fields
	s       string
	pos     int
	nodes   []Node
	at      int  // the node at hand
	exactly bool // FX
	strict  bool // text must be the same
	extra   int  // characters passed over beyond those of the format
}

// Read reads s by a format.
func Read(s string, nodes []Node) (*Time, error) { return (&reader{s: s, nodes: nodes}).read() }

// ReadStrict is Read as the SQL standard has it: all of the format and of s is used, and text of the format stands in s.
func ReadStrict(s string, nodes []Node) (*Time, error) {
	for _, n := range nodes {
		if n.Kind != Key && !n.Quoted && !strings.Contains("-./,':; ", n.Text) {
			return nil, errFormat("invalid datetime format separator: \"%s\"", n.Text)
		}
	}
	return (&reader{s: s, nodes: nodes, exactly: true, strict: true}).read()
}

func (r *reader) read() (*Time, error) {
	for r.at = 0; r.at < len(r.nodes) && r.pos < len(r.s); r.at++ {
		if err := r.node(&r.nodes[r.at]); err != nil {
			return nil, err
		}
	}
	if r.strict {
		if r.at < len(r.nodes) {
			return nil, errFormat("input string is too short for datetime format")
		}
		if strings.TrimLeft(r.s[r.pos:], " \t\n\v\f\r") != "" {
			return nil, errFormat("trailing characters remain in input string after datetime format")
		}
	}
	return r.time()
}

// next is the character at hand, 0 at the end.
func (r *reader) next() byte {
	if r.pos < len(r.s) {
		return r.s[r.pos]
	}
	return 0
}

// skip passes over a character.
func (r *reader) skip() { r.pos += character(r.s[r.pos:]) }

func (r *reader) node(n *Node) error {
	if !r.exactly && n.Key != "FX" && (n.Kind != Character || r.at == 0) {
		for isSpace(r.next()) {
			r.pos++
			r.extra++
		}
	}
	if n.Kind != Key {
		if r.strict && !strings.HasPrefix(r.s[r.pos:], n.Text) {
			return errFormat("unmatched format %s \"%s\"", map[bool]string{false: "separator", true: "character"}[n.Quoted], n.Text)
		}
		r.literal(n.Kind)
		return nil
	}
	if err := r.convention(n.Key); err != nil {
		return err
	}
	if n.Key == "FX" {
		r.exactly = true
		return nil
	}
	err := r.field(n)
	if err == nil && n.Ordinal != "" && n.numeric() && n.Key != "TZM" {
		r.skip()
		r.skip()
	}
	r.extra = 0
	return err
}

// literal passes over text: a separator or a space of the format matches one of the input or none; other characters match any, unless more than the format
// says was passed over before.
func (r *reader) literal(kind Kind) {
	switch {
	case r.exactly:
		r.skip()
	case kind == Character && r.extra > 0:
		r.extra--
	case kind == Character:
		r.skip()
	case isSpace(r.next()) || isSeparator(r.next()):
		r.pos++
	default:
		r.extra--
	}
}

// convention refuses formats that mix ISO weeks with months and years.
func (r *reader) convention(key string) error {
	mode := ""
	switch strings.ToUpper(key) {
	case "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I":
		mode = "iso"
	case "MONTH", "MON", "MM", "DD", "DDD", "D", "W", "WW", "RM", "YYYY", "YYY", "YY", "Y", "Y,YYY":
		mode = "gregorian"
	}
	if mode != "" && r.mode != "" && r.mode != mode {
		return errFormat("invalid combination of date conventions").WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
	}
	if mode != "" {
		r.mode = mode
	}
	return nil
}

func errFormat(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgerr.InvalidDatetimeFormat, format, args...)
}

func errInvalid(value string, n *Node) *pgerr.Error {
	return errFormat("invalid value \"%s\" for \"%s\"", value, n.Name)
}

// put sets a field once; another value for it contradicts.
func put(field *int, v int, n *Node) error {
	if *field != 0 && *field != v {
		return errFormat("conflicting values for \"%s\" field in formatting string", n.Name).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*field = v
	return nil
}

// field reads the value of a pattern.
func (r *reader) field(n *Node) error {
	switch strings.ToUpper(n.Key) {
	case "A.M.", "P.M.":
		return r.half(n, dottedHalf)
	case "AM", "PM":
		return r.half(n, halves)
	case "A.D.", "B.C.":
		return r.word(n, dottedEra, 0, func(i int) error { return put(&r.bc, i, n) })
	case "AD", "BC":
		return r.word(n, eras, 0, func(i int) error { return put(&r.bc, i, n) })
	case "MONTH":
		return r.word(n, months, 0, func(i int) error { return put(&r.month, i+1, n) })
	case "MON":
		return r.word(n, months, 3, func(i int) error { return put(&r.month, i+1, n) })
	case "RM":
		return r.word(n, roman, 0, func(i int) error { return put(&r.month, 12-i, n) })
	case "DAY":
		return r.word(n, days, 0, r.setWeekday(n))
	case "DY":
		return r.word(n, days, 3, r.setWeekday(n))
	case "TZ", "OF":
		return pgerr.New(pgerr.CodeFeatureNotSupported, "formatting field \"%s\" is only supported in to_char", n.Name)
	case "Y,YYY":
		return r.millennium(n)
	case "TZH":
		r.zone()
	case "TZM":
		if r.zoneSign == 0 {
			r.zoneSign = 1
		}
	}
	return r.numberField(n)
}

func (r *reader) half(n *Node, words []string) error {
	r.twelve = true
	return r.word(n, words, 0, func(i int) error { return put(&r.pm, i, n) })
}

// setWeekday sets the day of the week. What it is compared with counts from 1 already: two names of days contradict each other.
func (r *reader) setWeekday(n *Node) func(int) error {
	return func(i int) error {
		err := put(&r.weekday, i, n)
		r.weekday++
		return err
	}
}

// zone reads the sign of TZH. It may have been passed over as a separator.
func (r *reader) zone() {
	r.zoneSign = 1
	switch c := r.next(); {
	case c == '-' || c == '+' || c == ' ':
		if c == '-' {
			r.zoneSign = -1
		}
		r.pos++
	case r.extra > 0 && r.s[r.pos-1] == '-':
		r.zoneSign = -1
	}
}

// word finds the word that the input begins with; width is how much of each word counts, 0 for all.
func (r *reader) word(n *Node, words []string, width int, set func(i int) error) error {
	rest := r.s[r.pos:]
	for i, w := range words {
		if width > 0 {
			w = w[:width]
		}
		if len(rest) >= len(w) && strings.EqualFold(rest[:len(w)], w) {
			r.pos += len(w)
			return set(i)
		}
	}
	if i := strings.IndexFunc(rest, func(c rune) bool { return c < 128 && isSpace(byte(c)) }); i >= 0 {
		rest = rest[:i]
	}
	return errInvalid(rest, n).WithDetail("The given value did not match any of the allowed values for this field.")
}

// numberField reads a number and puts it where the pattern says.
func (r *reader) numberField(n *Node) error {
	v, size, err := r.number(n, widths[n.Key])
	if err != nil {
		return err
	}
	to := map[string]*int{"HH": &r.hour, "HH12": &r.hour, "HH24": &r.hour, "MI": &r.minute, "SS": &r.second, "SSSS": &r.daySeconds, "SSSSS": &r.daySeconds,
		"MS": &r.milli, "US": &r.micro, "MM": &r.month, "DD": &r.day, "DDD": &r.dayOfYear, "IDDD": &r.dayOfYear, "D": &r.weekday, "ID": &r.weekday,
		"W": &r.weekOfMonth, "WW": &r.week, "IW": &r.week, "CC": &r.century, "J": &r.julian, "TZH": &r.zoneHour, "TZM": &r.zoneMinute}[n.Key]
	switch n.Key[0] {
	case 'Q':
		return nil
	case 'F':
		to, r.precision = &r.micro, int(n.Key[2]-'0')
	case 'Y':
		to = &r.year
	case 'I':
		if to == nil {
			to = &r.year
		}
	}
	if err := put(to, v, n); err != nil {
		return err
	}
	switch {
	case n.Key == "HH" || n.Key == "HH12":
		r.twelve = true
	case n.Key == "ID": // Monday is 1 there
		if r.weekday++; r.weekday > 7 {
			r.weekday = 1
		}
	case to == &r.milli:
		*to *= scale(3 - size)
	case to == &r.micro:
		*to *= scale(6 - size)
	case to == &r.year:
		r.yearDigits = len(n.Key)
		if r.yearDigits < 4 && size < 4 {
			r.year = fullYear(r.year)
		}
	}
	return nil
}

// scale is what a number with so many places too few is multiplied by.
func scale(missing int) int {
	if missing <= 0 {
		return 1
	}
	return int(math.Pow10(missing))
}

// fullYear completes a year of fewer than four digits to the one nearest to 2020.
func fullYear(v int) int {
	switch {
	case v < 70:
		return v + 2000
	case v < 100:
		return v + 1900
	case v < 520:
		return v + 2000
	case v < 1000:
		return v + 1000
	}
	return v
}

// free reports that the number at hand may be of any length.
func (r *reader) free(n *Node) bool {
	if n.Fill || n.Ordinal != "" || r.at+1 == len(r.nodes) {
		return true
	}
	next := &r.nodes[r.at+1]
	if next.Kind == Key {
		return !next.numeric()
	}
	return len(next.Text) != 1 || !isDigit(next.Text[0])
}

// number reads a number and tells how many characters it took.
func (r *reader) number(n *Node, width int) (v, size int, err error) {
	start := r.pos
	for isSpace(r.next()) {
		r.pos++
	}
	field := r.s[r.pos:min(len(r.s), r.pos+width)]
	var digits int // characters of the number
	if r.free(n) {
		digits = numberLen(r.s[r.pos:])
		if v, err = parse(r.s[r.pos:r.pos+digits], n); digits == 0 {
			r.pos = start
		}
		r.pos += digits
	} else {
		if len(field) < width {
			return 0, 0, errFormat("source string too short for \"%s\" formatting field", n.Name).
				WithDetail("Field requires %d characters, but only %d remain.", width, len(field)).
				WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
		}
		digits = numberLen(field)
		if digits > 0 && digits < width {
			return 0, 0, errInvalid(field, n).WithDetail("Field requires %d characters, but only %d could be parsed.", width, digits).
				WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
		}
		v, err = parse(field[:digits], n)
		r.pos += digits
	}
	if r.pos == start {
		return 0, 0, errInvalid(field, n).WithDetail("Value must be an integer.")
	}
	return v, r.pos - start, err
}

// numberLen is the length of the number that s begins with, as C's strtol takes it.
func numberLen(s string) int {
	n := 0
	for n < len(s) && isSpace(s[n]) {
		n++
	}
	if n < len(s) && (s[n] == '-' || s[n] == '+') {
		n++
	}
	digits := n
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	if n == digits {
		return 0
	}
	return n
}

func parse(s string, n *Node) (int, error) {
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseInt(strings.TrimLeft(s, " \t\n\v\f\r"), 10, 32)
	if err != nil {
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "value for \"%s\" in source string is out of range", n.Name).
			WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	}
	return int(v), nil
}

// millennium is Y,YYY.
func (r *reader) millennium(n *Node) error {
	size := numberLen(r.s[r.pos:])
	rest := r.s[r.pos+size:]
	if size == 0 || !strings.HasPrefix(rest, ",") {
		return errFormat("invalid input string for \"Y,YYY\"")
	}
	lead := 1
	for lead < len(rest) && isSpace(rest[lead]) {
		lead++
	}
	digits := numberLen(rest[lead:min(len(rest), lead+3)])
	if digits == 0 {
		return errFormat("invalid input string for \"Y,YYY\"")
	}
	a, err := parse(r.s[r.pos:r.pos+size], n)
	if err != nil {
		return err
	}
	b, _ := parse(rest[lead:lead+digits], n)
	if err := put(&r.year, a*1000+b, n); err != nil {
		return err
	}
	r.yearDigits = 4
	r.pos += size + lead + digits
	return nil
}
