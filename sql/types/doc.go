// Package types is the type system: which SQL types there are, how their values are held, compared, read and written.
//
//   - OID, T, TypeInfo: the types by their PostgreSQL OIDs, with modifiers. Info and ByName find the built-in ones;
//     FormatType spells one in SQL.
//   - Datum, Numeric, Interval, Array, Record: values. A Datum does not know its type, only its Kind.
//   - Parse and AppendText: PostgreSQL's text form in and out, with its errors; ParseBinary and AppendBinary: its
//     binary form. Env says what of the session they depend on (date style, time zone, …).
//   - Env.User (UserTypes) is the door for types that are not built in: enums, domains, row types. Their OIDs tell how values
//     are held (user_type.go), so Compare, Hash, KindOf and the layout of rows need no catalog; names and labels do.
//   - Compare, Equal, Hash: PostgreSQL's order of the values of a type.
//   - ApplyTypmod: varchar(n), char(n), numeric(p,s), timestamp(p).
//   - arithmetic of numeric, dates, times and intervals, which package builtins wraps into SQL functions.
//
// How values are held (see Kind): dates are days, times and timestamps microseconds, since 2000-01-01; infinity is the
// largest value of the type and -infinity the smallest. A uuid is its 16 bytes in a string, bytea its bytes, a bit
// string its digits, a macaddr its text. A tid is block<<16|offset. xid8 and pg_lsn are unsigned in an int64.
//
// Blanks of char(n). As in PostgreSQL a value of char(n) is kept, and written, padded to n characters, and compares,
// hashes and converts to text without its trailing blanks. Whoever compares bytes (hash tables, index keys) first cuts
// them with TrimBlanks; IsBlankPadded tells the type.
package types
