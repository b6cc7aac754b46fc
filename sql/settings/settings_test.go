package settings

import (
	"testing"
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func TestTable(t *testing.T) {
	for i, p := range params {
		v, err := p.parse(p.Boot)
		if err != nil {
			t.Errorf("%s: default %q: %v", p.Name, p.Boot, err)
		}
		if i > 0 && v != boots[i] {
			t.Errorf("%s", p.Name)
		}
	}
}

// TestSetShow has what PostgreSQL 15 answers: the value that SHOW prints, or the error with its code, detail and hint.
func TestSetShow(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"work_mem", "1kB", `22023 1 kB is outside the valid range for parameter "work_mem" (64 .. 2147483647)`},
		{"work_mem", "abc", `22023 invalid value for parameter "work_mem": "abc"`},
		{"work_mem", "4XB", `22023 invalid value for parameter "work_mem": "4XB" / Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".`},
		{"work_mem", "5000000GB", `22023 invalid value for parameter "work_mem": "5000000GB" / Value exceeds integer range.`},
		{"work_mem", "1.5MB", "1536kB"}, {"work_mem", "0x1000", "4MB"}, {"WORK_MEM", "10 MB", "10MB"}, {"work_mem", "", `22023 invalid value for parameter "work_mem": ""`},
		{"statement_timeout", "1.5min", "90s"}, {"statement_timeout", "0", "0"}, {"statement_timeout", "2h", "2h"},
		{"statement_timeout", "-1", `22023 -1 ms is outside the valid range for parameter "statement_timeout" (0 .. 2147483647)`},
		{"statement_timeout", "1 foo", `22023 invalid value for parameter "statement_timeout": "1 foo" / Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".`},
		{"random_page_cost", "-1", `22023 -1 is outside the valid range for parameter "random_page_cost" (0 .. 1.79769e+308)`},
		{"random_page_cost", "1.1", "1.1"}, {"vacuum_cost_delay", "1ms", "1ms"}, {"vacuum_cost_delay", "500us", "500us"},
		{"enable_seqscan", "maybe", `22023 parameter "enable_seqscan" requires a Boolean value`}, {"enable_seqscan", "OF", "off"},
		{"bytea_output", "foo", `22023 invalid value for parameter "bytea_output": "foo" / Available values: escape, hex.`},
		{"foo", "1", `42704 unrecognized configuration parameter "foo"`},
		{"server_version", "x", `55P02 parameter "server_version" cannot be changed`},
		{"port", "1", `55P02 parameter "port" cannot be changed without restarting the server`},
		{"fsync", "off", `55P02 parameter "fsync" cannot be changed now`},
		{"post_auth_delay", "1", `55P02 parameter "post_auth_delay" cannot be set after connection start`},
		{"datestyle", "foo", `22023 invalid value for parameter "DateStyle": "foo" / Unrecognized key word: "foo".`},
		{"datestyle", "iso,sql", `22023 invalid value for parameter "DateStyle": "iso,sql" / Conflicting "datestyle" specifications.`},
		{"datestyle", "german", "German, DMY"}, {"datestyle", "dmy", "ISO, DMY"}, {"datestyle", "SQL", "SQL, MDY"},
		{"timezone", "foo", `22023 invalid value for parameter "TimeZone": "foo"`}, {"timezone", "PST", `22023 invalid value for parameter "TimeZone": "PST"`},
		{"timezone", "EST", "EST"}, {"timezone", "-5", "<-05>+05"}, {"timezone", "5.5", "<+05:30>-05:30"}, {"timezone", "INTERVAL '-08:00'", "<-08>+08"},
		{"timezone", "america/new_york", "America/New_York"}, {"timezone", "UTC+3", "UTC+3"}, {"timezone", "gmt", "GMT"}, {"timezone", "utc", "UTC"},
		{"timezone", "<+05:30>-05:30", "<+05:30>-05:30"},
		{"client_encoding", "foo", `22023 invalid value for parameter "client_encoding": "foo"`}, {"client_encoding", "utf-8", "UTF8"}, {"client_encoding", "unicode", "UTF8"},
		{"a.b", "5", "5"}, {"1.b", "3", `42602 invalid configuration parameter name "1.b" / Custom parameter names must be two or more simple identifiers separated by dots.`},
		{"extra_float_digits", "7", `22023 7 is outside the valid range for parameter "extra_float_digits" (-15 .. 3)`},
		{"intervalstyle", "ISO_8601", "iso_8601"}, {"default_transaction_isolation", "Serializable", "serializable"},
		{"client_min_messages", "debug", "debug2"}, {"synchronous_commit", "yes", "on"}, {"constraint_exclusion", "true", "on"},
		{"application_name", "aé", "a??"}, {"effective_cache_size", "10GB", "10GB"}, {"effective_cache_size", "16kB", "16kB"},
		{"log_min_duration_statement", "5000", "5s"}, {"seed", "0.5", "unavailable"}, {"search_path", `a, "B c"`, `a, "B c"`},
		{"search_path", "a,,b", `22023 invalid value for parameter "search_path": "a,,b" / List syntax is invalid.`},
		{"default_tablespace", "x", `22023 invalid value for parameter "default_tablespace": "x" / Tablespace "x" does not exist.`},
		{"sort_mem", "8MB", "8MB"},
	} {
		v := NewValues()
		got := ""
		if err := v.Set(c.name, c.text, false); err != nil {
			e, _ := pgerr.As(err)
			got = string(e.Code) + " " + e.Message
			if x := e.Detail + e.Hint; x != "" {
				got += " / " + x
			}
		} else {
			got, _ = v.Show(c.name)
		}
		if got != c.want {
			t.Errorf("set %s = %q\n got  %s\n want %s", c.name, c.text, got, c.want)
		}
	}
}

