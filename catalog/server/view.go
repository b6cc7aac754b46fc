package server

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// views are the views whose rows functions return, by the function's code.
var views = map[string]string{
	"show_all_settings": "pg_settings", "show_all_file_settings": "pg_file_settings", "pg_timezone_names": "pg_timezone_names",
	"pg_timezone_abbrevs": "pg_timezone_abbrevs", "pg_config": "pg_config", "pg_hba_file_rules": "pg_hba_file_rules",
	"pg_ident_file_mappings": "pg_ident_file_mappings", "pg_cursor": "pg_cursors", "pg_prepared_statement": "pg_prepared_statements",
	"pg_prepared_xact": "pg_prepared_xacts", "pg_lock_status": "pg_locks", "pg_available_extensions": "pg_available_extensions",
	"pg_available_extension_versions": "pg_available_extension_versions", "pg_get_backend_memory_contexts": "pg_backend_memory_contexts",
	"pg_get_shmem_allocations": "pg_shmem_allocations", "pg_stat_get_wal": "pg_stat_wal", "pg_stat_get_slru": "pg_stat_slru",
	"pg_stat_get_archiver": "pg_stat_archiver", "pg_stat_get_activity": "pg_stat_activity", "pg_get_replication_slots": "pg_replication_slots",
	"pg_stat_get_wal_receiver": "pg_stat_wal_receiver", "pg_show_replication_origin_status": "pg_replication_origin_status",
	"pg_stat_get_recovery_prefetch": "pg_stat_recovery_prefetch",
}

// rows reads a relation of pg_catalog.
func (x *call) rows(name string) ([]*catalog.Column, [][]types.Datum, error) {
	rel, _ := x.s.Reader.Relation(catalog.PGCatalogOID, name)
	t, ok := rel.(*catalog.Table)
	if !ok || t.Virtual == nil {
		return nil, nil, pgerr.FeatureNotSupported("function " + x.proc.Name)
	}
	var out [][]types.Datum
	err := t.Virtual.Rows(x.s, nil, func(row []types.Datum) error {
		out = append(out, slices.Clone(row))
		return nil
	})
	return t.Columns, out, err
}

// view is the rows of a view with the function's columns, in its order. What the view has not is NULL, or false.
func (x *call) view(name string) ([][]types.Datum, error) {
	cols, rows, err := x.rows(name)
	if err != nil {
		return nil, err
	}
	from := make([]int, len(x.proc.Func.OutNames))
	for i, out := range x.proc.Func.OutNames {
		from[i] = slices.IndexFunc(cols, func(c *catalog.Column) bool { return c.Name == out })
	}
	at := func(column string) int {
		return slices.IndexFunc(cols, func(c *catalog.Column) bool { return c.Name == column })
	}
	var result [][]types.Datum
	for _, row := range rows {
		if len(x.args) == 1 && !x.args[0].IsNull() && x.args[0].Int() != -1 && row[at("pid")].Int() != x.args[0].Int() { // of pg_stat_get_activity
			continue
		}
		out := make([]types.Datum, len(from))
		for i, k := range from {
			switch {
			case k >= 0:
				out[i] = row[k]
			case x.proc.Func.OutTypes[i] == types.BoolOID:
				out[i] = types.NewBool(false)
			case x.proc.Func.OutNames[i] == "ownerid":
				out[i] = x.roleOID(row[at("owner")].Str())
			case x.proc.Func.OutNames[i] == "dbid":
				out[i] = types.NewInt(int64(catalog.DatabaseOID))
			}
		}
		result = append(result, out)
	}
	return result, nil
}

func (x *call) roleOID(name string) types.Datum {
	if r, ok := x.s.Reader.Role(name); ok {
		return types.NewInt(int64(r.OID))
	}
	return types.Null
}

// backendColumns are the columns of pg_stat_activity that functions about one backend return.
var backendColumns = map[string]string{
	"pg_stat_get_backend_pid": "pid", "pg_stat_get_backend_dbid": "datid", "pg_stat_get_backend_userid": "usesysid",
	"pg_stat_get_backend_activity": "query", "pg_stat_get_backend_activity_start": "query_start", "pg_stat_get_backend_xact_start": "xact_start",
	"pg_stat_get_backend_start": "backend_start", "pg_stat_get_backend_client_addr": "client_addr", "pg_stat_get_backend_client_port": "client_port",
	"pg_stat_get_backend_wait_event": "wait_event", "pg_stat_get_backend_wait_event_type": "wait_event_type",
}

// backend is a column of the backend with a number: those of pg_stat_activity, from 1.
func (x *call) backend(column string) (types.Datum, error) {
	cols, rows, err := x.rows("pg_stat_activity")
	if n := x.args[0].Int(); err == nil && n >= 1 && int(n) <= len(rows) {
		return rows[n-1][slices.IndexFunc(cols, func(c *catalog.Column) bool { return c.Name == column })], nil
	}
	return types.Null, err
}

func backendIDs(x *call) ([][]types.Datum, error) {
	_, rows, err := x.rows("pg_stat_activity")
	for i := range rows {
		rows[i] = []types.Datum{types.NewInt(int64(i + 1))}
	}
	return rows, err
}
