package builtins

import (
	crand "crypto/rand"
	"strings"
	"time"

	"github.com/lightsql/lightsql/sql/charset"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/settings"
	"github.com/lightsql/lightsql/sql/types"
)

// VersionText is what version() answers; it begins as PostgreSQL's does, for clients that read the number from it.
const VersionText = "PostgreSQL " + settings.ServerVersion + " (LightSQL)"

func clockFn(f func(expr.Env) time.Time) scalarFn {
	return func(c *expr.Ctx, _ []types.Datum) (types.Datum, error) {
		return types.NewInt(types.NowMicros(f(c.Env))), nil
	}
}

func envStr(f func(expr.Env) string) scalarFn {
	return func(c *expr.Ctx, _ []types.Datum) (types.Datum, error) { return types.NewStr(f(c.Env)), nil }
}

func systemCodes() []code {
	return []code{
		{src: "now", scalar: clockFn(expr.Env.TransactionTime)},
		{src: "statement_timestamp", scalar: clockFn(expr.Env.StatementTime)},
		{src: "clock_timestamp", scalar: clockFn(expr.Env.ClockTime)},
		{src: "timeofday", scalar: func(c *expr.Ctx, _ []types.Datum) (types.Datum, error) {
			return types.NewStr(c.Env.ClockTime().In(zone(c)).Format("Mon Jan 02 15:04:05.000000 2006 MST")), nil
		}},
		{src: "pgsql_version", scalar: func(*expr.Ctx, []types.Datum) (types.Datum, error) { return types.NewStr(VersionText), nil }},
		{src: "current_database", scalar: envStr(expr.Env.CurrentDatabase)},
		{src: "current_user", scalar: envStr(expr.Env.CurrentUser)},
		{src: "session_user", scalar: envStr(expr.Env.SessionUser)},
		{src: "pg_trigger_depth", scalar: func(c *expr.Ctx, _ []types.Datum) (types.Datum, error) {
			if s, ok := c.Env.(TriggerSource); ok {
				return types.NewInt(int64(s.TriggerDepth())), nil
			}
			return types.NewInt(0), nil
		}},
		{src: "pg_backend_pid", scalar: func(c *expr.Ctx, _ []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(c.Env.BackendPID())), nil
		}},
		{src: "show_config_by_name", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) { return currentSetting(c, a[0].Str(), false) }},
		{src: "show_config_by_name_missing_ok", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return currentSetting(c, a[0].Str(), a[1].Bool())
		}},
		{src: "set_config_by_name", scalar: setConfig},
		{src: "nextval_oid", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return intDatum(c.Env.Nextval(types.OID(a[0].Int())))
		}},
		{src: "currval_oid", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return intDatum(c.Env.Currval(types.OID(a[0].Int())))
		}},
		{src: "lastval", scalar: func(c *expr.Ctx, _ []types.Datum) (types.Datum, error) { return intDatum(c.Env.Lastval()) }},
		{src: "setval_oid", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return a[1], c.Env.Setval(types.OID(a[0].Int()), a[1].Int(), true)
		}},
		{src: "setval3_oid", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return a[1], c.Env.Setval(types.OID(a[0].Int()), a[1].Int(), a[2].Bool())
		}},
		{src: "gen_random_uuid", scalar: genUUID},
		{src: "pg_typeof", bind: func(f *expr.Func, args []types.T, _ types.T) *expr.Func {
			g, t := *f, args[0].OID
			g.Bind = nil
			g.Scalar = func(*expr.Ctx, []types.Datum) (types.Datum, error) { return types.NewInt(int64(t)), nil }
			return &g
		}},
		{src: "text_regclass", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			name := a[0].Str()
			if name != "" && strings.Trim(name, "0123456789") == "" { // no OID here, unlike in a literal
				name = expr.QuoteIdent(name)
			}
			return types.Parse(types.Of(types.RegClassOID), name, c.Types)
		}},
		{src: "pg_column_size", bind: columnSize},
		{src: "pg_column_compression", scalar: func(*expr.Ctx, []types.Datum) (types.Datum, error) { return types.Null, nil }},
		{src: "pg_jit_available", scalar: func(*expr.Ctx, []types.Datum) (types.Datum, error) { return types.NewBool(false), nil }},
		{src: "pg_num_nulls", scalar: countNulls(true)}, {src: "pg_num_nonnulls", scalar: countNulls(false)},
		{src: "PG_char_to_encoding", kernel: strLen(func(s string) int64 {
			if e := charset.Lookup(s); e != nil {
				return int64(e.Number)
			}
			return -1
		})},
		{src: "PG_encoding_to_char", kernel: map1(ints, strs, encodingName)},
		{src: "getdatabaseencoding", scalar: func(*expr.Ctx, []types.Datum) (types.Datum, error) { return types.NewStr("UTF8"), nil }},
		{src: "pg_client_encoding", scalar: func(c *expr.Ctx, _ []types.Datum) (types.Datum, error) {
			return currentSetting(c, "client_encoding", false)
		}},
	}
}

