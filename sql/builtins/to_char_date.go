package builtins

import (
	"fmt"
	"strings"

	"github.com/lightsql/lightsql/sql/builtins/datefmt"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// dateNode is one element of a date format.
type dateNode datefmt.Node

// dateFields are the parts of a date or interval to print.
type dateFields struct {
	year, month, day       int64
	hour, min, sec, micros int64
	yday, wday             int64 // from 1; 0 is Sunday
	days                   int64 // since 2000-01-01
	interval               bool
	zoneEast               int
	zoneName               string
	hasZone                bool
}

func fieldsOfTimestamp(ts int64) dateFields {
	c := types.CivilFromMicros(ts)
	days := types.TimestampToDate(ts)
	f := dateFields{year: int64(c.Year), month: int64(c.Month), day: int64(c.Day), days: days}
	t := types.TimestampToTime(ts)
	f.hour, f.min, f.sec, f.micros = t/3600000000, t/60000000%60, t/1000000%60, t%1000000
	f.yday = days - types.DaysFromCivil(c.Year, 1, 1) + 1
	f.wday = ((days+6)%7 + 7) % 7 // 2000-01-01 was a Saturday
	return f
}

func fieldsOfInterval(v types.Interval) dateFields {
	f := dateFields{interval: true, year: int64(v.Months / 12), month: int64(v.Months % 12), day: int64(v.Days)}
	t := v.Micros
	f.hour, f.min, f.sec, f.micros = t/3600000000, t/60000000%60, t/1000000%60, t%1000000
	f.yday = int64(v.Months)*30 + int64(v.Days)
	return f
}

var monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

var dayNames = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

var romanMonths = []string{"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"}

func toCharDateCodes() []code {
	return []code{
		{src: "timestamp_to_char", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if a[1].Str() == "" || !types.IsFiniteTimestamp(a[0].Int()) {
				return types.Null, nil
			}
			s, err := formatDate(fieldsOfTimestamp(a[0].Int()), a[1].Str())
			return types.NewStr(s), err
		}},
		{src: "timestamptz_to_char", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if a[1].Str() == "" || !types.IsFiniteTimestamp(a[0].Int()) {
				return types.Null, nil
			}
			f := fieldsOfTimestamp(types.ToZone(a[0].Int(), zone(c)))
			f.hasZone = true
			f.zoneEast, f.zoneName = types.ZoneOffset(zone(c), a[0].Int())
			s, err := formatDate(f, a[1].Str())
			return types.NewStr(s), err
		}},
		{src: "interval_to_char", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if a[1].Str() == "" {
				return types.Null, nil
			}
			s, err := formatDate(fieldsOfInterval(a[0].Interval()), a[1].Str())
			return types.NewStr(s), err
		}},
	}
}

func formatDate(f dateFields, format string) (string, error) {
	var b strings.Builder
	for _, node := range datefmt.Parse(format) {
		n := dateNode(node)
		if n.Kind != datefmt.Key || n.Key == "FX" {
			b.WriteString(n.Text)
			continue
		}
		s, err := f.pattern(&n)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
		if last := len(s) - 1; n.Ordinal != "" && last >= 0 && s[last] >= '0' && s[last] <= '9' && !strings.HasPrefix(n.Key, "TZ") && n.Key != "OF" {
			b.WriteString(ordinalSuffix(s, n.Ordinal == "TH"))
		}
	}
	return b.String(), nil
}

// ordinalSuffix is st, nd, rd or th for a number as text.
func ordinalSuffix(digits string, upper bool) string {
	s := "th"
	if n := len(digits); n > 0 && !(n > 1 && digits[n-2] == '1') {
		switch digits[n-1] {
		case '1':
			s = "st"
		case '2':
			s = "nd"
		case '3':
			s = "rd"
		}
	}
	if upper {
		return strings.ToUpper(s)
	}
	return s
}

func (n *dateNode) num(v int64, width int) string {
	if n.Fill {
		return fmt.Sprint(v)
	}
	if v < 0 {
		width++
	}
	return fmt.Sprintf("%0*d", width, v)
}

