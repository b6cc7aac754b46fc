package builtins

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// inetOf is the value in a column of inet or cidr.
func inetOf(x any) types.Inet { v, _ := x.(types.Inet); return v }

func inet1(f func(v types.Inet) types.Inet) expr.Kernel {
	return map1(refs, refs, func(x any) any { return any(f(inetOf(x))) })
}

func inet2(f func(a, b types.Inet) (types.Inet, error)) expr.Kernel {
	return try2(refs, refs, refs, func(a, b any) (any, error) { return f(inetOf(a), inetOf(b)) })
}

func inetText(f func(v types.Inet) string) expr.Kernel {
	return map1(refs, strs, func(x any) string { return f(inetOf(x)) })
}

func inetBool(f func(a, b types.Inet) bool) expr.Kernel {
	return map2(refs, refs, bools, func(a, b any) bool { return f(inetOf(a), inetOf(b)) })
}

// masked is the network of v: its host bits are zero.
func masked(v types.Inet) types.Inet {
	return types.Inet{Addr: netip.PrefixFrom(v.Addr, v.Bits).Masked().Addr(), Bits: v.Bits}
}

// withBytes changes the bytes of an address.
func withBytes(v types.Inet, f func(i int, c byte) byte) types.Inet {
	b := v.Addr.AsSlice()
	for i := range b {
		b[i] = f(i, b[i])
	}
	a, _ := netip.AddrFromSlice(b)
	return types.Inet{Addr: a, Bits: v.Bits}
}

// netByte is byte i of a mask of n bits.
func netByte(n, i int) byte { return ^byte(0xff >> min(8, max(0, n-8*i))) }

// contains reports whether the network of outer holds all of inner; equal says whether it may be the same one.
func contains(outer, inner types.Inet, equal bool) bool {
	if outer.Addr.BitLen() != inner.Addr.BitLen() || inner.Bits < outer.Bits || !equal && inner.Bits == outer.Bits {
		return false
	}
	return sameBits(outer, inner, outer.Bits)
}

func sameBits(a, b types.Inet, n int) bool {
	return a.Addr.BitLen() == b.Addr.BitLen() && netip.PrefixFrom(a.Addr, n).Masked() == netip.PrefixFrom(b.Addr, n).Masked()
}

// inetLogic is & and |.
func inetLogic(op string, f func(a, b byte) byte) expr.Kernel {
	return inet2(func(a, b types.Inet) (types.Inet, error) {
		if a.Addr.BitLen() != b.Addr.BitLen() {
			return a, pgerr.New(pgerr.InvalidParameterValue, "cannot %s inet values of different sizes", op)
		}
		other := b.Addr.AsSlice()
		v := withBytes(a, func(i int, c byte) byte { return f(c, other[i]) })
		v.Bits = max(a.Bits, b.Bits)
		return v, nil
	})
}

func errInetRange() error { return pgerr.New(pgerr.NumericValueOutOfRange, "result is out of range") }

func addInet(x any, n int64) (any, error) {
	v := inetOf(x)
	sum := new(big.Int).SetBytes(v.Addr.AsSlice())
	sum.Add(sum, big.NewInt(n))
	if sum.Sign() < 0 || sum.BitLen() > v.Addr.BitLen() {
		return nil, errInetRange()
	}
	a, _ := netip.AddrFromSlice(sum.FillBytes(make([]byte, v.Addr.BitLen()/8)))
	return types.Inet{Addr: a, Bits: v.Bits}, nil
}

func subtractInets(x, y any) (int64, error) {
	a, b := inetOf(x), inetOf(y)
	if a.Addr.BitLen() != b.Addr.BitLen() {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "cannot subtract inet values of different sizes")
	}
	d := new(big.Int).SetBytes(a.Addr.AsSlice())
	if d.Sub(d, new(big.Int).SetBytes(b.Addr.AsSlice())); !d.IsInt64() {
		return 0, errInetRange()
	}
	return d.Int64(), nil
}

func setMasklen(cidr bool) expr.Kernel {
	return try2(refs, ints, refs, func(x any, n int64) (any, error) {
		v := inetOf(x)
		if n == -1 {
			n = int64(v.Addr.BitLen())
		}
		if n < 0 || n > int64(v.Addr.BitLen()) {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid mask length: %d", n)
		}
		if v.Bits = int(n); cidr {
			return masked(v), nil
		}
		return v, nil
	})
}

