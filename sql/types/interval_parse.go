package types

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// roundEven rounds half to even, as C's rint.
func roundEven(f float64) float64 { return math.RoundToEven(f) }

// itvUnit is a unit of interval input.
type itvUnit uint8

const (
	unitNone itvUnit = iota
	unitMicrosecond
	unitMillisecond
	unitSecond
	unitMinute
	unitHour
	unitDay
	unitWeek
	unitMonth
	unitYear
	unitDecade
	unitCentury
	unitMillennium
	unitAgo
	unitIgnored
	unitOther // known to other functions, not to intervals
)

var intervalUnits = map[string]itvUnit{
	"@": unitIgnored, "ago": unitAgo,
	"us": unitMicrosecond, "usec": unitMicrosecond, "usecs": unitMicrosecond, "useconds": unitMicrosecond,
	"microsecond": unitMicrosecond, "microseconds": unitMicrosecond, "microsecon": unitMicrosecond, "usecond": unitMicrosecond,
	"ms": unitMillisecond, "msec": unitMillisecond, "msecs": unitMillisecond, "mseconds": unitMillisecond,
	"millisecond": unitMillisecond, "milliseconds": unitMillisecond, "millisecon": unitMillisecond, "msecond": unitMillisecond,
	"s": unitSecond, "sec": unitSecond, "secs": unitSecond, "second": unitSecond, "seconds": unitSecond,
	"m": unitMinute, "min": unitMinute, "mins": unitMinute, "minute": unitMinute, "minutes": unitMinute,
	"h": unitHour, "hr": unitHour, "hrs": unitHour, "hour": unitHour, "hours": unitHour,
	"d": unitDay, "day": unitDay, "days": unitDay, "w": unitWeek, "week": unitWeek, "weeks": unitWeek,
	"mon": unitMonth, "mons": unitMonth, "month": unitMonth, "months": unitMonth,
	"y": unitYear, "yr": unitYear, "yrs": unitYear, "year": unitYear, "years": unitYear,
	"dec": unitDecade, "decs": unitDecade, "decade": unitDecade, "decades": unitDecade,
	"c": unitCentury, "cent": unitCentury, "century": unitCentury, "centuries": unitCentury,
	"mil": unitMillennium, "mils": unitMillennium, "millennia": unitMillennium, "millennium": unitMillennium,
}

// itvAccum adds up an interval with overflow checks.
type itvAccum struct {
	years, months, days, micros int64
	overflow                    bool
}

func (a *itvAccum) add(field *int64, n, scale int64) {
	hi := n * scale
	if scale != 0 && hi/scale != n || n == math.MinInt64 && scale == -1 {
		a.overflow = true
		return
	}
	s := *field + hi
	if (s > *field) != (hi > 0) && hi != 0 {
		a.overflow = true
	}
	*field = s
}

// addMicros adds a number of microseconds that may have a fraction.
func (a *itvAccum) addFrac(frac float64, scale int64) {
	if frac == 0 {
		return
	}
	v := roundEven(frac * float64(scale))
	a.add(&a.micros, int64(v), 1)
}

// addFracDays adds part of a day unit: whole days, the rest as time.
func (a *itvAccum) addFracDays(frac float64, scale int64) {
	if frac == 0 {
		return
	}
	frac *= float64(scale)
	days := math.Trunc(frac)
	a.add(&a.days, int64(days), 1)
	a.addFrac(frac-days, MicrosPerDay)
}

// put adds a number and its fraction in a unit.
func (a *itvAccum) put(unit itvUnit, n int64, frac float64) {
	switch unit {
	case unitMicrosecond:
		a.add(&a.micros, n, 1)
		a.addFrac(frac, 1)
	case unitMillisecond:
		a.add(&a.micros, n, 1000)
		a.addFrac(frac, 1000)
	case unitSecond:
		a.add(&a.micros, n, MicrosPerSecond)
		a.addFrac(frac, MicrosPerSecond)
	case unitMinute:
		a.add(&a.micros, n, MicrosPerMinute)
		a.addFrac(frac, MicrosPerMinute)
	case unitHour:
		a.add(&a.micros, n, MicrosPerHour)
		a.addFrac(frac, MicrosPerHour)
	case unitDay:
		a.add(&a.days, n, 1)
		a.addFrac(frac, MicrosPerDay)
	case unitWeek:
		a.add(&a.days, n, 7)
		a.addFracDays(frac, 7)
	case unitMonth:
		a.add(&a.months, n, 1)
		a.addFracDays(frac, 30)
	default:
		years := int64(1)
		switch unit {
		case unitDecade:
			years = 10
		case unitCentury:
			years = 100
		case unitMillennium:
			years = 1000
		}
		a.add(&a.years, n, years)
		a.add(&a.months, int64(roundEven(frac*float64(12*years))), 1)
	}
}

