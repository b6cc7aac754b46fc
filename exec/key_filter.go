package exec

import (
	"math"
	"math/bits"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// KeyFilter tells of integers whether they may be among the keys of a hash join's build side, so that the scan below the probe
// side drops rows before it has decoded all of them. It is filled when the build side is complete; until then, and if that
// went to disk, it is not Ready. Any number of goroutines may test with it.
type KeyFilter struct {
	bits     []uint64
	min, max int64
	// hashed: the bits are found by the keys' hashes; otherwise bit i stands for min+i.
	hashed bool
	shift  uint
	ready  bool
}

const (
	// A dense filter takes no more than this many bits for each key, or in all.
	denseBitsPerKey = 64
	denseBitsMin    = 1 << 16
	hashedBits      = 16 // bits per key of a hashed filter
	keyFilterKeys   = 4 << 20
	pieceBits       = 22 // logarithm of the bits of a filter made piece by piece
)

// KeyFilterTaker is an operator that can apply a KeyFilter to one of its output columns; false if it cannot.
type KeyFilterTaker interface {
	TakeKeyFilter(col int, f *KeyFilter) bool
}

// OfferKeyFilter offers f for column col of op's rows, and reports whether it will be applied.
func OfferKeyFilter(op Operator, col int, f *KeyFilter) bool {
	t, ok := op.(KeyFilterTaker)
	return ok && t.TakeKeyFilter(col, f)
}

// Ready reports whether the filter may be used.
func (f *KeyFilter) Ready() bool { return f.ready }

// Reset makes the filter not Ready.
func (f *KeyFilter) Reset() { f.ready = false }

// Bytes is the memory that the filter takes.
func (f *KeyFilter) Bytes() int64 { return 8 * int64(cap(f.bits)) }

// Fill makes the filter Ready for the n keys of v, which has no NULLs that could match; too many keys leave it as it is.
func (f *KeyFilter) Fill(v *vec.Vector, n int) {
	if n > keyFilterKeys {
		return
	}
	keys := v.Int[:n]
	f.min, f.max = 0, -1
	for i, k := range keys {
		if i == 0 || k < f.min {
			f.min = k
		}
		if i == 0 || k > f.max {
			f.max = k
		}
	}
	words := 0
	span := uint64(f.max) - uint64(f.min)
	f.hashed = n > 0 && span >= uint64(max(denseBitsMin, denseBitsPerKey*n))
	switch {
	case f.hashed:
		size := bits.Len(uint(max(hashedBits*n, 64)) - 1)
		f.shift, words = uint(64-size), 1<<(size-6)
	case n > 0:
		words = int(span>>6) + 1
	}
	if words > cap(f.bits) {
		f.bits = make([]uint64, words)
	}
	f.bits = f.bits[:words]
	clear(f.bits)
	for _, k := range keys {
		p := uint64(k) - uint64(f.min)
		if f.hashed {
			p = types.HashInt(k) >> f.shift
		}
		f.bits[p>>6] |= 1 << (p & 63)
	}
	f.ready = true
}

// Begin makes the filter one to which keys are added piece by piece, because they are not all in memory. It is Ready after End.
func (f *KeyFilter) Begin() {
	f.ready, f.hashed, f.min, f.max = false, true, math.MinInt64, math.MaxInt64
	f.shift = 64 - pieceBits
	f.bits = make([]uint64, 1<<(pieceBits-6))
}

// Add adds the keys in the rows of sel (0..n-1 if nil) of v.
func (f *KeyFilter) Add(v *vec.Vector, sel []int32, n int) {
	if sel == nil {
		for _, k := range v.Int[:n] {
			p := types.HashInt(k) >> f.shift
			f.bits[p>>6] |= 1 << (p & 63)
		}
		return
	}
	for _, i := range sel {
		p := types.HashInt(v.Int[i]) >> f.shift
		f.bits[p>>6] |= 1 << (p & 63)
	}
}

// End makes the filter Ready, unless so many keys were added that most values would pass.
func (f *KeyFilter) End() {
	set := 0
	for _, w := range f.bits {
		set += bits.OnesCount64(w)
	}
	f.ready = set <= len(f.bits)*64/2
}

// Pass appends to dst the rows of sel (0..n-1 if nil) whose value in v may be a key; NULL is none.
func (f *KeyFilter) Pass(v *vec.Vector, sel []int32, n int, dst []int32) []int32 {
	nulls := v.Nulls.Any()
	if sel == nil {
		for i, k := range v.Int[:n] {
			if f.has(k) && !(nulls && v.Nulls.Has(i)) {
				dst = append(dst, int32(i))
			}
		}
		return dst
	}
	for _, i := range sel {
		if f.has(v.Int[i]) && !(nulls && v.Nulls.Has(int(i))) {
			dst = append(dst, i)
		}
	}
	return dst
}

func (f *KeyFilter) has(k int64) bool {
	if k < f.min || k > f.max {
		return false
	}
	p := uint64(k) - uint64(f.min)
	if f.hashed {
		p = types.HashInt(k) >> f.shift
	}
	return f.bits[p>>6]>>(p&63)&1 != 0
}
