package types

import (
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// dtClass is what a piece of a date, time or interval looks like before its meaning is known.
type dtClass uint8

const (
	dtNumber  dtClass = iota // digits, perhaps with a fraction
	dtString                 // a word
	dtDate                   // digits or words joined by one kind of separator
	dtTime                   // digits with colons
	dtZone                   // a sign and digits
	dtSpecial                // a sign and a word
)

type dtToken struct {
	class dtClass
	text  string // in lower case
}

// maxDateFields and maxDateText bound the input, as in PostgreSQL.
const (
	maxDateFields = 25
	maxDateText   = 128
)

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isPunct(c byte) bool { return c > ' ' && c < 0x7f && !isAlnum(c) }

// dtScanner cuts text into tokens.
type dtScanner struct {
	s   string
	pos int
}

func (sc *dtScanner) peek() byte {
	if sc.pos < len(sc.s) {
		return sc.s[sc.pos]
	}
	return 0
}

// take moves over the characters for which ok is true.
func (sc *dtScanner) take(ok func(byte) bool) {
	for sc.pos < len(sc.s) && ok(sc.s[sc.pos]) {
		sc.pos++
	}
}

// scanDateTime cuts s into tokens; ok is false where a character cannot be part of a date.
func scanDateTime(s string) (tokens []dtToken, ok bool) {
	if len(s) > maxDateText {
		return nil, false
	}
	sc := &dtScanner{s: strings.ToLower(s)}
	for sc.pos < len(sc.s) {
		c := sc.peek()
		if isSpace(c) {
			sc.pos++
			continue
		}
		start := sc.pos
		var class dtClass
		switch {
		case isDigit(c):
			class = sc.number()
		case c == '.':
			sc.pos++
			sc.take(isDigit)
			class = dtNumber
		case isAlpha(c):
			class = sc.word()
		case c == '+' || c == '-':
			text, class, ok := sc.signed(c)
			if !ok {
				return nil, false
			}
			tokens = append(tokens, dtToken{class, text})
			continue
		case isPunct(c):
			sc.pos++
			continue
		default:
			return nil, false
		}
		if len(tokens) >= maxDateFields {
			return nil, false
		}
		tokens = append(tokens, dtToken{class, sc.s[start:sc.pos]})
	}
	return tokens, true
}

func (sc *dtScanner) number() dtClass {
	sc.take(isDigit)
	switch c := sc.peek(); c {
	case ':':
		sc.take(func(c byte) bool { return isDigit(c) || c == ':' || c == '.' })
		return dtTime
	case '-', '/', '.':
		sc.pos++
		if !isDigit(sc.peek()) {
			if c == '.' && !isAlpha(sc.peek()) {
				return dtNumber // "5."
			}
			sc.take(func(d byte) bool { return isAlnum(d) || d == c })
			return dtDate
		}
		class := dtDate
		if c == '.' {
			class = dtNumber
		}
		sc.take(isDigit)
		if sc.peek() == c {
			class = dtDate
			sc.take(func(d byte) bool { return isDigit(d) || d == c })
		}
		return class
	}
	return dtNumber
}

func (sc *dtScanner) word() dtClass {
	start := sc.pos
	sc.take(isAlpha)
	isDate := false
	switch c := sc.peek(); {
	case c == '-' || c == '/' || c == '.':
		isDate = true
	case c == '+' || isDigit(c):
		if w := sc.s[start:sc.pos]; !isDateWord(w) { // a time zone such as utc+3
			isDate = true
		}
	}
	if !isDate {
		return dtString
	}
	sc.take(func(d byte) bool { return isAlnum(d) || strings.IndexByte("+-/_.:", d) >= 0 })
	return dtDate
}

func (sc *dtScanner) signed(sign byte) (text string, class dtClass, ok bool) {
	sc.pos++
	sc.take(isSpace)
	start := sc.pos
	switch c := sc.peek(); {
	case isDigit(c) || c == '.':
		sc.pos++
		sc.take(func(d byte) bool { return isDigit(d) || d == ':' || d == '.' || d == '-' })
		class = dtZone
	case isAlpha(c):
		sc.take(isAlpha)
		class = dtSpecial
	default:
		return "", 0, false
	}
	return string(sign) + sc.s[start:sc.pos], class, true
}

// dtMeaning is what a word means in a date.
type dtMeaning uint8

const (
	wordUnknown  dtMeaning = iota
	wordMonth              // value 1..12
	wordDay                // of the week; ignored
	wordNow                // now, today, … (value tells which)
	wordInfinity           // value 1 or -1
	wordEpoch
	wordAMPM    // value 1: pm
	wordEra     // value 1: BC
	wordZone    // value: seconds east
	wordDST     // "dst" after a zone
	wordISOTime // t
	wordJulian  // j
	wordIgnored // at, on
	wordUnit    // y, m, d, h, mm, s before a number: not supported any more
)

const (
	nowTimestamp = iota
	nowToday
	nowTomorrow
	nowYesterday
	nowAllBalls
)

var dateWords = map[string]struct {
	meaning dtMeaning
	value   int
}{
	"now": {wordNow, nowTimestamp}, "today": {wordNow, nowToday}, "tomorrow": {wordNow, nowTomorrow},
	"yesterday": {wordNow, nowYesterday}, "allballs": {wordNow, nowAllBalls},
	"infinity": {wordInfinity, 1}, "+infinity": {wordInfinity, 1}, "-infinity": {wordInfinity, -1}, "epoch": {wordEpoch, 0},
	"am": {wordAMPM, 0}, "pm": {wordAMPM, 1}, "a.m.": {wordAMPM, 0}, "ad": {wordEra, 0}, "bc": {wordEra, 1},
	"at": {wordIgnored, 0}, "on": {wordIgnored, 0}, "t": {wordISOTime, 0},
	"j": {wordJulian, 0}, "jd": {wordJulian, 0}, "julian": {wordJulian, 0}, "dst": {wordDST, 0},
	"y": {wordUnit, 0}, "m": {wordUnit, 0}, "d": {wordUnit, 0}, "h": {wordUnit, 0}, "mm": {wordUnit, 0}, "s": {wordUnit, 0},
	"january": {wordMonth, 1}, "february": {wordMonth, 2}, "march": {wordMonth, 3}, "april": {wordMonth, 4}, "may": {wordMonth, 5},
	"june": {wordMonth, 6}, "july": {wordMonth, 7}, "august": {wordMonth, 8}, "september": {wordMonth, 9},
	"october": {wordMonth, 10}, "november": {wordMonth, 11}, "december": {wordMonth, 12},
	"jan": {wordMonth, 1}, "feb": {wordMonth, 2}, "mar": {wordMonth, 3}, "apr": {wordMonth, 4}, "jun": {wordMonth, 6},
	"jul": {wordMonth, 7}, "aug": {wordMonth, 8}, "sep": {wordMonth, 9}, "sept": {wordMonth, 9}, "oct": {wordMonth, 10},
	"nov": {wordMonth, 11}, "dec": {wordMonth, 12},
	"sunday": {wordDay, 0}, "monday": {wordDay, 1}, "tuesday": {wordDay, 2}, "wednesday": {wordDay, 3},
	"thursday": {wordDay, 4}, "friday": {wordDay, 5}, "saturday": {wordDay, 6},
	"sun": {wordDay, 0}, "mon": {wordDay, 1}, "tue": {wordDay, 2}, "tues": {wordDay, 2}, "wed": {wordDay, 3}, "weds": {wordDay, 3},
	"thu": {wordDay, 4}, "thur": {wordDay, 4}, "thurs": {wordDay, 4}, "fri": {wordDay, 5}, "sat": {wordDay, 6},
}

func lookupDateWord(w string) (dtMeaning, int) {
	if m, ok := dateWords[w]; ok {
		return m.meaning, m.value
	}
	if off, ok := zoneAbbrevs[w]; ok {
		return wordZone, off
	}
	return wordUnknown, 0
}

func isDateWord(w string) bool {
	m, _ := lookupDateWord(w)
	return m != wordUnknown && m != wordZone
}

// dtError says how date input is wrong; text and type come in at the edge.
type dtError uint8

const (
	dtOK dtError = iota
	dtBadFormat
	dtFieldOverflow
	dtMonthDayOverflow // perhaps month and day are exchanged
	dtIntervalOverflow
	dtIntervalRange
	dtZoneOverflow
)

func (e dtError) report(typeName, s string) error {
	switch e {
	case dtFieldOverflow:
		return pgerr.New(pgerr.DatetimeFieldOverflow, `date/time field value out of range: "%s"`, s)
	case dtMonthDayOverflow:
		return pgerr.New(pgerr.DatetimeFieldOverflow, `date/time field value out of range: "%s"`, s).
			WithHint(`Perhaps you need a different "datestyle" setting.`)
	case dtIntervalOverflow:
		return pgerr.New(pgerr.IntervalFieldOverflow, `interval field value out of range: "%s"`, s)
	case dtIntervalRange:
		return errIntervalRange()
	case dtZoneOverflow:
		return pgerr.New(pgerr.InvalidTimeZoneDisplacementValue, `time zone displacement out of range: "%s"`, s)
	}
	return pgerr.New(pgerr.InvalidDatetimeFormat, `invalid input syntax for type %s: "%s"`, typeName, s)
}

// timeNumber is a number where a time of day is wanted: beside a date it may be one, else hours, minutes and seconds run together.
func (d *dtDecoder) timeNumber(text string, mayBeDate bool) (int, dtError) {
	point := strings.IndexByte(text, '.')
	switch {
	case point >= 0 && mayBeDate:
		return d.decodeDate(text)
	case point > 2 || point < 0 && len(text) > 4:
		return d.runTogether(text, d.mask|fDate)
	case point >= 0:
		return 0, dtBadFormat
	}
	return d.decodeNumber(text, d.mask|fDate)
}

func (d *dtDecoder) numberToken(text string) (int, dtError) {
	switch d.prefix {
	case wordJulian:
		return d.julianDate(text)
	case wordISOTime:
		d.prefix = wordUnknown
		return d.runTogether(text, d.mask|fDate)
	}
	point := strings.IndexByte(text, '.')
	switch {
	case point >= 0 && d.mask&fDate == 0:
		return d.decodeDate(text)
	case point >= 0 && point > 2:
		return d.runTogether(text, d.mask)
	case len(text) >= 6 && (d.mask&fDate == 0 || d.mask&fTime == 0):
		return d.runTogether(text, d.mask)
	}
	return d.decodeNumber(text, d.mask)
}
