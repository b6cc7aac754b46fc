package pgcatalog

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// withUserAggregates adds the aggregates of the catalog to the built-in ones.
func withUserAggregates(builtin producer) producer {
	return func(q *query) error {
		if err := builtin(q); err != nil {
			return err
		}
		for _, f := range q.r.Functions(0) {
			if f.Aggregate == nil {
				continue
			}
			if err := q.emit(aggregateRow(f)); err != nil {
				return err
			}
		}
		return nil
	}
}

// aggregateRow is the row of pg_aggregate of an aggregate of the catalog.
func aggregateRow(f *catalog.Function) []types.Datum {
	a := f.Aggregate
	m := a.Moving
	if m == nil {
		m = &catalog.MovingAggregate{FinalModify: 'r'}
	}
	text := func(s *string) types.Datum {
		if s == nil {
			return null
		}
		return str(*s)
	}
	return []types.Datum{
		oid(f.OID), chr(a.Kind), num(a.Direct), oid(a.Trans), oid(a.Final), oid(a.Combine), oid(a.Serial), oid(a.Deserial),
		oid(m.Trans), oid(m.Inverse), oid(m.Final), yes(a.FinalExtra), yes(m.FinalExtra), chr(a.FinalModify), chr(m.FinalModify),
		oid(a.SortOp), oid(a.State), num(a.StateSpace), oid(m.State), num(m.StateSpace), text(a.Init), text(m.Init),
	}
}
