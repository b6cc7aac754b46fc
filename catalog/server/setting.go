package server

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/settings"
	"github.com/lightsql/lightsql/sql/types"
)

// standbyFunctions answer for a server that is no standby.
var standbyFunctions = map[string]scalar{
	"pg_last_wal_receive_lsn": none, "pg_last_wal_replay_lsn": none, "pg_last_xact_replay_timestamp": none, "pg_current_logfile": none,
	"pg_current_logfile_1arg": none,
}

func none(*call) (types.Datum, error) { return types.Null, nil }

// settingFunctions are about run-time parameters.
var settingFunctions = map[string]scalar{
	"pg_settings_get_flags": func(x *call) (types.Datum, error) {
		p, ok := settings.Lookup(x.args[0].Str())
		if !ok {
			return types.Null, nil
		}
		return types.NewRef(types.NewArray(types.TextOID, flags(p.Name))), nil
	},
}

// planning are words of the names of parameters that the planner asks, which EXPLAIN (SETTINGS) shows.
var planning = []string{"enable_", "geqo", "cpu_", "parallel_", "min_parallel_", "max_parallel_workers", "jit", "random_page_cost", "seq_page_cost"}

// planned are the other parameters of the planner; hidden those that the sample file leaves out.
var (
	planned = strings.Fields(`constraint_exclusion cursor_tuple_fraction effective_cache_size effective_io_concurrency force_parallel_mode
		from_collapse_limit hash_mem_multiplier join_collapse_limit maintenance_io_concurrency plan_cache_mode recursive_worktable_factor search_path
		temp_buffers work_mem jit_above_cost jit_inline_above_cost jit_optimize_above_cost`)
	hidden = strings.Fields(`allow_in_place_tablespaces allow_system_table_mods application_name backtrace_functions block_size data_checksums
		data_directory_mode debug_assertions debug_discard_caches force_parallel_mode ignore_checksum_failure ignore_invalid_pages
		ignore_system_indexes in_hot_standby integer_datetimes jit_debugging_support jit_dump_bitcode jit_expressions jit_profiling_support
		jit_tuple_deforming lc_collate lc_ctype max_function_args max_identifier_length max_index_keys post_auth_delay pre_auth_delay
		remove_temp_files_after_crash restrict_nonsystem_relation_kind segment_size server_encoding server_version server_version_num
		shared_memory_size shared_memory_size_in_huge_pages ssl_library trace_notify trace_recovery_messages trace_sort transaction_deferrable
		transaction_isolation transaction_read_only wal_block_size wal_consistency_checking wal_segment_size zero_damaged_pages`)
	computed = strings.Fields(`data_checksums data_directory_mode shared_memory_size shared_memory_size_in_huge_pages wal_segment_size`)
)

// flags are what else is to know of a parameter, in PostgreSQL's order.
func flags(name string) []types.Datum {
	out := []types.Datum{}
	add := func(ok bool, flag string) {
		if ok {
			out = append(out, types.NewStr(flag))
		}
	}
	hide := slices.Contains(hidden, name)
	plans := slices.Contains(planned, name) || !hide && name != "jit_provider" &&
		slices.ContainsFunc(planning, func(word string) bool { return strings.HasPrefix(name, word) })
	add(plans, "EXPLAIN")
	add(strings.HasPrefix(name, "transaction_"), "NO_RESET_ALL")
	add(hide, "NOT_IN_SAMPLE")
	add(slices.Contains(computed, name), "RUNTIME_COMPUTED")
	return out
}
