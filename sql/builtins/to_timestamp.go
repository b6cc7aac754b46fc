package builtins

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// dateReader reads a text by a format of to_date and to_timestamp.
type dateReader struct {
	in, whole string
	f         readFields
	extra     int    // characters passed over beyond those of the format
	last      byte   // the last of them
	mode      string // "iso" or "gregorian", whichever came first
	err       error
}

// readFields are the values found; -1 is none where 0 means something.
type readFields struct {
	year, month, day, yday, julian     int64
	isoYear, isoWeek, isoDay, week, cc int64
	monthWeek                          int64
	yearDigits                         int
	hour, min, sec, micros, daySecs    int64
	twelve, pm, bc, hasISO, hasZone    bool
	zoneSign, zoneHour, zoneMin        int64
	precision                          int32 // of FF1 … FF6
}

// dateWidths are the digits that a pattern takes if another number follows directly.
var dateWidths = map[string]int{
	"HH": 2, "HH12": 2, "HH24": 2, "MI": 2, "SS": 2, "MS": 3, "US": 6, "FF1": 1, "FF2": 2, "FF3": 3, "FF4": 4, "FF5": 5, "FF6": 6,
	"SSSS": 5, "SSSSS": 5, "MM": 2, "DD": 2, "DDD": 3, "IDDD": 3, "D": 1, "ID": 1, "W": 1, "WW": 2, "IW": 2, "Q": 1, "CC": 2,
	"J": 7, "YYYY": 4, "YYY": 3, "YY": 2, "Y": 1, "IYYY": 4, "IYY": 3, "IY": 2, "I": 1, "TZH": 2, "TZM": 2,
}

func toTimestampCodes() []code {
	return []code{
		{src: "to_timestamp", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			ts, f, err := readDate(a[0].Str(), a[1].Str())
			if err != nil {
				return types.Null, err
			}
			if f.hasZone {
				return types.NewInt(ts - f.zoneSign*(f.zoneHour*3600+f.zoneMin*60)*types.MicrosPerSecond), nil
			}
			return intDatum(types.FromZone(ts, zone(c)))
		}},
		{src: "to_date", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			ts, _, err := readDate(a[0].Str(), a[1].Str())
			return types.NewInt(types.TimestampToDate(ts)), err
		}},
	}
}

// readDate is the local time that the text means.
func readDate(s, format string) (int64, *readFields, error) {
	r := &dateReader{in: s, whole: s, f: readFields{isoDay: -1, zoneSign: 1, precision: 6}}
	for _, n := range parseDateFormat(format) {
		if r.in == "" {
			break
		}
		if err := r.node(&n); err != nil {
			return 0, nil, err
		}
	}
	ts, err := r.timestamp()
	return ts, &r.f, err
}

func isDateSeparator(c byte) bool {
	return c > ' ' && c < 127 && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
}

func (r *dateReader) node(n *dateNode) error {
	separator := n.key == "" && !n.quoted && (n.text == " " || isDateSeparator(n.text[0]))
	if !n.exactly && (n.key != "" || separator) {
		for r.in != "" && isSpace(r.in[0]) {
			r.skip()
			r.extra++
		}
	}
	if n.key == "" {
		r.literal(n, separator)
		return nil
	}
	if err := r.convention(n.key); err != nil {
		return err
	}
	var err error
	if n.key == "Y,YYY" {
		err = r.millennium(n)
	} else if w, ok := dateWidths[n.key]; ok {
		err = r.number(n, w)
	} else {
		err = r.word(n)
	}
	r.extra = 0
	if err == nil {
		err = r.err
	}
	return err
}

