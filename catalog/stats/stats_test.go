package stats

import (
	"testing"

	"github.com/lightsql/lightsql/catalog"
)

func TestMapEpoch(t *testing.T) {
	m := NewMap()
	tab := &catalog.Table{OID: 20000}
	if _, ok := m.Table(tab); ok {
		t.Fatal("figures of an unknown table")
	}
	steps := []struct {
		rows  float64
		moves bool
	}{{10, true}, {500, false}, {900, false}, {10000, true}, {20000, false}, {100, true}}
	for _, s := range steps {
		before := m.Epoch()
		m.Set(tab.OID, &Table{Rows: s.rows})
		if moved := m.Epoch() != before; moved != s.moves {
			t.Errorf("Set to %v rows: epoch moved %v, want %v", s.rows, moved, s.moves)
		}
		if got, ok := m.Table(tab); !ok || got.Rows != s.rows {
			t.Errorf("after Set to %v: %v, %v", s.rows, got, ok)
		}
	}
	m.Drop(tab.OID)
	m.Drop(tab.OID)
	if _, ok := m.Table(tab); ok {
		t.Error("figures of a dropped table")
	}
}
