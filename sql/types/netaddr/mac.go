package netaddr

// blank are the characters that C calls spaces.
func blank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// macLayouts are the layouts of a macaddr: how many digits a number has at most, 0 if any, and what stands behind each of the six; 0 is nothing.
var macLayouts = []struct {
	digits int
	behind [6]byte
}{
	{0, [6]byte{':', ':', ':', ':', ':', 0}},
	{0, [6]byte{'-', '-', '-', '-', '-', 0}},
	{2, [6]byte{0, 0, ':', 0, 0, 0}},
	{2, [6]byte{0, 0, '-', 0, 0, 0}},
	{2, [6]byte{0, '.', 0, '.', 0, 0}},
	{2, [6]byte{0, '-', 0, '-', 0, 0}},
	{2, [6]byte{0, 0, 0, 0, 0, 0}},
}

// ParseMAC reads a MAC address of six bytes. inRange is false if a number is none of a byte.
func ParseMAC(s string) (b [6]byte, ok, inRange bool) {
	for _, l := range macLayouts {
		p := text{s: s}
		ok, inRange = true, true
		for i := 0; i < 6 && ok; i++ {
			var v int64
			v, ok = p.hex(l.digits)
			inRange = inRange && v >= 0 && v <= 255
			b[i] = byte(v)
			if ok && l.behind[i] != 0 {
				ok = p.take(l.behind[i])
			}
		}
		for blank(p.at()) {
			p.pos++
		}
		if ok && p.pos == len(s) {
			return b, true, inRange
		}
	}
	return b, false, false
}

// hex reads a number as C's scanf does with %x: blanks, a sign and 0x may come before the digits. width bounds sign, prefix and digits; 0: no bound.
func (p *text) hex(width int) (v int64, ok bool) {
	for blank(p.at()) {
		p.pos++
	}
	end := len(p.s)
	if width > 0 {
		end = min(end, p.pos+width)
	}
	negative := false
	if p.pos < end && (p.at() == '-' || p.at() == '+') {
		negative = p.at() == '-'
		p.pos++
	}
	if p.pos+1 < end && p.s[p.pos] == '0' && p.s[p.pos+1]|0x20 == 'x' {
		p.pos += 2
		ok = true // "0x" alone is the number 0
	}
	for ; p.pos < end && isHex(p.at()); p.pos++ {
		v, ok = min(v<<4|int64(hexValue(p.at())), 1<<40), true
	}
	if negative {
		v = -v
	}
	return v, ok
}

// ParseMAC8 reads a MAC address of eight bytes, or one of six that is widened to eight. Pairs of digits may have a separator behind them, all the same one.
// A single character at the end is left over.
func ParseMAC8(s string) (b []byte, ok bool) {
	p := text{s: s}
	for blank(p.at()) {
		p.pos++
	}
	separator := byte(0)
	for p.pos+1 < len(s) {
		if len(b) == 8 || !isHex(s[p.pos]) || !isHex(s[p.pos+1]) {
			return nil, false
		}
		b = append(b, hexValue(s[p.pos])<<4|hexValue(s[p.pos+1]))
		p.pos += 2
		if c := p.at(); c == ':' || c == '-' || c == '.' {
			if separator != 0 && separator != c {
				return nil, false
			}
			separator = c
			p.pos++
		}
		if (len(b) == 6 || len(b) == 8) && blank(p.at()) {
			for blank(p.at()) {
				p.pos++
			}
			if p.pos < len(s) {
				return nil, false
			}
		}
	}
	if len(b) == 6 {
		b = append(append(b[:3:3], 0xff, 0xfe), b[3:]...)
	}
	return b, len(b) == 8
}
