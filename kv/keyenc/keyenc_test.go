package keyenc

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// ordered checks that encodings sort as the values do, ascending and descending, and lie between the NULLs.
func ordered(t *testing.T, encs [][]byte, names []string) {
	t.Helper()
	low, high := AppendNull(nil, true), AppendNull(nil, false)
	for i, e := range encs {
		d := slices.Clone(e)
		Invert(d)
		for _, x := range [][]byte{e, d} {
			if bytes.Compare(low, x) >= 0 || bytes.Compare(x, high) >= 0 || x[0] == 0 || x[0] == 0xff {
				t.Errorf("%s: % x not between the NULLs", names[i], x)
			}
		}
		if i == 0 {
			continue
		}
		p := encs[i-1]
		dp := slices.Clone(p)
		Invert(dp)
		if bytes.Compare(p, e) >= 0 {
			t.Errorf("%s (% x) >= %s (% x)", names[i-1], p, names[i], e)
		}
		if bytes.Compare(dp, d) <= 0 {
			t.Errorf("descending: %s (% x) <= %s (% x)", names[i-1], dp, names[i], d)
		}
		if bytes.HasPrefix(e, p) {
			t.Errorf("%s is a prefix of %s", names[i-1], names[i])
		}
	}
}

// fields returns e with a tail that must come back as rest, ascending and descending.
func fields(e []byte) (asc, desc []byte) {
	desc = slices.Clone(e)
	Invert(desc)
	return append(slices.Clone(e), 0xaa), append(desc, 0xaa)
}

func TestInt(t *testing.T) {
	vs := []int64{math.MinInt64, math.MaxInt64, 0}
	for s := range 63 {
		for d := int64(-2); d <= 2; d++ {
			vs = append(vs, 1<<s+d, -(1<<s)+d)
		}
	}
	for v := int64(-300); v < 300; v++ {
		vs = append(vs, v)
	}
	slices.Sort(vs)
	vs = slices.Compact(vs)
	var encs [][]byte
	var names []string
	for _, v := range vs {
		e := AppendInt(nil, v)
		encs, names = append(encs, e), append(names, fmt.Sprint(v))
		asc, desc := fields(e)
		for i, k := range [][]byte{asc, desc} {
			got, rest, err := DecodeInt(k, i == 1)
			if err != nil || got != v || len(rest) != 1 {
				t.Errorf("decode %d: %d, %x, %v", v, got, rest, err)
			}
		}
	}
	ordered(t, encs, names)
}

func TestFloat(t *testing.T) {
	vs := []float64{math.Inf(-1), -math.MaxFloat64, -1e10, -1.5, -1, -math.SmallestNonzeroFloat64, 0, math.SmallestNonzeroFloat64, 1,
		1.5, 1e10, math.MaxFloat64, math.Inf(1), math.NaN()}
	var encs [][]byte
	var names []string
	for _, v := range vs {
		e := AppendFloat(nil, v)
		encs, names = append(encs, e), append(names, fmt.Sprint(v))
		asc, desc := fields(e)
		for i, k := range [][]byte{asc, desc} {
			got, rest, err := DecodeFloat(k, i == 1)
			if err != nil || (got != v && v == v) || len(rest) != 1 {
				t.Errorf("decode %v: %v, %x, %v", v, got, rest, err)
			}
		}
	}
	ordered(t, encs, names)
	if !bytes.Equal(AppendFloat(nil, math.Copysign(0, -1)), AppendFloat(nil, 0)) {
		t.Error("-0 differs from 0")
	}
}

