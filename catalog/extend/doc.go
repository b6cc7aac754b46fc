// Package extend runs the statements that extend the language: aggregates, operators, casts, base types, operator classes and families, collations.
//
// Each is a descriptor of its own (catalog.Object; a base type is a catalog.Type). Built-in ones are no descriptors: package sql/builtins and the data of
// catalog/pgcatalog know them; members added to a built-in operator family are a catalog.OpFamily with that family's OID. The binder hands both kinds
// to one resolution (builtins.OperatorCall, builtins.Resolver), so that a user's operator or cast counts where and as PostgreSQL's rules say. What is
// stored as text names operators of the catalog with their schema, and depends on them by OID.
package extend
