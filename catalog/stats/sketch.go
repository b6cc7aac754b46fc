package stats

import (
	"math"
	"math/bits"
)

// sketch counts distinct hashes approximately (HyperLogLog): its error is about 0.8 %.
type sketch struct{ registers []uint8 }

const sketchBits = 14

func newSketch() *sketch { return &sketch{make([]uint8, 1<<sketchBits)} }

func (s *sketch) add(h uint64) {
	r := &s.registers[h>>(64-sketchBits)]
	if n := uint8(bits.LeadingZeros64(h<<sketchBits|1<<(sketchBits-1))) + 1; n > *r {
		*r = n
	}
}

func (s *sketch) count() float64 {
	m := float64(len(s.registers))
	sum, zeros := 0.0, 0.0
	for _, r := range s.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && zeros > 0 {
		return m * math.Log(m/zeros) // few values: count the registers without any
	}
	return estimate
}
