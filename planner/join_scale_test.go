package planner

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestManyJoins plans joins of many tables, which must not take long.
func TestManyJoins(t *testing.T) {
	s := readSchema(t, "testdata/schema.txt")
	for _, n := range []int{8, 10, 12, 30, 64, 100} {
		var from, where []string
		for i := range n {
			from = append(from, fmt.Sprintf("s t%d", i))
			if i > 0 {
				where = append(where, fmt.Sprintf("t%d.id = t%d.id", i, (i*7)%i))
			}
		}
		sql := "select t0.name from " + strings.Join(from, ", ") + " where " + strings.Join(where, " and ")
		stmt := parse(t, sql)
		start := time.Now()
		if _, err := Plan(stmt, s.options(sql)); err != nil {
			t.Errorf("%d tables: %v", n, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%d tables took %v to plan", n, d)
		} else {
			t.Logf("%d tables: %v", n, d)
		}
	}
}
