package stats

import (
	"maps"
	"sync/atomic"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// Table is what is known of a table.
type Table struct {
	Rows float64
	// Columns has figures by column number, for columns that were analyzed.
	Columns map[catalog.ColumnID]*Column
	// Extended has the figures of statistics objects, by their OID.
	Extended map[types.OID]*Extended
	// Inherited are the figures of the table with all that inherit from it, nil if nothing does.
	Inherited *Table
	// Analyzed: Rows is good even if it is small. Else a small table is planned as one of ten pages, as it may grow.
	Analyzed bool
	// Storage, if not 0, is the key space that was counted: the figures do not hold for another one (TRUNCATE).
	Storage uint64
}

// Column is what is known of a column's values.
type Column struct {
	// Distinct is the number of distinct values; negative: minus its ratio to the number of rows (-1: unique).
	Distinct float64
	NullFrac float64
	Width    int
	// Common are the most common values, most frequent first, and Freqs their fractions of all rows.
	Common []types.Datum
	Freqs  []float64
	// Bounds are the boundaries of a histogram of the other values, ascending, with equally many rows between neighbours.
	Bounds []types.Datum
	// Correlation between the order of the values and that of the rows in storage, -1 to 1.
	Correlation float64
}

// Extended is what is known of the columns and expressions of a statistics object together. Keys are those of catalog.Statistics.Keys:
// numbers of columns, and negative ones for expressions.
type Extended struct {
	NDistinct    []NDistinct
	Dependencies []Dependency
	// MCV are the most common combinations of values, most frequent first.
	MCV []MCVItem
	// Exprs are the figures of the expressions, in their order.
	Exprs []*Column
}

// NDistinct is the number of distinct combinations of values of some keys.
type NDistinct struct {
	Keys []int
	N    float64
}

// Dependency says for which fraction of the rows the last key follows from those before it.
type Dependency struct {
	Keys   []int
	Degree float64
}

// MCVItem is a common combination of values.
type MCVItem struct {
	Values []types.Datum // by key; NULL too
	// Freq is its fraction of the rows, Base what that would be if the keys were independent.
	Freq, Base float64
}

// Provider gives the planner figures; ok is false if there are none.
type Provider interface {
	Table(t *catalog.Table) (s *Table, ok bool)
	// Epoch changes when figures have changed so much that plans should be made again.
	Epoch() uint64
}

// Map is a Provider over figures in memory. Safe for concurrent use: readers see an immutable map.
type Map struct {
	tables atomic.Pointer[map[types.OID]*Table]
	epoch  atomic.Uint64
}

// NewMap is an empty Map.
func NewMap() *Map {
	m := &Map{}
	m.tables.Store(&map[types.OID]*Table{})
	return m
}

// Table implements Provider.
func (m *Map) Table(t *catalog.Table) (*Table, bool) {
	s, ok := (*m.tables.Load())[t.OID]
	if ok && s.Storage != 0 && s.Storage != t.Storage {
		return nil, false
	}
	return s, ok
}

// Epoch implements Provider.
func (m *Map) Epoch() uint64 { return m.epoch.Load() }

// Set replaces the figures of a table; s is not changed afterwards. The epoch moves if the number of rows changed by more
// than a factor of four or figures of columns came or changed.
func (m *Map) Set(oid types.OID, s *Table) {
	for {
		old := m.tables.Load()
		next := maps.Clone(*old)
		next[oid] = s
		if m.tables.CompareAndSwap(old, &next) {
			if was := (*old)[oid]; was == nil || s.Columns != nil || s.Rows > 4*was.Rows+1000 || was.Rows > 4*s.Rows+1000 {
				m.epoch.Add(1)
			}
			return
		}
	}
}

// Drop forgets a table.
func (m *Map) Drop(oid types.OID) {
	for {
		old := m.tables.Load()
		if _, ok := (*old)[oid]; !ok {
			return
		}
		next := maps.Clone(*old)
		delete(next, oid)
		if m.tables.CompareAndSwap(old, &next) {
			return
		}
	}
}
