package types

import (
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

// decodeInterval works from the last token to the first, so that the unit is known before its number.
func decodeInterval(tokens []dtToken, mod int32, style IntervalStyle) (Interval, dtError) {
	var a itvAccum
	unit, ago := unitNone, false
	seen := map[itvUnit]bool{}
	allNegative := style == IntervalSQLStandard && leadingSignRules(tokens)
	for i := len(tokens) - 1; i >= 0; i-- {
		t := tokens[i]
		if t.class == dtTime || t.class == dtZone && strings.IndexByte(t.text, ':') > 0 {
			neg := t.text[0] == '-' || allNegative && i > 0
			e := a.clock(strings.TrimLeft(t.text, "+-"), neg, mod)
			if e != dtOK {
				return Interval{}, e
			}
			if seen[unitHour] || seen[unitMinute] || seen[unitSecond] {
				return Interval{}, dtBadFormat
			}
			seen[unitHour], seen[unitMinute], seen[unitSecond] = true, true, true
			unit = unitDay
			continue
		}
		if t.class == dtString || t.class == dtSpecial {
			u, ok := intervalUnits[t.text]
			switch {
			case !ok:
				return Interval{}, dtBadFormat
			case u == unitAgo:
				ago = true
				unit = u
			case u != unitIgnored:
				unit = u
			}
			continue
		}
		used, e := a.number(t.text, unit, mod, allNegative && i > 0)
		if e != dtOK {
			return Interval{}, e
		}
		if seen[used] {
			return Interval{}, dtBadFormat
		}
		seen[used] = true
	}
	if len(seen) == 0 {
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

// number adds a number in the unit that follows it, and says which field that fills.
func (a *itvAccum) number(text string, unit itvUnit, mod int32, negate bool) (itvUnit, dtError) {
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
			return unit, dtFieldOverflow
		}
	} else if i >= len(text) || text[i] != '.' {
		return unit, dtBadFormat
	}
	neg := text[0] == '-'
	frac := 0.0
	switch {
	case i == len(text):
	case text[i] == '-': // years-months
		months, err := strconv.Atoi(text[i+1:])
		if err != nil {
			return unit, dtBadFormat
		}
		if months < 0 || months >= 12 {
			return unit, dtFieldOverflow
		}
		if neg {
			months = -months
		}
		if n > math.MaxInt32 || n < math.MinInt32 {
			return unit, dtFieldOverflow
		}
		n = n*12 + int64(months)
		unit = unitMonth
	case text[i] == '.':
		if strings.Trim(text[i+1:], "0123456789") != "" {
			return unit, dtBadFormat
		}
		frac, _ = strconv.ParseFloat("0"+text[i:], 64)
		if neg {
			frac = -frac
		}
	default:
		return unit, dtBadFormat
	}
	if negate {
		n, frac = -n, -frac
	}
	a.put(unit, n, frac)
	if a.overflow {
		return unit, dtFieldOverflow
	}
	return unit, dtOK
}

// decodeISOInterval reads P1Y2M3DT4H5M6S, P2W and the alternative P0001-02-03T04:05:06.
func decodeISOInterval(s string) (Interval, dtError) {
	if len(s) < 2 || s[0] != 'P' {
		return Interval{}, dtBadFormat
	}
	var a itvAccum
	date, clock, _ := strings.Cut(s[1:], "T")
	if e := a.isoPart(date, "YMWD", []itvUnit{unitYear, unitMonth, unitWeek, unitDay}, "-", []itvUnit{unitYear, unitMonth, unitDay}); e != dtOK {
		return Interval{}, e
	}
	if e := a.isoPart(clock, "HMS", []itvUnit{unitHour, unitMinute, unitSecond}, ":", []itvUnit{unitHour, unitMinute, unitSecond}); e != dtOK {
		return Interval{}, e
	}
	return a.interval()
}

func (a *itvAccum) isoPart(s, letters string, units []itvUnit, sep string, alternative []itvUnit) dtError {
	for k := 0; s != ""; k++ {
		i := 0
		if s[0] == '-' || s[0] == '+' {
			i++
		}
		for i < len(s) && (isDigit(s[i]) || s[i] == '.') {
			i++
		}
		whole, fracText, _ := strings.Cut(s[:i], ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil && (whole != "" && whole != "-" && whole != "+" || fracText == "") {
			if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
				return dtFieldOverflow
			}
			return dtBadFormat
		}
		frac := 0.0
		if fracText != "" {
			if frac, err = strconv.ParseFloat("0."+fracText, 64); err != nil {
				return dtBadFormat
			}
			if s[0] == '-' {
				frac = -frac
			}
		}
		s = s[i:]
		switch {
		case s != "" && strings.IndexByte(letters, s[0]) >= 0:
			a.put(units[strings.IndexByte(letters, s[0])], n, frac)
			s = s[1:]
		case k < len(alternative) && (s == "" || strings.HasPrefix(s, sep)):
			a.put(alternative[k], n, frac)
			if s = strings.TrimPrefix(s, sep); s == "" && k < 1 {
				return dtBadFormat
			}
		default:
			return dtBadFormat
		}
		if a.overflow {
			return dtFieldOverflow
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
