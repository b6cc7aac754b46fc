package engine

import (
	"encoding/binary"
	"math/bits"
)

// Constants of the hash. They are part of the file format: filters of run files hold bits chosen by it.
const (
	hashA = 0xa0761d6478bd642f
	hashB = 0xe7037ed1a0b428db
	hashC = 0x8ebc6af09c88c6e3
)

// Hash is the 64-bit hash of a key that filters, memtables and lock tables share, so that it is computed once per key:
// multiply-and-fold over 16 bytes at a time.
func Hash(key []byte) uint64 {
	h := uint64(hashC)
	n := uint64(len(key))
	for len(key) > 16 {
		h = fold(binary.LittleEndian.Uint64(key)^hashA, binary.LittleEndian.Uint64(key[8:])^h)
		key = key[16:]
	}
	var a, b uint64
	switch {
	case len(key) >= 8:
		a = binary.LittleEndian.Uint64(key)
		b = binary.LittleEndian.Uint64(key[len(key)-8:])
	case len(key) >= 4:
		a = uint64(binary.LittleEndian.Uint32(key))
		b = uint64(binary.LittleEndian.Uint32(key[len(key)-4:]))
	case len(key) > 0:
		a = uint64(key[0])<<16 | uint64(key[len(key)>>1])<<8 | uint64(key[len(key)-1])
	}
	return fold(hashB^n, fold(a^hashB, b^h))
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
