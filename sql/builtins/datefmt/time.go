package datefmt

import (
	"math"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Time is what a text means: the local date and time, and its zone if it names one.
type Time struct {
	Year, Month, Day                  int // of the Gregorian calendar; the year before 1 is 0
	Hour, Minute, Second, Microsecond int
	HasZone                           bool
	East                              int // seconds
	Precision                         int // digits of the second to keep, 0: all
}

// Parts of a date that a text gave.
const (
	hasYear = 1 << iota
	hasMonth
	hasDay
	hasDate = hasYear | hasMonth | hasDay
)

func (r *reader) overflow() error {
	return pgerr.New(pgerr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", r.s)
}

// time puts the fields together.
func (r *reader) time() (*Time, error) {
	t := &Time{Month: 1, Day: 1, Precision: r.precision}
	if err := r.clock(t); err != nil {
		return nil, err
	}
	mask := r.setYear(t)
	mask |= r.setDate(t)
	more, err := r.setDayOfYear(t)
	if err != nil {
		return nil, err
	}
	if !t.valid(mask|more) || t.Year > math.MaxInt32 || t.Year < math.MinInt32 {
		return nil, r.overflow()
	}
	t.Microsecond = r.milli*1000 + r.micro
	if t.Hour < 0 || t.Hour > 23 || t.Minute < 0 || t.Minute > 59 || t.Second < 0 || t.Second > 59 || t.Microsecond < 0 || t.Microsecond >= 1e6 {
		return nil, r.overflow()
	}
	if r.zoneSign != 0 {
		if r.zoneHour < 0 || r.zoneHour > 15 || r.zoneMinute < 0 || r.zoneMinute > 59 {
			return nil, pgerr.New(pgerr.InvalidTimeZoneDisplacementValue, "time zone displacement out of range: \"%s\"", r.s)
		}
		t.HasZone, t.East = true, r.zoneSign*(r.zoneHour*3600+r.zoneMinute*60)
	}
	return t, nil
}

// clock sets the time of the day.
func (r *reader) clock(t *Time) error {
	t.Hour, t.Minute, t.Second = r.daySeconds/3600, r.daySeconds%3600/60, r.daySeconds%60
	for _, f := range []struct {
		to   *int
		from int
	}{{&t.Second, r.second}, {&t.Minute, r.minute}, {&t.Hour, r.hour}} {
		if f.from != 0 {
			*f.to = f.from
		}
	}
	if !r.twelve {
		return nil
	}
	if t.Hour < 1 || t.Hour > 12 {
		return errFormat("hour \"%d\" is invalid for the 12-hour clock", t.Hour).WithHint("Use the 24-hour clock, or give an hour between 1 and 12.")
	}
	t.Hour %= 12
	if r.pm != 0 {
		t.Hour += 12
	}
	return nil
}

// setYear sets the year from year, century and era. With a century of its own a year of two digits counts within it; the 21st century begins with 2001,
// the 6th before Christ with 600.
func (r *reader) setYear(t *Time) int {
	cc := r.century
	if r.bc != 0 {
		cc = -cc
	}
	switch {
	case r.year != 0 && cc != 0 && r.yearDigits <= 2:
		t.Year = r.year % 100
		switch {
		case t.Year == 0 && cc >= 0:
			t.Year = cc * 100
		case t.Year == 0:
			t.Year = cc*100 + 1
		case cc >= 0:
			t.Year += (cc - 1) * 100
		default:
			t.Year = (cc+1)*100 - t.Year + 1
		}
	case r.year != 0:
		if t.Year = r.year; r.bc != 0 {
			t.Year = -t.Year
		}
		if t.Year < 0 {
			t.Year++
		}
	case cc > 0:
		t.Year = (cc-1)*100 + 1
	case cc < 0:
		t.Year = cc*100 + 1
	default:
		return 0
	}
	return hasYear
}

// setDate sets month and day. A later of these wins: the Julian day, the week, the week of the month, day and month.
func (r *reader) setDate(t *Time) (mask int) {
	if r.julian != 0 {
		t.setJulian(r.julian)
		mask |= hasDate
	}
	switch {
	case r.week == 0:
	case r.mode != "iso":
		r.dayOfYear = (r.week-1)*7 + 1
	default:
		j := isoWeek(t.Year, r.week)
		switch {
		case r.weekday > 1:
			j += r.weekday - 2
		case r.weekday != 0:
			j += 6
		}
		t.setJulian(j)
		mask |= hasDate
	}
	if r.weekOfMonth != 0 {
		r.day = (r.weekOfMonth-1)*7 + 1
	}
	if r.day != 0 {
		t.Day = r.day
		mask |= hasDay
	}
	if r.month != 0 {
		t.Month = r.month
		mask |= hasMonth
	}
	return mask
}

// setDayOfYear sets what month and day are still missing.
func (r *reader) setDayOfYear(t *Time) (mask int, err error) {
	if r.dayOfYear == 0 || t.Month > 1 && t.Day > 1 {
		return 0, nil
	}
	if t.Year == 0 && r.bc == 0 {
		return 0, errFormat("cannot calculate day of year without year information")
	}
	if r.mode == "iso" {
		t.setJulian(isoWeek(t.Year, 1) - 1 + r.dayOfYear)
		return hasDate, nil
	}
	month, before := 1, 0
	for month <= 12 && r.dayOfYear > before+daysIn(t.Year, month) {
		before += daysIn(t.Year, month)
		month++
	}
	if t.Month <= 1 {
		t.Month = month
	}
	if t.Day <= 1 {
		t.Day = r.dayOfYear - before
	}
	return hasMonth | hasDay, nil
}

// valid checks the parts of the date that the text gave.
func (t *Time) valid(mask int) bool {
	switch {
	case mask&hasMonth != 0 && (t.Month < 1 || t.Month > 12), mask&hasDay != 0 && (t.Day < 1 || t.Day > 31):
		return false
	}
	return mask&hasDate != hasDate || t.Day <= daysIn(t.Year, t.Month)
}

func daysIn(year, month int) int {
	if month == 2 {
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 30 + (month+month/8)%2
}

// Julian is the Julian day of the date; a day beyond its month counts on in the next.
func (t *Time) Julian() int {
	y, m := t.Year, t.Month
	if m <= 2 {
		y, m = y-1, m+12
	}
	return 365*y + floorDiv(y, 4) - floorDiv(y, 100) + floorDiv(y, 400) + (153*(m-3)+2)/5 + t.Day + 1721119
}

// setJulian sets the date of a Julian day.
func (t *Time) setJulian(j int) {
	d := j - 1721120 // days since March of the year 0
	era := floorDiv(d, 146097)
	d -= era * 146097
	y := (d - d/1460 + d/36524 - d/146096) / 365
	d -= 365*y + y/4 - y/100
	m := (5*d + 2) / 153
	t.Year, t.Month, t.Day = y+400*era, m+3, d-(153*m+2)/5+1
	if t.Month > 12 {
		t.Year, t.Month = t.Year+1, t.Month-12
	}
}

// isoWeek is the Julian day of the Monday of a week.
func isoWeek(year, week int) int {
	fourth := (&Time{Year: year, Month: 1, Day: 4}).Julian()
	weekday := (fourth%7 + 7) % 7 // Monday is 0
	return (week-1)*7 + fourth - weekday
}

func floorDiv(a, b int) int {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}