// mergeInets is the smallest network that holds both.
func mergeInets(a, b types.Inet) (types.Inet, error) {
	if a.Addr.BitLen() != b.Addr.BitLen() {
		return a, pgerr.New(pgerr.InvalidParameterValue, "cannot merge addresses from different families")
	}
	n := min(a.Bits, b.Bits)
	for !sameBits(a, b, n) {
		n--
	}
	a.Bits = n
	return masked(a), nil
}

// abbreviated is a cidr without the octets behind its mask.
func abbreviated(v types.Inet) string {
	text := types.AddrText(v.Addr)
	if v.Addr.Is4() {
		n := max(1, (v.Bits+7)/8)
		text = strings.Join(strings.Split(text, ".")[:n], ".")
	}
	return text + "/" + strconv.Itoa(v.Bits)
}

func inetOut(v types.Inet) string {
	if v.Bits == v.Addr.BitLen() {
		return types.AddrText(v.Addr)
	}
	return types.AddrText(v.Addr) + "/" + strconv.Itoa(v.Bits)
}

func hostMask(v types.Inet) types.Inet {
	m := withBytes(v, func(i int, _ byte) byte { return ^netByte(v.Bits, i) })
	m.Bits = v.Addr.BitLen()
	return m
}

func netMask(v types.Inet) types.Inet {
	m := withBytes(v, func(i int, _ byte) byte { return netByte(v.Bits, i) })
	m.Bits = v.Addr.BitLen()
	return m
}

// bestOf chooses the larger (sign 1) or smaller value of two by types.Compare.
func bestOf(sign int) func(f *expr.Func, args []types.T, _ types.T) *expr.Func {
	return func(f *expr.Func, args []types.T, _ types.T) *expr.Func {
		g, t := *f, args[0].OID
		g.Bind = nil
		g.Scalar = func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			if sign*types.Compare(t, a[0], a[1]) >= 0 {
				return a[0], nil
			}
			return a[1], nil
		}
		return &g
	}
}

// threeWay is a btree comparison by types.Compare.
func threeWay(f *expr.Func, args []types.T, _ types.T) *expr.Func {
	g, t := *f, args[0].OID
	g.Bind = nil
	g.Scalar = func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
		return types.NewInt(int64(sign(types.Compare(t, a[0], a[1])))), nil
	}
	return &g
}

func sign(c int) int {
	switch {
	case c < 0:
		return -1
	case c > 0:
		return 1
	}
	return 0
}

// networkCodes are the functions of inet, cidr, macaddr and macaddr8.
func networkCodes() []code {
	cs := []code{
		{src: "network_cmp", kernel: map2(refs, refs, ints, compareInets)}, {src: "network_larger", bind: bestOf(1)}, {src: "network_smaller", bind: bestOf(-1)},
		{src: "network_host", kernel: inetText(func(v types.Inet) string { return types.AddrText(v.Addr) })},
		{src: "network_show", kernel: inetText(func(v types.Inet) string { return types.AddrText(v.Addr) + "/" + strconv.Itoa(v.Bits) })},
		{src: "inet_abbrev", kernel: inetText(inetOut)}, {src: "cidr_abbrev", kernel: inetText(abbreviated)},
		{src: "network_masklen", kernel: map1(refs, ints, func(x any) int64 { return int64(inetOf(x).Bits) })},
		{src: "network_family", kernel: map1(refs, ints, func(x any) int64 {
			if inetOf(x).Addr.Is4() {
				return 4
			}
			return 6
		})},
		{src: "network_broadcast", kernel: inet1(func(v types.Inet) types.Inet {
			return withBytes(v, func(i int, c byte) byte { return c | ^netByte(v.Bits, i) })
		})},
		{src: "network_network", kernel: inet1(masked)}, {src: "inet_to_cidr", kernel: inet1(masked)},
		{src: "network_netmask", kernel: inet1(netMask)}, {src: "network_hostmask", kernel: inet1(hostMask)},
		{src: "inet_set_masklen", kernel: setMasklen(false)}, {src: "cidr_set_masklen", kernel: setMasklen(true)},
		{src: "inet_merge", kernel: inet2(mergeInets)},
		{src: "inet_same_family", kernel: inetBool(func(a, b types.Inet) bool { return a.Addr.BitLen() == b.Addr.BitLen() })},
		{src: "network_sub", kernel: inetBool(func(a, b types.Inet) bool { return contains(b, a, false) })},
		{src: "network_subeq", kernel: inetBool(func(a, b types.Inet) bool { return contains(b, a, true) })},
		{src: "network_sup", kernel: inetBool(func(a, b types.Inet) bool { return contains(a, b, false) })},
		{src: "network_supeq", kernel: inetBool(func(a, b types.Inet) bool { return contains(a, b, true) })},
		{src: "network_overlap", kernel: inetBool(func(a, b types.Inet) bool { return sameBits(a, b, min(a.Bits, b.Bits)) })},
		{src: "inetand", kernel: inetLogic("AND", func(a, b byte) byte { return a & b })},
		{src: "inetor", kernel: inetLogic("OR", func(a, b byte) byte { return a | b })},
		{src: "inetnot", kernel: inet1(func(v types.Inet) types.Inet { return withBytes(v, func(_ int, c byte) byte { return ^c }) })},
		{src: "inetpl", kernel: try2(refs, ints, refs, addInet)},
		{src: "int8pl_inet(bigint,inet)", kernel: swap2(try2(refs, ints, refs, addInet))},
		{src: "inetmi_int8", kernel: try2(refs, ints, refs, func(x any, n int64) (any, error) {
			if n == -n && n != 0 { // the least integer has no negative
				return nil, errInetRange()
			}
			return addInet(x, -n)
		})},
		{src: "inetmi", kernel: try2(refs, refs, ints, subtractInets)},
	}
	return append(append(cs, macCodes("macaddr", 6)...), macCodes("macaddr8", 8)...)
}

