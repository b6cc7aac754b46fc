package types

import (
	"cmp"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Inet is a value of type inet or cidr: an address and the length of its network part.
type Inet struct {
	Addr netip.Addr
	Bits int
}

// Inet is the value of a datum of type inet or cidr.
func (d Datum) Inet() Inet { v, _ := d.x.(Inet); return v }

// parseInet reads an address, perhaps with /bits; a cidr may leave out octets and has no bits beyond its mask.
func parseInet(oid OID, s string) (Inet, error) {
	name := FormatType(oid, -1)
	host, bitsText, hasBits := strings.Cut(s, "/")
	defaultBits := -1
	if oid == CIDROID && !strings.Contains(host, ":") {
		host, defaultBits = completeCIDR(host)
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return Inet{}, errInvalidText(name, s)
	}
	v := Inet{Addr: addr, Bits: addr.BitLen()}
	switch {
	case hasBits:
		n, err := strconv.ParseUint(bitsText, 10, 8)
		if err != nil || int(n) > addr.BitLen() {
			return Inet{}, errInvalidText(name, s)
		}
		v.Bits = int(n)
	case defaultBits >= 0:
		v.Bits = defaultBits
	}
	if oid == CIDROID && netip.PrefixFrom(addr, v.Bits).Masked().Addr() != addr {
		return Inet{}, pgerr.New(pgerr.InvalidTextRepresentation, `invalid cidr value: "%s"`, s).
			WithDetail("Value has bits set to right of mask.")
	}
	return v, nil
}

// completeCIDR fills an IPv4 network up to four octets. Its length follows from the class of the address and from the
// number of octets written.
func completeCIDR(host string) (full string, bits int) {
	octets := strings.Split(host, ".")
	n := len(octets)
	if n > 4 || host == "" {
		return host, -1
	}
	first, err := strconv.Atoi(octets[0])
	if err != nil {
		return host, -1
	}
	switch {
	case first >= 240:
		bits = 32
	case first >= 224:
		bits = 4
	case first >= 192:
		bits = 24
	case first >= 128:
		bits = 16
	default:
		bits = 8
	}
	if n > 1 || first < 224 {
		bits = max(bits, 8*n)
	}
	return host + strings.Repeat(".0", 4-n), bits
}

// appendInet appends the text form; the length is left out where an inet is a single host.
// AddrText is an address as C's inet_ntop writes it: an IPv6 address that holds an IPv4 one ends like that.
func AddrText(a netip.Addr) string {
	if a.Is6() {
		b := a.As16()
		if [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0) {
			return "::" + netip.AddrFrom4([4]byte(b[12:])).String()
		}
	}
	return a.String()
}

func appendInet(dst []byte, oid OID, v Inet) []byte {
	dst = append(dst, AddrText(v.Addr)...)
	if oid == CIDROID || v.Bits != v.Addr.BitLen() {
		dst = append(dst, '/')
		dst = strconv.AppendInt(dst, int64(v.Bits), 10)
	}
	return dst
}

// Compare orders IPv4 before IPv6, then by the network part, the length, and the address.
func (v Inet) Compare(o Inet) int {
	if c := cmp.Compare(v.Addr.BitLen(), o.Addr.BitLen()); c != 0 {
		return c
	}
	common := min(v.Bits, o.Bits)
	a, b := netip.PrefixFrom(v.Addr, common).Masked().Addr(), netip.PrefixFrom(o.Addr, common).Masked().Addr()
	if c := a.Compare(b); c != 0 {
		return c
	}
	if c := v.Bits - o.Bits; c != 0 {
		return c
	}
	return v.Addr.Compare(o.Addr)
}

// Families in the binary form.
const (
	inetFamily4 = 2
	inetFamily6 = 3
)

func appendInetBinary(dst []byte, oid OID, v Inet) []byte {
	family, isCIDR := byte(inetFamily4), byte(0)
	if v.Addr.Is6() {
		family = inetFamily6
	}
	if oid == CIDROID {
		isCIDR = 1
	}
	b := v.Addr.AsSlice()
	dst = append(dst, family, byte(v.Bits), isCIDR, byte(len(b)))
	return append(dst, b...)
}

func parseInetBinary(oid OID, b []byte) (Inet, error) {
	if len(b) < 4 {
		return Inet{}, errShortMessage()
	}
	addr, ok := netip.AddrFromSlice(b[4:])
	want := map[byte]int{inetFamily4: 4, inetFamily6: 16}[b[0]]
	if want == 0 {
		return Inet{}, errBinary(`invalid address family in external "%s" value`, FormatType(oid, -1))
	}
	if !ok || len(b)-4 != want || int(b[3]) != want {
		return Inet{}, errBinary(`invalid length in external "%s" value`, FormatType(oid, -1))
	}
	if int(b[1]) > addr.BitLen() {
		return Inet{}, errBinary(`invalid bits in external "%s" value`, FormatType(oid, -1))
	}
	return Inet{Addr: addr, Bits: int(b[1])}, nil
}

// parseMAC reads a macaddr of 6 bytes or a macaddr8 of 8 and gives its canonical text, which sorts like the bytes.
func parseMAC(oid OID, s string) (string, error) {
	t := strings.ToLower(strings.Trim(s, asciiSpace))
	digits := strings.Map(func(r rune) rune {
		if r == ':' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, t)
	b, err := hex.DecodeString(digits)
	switch {
	case err != nil, oid == MACAddrOID && !macLayout(t), mixedSeparators(t), strings.Count(t, ":") > 7, strings.HasPrefix(t, ":"), strings.HasSuffix(t, ":"):
		return "", errInvalidText(FormatType(oid, -1), s)
	case oid == MACAddr8OID && len(b) == 6:
		b = append(append(b[:3:3], 0xff, 0xfe), b[3:]...)
	case oid == MACAddrOID && len(b) != 6, oid == MACAddr8OID && len(b) != 8:
		return "", errInvalidText(FormatType(oid, -1), s)
	}
	return macText(b), nil
}

// mixedSeparators reports more than one kind of separator.
func mixedSeparators(t string) bool {
	kinds := 0
	for _, sep := range []string{":", "-", "."} {
		if strings.Contains(t, sep) {
			kinds++
		}
	}
	return kinds > 1
}

// macLayout reports whether the separators of a macaddr stand where PostgreSQL wants them.
func macLayout(t string) bool {
	var groups []int
	n, sep := 0, rune(0)
	for _, r := range t {
		if r != ':' && r != '-' && r != '.' {
			n++
			continue
		}
		if sep != 0 && r != sep {
			return false
		}
		groups, n, sep = append(groups, n), 0, r
	}
	groups = append(groups, n)
	size := map[int]int{1: 12, 2: 6, 3: 4, 6: 2}[len(groups)]
	for _, g := range groups {
		if g != size {
			return false
		}
	}
	switch len(groups) {
	case 2:
		return sep != '.'
	case 3:
		return sep != ':'
	case 6:
		return sep != '.'
	}
	return len(groups) == 1
}

func macText(b []byte) string {
	out := make([]byte, 0, 3*len(b))
	for i, c := range b {
		if i > 0 {
			out = append(out, ':')
		}
		out = hex.AppendEncode(out, []byte{c})
	}
	return string(out)
}

// appendMACBinary appends the bytes of a canonical text.
func appendMACBinary(dst []byte, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	if err != nil {
		return dst
	}
	return append(dst, b...)
}
