package netaddr

import (
	"fmt"
	"testing"
)

// The answers are PostgreSQL's.
func TestParse(t *testing.T) {
	for _, c := range []struct{ host, network, want string }{
		{host: "10.0.0.1", want: "10.0.0.1/32"}, {host: "010.0.0.01/8", want: "10.0.0.1/8"}, {host: "10/8", want: "10.0.0.0/8"}, {host: "10.1/24"}, {host: "10"},
		{host: "0./0", want: "0.0.0.0/0"}, {host: "1.2.3.4.", want: "1.2.3.4/32"}, {host: "1.2.3.4.5"}, {host: "256.1.1.1"}, {host: "1.2.3.4/33"}, {host: "/1"}, {host: ""},
		{host: "::1/64", want: "::1/64"}, {host: "::1/064"}, {host: "fe80::1%eth0"}, {host: "::ffff:1.2.3.4", want: "::ffff:1.2.3.4/128"}, {host: "1:2"},
		{host: "1:2:3:4:5:6:7:8", want: "1:2:3:4:5:6:7:8/128"}, {host: "1::8", want: "1::8/128"}, {host: "1:2:3:4:5:6:7::", want: "1:2:3:4:5:6:7:0/128"}, {host: "1:2:3:4:5:6:7:8::"},
		{host: "::", want: "::/128"}, {host: ":"}, {host: ":1"}, {host: "1:"}, {host: "1:::2"}, {host: "::.1.21", want: "::1:1500/128"}, {host: "::1.2.3.4.5"}, {host: "::1.2.", want: ""},
		{host: "::01.2.3.4"}, {host: "12345::"},
		{network: "10", want: "10.0.0.0/8"}, {network: "128.1", want: "128.1.0.0/16"}, {network: "192.168", want: "192.168.0.0/24"}, {network: "224", want: "224.0.0.0/4"},
		{network: "225", want: "225.0.0.0/8"}, {network: "240", want: "240.0.0.0/32"}, {network: "0x0a01", want: "10.1.0.0/16"}, {network: "0xabc", want: "171.192.0.0/16"},
		{network: "10.01.2", want: "10.1.2.0/24"}, {network: "10."}, {network: "0x"}, {network: "0x0102030405"}, {network: "a"}, {network: "10.1.2.3/8", want: "10.1.2.3/8"},
	} {
		parse, s := ParseHost, c.host
		if c.network != "" {
			parse, s = ParseNetwork, c.network
		}
		got := ""
		if addr, bits, ok := parse(s); ok {
			got = fmt.Sprintf("%v/%d", addr, bits)
		}
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestParseMAC(t *testing.T) {
	for s, want := range map[string]string{
		"08:00:2b:1:02:03": "[8 0 43 1 2 3] true true", "08002b:010203": "[8 0 43 1 2 3] true true", "0800.2b01.0203": "[8 0 43 1 2 3] true true",
		" 08002b010203 ": "[8 0 43 1 2 3] true true", "08002b:01023": "[8 0 43 1 2 3] true true", "100:0:0:0:0:0": "[0 0 0 0 0 0] true false",
		"08-00-2b-01-02": "[8 0 43 1 2 0] false false", "0x8:0:0:0:0:+1": "[8 0 0 0 0 1] true true", "08:00:2b:01:02:03x": "[8 0 43 1 2 3] false false",
	} {
		b, ok, inRange := ParseMAC(s)
		if !ok {
			if want[len(want)-11:] != "false false" {
				t.Errorf("%q is refused", s)
			}
			continue
		}
		if got := fmt.Sprint(b, ok, inRange); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
	for s, want := range map[string]string{
		"08002b0102030405": "[8 0 43 1 2 3 4 5] true", "08:00:2b:01:02:03": "[8 0 43 255 254 1 2 3] true", "0800.2b01.02405": "[8 0 43 255 254 1 2 64] true",
		"0800.2b01:0203": "[] false", "08002b01020304": "[8 0 43 1 2 3 4] false", "08002b010203 x": "[] false",
	} {
		if b, ok := ParseMAC8(s); fmt.Sprint(b, ok) != want {
			t.Errorf("%q: %v %t, want %s", s, b, ok, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("10.1.2/24")
	f.Add("08:00:2b:01:02:03")
	f.Fuzz(func(t *testing.T, s string) {
		if addr, bits, ok := ParseHost(s); ok && (!addr.IsValid() || bits < 0 || bits > addr.BitLen()) {
			t.Errorf("%q: %v/%d", s, addr, bits)
		}
		if addr, bits, ok := ParseNetwork(s); ok && (!addr.IsValid() || bits < 0 || bits > addr.BitLen()) {
			t.Errorf("%q: %v/%d", s, addr, bits)
		}
		_, _, _ = ParseMAC(s)
		_, _ = ParseMAC8(s)
	})
}
