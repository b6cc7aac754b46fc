package types

import (
	"cmp"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types/netaddr"
	"github.com/lightsql/lightsql/sql/types/recv"
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
	parse := netaddr.ParseHost
	if oid == CIDROID {
		parse = netaddr.ParseNetwork
	}
	addr, bits, ok := parse(s)
	if !ok {
		return Inet{}, errInvalidText(FormatType(oid, -1), s)
	}
	if oid == CIDROID && netip.PrefixFrom(addr, bits).Masked().Addr() != addr {
		return Inet{}, pgerr.New(pgerr.InvalidTextRepresentation, `invalid cidr value: "%s"`, s).
			WithDetail("Value has bits set to right of mask.")
	}
	return Inet{Addr: addr, Bits: bits}, nil
}

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

// appendInet appends the text form; the length is left out where an inet is a single host.
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

func parseInetBinary(oid OID, r *recv.Reader) (Inet, error) {
	name := FormatType(oid, -1)
	size := map[byte]int{inetFamily4: 4, inetFamily6: 16}[r.Byte()]
	if r.Err() == nil && size == 0 {
		return Inet{}, recv.Errorf(`invalid address family in external "%s" value`, name)
	}
	bits := int(r.Byte())
	if r.Err() == nil && bits > 8*size {
		return Inet{}, recv.Errorf(`invalid bits in external "%s" value`, name)
	}
	r.Byte() // whether it is a cidr
	if n := r.Byte(); r.Err() == nil && int(n) != size {
		return Inet{}, recv.Errorf(`invalid length in external "%s" value`, name)
	}
	b := make([]byte, size)
	for i := range b {
		b[i] = r.Byte()
	}
	addr, _ := netip.AddrFromSlice(b)
	if r.Err() == nil && oid == CIDROID && netip.PrefixFrom(addr, bits).Masked().Addr() != addr {
		return Inet{}, pgerr.New(pgerr.InvalidBinaryRepresentation, `invalid external "cidr" value`).WithDetail("Value has bits set to right of mask.")
	}
	return Inet{Addr: addr, Bits: bits}, r.Err()
}

// parseMAC reads a macaddr of 6 bytes or a macaddr8 of 8 and gives its canonical text, which sorts like the bytes.
func parseMAC(oid OID, s string) (string, error) {
	if oid == MACAddr8OID {
		b, ok := netaddr.ParseMAC8(s)
		if !ok {
			return "", errInvalidText("macaddr8", s)
		}
		return macText(b), nil
	}
	b, ok, inRange := netaddr.ParseMAC(s)
	switch {
	case !ok:
		return "", errInvalidText("macaddr", s)
	case !inRange:
		return "", pgerr.New(pgerr.NumericValueOutOfRange, `invalid octet value in "macaddr" value: "%s"`, s)
	}
	return macText(b[:]), nil
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

// parseMACBinary reads the bytes; a macaddr8 may have six, which are widened.
func parseMACBinary(oid OID, r *recv.Reader) Datum {
	n, wide := 6, oid == MACAddr8OID && r.Len() == 6
	if oid == MACAddr8OID && !wide {
		n = 8
	}
	b := make([]byte, 0, 8)
	for i := range n {
		if wide && i == 3 {
			b = append(b, 0xff, 0xfe)
		}
		b = append(b, r.Byte())
	}
	return NewStr(macText(b))
}
