package rowenc

import (
	"bytes"
	"testing"

	"github.com/lightsql/lightsql/sql/types"
)

// TestRefKeyOrder compares the bytes of keys with the order of the values, in all four placements.
func TestRefKeyOrder(t *testing.T) {
	for oid, texts := range map[types.OID][]string{
		types.Int4ArrayOID: {"{}", "{1}", "{1,2}", "{1,2,3}", "{1,NULL}", "{2}", "{-5,7}", "{NULL}", "{{1,2},{3,4}}", "{1,2,3,4}", "[0:1]={1,2}"},
		types.TextArrayOID: {"{}", "{a}", "{a,b}", "{ab}", "{\"\"}", "{NULL,a}", "{b}"},
		types.JSONBOID: {"null", "true", "false", "1", "1.50", "1.5", "-20", `"a"`, `"ab"`, `""`, "[]", "[1]", "[1, 2]", "[2]", "[[]]", "{}", `{"a": 1}`, `{"a": 2}`, `{"b": 1}`,
			`{"aa": 1}`, `{"a": 1, "b": 2}`, `{"a": {"b": []}}`, `[{"a": 1}]`},
		types.InetOID:    {"10.0.0.0/8", "10.0.0.1/8", "10.1.0.0/16", "10.0.0.1", "::1", "0.0.0.0/0", "192.168.1.5", "fe80::/10"},
		types.TimetzOID:  {"00:00:00+00", "12:00:00+02", "12:00:00-02", "10:00:00+00", "23:59:59.999999-15:59"},
		types.VarbitOID:  {"", "0", "1", "10", "01", "101", "11"},
		types.MACAddrOID: {"08:00:2b:01:02:03", "ff:00:2b:01:02:03", "08:00:2b:01:02:04"},
	} {
		form, err := keyFormOf(oid)
		if err != nil {
			t.Fatal(oid, err)
		}
		values := []types.Datum{types.Null}
		for _, s := range texts {
			d, err := types.Parse(types.Of(oid), s, nil)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, d)
		}
		for _, desc := range []bool{false, true} {
			for _, nullsFirst := range []bool{false, true} {
				c := keyCol{t: types.Of(oid), form: form, desc: desc, nullsFirst: nullsFirst}
				for _, a := range values {
					for _, b := range values {
						checkOrder(t, &c, a, b)
					}
				}
			}
		}
	}
}

func checkOrder(t *testing.T, c *keyCol, a, b types.Datum) {
	t.Helper()
	ka, kb := c.appendDatum(nil, a), c.appendDatum(nil, b)
	want := 0
	switch {
	case a.IsNull() && b.IsNull():
	case a.IsNull() != b.IsNull():
		want = 1
		if a.IsNull() == c.nullsFirst {
			want = -1
		}
	default:
		if want = types.Compare(c.t.OID, a, b); c.desc {
			want = -want
		}
	}
	if got := bytes.Compare(ka, kb); got != sign(want) {
		t.Errorf("%s and %s (desc %v): %d, want %d", types.Text(c.t, a, nil), types.Text(c.t, b, nil), c.desc, got, want)
	}
	if rest, err := c.skip(append(ka, 'x')); err != nil || string(rest) != "x" {
		t.Errorf("skip: %q, %v", rest, err)
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
