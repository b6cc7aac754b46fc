package types

import (
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// posixRules are the dates of the changes to summer time and back in a POSIX specification: Jn, n or Mm.w.d, each with a time.
var posixRules = regexp.MustCompile(`^,(J\d{1,3}|\d{1,3}|M(1[0-2]|[1-9])\.[1-5]\.[0-6])(/[-+]?\d{1,3}(:\d{1,2}){0,2})?,(J\d{1,3}|\d{1,3}|M(1[0-2]|[1-9])\.[1-5]\.[0-6])(/[-+]?\d{1,3}(:\d{1,2}){0,2})?$`)

// PosixZone reads a POSIX specification: an abbreviation and an offset, positive to the west, and perhaps those of summer time and
// its rules: EST5, <+03>-03, CST7CDT,M4.1.0,M10.5.0.
func PosixZone(s string) (*time.Location, bool) {
	if len(s) > 255 {
		return nil, false
	}
	std, rest, ok := posixName(s)
	if !ok || rest == "" {
		return nil, false
	}
	west, rest, ok := posixOffset(rest)
	if !ok {
		return nil, false
	}
	spec := ""
	if rest != "" {
		var dst string
		if dst, rest, ok = posixName(rest); !ok || dst == "" {
			return nil, false
		}
		summer := west - 3600
		if rest != "" && rest[0] != ',' {
			if summer, rest, ok = posixOffset(rest); !ok {
				return nil, false
			}
		}
		if rest == "" {
			rest = ",M3.2.0,M11.1.0" // PostgreSQL's default
		}
		if !posixRules.MatchString(rest) {
			return nil, false
		}
		spec = "<" + std + ">" + offsetText(west) + "<" + dst + ">" + offsetText(summer) + rest
	}
	loc, err := time.LoadLocationFromTZData(s, zoneFile(std, -west, spec))
	return loc, err == nil
}

// posixName splits an abbreviation off: what stands in <>, or all up to a digit, sign or comma.
func posixName(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, "<") {
		name, rest, ok = strings.Cut(s[1:], ">")
		return name, rest, ok
	}
	i := strings.IndexAny(s, "0123456789+-,")
	if i < 0 {
		i = len(s)
	}
	return s[:i], s[i:], true
}

// posixOffset splits [+-]h[:m[:s]] off, in seconds.
func posixOffset(s string) (seconds int, rest string, ok bool) {
	sign := 1
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	unit := 3600
	for i := 0; i < 3; i++ {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		v, err := strconv.Atoi(s[:n])
		if err != nil || i == 0 && v > 167 || i > 0 && v > 59 {
			return 0, "", false
		}
		seconds += v * unit
		unit /= 60
		if s = s[n:]; i == 2 || s == "" || s[0] != ':' {
			break
		}
		s = s[1:]
	}
	return sign * seconds, s, true
}

func offsetText(seconds int) string {
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	return sign + strconv.Itoa(seconds/3600) + ":" + strconv.Itoa(seconds/60%60) + ":" + strconv.Itoa(seconds%60)
}

// zoneFile is a time zone file with one kind of time and the rules for all time after.
func zoneFile(abbrev string, east int, rules string) []byte {
	header := func(b []byte, times, zones, chars int) []byte {
		b = append(append(b, "TZif2"...), make([]byte, 15)...)
		for _, n := range []int{0, 0, 0, times, zones, chars} {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		return b
	}
	b := header(nil, 0, 0, 0) // for readers of 32-bit times
	b = header(b, 1, 1, len(abbrev)+1)
	start := int64(-1 << 60)
	b = binary.BigEndian.AppendUint64(b, uint64(start))
	b = append(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(int32(east)))
	b = append(b, 0, 0)
	b = append(append(b, abbrev...), 0)
	return append(append(append(b, '\n'), rules...), '\n')
}