func (a *itvAccum) interval() (Interval, dtError) {
	fits := func(v int64) bool { return v == int64(int32(v)) }
	if a.overflow || !fits(a.years) || !fits(a.months) || !fits(a.days) {
		return Interval{}, dtFieldOverflow
	}
	months := a.years*12 + a.months
	if !fits(months) {
		return Interval{}, dtIntervalRange
	}
	return Interval{Months: int32(months), Days: int32(a.days), Micros: a.micros}, dtOK
}

// ParseInterval reads all of PostgreSQL's forms of an interval and applies the modifier.
func ParseInterval(s string, mod int32, style IntervalStyle) (Interval, error) {
	var v Interval
	e := dtBadFormat
	if tokens, ok := scanDateTime(s); ok {
		v, e = decodeInterval(tokens, mod, style)
	}
	if e == dtBadFormat {
		if iso, isoErr := decodeISOInterval(strings.Trim(s, asciiSpace)); isoErr != dtBadFormat {
			v, e = iso, isoErr
		}
	}
	if e == dtFieldOverflow {
		e = dtIntervalOverflow
	}
	if e != dtOK {
		return Interval{}, e.report("interval", s)
	}
	return applyIntervalMod(v, mod)
}

// lastUnit is the unit of a number without one: the last field of the interval's type.
func lastUnit(mod int32) itvUnit {
	if mod < 0 {
		return unitSecond
	}
	switch mask := mod >> 16 & itvFullRange; {
	case mask == itvFullRange || mask&itvSecond != 0:
		return unitSecond
	case mask&itvMinute != 0:
		return unitMinute
	case mask&itvHour != 0:
		return unitHour
	case mask&itvDay != 0:
		return unitDay
	case mask&itvMonth != 0:
		return unitMonth
	case mask&itvYear != 0:
		return unitYear
	}
	return unitSecond
}

// fieldSet is the set of the fields that an interval's text has named.
type fieldSet uint32

// secondFields are those of a clock time or of seconds with a fraction: smaller units cannot follow.
const secondFields fieldSet = 1<<unitSecond | 1<<unitMillisecond | 1<<unitMicrosecond

const clockFields = secondFields | 1<<unitMinute | 1<<unitHour

// intervalUnit is the unit of a word, of which only the first ten letters count.
func intervalUnit(word string) (itvUnit, bool) {
	u, ok := intervalUnits[word[:min(len(word), 10)]]
	return u, ok
}

// decodeInterval works from the last token to the first, so that the unit is known before its number.
func decodeInterval(tokens []dtToken, mod int32, style IntervalStyle) (Interval, dtError) {
	var a itvAccum
	var seen fieldSet
	unit, ago := unitNone, false
	allNegative := style == IntervalSQLStandard && leadingSignRules(tokens)
	for i := len(tokens) - 1; i >= 0; i-- {
		t := tokens[i]
		var found fieldSet
		var e dtError
		switch {
		case t.class == dtTime || t.class == dtZone && strings.IndexByte(t.text, ':') > 0:
			neg := t.text[0] == '-' || allNegative && i > 0
			e = a.clock(strings.TrimLeft(t.text, "+-"), neg, mod)
			found, unit = clockFields, unitDay
		case t.class == dtString || t.class == dtSpecial:
			u, ok := intervalUnit(t.text)
			if !ok {
				return Interval{}, dtBadFormat
			}
			if u != unitIgnored {
				unit = u
			}
			ago = ago || u == unitAgo
		default:
			if found, e = a.number(t.text, unit, mod, allNegative && i > 0); found == 1<<unitHour {
				unit = unitDay // of a number in front of it, as in '1 2' DAY TO HOUR
			}
		}
		if e != dtOK {
			return Interval{}, e
		}
		if seen&found != 0 {
			return Interval{}, dtBadFormat
		}
		seen |= found
	}
	if seen == 0 {
		return Interval{}, dtBadFormat
	}
	if ago {
		if a.micros == math.MinInt64 {
			return Interval{}, dtFieldOverflow
		}
		a.years, a.months, a.days, a.micros = -a.years, -a.months, -a.days, -a.micros
	}
	return a.interval()
}

