package types

import (
	"math"
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
)

func addOverflows(a, b int64) (int64, bool) {
	s := a + b
	return s, (s > a) != (b > 0) && b != 0
}

// addMonthsDays adds the months and days of an interval to a local time: the day is cut to the length of the month.
func addMonthsDays(local int64, v Interval) (int64, bool) {
	if v.Months != 0 {
		c := CivilFromMicros(local)
		m := int64(c.Year)*12 + int64(c.Month) - 1 + int64(v.Months)
		c.Year, c.Month = int(floorDiv(m, 12)), int(m-floorDiv(m, 12)*12)+1
		c.Day = min(c.Day, daysInMonth(c.Year, c.Month))
		var ok bool
		if local, ok = c.Micros(); !ok {
			return 0, false
		}
	}
	if v.Days != 0 {
		days := floorDiv(local, MicrosPerDay)
		rest := local - days*MicrosPerDay
		days += int64(v.Days)
		if days < minDate-1 || days > endTimestamp/MicrosPerDay+1 {
			return 0, false
		}
		local = days*MicrosPerDay + rest
	}
	return local, true
}

// TimestampAdd is timestamp + interval.
func TimestampAdd(ts int64, v Interval) (int64, error) {
	if !IsFiniteTimestamp(ts) {
		return ts, nil
	}
	ts, ok := addMonthsDays(ts, v)
	if !ok {
		return 0, errTimestampRange()
	}
	ts, over := addOverflows(ts, v.Micros)
	if over || !validTimestamp(ts) {
		return 0, errTimestampRange()
	}
	return ts, nil
}

// TimestamptzAdd is timestamptz + interval: months and days are added to the local time of the zone.
func TimestamptzAdd(ts int64, v Interval, loc *time.Location) (int64, error) {
	if !IsFiniteTimestamp(ts) {
		return ts, nil
	}
	if v.Months != 0 || v.Days != 0 {
		local, ok := addMonthsDays(ToZone(ts, loc), v)
		if !ok {
			return 0, errTimestampRange()
		}
		var err error
		if ts, err = FromZone(local, loc); err != nil {
			return 0, err
		}
	}
	ts, over := addOverflows(ts, v.Micros)
	if over || !validTimestamp(ts) {
		return 0, errTimestampRange()
	}
	return ts, nil
}

// TimestampDiff is timestamp - timestamp, in days and the rest of a day.
func TimestampDiff(a, b int64) (Interval, error) {
	if !IsFiniteTimestamp(a) || !IsFiniteTimestamp(b) {
		return Interval{}, pgerr.New(pgerr.DatetimeValueOutOfRange, "cannot subtract infinite timestamps")
	}
	return JustifyHours(Interval{Micros: a - b}) // wraps, as in PostgreSQL 15
}

// DateAdd is date + days.
func DateAdd(d, days int64) (int64, error) {
	if !IsFiniteDate(d) {
		return d, nil
	}
	if d += days; !ValidDate(d) {
		return 0, errDateRange()
	}
	return d, nil
}

// DateDiff is date - date, in days.
func DateDiff(a, b int64) (int64, error) {
	if !IsFiniteDate(a) || !IsFiniteDate(b) {
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "cannot subtract infinite dates")
	}
	return a - b, nil
}

// DateToTimestamp is midnight of a date.
func DateToTimestamp(d int64) (int64, error) {
	switch {
	case d == DateInf:
		return TimestampInf, nil
	case d == DateNegInf:
		return TimestampNegInf, nil
	case d >= endTimestamp/MicrosPerDay:
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "date out of range for timestamp")
	}
	return d * MicrosPerDay, nil
}

// DateToTimestamptz is midnight of a date in a zone.
func DateToTimestamptz(d int64, loc *time.Location) (int64, error) {
	local, err := DateToTimestamp(d)
	if err != nil {
		return 0, err
	}
	return FromZone(local, loc)
}

// TimestampToDate is the day of a timestamp.
func TimestampToDate(ts int64) int64 {
	switch ts {
	case TimestampInf:
		return DateInf
	case TimestampNegInf:
		return DateNegInf
	}
	return floorDiv(ts, MicrosPerDay)
}

// TimestamptzToDate is the day of a timestamptz in a zone.
func TimestamptzToDate(ts int64, loc *time.Location) int64 { return TimestampToDate(ToZone(ts, loc)) }

// TimestampToTime is the time of day of a finite timestamp.
func TimestampToTime(ts int64) int64 { return ts - floorDiv(ts, MicrosPerDay)*MicrosPerDay }

// TimestamptzToTimetz is the time of day of a timestamptz with its offset in a zone.
func TimestamptzToTimetz(ts int64, loc *time.Location) TimeTZ {
	east, _ := ZoneOffset(loc, ts)
	return TimeTZ{Micros: TimestampToTime(ts + int64(east)*MicrosPerSecond), Zone: int32(-east)}
}

