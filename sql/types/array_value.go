package types

// Array is a value of an array type: elements in row-major order. Immutable.
type Array struct {
	Elem  OID     // element type
	Dims  []Dim   // none for an empty array
	Elems []Datum // product of the dimensions
}

// Dim is one dimension of an array: its length and its lowest subscript, 1 unless written otherwise.
type Dim struct {
	Len   int
	Lower int
}

// MaxArrayDims is the largest number of dimensions an array has.
const MaxArrayDims = 6

// NewArray is a one-dimensional array with subscripts from 1. It keeps elems.
func NewArray(elem OID, elems []Datum) *Array {
	a := &Array{Elem: elem, Elems: elems}
	if len(elems) > 0 {
		a.Dims = []Dim{{Len: len(elems), Lower: 1}}
	}
	return a
}

// NewVector is an int2vector or oidvector: one dimension with subscripts from 0, also when empty.
func NewVector(elem OID, values []int64) *Array {
	a := &Array{Elem: elem, Elems: make([]Datum, len(values)), Dims: []Dim{{Len: len(values), Lower: 0}}}
	for i, v := range values {
		a.Elems[i] = NewInt(v)
	}
	return a
}

// Array is the array of a datum of an array type, nil for any other.
func (d Datum) Array() *Array { a, _ := d.x.(*Array); return a }

// Record is a value of type record or of a row type. Immutable.
type Record struct {
	Type   OID // a row type; 0: record
	Types  []T
	Fields []Datum
	Names  []string // of the fields; nil for f1, f2 …
}

// Record is the record of a datum of a row type, nil for any other.
func (d Datum) Record() *Record { r, _ := d.x.(*Record); return r }

// TimeTZ is a time of day with its zone: Micros since midnight, local, and Zone seconds WEST of Greenwich, as PostgreSQL
// keeps it.
type TimeTZ struct {
	Micros int64
	Zone   int32
}