// leadingSignRules reports the SQL standard's rule that a minus sign in front of the whole value negates all its fields:
// the first token has one and no other token has a sign.
func leadingSignRules(tokens []dtToken) bool {
	if len(tokens) == 0 || tokens[0].text[0] != '-' {
		return false
	}
	for _, t := range tokens[1:] {
		if t.text[0] == '-' || t.text[0] == '+' {
			return false
		}
	}
	return true
}

// clock adds h:m[:s]. With a type of MINUTE TO SECOND two parts are minutes and seconds.
func (a *itvAccum) clock(text string, neg bool, mod int32) dtError {
	h, m, s, micro, e := parseClock(text)
	if e != dtOK {
		return e
	}
	if mod >= 0 && mod>>16&itvFullRange == itvMinute|itvSecond && strings.Count(text, ":") == 1 && !strings.Contains(text, ".") {
		if h > 59 {
			return dtFieldOverflow
		}
		h, m, s = 0, int(h), m
	}
	sign := int64(1)
	if neg {
		sign = -1
	}
	a.add(&a.micros, sign*h, MicrosPerHour)
	a.add(&a.micros, sign*(int64(m)*60+int64(s))*MicrosPerSecond+sign*int64(micro), 1)
	return dtOK
}

// number adds a number in the unit that follows it, and says which fields that fills.
func (a *itvAccum) number(text string, unit itvUnit, mod int32, negate bool) (fieldSet, dtError) {
	if unit == unitNone || unit == unitAgo {
		unit = lastUnit(mod)
	}
	i := 0
	if text[0] == '-' || text[0] == '+' {
		i = 1
	}
	start := i
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	var n int64
	if i > start {
		var err error
		if n, err = strconv.ParseInt(text[:i], 10, 64); err != nil {
			return 0, dtFieldOverflow
		}
	} else if i >= len(text) || text[i] != '.' {
		return 0, dtBadFormat
	}
	neg := text[0] == '-'
	frac := 0.0
	switch {
	case i == len(text):
	case text[i] == '-': // years-months
		end := i + 1
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		months := num(text[i+1 : end]) // none are 0
		if end > i+10 || months >= 12 {
			return 0, dtFieldOverflow
		}
		if end < len(text) {
			return 0, dtBadFormat
		}
		if neg {
			months = -months
		}
		if n > math.MaxInt32 || n < math.MinInt32 {
			return 0, dtFieldOverflow
		}
		n = n*12 + int64(months)
		unit = unitMonth
	case text[i] == '.':
		if strings.Trim(text[i+1:], "0123456789") != "" {
			return 0, dtBadFormat
		}
		frac, _ = strconv.ParseFloat("0"+text[i:], 64)
		if neg {
			frac = -frac
		}
	default:
		return 0, dtBadFormat
	}
	if negate {
		n, frac = -n, -frac
	}
	a.put(unit, n, frac)
	if a.overflow {
		return 0, dtFieldOverflow
	}
	if unit == unitSecond && frac != 0 {
		return secondFields, dtOK
	}
	return 1 << unit, dtOK
}

// decodeISOInterval reads P1Y2M3DT4H5M6S, P2W and the alternatives P0001-02-03T04:05:06 and P00010203T040506.
func decodeISOInterval(s string) (Interval, dtError) {
	if len(s) < 2 || s[0] != 'P' {
		return Interval{}, dtBadFormat
	}
	var a itvAccum
	r := isoReader{acc: &a, rest: s[1:], date: true}
	for r.rest != "" {
		done, e := r.field()
		if e != dtOK {
			return Interval{}, e
		}
		if done {
			break
		}
	}
	return a.interval()
}

// isoReader reads the fields of an ISO 8601 interval one after the other.
type isoReader struct {
	acc      *itvAccum
	rest     string
	date     bool // before the T
	anyField bool // in this part
}

// isoNumber splits a number off: its whole part, its fraction, and how many digits the whole part has. It is read as a double, as in
// PostgreSQL, so a number of more than fifteen digits is rounded.
func (r *isoReader) isoNumber() (whole int64, frac float64, digits int, e dtError) {
	s, i := r.rest, 0
	if s[0] == '-' || s[0] == '+' {
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	digits = i - start
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		exp := i + 1
		if exp < len(s) && (s[exp] == '-' || s[exp] == '+') {
			exp++
		}
		for exp < len(s) && isDigit(s[exp]) {
			exp, i = exp+1, exp+1
		}
	}
	v, err := strconv.ParseFloat(s[:i], 64)
	switch {
	case i == 0 || err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, 0, 0, dtBadFormat
	case v < -1e15 || v > 1e15:
		return 0, 0, 0, dtFieldOverflow
	}
	r.rest = s[i:]
	t := math.Trunc(v)
	return int64(t), v - t, digits, dtOK
}

