package pgcatalog

import (
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// each calls row for every relation of one of the kinds and emits what it gives; nil is no row.
func (q *query) each(kinds string, row func(catalog.Relation) []types.Datum) error {
	for rel := range q.r.Relations(0) {
		k := byte(relKind(rel))
		for i := range len(kinds) {
			if kinds[i] != k {
				continue
			}
			if d := row(rel); d != nil {
				if err := q.emit(d); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func pgTables(q *query) error {
	return q.each("r", func(rel catalog.Relation) []types.Datum {
		t := rel.(*catalog.Table)
		return []types.Datum{str(q.r.SchemaName(t.Schema)), str(t.Name), str(roleName(q.r, t.Owner)), null, yes(len(t.AllIndexes()) > 0),
			yes(false), yes(false), yes(false)}
	})
}

func pgViews(q *query) error {
	return q.each("v", func(rel catalog.Relation) []types.Datum {
		return []types.Datum{str(q.r.SchemaName(rel.RelSchema())), str(rel.RelName()), str(roleName(q.r, owner(rel))), strOrNull(q.shown().viewQuery(rel))}
	})
}

func pgMatviews(q *query) error {
	return q.each("m", func(rel catalog.Relation) []types.Datum {
		t := rel.(*catalog.Table)
		return []types.Datum{str(q.r.SchemaName(t.Schema)), str(t.Name), str(roleName(q.r, t.Owner)), null, yes(len(t.Indexes) > 0),
			yes(populated(t)), strOrNull(q.shown().viewQuery(rel))}
	})
}

func pgIndexes(q *query) error {
	return q.each("i", func(rel catalog.Relation) []types.Datum {
		t, x, ok := q.r.Index(rel.RelOID())
		if !ok {
			return nil
		}
		return []types.Datum{str(q.r.SchemaName(t.Schema)), str(t.Name), str(x.Name), null, str(indexDefinition(q.r, t, x, false))}
	})
}

func pgSequences(q *query) error {
	return q.each("S", func(rel catalog.Relation) []types.Datum {
		s := rel.(*catalog.Sequence)
		return []types.Datum{str(q.r.SchemaName(s.Schema)), str(s.Name), str(roleName(q.r, s.Owner)), oid(s.Type), big(s.Start), big(s.Min),
			big(s.Max), big(s.Increment), yes(s.Cycle), big(s.Cache), null}
	})
}

// schemaFilter picks the relations of a statistics view.
type schemaFilter func(types.OID) bool

func allSchemas(types.OID) bool { return true }

func systemSchemas(s types.OID) bool {
	return s == catalog.PGCatalogOID || s == catalog.InformationSchemaOID || s == catalog.ToastOID
}

func userSchemas(s types.OID) bool { return !systemSchemas(s) }

// statTables shows the tables with the counters at zero.
func statTables(in schemaFilter) producer {
	return func(q *query) error {
		return q.each("rm", func(rel catalog.Relation) []types.Datum {
			if !in(rel.RelSchema()) {
				return nil
			}
			return q.counters(oid(rel.RelOID()), str(q.r.SchemaName(rel.RelSchema())), str(rel.RelName()))
		})
	}
}

// statIndexes shows the indexes with the counters at zero.
func statIndexes(in schemaFilter) producer {
	return func(q *query) error {
		return q.each("i", func(rel catalog.Relation) []types.Datum {
			t, x, ok := q.r.Index(rel.RelOID())
			if !ok || !in(t.Schema) {
				return nil
			}
			return q.counters(oid(t.OID), oid(x.OID), str(q.r.SchemaName(t.Schema)), str(t.Name), str(x.Name))
		})
	}
}

func pgStatDatabase(q *query) error {
	for _, d := range q.r.Databases() {
		if err := q.emit(q.counters(oid(d.OID), str(d.Name))); err != nil {
			return err
		}
	}
	return nil
}

// counters is a row that begins with the given values; what follows is zero for numbers and NULL for times.
func (q *query) counters(first ...types.Datum) []types.Datum {
	cols := q.rel.table.Columns
	row := make([]types.Datum, len(cols))
	for i := copy(row, first); i < len(cols); i++ {
		switch cols[i].Type.OID {
		case types.Int8OID, types.Int4OID:
			row[i] = num(0)
		case types.Float8OID:
			row[i] = flt(0)
		}
	}
	return row
}

func pgTimezoneNames(q *query) error {
	now := types.NowMicros(time.Now())
	for _, name := range types.ZoneNames() {
		loc, ok := types.LoadZone(name)
		if !ok {
			continue
		}
		east, abbrev := types.ZoneOffset(loc, now)
		offset := types.NewInterval(types.Interval{Micros: int64(east) * types.MicrosPerSecond})
		summer := time.UnixMicro(now + types.EpochMicros).In(loc).IsDST()
		if err := q.emit([]types.Datum{str(name), str(abbrev), offset, yes(summer)}); err != nil {
			return err
		}
	}
	return nil
}

func pgTimezoneAbbrevs(q *query) error {
	for _, a := range types.ZoneAbbrevs() {
		if err := q.emit([]types.Datum{str(a.Name), types.NewInterval(types.Interval{Micros: int64(a.East) * types.MicrosPerSecond}), yes(a.DST)}); err != nil {
			return err
		}
	}
	return nil
}
