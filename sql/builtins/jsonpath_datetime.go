package builtins

import (
	"strconv"

	"github.com/lightsql/lightsql/sql/builtins/datefmt"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// pathDatetime is what .datetime() makes of a string. Micros is local: a timestamp, or a time of day; zone is in seconds east.
type pathDatetime struct {
	oid    types.OID
	micros int64
	zone   int
}

// String is the ISO 8601 form.
func (d *pathDatetime) String() string {
	var b []byte
	switch d.oid {
	case types.DateOID:
		return string(types.AppendDate(nil, types.TimestampToDate(d.micros), nil))
	case types.TimeOID:
		return string(types.AppendTime(nil, d.micros))
	case types.TimetzOID:
		b = types.AppendTime(nil, d.micros)
	default:
		b = types.AppendTimestamp(nil, d.micros, nil)
		for i := range b {
			if b[i] == ' ' {
				b[i] = 'T'
				break
			}
		}
	}
	if d.oid == types.TimestamptzOID || d.oid == types.TimetzOID {
		z := d.zone
		sign := byte('+')
		if z < 0 {
			sign, z = '-', -z
		}
		b = append(b, sign, byte('0'+z/36000), byte('0'+z/3600%10), ':', byte('0'+z/600%6), byte('0'+z/60%10))
	}
	return string(b)
}

func (d *pathDatetime) timed() bool { return d.oid == types.TimeOID || d.oid == types.TimetzOID }
func (d *pathDatetime) zoned() bool { return d.oid == types.TimestamptzOID || d.oid == types.TimetzOID }

// compare compares two datetimes; ok is false if their types do not compare.
func (d *pathDatetime) compare(o *pathDatetime, r *pathRun) (c int, ok bool, err error) {
	if d.timed() != o.timed() {
		return 0, false, nil
	}
	a, b := *d, *o
	if a.zoned() != b.zoned() {
		from, to := &a, &b
		if a.zoned() {
			from, to = &b, &a
		}
		if !r.useTZ {
			return 0, false, hardError{pgerr.New(pgerr.CodeFeatureNotSupported, "cannot convert value from %s to %s without time zone usage",
				castName(from.oid), castName(to.oid)).WithHint("Use *_tz() function for time zone support.")}
		}
		loc := zone(r.c)
		if from.timed() {
			from.zone, _ = types.ZoneOffset(loc, nowMicros(r.c))
		} else {
			from.zone = types.ZoneOffsetLocal(loc, from.micros)
		}
		from.oid = to.oid
	}
	x, y := a.micros-int64(a.zone)*types.MicrosPerSecond, b.micros-int64(b.zone)*types.MicrosPerSecond
	switch {
	case x < y:
		return -1, true, nil
	case x > y:
		return 1, true, nil
	case a.oid == types.TimetzOID && a.zone != b.zone:
		if a.zone > b.zone {
			return -1, true, nil
		}
		return 1, true, nil
	}
	return 0, true, nil
}

func castName(oid types.OID) string {
	ti, _ := types.Info(oid)
	return ti.Name
}

// isoFormats are tried where datetime() has no template.
var isoFormats = []string{
	"yyyy-mm-dd", "HH24:MI:SS.USTZH:TZM", "HH24:MI:SS.USTZH", "HH24:MI:SSTZH:TZM", "HH24:MI:SSTZH", "HH24:MI:SS.US", "HH24:MI:SS",
	"yyyy-mm-dd HH24:MI:SS.USTZH:TZM", "yyyy-mm-dd HH24:MI:SS.USTZH", "yyyy-mm-dd HH24:MI:SSTZH:TZM", "yyyy-mm-dd HH24:MI:SSTZH",
	`yyyy-mm-dd"T"HH24:MI:SS.USTZH:TZM`, `yyyy-mm-dd"T"HH24:MI:SS.USTZH`, `yyyy-mm-dd"T"HH24:MI:SSTZH:TZM`, `yyyy-mm-dd"T"HH24:MI:SSTZH`,
	"yyyy-mm-dd HH24:MI:SS.US", "yyyy-mm-dd HH24:MI:SS", `yyyy-mm-dd"T"HH24:MI:SS.US`, `yyyy-mm-dd"T"HH24:MI:SS`,
}

func (r *pathRun) datetime(n *types.JSONPathNode, x pathItem, emit emitFn) error {
	if x.kind() != types.JSONString {
		return pgerr.New(pgerr.InvalidArgumentForSQLJSONDatetimeFunction, "jsonpath item method .%s() can only be applied to a string", n.Op)
	}
	var d *pathDatetime
	var err error
	if n.Left != nil {
		if d, err = parsePathDatetime(x.j.Str, n.Left.Str); err != nil {
			return err
		}
	} else {
		for _, f := range isoFormats {
			if d, err = parsePathDatetime(x.j.Str, f); err == nil {
				break
			}
		}
		if d == nil {
			return pgerr.New(pgerr.InvalidArgumentForSQLJSONDatetimeFunction, "datetime format is not recognized: \"%s\"", x.j.Str).
				WithHint("Use a datetime template argument to specify the input data format.")
		}
	}
	return r.next(n, pathItem{dt: d}, emit)
}

// templateParts tells what a template is about.
func templateParts(nodes []datefmt.Node) (dated, timed, zoned bool) {
	for i := range nodes {
		switch nodes[i].Key {
		case "", "FX":
		case "TZ", "OF", "tz", "TZH", "TZM":
			zoned = true
		case "HH", "HH12", "HH24", "MI", "SS", "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "SSSS", "SSSSS", "AM", "PM", "am", "pm",
			"A.M.", "P.M.", "a.m.", "p.m.":
			timed = true
		default:
			dated = true
		}
	}
	return dated, timed, zoned
}

// parsePathDatetime reads s by a template, which must match exactly.
func parsePathDatetime(s, format string) (*pathDatetime, error) {
	bad := func(msg string) error { return pgerr.New(pgerr.InvalidDatetimeFormat, "%s", msg) }
	nodes := datefmt.Parse(format)
	dated, timed, zoned := templateParts(nodes)
	t, err := datefmt.ReadStrict(s, nodes)
	if err != nil {
		return nil, err
	}
	ts, err := localTimestamp(t)
	if err != nil {
		return nil, err
	}
	ts = roundTo(t.Precision, ts)
	d := &pathDatetime{micros: ts, zone: t.East}
	switch {
	case dated && timed && zoned:
		d.oid = types.TimestamptzOID
	case dated && timed:
		d.oid, d.zone = types.TimestampOID, 0
	case dated && zoned:
		return nil, bad("datetime format is zoned but not timed")
	case dated:
		d.oid = types.DateOID
	case timed && zoned:
		d.oid, d.micros = types.TimetzOID, types.TimestampToTime(ts)
	case timed:
		d.oid, d.micros = types.TimeOID, types.TimestampToTime(ts)
	default:
		return nil, bad("datetime format is not dated and not timed")
	}
	if z := d.zone; z > 15*3600+59*60+59 || z < -(15*3600+59*60+59) {
		return nil, pgerr.New(pgerr.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", strconv.Quote(s))
	}
	return d, nil
}
