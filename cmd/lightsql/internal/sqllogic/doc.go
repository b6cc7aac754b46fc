// Package sqllogic runs sqllogictest files against a server over the wire.
//
// A file is a list of records separated by empty lines. Parse reads them, Run executes them on one connection and reports
// each record whose answer differs. The format is that of sqllogictest (sqlite.org/sqllogictest) with two additions:
//
//	statement error 23505       the SQLSTATE that must come, or a part of the message
//	query error 42703
//	query TT exact              rows as written, columns separated by tabs, in order; nothing is rounded
//	statement count 3           the row count of the command tag
//
// Values are compared as text: NULL is NULL, an empty string is (empty), I columns are cut to integers, R columns are
// rounded to three digits. Results longer than the hash threshold are compared by MD5.
package sqllogic
