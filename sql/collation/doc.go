// Package collation orders text by the rules of languages.
//
// PostgreSQL's "C", "POSIX", "default" and "ucs_basic" compare bytes here, as in a database of locale C; nothing of this package runs
// for them. All others (en-x-icu, de_DE, de_DE.utf8) come from golang.org/x/text/collate, by the tables of one version of CLDR (Version).
//
// A collation of CREATE COLLATION has the order of one of these (OfICU, OfLibc); descriptors and expressions know it by a name of its own (Object),
// which holds its OID and that order, so that renaming it changes nothing else.
//
// A value is compared by its Key: bytes whose order is the collation's order. The text itself ends the key, so that two texts are equal only
// if their bytes are: every collation is deterministic. Keys are made while a statement runs and never stored, so a new Version needs no
package collation