// convention refuses formats that mix ISO weeks with months and years.
func (r *dateReader) convention(key string) error {
	mode := ""
	switch {
	case key[0] == 'I':
		mode = "iso"
	case strings.Contains(" MONTH MON MM DD DDD D W WW Q RM YYYY YYY YY Y Y,YYY ", " "+strings.ToUpper(key)+" "):
		mode = "gregorian"
	}
	if mode == "" || r.mode == "" || r.mode == mode {
		r.mode += strings.TrimPrefix(mode, r.mode)
		return nil
	}
	return pgerr.New(pgerr.InvalidDatetimeFormat, "invalid combination of date conventions").
		WithHint("Do not mix Gregorian and ISO week date conventions in a formatting template.")
}

func (r *dateReader) skip() { r.last, r.in = r.in[0], r.in[1:] }

// literal passes over text: a separator of the format matches one separator of the input or none; other characters match
// any, unless more than the format says was passed over before.
func (r *dateReader) literal(n *dateNode, separator bool) {
	if separator {
		r.extra--
		if r.in != "" && (isSpace(r.in[0]) || isDateSeparator(r.in[0])) {
			r.skip()
			r.extra++
		}
		return
	}
	for range runeLen(n.text) {
		if r.extra > 0 && !n.exactly {
			r.extra--
			continue
		}
		r.in = r.in[runeOffset(r.in, 1):]
	}
}

// put sets a field once; another value for it contradicts.
func (r *dateReader) put(field *int64, v int64, key string) {
	if *field > 0 && *field != v && r.err == nil {
		r.err = pgerr.New(pgerr.InvalidDatetimeFormat, "conflicting values for \"%s\" field in formatting string", key).
			WithDetail("This value contradicts a previous setting for the same field type.")
	}
	*field = v
}

func (r *dateReader) invalid(value, key, detail string) error {
	return pgerr.New(pgerr.InvalidDatetimeFormat, "invalid value \"%s\" for \"%s\"", value, key).WithDetail("%s", detail)
}

func (r *dateReader) number(n *dateNode, width int) error {
	start := r.in
	sign := int64(1)
	if n.key == "TZH" && r.extra > 0 && r.last == '-' {
		sign = -1
	}
	if r.in != "" && (r.in[0] == '-' || r.in[0] == '+') {
		if r.in[0] == '-' {
			sign = -1
		}
		r.in = r.in[1:]
	}
	k := 0
	for k < len(r.in) && r.in[k] >= '0' && r.in[k] <= '9' && (k < width || !n.adjacent && !n.fixedWidth()) {
		k++
	}
	if k == 0 {
		return r.invalid(start[:min(len(start), width)], n.key, "Value must be an integer.")
	}
	if n.adjacent && !n.fill && k < width {
		return pgerr.New(pgerr.InvalidDatetimeFormat, "source string too short for \"%s\" formatting field", n.key).
			WithDetail("Field requires %d characters, but only %d remain.", width, k).
			WithHint("If your source string is not fixed-width, try using the \"FM\" modifier.")
	}
	digits := r.in[:k]
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || v > math.MaxInt32 {
		return pgerr.New(pgerr.DatetimeValueOutOfRange, "value for \"%s\" in source string is out of range", n.key).
			WithDetail("Value must be in the range %d to %d.", math.MinInt32, math.MaxInt32)
	}
	r.in = r.in[k:]
	r.ordinal(n)
	r.set(n.key, v, sign, digits)
	return nil
}

func (r *dateReader) ordinal(n *dateNode) {
	if n.ordinal != "" && len(r.in) >= 2 {
		r.in = r.in[2:]
	}
}

// fixedWidth reports the patterns of zones, which never take more digits.
func (n *dateNode) fixedWidth() bool { return n.key == "TZH" || n.key == "TZM" }

// fraction scales digits after the point to microseconds. As in PostgreSQL digits beyond the places of the pattern (6, or
// 3 for MS) count as whole units, so that the value is out of range.
func fraction(digits string, places int) int64 {
	v, _ := strconv.ParseInt(digits, 10, 64)
	for i := len(digits); i < places; i++ {
		v *= 10
	}
	if places == 3 {
		v *= 1000
	}
	return v
}

