package types

import "github.com/cockroachdb/apd/v3"

// Numeric is a value of type numeric: coef × 10^-scale with its display scale, NaN, or ±Infinity. Values whose
// coefficient fits in an int64 need no allocation. The zero Numeric is 0. Immutable.
type Numeric struct {
	coef  int64       // coefficient, if big == nil
	big   *apd.BigInt // coefficient beyond int64, with its sign; never modified
	scale int16       // digits after the decimal point shown (0..16383)
	form  numForm
}

// HeapBytes is the memory that the number takes besides its own struct.
func (n Numeric) HeapBytes() int64 {
	if n.big == nil {
		return 0
	}
	return int64(n.big.Size())
}

type numForm uint8

const (
	numFinite numForm = iota
	numNaN
	numInf
	numNegInf
)
