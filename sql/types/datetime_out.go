package types

import (
	"strconv"
	"time"
)

// append2 appends at least two digits.
func append2(dst []byte, n int) []byte {
	if n >= 100 {
		return strconv.AppendInt(dst, int64(n), 10)
	}
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// appendYear appends at least four digits of a year of either era.
func appendYear(dst []byte, year int) []byte {
	if year <= 0 {
		year = 1 - year
	}
	if year < 10000 {
		return append(dst, byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10))
	}
	return strconv.AppendInt(dst, int64(year), 10)
}

func appendBC(dst []byte, year int) []byte {
	if year <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

// appendMicros appends a point and the digits of a fraction of a second, without zeros at the end.
func appendMicros(dst []byte, micro int) []byte {
	if micro == 0 {
		return dst
	}
	dst = append(dst, '.')
	for p := 100000; micro > 0; p /= 10 {
		dst = append(dst, byte('0'+micro/p))
		micro %= p
	}
	return dst
}

func appendClock(dst []byte, c *Civil) []byte {
	dst = append2(dst, c.Hour)
	dst = append(dst, ':')
	dst = append2(dst, c.Minute)
	dst = append(dst, ':')
	dst = append2(dst, c.Second)
	return appendMicros(dst, c.Micro)
}

// AppendDate appends a date.
func AppendDate(dst []byte, days int64, env *Env) []byte {
	switch days {
	case DateInf:
		return append(dst, "infinity"...)
	case DateNegInf:
		return append(dst, "-infinity"...)
	}
	env = env.orDefault()
	var c Civil
	c.Year, c.Month, c.Day = CivilFromDays(days)
	style := env.DateStyle
	if style == DatePostgres { // the Postgres style writes dates alone with hyphens
		dst = appendDayMonth(dst, &c, '-', env.DateOrder)
		dst = append(dst, '-')
		dst = appendYear(dst, c.Year)
		return appendBC(dst, c.Year)
	}
	return appendBC(appendDateFields(dst, &c, env), c.Year)
}

// appendDateFields appends year, month and day in the ISO, SQL or German style.
func appendDateFields(dst []byte, c *Civil, env *Env) []byte {
	switch env.DateStyle {
	case DateSQL:
		dst = appendDayMonth(dst, c, '/', env.DateOrder)
		dst = append(dst, '/')
		return appendYear(dst, c.Year)
	case DateGerman:
		dst = appendDayMonth(dst, c, '.', OrderDMY)
		dst = append(dst, '.')
		return appendYear(dst, c.Year)
	}
	dst = appendYear(dst, c.Year)
	dst = append(dst, '-')
	dst = append2(dst, c.Month)
	dst = append(dst, '-')
	return append2(dst, c.Day)
}

func appendDayMonth(dst []byte, c *Civil, sep byte, order DateOrder) []byte {
	first, second := c.Month, c.Day
	if order == OrderDMY {
		first, second = second, first
	}
	dst = append2(dst, first)
	dst = append(dst, sep)
	return append2(dst, second)
}

func appendInfinity(dst []byte, ts int64) []byte {
	if ts == TimestampInf {
		return append(dst, "infinity"...)
	}
	return append(dst, "-infinity"...)
}

// AppendTimestamp appends a timestamp without time zone.
func AppendTimestamp(dst []byte, ts int64, env *Env) []byte {
	if !IsFiniteTimestamp(ts) {
		return appendInfinity(dst, ts)
	}
	c := CivilFromMicros(ts)
	return appendDateTime(dst, &c, env.orDefault(), nil)
}

// AppendTimestamptz appends a timestamp with time zone, in the session's zone.
func AppendTimestamptz(dst []byte, ts int64, env *Env) []byte {
	if !IsFiniteTimestamp(ts) {
		return appendInfinity(dst, ts)
	}
	env = env.orDefault()
	var z zoneShown
	z.east, z.abbrev = ZoneOffset(env.location(), ts)
	c := CivilFromMicros(ts + int64(z.east)*MicrosPerSecond)
	return appendDateTime(dst, &c, env, &z)
}

type zoneShown struct {
	east   int
	abbrev string
}

var (
	monthNames = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
	dayNames   = [...]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
)

func appendDateTime(dst []byte, c *Civil, env *Env, z *zoneShown) []byte {
	if env.DateStyle == DatePostgres {
		return appendPostgresDateTime(dst, c, env, z)
	}
	dst = appendDateFields(dst, c, env)
	dst = append(dst, ' ')
	dst = appendClock(dst, c)
	if z != nil {
		if env.DateStyle == DateISO {
			dst = appendOffset(dst, z.east)
		} else {
			dst = z.append(dst)
		}
	}
	return appendBC(dst, c.Year)
}

// append appends a blank and the abbreviation, or the offset where the zone has none.
func (z *zoneShown) append(dst []byte) []byte {
	dst = append(dst, ' ')
	if a := z.abbrev; a != "" && a[0] != '+' && a[0] != '-' && a[0] != '<' {
		return append(dst, a...)
	}
	return appendOffset(dst, z.east)
}

func appendPostgresDateTime(dst []byte, c *Civil, env *Env, z *zoneShown) []byte {
	dst = append(dst, dayNames[isoDOW(DaysFromCivil(c.Year, c.Month, c.Day))-1]...)
	dst = append(dst, ' ')
	if env.DateOrder == OrderDMY {
		dst = append2(dst, c.Day)
		dst = append(dst, ' ')
		dst = append(dst, monthNames[c.Month-1]...)
	} else {
		dst = append(dst, monthNames[c.Month-1]...)
		dst = append(dst, ' ')
		dst = append2(dst, c.Day)
	}
	dst = append(dst, ' ')
	dst = appendClock(dst, c)
	dst = append(dst, ' ')
	dst = appendYear(dst, c.Year)
	if z != nil {
		dst = z.append(dst)
	}
	return appendBC(dst, c.Year)
}

// AppendTime appends a time of day.
func AppendTime(dst []byte, micros int64) []byte {
	c := timeFields(micros)
	return appendClock(dst, &c)
}

// AppendTimetz appends a time of day with its zone.
func AppendTimetz(dst []byte, v TimeTZ) []byte {
	return appendOffset(AppendTime(dst, v.Micros), -int(v.Zone))
}

// NowMicros is the clock as a timestamptz.
func NowMicros(t time.Time) int64 { return t.UnixMicro() - EpochMicros }

// AppendInterval appends an interval.
func AppendInterval(dst []byte, v Interval, style IntervalStyle) []byte {
	f := splitInterval(v)
	switch style {
	case IntervalSQLStandard:
		return f.appendSQL(dst)
	case IntervalISO8601:
		return f.appendISO(dst)
	case IntervalPostgresVerbose:
		return f.appendVerbose(dst)
	}
	return f.appendPostgres(dst)
}

// intervalFields is an interval with its parts split as they are written.
type intervalFields struct {
	year, mon, day, hour, min, sec, micro int64
}

func splitInterval(v Interval) intervalFields {
	t := v.Micros
	return intervalFields{
		year: int64(v.Months / 12), mon: int64(v.Months % 12), day: int64(v.Days),
		hour: t / MicrosPerHour, min: t / MicrosPerMinute % 60, sec: t / MicrosPerSecond % 60, micro: t % MicrosPerSecond,
	}
}

func abs64(v int64) int64 { return max(v, -v) }

// appendSeconds appends |seconds| with the fraction.
func (f *intervalFields) appendSeconds(dst []byte, twoDigits bool) []byte {
	if twoDigits {
		dst = append2(dst, int(abs64(f.sec)))
	} else {
		dst = strconv.AppendInt(dst, abs64(f.sec), 10)
	}
	return appendMicros(dst, int(abs64(f.micro)))
}

// appendHMS appends |h|:mm:ss; hours have as many digits as hourDigits at least.
func (f *intervalFields) appendHMS(dst []byte, twoDigits bool) []byte {
	h := f.hour
	if twoDigits && h > -10 && h < 10 {
		dst = append(dst, '0')
	}
	dst = strconv.AppendUint(dst, uint64(abs64(h)), 10)
	dst = append(dst, ':')
	dst = append2(dst, int(abs64(f.min)))
	dst = append(dst, ':')
	return f.appendSeconds(dst, true)
}

func (f *intervalFields) timeNegative() bool {
	return f.hour < 0 || f.min < 0 || f.sec < 0 || f.micro < 0
}

func (f *intervalFields) timeZero() bool { return f.hour|f.min|f.sec|f.micro == 0 }

func (f *intervalFields) appendPostgres(dst []byte) []byte {
	start, before := len(dst), false
	for _, u := range [...]struct {
		n    int64
		name string
	}{{f.year, " year"}, {f.mon, " mon"}, {f.day, " day"}} {
		if u.n == 0 {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if before && u.n > 0 {
			dst = append(dst, '+')
		}
		dst = strconv.AppendInt(dst, u.n, 10)
		dst = append(dst, u.name...)
		if u.n != 1 {
			dst = append(dst, 's')
		}
		before = u.n < 0
	}
	if len(dst) > start && f.timeZero() {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	if f.timeNegative() {
		dst = append(dst, '-')
	} else if before {
		dst = append(dst, '+')
	}
	return f.appendHMS(dst, true)
}

func (f *intervalFields) appendVerbose(dst []byte) []byte {
	dst = append(dst, '@')
	zero, before := true, false
	for _, u := range [...]struct {
		n    int64
		name string
	}{{f.year, " year"}, {f.mon, " mon"}, {f.day, " day"}, {f.hour, " hour"}, {f.min, " min"}} {
		if u.n == 0 {
			continue
		}
		n := u.n
		if zero {
			before = n < 0
			n = abs64(n)
		} else if before {
			n = -n
		}
		zero = false
		dst = append(dst, ' ')
		dst = strconv.AppendInt(dst, n, 10)
		dst = append(dst, u.name...)
		if n != 1 {
			dst = append(dst, 's')
		}
	}
	if f.sec != 0 || f.micro != 0 {
		dst = append(dst, ' ')
		negative := f.sec < 0 || f.micro < 0
		if zero {
			before = negative
		} else if negative != before {
			dst = append(dst, '-')
		}
		zero = false
		dst = f.appendSeconds(dst, false)
		dst = append(dst, " sec"...)
		if abs64(f.sec) != 1 || f.micro != 0 {
			dst = append(dst, 's')
		}
	}
	if zero {
		dst = append(dst, " 0"...)
	}
	if before {
		dst = append(dst, " ago"...)
	}
	return dst
}

func (f *intervalFields) appendSQL(dst []byte) []byte {
	hasNeg := f.year < 0 || f.mon < 0 || f.day < 0 || f.timeNegative()
	hasPos := f.year > 0 || f.mon > 0 || f.day > 0 || f.hour > 0 || f.min > 0 || f.sec > 0 || f.micro > 0
	yearMonth, dayTime := f.year|f.mon != 0, f.day != 0 || !f.timeZero()
	if hasNeg && (hasPos || yearMonth && dayTime) || !hasNeg && yearMonth && dayTime {
		return f.appendSQLMixed(dst)
	}
	if hasNeg {
		dst = append(dst, '-')
	}
	switch {
	case !yearMonth && !dayTime:
		return append(dst, '0')
	case yearMonth:
		dst = strconv.AppendInt(dst, abs64(f.year), 10)
		dst = append(dst, '-')
		return strconv.AppendInt(dst, abs64(f.mon), 10)
	case f.day != 0:
		dst = strconv.AppendInt(dst, abs64(f.day), 10)
		dst = append(dst, ' ')
	}
	return f.appendHMS(dst, false)
}

// appendSQLMixed writes all the fields with signs, because the standard's forms cannot hold them.
func (f *intervalFields) appendSQLMixed(dst []byte) []byte {
	sign := func(negative bool) byte {
		if negative {
			return '-'
		}
		return '+'
	}
	dst = append(dst, sign(f.year < 0 || f.mon < 0))
	dst = strconv.AppendInt(dst, abs64(f.year), 10)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, abs64(f.mon), 10)
	dst = append(dst, ' ', sign(f.day < 0))
	dst = strconv.AppendInt(dst, abs64(f.day), 10)
	dst = append(dst, ' ', sign(f.timeNegative()))
	return f.appendHMS(dst, false)
}

func (f *intervalFields) appendISO(dst []byte) []byte {
	if f.year|f.mon|f.day == 0 && f.timeZero() {
		return append(dst, "PT0S"...)
	}
	dst = append(dst, 'P')
	part := func(n int64, unit byte) {
		if n != 0 {
			dst = strconv.AppendInt(dst, n, 10)
			dst = append(dst, unit)
		}
	}
	part(f.year, 'Y')
	part(f.mon, 'M')
	part(f.day, 'D')
	if !f.timeZero() {
		dst = append(dst, 'T')
	}
	part(f.hour, 'H')
	part(f.min, 'M')
	if f.sec != 0 || f.micro != 0 {
		if f.sec < 0 || f.micro < 0 {
			dst = append(dst, '-')
		}
		dst = f.appendSeconds(dst, false)
		dst = append(dst, 'S')
	}
	return dst
}