// field reads the next field. done: the rest of the value was read in one of the alternative forms.
func (r *isoReader) field() (done bool, e dtError) {
	if r.rest[0] == 'T' {
		r.rest, r.date, r.anyField = r.rest[1:], false, false
		return false, dtOK
	}
	n, frac, digits, e := r.isoNumber()
	if e != dtOK {
		return false, e
	}
	letter := byte(0)
	if r.rest != "" {
		letter = r.rest[0]
	}
	letters, units := "YMWD", []itvUnit{unitYear, unitMonth, unitWeek, unitDay}
	if !r.date {
		letters, units = "HMS", []itvUnit{unitHour, unitMinute, unitSecond}
	}
	if k := strings.IndexByte(letters, letter); letter != 0 && k >= 0 {
		r.rest, r.anyField = r.rest[1:], true
		return false, r.put(units[k], n, frac)
	}
	if r.date {
		return false, r.alternativeDate(letter, n, frac, digits)
	}
	return true, r.alternativeTime(letter, n, frac, digits)
}

func (r *isoReader) put(unit itvUnit, n int64, frac float64) dtError {
	if r.acc.put(unit, n, frac); r.acc.overflow {
		return dtFieldOverflow
	}
	return dtOK
}

// alternativeDate reads yyyymmdd or the rest of yyyy[-mm[-dd]], whose first number is given.
func (r *isoReader) alternativeDate(next byte, n int64, frac float64, digits int) dtError {
	switch {
	case next != 0 && next != 'T' && next != '-' || r.anyField:
		return dtBadFormat
	case next != '-' && digits == 8:
		if e := r.put(unitYear, n/10000, 0); e != dtOK {
			return e
		}
		if e := r.put(unitMonth, n/100%100, 0); e != dtOK {
			return e
		}
		return r.put(unitDay, n%100, frac)
	}
	return r.separated('-', []itvUnit{unitYear, unitMonth, unitDay}, n, frac)
}

// alternativeTime reads hhmmss or the rest of hh[:mm[:ss]].
func (r *isoReader) alternativeTime(next byte, n int64, frac float64, digits int) dtError {
	switch {
	case next != 0 && next != ':' || r.anyField:
		return dtBadFormat
	case next == 0 && digits == 6:
		if e := r.put(unitHour, n/10000, 0); e != dtOK {
			return e
		}
		if e := r.put(unitMinute, n/100%100, 0); e != dtOK {
			return e
		}
		return r.put(unitSecond, n%100, frac)
	}
	return r.separated(':', []itvUnit{unitHour, unitMinute, unitSecond}, n, frac)
}

// separated adds a number in the first unit, and those that follow with a separator in the next ones.
func (r *isoReader) separated(sep byte, units []itvUnit, n int64, frac float64) dtError {
	for k, unit := range units {
		if e := r.put(unit, n, frac); e != dtOK {
			return e
		}
		if r.rest == "" || r.rest[0] == 'T' && sep == '-' {
			return dtOK
		}
		if r.rest[0] != sep || k == len(units)-1 {
			return dtBadFormat
		}
		if r.rest = r.rest[1:]; r.rest == "" {
			return dtBadFormat
		}
		var e dtError
		if n, frac, _, e = r.isoNumber(); e != dtOK {
			return e
		}
	}
	return dtOK
}

// applyIntervalMod drops the fields that the type does not have and rounds the seconds.
func applyIntervalMod(v Interval, mod int32) (Interval, error) {
	if mod < 0 {
		return v, nil
	}
	switch mask := mod >> 16 & itvFullRange; mask {
	case itvFullRange:
	case itvYear:
		v = Interval{Months: v.Months / 12 * 12}
	case itvMonth, itvYear | itvMonth:
		v = Interval{Months: v.Months}
	case itvDay:
		v.Micros = 0
	default:
		switch {
		case mask&itvSecond != 0:
		case mask&itvMinute != 0:
			v.Micros = v.Micros / MicrosPerMinute * MicrosPerMinute
		case mask&itvHour != 0:
			v.Micros = v.Micros / MicrosPerHour * MicrosPerHour
		}
	}
	if p := mod & itvFullPrecision; p != itvFullPrecision {
		v.Micros = roundMicros(v.Micros, p)
	}
	return v, nil
}
