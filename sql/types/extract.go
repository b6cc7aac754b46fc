package types

import (
	"strings"
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// timeField is a field that extract and date_trunc name.
type timeField uint8

const (
	fieldUnknown timeField = iota
	fieldMicrosecond
	fieldMillisecond
	fieldSecond
	fieldMinute
	fieldHour
	fieldDay
	fieldWeek
	fieldMonth
	fieldQuarter
	fieldYear
	fieldDecade
	fieldCentury
	fieldMillennium
	fieldISOYear
	fieldDOW
	fieldISODOW
	fieldDOY
	fieldJulian
	fieldEpoch
	fieldZone
	fieldZoneHour
	fieldZoneMinute
)

var timeFieldNames = map[string]timeField{
	"dow": fieldDOW, "isodow": fieldISODOW, "doy": fieldDOY, "isoyear": fieldISOYear, "julian": fieldJulian, "jd": fieldJulian, "j": fieldJulian,
	"epoch": fieldEpoch, "timezone": fieldZone, "timezone_h": fieldZoneHour, "timezone_hour": fieldZoneHour,
	"timezone_m": fieldZoneMinute, "timezone_minute": fieldZoneMinute, "quarter": fieldQuarter, "qtr": fieldQuarter, "q": fieldQuarter,
}

var unitFields = map[itvUnit]timeField{
	unitMicrosecond: fieldMicrosecond, unitMillisecond: fieldMillisecond, unitSecond: fieldSecond, unitMinute: fieldMinute,
	unitHour: fieldHour, unitDay: fieldDay, unitWeek: fieldWeek, unitMonth: fieldMonth, unitYear: fieldYear,
	unitDecade: fieldDecade, unitCentury: fieldCentury, unitMillennium: fieldMillennium,
}

// lookupTimeField knows words by their first ten letters, as PostgreSQL does.
func lookupTimeField(name string) timeField {
	name = name[:min(len(name), 10)]
	if f, ok := timeFieldNames[name]; ok {
		return f
	}
	return unitFields[intervalUnits[name]]
}

// lookupUnit is lookupTimeField for date_trunc, which knows fewer words.
func lookupUnit(name string) timeField {
	switch f := lookupTimeField(name); f {
	case fieldDOW, fieldISODOW, fieldDOY, fieldISOYear, fieldJulian, fieldEpoch:
		return fieldUnknown
	default:
		return f
	}
}

func errFieldUnsupported(name string, oid OID) error {
	return pgerr.New(pgerr.CodeFeatureNotSupported, `unit "%s" not supported for type %s`, name, FormatType(oid, -1))
}

func errFieldUnknown(name string, oid OID) error {
	return pgerr.New(pgerr.InvalidParameterValue, `unit "%s" not recognized for type %s`, name, FormatType(oid, -1))
}

// Extract is extract(field from d) for a value of a date, time or interval type. ok is false where the result is NULL:
// fields of infinity that have no limit.
func Extract(field string, oid OID, d Datum, loc *time.Location) (n Numeric, ok bool, err error) {
	name := strings.ToLower(field)
	f := lookupTimeField(name)
	if f == fieldUnknown {
		return n, false, errFieldUnknown(name, oid)
	}
	known := true
	switch oid {
	case DateOID:
		return extractDate(f, name, d.Int())
	case TimestampOID, TimestamptzOID:
		return extractTimestamp(f, name, oid, d.Int(), loc)
	case TimeOID:
		n, known = extractTime(f, d.Int())
	case TimetzOID:
		v, _ := d.Ref().(TimeTZ)
		n, known = extractTimetz(f, v)
	case IntervalOID:
		n, known = extractInterval(f, d.Interval())
	}
	if !known {
		return n, false, errFieldUnsupported(name, oid)
	}
	return n, true, nil
}

// infiniteField is a field of ±infinity: infinite for those that grow with time, NULL for those that repeat.
func infiniteField(f timeField, positive bool) (n Numeric, ok bool) {
	switch f {
	case fieldYear, fieldDecade, fieldCentury, fieldMillennium, fieldJulian, fieldISOYear, fieldEpoch:
		if positive {
			return NumericInf, true
		}
		return NumericNegInf, true
	}
	return n, false
}

func extractDate(f timeField, name string, days int64) (Numeric, bool, error) {
	switch f {
	case fieldDay, fieldMonth, fieldQuarter, fieldWeek, fieldYear, fieldDecade, fieldCentury, fieldMillennium, fieldJulian,
		fieldISOYear, fieldDOW, fieldISODOW, fieldDOY, fieldEpoch:
	default:
		return Numeric{}, false, errFieldUnsupported(name, DateOID)
	}
	if !IsFiniteDate(days) {
		n, ok := infiniteField(f, days > 0)
		return n, ok, nil
	}
	switch f {
	case fieldEpoch:
		return NumericFromInt((days + EpochDays) * 86400), true, nil
	case fieldJulian:
		return NumericFromInt(days + julianEpoch), true, nil
	}
	return NumericFromInt(dayField(f, days)), true, nil
}

// dayField is a field of a day.
func dayField(f timeField, days int64) int64 {
	year, month, day := CivilFromDays(days)
	y := int64(year)
	if f == fieldISOYear || f == fieldWeek {
		iso, week := isoWeek(days)
		if f == fieldWeek {
			return int64(week)
		}
		y, f = int64(iso), fieldYear
	}
	switch f {
	case fieldDay:
		return int64(day)
	case fieldMonth:
		return int64(month)
	case fieldQuarter:
		return int64(month-1)/3 + 1
	case fieldYear:
		if y > 0 {
			return y
		}
		return y - 1
	case fieldDecade:
		return floorDiv(y, 10)
	case fieldCentury:
		return centuryOf(y, 100)
	case fieldMillennium:
		return centuryOf(y, 1000)
	case fieldDOW:
		return int64(isoDOW(days) % 7)
	case fieldISODOW:
		return int64(isoDOW(days))
	}
	return days - DaysFromCivil(year, 1, 1) + 1 // day of the year
}

// centuryOf counts centuries (millennia) from 1; there is no century 0.
func centuryOf(y, years int64) int64 {
	if y > 0 {
		return (y + years - 1) / years
	}
	return -((years - 1 - (y - 1)) / years)
}

func extractTimestamp(f timeField, name string, oid OID, ts int64, loc *time.Location) (Numeric, bool, error) {
	if !IsFiniteTimestamp(ts) {
		n, ok := infiniteField(f, ts > 0)
		return n, ok, nil
	}
	switch f {
	case fieldZone, fieldZoneHour, fieldZoneMinute:
		if oid == TimestampOID {
			return Numeric{}, false, errFieldUnsupported(name, oid)
		}
	}
	east, local := 0, ts
	if oid == TimestamptzOID {
		east, _ = ZoneOffset(loc, ts)
		local += int64(east) * MicrosPerSecond
	}
	days := floorDiv(local, MicrosPerDay)
	if n, ok := extractTime(f, local-days*MicrosPerDay); ok && f != fieldEpoch {
		return n, true, nil
	}
	switch f {
	case fieldEpoch:
		n, err := MakeNumeric(ts, 6).Add(NumericFromInt(EpochDays * 86400))
		return n, true, err
	case fieldJulian:
		part, err := NumericFromInt(local - days*MicrosPerDay).Div(NumericFromInt(MicrosPerDay))
		if err == nil {
			part, err = part.Add(NumericFromInt(days + julianEpoch))
		}
		return part, true, err
	case fieldZone:
		return NumericFromInt(int64(east)), true, nil
	case fieldZoneHour:
		return NumericFromInt(int64(east / 3600)), true, nil
	case fieldZoneMinute:
		return NumericFromInt(int64(east / 60 % 60)), true, nil
	}
	return NumericFromInt(dayField(f, days)), true, nil
}

func extractTime(f timeField, micros int64) (Numeric, bool) {
	switch f {
	case fieldMicrosecond:
		return NumericFromInt(micros % MicrosPerMinute), true
	case fieldMillisecond:
		return MakeNumeric(micros%MicrosPerMinute, 3), true
	case fieldSecond:
		return MakeNumeric(micros%MicrosPerMinute, 6), true
	case fieldMinute:
		return NumericFromInt(micros / MicrosPerMinute % 60), true
	case fieldHour:
		return NumericFromInt(micros / MicrosPerHour), true
	case fieldEpoch:
		return MakeNumeric(micros, 6), true
	}
	return Numeric{}, false
}

func extractTimetz(f timeField, v TimeTZ) (Numeric, bool) {
	switch f {
	case fieldZone:
		return NumericFromInt(-int64(v.Zone)), true
	case fieldZoneHour:
		return NumericFromInt(-int64(v.Zone) / 3600), true
	case fieldZoneMinute:
		return NumericFromInt(-int64(v.Zone) / 60 % 60), true
	case fieldEpoch:
		return MakeNumeric(v.Micros+int64(v.Zone)*MicrosPerSecond, 6), true
	}
	return extractTime(f, v.Micros)
}

func extractInterval(f timeField, v Interval) (Numeric, bool) {
	years, months := int64(v.Months/12), int64(v.Months%12)
	switch f {
	case fieldDay:
		return NumericFromInt(int64(v.Days)), true
	case fieldMonth:
		return NumericFromInt(months), true
	case fieldQuarter:
		return NumericFromInt(months/3 + 1), true
	case fieldYear:
		return NumericFromInt(years), true
	case fieldDecade:
		return NumericFromInt(years / 10), true
	case fieldCentury:
		return NumericFromInt(years / 100), true
	case fieldMillennium:
		return NumericFromInt(years / 1000), true
	case fieldEpoch:
		// A year has 365.25 days, a month 30.
		days := NumericFromInt((1461*years + 120*months + 4*int64(v.Days)) * 21600)
		n, _ := days.Add(MakeNumeric(v.Micros, 6))
		return n, true
	}
	return extractTime(f, v.Micros)
}

// DateTrunc cuts a local time to a unit. oid is for messages.
func DateTrunc(unit string, ts int64, oid OID) (int64, error) {
	if !IsFiniteTimestamp(ts) {
		return ts, nil
	}
	name := strings.ToLower(unit)
	f := lookupUnit(name)
	if f == fieldUnknown {
		return 0, errFieldUnknown(name, oid)
	}
	width := int64(0)
	switch f {
	case fieldMicrosecond:
		width = 1
	case fieldMillisecond:
		width = 1000
	case fieldSecond:
		width = MicrosPerSecond
	case fieldMinute:
		width = MicrosPerMinute
	case fieldHour:
		width = MicrosPerHour
	case fieldDay:
		width = MicrosPerDay
	case fieldWeek, fieldMonth, fieldQuarter, fieldYear, fieldDecade, fieldCentury, fieldMillennium:
	default:
		return 0, errFieldUnsupported(name, oid)
	}
	if width > 0 {
		return floorDiv(ts, width) * width, nil
	}
	days := truncDays(f, floorDiv(ts, MicrosPerDay))
	if days < minDate-1 {
		return 0, errTimestampRange()
	}
	if out := days * MicrosPerDay; validTimestamp(out) {
		return out, nil
	}
	return 0, errTimestampRange()
}

// truncDays is the first day of the week, month, … of a day.
func truncDays(f timeField, days int64) int64 {
	year, month, _ := CivilFromDays(days)
	y := int64(year)
	switch f {
	case fieldWeek:
		return days - int64(isoDOW(days)-1)
	case fieldMonth:
		return DaysFromCivil(year, month, 1)
	case fieldQuarter:
		return DaysFromCivil(year, (month-1)/3*3+1, 1)
	case fieldDecade:
		y = floorDiv(y, 10) * 10
	case fieldCentury:
		y = firstYear(y, 100)
	case fieldMillennium:
		y = firstYear(y, 1000)
	}
	return DaysFromCivil(int(y), 1, 1)
}

func firstYear(y, years int64) int64 {
	if y > 0 {
		return (y+years-1)/years*years - years + 1
	}
	return -((years-1-(y-1))/years)*years + 1
}

// DateTruncTz cuts a timestamptz to a unit of the zone's local time.
func DateTruncTz(unit string, ts int64, loc *time.Location) (int64, error) {
	if !IsFiniteTimestamp(ts) {
		return ts, nil
	}
	east, _ := ZoneOffset(loc, ts)
	local, err := DateTrunc(unit, ts+int64(east)*MicrosPerSecond, TimestamptzOID)
	if err != nil {
		return 0, err
	}
	switch lookupTimeField(strings.ToLower(unit)) {
	case fieldMicrosecond, fieldMillisecond, fieldSecond, fieldMinute, fieldHour:
		return local - int64(east)*MicrosPerSecond, nil // the offset is still the same
	}
	return FromZone(local, loc)
}

// DateTruncInterval cuts an interval to a unit.
func DateTruncInterval(unit string, v Interval) (Interval, error) {
	name := strings.ToLower(unit)
	cut := func(months, width int64) (Interval, error) {
		if months > 0 {
			return Interval{Months: int32(int64(v.Months) / months * months)}, nil
		}
		v.Micros = v.Micros / width * width
		return v, nil
	}
	switch f := lookupUnit(name); f {
	case fieldMillennium:
		return cut(12000, 0)
	case fieldCentury:
		return cut(1200, 0)
	case fieldDecade:
		return cut(120, 0)
	case fieldYear:
		return cut(12, 0)
	case fieldQuarter:
		return cut(3, 0)
	case fieldMonth:
		return cut(1, 0)
	case fieldDay:
		return cut(0, 1<<62)
	case fieldHour:
		return cut(0, MicrosPerHour)
	case fieldMinute:
		return cut(0, MicrosPerMinute)
	case fieldSecond:
		return cut(0, MicrosPerSecond)
	case fieldMillisecond:
		return cut(0, 1000)
	case fieldMicrosecond:
		return v, nil
	case fieldUnknown:
		return v, errFieldUnknown(name, IntervalOID)
	case fieldWeek:
		return v, pgerr.New(pgerr.CodeFeatureNotSupported, `unit "%s" not supported for type interval`, name).
			WithDetail("Months usually have fractional weeks.")
	}
	return v, errFieldUnsupported(name, IntervalOID)
}