// TimeAdd is time + interval: only the time part counts, modulo a day.
func TimeAdd(t int64, v Interval) int64 {
	t += v.Micros % MicrosPerDay
	return t - floorDiv(t, MicrosPerDay)*MicrosPerDay
}

// InZone is a timetz moved to an offset in seconds east.
func (v TimeTZ) InZone(east int) TimeTZ {
	t := v.Micros + (int64(v.Zone)+int64(east))*MicrosPerSecond
	return TimeTZ{Micros: t - floorDiv(t, MicrosPerDay)*MicrosPerDay, Zone: int32(-east)}
}

// CompareDateTimestamp orders a date and a timestamp, both local.
func CompareDateTimestamp(d, ts int64) int {
	v, err := DateToTimestamp(d)
	if err != nil { // a date after every timestamp but infinity
		if ts == TimestampInf {
			return -1
		}
		return 1
	}
	return compareInt(v, ts)
}

// Neg is -v.
func (v Interval) Neg() (Interval, error) {
	if v.Months == math.MinInt32 || v.Days == math.MinInt32 || v.Micros == math.MinInt64 {
		return v, errIntervalRange()
	}
	return Interval{-v.Months, -v.Days, -v.Micros}, nil
}

// Add is v + o, field by field.
func (v Interval) Add(o Interval) (Interval, error) {
	return makeInterval(int64(v.Months)+int64(o.Months), int64(v.Days)+int64(o.Days), v.Micros, o.Micros)
}

// Sub is v - o, field by field.
func (v Interval) Sub(o Interval) (Interval, error) {
	if o.Micros == math.MinInt64 {
		return v, errIntervalRange()
	}
	return makeInterval(int64(v.Months)-int64(o.Months), int64(v.Days)-int64(o.Days), v.Micros, -o.Micros)
}

func makeInterval(months, days, micros, plus int64) (Interval, error) {
	t, over := addOverflows(micros, plus)
	if over || months != int64(int32(months)) || days != int64(int32(days)) {
		return Interval{}, errIntervalRange()
	}
	return Interval{int32(months), int32(days), t}, nil
}

// Mul is v × f: fractions of months become days (of 30), fractions of days time.
func (v Interval) Mul(f float64) (Interval, error) {
	return v.scale(func(x float64) float64 { return x * f })
}

// Div is v / f.
func (v Interval) Div(f float64) (Interval, error) {
	if f == 0 {
		return v, errDivisionByZero()
	}
	return v.scale(func(x float64) float64 { return x / f })
}

func (v Interval) scale(by func(float64) float64) (Interval, error) {
	const secondsPerDay = 86400
	months, days := by(float64(v.Months)), by(float64(v.Days))
	fits := func(x float64) bool { return x >= math.MinInt32 && x <= math.MaxInt32 } // false for NaN
	if !fits(months) || !fits(days) {
		return v, errIntervalRange()
	}
	m, d := math.Trunc(months), math.Trunc(days)
	restDays := roundMicro((months - m) * 30)
	restSeconds := roundMicro((days - d + restDays - math.Trunc(restDays)) * secondsPerDay)
	if math.Abs(restSeconds) >= secondsPerDay {
		whole := math.Trunc(restSeconds / secondsPerDay)
		d += whole
		restSeconds -= whole * secondsPerDay
	}
	d += math.Trunc(restDays)
	t := roundEven(by(float64(v.Micros)) + restSeconds*MicrosPerSecond)
	if !fits(d) || math.IsNaN(t) || t < math.MinInt64 || t >= math.MaxInt64 {
		return v, errIntervalRange()
	}
	return Interval{int32(m), int32(d), int64(t)}, nil
}

func roundMicro(f float64) float64 { return roundEven(f*1e6) / 1e6 }

// JustifyHours turns 24 hours into a day.
func JustifyHours(v Interval) (Interval, error) {
	days := v.Micros / MicrosPerDay
	rest := v.Micros % MicrosPerDay
	d := int64(v.Days) + days
	switch {
	case d > 0 && rest < 0:
		rest += MicrosPerDay
		d--
	case d < 0 && rest > 0:
		rest -= MicrosPerDay
		d++
	}
	return makeInterval(int64(v.Months), d, rest, 0)
}

// JustifyDays turns 30 days into a month.
func JustifyDays(v Interval) (Interval, error) {
	m, d := int64(v.Months)+int64(v.Days/30), int64(v.Days%30)
	switch {
	case m > 0 && d < 0:
		d += 30
		m--
	case m < 0 && d > 0:
		d -= 30
		m++
	}
	return makeInterval(m, d, v.Micros, 0)
}

// JustifyInterval does both and gives all the fields the same sign.
func JustifyInterval(v Interval) (Interval, error) {
	d := int64(v.Days) + v.Micros/MicrosPerDay
	t := v.Micros % MicrosPerDay
	m := int64(v.Months) + d/30
	d %= 30
	switch {
	case m > 0 && (d < 0 || d == 0 && t < 0):
		d += 30
		m--
	case m < 0 && (d > 0 || d == 0 && t > 0):
		d -= 30
		m++
	}
	switch {
	case d > 0 && t < 0:
		t += MicrosPerDay
		d--
	case d < 0 && t > 0:
		t -= MicrosPerDay
		d++
	}
	return makeInterval(m, d, t, 0)
}

