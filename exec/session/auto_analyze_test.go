package session

import (
	"context"
	"testing"
	"time"
)

// TestAutoAnalyze: tables of which enough has changed are analyzed, others and those of rolled back DDL are not, and counts begin again.
func TestAutoAnalyze(t *testing.T) {
	s, _ := newTestSession(t)
	ctx := context.Background()
	v, err := s.srv.settingsDefaults()
	if err != nil {
		t.Fatal(err)
	}
	analyze := func() {
		t.Helper()
		if err := s.srv.analyzeChanged(ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	rows := func(table string) float64 {
		for x := range s.srv.o.Catalog.Newest().Tables() {
			if x.Name == table {
				if st, ok := s.srv.stats.Table(x); ok && st.Analyzed {
					return st.Rows
				}
			}
		}
		return -1
	}
	mustSimple(t, s, "CREATE TABLE many (id int PRIMARY KEY, v text); CREATE TABLE few (id int PRIMARY KEY); CREATE TEMP TABLE mine (id int)")
	mustSimple(t, s, "INSERT INTO many SELECT i, 'x' FROM generate_series(1, 1000) i; INSERT INTO few SELECT generate_series(1, 40)")
	mustSimple(t, s, "INSERT INTO mine SELECT generate_series(1, 1000)")
	s.stat.ForceFlush()
	mustSimple(t, s, "SELECT 1")
	analyze()
	if a, b, c := rows("many"), rows("few"), rows("mine"); a != 1000 || b != -1 || c != -1 {
		t.Errorf("after the load: %v, %v and %v rows", a, b, c)
	}
	s.stat.ForceFlush()
	mustSimple(t, s, "DELETE FROM many WHERE id <= 150")
	analyze()
	if n := rows("many"); n != 1000 {
		t.Errorf("150 changed rows of 1000 are not more than 50 and a tenth, but it was analyzed: %v rows", n)
	}
	mustSimple(t, s, "UPDATE many SET v = 'y' WHERE id = 1000; INSERT INTO few SELECT generate_series(41, 80)")
	mustSimple(t, s, "BEGIN; CREATE TABLE never (id int); INSERT INTO never SELECT generate_series(1, 500); ROLLBACK")
	s.stat.ForceFlush()
	mustSimple(t, s, "SELECT 1")
	analyze()
	if a, b := rows("many"), rows("few"); a != 850 || b != 80 {
		t.Errorf("in the end: %v and %v rows", a, b)
	}
	reader := s.srv.o.Catalog.Newest()
	for oid, n := range s.srv.stat.Changed() {
		if x, ok := reader.Table(oid); !ok || !reader.Temporary(x.Schema) {
			t.Errorf("%d changed rows left of table %d", n, oid)
		}
	}
	run, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	s.srv.AutoAnalyze(run) // ends with its context
}
