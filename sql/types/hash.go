package types

import "hash/maphash"

// hashSeed makes hashes differ from process to process, so that nobody can prepare colliding keys.
var hashSeed = maphash.MakeSeed()

// HashString hashes bytes.
func HashString(s string) uint64 { return maphash.String(hashSeed, s) }

// HashInt hashes an integer.
func HashInt(i int64) uint64 { return mix64(uint64(i)) }

// mix64 is the finaliser of SplitMix64: every bit of the input changes every bit of the output.
func mix64(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// HashCombine mixes the hash of one more column into h.
func HashCombine(h, k uint64) uint64 { return mix64(h*31 + k) }