func (r *dateReader) set(key string, v, sign int64, digits string) {
	f := &r.f
	switch key {
	case "HH", "HH12":
		r.put(&f.hour, v, key)
		f.twelve = true
	case "HH24":
		r.put(&f.hour, v, key)
	case "MI":
		r.put(&f.min, v, key)
	case "SS":
		r.put(&f.sec, v, key)
	case "MS":
		f.micros += fraction(digits, 3)
	case "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		f.micros += fraction(digits, 6)
		if key[0] == 'F' {
			f.precision = int32(key[2] - '0')
		}
	case "SSSS", "SSSSS":
		f.daySecs = v
	case "MM":
		r.put(&f.month, v, key)
	case "DD":
		r.put(&f.day, v, key)
	case "DDD", "IDDD":
		f.yday, f.hasISO = v, key == "IDDD"
	case "ID":
		f.isoDay = v
	case "W":
		f.monthWeek = v
	case "WW":
		f.week = v
	case "IW":
		f.isoWeek = v
	case "CC":
		f.cc = v * sign
	case "J":
		f.julian = v
	case "YYYY", "YYY", "YY", "Y":
		r.put(&f.year, sign*fullYear(v, key), key)
		f.yearDigits = len(key)
	case "IYYY", "IYY", "IY", "I":
		f.isoYear = fullYear(v, key)
	case "TZH":
		f.zoneSign, f.zoneHour, f.hasZone = sign, v, true
	case "TZM":
		f.zoneMin, f.hasZone = v, true
	}
}