// macBytes are the bytes of an address, which is held as its text.
func macBytes(s string) []byte {
	b, _ := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	return b
}

func macText(b []byte) string {
	var out []byte
	for i, c := range b {
		if i > 0 {
			out = append(out, ':')
		}
		out = hex.AppendEncode(out, []byte{c})
	}
	return string(out)
}

func macLogic(f func(a, b byte) byte) expr.Kernel {
	return map2(strs, strs, strs, func(a, b string) string {
		x, y := macBytes(a), macBytes(b)
		for i := range min(len(x), len(y)) {
			x[i] = f(x[i], y[i])
		}
		return macText(x)
	})
}

// macTo8 fills an address up to 8 bytes.
func macTo8(s string) string {
	b := macBytes(s)
	return macText(append(append(b[:3:3], 0xff, 0xfe), b[3:]...))
}

func macFrom8(s string) (string, error) {
	b := macBytes(s)
	if b[3] != 0xff || b[4] != 0xfe {
		return "", pgerr.New(pgerr.NumericValueOutOfRange, "macaddr8 data out of range to convert to macaddr").
			WithHint("Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, for example " +
				"xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to macaddr.")
	}
	return macText(append(b[:3:3], b[5:]...)), nil
}

func macCodes(p string, size int) []code {
	change := func(f func(b []byte)) expr.Kernel {
		return str1(func(s string) string {
			b := macBytes(s)
			f(b)
			return macText(b)
		})
	}
	cs := []code{
		{src: p + "_cmp", kernel: map2(strs, strs, ints, func(a, b string) int64 { return int64(strings.Compare(a, b)) })},
		{src: p + "_and", kernel: macLogic(func(a, b byte) byte { return a & b })},
		{src: p + "_or", kernel: macLogic(func(a, b byte) byte { return a | b })},
		{src: p + "_not", kernel: change(func(b []byte) {
			for i := range b {
				b[i] = ^b[i]
			}
		})},
		{src: p + "_trunc", kernel: change(func(b []byte) { clear(b[3:]) })},
	}
	if size == 8 {
		cs = append(cs, code{src: "macaddr8_set7bit", kernel: change(func(b []byte) { b[0] |= 2 })},
			code{src: "macaddrtomacaddr8", kernel: str1(macTo8)}, code{src: "macaddr8tomacaddr", kernel: try1(strs, strs, macFrom8)})
	}
	return cs
}

// lsnDifference is pg_lsn - pg_lsn.
var lsnDifference = try2(ints, ints, nums, func(a, b int64) (types.Numeric, error) { return lsnNumeric(a).Sub(lsnNumeric(b)) })

