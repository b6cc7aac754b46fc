// Package keyenc turns values into bytes that sort as the values do.
//
// A key is a concatenation of fields; comparing two keys of the same shape with bytes.Compare compares their fields one
// after the other. Every encoding is prefix-free, so that no field can run into the next one.
//
//	field            bytes
//	NULL, low        00
//	false, true      02, 03
//	int              70+(8-n) and n bytes for values below zero that need n bytes; 78+v for 0..109; e5+n and n bytes above
//	float            02 and 8 bytes: the IEEE bits, with the sign bit flipped, or all bits if negative; -0 is 0, NaN is greatest
//	bytes, text      02, the bytes with 00 written as 00 ff, then 00 01
//	fixed            02 and the bytes as they are; for values of one length, such as a uuid
//	wide             02 and 16 bytes, big-endian with the sign bit flipped: 128-bit integers
//	numeric          a class byte, an exponent, digits to base 100, 00 (see numeric.go)
//	NULL, high       ff
//	uvarint          one byte up to 240, then SQLite4's varint: ascending, never NULL; for ids
//
// Descending fields hold the complement of those bytes; Invert makes it, in place, after the field was appended. NULL is
// low or high on its own: Column says which, and where nulls sort does not depend on the direction. The first byte of a
// field that is not NULL lies between 02 and fd in both directions, which tells it from both NULLs.
//
// Append functions append to a buffer and return it; Decode functions return the value and the rest of the input, and
// ErrCorrupt for bytes that no Append function wrote. They never panic. The package knows Go values only, no SQL types.
package keyenc
