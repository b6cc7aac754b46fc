package types

import (
	"math"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Dates are days and timestamps microseconds since 2000-01-01, in the proleptic Gregorian calendar. Internally years are
// astronomical: 1 BC is 0, 2 BC is -1.
const (
	MicrosPerSecond = 1000000
	MicrosPerMinute = 60 * MicrosPerSecond
	MicrosPerHour   = 60 * MicrosPerMinute
	MicrosPerDay    = 24 * MicrosPerHour

	// DateInf and DateNegInf are infinity and -infinity of type date.
	DateInf    = math.MaxInt32
	DateNegInf = math.MinInt32
	// TimestampInf and TimestampNegInf are those of timestamp and timestamptz.
	TimestampInf    = math.MaxInt64
	TimestampNegInf = math.MinInt64

	// EpochDays and EpochMicros are the distance from 1970-01-01 to 2000-01-01.
	EpochDays   = 10957
	EpochMicros = EpochDays * MicrosPerDay

	julianEpoch  = 2451545 // Julian day of 2000-01-01
	minDate      = -julianEpoch
	endDate      = 2147483494 - julianEpoch
	minTimestamp = -211813488000000000
	endTimestamp = 9223371331200000000
	minYear      = -4713
	maxYear      = 5874898
)

// Civil is a point in time as calendar fields. Year is astronomical.
type Civil struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	Micro                int
}

// DaysFromCivil is the date of a day of the calendar. Day and month need not be in range by much; year is astronomical.
func DaysFromCivil(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m > 2 {
		m -= 3
	} else {
		m += 9
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*m+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 730425 // 730425: from 0000-03-01 to 2000-01-01
}

// CivilFromDays is the calendar day of a date.
func CivilFromDays(days int64) (year, month, day int) {
	z := days + 730425
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	if month > 12 {
		month -= 12
	}
	y := yoe + era*400
	if month <= 2 {
		y++
	}
	return int(y), month, day
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func daysInMonth(year, month int) int {
	switch month {
	case 2:
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// CivilFromMicros splits a timestamp that is finite.
func CivilFromMicros(ts int64) Civil {
	days := floorDiv(ts, MicrosPerDay)
	c := timeFields(ts - days*MicrosPerDay)
	c.Year, c.Month, c.Day = CivilFromDays(days)
	return c
}

func timeFields(micros int64) Civil {
	sec := micros / MicrosPerSecond
	return Civil{
		Hour: int(sec / 3600), Minute: int(sec / 60 % 60), Second: int(sec % 60),
		Micro: int(micros % MicrosPerSecond),
	}
}

// timeMicros is the time of day in microseconds.
func (c Civil) timeMicros() int64 {
	return (int64(c.Hour)*3600+int64(c.Minute)*60+int64(c.Second))*MicrosPerSecond + int64(c.Micro)
}

// Micros is the timestamp; ok is false if it is out of range.
func (c Civil) Micros() (int64, bool) {
	days := DaysFromCivil(c.Year, c.Month, c.Day)
	if days < minDate-1 || days > endTimestamp/MicrosPerDay+1 {
		return 0, false
	}
	ts := days*MicrosPerDay + c.timeMicros()
	return ts, validTimestamp(ts) && (days > 0 || ts < endTimestamp/2)
}

func validTimestamp(ts int64) bool { return ts >= minTimestamp && ts < endTimestamp }

// ValidDate reports a day that the type date has.
func ValidDate(d int64) bool { return d >= minDate && d < endDate }

// IsFiniteTimestamp reports a timestamp that is not infinite.
func IsFiniteTimestamp(ts int64) bool { return ts != TimestampInf && ts != TimestampNegInf }

// IsFiniteDate reports a date that is not infinite.
func IsFiniteDate(d int64) bool { return d != DateInf && d != DateNegInf }

func errTimestampRange() error {
	return pgerr.New(pgerr.DatetimeValueOutOfRange, "timestamp out of range")
}

func errDateRange() error { return pgerr.New(pgerr.DatetimeValueOutOfRange, "date out of range") }

func errIntervalRange() error {
	return pgerr.New(pgerr.DatetimeValueOutOfRange, "interval out of range")
}

// isoWeek is the ISO 8601 year and week of a day.
func isoWeek(days int64) (year, week int) {
	thursday := days - int64(isoDOW(days)-1) + 3
	year, _, _ = CivilFromDays(thursday)
	return year, int((thursday-DaysFromCivil(year, 1, 1))/7) + 1
}

// isoDOW is the day of the week from 1, Monday, to 7, Sunday.
func isoDOW(days int64) int {
	d := int((days + 5) % 7) // 2000-01-01 was a Saturday
	if d < 0 {
		d += 7
	}
	return d + 1
}

// roundMicros rounds a time to precision digits of a second.
func roundMicros(v int64, precision int32) int64 {
	if precision < 0 || precision >= 6 {
		return v
	}
	p := pow10Int[6-precision]
	if v >= 0 {
		return (v + p/2) / p * p
	}
	return -((-v + p/2) / p * p)
}

func roundTimestamp(ts int64, precision int32) int64 {
	if !IsFiniteTimestamp(ts) {
		return ts
	}
	return roundMicros(ts, precision)
}