// Age is the difference of two local times in years, months, days and time.
func Age(a, b int64) (Interval, error) {
	if !IsFiniteTimestamp(a) || !IsFiniteTimestamp(b) {
		return Interval{}, errTimestampRange()
	}
	late, early, sign := CivilFromMicros(a), CivilFromMicros(b), int64(1)
	if a < b {
		late, early, sign = early, late, -1
	}
	months := int64(late.Year-early.Year)*12 + int64(late.Month-early.Month)
	days := int64(late.Day - early.Day)
	t := late.timeMicros() - early.timeMicros()
	if t < 0 {
		t += MicrosPerDay
		days--
	}
	for days < 0 {
		days += int64(daysInMonth(early.Year, early.Month))
		months--
	}
	return makeInterval(sign*months, sign*days, sign*t, 0)
}

// DateBin is the start of the stride-long bin, counted from origin, that ts lies in.
func DateBin(stride Interval, ts, origin int64) (int64, error) {
	if !IsFiniteTimestamp(ts) {
		return ts, nil
	}
	if !IsFiniteTimestamp(origin) {
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "origin out of range")
	}
	if stride.Months != 0 {
		return 0, pgerr.New(pgerr.CodeFeatureNotSupported, "timestamps cannot be binned into intervals containing months or years")
	}
	width := stride.Micros + int64(stride.Days)*MicrosPerDay
	if width <= 0 {
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "stride must be greater than zero")
	}
	delta := ts - origin
	if (delta > ts) != (origin < 0) && origin != 0 {
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "interval out of range")
	}
	if ts = origin + floorDiv(delta, width)*width; !validTimestamp(ts) {
		return 0, errTimestampRange()
	}
	return ts, nil
}

// MakeDate is make_date; a negative year is BC.
func MakeDate(year, month, day int) (int64, error) {
	y := year
	if y < 0 {
		y = 1 + y
	} else if y == 0 {
		y = -1 << 30
	}
	if y < -1<<29 || month < 1 || month > 12 || day < 1 || day > daysInMonth(y, month) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "date field value out of range: %d-%02d-%02d", year, month, day)
	}
	d := DaysFromCivil(y, month, day)
	if !ValidDate(d) {
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "date out of range: %d-%02d-%02d", year, month, day)
	}
	return d, nil
}

// MakeTime is make_time.
func MakeTime(hour, minute int, second float64) (int64, error) {
	micros := roundEven(second * MicrosPerSecond)
	if hour < 0 || hour > 24 || minute < 0 || minute > 59 || !(second >= 0 && second <= 60) ||
		hour == 24 && (minute > 0 || micros > 0) {
		return 0, pgerr.New(pgerr.DatetimeFieldOverflow, "time field value out of range: %d:%02d:%02g", hour, minute, second)
	}
	return int64(hour)*MicrosPerHour + int64(minute)*MicrosPerMinute + int64(micros), nil
}

// MakeTimestamp is make_timestamp.
func MakeTimestamp(year, month, day int, hour, minute int, second float64) (int64, error) {
	d, err := MakeDate(year, month, day)
	if err != nil {
		return 0, err
	}
	t, err := MakeTime(hour, minute, second)
	if err != nil {
		return 0, err
	}
	if d > endTimestamp/MicrosPerDay+1 || !validTimestamp(d*MicrosPerDay+t) {
		return 0, pgerr.New(pgerr.DatetimeValueOutOfRange, "timestamp out of range: %d-%02d-%02d %d:%02d:%02g", year, month, day, hour, minute, second)
	}
	return d*MicrosPerDay + t, nil
}

// MakeInterval is make_interval.
func MakeInterval(years, months, weeks, days, hours, mins int64, secs float64) (Interval, error) {
	if math.IsNaN(secs) || math.IsInf(secs, 0) {
		return Interval{}, errIntervalRange()
	}
	s := roundEven(secs * MicrosPerSecond)
	micros := int64(math.MinInt64) // what the processor makes of a number that is too large
	if s >= math.MinInt64 && s < math.MaxInt64 {
		micros = int64(s)
	}
	// PostgreSQL 15 does not look for overflow here.
	return Interval{Months: int32(years*12 + months), Days: int32(weeks*7 + days), Micros: hours*MicrosPerHour + mins*MicrosPerMinute + micros}, nil
}

// ZoneOfInterval is the zone of AT TIME ZONE with an interval.
func ZoneOfInterval(v Interval) (*time.Location, error) {
	if v.Months != 0 || v.Days != 0 {
		return nil, pgerr.New(pgerr.InvalidParameterValue, `interval time zone "%s" must not include months or days`,
			AppendInterval(nil, v, IntervalPostgres))
	}
	return time.FixedZone("", int(v.Micros/MicrosPerSecond)), nil
}