func TestBytes(t *testing.T) {
	vs := []string{"", "\x00", "\x00\x00", "\x00\x01", "\x00\xff", "\x01", "a", "a\x00", "a\x00b", "a\x01", "aa", "ab", "b", "\xfe", "\xff",
		"\xff\x00", "\xff\xff"}
	if !slices.IsSorted(vs) {
		t.Fatal("test values are not sorted")
	}
	var encs [][]byte
	for _, v := range vs {
		e := AppendString(nil, v)
		if !bytes.Equal(e, AppendBytes(nil, []byte(v))) {
			t.Errorf("AppendString and AppendBytes differ on %q", v)
		}
		encs = append(encs, e)
		asc, desc := fields(e)
		for i, k := range [][]byte{asc, desc} {
			got, rest, err := DecodeBytes([]byte("x"), k, i == 1)
			if err != nil || string(got) != "x"+v || len(rest) != 1 {
				t.Errorf("decode %q: %q, %x, %v", v, got, rest, err)
			}
			if rest, err = SkipBytes(k, i == 1); err != nil || len(rest) != 1 {
				t.Errorf("skip %q: %x, %v", v, rest, err)
			}
		}
	}
	ordered(t, encs, vs)
}

func TestBoolFixedWideNull(t *testing.T) {
	ordered(t, [][]byte{AppendBool(nil, false), AppendBool(nil, true)}, []string{"false", "true"})
	ordered(t, [][]byte{AppendFixed(nil, "\x00\x00"), AppendFixed(nil, "\x00\x01"), AppendFixed(nil, "\xff\xff")}, []string{"0", "1", "f"})
	ordered(t, [][]byte{AppendWide(nil, math.MinInt64, 0), AppendWide(nil, -1, math.MaxUint64), AppendWide(nil, 0, 0),
		AppendWide(nil, 0, 1), AppendWide(nil, 1, 0)}, []string{"min", "-1", "0", "1", "2^64"})
	for _, v := range []bool{false, true} {
		asc, desc := fields(AppendBool(nil, v))
		for i, k := range [][]byte{asc, desc} {
			if got, rest, err := DecodeBool(k, i == 1); got != v || len(rest) != 1 || err != nil {
				t.Errorf("decode bool %v: %v, %v", v, got, err)
			}
		}
	}
	asc, desc := fields(AppendFixed(nil, "\x00ab"))
	for i, k := range [][]byte{asc, desc} {
		if got, rest, err := DecodeFixed(nil, k, 3, i == 1); string(got) != "\x00ab" || len(rest) != 1 || err != nil {
			t.Errorf("decode fixed: %q, %v", got, err)
		}
	}
	for _, first := range []bool{false, true} {
		if null, rest, err := DecodeNull(append(AppendNull(nil, first), 1)); !null || len(rest) != 1 || err != nil {
			t.Error("DecodeNull")
		}
	}
}

// dec parses a plain decimal.
func dec(s string) Decimal {
	switch s {
	case "NaN":
		return Decimal{NaN: true}
	case "Inf":
		return Decimal{Inf: true}
	case "-Inf":
		return Decimal{Inf: true, Neg: true}
	}
	var d Decimal
	s, d.Neg = strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	d.Exp = len(whole)
	all := whole + frac
	for strings.HasPrefix(all, "0") {
		all = all[1:]
		d.Exp--
	}
	d.Digits = []byte(strings.TrimRight(all, "0"))
	if len(d.Digits) == 0 {
		return Decimal{}
	}
	return d
}

func TestDecimalOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	vals := []string{"0", "1", "-1", "0.1", "0.01", "0.001", "0.10", "9.9", "99", "100", "101", "99.99", "1" + strings.Repeat("0", 40),
		strings.Repeat("9", 131072), "0." + strings.Repeat("0", 16382) + "1"}
	for range 1000 {
		s := fmt.Sprint(r.Int64N(1 << r.Int64N(60)))
		if n := r.IntN(8); n > 0 {
			s += "." + fmt.Sprintf("%0*d", n, r.IntN(int(math.Pow10(n))))
		}
		if r.IntN(2) == 0 {
			s = "-" + s
		}
		vals = append(vals, s)
	}
	rats := map[string]*big.Rat{}
	for _, v := range vals {
		x, ok := new(big.Rat).SetString(v)
		if !ok {
			t.Fatal(v)
		}
		rats[v] = x
	}
	slices.SortFunc(vals, func(a, b string) int { return rats[a].Cmp(rats[b]) })
	vals = slices.CompactFunc(vals, func(a, b string) bool { return rats[a].Cmp(rats[b]) == 0 })
	vals = slices.Concat([]string{"-Inf"}, vals, []string{"Inf", "NaN"})
	var encs [][]byte
	for _, v := range vals {
		d := dec(v)
		e := AppendDecimal(nil, d)
		encs = append(encs, e)
		asc, desc := fields(e)
		for i, k := range [][]byte{asc, desc} {
			got, rest, err := DecodeDecimal(nil, k, i == 1)
			if err != nil || len(rest) != 1 || fmt.Sprintf("%v %s", got.Neg, got.Digits) != fmt.Sprintf("%v %s", d.Neg, d.Digits) ||
				got.Exp != d.Exp || got.NaN != d.NaN || got.Inf != d.Inf {
				t.Fatalf("decode %.40s: %v, %v", v, got, err)
			}
		}
	}
	ordered(t, encs, vals)
	if !bytes.Equal(AppendDecimal(nil, dec("1.500")), AppendDecimal(nil, dec("1.5"))) {
		t.Error("1.500 and 1.5 differ")
	}
}

func TestUvarintAndPrefixEnd(t *testing.T) {
	var last []byte
	for _, v := range []uint64{0, 1, 240, 241, 2287, 2288, 67823, 67824, 1 << 20, 1 << 40, math.MaxUint64} {
		e := AppendUvarint(nil, v)
		if bytes.Compare(last, e) >= 0 {
			t.Errorf("%d: % x not after % x", v, e, last)
		}
		last = e
		got, rest, err := DecodeUvarint(append(slices.Clone(e), 7))
		if got != v || len(rest) != 1 || err != nil {
			t.Errorf("decode %d: %d, %v", v, got, err)
		}
	}
	for _, c := range []struct{ p, end string }{{"a", "b"}, {"a\xff", "b"}, {"\xff\xff", ""}, {"", ""}} {
		if got := PrefixEnd([]byte(c.p)); string(got) != c.end {
			t.Errorf("PrefixEnd(%q) = %q", c.p, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(AppendInt(nil, -1000), false)
	f.Add(AppendBytes(nil, []byte("a\x00b")), true)
	f.Add(AppendDecimal(nil, dec("-123.456")), false)
	f.Add(AppendDecimal(nil, dec("0.0001")), true)
	f.Fuzz(func(t *testing.T, key []byte, desc bool) {
		for _, decode := range []func() ([]byte, []byte, error){
			func() ([]byte, []byte, error) {
				v, rest, err := DecodeInt(key, desc)
				return AppendInt(nil, v), rest, err
			},
			func() ([]byte, []byte, error) {
				v, rest, err := DecodeBytes(nil, key, desc)
				return AppendBytes(nil, v), rest, err
			},
			func() ([]byte, []byte, error) {
				v, rest, err := DecodeDecimal(nil, key, desc)
				if err != nil {
					return nil, nil, err
				}
				return AppendDecimal(nil, v), rest, err
			},
		} {
			again, rest, err := decode()
			if err != nil {
				continue
			}
			if desc {
				Invert(again)
			}
			// What decodes is in most cases what was encoded; the length must agree unless the input was not canonical.
			if len(again) > len(key)-len(rest) {
				t.Fatalf("% x decodes, but encodes longer as % x", key, again)
			}
		}
		_, _, _ = DecodeFloat(key, desc)
		_, _, _ = DecodeBool(key, desc)
		_, _, _ = DecodeFixed(nil, key, 16, desc)
		_, _, _ = DecodeUvarint(key)
	})
}
