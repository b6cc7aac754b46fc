package order

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// prefixer gives what fills in the prefixes of the values of v: if x < y then prefix(x) <= prefix(y); if exact, then also the reverse.
func prefixer(k *Key, v *vec.Vector) (fill func(v *vec.Vector, items []item), exact bool) {
	switch v.Kind {
	case types.KindInt:
		if k.cmp.Unsigned() {
			return fillUnsigned, true
		}
		return fillInts, true
	case types.KindBool:
		return fillBools, true
	case types.KindFloat:
		return fillFloats, true
	case types.KindStr:
		if k.cmp.Bytewise() {
			return fillStrings, k.cmp.Text() && allShort(v)
		}
	case types.KindNum:
		if small, exact := allSmall(v); small {
			return fillNumerics, exact
		}
	}
	return fillNothing, false
}

func fillInts(v *vec.Vector, items []item) {
	for i := range items {
		items[i].prefix = uint64(v.Int[items[i].row]) ^ 1<<63
	}
}

func fillUnsigned(v *vec.Vector, items []item) {
	for i := range items {
		items[i].prefix = uint64(v.Int[items[i].row])
	}
}

func fillBools(v *vec.Vector, items []item) {
	for i := range items {
		items[i].prefix = 0
		if v.Bool[items[i].row] {
			items[i].prefix = 1
		}
	}
}

func fillFloats(v *vec.Vector, items []item) {
	for i := range items {
		items[i].prefix = floatPrefix(v.Float[items[i].row])
	}
}

func fillStrings(v *vec.Vector, items []item) {
	for i := range items {
		items[i].prefix = stringPrefix(v.Str[items[i].row])
	}
}

func fillNumerics(v *vec.Vector, items []item) {
	for i := range items {
		items[i].prefix = numericPrefix(v.Num[items[i].row])
	}
}

func fillNothing(_ *vec.Vector, items []item) {
	for i := range items {
		items[i].prefix = 0
	}
}

// allShort reports whether the prefixes of texts are the texts: no text has a zero byte.
func allShort(v *vec.Vector) bool {
	for _, s := range v.Str {
		if len(s) > 8 {
			return false
		}
	}
	return true
}

// floatPrefix orders floats: both zeros alike, NaN last.
func floatPrefix(f float64) uint64 {
	switch {
	case f == 0:
		return 1 << 63
	case math.IsNaN(f):
		return math.MaxUint64
	}
	u := math.Float64bits(f)
	if u>>63 != 0 {
		return ^u
	}
	return u | 1<<63
}

func stringPrefix(s string) uint64 {
	if len(s) >= 8 {
		return binary.BigEndian.Uint64([]byte(s[:8]))
	}
	var u uint64
	for i := range len(s) {
		u |= uint64(s[i]) << (56 - 8*i)
	}
	return u
}

// allSmall reports whether all numbers have a prefix, and whether it tells them apart: at most four digits after the point, and no
// overflow when there are fewer.
func allSmall(v *vec.Vector) (small, exact bool) {
	exact = true
	for _, n := range v.Num {
		coef, scale, ok := n.Small()
		if !ok {
			return false, false
		}
		if scale > 4 || coef > math.MaxInt64/10000 || coef < -math.MaxInt64/10000 {
			exact = false
		}
	}
	return true, exact
}

// numericPrefix is the number rounded down to four digits after the point, or as far as that fits.
func numericPrefix(n types.Numeric) uint64 {
	coef, scale, _ := n.Small()
	for ; scale > 4; scale-- {
		q := coef / 10
		if coef < 0 && coef%10 != 0 {
			q--
		}
		if q == coef { // -1 stays -1
			break
		}
		coef = q
	}
	for ; scale < 4; scale++ {
		if coef > math.MaxInt64/10 {
			coef = math.MaxInt64
			break
		}
		if coef < math.MinInt64/10 {
			coef = math.MinInt64
			break
		}
		coef *= 10
	}
	return uint64(coef) ^ 1<<63
}

// radixRowsMin is the number of items from which counting bytes beats comparing.
const radixRowsMin = 2048

// sortPrefixes sorts items by prefix, equal ones by row; tmp is as long as items.
func sortPrefixes(items, tmp []item) {
	if len(items) < radixRowsMin {
		slices.SortFunc(items, func(a, b item) int {
			if a.prefix != b.prefix {
				return cmp.Compare(a.prefix, b.prefix)
			}
			return cmp.Compare(a.row, b.row)
		})
		return
	}
	var counts [8][256]int32
	for _, it := range items {
		for b := range counts {
			counts[b][byte(it.prefix>>(8*b))]++
		}
	}
	src, dst := items, tmp
	for b := range counts {
		c := &counts[b]
		if c[byte(items[0].prefix>>(8*b))] == int32(len(items)) {
			continue // all the same byte
		}
		at := int32(0)
		for x, n := range c {
			c[x], at = at, at+n
		}
		for _, it := range src {
			x := byte(it.prefix >> (8 * b))
			dst[c[x]] = it
			c[x]++
		}
		src, dst = dst, src
	}
	if &src[0] != &items[0] {
		copy(items, src)
	}
}