// narrow is num for days, where a sign is not counted beside the digits.
func (n *dateNode) narrow(v int64, width int) string {
	if n.Fill {
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%0*d", width, v)
}

// name prints a name in the case of the pattern, padded on the right unless FM.
func (n *dateNode) name(s string, width int) string {
	switch {
	case n.Key == strings.ToUpper(n.Key):
		s = strings.ToUpper(s)
	case n.Key == strings.ToLower(n.Key):
		s = strings.ToLower(s)
	}
	if n.Fill || n.Local && width == 9 || width == 0 {
		return s
	}
	return fmt.Sprintf("%-*s", width, s)
}

var errIntervalFormat = pgerr.New(pgerr.InvalidDatetimeFormat, "invalid format specification for an interval value").
	WithHint("Intervals are not tied to specific calendar dates.")

// pattern prints one pattern: times here, dates in calendar.
func (f *dateFields) pattern(n *dateNode) (string, error) {
	switch n.Key {
	case "A.M.", "a.m.", "P.M.", "p.m.", "AM", "am", "PM", "pm":
		return half(n.Key, f.hour%24 >= 12, "AM", "PM"), nil
	case "HH", "HH12":
		h := f.hour % 12
		if h == 0 {
			h = 12
		}
		return n.num(h, 2), nil
	case "HH24":
		return n.num(f.hour, 2), nil
	case "MI":
		return n.num(f.min, 2), nil
	case "SS":
		return n.num(f.sec, 2), nil
	case "MS", "FF3":
		return fmt.Sprintf("%03d", f.micros/1000), nil
	case "US", "FF6":
		return fmt.Sprintf("%06d", f.micros), nil
	case "FF1", "FF2", "FF4", "FF5":
		return fmt.Sprintf("%06d", f.micros)[:n.Key[2]-'0'], nil
	case "SSSS", "SSSSS":
		return fmt.Sprint(f.hour*3600 + f.min*60 + f.sec), nil
	case "TZ", "tz", "TZH", "TZM", "OF":
		return f.zonePattern(n)
	}
	return f.calendar(n)
}

// half is one of two words in the case and with the dots of the pattern: AM or p.m., BC or a.d.
func half(key string, second bool, first, last string) string {
	s := first
	if second {
		s = last
	}
	if strings.Contains(key, ".") {
		s = s[:1] + "." + s[1:] + "."
	}
	if key == strings.ToLower(key) {
		return strings.ToLower(s)
	}
	return s
}

func (f *dateFields) zonePattern(n *dateNode) (string, error) {
	if f.interval {
		return "", errIntervalFormat
	}
	sign, east := '+', f.zoneEast
	if east < 0 {
		sign, east = '-', -east
	}
	switch n.Key {
	case "TZ":
		if !f.hasZone {
			return "", nil
		}
		return strings.ToUpper(zoneAbbreviation(f.zoneName)), nil
	case "tz":
		return strings.ToLower(zoneAbbreviation(f.zoneName)), nil
	case "TZH":
		return fmt.Sprintf("%c%02d", sign, east/3600), nil
	case "TZM":
		return fmt.Sprintf("%02d", east/60%60), nil
	}
	s := fmt.Sprintf("%c%02d", sign, east/3600)
	if m := east / 60 % 60; m != 0 {
		s += fmt.Sprintf(":%02d", m)
	}
	return s, nil
}

// zoneAbbreviation is the abbreviation in the name of a zone written as POSIX does: <-01:30>+01:30.
func zoneAbbreviation(name string) string {
	if s, ok := strings.CutPrefix(name, "<"); ok {
		s, _, _ = strings.Cut(s, ">")
		return s
	}
	return name
}

// calendar prints the patterns of dates.
func (f *dateFields) calendar(n *dateNode) (string, error) {
	switch n.Key {
	case "B.C.", "b.c.", "BC", "bc", "A.D.", "a.d.", "AD", "ad":
		if f.interval {
			return "", errIntervalFormat
		}
		return half(n.Key, f.year > 0, "BC", "AD"), nil
	case "MONTH", "Month", "month", "MON", "Mon", "mon":
		return f.monthName(n)
	case "DAY", "Day", "day", "DY", "Dy", "dy":
		if f.interval {
			return "", errIntervalFormat
		}
		if len(n.Key) == 2 {
			return n.name(dayNames[f.wday][:3], 0), nil
		}
		return n.name(dayNames[f.wday], 9), nil
	case "RM", "rm":
		if f.month == 0 {
			if !f.interval || f.year == 0 {
				return "", nil
			}
			if f.year > 0 {
				return n.name(romanMonths[11], 4), nil
			}
			return n.name(romanMonths[0], 4), nil
		}
		if f.month < 0 { // of a negative interval, counted from the end
			return n.name(romanMonths[12+f.month], 4), nil
		}
		return n.name(romanMonths[(f.month-1)%12], 4), nil
	case "MM":
		return n.num(f.month, 2), nil
	case "DD":
		return n.narrow(f.day, 2), nil
	case "DDD":
		return n.narrow(f.yday, 3), nil
	case "D", "ID", "IDDD", "W", "WW", "IW":
		return f.week(n)
	case "Q":
		if f.month == 0 {
			return "", nil
		}
		return fmt.Sprint((f.month-1)/3 + 1), nil
	case "J":
		if f.interval {
			return fmt.Sprint(intervalJulian(f.year, f.month, f.day)), nil
		}
		return fmt.Sprint(f.days + 2451545), nil
	case "CC":
		return n.century(f), nil
	}
	return f.yearPattern(n), nil
}

// intervalJulian is the day that the parts of an interval would be as a date, by the formula that knows no calendar: months may be negative.
func intervalJulian(year, month, day int64) int64 {
	if month > 2 {
		month, year = month+1, year+4800
	} else {
		month, year = month+13, year+4799
	}
	century := year / 100
	return year*365 - 32167 + year/4 - century + century/4 + 7834*month/256 + day
}

func (f *dateFields) monthName(n *dateNode) (string, error) {
	if f.interval {
		return "", errIntervalFormat
	}
	if f.month == 0 {
		return "", nil
	}
	name := monthNames[f.month-1]
	if len(n.Key) == 3 {
		return n.name(name[:3], 0), nil
	}
	return n.name(name, 9), nil
}

func (n *dateNode) century(f *dateFields) string {
	c := f.year / 100
	if !f.interval {
		if f.year > 0 {
			c = (f.year-1)/100 + 1
		} else {
			c = f.year/100 - 1
		}
	}
	if c <= 99 && c >= -99 {
		return n.num(c, 2)
	}
	return n.num(c, 4)
}

// isoWeek is the ISO year, week and day of the year.
func (f *dateFields) isoWeek() (year, week, yday int64) {
	if f.interval {
		return f.intervalWeek()
	}
	thursday := f.days - (f.wday+6)%7 + 3
	y, _, _ := types.CivilFromDays(thursday)
	jan4 := types.DaysFromCivil(y, 1, 4)
	monday := jan4 - ((jan4+5)%7+7)%7
	return int64(y), (f.days-monday)/7 + 1, f.days - monday + 1
}

// intervalWeek is isoWeek of the day that the parts of an interval would be as a date.
func (f *dateFields) intervalWeek() (year, week, yday int64) {
	day := intervalJulian(f.year, f.month, f.day)
	first := func(year int64) int64 { // the Monday of its first week
		jan4 := intervalJulian(year, 1, 4)
		return jan4 - (jan4%7+7)%7
	}
	year = f.year
	if day < first(year) {
		year--
	} else if (day-first(year))/7 >= 51 && day >= first(year+1) {
		year++
	}
	return year, (day-first(year))/7 + 1, day - first(year) + 1
}

func (f *dateFields) week(n *dateNode) (string, error) {
	if f.interval && (n.Key == "D" || n.Key == "ID") {
		return "", errIntervalFormat
	}
	switch n.Key {
	case "D":
		return fmt.Sprint(f.wday + 1), nil
	case "ID":
		return fmt.Sprint((f.wday+6)%7 + 1), nil
	case "W":
		return fmt.Sprint((f.day-1)/7 + 1), nil
	case "WW":
		return n.narrow((f.yday-1)/7+1, 2), nil
	}
	_, week, yday := f.isoWeek()
	if n.Key == "IW" {
		return n.num(week, 2), nil
	}
	return n.num(yday, 3), nil
}

func (f *dateFields) yearPattern(n *dateNode) string {
	year := f.year
	if n.Key[0] == 'I' {
		year, _, _ = f.isoWeek()
	}
	if !f.interval && year <= 0 {
		year = 1 - year
	}
	switch n.Key {
	case "Y,YYY":
		return fmt.Sprintf("%d,%03d", year/1000, year%1000)
	case "YYYY", "IYYY":
		return n.num(year, 4)
	case "YYY", "IYY":
		return n.num(year%1000, 3)
	case "YY", "IY":
		return n.num(year%100, 2)
	}
	return fmt.Sprint(year % 10)
}
