package catalog

import (
	"slices"

	"github.com/lightsql/lightsql/sql/types"
)

// Statistics is an object of CREATE STATISTICS: figures about columns and expressions of a table together. It is kept by its table, but
// has a schema and an owner of its own. What ANALYZE found is in catalog/stats.
type Statistics struct {
	OID    types.OID
	Schema types.OID
	Name   string
	Owner  types.OID
	// Kinds are the letters of pg_statistic_ext.stxkind: d (ndistinct), f (dependencies), m (mcv), e (expressions).
	Kinds   string
	Columns []ColumnID // ascending
	Exprs   []StatisticsExpr
	Reads   []ColumnID `json:",omitempty"` // the columns that the expressions name
	// Target is the statistics target plus one; 0: the default.
	Target  int    `json:",omitempty"`
	Comment string `json:",omitempty"`
}

// StatisticsExpr is an expression of a statistics object.
type StatisticsExpr struct {
	Text string // SQL text over the table's columns
	Type types.T
}

// Has reports whether the object has figures of a kind.
func (s *Statistics) Has(kind byte) bool {
	return slices.Contains([]byte(s.Kinds), kind)
}

// Uses reports whether the object is about a column.
func (s *Statistics) Uses(id ColumnID) bool {
	return slices.Contains(s.Columns, id) || slices.Contains(s.Reads, id)
}

// Keys are the columns and expressions as pg_ndistinct and pg_dependencies number them: columns by their number, the first expression
// -1, the next -2.
func (s *Statistics) Keys() []int {
	var keys []int
	for _, c := range s.Columns {
		keys = append(keys, int(c))
	}
	for i := range s.Exprs {
		keys = append(keys, -1-i)
	}
	return keys
}

// StatisticsNamed finds a statistics object in a schema, with its table.
func (r *Reader) StatisticsNamed(schema types.OID, name string) (*Table, *Statistics) {
	for t := range r.Tables() {
		for _, s := range t.Statistics {
			if s.Schema == schema && s.Name == name {
				return t, s
			}
		}
	}
	return nil, nil
}

// StatisticsByOID finds a statistics object, with its table.
func (r *Reader) StatisticsByOID(oid types.OID) (*Table, *Statistics) {
	for t := range r.Tables() {
		for _, s := range t.Statistics {
			if s.OID == oid {
				return t, s
			}
		}
	}
	return nil, nil
}
