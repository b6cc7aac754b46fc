// Package setop holds what combines whole inputs: Append (UNION ALL), SetOp (INTERSECT and EXCEPT), With and
// RecursiveUnion.
//
// SetOp counts: the rows of the right side are numbered by a KeyTable with a counter each, then the left rows pass or not by
// the counter of their row. INTERSECT passes a row once (ALL: as often as both sides have it), EXCEPT passes rows that the right
// side lacks once (ALL: as many as the left side has more). NULLs are equal. A right side that outgrows memory is spread over files
// together with the left side, by hash.
//
// RecursiveUnion outputs the rows of its start, then runs its recursive part over the rows found in the last round until a
// round finds none.
package setop
