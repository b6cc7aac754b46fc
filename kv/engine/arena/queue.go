package arena

// Queue is a queue of the numbers of places, in a ring.
type Queue struct {
	ring       []uint32
	head, size int
}

// Len is how many numbers there are.
func (q *Queue) Len() int { return q.size }

// Push puts a number at the end.
func (q *Queue) Push(no uint32) {
	if q.size == len(q.ring) {
		ring := make([]uint32, max(2*len(q.ring), 64))
		n := copy(ring, q.ring[q.head:])
		copy(ring[n:], q.ring[:q.head])
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.size)%len(q.ring)] = no
	q.size++
}

// Pop takes the first number, of which there is one.
func (q *Queue) Pop() uint32 {
	no := q.ring[q.head]
	q.head = (q.head + 1) % len(q.ring)
	q.size--
	return no
}
