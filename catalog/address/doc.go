// Package address names the objects of the catalog: pg_identify_object, pg_identify_object_as_address and pg_get_object_address.
//
// An object is a row of a relation of pg_catalog, by its OID, perhaps with a column (Address). Identify reads the row and those that it refers to and
// tells the object's type, its name for people, and the lists of names and arguments that find it again. Find goes the other way: it looks for the
// row of the type's relation that Identify gives these lists, so that both always agree; names without schema are found in the search path.
package address
