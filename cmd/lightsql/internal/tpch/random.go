package tpch

// random is a small generator (splitmix64); one is made for each row, so that rows do not depend on each other.
type random uint64

// newRandom is the generator for a row of a table.
func newRandom(table, row int) *random {
	r := random(uint64(table)<<56 ^ uint64(row)*0x9e3779b97f4a7c15)
	r.next()
	return &r
}

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// between is a number from lo to hi, both included.
func (r *random) between(lo, hi int) int { return lo + int(r.next()%uint64(hi-lo+1)) }

func (r *random) pick(list []string) string { return list[r.next()%uint64(len(list))] }

const alphanumeric = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, "

// address appends a random string of lo to hi characters.
func (r *random) address(b []byte, lo, hi int) []byte {
	for range r.between(lo, hi) {
		b = append(b, alphanumeric[r.next()%uint64(len(alphanumeric))])
	}
	return b
}
