// Package randexpr makes random expressions over the functions, operators and casts of a PostgreSQL's catalogs.
package randexpr

import "regexp"

// samples are values of each type as literals: extremes, empty, special and usual ones. Arrays of a type that is not here have
// none.
var samples = map[string][]string{
	"bool":   {"t", "f"},
	"int2":   {"0", "1", "-1", "7", "32767", "-32768", "100"},
	"int4":   {"0", "1", "-1", "2", "3", "5", "10", "-7", "64", "2147483647", "-2147483648", "1000"},
	"int8":   {"0", "1", "-1", "3", "42", "9223372036854775807", "-9223372036854775808", "5000000000"},
	"float4": {"0", "1", "-1.5", "3.25", "1e10", "3.4e38", "1e-40", "NaN", "Infinity", "-Infinity", "-0", "123.456"},
	"float8": {"0", "1", "-1.5", "2.5", "0.1", "1e10", "1.7e308", "5e-324", "NaN", "Infinity", "-Infinity", "-0", "45", "1234567.891"},
	"numeric": {"0", "1", "-1", "0.5", "2.5", "-2.5", "10.00", "123.456", "-0.001", "1e20", "99999999999999999999.99", "1e-20", "NaN",
		"Infinity", "-Infinity", "3"},
	"text": {"", "a", "abc", "Hello World", "ÄÖü€", "  pad  ", "12", "-3.5", "2024-01-31", "%b%", "a.c", "(a)(b)", "{1,2}", "a,b,,c", "\\x41", "日本語",
		"YYYY-MM-DD HH24:MI:SS", "FM9990.00", "day", "month", "UTC", "%s-%I", "abcabc", "null", "g", "i", "UTF8", "hex", "America/New_York"},
	"varchar": {"", "abc", "Zz "},
	"bpchar":  {"", "abc", "ab  "},
	"name":    {"", "abc", "pg_class"},
	"char":    {"", "a", "z"},
	"bytea":   {"", "\\x00", "\\x4142", "\\xdeadbeef00ff", "abc"},
	"date":    {"2024-02-29", "1970-01-01", "1999-12-31", "infinity", "-infinity", "0044-03-15 BC", "5874897-12-31", "4714-11-24 BC", "2000-01-01"},
	"time":    {"00:00", "24:00", "12:34:56.789", "23:59:59.999999"},
	"timetz":  {"00:00+00", "12:34:56.5-08", "23:59:59+15:59"},
	"timestamp": {"2024-02-29 12:34:56.789012", "1970-01-01", "infinity", "-infinity", "4714-11-24 BC", "294276-12-31 23:59:59.999999", "2000-01-01",
		"2023-12-31 23:59:59.5"},
	"timestamptz": {"2024-02-29 12:34:56.789012+02", "1970-01-01 00:00+00", "infinity", "-infinity", "294276-12-31 23:59:59.999999+00", "2000-06-01 00:00-07"},
	"interval": {"0", "1 day", "-1 mon 3 days 04:05:06.7", "1 year", "100 years -5 days", "178956970 years 7 mons", "00:00:00.000001", "-25:00:00", "1 week",
		"35 days", "1 mon"},
	"uuid":     {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
	"inet":     {"192.168.1.5/24", "10.0.0.1", "::1", "2001:db8::ff00:42:8329/64", "0.0.0.0/0"},
	"cidr":     {"192.168.1.0/24", "10.0.0.0/8", "::/0"},
	"macaddr":  {"08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"},
	"macaddr8": {"08:00:2b:01:02:03:04:05"},
	"bit":      {"1", "0"},
	"varbit":   {"", "1", "10101", "0000000000000000000000000000000011"},
	"money":    {"0", "1.23", "-45.67", "92233720368547758.07", "-92233720368547758.08"},
	"oid":      {"0", "1", "4294967295"},
	"xid":      {"0", "3", "4294967295"},
	"xid8":     {"0", "18446744073709551615"},
	"tid":      {"(0,0)", "(4294967295,65535)"},
	"pg_lsn":   {"0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"},
	"json":     {"{}", "[1,2,{\"a\":null}]", "\"x\"", "{\"a\": {\"b\": [1, 2.50]}, \"a\": 1}", "null", "[[],[1]]"},
	"jsonb":    {"{}", "[1, 2, {\"a\": null}]", "\"x\"", "{\"a\": {\"b\": [1, 2.50]}, \"c\": true}", "null", "12.0", "[[],[1]]"},
	"jsonpath": {"$", "$.a", "lax $[*]", "strict $.a.b[0]", "$.** ? (@ > 1)"},
	"regtype":  {"int4", "text[]"},

	"_int2":    {"{}", "{1,2,3}", "{-32768,NULL}"},
	"_int4":    {"{}", "{1,2,3}", "{{1,2},{3,4}}", "[0:2]={5,NULL,7}", "{NULL}", "{3,1,2,1}"},
	"_int8":    {"{}", "{1,-9223372036854775808}", "{{1},{2}}"},
	"_text":    {"{}", "{a,b,NULL}", "{{x,y},{\"\",\"q,\"}}", "{abc}"},
	"_numeric": {"{}", "{1.5,NaN}", "{2.50,-1}"},
	"_float8":  {"{}", "{0.1,0.5,1}", "{NaN}"},
	"_bool":    {"{}", "{t,f,NULL}"},
	"_jsonb":   {"{}", "{\"{}\",\"1\"}"},
	"_date":    {"{}", "{2024-02-29,infinity}"},
	"_bytea":   {"{}", "{\"\\\\x41\"}"},
}

// pseudo are types that stand for a polymorphic one.
var pseudo = map[string][]string{
	"anyelement": {"int4", "text", "numeric"}, "anynonarray": {"int4", "text"}, "anyarray": {"_int4", "_text"},
	"anycompatible": {"int4", "text"}, "anycompatiblenonarray": {"int4", "text"}, "anycompatiblearray": {"_int4", "_text"},
	"any": {"int4", "text", "_text", "jsonb", "date"},
}

// skipped matches functions that depend on the server, the session or the moment, do what an expression should not, or work on the
// inside of indexes, aggregates, large objects, replication, XML and text search.
var skipped = regexp.MustCompile(`^(pg_.*|has_.*|txid_.*|inet_(client|server)_.*|lo_.*|lo|lo(read|write)|current_.*|version|random|setseed|clock_.*|` +
	`statement_timestamp|timeofday|now|transaction_timestamp|nextval|setval|currval|lastval|gen_random.*|uuid_.*|` +
	`(bool|bit|byte|char|name|int|text|oid|xid|cid|tid|json|jsonb|jsonpath|xml|point|float|num|cash|macaddr|inet|cidr|bp|var|date|time|interval|record|any|array|void|` +
	`enum|domain|range|multirange|trigger|event|language|internal|fdw|index|tsm|table|tsq|tsv|gtsv|ts|reg|unknown|cstring|poly|path|line|lseg|box|circle|brin|xid8|uuid|` +
	`shell|ref)[a-z0-9_]*(in|out|recv|send|typmodin|typmodout)|.*(_sortsupport|_support|_transfn|_combine|_accum|_serialize|_deserialize|_finalfn|_inv|_final|` +
	`_typanalyze|_subdiff|_canonical|_consistent|_compress|_decompress|_penalty|_picksplit|_union|_distance|_same|_handler|_ops|sel|joinsel|equalimage|_fetch)|` +
	`.*_to_xml.*|cursor_to.*|xml.*|ts_.*|to_tsvector|to_tsquery|plainto_.*|phraseto_.*|websearch_.*|json_?b?_to_tsvector|brin.*|gin.*|gist.*|spg.*|bt.*|hash.*|am.*|` +
	`binary_upgrade.*|obj_description|col_description|shobj_description|set_config|getdatabaseencoding|row_security_active|icu.*|acl.*|makeaclitem|aclexplode|` +
	`suppress_.*|ri_.*|RI_.*|fmgr_.*|plpgsql_.*|satisfies_hash_partition|mxid_age|currtid.*|windows_.*|heap_.*|unique_key.*|in_range|ordered_set.*|aggregate_dummy|` +
	`.*_(avg|sum|stddev|var|poly|avg_accum)[a-z_]*|.*state.*|to_ascii|query_to.*|postgresql_fdw_validator|d?synonym.*|dsimple.*|prsd.*|thesaurus.*|snowball.*|age|` +
	`generate_series.*|width_bucket_array|pg|cash_words_|any_value.*|.*_window|row_number|rank|dense_rank|percent_rank|cume_dist|ntile|lag|lead|.*_value|database_to.*|` +
	`inet_merge_|is_normalized_|convert_|uniquekey.*|dblink.*|table_to.*|schema_to.*|ts.*|tsvector.*|trigger_.*|.*range|point|array_to_tsvector|get_current_ts_config|event_trigger.*|txid.*|numeric_(poly|support).*)$`)
