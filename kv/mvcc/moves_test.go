package mvcc

import "testing"

// TestDestinations: rows may change places, move more than once, and take the keys of rows that are gone.
func TestDestinations(t *testing.T) {
	m := func(from, to string) move { return move{from: []byte(from), to: []byte(to)} }
	gone := move{from: []byte("a")}
	for _, c := range []struct {
		list []move
		want map[string]string
	}{
		{[]move{m("a", "b"), m("b", "c")}, map[string]string{"a": "c"}},
		{[]move{m("a", "x"), m("b", "a"), m("x", "b")}, map[string]string{"a": "b", "b": "a"}},
		{[]move{m("b", "e"), m("a", "b")}, map[string]string{"a": "b", "b": "e"}},
		{[]move{gone, m("b", "a"), m("a", "c")}, map[string]string{"a": "", "b": "c"}},
		{[]move{gone, m("a", "c")}, map[string]string{"a": ""}},
	} {
		got := destinations(c.list)
		if len(got) != len(c.want) {
			t.Errorf("%v: %v", c.list, got)
		}
		for from, to := range c.want {
			if string(got[from]) != to {
				t.Errorf("%v: %s is at %q, not %q", c.list, from, got[from], to)
			}
		}
	}
}
