package order

// quicksortRowsMax is the number of rows up to which a sort uses quicksort: there the order in which PostgreSQL returns rows with
// equal keys is kept, because people's tests and eyes know it. Beyond, distributing by prefixes is faster.
const quicksortRowsMax = 2048

// quicksort sorts as PostgreSQL does, so that equal items come out in the same order: Bentley and McIlroy, "Engineering a sort
// function" (1993), which splits into less, equal and greater around a median of three or of nine, with a check for sorted input
// before each step, and insertion sort below seven items.
func quicksort(a []item, cmp func(x, y item) int) {
	for {
		if isSorted(a, cmp) {
			return
		}
		if len(a) < 7 {
			insertionSort(a, cmp)
			return
		}
		m := pivot(a, cmp)
		a[0], a[m] = a[m], a[0]
		less, greater := split(a, cmp)
		low, high := a[:less], a[len(a)-greater:]
		if less <= greater {
			if less > 1 {
				quicksort(low, cmp)
			}
			a = high
		} else {
			if greater > 1 {
				quicksort(high, cmp)
			}
			a = low
		}
		if len(a) <= 1 {
			return
		}
	}
}

func isSorted(a []item, cmp func(x, y item) int) bool {
	for i := 1; i < len(a); i++ {
		if cmp(a[i-1], a[i]) > 0 {
			return false
		}
	}
	return true
}

func insertionSort(a []item, cmp func(x, y item) int) {
	for i := 1; i < len(a); i++ {
		for j := i; j > 0 && cmp(a[j-1], a[j]) > 0; j-- {
			a[j-1], a[j] = a[j], a[j-1]
		}
	}
}

// pivot is the position of the item to split around.
func pivot(a []item, cmp func(x, y item) int) int {
	n := len(a)
	mid := n / 2
	if n == 7 {
		return mid
	}
	low, high := 0, n-1
	if n > 40 {
		d := n / 8
		low = median(a, low, low+d, low+2*d, cmp)
		mid = median(a, mid-d, mid, mid+d, cmp)
		high = median(a, high-2*d, high-d, high, cmp)
	}
	return median(a, low, mid, high, cmp)
}

func median(a []item, x, y, z int, cmp func(x, y item) int) int {
	if cmp(a[x], a[y]) < 0 {
		switch {
		case cmp(a[y], a[z]) < 0:
			return y
		case cmp(a[x], a[z]) < 0:
			return z
		}
		return x
	}
	switch {
	case cmp(a[y], a[z]) > 0:
		return y
	case cmp(a[x], a[z]) < 0:
		return x
	}
	return z
}

// split orders a into items less than a[0], equal to it, and greater, and returns how many are less and greater. Equal items
// gather at both ends while the scan goes on, and are moved to the middle then.
func split(a []item, cmp func(x, y item) int) (less, greater int) {
	n := len(a)
	eqLow, i := 1, 1
	eqHigh, j := n-1, n-1
	for {
		for ; i <= j; i++ {
			c := cmp(a[i], a[0])
			if c > 0 {
				break
			}
			if c == 0 {
				a[eqLow], a[i] = a[i], a[eqLow]
				eqLow++
			}
		}
		for ; i <= j; j-- {
			c := cmp(a[j], a[0])
			if c < 0 {
				break
			}
			if c == 0 {
				a[j], a[eqHigh] = a[eqHigh], a[j]
				eqHigh--
			}
		}
		if i > j {
			break
		}
		a[i], a[j] = a[j], a[i]
		i++
		j--
	}
	exchange(a, 0, i, min(eqLow, i-eqLow))
	exchange(a, i, n, min(eqHigh-j, n-eqHigh-1))
	return i - eqLow, eqHigh - j
}

// exchange swaps the first n items from a[from] on with the last n before a[to].
func exchange(a []item, from, to, n int) {
	for k := range n {
		x, y := from+k, to-n+k
		a[x], a[y] = a[y], a[x]
	}
}