func TestTransactions(t *testing.T) {
	v := NewValues()
	show := func(want string) {
		t.Helper()
		if got, _ := v.Show("work_mem"); got != want {
			t.Errorf("work_mem is %s, want %s", got, want)
		}
	}
	set := func(text string, local bool) {
		t.Helper()
		if err := v.Set("work_mem", text, local); err != nil {
			t.Fatal(err)
		}
	}
	v.BeginTransaction()
	set("1MB", false)
	set("2MB", true)
	show("2MB")
	v.EndTransaction(true)
	show("1MB")

	v.BeginTransaction()
	set("3MB", true)
	sp := v.Savepoint()
	set("5MB", false)
	v.RollbackTo(sp)
	show("3MB")
	v.EndTransaction(true)
	show("1MB")

	v.BeginTransaction()
	set("7MB", false)
	if err := v.Reset("work_mem"); err != nil {
		t.Fatal(err)
	}
	show("4MB")
	v.EndTransaction(false)
	show("1MB")
	v.ResetAll()
	show("4MB")

	v.BeginTransaction()
	if err := v.Set("my.x", "1", false); err != nil {
		t.Fatal(err)
	}
	v.EndTransaction(false)
	if _, ok := v.Show("my.x"); ok {
		t.Error("a custom parameter outlived its transaction")
	}
	if err := v.Reset("work_memory"); err == nil || err.Error() != `unrecognized configuration parameter "work_memory"` {
		t.Error(err)
	}
}

func TestStartupAndReport(t *testing.T) {
	v := NewValues()
	for _, c := range [][2]string{{"application_name", "psql"}, {"datestyle", "ISO, DMY"}, {"statement_timeout", "1min"}} {
		if err := v.SetStartup(c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.SetStartup("fsync", "off"); err == nil || err.Error() != `parameter "fsync" cannot be changed now` {
		t.Error(err)
	}
	v.SetInternal("is_superuser", "on")
	got := v.TakeReportable()
	if len(got) != 3 || v.TakeReportable() != nil {
		t.Error(got)
	}
	v.BeginTransaction()
	if err := v.Set("TimeZone", "Europe/Berlin", true); err != nil {
		t.Fatal(err)
	}
	v.TakeReportable()
	v.EndTransaction(true)
	if got := v.TakeReportable(); len(got) != 1 || got[0] != "TimeZone" {
		t.Error(got)
	}
	if v.Duration("statement_timeout") != time.Minute || v.Bytes("work_mem") != 4<<20 || !v.Bool("enable_seqscan") || v.Int("extra_float_digits") != 1 || v.Bytes("shared_buffers") != 128<<20 {
		t.Error("accessors")
	}
	if err := v.Set("statement_timeout", "5", false); err != nil {
		t.Fatal(err)
	}
	v.ResetAll()
	if s, _ := v.Show("statement_timeout"); s != "1min" {
		t.Error(s)
	}
	var e types.Env
	v.FillEnv(&e)
	if e.DateOrder != types.OrderDMY || e.DateStyle != types.DateISO || e.TimeZone != time.UTC || e.ExtraFloatDigits != 1 {
		t.Errorf("%+v", e)
	}
	if len(v.Reported()) != 13 {
		t.Error(v.Reported())
	}
	for _, r := range v.Rows(nil) {
		if len(r) != 17 {
			t.Fatal(len(r))
		}
	}
}
