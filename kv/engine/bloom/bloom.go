// Package bloom is the filter of a run file: a set of hashes that may hold some more.
package bloom

import (
	"encoding/binary"
	"math/bits"
)

// A Filter tells for most keys that are not in a run that they are not: a Bloom filter of about ten bits per key whose
// probes of one key lie in one cache line. About 1 in 100 missing keys passes. It is part of the file format.
type Filter []uint64

const (
	lineWords = 8
	probes    = 7
	keyBits   = 10 // per key
)

// New makes the filter of the keys with these hashes.
func New(hashes []uint64) Filter {
	lines := (len(hashes)*keyBits + 511) / 512
	f := make(Filter, max(lines, 1)*lineWords)
	for _, h := range hashes {
		line, g := f.line(h)
		for range probes {
			line[g>>6&7] |= 1 << (g & 63)
			g >>= 9
		}
	}
	return f
}

// line returns the words of the hash's cache line, and nine bits per probe.
func (f Filter) line(h uint64) ([]uint64, uint64) {
	at, _ := bits.Mul64(h, uint64(len(f)/lineWords))
	const spread = 0xa0761d6478bd642f
	hi, lo := bits.Mul64(h, spread)
	return f[at*lineWords : at*lineWords+lineWords], hi ^ lo
}

// MayHold tells whether the key with this hash may be there.
func (f Filter) MayHold(h uint64) bool {
	line, g := f.line(h)
	for range probes {
		if line[g>>6&7]&(1<<(g&63)) == 0 {
			return false
		}
		g >>= 9
	}
	return true
}

// Encode appends what Decode reads.
func (f Filter) Encode(dst []byte) []byte {
	for _, w := range f {
		dst = binary.LittleEndian.AppendUint64(dst, w)
	}
	return dst
}

// Decode is the filter that Encode has written; false if b cannot be one.
func Decode(b []byte) (Filter, bool) {
	if len(b) == 0 || len(b)%(8*lineWords) != 0 {
		return nil, false
	}
	f := make(Filter, len(b)/8)
	for i := range f {
		f[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return f, true
}
