package types

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the server carries its own time zones

	"github.com/lightsql/lightsql/sql/pgerr"
)

// zoneCache keeps the zones that were asked for: loading one takes some 20 µs. There are about 600 names, so it is bounded.
var zoneCache sync.Map // lower-case name → *time.Location

// LoadZone finds a time zone by its IANA name, in any case.
func LoadZone(name string) (*time.Location, bool) {
	key := strings.ToLower(name)
	if v, ok := zoneCache.Load(key); ok {
		return v.(*time.Location), true
	}
	if name == "" || key == "local" || strings.ContainsAny(name, `\.:`) {
		return nil, false
	}
	canonical, ok := zoneNamesByKey()[key]
	if !ok {
		canonical = name
	}
	loc, err := time.LoadLocation(canonical)
	if err != nil {
		return nil, false
	}
	zoneCache.Store(key, loc)
	return loc, true
}

//go:embed zone_names.txt
var zoneNames string

// ZoneNames lists the IANA time zones in the order of their names.
func ZoneNames() []string { return strings.Fields(zoneNames) }

var zoneNamesByKey = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, n := range ZoneNames() {
		m[strings.ToLower(n)] = n
	}
	return m
})

// ParseZone finds what SET TimeZone and AT TIME ZONE accept: an IANA name, an abbreviation, a number of hours, a POSIX
// specification such as EST5 or UTC+3 (west positive).
func ParseZone(name string) (*time.Location, error) {
	s := strings.Trim(name, asciiSpace)
	if zone, ok := movingAbbrevs[strings.ToLower(s)]; ok {
		if loc, ok := LoadZone(zone); ok {
			return loc, nil
		}
	}
	if off, ok := zoneAbbrevs[strings.ToLower(s)]; ok && !strings.EqualFold(s, "utc") && !strings.EqualFold(s, "gmt") {
		return time.FixedZone(strings.ToUpper(s), off), nil
	}
	if loc, ok := LoadZone(s); ok {
		return loc, nil
	}
	if loc, ok := PosixZone(s); ok {
		return loc, nil
	}
	return nil, pgerr.New(pgerr.InvalidParameterValue, `time zone "%s" not recognized`, name)
}

// movingAbbrevs are abbreviations whose offset changed with their zone.
var movingAbbrevs = map[string]string{"msk": "Europe/Moscow"}

// movingOffset is what an abbreviation meant in its zone at a local time; other is its present meaning.
func movingOffset(zone, abbrev string, local int64, other int) int {
	loc, ok := LoadZone(zone)
	if !ok {
		return other
	}
	ts := local - int64(ZoneOffsetLocal(loc, local))*MicrosPerSecond
	if east, name := ZoneOffset(loc, ts); strings.EqualFold(name, abbrev) {
		return east
	}
	return other
}

// ParseZoneAt finds a zone as ParseZone does, to read a local time in it: an abbreviation whose offset changed means what it meant then.
func ParseZoneAt(name string, local int64) (*time.Location, error) {
	abbrev := strings.ToLower(strings.Trim(name, asciiSpace))
	if zone, ok := movingAbbrevs[abbrev]; ok {
		return time.FixedZone(strings.ToUpper(abbrev), movingOffset(zone, abbrev, local, zoneAbbrevs[abbrev])), nil
	}
	return ParseZone(name)
}

// ParseNumericZone finds a zone as make_timestamptz does: with a sign it is an offset, positive to the east.
func ParseNumericZone(name string, local int64) (*time.Location, error) {
	if name != "" && isDigit(name[0]) {
		return nil, pgerr.New(pgerr.InvalidParameterValue, `invalid input syntax for type %s: "%s"`, "numeric time zone", name).
			WithHint(`Numeric time zones must have "-" or "+" as first character.`)
	}
	if name != "" && (name[0] == '-' || name[0] == '+') {
		switch east, e := parseOffset(name); e {
		case dtOK:
			return FixedZone(east), nil
		case dtZoneOverflow:
			return nil, pgerr.New(pgerr.InvalidParameterValue, `numeric time zone "%s" out of range`, name)
		}
	}
	return ParseZoneAt(name, local)
}

