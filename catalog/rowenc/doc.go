// Package rowenc turns rows and index entries into keys and values of the store, and back. It is the only place that
// knows a table's key layout.
//
// # Keys
//
// Every key begins with DataPrefix, the table's key space (catalog.Table.Storage) and the index (catalog.Index.ID; the rows
// are index 1), then come the key columns as package keyenc writes them:
//
//	02  10  01  7a           row of key space 16 with primary key 2
//	02  10  02  02 61 00 01  7a    entry of a plain index on a text column, 'a', of that row
//
// A row's key ends with the columns of the PRIMARY KEY, or with a hidden int8 row id if there is none; that ending is the
// row id that scans give out as column -1. An entry of a plain index, or one of a unique index with a NULL in it,
// ends with the row id, so that it is unique. Other entries of unique indexes do not: their value holds the row id.
//
// An inverted index (access method gin) has an entry for each term of each of its columns; package gin says what the terms are:
//
//	02  10  03  01 10 7a  7a   entry of an inverted index, first column, element 2 of an array, of that row
//
// # Values
//
//	01 0500 00 2a000000 01 0300 0700 666f6f 0002c313
//	|  |    |  |        |  |         |      '- numeric -12.50 (ID 4): form, display scale 2, coefficient
//	|  |    |  |        |  |         '- text 'foo' (ID 3)
//	|  |    |  |        |  '- the end of each column of variable length in the data: 2 bytes, or 4 if the format has the bit 80
//	|  |    |  |        '- bool true (ID 5)
//	|  |    |  '- int4 42 (ID 2): columns of fixed length at fixed offsets, little-endian
//	|  |    '- NULL bitmap
//	|  '- number of column IDs that the table had when the row was written: 5, of which ID 1 is in the key
//	'- format
//
// (testdata/golden.txt has more.) Columns stand in the order of their IDs. The
// count tells how the row is laid out: a column with a higher ID was added later and has its Column.Missing value; a dropped
// column keeps its place (Table.Dropped). A column of the primary key is not in the value if its key gives it back
// exactly; numeric (display scale), char(n), float (-0) and interval do not, and are in both.
//
// The value of an index entry is the format byte, the row id after its length (only if the key does not hold it), and the
// same kind of tuple with the key columns that are not exact and those of INCLUDE. That of an entry of an inverted index is the format
// byte and the length of the row id with which its key ends.
//
// # Use
//
// NewTable compiles a table's layouts; it is cheap and made once per operator. Table.Primary and Table.Index(id) encode keys and
// entries of many rows of vectors at a time, Table.AppendRows encodes row values, Index.Span turns constraints into a key
// range. A Decoder is compiled for the columns that a scan needs and decodes keys and values of many rows straight into vectors;
// strings of one call share one allocation. Bytes that no encoder wrote give an error that wraps kv.ErrCorrupt.
package rowenc
