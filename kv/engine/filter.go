package engine

import (
	"encoding/binary"
	"math/bits"
)

// A filter tells for most keys that are not in a run that they are not: a Bloom filter of about ten bits per key whose
// probes of one key lie in one cache line. About 1 in 100 missing keys passes.
type filter []uint64

const (
	filterLine   = 8 // words
	filterProbes = 7
	filterBits   = 10 // per key
)

func newFilter(hashes []uint64) filter {
	lines := (len(hashes)*filterBits + 511) / 512
	f := make(filter, max(lines, 1)*filterLine)
	for _, h := range hashes {
		line, g := f.line(h)
		for range filterProbes {
			line[g>>6&7] |= 1 << (g & 63)
			g >>= 9
		}
	}
	return f
}

// line returns the words of the hash's cache line, and nine bits per probe.
func (f filter) line(h uint64) ([]uint64, uint64) {
	at, _ := bits.Mul64(h, uint64(len(f)/filterLine))
	return f[at*filterLine : at*filterLine+filterLine], fold(h, hashA)
}

func (f filter) mayHold(h uint64) bool {
	line, g := f.line(h)
	for range filterProbes {
		if line[g>>6&7]&(1<<(g&63)) == 0 {
			return false
		}
		g >>= 9
	}
	return true
}

func (f filter) encode(dst []byte) []byte {
	for _, w := range f {
		dst = binary.LittleEndian.AppendUint64(dst, w)
	}
	return dst
}

func decodeFilter(b []byte) (filter, bool) {
	if len(b) == 0 || len(b)%(8*filterLine) != 0 {
		return nil, false
	}
	f := make(filter, len(b)/8)
	for i := range f {
		f[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return f, true
}