// FixedZone is a zone a number of seconds east of Greenwich, named as SHOW TimeZone writes it (<+03>-03).
func FixedZone(east int) *time.Location {
	a := string(appendOffset(nil, east))
	b := string(appendOffset(nil, -east))
	return time.FixedZone("<"+a+">"+b, east)
}

// ZoneOffset is the offset in seconds east of Greenwich, and the abbreviation, that loc has at a timestamptz.
func ZoneOffset(loc *time.Location, ts int64) (east int, abbrev string) {
	if loc == time.UTC {
		return 0, "UTC"
	}
	unix := ts + EpochMicros
	if ts > TimestampInf-EpochMicros {
		unix = TimestampInf
	}
	abbrev, east = time.UnixMicro(unix).In(loc).Zone()
	return east, abbrev
}

// ZoneOffsetLocal is the offset of loc at a local time. In the gap of a spring change the time counts as before the
// change, and a time that comes twice as the first of them is standard time: PostgreSQL's rules.
func ZoneOffsetLocal(loc *time.Location, local int64) int {
	if loc == time.UTC {
		return 0
	}
	before, _ := ZoneOffset(loc, local-MicrosPerDay)
	after, _ := ZoneOffset(loc, local+MicrosPerDay)
	if before == after {
		// Two changes within two days are unknown but cheap to allow for.
		if o, _ := ZoneOffset(loc, local-int64(before)*MicrosPerSecond); o == before {
			return before
		}
	}
	fitsBefore := offsetFits(loc, local, before)
	fitsAfter := offsetFits(loc, local, after)
	switch {
	case fitsBefore && !fitsAfter:
		return before
	case fitsAfter && !fitsBefore:
		return after
	case fitsBefore && fitsAfter: // the time comes twice: the later, standard one
		return after
	}
	return before // in a gap
}

func offsetFits(loc *time.Location, local int64, east int) bool {
	o, _ := ZoneOffset(loc, local-int64(east)*MicrosPerSecond)
	return o == east
}

// ToZone is the local time of a timestamptz in a zone.
func ToZone(ts int64, loc *time.Location) int64 {
	if !IsFiniteTimestamp(ts) {
		return ts
	}
	east, _ := ZoneOffset(loc, ts)
	return ts + int64(east)*MicrosPerSecond
}

// FromZone is the timestamptz of a local time in a zone.
func FromZone(local int64, loc *time.Location) (int64, error) {
	if !IsFiniteTimestamp(local) {
		return local, nil
	}
	ts := local - int64(ZoneOffsetLocal(loc, local))*MicrosPerSecond
	if !validTimestamp(ts) {
		return 0, errTimestampRange()
	}
	return ts, nil
}

// appendOffset appends +hh[:mm[:ss]].
func appendOffset(dst []byte, east int) []byte {
	sign := byte('+')
	if east < 0 {
		sign, east = '-', -east
	}
	dst = append(dst, sign)
	dst = append2(dst, east/3600)
	if east%3600 != 0 {
		dst = append(dst, ':')
		dst = append2(dst, east/60%60)
		if east%60 != 0 {
			dst = append(dst, ':')
			dst = append2(dst, east%60)
		}
	}
	return dst
}

// ZoneAbbrev is a time zone abbreviation: seconds east of Greenwich, and whether it is a summer time.
type ZoneAbbrev struct {
	Name string
	East int
	DST  bool
}

// ZoneAbbrevs lists the abbreviations in the order of their names.
func ZoneAbbrevs() []ZoneAbbrev {
	out := make([]ZoneAbbrev, 0, len(zoneAbbrevs))
	for name, east := range zoneAbbrevs {
		out = append(out, ZoneAbbrev{strings.ToUpper(name), east, summerAbbrevs[name]})
	}
	slices.SortFunc(out, func(a, b ZoneAbbrev) int { return strings.Compare(a.Name, b.Name) })
	return out
}
