// Package netaddr reads the text forms of network addresses as PostgreSQL does, which is more than package net/netip takes and less in places: octets
// with leading zeros, addresses that end early (10/8, 192.168.1), hexadecimal networks, MAC addresses in seven layouts.
//
// Source: PostgreSQL's manual, chapter 8.9; the rules of BIND's inet_net_pton, src/backend/utils/adt/mac.c and mac8.c.
package netaddr

import (
	"net/netip"
	"strings"
)

// ParseHost reads the text of an inet: an address with an optional /bits.
func ParseHost(s string) (addr netip.Addr, bits int, ok bool) {
	if strings.Contains(s, ":") {
		return parse6(s)
	}
	p := text{s: s}
	var octets []byte
	for p.digit() {
		v, ok := p.decimal(255)
		if !ok || len(octets) == 4 {
			return addr, 0, false
		}
		octets = append(octets, byte(v))
		if !p.take('.') {
			break
		}
	}
	bits, ok = p.width()
	if !ok || len(octets) == 0 {
		return addr, 0, false
	}
	if bits < 0 {
		if bits = 32; len(octets) < 4 {
			return addr, 0, false
		}
	}
	return address4(octets), bits, bits/8 <= len(octets)
}

// ParseNetwork reads the text of a cidr. Octets at the end may be missing; without /bits they, and the class of the address, tell how long the network is.
func ParseNetwork(s string) (addr netip.Addr, bits int, ok bool) {
	if strings.Contains(s, ":") {
		return parse6(s)
	}
	p := text{s: s}
	octets, ok := p.hexOctets()
	if octets == nil && ok {
		octets, ok = p.dotted()
	}
	if !ok {
		return addr, 0, false
	}
	if bits, ok = p.width(); !ok {
		return addr, 0, false
	}
	if bits < 0 {
		bits = max(classBits(octets[0]), 8*len(octets))
		if bits == 8 && octets[0] == 224 {
			bits = 4
		}
	}
	return address4(octets), bits, true
}

// classBits is how long the network of an address is that begins with an octet.
func classBits(first byte) int {
	switch {
	case first >= 240:
		return 32
	case first >= 224:
		return 8
	case first >= 192:
		return 24
	case first >= 128:
		return 16
	}
	return 8
}

func address4(octets []byte) netip.Addr {
	var a [4]byte
	copy(a[:], octets)
	return netip.AddrFrom4(a)
}

// text is a text with a place in it.
type text struct {
	s   string
	pos int
}

func (p *text) at() byte {
	if p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

func (p *text) digit() bool { c := p.at(); return c >= '0' && c <= '9' }

func (p *text) take(c byte) bool {
	if p.at() != c {
		return false
	}
	p.pos++
	return true
}

// decimal reads digits; ok is false if there are none or if they are more than limit.
func (p *text) decimal(limit int) (v int, ok bool) {
	for ; p.digit(); p.pos++ {
		if v = 10*v + int(p.at()-'0'); v > limit {
			return 0, false
		}
		ok = true
	}
	return v, ok
}

// width reads /bits of an IPv4 address up to the end of the text; -1 if the text ends here.
func (p *text) width() (bits int, ok bool) {
	if p.pos == len(p.s) {
		return -1, true
	}
	if !p.take('/') {
		return 0, false
	}
	bits, ok = p.decimal(32)
	return bits, ok && p.pos == len(p.s)
}

// dotted reads 1 to 4 octets with dots between.
func (p *text) dotted() (octets []byte, ok bool) {
	for {
		v, ok := p.decimal(255)
		if !ok || len(octets) == 4 {
			return nil, false
		}
		octets = append(octets, byte(v))
		if !p.take('.') {
			return octets, true
		}
	}
}

// hexOctets reads 0x and hexadecimal digits; nil if there is no such prefix.
func (p *text) hexOctets() (octets []byte, ok bool) {
	if len(p.s) < 3 || p.s[0] != '0' || p.s[1]|0x20 != 'x' || !isHex(p.s[2]) {
		return nil, true
	}
	p.pos = 2
	for n := 0; isHex(p.at()); n, p.pos = n+1, p.pos+1 {
		if n%2 == 0 {
			octets = append(octets, hexValue(p.at())<<4)
		} else {
			octets[n/2] |= hexValue(p.at())
		}
	}
	return octets, len(octets) <= 4
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// parse6 reads an IPv6 address with an optional /bits, which unlike those of IPv4 have no leading zeros.
func parse6(s string) (addr netip.Addr, bits int, ok bool) {
	host, width, has := strings.Cut(s, "/")
	bits = 128
	if has {
		p := text{s: width}
		if bits, ok = p.decimal(128); !ok || p.pos < len(width) || len(width) > 1 && width[0] == '0' {
			return addr, 0, false
		}
	}
	b, ok := bytes6(host)
	return netip.AddrFrom16(b), bits, ok
}

// bytes6 reads an IPv6 address: eight groups, of which :: stands for those that are zero, and the last two may be an IPv4 address.
func bytes6(s string) (out [16]byte, ok bool) {
	if strings.HasPrefix(s, ":") {
		if s = s[1:]; !strings.HasPrefix(s, ":") {
			return out, false
		}
	}
	n, gap := 0, -1
	for {
		group, rest, more := strings.Cut(s, ":")
		dotted := !more && n <= 12 && strings.Contains(group, ".")
		switch v, hex := hexGroup(group); {
		case group == "" && more && gap < 0:
			gap = n
		case group == "" && !more && n == gap: // :: at the end, or nothing
		case hex && n <= 14 && (!more || rest != ""):
			out[n], out[n+1] = byte(v>>8), byte(v)
			n += 2
		case dotted && dotted6(group, out[n:]):
			n += 4
		default:
			return out, false
		}
		if s = rest; !more {
			break
		}
	}
	if gap < 0 || n == 16 {
		return out, gap < 0 && n == 16
	}
	moved := copy(out[16-(n-gap):], append([]byte(nil), out[gap:n]...))
	for i := gap; i < 16-moved; i++ {
		out[i] = 0
	}
	return out, true
}

// hexGroup reads one to four hexadecimal digits.
func hexGroup(s string) (v int, ok bool) {
	for i := range len(s) {
		if !isHex(s[i]) {
			return 0, false
		}
		v = v<<4 | int(hexValue(s[i]))
	}
	return v, len(s) > 0 && len(s) <= 4
}

// dotted6 reads the IPv4 address at the end of an IPv6 one: octets without leading zeros; those at the end may be missing, and all but the last may be empty.
func dotted6(s string, out []byte) bool {
	octets := strings.Split(s, ".")
	for i, o := range octets {
		p := text{s: o}
		v, ok := p.decimal(255)
		if i == 4 || p.pos < len(o) || len(o) > 1 && o[0] == '0' || !ok && (o != "" || i == len(octets)-1) {
			return false
		}
		out[i] = byte(v)
	}
	return true
}
