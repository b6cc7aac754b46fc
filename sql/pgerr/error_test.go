package pgerr_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/lightsql/lightsql/sql/pgerr"
)

func TestCharPosition(t *testing.T) {
	for _, c := range []struct {
		sql    string
		offset int
		want   int
	}{
		{"select 1", 0, 1},
		{"select 1", 7, 8},
		{"select 'é' x", 12, 12},
		{"abc", 99, 4},
		{"abc", -1, 0},
	} {
		if got := pgerr.CharPosition(c.sql, c.offset); got != c.want {
			t.Errorf("CharPosition(%q, %d) = %d, want %d", c.sql, c.offset, got, c.want)
		}
	}
}

func TestAsAndCodeOf(t *testing.T) {
	e := pgerr.New(pgerr.UniqueViolation, "100% literal").WithConstraint("t_pkey")
	if e.Error() != "100% literal" || e.Severity != "ERROR" {
		t.Errorf("message %q, severity %q", e.Error(), e.Severity)
	}
	wrapped := fmt.Errorf("insert: %w", e)
	if got, ok := pgerr.As(wrapped); !ok || got != e {
		t.Errorf("As(wrapped) = %v, %v", got, ok)
	}
	if c := pgerr.CodeOf(wrapped); c != pgerr.UniqueViolation {
		t.Errorf("CodeOf(wrapped) = %s", c)
	}
	if c := pgerr.CodeOf(errors.New("x")); c != pgerr.InternalError {
		t.Errorf("CodeOf(plain) = %s", c)
	}
	if _, ok := pgerr.As(nil); ok {
		t.Error("As(nil) found an error")
	}
	if pgerr.CodeOf(nil) != "" {
		t.Error("CodeOf(nil) is not empty")
	}
}