// sleepCodes are the functions that wait.
func sleepCodes() []code {
	return []code{
		{src: "pg_sleep", scalar: sleep},
		{src: "pg_sleep_for(interval)", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return sleepUntil(c, time.Now(), a[0].Interval())
		}},
		{src: "pg_sleep_until(timestamp with time zone)", scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			at := time.UnixMicro(a[0].Int() + types.EpochMicros)
			return sleep(c, []types.Datum{types.NewFloat(max(0, time.Until(at).Seconds()))})
		}},
	}
}

func encodingCodes() []code {
	return []code{
		{src: "pg_encoding_max_length_sql", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if n := a[0].Int(); n >= 0 && n < int64(len(encodingLengths)) {
				return types.NewInt(int64(encodingLengths[n] - '0')), nil
			}
			return types.Null, nil
		}},
		{src: "to_ascii_default", scalar: toASCII}, {src: "to_ascii_enc", scalar: toASCII}, {src: "to_ascii_encname", scalar: toASCII},
		{src: "btequalimage", scalar: alwaysTrue}, {src: "btvarstrequalimage", scalar: alwaysTrue},
	}
}

// encodingLengths are the most bytes of a character, by the number of the encoding.
const encodingLengths = "133343441111111111111111111111111112222432"

func alwaysTrue(*expr.Ctx, []types.Datum) (types.Datum, error) { return types.NewBool(true), nil }

// toASCII refuses text in UTF-8, which is the only encoding of databases; only Latin encodings have letters to replace.
func toASCII(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
	name := "UTF8"
	if len(a) > 1 && a[1].Kind() == types.KindInt {
		if name = encodingName(a[1].Int()); name == "" {
			return types.Null, pgerr.New(pgerr.UndefinedObject, "%d is not a valid encoding code", a[1].Int())
		}
	} else if len(a) > 1 {
		e := charset.Lookup(a[1].Str())
		if e == nil {
			return types.Null, pgerr.New(pgerr.UndefinedObject, "%s is not a valid encoding name", a[1].Str())
		}
		name = e.Name
	}
	return types.Null, pgerr.New(pgerr.CodeFeatureNotSupported, "encoding conversion from %s to ASCII not supported", name)
}

func currentSetting(c *expr.Ctx, name string, missingOK bool) (types.Datum, error) {
	v, ok := c.Env.Setting(name)
	switch {
	case ok:
		return types.NewStr(v), nil
	case missingOK:
		return types.Null, nil
	}
	return types.Null, pgerr.New(pgerr.UndefinedObject, "unrecognized configuration parameter \"%s\"", name)
}

func setConfig(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return types.Null, pgerr.New(pgerr.NullValueNotAllowed, "SET requires parameter name")
	}
	v, err := c.Env.SetSetting(a[0].Str(), a[1].Str(), a[2].Bool())
	return types.NewStr(v), err
}

// genUUID is a random (version 4) uuid.
func genUUID(*expr.Ctx, []types.Datum) (types.Datum, error) {
	var b [16]byte
	if _, err := crand.Read(b[:]); err != nil {
		return types.Null, pgerr.New(pgerr.InternalError, "could not generate random values")
	}
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return types.NewStr(string(b[:])), nil
}

// sleepUntil sleeps for an interval that begins at a time: a month is as long as the one that begins there.
func sleepUntil(c *expr.Ctx, from time.Time, v types.Interval) (types.Datum, error) {
	end := from.AddDate(0, int(v.Months), int(v.Days)).Add(time.Duration(v.Micros) * time.Microsecond)
	return sleep(c, []types.Datum{types.NewFloat(max(0, end.Sub(from).Seconds()))})
}

// sleep is pg_sleep; a cancel ends it.
func sleep(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
	t := time.NewTimer(time.Duration(a[0].Float() * float64(time.Second)))
	defer t.Stop()
	if c.Context == nil {
		<-t.C
		return types.NewStr(""), nil
	}
	select {
	case <-t.C:
		return types.NewStr(""), nil
	case <-c.Context.Done():
		return types.Null, pgerr.New(pgerr.QueryCanceled, "canceling statement due to user request")
	}
}

