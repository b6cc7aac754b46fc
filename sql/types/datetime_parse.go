package types

import (
	"strconv"
	"strings"
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Fields of a date or time that have been found.
const (
	fYear = 1 << iota
	fMonth
	fDay
	fHour
	fMinute
	fSecond
	fZone
	fDOY
	fAMPM
	fDOW
	fEra
	fSpecial // infinity or epoch: other fields may stand beside it, and say nothing

	fDate = fYear | fMonth | fDay
	fTime = fHour | fMinute | fSecond
)

// dtDecoder gives meaning to the tokens of a date or time.
type dtDecoder struct {
	c    Civil
	env  *Env
	mask int

	textMonth  bool
	twoDigits  bool // of the year
	bc         bool
	julian     bool
	yday       int
	ampm       int            // 0 none, 1 am, 2 pm
	east       int            // offset, if fZone is in mask and loc is nil
	loc        *time.Location // a named zone
	special    dtMeaning      // wordInfinity, wordEpoch, or wordUnknown
	specialVal int
	abbrev     string    // the zone's abbreviation, in small letters
	prefix     dtMeaning // j or t that came before the token
	err        error     // an error with a text of its own
}

// decodeDateTime reads the tokens. timeOnly: a time of day is wanted, so a date is optional.
func decodeDateTime(tokens []dtToken, env *Env, timeOnly bool) (*dtDecoder, dtError) {
	d := &dtDecoder{env: env}
	for i := 0; i < len(tokens); i++ {
		found, e := d.token(tokens, i, timeOnly)
		if e != dtOK {
			return d, e
		}
		if found&d.mask != 0 {
			return d, dtBadFormat
		}
		d.mask |= found
	}
	if d.prefix != wordUnknown {
		return d, dtBadFormat
	}
	return d, d.finish(timeOnly)
}

func (d *dtDecoder) token(tokens []dtToken, i int, timeOnly bool) (int, dtError) {
	t := tokens[i]
	switch t.class {
	case dtDate:
		return d.dateToken(t.text, timeOnly)
	case dtTime:
		if d.prefix != wordUnknown && d.prefix != wordISOTime {
			return 0, dtBadFormat
		}
		d.prefix = wordUnknown
		return fTime, d.clock(t.text)
	case dtZone:
		east, e := parseOffset(t.text)
		d.east = east
		return fZone, e
	case dtNumber:
		if timeOnly && d.prefix == wordUnknown {
			return d.timeNumber(t.text, i == 0 && tokens[len(tokens)-1].class == dtDate)
		}
		return d.numberToken(t.text)
	}
	return d.wordToken(t.text, i == 0)
}

// dateToken is a token with separators: a date, a time with its zone run together, or the name of a zone.
func (d *dtDecoder) dateToken(text string, timeOnly bool) (int, dtError) {
	if d.prefix == wordJulian {
		return d.julianDate(text)
	}
	haveDate := d.mask&(fMonth|fDay) == fMonth|fDay
	if timeOnly && !haveDate && d.mask&fTime == fTime {
		haveDate = true // 04:05:06 America/New_York: only a zone can follow
	}
	if !haveDate && d.prefix == wordUnknown {
		return d.decodeDate(text)
	}
	if isDigit(text[0]) || d.prefix != wordUnknown {
		if d.prefix != wordUnknown && d.prefix != wordISOTime || d.mask&fTime == fTime {
			return 0, dtBadFormat
		}
		d.prefix = wordUnknown
		i := strings.IndexByte(text, '-')
		if i < 0 {
			return 0, dtBadFormat
		}
		east, e := parseOffset(text[i:])
		if e != dtOK {
			return 0, e
		}
		d.east = east
		found, e := d.runTogether(text[:i], d.mask|fDate)
		return found | fZone, e
	}
	loc, err := ParseZone(text)
	if err != nil {
		d.err = err
		return 0, dtBadFormat
	}
	d.loc = loc
	return fZone, dtOK
}

func (d *dtDecoder) julianDate(text string) (int, dtError) {
	day, frac := text, ""
	if i := strings.IndexByte(text, '.'); i >= 0 {
		day, frac = text[:i], text[i:]
	}
	n, err := strconv.ParseInt(day, 10, 32)
	if err != nil || n < 0 {
		return 0, dtFieldOverflow
	}
	d.prefix, d.julian = wordUnknown, true
	d.c.Year, d.c.Month, d.c.Day = CivilFromDays(n - julianEpoch)
	if frac == "" {
		return fDate, dtOK
	}
	f, err := strconv.ParseFloat("0"+frac, 64)
	if err != nil {
		return 0, dtBadFormat
	}
	t := timeFields(int64(f * MicrosPerDay))
	d.c.Hour, d.c.Minute, d.c.Second, d.c.Micro = t.Hour, t.Minute, t.Second, t.Micro
	return fDate | fTime, dtOK
}

func (d *dtDecoder) wordToken(w string, first bool) (int, dtError) {
	meaning, value := lookupDateWord(w)
	if d.prefix != wordUnknown && meaning != wordUnknown {
		return 0, dtBadFormat
	}
	switch meaning {
	case wordIgnored:
		return 0, dtOK
	case wordNow:
		return d.relative(value)
	case wordInfinity, wordEpoch:
		d.special, d.specialVal = meaning, value
		return fSpecial, dtOK
	case wordMonth:
		if d.mask&fMonth != 0 && !d.textMonth && d.mask&fDay == 0 && d.c.Month >= 1 && d.c.Month <= 31 {
			d.c.Day, d.c.Month, d.textMonth = d.c.Month, value, true
			return fDay, dtOK
		}
		d.textMonth, d.c.Month = true, value
		return fMonth, dtOK
	case wordDay:
		return fDOW, dtOK
	case wordAMPM:
		d.ampm = value + 1
		return fAMPM, dtOK
	case wordEra:
		d.bc = value == 1
		return fEra, dtOK
	case wordZone:
		d.east = value
		d.abbrev = strings.ToLower(w)
		return fZone, dtOK
	case wordDST:
		if d.mask&fZone == 0 || d.loc != nil {
			return 0, dtBadFormat
		}
		d.east += 3600
		return 0, dtOK
	case wordISOTime, wordJulian:
		if meaning == wordISOTime && d.mask&fDate != fDate && !first {
			return 0, dtBadFormat
		}
		d.prefix = meaning
		return 0, dtOK
	case wordUnit:
		return 0, dtBadFormat
	}
	if loc, ok := LoadZone(w); ok {
		d.loc = loc
		return fZone, dtOK
	}
	return 0, dtBadFormat
}

// relative is now, today and their like, in the session's zone at the start of the transaction.
func (d *dtDecoder) relative(which int) (int, dtError) {
	if which == nowAllBalls {
		d.c.Hour, d.c.Minute, d.c.Second, d.c.Micro, d.east = 0, 0, 0, 0, 0
		return fTime | fZone, dtOK
	}
	c := CivilFromMicros(ToZone(d.env.Now, d.env.location()))
	if which == nowTimestamp {
		d.c = c
		d.east, _ = ZoneOffset(d.env.location(), d.env.Now)
		return fDate | fTime | fZone, dtOK
	}
	days := DaysFromCivil(c.Year, c.Month, c.Day)
	switch which {
	case nowTomorrow:
		days++
	case nowYesterday:
		days--
	}
	d.c.Year, d.c.Month, d.c.Day = CivilFromDays(days)
	return fDate, dtOK
}

// decodeDate reads up to three parts joined by separators.
func (d *dtDecoder) decodeDate(text string) (int, dtError) {
	var parts []string
	for i := 0; i < len(text); {
		for i < len(text) && !isAlnum(text[i]) {
			i++
		}
		start := i
		if i < len(text) {
			kind := isDigit
			if isAlpha(text[i]) {
				kind = isAlpha
			}
			for i < len(text) && kind(text[i]) {
				i++
			}
			if len(parts) == 3 {
				return 0, dtBadFormat
			}
			parts = append(parts, text[start:i])
		}
	}
	found, numbers := 0, parts[:0:0]
	for _, p := range parts { // a month's name first: it decides how the numbers are read
		if !isAlpha(p[0]) {
			numbers = append(numbers, p)
			continue
		}
		meaning, value := lookupDateWord(p)
		if meaning == wordIgnored {
			continue
		}
		if meaning != wordMonth || (d.mask|found)&fMonth != 0 {
			return 0, dtBadFormat
		}
		d.c.Month, d.textMonth = value, true
		found |= fMonth
	}
	for _, p := range numbers {
		f, e := d.decodeNumber(p, d.mask|found)
		if e != dtOK {
			return 0, e
		}
		if f&(d.mask|found) != 0 {
			return 0, dtBadFormat
		}
		found |= f
	}
	if (d.mask|found)&^(fDOY|fZone) != fDate { // nothing but a zone may stand in front of a date with separators
		return 0, dtBadFormat
	}
	return found, dtOK
}

// decodeNumber decides by its place and length what a number in a date is.
func (d *dtDecoder) decodeNumber(text string, mask int) (int, dtError) {
	digits, frac, hasFrac := strings.Cut(text, ".")
	val, err := strconv.Atoi(digits)
	if err != nil || val > 1<<31-1 {
		if ne, ok := err.(*strconv.NumError); err == nil || ok && ne.Err == strconv.ErrRange {
			return 0, dtFieldOverflow
		}
		return 0, dtBadFormat
	}
	if hasFrac {
		if len(digits) > 2 {
			return d.runTogether(text, mask|fDate)
		}
		if d.c.Micro, err = fractionMicros(frac); err != nil {
			return 0, dtBadFormat
		}
	}
	if len(text) == 3 && mask&fDate == fYear && val >= 1 && val <= 366 {
		d.yday = val
		return fDOY | fMonth | fDay, dtOK
	}
	field := 0
	switch mask & fDate {
	case 0:
		field = d.firstField(len(text), fMonth)
	case fYear:
		field = fMonth
	case fMonth:
		if field = fDay; d.textMonth {
			field = d.firstField(len(text), fDay)
		}
	case fYear | fMonth:
		if d.textMonth && len(text) >= 3 && d.twoDigits { // 8-Feb-1999 in the order YMD: the first was the day
			d.c.Day, d.c.Year, d.twoDigits = d.c.Year, val, false
			return fDay, dtOK
		}
		field = fDay
	case fDay:
		field = fMonth
	case fMonth | fDay:
		field = fYear
	case fDate:
		return d.runTogether(text, mask)
	default:
		return 0, dtBadFormat
	}
	switch field {
	case fYear:
		d.c.Year, d.twoDigits = val, len(text) <= 2
	case fMonth:
		d.c.Month = val
	case fDay:
		d.c.Day = val
	}
	return field, dtOK
}

// firstField is the field of a first number of n digits; short is what it is in the order MDY.
func (d *dtDecoder) firstField(n, short int) int {
	switch {
	case n >= 3 || d.env.DateOrder == OrderYMD:
		return fYear
	case d.env.DateOrder == OrderDMY:
		return fDay
	}
	return short
}

func fractionMicros(frac string) (int, error) {
	if frac == "" {
		return 0, nil
	}
	if strings.Trim(frac, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	f, err := strconv.ParseFloat("0."+frac, 64)
	if err != nil {
		return 0, err
	}
	v := f * 1e6
	return int(roundEven(v)), nil
}

// runTogether reads yyyymmdd, yymmdd, hhmmss and hhmm, the times perhaps with a fraction.
func (d *dtDecoder) runTogether(text string, mask int) (int, dtError) {
	digits, frac, hasFrac := strings.Cut(text, ".")
	if strings.Trim(digits, "0123456789") != "" {
		return 0, dtBadFormat
	}
	if hasFrac {
		micro, err := fractionMicros(frac)
		if err != nil {
			return 0, dtBadFormat
		}
		d.c.Micro = micro
	} else if mask&fDate != fDate && len(digits) >= 6 {
		n := len(digits)
		d.c.Day, d.c.Month = num(digits[n-2:]), num(digits[n-4:n-2])
		year, err := strconv.Atoi(digits[:n-4])
		if err != nil || year > 1<<31-1 {
			return 0, dtFieldOverflow
		}
		d.c.Year, d.twoDigits = year, n-4 == 2
		return fDate, dtOK
	}
	if mask&fTime == fTime {
		return 0, dtBadFormat
	}
	switch len(digits) {
	case 6:
		d.c.Hour, d.c.Minute, d.c.Second = num(digits[:2]), num(digits[2:4]), num(digits[4:])
	case 4:
		d.c.Hour, d.c.Minute, d.c.Second = num(digits[:2]), num(digits[2:]), 0
	default:
		return 0, dtBadFormat
	}
	return fTime, dtOK
}

// num reads digits that are known to be few.
func num(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func (d *dtDecoder) clock(text string) dtError {
	h, m, s, micro, e := parseClock(text)
	if e != dtOK {
		return e
	}
	if h > 1<<31-1 {
		return dtFieldOverflow
	}
	d.c.Hour, d.c.Minute, d.c.Second, d.c.Micro = int(h), m, s, micro
	return dtOK
}

// parseClock reads h:m, h:m:s and h:m:s.f. A time of the form m:s.f has no hours.
func parseClock(text string) (h int64, m, s, micro int, e dtError) {
	body, frac, hasFrac := strings.Cut(text, ".")
	parts := strings.Split(body, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, 0, 0, 0, dtBadFormat
	}
	for _, p := range parts[1:] { // an empty one is 0
		if strings.Trim(p, "0123456789") != "" {
			return 0, 0, 0, 0, dtBadFormat
		}
	}
	h, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return 0, 0, 0, 0, dtFieldOverflow
	}
	if len(parts[1]) > 9 || len(parts) == 3 && len(parts[2]) > 9 {
		return 0, 0, 0, 0, dtFieldOverflow
	}
	m = num(parts[1])
	if len(parts) == 3 {
		s = num(parts[2])
	} else if hasFrac {
		s, m, h = m, int(min(h, 1<<30)), 0
	}
	if hasFrac {
		if micro, err = fractionMicros(frac); err != nil {
			return 0, 0, 0, 0, dtBadFormat
		}
	}
	if m > 59 || s > 60 {
		return 0, 0, 0, 0, dtFieldOverflow
	}
	return h, m, s, micro, dtOK
}

// parseOffset reads +h, +hh, +hhmm, +hhmmss, +hh:mm, +hh:mm:ss; positive is east.
func parseOffset(text string) (int, dtError) {
	sign := 1
	if text[0] == '-' {
		sign = -1
	}
	body := text[1:]
	if body == "" || strings.Trim(body, "0123456789:") != "" {
		return 0, dtBadFormat
	}
	parts := strings.Split(body, ":")
	var h, m, s int
	switch {
	case len(parts) > 3 || len(parts[0]) > 9:
		return 0, dtBadFormat
	case len(parts) > 1:
		h, m = num(parts[0]), num(parts[1])
		if len(parts) == 3 {
			s = num(parts[2])
		}
	case len(body) == 5 || len(body) == 6:
		n := num(body)
		h, m, s = n/10000, n/100%100, n%100
	case len(body) > 2:
		n := num(body)
		h, m = n/100, n%100
	default:
		h = num(body)
	}
	if h > 15 || m > 59 || s > 59 {
		return 0, dtZoneOverflow
	}
	return sign * (h*3600 + m*60 + s), dtOK
}

// finish checks the fields against each other.
func (d *dtDecoder) finish(timeOnly bool) dtError {
	if e := d.checkDate(); e != dtOK || d.special != wordUnknown {
		return e
	}
	c := &d.c
	if d.ampm != 0 {
		if c.Hour > 12 {
			return dtFieldOverflow
		}
		if c.Hour == 12 {
			c.Hour = 0
		}
		if d.ampm == 2 {
			c.Hour += 12
		}
	}
	if c.Hour > 24 || c.Minute > 59 || c.Second > 60 || c.timeMicros() > MicrosPerDay {
		return dtFieldOverflow
	}
	if timeOnly {
		if d.mask&fTime != fTime {
			return dtBadFormat
		}
		return dtOK
	}
	if d.mask&fDate != fDate {
		return dtBadFormat
	}
	return dtOK
}

func (d *dtDecoder) checkDate() dtError {
	c := &d.c
	if d.mask&fYear != 0 && !d.julian {
		switch {
		case d.bc:
			if c.Year <= 0 {
				return dtFieldOverflow
			}
			c.Year = 1 - c.Year
		case d.twoDigits && c.Year < 70:
			c.Year += 2000
		case d.twoDigits && c.Year < 100:
			c.Year += 1900
		case !d.twoDigits && c.Year <= 0:
			return dtFieldOverflow
		}
	}
	if d.mask&fDOY != 0 {
		_, c.Month, c.Day = CivilFromDays(DaysFromCivil(c.Year, 1, 1) + int64(d.yday-1))
		if d.yday > 365 && !isLeap(c.Year) {
			return dtFieldOverflow
		}
	}
	if d.mask&fMonth != 0 && (c.Month < 1 || c.Month > 12) {
		return dtMonthDayOverflow
	}
	if d.mask&fDay != 0 && (c.Day < 1 || c.Day > 31) {
		return dtMonthDayOverflow
	}
	if d.mask&fDate == fDate && c.Day > daysInMonth(c.Year, c.Month) {
		return dtFieldOverflow
	}
	return dtOK
}

// offset is the offset of the value's zone, the session's if it has none.
func (d *dtDecoder) zoneOffset(local int64) int {
	switch {
	case d.loc != nil:
		return ZoneOffsetLocal(d.loc, local)
	case d.mask&fZone != 0:
		if zone, ok := movingAbbrevs[d.abbrev]; ok {
			return movingOffset(zone, d.abbrev, local, d.east)
		}
		return d.east
	}
	return ZoneOffsetLocal(d.env.location(), local)
}

// parseDateTime reads a value of one of the date and time types.
func parseDateTime(t T, s string, env *Env) (Datum, error) {
	switch t.OID {
	case IntervalOID:
		v, err := ParseInterval(s, t.Mod, env.IntervalStyle)
		return NewInterval(v), err
	case DateOID:
		if v, ok := parseISODate(s); ok {
			return NewInt(v), nil
		}
	case TimestampOID:
		if v, ok := parseISOTimestamp(s); ok {
			return ApplyTypmod(t, NewInt(v), false)
		}
	}
	name := dtTypeName(t.OID)
	tokens, ok := scanDateTime(s)
	if !ok || len(tokens) == 0 {
		return Null, dtBadFormat.report(name, s)
	}
	timeOnly := t.OID == TimeOID || t.OID == TimetzOID
	d, e := decodeDateTime(tokens, env, timeOnly)
	if d.err != nil {
		return Null, d.err
	}
	if e != dtOK {
		return Null, e.report(name, s)
	}
	switch t.OID {
	case DateOID:
		return d.date(s)
	case TimeOID, TimetzOID:
		return d.timeOfDay(t, s)
	}
	v, err := d.timestamp(t.OID, s)
	if err != nil {
		return Null, err
	}
	return ApplyTypmod(t, NewInt(v), false)
}

func (d *dtDecoder) date(s string) (Datum, error) {
	switch d.special {
	case wordInfinity:
		if d.specialVal > 0 {
			return NewInt(DateInf), nil
		}
		return NewInt(DateNegInf), nil
	case wordEpoch:
		return NewInt(-EpochDays), nil
	}
	days := DaysFromCivil(d.c.Year, d.c.Month, d.c.Day)
	if !ValidDate(days) {
		return Null, pgerr.New(pgerr.DatetimeValueOutOfRange, `date out of range: "%s"`, s)
	}
	return NewInt(days), nil
}

func (d *dtDecoder) timestamp(oid OID, s string) (int64, error) {
	switch d.special {
	case wordInfinity:
		if d.specialVal > 0 {
			return TimestampInf, nil
		}
		return TimestampNegInf, nil
	case wordEpoch:
		return -EpochMicros, nil
	}
	errRange := func() (int64, error) {
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, `timestamp out of range: "%s"`, s)
	}
	if d.c.Year < minYear || d.c.Year > 294277 {
		return errRange()
	}
	local := DaysFromCivil(d.c.Year, d.c.Month, d.c.Day)
	if local < -2451546 || local > 106751991 {
		return errRange()
	}
	ts := local*MicrosPerDay + d.c.timeMicros()
	if local > 0 && ts < 0 {
		return errRange()
	}
	if oid == TimestamptzOID {
		ts -= int64(d.zoneOffset(ts)) * MicrosPerSecond
	}
	if !validTimestamp(ts) {
		return errRange()
	}
	return ts, nil
}

func (d *dtDecoder) timeOfDay(t T, s string) (Datum, error) {
	if d.special != wordUnknown {
		return Null, dtBadFormat.report(dtTypeName(t.OID), s)
	}
	v := roundMicros(d.c.timeMicros(), t.Mod)
	if t.OID == TimeOID {
		if d.loc != nil && d.mask&fDate != fDate {
			if _, same := constantOffset(d.loc); !same {
				return Null, dtBadFormat.report(dtTypeName(t.OID), s)
			}
		}
		return NewInt(v), nil
	}
	day := d.c
	if d.mask&fDate != fDate { // the zone's offset is that of today
		if d.loc != nil && d.mask&fDate == 0 {
			o, same := constantOffset(d.loc)
			if !same {
				return Null, dtBadFormat.report(dtTypeName(t.OID), s)
			}
			return NewRef(TimeTZ{Micros: v, Zone: int32(-o)}), nil
		}
		now := CivilFromMicros(ToZone(d.env.Now, d.env.location()))
		day.Year, day.Month, day.Day = now.Year, now.Month, now.Day
	}
	local := DaysFromCivil(day.Year, day.Month, day.Day)*MicrosPerDay + v
	return NewRef(TimeTZ{Micros: v, Zone: int32(-d.zoneOffset(local))}), nil
}

// dtTypeName is how error messages call the type.
func dtTypeName(oid OID) string {
	switch oid {
	case DateOID:
		return "date"
	case TimeOID:
		return "time"
	case TimestampOID:
		return "timestamp"
	}
	return sqlNames[oid]
}

// constantOffset reports whether a zone never changed its offset: without a date no other zone means anything.
func constantOffset(loc *time.Location) (east int, same bool) {
	const month, from = 30 * MicrosPerDay, -150 * 365 * MicrosPerDay
	east, _ = ZoneOffset(loc, from)
	for k := int64(1); k < 2300; k++ {
		if o, _ := ZoneOffset(loc, from+k*month); o != east {
			return 0, false
		}
	}
	return east, true
}

// parseISODate reads yyyy-mm-dd, the usual form, without the general machinery.
func parseISODate(s string) (int64, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, ok1 := fixedDigits(s[:4])
	m, ok2 := fixedDigits(s[5:7])
	d, ok3 := fixedDigits(s[8:])
	if !ok1 || !ok2 || !ok3 || y == 0 || m < 1 || m > 12 || d < 1 || d > daysInMonth(y, m) {
		return 0, false
	}
	return DaysFromCivil(y, m, d), true
}

// parseISOTimestamp reads yyyy-mm-dd hh:mm:ss[.ffffff].
func parseISOTimestamp(s string) (int64, bool) {
	if len(s) < 19 || len(s) > 26 || s[10] != ' ' && s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	days, ok := parseISODate(s[:10])
	h, ok1 := fixedDigits(s[11:13])
	m, ok2 := fixedDigits(s[14:16])
	sec, ok3 := fixedDigits(s[17:19])
	if !ok || !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 59 {
		return 0, false
	}
	micro := 0
	if len(s) > 19 {
		if s[19] != '.' || len(s) == 20 {
			return 0, false
		}
		f, ok := fixedDigits(s[20:])
		if !ok {
			return 0, false
		}
		micro = f * int(pow10Int[6-(len(s)-20)])
	}
	return days*MicrosPerDay + (int64(h)*3600+int64(m)*60+int64(sec))*MicrosPerSecond + int64(micro), true
}

func fixedDigits(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
