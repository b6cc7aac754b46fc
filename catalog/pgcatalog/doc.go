// Package pgcatalog shows the catalog the way PostgreSQL 15 does: the tables and views of pg_catalog and
// information_schema, and the functions that read them.
//
// All the relations are virtual tables: Builtins makes one for each of PostgreSQL's, with its OID, columns and types
// (data/relations.txt). A relation gets its rows from one of three places:
//
//   - producers: Go functions over the descriptors of the session's snapshot (pg_class, pg_attribute, pg_index, …) or over
//     the registry of functions and types (pg_proc, pg_operator, pg_type). The table producers in producers.go lists them.
//   - files: contents that are the same in every PostgreSQL 15 (pg_opclass, pg_amop, pg_description, …), in folder data,
//     in the text format of COPY, written by data/extract.sql; read at first use.
//   - the session: run-time tables such as pg_stat_activity and pg_settings (Session.Provider).
//
// A relation with none of them is empty: what it would show does not exist here. The path of one scan: relation.Rows →
// producer(query) → query.emit for each row, all columns in their order. query.eq holds equality conditions; producers of
// large tables use those on OIDs, and the scan above checks the conditions again.
//
// Columns of type pg_node_tree hold SQL text; pg_get_expr gives it back unchanged. Texts of definitions (pg_get_indexdef,
// pg_get_constraintdef, pg_get_viewdef) are put together in define.go from the descriptors' texts.
//
// Function finds the code of the functions that need the catalog by their OID in pg_proc; their environment must
// implement Env. ResolveReg and RegName are the input and output of the reg* types.
package pgcatalog