// columnSize is the number of bytes that PostgreSQL would use for the value, without compression.
func columnSize(f *expr.Func, args []types.T, _ types.T) *expr.Func {
	g, t := *f, args[0]
	g.Bind = nil
	g.Scalar = func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		if ti, ok := types.Info(t.OID); ok && ti.Len > 0 {
			return types.NewInt(int64(ti.Len)), nil
		}
		n := len(types.Text(t, a[0], c.Types))
		if a[0].Kind() == types.KindStr {
			n = len(a[0].Str())
		}
		if n < 127 {
			return types.NewInt(int64(n + 1)), nil
		}
		return types.NewInt(int64(n + 4)), nil
	}
	return &g
}

func countNulls(nulls bool) scalarFn {
	return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		n := 0
		for _, d := range a {
			if d.IsNull() == nulls {
				n++
			}
		}
		return types.NewInt(int64(n)), nil
	}
}

func encodingName(n int64) string {
	if e := charset.ByNumber(int(n)); e != nil {
		return e.Name
	}
	return ""
}

// sessionFuncs are the functions behind the SQL key words CURRENT_DATE and the like, which are not in pg_proc.
var sessionFuncs = map[string]*expr.Func{
	"CURRENT_DATE": sessionFunc(types.DateOID, func(c *expr.Ctx) types.Datum {
		return types.NewInt(types.TimestamptzToDate(types.NowMicros(c.Env.TransactionTime()), zone(c)))
	}),
	"CURRENT_TIME": sessionFunc(types.TimetzOID, func(c *expr.Ctx) types.Datum {
		return types.NewRef(types.TimestamptzToTimetz(types.NowMicros(c.Env.TransactionTime()), zone(c)))
	}),
	"CURRENT_TIMESTAMP": sessionFunc(types.TimestamptzOID, func(c *expr.Ctx) types.Datum {
		return types.NewInt(types.NowMicros(c.Env.TransactionTime()))
	}),
	"LOCALTIME": sessionFunc(types.TimeOID, func(c *expr.Ctx) types.Datum {
		return types.NewInt(types.TimestampToTime(types.ToZone(types.NowMicros(c.Env.TransactionTime()), zone(c))))
	}),
	"LOCALTIMESTAMP": sessionFunc(types.TimestampOID, func(c *expr.Ctx) types.Datum {
		return types.NewInt(types.ToZone(types.NowMicros(c.Env.TransactionTime()), zone(c)))
	}),
	"CURRENT_USER":    sessionFunc(types.NameOID, func(c *expr.Ctx) types.Datum { return types.NewStr(c.Env.CurrentUser()) }),
	"CURRENT_ROLE":    sessionFunc(types.NameOID, func(c *expr.Ctx) types.Datum { return types.NewStr(c.Env.CurrentUser()) }),
	"USER":            sessionFunc(types.NameOID, func(c *expr.Ctx) types.Datum { return types.NewStr(c.Env.CurrentUser()) }),
	"SESSION_USER":    sessionFunc(types.NameOID, func(c *expr.Ctx) types.Datum { return types.NewStr(c.Env.SessionUser()) }),
	"CURRENT_CATALOG": sessionFunc(types.NameOID, func(c *expr.Ctx) types.Datum { return types.NewStr(c.Env.CurrentDatabase()) }),
}

func sessionFunc(ret types.OID, f func(*expr.Ctx) types.Datum) *expr.Func {
	mod := func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		d := f(c)
		if len(a) == 0 {
			return d, nil
		}
		return types.ApplyTypmod(types.T{OID: ret, Mod: int32(a[0].Int())}, d, true)
	}
	return &expr.Func{Ret: ret, Volatility: expr.Stable, Kind: 'f', Scalar: mod}
}

// SessionFunc finds the function behind a SQL key word in upper case: CURRENT_DATE, LOCALTIMESTAMP, SESSION_USER … The
// times take an optional precision as their argument. CURRENT_SCHEMA is the function current_schema().
func SessionFunc(keyword string) (*expr.Func, bool) {
	f, ok := sessionFuncs[keyword]
	return f, ok
}

// TriggerSource is implemented by an expr.Env that calls triggers: how many are running inside each other.
type TriggerSource interface{ TriggerDepth() int }