// fullYear completes a year of fewer than four digits to the one nearest to 2020.
func fullYear(v int64, key string) int64 {
	if len(key) == 4 {
		return v
	}
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

func (r *dateReader) millennium(n *dateNode) error {
	var a, b int64
	if _, err := fmt.Sscanf(r.in, "%d,%3d", &a, &b); err != nil {
		return pgerr.New(pgerr.InvalidDatetimeFormat, "invalid input string for \"Y,YYY\"")
	}
	r.f.year, r.f.yearDigits = a*1000+b, 4
	r.in = r.in[min(len(r.in), strings.IndexByte(r.in, ',')+4):]
	r.ordinal(n)
	return nil
}

// word reads names: months, days, AM and BC.
func (r *dateReader) word(n *dateNode) error {
	switch strings.ToUpper(n.key) {
	case "AM", "PM", "A.M.", "P.M.":
		k, err := r.oneOf(n, halves(n.key, "AM", "PM"), 0)
		r.f.pm, r.f.twelve = k == 1, true
		return err
	case "AD", "BC", "A.D.", "B.C.":
		k, err := r.oneOf(n, halves(n.key, "AD", "BC"), 0)
		r.f.bc = k == 1
		return err
	case "MONTH":
		k, err := r.oneOf(n, monthNames, 0)
		if err == nil {
			r.put(&r.f.month, int64(k)+1, n.key)
		}
		return err
	case "MON":
		k, err := r.oneOf(n, monthNames, 3)
		if err == nil {
			r.put(&r.f.month, int64(k)+1, n.key)
		}
		return err
	case "DAY":
		_, err := r.oneOf(n, dayNames, 0)
		return err
	case "DY":
		_, err := r.oneOf(n, dayNames, 3)
		return err
	case "RM":
		k, err := r.oneOf(n, []string{"XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"}, 0)
		r.f.month = 12 - int64(k)
		return err
	}
	return pgerr.New(pgerr.CodeFeatureNotSupported, "formatting field \"%s\" is only supported in to_char", n.key)
}

func halves(key, a, b string) []string {
	if strings.Contains(key, ".") {
		return []string{a[:1] + "." + a[1:] + ".", b[:1] + "." + b[1:] + "."}
	}
	return []string{a, b}
}

// oneOf finds the word that the input begins with; width is how much of each word counts, 0 for all.
func (r *dateReader) oneOf(n *dateNode, words []string, width int) (int, error) {
	for i, w := range words {
		if width > 0 {
			w = w[:width]
		}
		if len(r.in) >= len(w) && strings.EqualFold(r.in[:len(w)], w) {
			r.in = r.in[len(w):]
			return i, nil
		}
	}
	bad := r.in
	if i := strings.IndexFunc(bad, func(c rune) bool { return c == ' ' }); i >= 0 {
		bad = bad[:i]
	}
	return 0, r.invalid(bad, n.key, "The given value did not match any of the allowed values for this field.")
}

func (r *dateReader) outOfRange() error {
	return pgerr.New(pgerr.DatetimeValueOutOfRange, "date/time field value out of range: \"%s\"", r.whole)
}

// timestamp puts the fields together.
func (r *dateReader) timestamp() (int64, error) {
	f := &r.f
	if f.daySecs > 0 {
		f.hour, f.min, f.sec = f.daySecs/3600, f.daySecs/60%60, f.daySecs%60
	}
	if f.twelve {
		if f.hour < 1 || f.hour > 12 {
			return 0, pgerr.New(pgerr.InvalidDatetimeFormat, "hour \"%d\" is invalid for the 12-hour clock", f.hour).
				WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
		}
		f.hour %= 12
		if f.pm {
			f.hour += 12
		}
	}
	days, err := r.days()
	if err != nil {
		return 0, err
	}
	if f.hour > 23 || f.min > 59 || f.sec > 59 || f.micros >= types.MicrosPerSecond {
		return 0, r.outOfRange()
	}
	if days < minDate || days > 106751991 {
		return 0, r.outOfRange()
	}
	ts := days*types.MicrosPerDay + (f.hour*3600+f.min*60+f.sec)*types.MicrosPerSecond + f.micros
	d, err := types.ApplyTypmod(types.T{OID: types.TimestampOID, Mod: f.precision}, types.NewInt(ts), true)
	return d.Int(), err
}

// minDate is 4714-11-24 BC.
const minDate = -2451545

// days is the day since 2000-01-01 that the fields mean.
func (r *dateReader) days() (int64, error) {
	f := &r.f
	year := f.year
	switch {
	case f.bc && year > 0:
		year = 1 - year
	case f.bc:
		year = -year
	case year < 0:
		year++
	case f.cc != 0 && year == 0:
		year = f.cc*100 - 99
	case f.cc != 0 && f.yearDigits <= 2:
		year = (f.cc-1)*100 + year%100
	}
	switch {
	case f.julian != 0:
		return f.julian - 2451545, nil
	case f.isoYear != 0 || f.hasISO:
		jan4 := types.DaysFromCivil(int(f.isoYear), 1, 4)
		monday := jan4 - ((jan4+5)%7+7)%7
		if f.yday > 0 {
			return monday + f.yday - 1, nil
		}
		return monday + 7*(max(f.isoWeek, 1)-1) + max(f.isoDay, 1) - 1, nil
	case f.yday > 0:
		first := types.DaysFromCivil(int(year), 1, 1)
		if first+f.yday > types.DaysFromCivil(int(year)+1, 1, 1) {
			return 0, r.outOfRange()
		}
		return first + f.yday - 1, nil
	case f.week > 0 && f.month == 0:
		return types.DaysFromCivil(int(year), 1, 1) + 7*(f.week-1), nil
	}
	month, day := max(f.month, 1), max(f.day, 1)
	if f.monthWeek > 0 && f.day == 0 {
		day = 7*(f.monthWeek-1) + 1
	}
	if month > 12 || day > 31 {
		return 0, r.outOfRange()
	}
	days := types.DaysFromCivil(int(year), int(month), int(day))
	if _, m, _ := types.CivilFromDays(days); int64(m) != month {
		return 0, r.outOfRange()
	}
	return days, nil
}
