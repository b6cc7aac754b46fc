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
	return q.each("rp", func(rel catalog.Relation) []types.Datum {
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
	return q.each("iI", func(rel catalog.Relation) []types.Datum {
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

// statColumns are the columns of the statistics views of tables, indexes and functions, by the function that has their values.
var statColumns = map[string]string{"seq_scan": "pg_stat_get_numscans", "seq_tup_read": "pg_stat_get_tuples_returned",
	"n_tup_ins": "pg_stat_get_tuples_inserted", "n_tup_upd": "pg_stat_get_tuples_updated", "n_tup_del": "pg_stat_get_tuples_deleted",
	"n_tup_hot_upd": "pg_stat_get_tuples_hot_updated", "n_live_tup": "pg_stat_get_live_tuples", "n_dead_tup": "pg_stat_get_dead_tuples",
	"n_mod_since_analyze": "pg_stat_get_mod_since_analyze", "n_ins_since_vacuum": "pg_stat_get_ins_since_vacuum",
	"last_vacuum": "pg_stat_get_last_vacuum_time", "last_autovacuum": "pg_stat_get_last_autovacuum_time",
	"last_analyze": "pg_stat_get_last_analyze_time", "last_autoanalyze": "pg_stat_get_last_autoanalyze_time",
	"vacuum_count": "pg_stat_get_vacuum_count", "autovacuum_count": "pg_stat_get_autovacuum_count",
	"analyze_count": "pg_stat_get_analyze_count", "autoanalyze_count": "pg_stat_get_autoanalyze_count",
	"calls": "pg_stat_get_function_calls", "total_time": "pg_stat_get_function_total_time", "self_time": "pg_stat_get_function_self_time"}

// indexStatColumns are those of an index.
var indexStatColumns = map[string]string{"idx_scan": "pg_stat_get_numscans", "idx_tup_read": "pg_stat_get_tuples_returned",
	"idx_tup_fetch": "pg_stat_get_tuples_fetched"}

// databaseStatColumns are those of a database.
var databaseStatColumns = map[string]string{"numbackends": "pg_stat_get_db_numbackends", "xact_commit": "pg_stat_get_db_xact_commit",
	"xact_rollback": "pg_stat_get_db_xact_rollback", "tup_returned": "pg_stat_get_db_tuples_returned",
	"tup_fetched": "pg_stat_get_db_tuples_fetched", "tup_inserted": "pg_stat_get_db_tuples_inserted",
	"tup_updated": "pg_stat_get_db_tuples_updated", "tup_deleted": "pg_stat_get_db_tuples_deleted",
	"deadlocks": "pg_stat_get_db_deadlocks", "sessions": "pg_stat_get_db_sessions", "session_time": "pg_stat_get_db_session_time",
	"active_time": "pg_stat_get_db_active_time", "idle_in_transaction_time": "pg_stat_get_db_idle_in_transaction_time",
	"stats_reset": "pg_stat_get_db_stat_reset_time"}

// serverStatColumns are those of views with one row about the server.
var serverStatColumns = map[string]string{"stats_reset": "pg_stat_get_bgwriter_stat_reset_time"}

// statServer is such a view.
func statServer(q *query) error { return q.emit(q.counted(q.counters(), serverStatColumns, 0)) }

// counted fills the columns of a row that tell what was counted of an object.
func (q *query) counted(row []types.Datum, columns map[string]string, id types.OID) []types.Datum {
	if q.s.Stat == nil {
		return row
	}
	for i, c := range q.rel.table.Columns {
		if f, ok := columns[c.Name]; ok {
			row[i] = q.s.Stat(f, id)
		}
	}
	return row
}

// statTables shows the tables with what was counted.
func statTables(in schemaFilter) producer {
	return func(q *query) error {
		return q.each("rm", func(rel catalog.Relation) []types.Datum {
			if !in(rel.RelSchema()) {
				return nil
			}
			row := q.counted(q.counters(oid(rel.RelOID()), str(q.r.SchemaName(rel.RelSchema())), str(rel.RelName())), statColumns, rel.RelOID())
			t, ok := rel.(*catalog.Table)
			if !ok || q.s.Stat == nil {
				return row
			}
			scans, fetched, indexes := int64(0), q.s.Stat("pg_stat_get_tuples_fetched", t.OID).Int(), t.AllIndexes()
			for _, x := range indexes {
				scans += q.s.Stat("pg_stat_get_numscans", x.OID).Int()
				fetched += q.s.Stat("pg_stat_get_tuples_fetched", x.OID).Int()
			}
			for i, c := range q.rel.table.Columns {
				switch {
				case c.Name != "idx_scan" && c.Name != "idx_tup_fetch":
				case len(indexes) == 0:
					row[i] = null
				case c.Name == "idx_scan":
					row[i] = big(scans)
				default:
					row[i] = big(fetched)
				}
			}
			return row
		})
	}
}

// statIndexes shows the indexes with what was counted.
func statIndexes(in schemaFilter) producer {
	return func(q *query) error {
		return q.each("i", func(rel catalog.Relation) []types.Datum {
			t, x, ok := q.r.Index(rel.RelOID())
			if !ok || !in(t.Schema) {
				return nil
			}
			row := q.counters(oid(t.OID), oid(x.OID), str(q.r.SchemaName(t.Schema)), str(t.Name), str(x.Name))
			return q.counted(row, indexStatColumns, x.OID)
		})
	}
}

// pgStatUserFunctions shows the functions that were called while track_functions said to count.
func pgStatUserFunctions(q *query) error {
	if q.s.Stat == nil {
		return nil
	}
	for _, f := range q.r.Functions(0) {
		if q.s.Stat("pg_stat_get_function_calls", f.OID).IsNull() {
			continue
		}
		row := q.counted(q.counters(oid(f.OID), str(q.r.SchemaName(f.Schema)), str(f.Name)), statColumns, f.OID)
		if err := q.emit(row); err != nil {
			return err
		}
	}
	return nil
}

// pgStatDatabase shows what was counted of databases, or their conflicts, which only standbys have.
func pgStatDatabase(q *query) error {
	for _, d := range q.r.Databases() {
		if err := q.emit(q.counted(q.counters(oid(d.OID), str(d.Name)), databaseStatColumns, d.OID)); err != nil {
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
		case types.NumericOID:
			row[i] = types.NewNum(types.Numeric{})
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
