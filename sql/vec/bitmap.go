package vec

import "math/bits"

// Has reports whether i is in the set.
func (b Bitmap) Has(i int) bool {
	w := uint(i) >> 6
	return w < uint(len(b)) && b[w]>>(uint(i)&63)&1 != 0
}

// Set adds i, growing the bitmap as needed.
func (b *Bitmap) Set(i int) {
	w := i >> 6
	if w >= len(*b) {
		b.grow(w + 1)
	}
	(*b)[w] |= 1 << (uint(i) & 63)
}

// Clear removes i.
func (b Bitmap) Clear(i int) {
	if w := uint(i) >> 6; w < uint(len(b)) {
		b[w] &^= 1 << (uint(i) & 63)
	}
}

// grow extends the bitmap to n words, the new ones empty.
func (b *Bitmap) grow(n int) {
	old := len(*b)
	if n <= cap(*b) {
		*b = (*b)[:n]
		clear((*b)[old:])
		return
	}
	t := make(Bitmap, n, max(n, 2*cap(*b)))
	copy(t, *b)
	*b = t
}

// Any reports whether the set is not empty.
func (b Bitmap) Any() bool {
	for _, w := range b {
		if w != 0 {
			return true
		}
	}
	return false
}

// Count is the size of the set.
func (b Bitmap) Count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Reset empties the set and keeps its memory.
func (b *Bitmap) Reset() { *b = (*b)[:0] }

// SetAll makes the set 0 ≤ i < n.
func (b *Bitmap) SetAll(n int) {
	b.Reset()
	b.grow((n + 63) >> 6)
	for i := range *b {
		(*b)[i] = ^uint64(0)
	}
	if r := uint(n) & 63; r != 0 {
		(*b)[len(*b)-1] = 1<<r - 1
	}
}

// CopyFrom makes the set a copy of o.
func (b *Bitmap) CopyFrom(o Bitmap) { *b = append((*b)[:0], o...) }

// Or adds the members of o: the NULLs of a strict function of two arguments.
func (b *Bitmap) Or(o Bitmap) {
	if len(o) > len(*b) {
		b.grow(len(o))
	}
	for i, w := range o {
		(*b)[i] |= w
	}
}

// copyRange adds at+k for every from+k < to in src.
func (b *Bitmap) copyRange(at int, src Bitmap, from, to int) {
	if at == 0 && from == 0 && len(*b) == 0 {
		n := min((to+63)>>6, len(src))
		*b = append((*b)[:0], src[:n]...)
		if r := uint(to) & 63; r != 0 && n == (to+63)>>6 {
			(*b)[n-1] &= 1<<r - 1
		}
		return
	}
	for i := from; i < to; i++ {
		if src.Has(i) {
			b.Set(at + i - from)
		}
	}
}
