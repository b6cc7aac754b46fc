package parser

import "testing"

func TestFingerprint(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1":                                     "SELECT $1",
		"select a, 'x' from t where b = 1.5 ;":         "select a, $1 from t where b = $2",
		"SELECT * FROM t WHERE a = $2 AND b = 7":       "SELECT * FROM t WHERE a = $2 AND b = $3",
		"INSERT INTO t VALUES (E'a\\n', X'1f', B'01')": "INSERT INTO t VALUES ($1, $2, $3)",
		"SELECT 'unfinished":                           "SELECT 'unfinished",
	} {
		if got := Normalized(sql); got != want {
			t.Errorf("%s: got %s, want %s", sql, got, want)
		}
	}
	same := []string{"SELECT a FROM t WHERE b=1", "select  a from T where b = 22 -- c", "SELECT /* x */ a FROM t WHERE b = 'y'"}
	first := Fingerprint(same[0])
	for _, sql := range same {
		if id := Fingerprint(sql); id != first {
			t.Errorf("%s has another fingerprint", sql)
		}
	}
	for _, sql := range []string{"SELECT a FROM t WHERE c = 1", `SELECT "A" FROM t WHERE b = 1`, "SELECT a FROM t WHERE b = $1"} {
		if id := Fingerprint(sql); id == first {
			t.Errorf("%s has the same fingerprint", sql)
		}
	}
}
