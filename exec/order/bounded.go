package order

import (
	"github.com/lightsql/lightsql/sql/vec"
)

// boundedHeap holds the best rows of a top-N sort so far: a heap with the worst of them on top. It is made when the sorter has
// met more than twice as many rows as are wanted, and it works as PostgreSQL's does, so that rows with equal keys come out
// in the same order.
type boundedHeap struct {
	keys []Key
	rows *vec.Batch
	h    []int32 // rows; h[i] is not better than h[2i+1] and h[2i+2]
}

// worse orders rows of the heap, the worst first.
func (b *boundedHeap) worse(x, y int32) int { return -Compare(b.keys, b.rows, int(x), b.rows, int(y)) }

// fill makes a heap of the best n of all rows.
func (b *boundedHeap) fill(n int) {
	b.h = b.h[:0]
	for i := range b.rows.Len {
		row := int32(i)
		switch {
		case len(b.h) < n:
			b.insert(row)
		case n > 0 && b.worse(row, b.h[0]) > 0:
			b.replaceTop(b.h, row)
		}
	}
}

func (b *boundedHeap) insert(row int32) {
	j := len(b.h)
	b.h = append(b.h, row)
	for j > 0 {
		i := (j - 1) / 2
		if b.worse(row, b.h[i]) >= 0 {
			break
		}
		b.h[j] = b.h[i]
		j = i
	}
	b.h[j] = row
}

// replaceTop drops the top of h for row.
func (b *boundedHeap) replaceTop(h []int32, row int32) {
	i := 0
	for {
		j := 2*i + 1
		if j >= len(h) {
			break
		}
		if j+1 < len(h) && b.worse(h[j], h[j+1]) > 0 {
			j++
		}
		if b.worse(row, h[j]) <= 0 {
			break
		}
		h[i] = h[j]
		i = j
	}
	h[i] = row
}

// add puts the rows of in that are better than the worst into the heap, each in the place of the worst.
func (b *boundedHeap) add(in *vec.Batch) {
	if len(b.h) == 0 {
		return
	}
	for k, n := 0, in.Rows(); k < n; k++ {
		i := in.Row(k)
		top := b.h[0]
		if Compare(b.keys, in, i, b.rows, int(top)) >= 0 {
			continue
		}
		for c, v := range b.rows.Cols {
			v.CopyRow(int(top), in.Cols[c], i)
		}
		b.replaceTop(b.h, top)
	}
}

// sorted empties the heap: the rows from best to worst.
func (b *boundedHeap) sorted(dst []int32) []int32 {
	n := len(b.h)
	dst = append(dst[:0], b.h...)
	for n > 1 {
		top := dst[0]
		n--
		b.replaceTop(dst[:n], dst[n])
		dst[n] = top
	}
	b.h = b.h[:0]
	return dst
}
