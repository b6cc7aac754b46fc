package arena

import "testing"

// TestQueue pushes and pops around the ring's end.
func TestQueue(t *testing.T) {
	var q Queue
	next, want := uint32(0), uint32(0)
	for round := range 200 {
		for range round % 7 * 13 {
			q.Push(next)
			next++
		}
		for range min(q.Len(), round%5*17) {
			if no := q.Pop(); no != want {
				t.Fatalf("popped %d, want %d", no, want)
			}
			want++
		}
	}
}
