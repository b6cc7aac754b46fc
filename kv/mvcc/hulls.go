package mvcc

import "bytes"

// hulls are the least and the greatest key written to each space of keys: a statement that goes through a table in order and
// writes to it, and to its indexes, sees from them that it has not been at the next rows yet. They are noted from when somebody asks first.
type hulls struct {
	on   bool
	list []hull
	many bool // there are too many spaces: nothing is known
}

type hull struct{ prefix, min, max []byte }

const hullsMax = 32

func (h *hulls) clear() { h.list, h.many = h.list[:0], false }

func (h *hulls) add(space func(key []byte) int, key []byte) {
	if !h.on || h.many {
		return
	}
	for i := range h.list {
		x := &h.list[i]
		if !bytes.HasPrefix(key, x.prefix) {
			continue
		}
		switch {
		case bytes.Compare(key, x.max) > 0:
			x.max = append(x.max[:0], key...)
		case bytes.Compare(key, x.min) < 0:
			x.min = append(x.min[:0], key...)
		}
		return
	}
	if h.many = len(h.list) == hullsMax; h.many {
		return
	}
	n := 0
	if space != nil {
		n = space(key)
	}
	if last := len(h.list); last < cap(h.list) {
		h.list = h.list[:last+1] // with the memory of an earlier one
	} else {
		h.list = append(h.list, hull{})
	}
	x := &h.list[len(h.list)-1]
	x.prefix, x.min, x.max = append(x.prefix[:0], key[:n]...), append(x.min[:0], key...), append(x.max[:0], key...)
}

// meet tells whether a key from start to end may have been written.
func (h *hulls) meet(start, end []byte) bool {
	if h.many {
		return true
	}
	for i := range h.list {
		if x := &h.list[i]; bytes.Compare(start, x.max) <= 0 && bytes.Compare(end, x.min) >= 0 {
			return true
		}
	}
	return false
}