// gapCodes are functions that mostly stand behind aggregates and operator classes, and can be called all the same.
func gapCodes() []code {
	larger := map2(ints, ints, ints, func(a, b int64) int64 { return max(a, b) })
	smaller := map2(ints, ints, ints, func(a, b int64) int64 { return min(a, b) })
	inc := func(d int64) expr.Kernel {
		return func(c *expr.Ctx, args []*vec.Vector, sel []int32, n int, out *vec.Vector) error {
			return try1(ints, ints, func(a int64) (int64, error) {
				if s := a + d; (s > a) == (d > 0) {
					return s, nil
				}
				return 0, int8Range.err
			})(c, args, sel, n, out)
		}
	}
	cs := []code{
		{src: "nameconcatoid", scalar: strResult(func(a []types.Datum) (string, error) {
			suffix := "_" + strconv.FormatUint(uint64(uint32(a[1].Int())), 10)
			name := a[0].Str()
			for len(name)+len(suffix) > 63 {
				_, n := utf8.DecodeLastRuneInString(name)
				name = name[:len(name)-n]
			}
			return name + suffix, nil
		})},
		{src: "timetz_cmp", bind: threeWay}, {src: "timetz_larger", bind: bestOf(1)}, {src: "timetz_smaller", bind: bestOf(-1)},
		{src: "bpchar_larger", bind: bestOf(1)}, {src: "bpchar_smaller", bind: bestOf(-1)}, {src: "jsonb_cmp", bind: threeWay},
		{src: "pg_lsn_larger", bind: bestOf(1)}, {src: "pg_lsn_smaller", bind: bestOf(-1)},
		{src: "xid8_larger", bind: bestOf(1)}, {src: "xid8_smaller", bind: bestOf(-1)},
		{src: "tidlarger", bind: bestOf(1)}, {src: "tidsmaller", bind: bestOf(-1)},
		{src: "int8inc_any", kernel: inc(1)}, {src: "int8inc_float8_float8", kernel: inc(1)}, {src: "int8dec", kernel: inc(-1)},
		{src: "int8dec_any", kernel: inc(-1)},
		{src: "pg_wal_lsn_diff", kernel: lsnDifference}, {src: "pg_lsn_mi", kernel: lsnDifference},
		{src: "pg_lsn_pli", kernel: try2(ints, nums, ints, func(a int64, n types.Numeric) (int64, error) { return moveLSN(a, n, false) })},
		{src: "pg_lsn_mii", kernel: try2(ints, nums, ints, func(a int64, n types.Numeric) (int64, error) { return moveLSN(a, n, true) })},
		{src: "numeric_pl_pg_lsn(numeric,pg_lsn)", kernel: try2(nums, ints, ints, func(n types.Numeric, a int64) (int64, error) { return moveLSN(a, n, false) })},
	}
	for _, p := range []string{"time", "timestamp", "oid"} {
		sep := "_"
		if p == "oid" {
			sep = ""
		}
		cs = append(cs, code{src: p + sep + "larger", kernel: larger}, code{src: p + sep + "smaller", kernel: smaller})
	}
	return cs
}

// lsnNumeric is a position as a number.
func lsnNumeric(a int64) types.Numeric {
	n, _ := types.ParseNumeric(strconv.FormatUint(uint64(a), 10))
	return n
}

// moveLSN adds a number of bytes to a position, or subtracts it.
func moveLSN(a int64, n types.Numeric, back bool) (int64, error) {
	if n.IsNaN() {
		verb, way := "add", "to"
		if back {
			verb, way = "subtract", "from"
		}
		return 0, pgerr.New(pgerr.CodeFeatureNotSupported, "cannot %s NaN %s pg_lsn", verb, way)
	}
	if !n.IsFinite() {
		return 0, pgerr.New(pgerr.CodeFeatureNotSupported, "cannot convert infinity to pg_lsn")
	}
	if back {
		n = n.Neg()
	}
	sum, err := lsnNumeric(a).Add(n)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(sum.Round(0).String(), 10, 64)
	if err != nil {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "pg_lsn out of range")
	}
	return int64(v), nil
}

// compareInets is network_cmp: of the first bytes that differ it answers the difference, as the C library does.
func compareInets(x, y any) int64 {
	a, b := inetOf(x), inetOf(y)
	if d := a.Addr.BitLen() - b.Addr.BitLen(); d != 0 {
		return int64(cmp.Compare(d, 0))
	}
	for _, bits := range []int{min(a.Bits, b.Bits), a.Addr.BitLen()} {
		p, q := netip.PrefixFrom(a.Addr, bits).Masked().Addr().AsSlice(), netip.PrefixFrom(b.Addr, bits).Masked().Addr().AsSlice()
		if d := memcmp(string(p[:bits/8]), string(q[:bits/8])); d != 0 {
			return d
		}
		if d := bytes.Compare(p, q); d != 0 {
			return int64(d)
		}
		if d := a.Bits - b.Bits; d != 0 {
			return int64(d)
		}
	}
	return 0
}
