package exec

import (
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// KeyTable numbers the distinct keys that it meets, from 0, in order of arrival: the hash table below hash aggregates,
// hash joins, DISTINCT and set operations. NULLs are equal to each other; who wants them not to match leaves such rows out.
//
// The slots are an open-addressing table of packed words: the low 32 bits of the hash, and the key's number plus 1. Keys
// are kept as columns, so that a comparison of one int or string key is a typed load. The upper 32 bits of the hash are free
// for partitioning.
type KeyTable struct {
	keys    *vec.Batch
	cmps    []Comparer
	hashers []Hasher
	slots   []uint64
	mask    uint64
	strings int64 // bytes in string keys
	width   int64 // bytes of a key and its slots, strings left aside
	hashes  []uint64
	ids     Identity
}

// Identity is a growing list 0, 1, 2 …
type Identity []int32

// Rows is sel, or the list 0..n-1 if sel is nil.
func (s *Identity) Rows(sel []int32, n int) []int32 {
	if sel != nil {
		return sel
	}
	for i := len(*s); i < n; i++ {
		*s = append(*s, int32(i))
	}
	return (*s)[:n]
}

const (
	slotsMin     = 64
	refBytes     = 128 // guess for a value that is held by reference
	numericBytes = 24
)

// NewKeyTable is an empty table for keys of these types.
func NewKeyTable(ts []types.T) *KeyTable {
	t := &KeyTable{keys: vec.NewBatch(vec.Kinds(ts), 0), cmps: Comparers(ts), hashers: make([]Hasher, len(ts))}
	t.width = 24
	for i, ty := range ts {
		t.hashers[i] = NewHasher(ty)
		t.width += valueBytes(ty.Kind())
	}
	t.Reset()
	return t
}

// valueBytes is the memory that a value of a kind takes in a vector, what it points at left aside.
func valueBytes(k types.Kind) int64 {
	switch k {
	case types.KindBool:
		return 1
	case types.KindInt, types.KindFloat:
		return 8
	case types.KindNum:
		return numericBytes
	case types.KindRef:
		return refBytes
	}
	return 16
}

// RowBytes estimates the memory of a row of these types, strings' bytes left aside.
func RowBytes(ts []types.T) int64 {
	n := int64(0)
	for _, t := range ts {
		n += valueBytes(t.Kind())
	}
	return n
}

// Reset forgets all keys and keeps a moderate amount of memory.
func (t *KeyTable) Reset() {
	t.keys.Reset()
	t.strings = 0
	if t.slots == nil || len(t.slots) > 1<<16 {
		t.slots = make([]uint64, slotsMin)
	} else {
		clear(t.slots)
	}
	t.mask = uint64(len(t.slots) - 1)
}

// View is the same table for another goroutine. Nobody may add keys while views are in use. The scratch memory, which its
// owner may be writing to, is not looked at.
func (t *KeyTable) View() *KeyTable {
	return &KeyTable{keys: t.keys, cmps: t.cmps, hashers: t.hashers, slots: t.slots, mask: t.mask, strings: t.strings, width: t.width}
}

// Len is the number of keys.
func (t *KeyTable) Len() int { return t.keys.Len }

// Buckets is the number of places that keys hash to.
func (t *KeyTable) Buckets() int { return len(t.slots) }

// Keys holds key i in row i. Read only, valid until the next Assign.
func (t *KeyTable) Keys() *vec.Batch { return t.keys }

// Bytes is the memory held.
func (t *KeyTable) Bytes() int64 {
	return int64(t.keys.Len)*t.width + t.strings + int64(len(t.slots)-slotsMin)*8
}

// Hashes are the hashes of the keys in the rows of sel (0..n-1 if nil), valid until the next call.
func (t *KeyTable) Hashes(cols []*vec.Vector, sel []int32, n int) []uint64 {
	if sel != nil {
		n = len(sel)
	}
	if cap(t.hashes) < n {
		t.hashes = make([]uint64, max(n, 2*cap(t.hashes)))
	}
	hs := t.hashes[:n]
	if len(cols) == 0 {
		clear(hs)
	}
	for i, v := range cols {
		t.hashers[i].Hash(v, sel, hs, i > 0)
	}
	return hs
}

// Assign appends to ids the numbers of the keys in the rows of sel (0..n-1 if nil), new keys getting the next numbers.
func (t *KeyTable) Assign(cols []*vec.Vector, sel []int32, n int, ids []int32) []int32 {
	return t.AssignHashed(cols, sel, n, t.Hashes(cols, sel, n), ids)
}

// AssignHashed is Assign for rows whose hashes are known.
func (t *KeyTable) AssignHashed(cols []*vec.Vector, sel []int32, n int, hashes []uint64, ids []int32) []int32 {
	rows := t.ids.Rows(sel, n)
	t.reserve(len(rows))
	switch t.fastKind(cols) {
	case types.KindInt:
		return t.assignInt(cols[0], rows, hashes, ids)
	case types.KindStr:
		return t.assignStr(cols[0], rows, hashes, ids)
	}
	for k, i := range rows {
		id, slot := t.find(cols, int(i), hashes[k])
		if id < 0 {
			id = t.insert(cols, int(i), hashes[k], slot)
		}
		ids = append(ids, id)
	}
	return ids
}

// Find appends to ids the numbers of the keys in the rows of sel (0..n-1 if nil), -1 for keys that the table lacks.
func (t *KeyTable) Find(cols []*vec.Vector, sel []int32, n int, ids []int32) []int32 {
	return t.FindHashed(cols, sel, n, t.Hashes(cols, sel, n), ids)
}

// FindHashed is Find for rows whose hashes are known.
func (t *KeyTable) FindHashed(cols []*vec.Vector, sel []int32, n int, hashes []uint64, ids []int32) []int32 {
	rows := t.ids.Rows(sel, n)
	switch t.fastKind(cols) {
	case types.KindInt:
		return t.findInt(cols[0], rows, hashes, ids)
	case types.KindStr:
		return t.findStr(cols[0], rows, hashes, ids)
	}
	for k, i := range rows {
		id, _ := t.find(cols, int(i), hashes[k])
		ids = append(ids, id)
	}
	return ids
}

// fastKind is the kind of a single key column that has its own loop, which knows neither NULLs nor blanks.
func (t *KeyTable) fastKind(cols []*vec.Vector) types.Kind {
	if len(cols) != 1 || t.hashers[0].blank || cols[0].Nulls.Any() || t.keys.Cols[0].Nulls.Any() {
		return types.KindNull
	}
	return t.hashers[0].kind
}

// reserve grows the slots so that n more keys leave at least half of them free.
func (t *KeyTable) reserve(n int) {
	need := 2 * (t.keys.Len + n)
	if need <= len(t.slots) {
		return
	}
	size := len(t.slots)
	for size < need {
		size *= 2
	}
	old := t.slots
	t.slots, t.mask = make([]uint64, size), uint64(size-1)
	for _, s := range old {
		if s == 0 {
			continue
		}
		p := s & t.mask & 0xffffffff
		for t.slots[p] != 0 {
			p = (p + 1) & t.mask
		}
		t.slots[p] = s
	}
}

// A slot holds the low half of the hash in its low half, and the key's number plus 1 in its upper half.
func packSlot(h uint64, id int32) uint64 { return h&0xffffffff | uint64(id+1)<<32 }
func slotID(s uint64) int32              { return int32(s>>32) - 1 }

// find is the number of a key, or -1 and the free slot where it belongs.
func (t *KeyTable) find(cols []*vec.Vector, i int, h uint64) (id int32, slot uint64) {
	p := h & t.mask & 0xffffffff
	for {
		s := t.slots[p]
		if s == 0 {
			return -1, p
		}
		if uint32(s) == uint32(h) && t.equal(cols, i, slotID(s)) {
			return slotID(s), p
		}
		p = (p + 1) & t.mask
	}
}

func (t *KeyTable) equal(cols []*vec.Vector, i int, id int32) bool {
	for c := range cols {
		if !t.cmps[c].Equal(cols[c], i, t.keys.Cols[c], int(id)) {
			return false
		}
	}
	return true
}

func (t *KeyTable) insert(cols []*vec.Vector, i int, h, slot uint64) int32 {
	id := int32(t.keys.Len)
	for c, v := range cols {
		t.keys.Cols[c].AppendRow(v, i)
		if v.Kind == types.KindStr {
			t.strings += int64(len(v.Str[i]))
		}
	}
	t.keys.Len++
	t.slots[slot] = packSlot(h, id)
	return id
}

func (t *KeyTable) assignInt(v *vec.Vector, rows []int32, hashes []uint64, ids []int32) []int32 {
	keys := t.keys.Cols[0]
	for k, i := range rows {
		x, h := v.Int[i], hashes[k]
		p := h & t.mask & 0xffffffff
		for {
			s := t.slots[p]
			if s == 0 {
				id := int32(len(keys.Int))
				keys.Int = append(keys.Int, x)
				t.slots[p] = packSlot(h, id)
				ids = append(ids, id)
				break
			}
			if uint32(s) == uint32(h) && keys.Int[slotID(s)] == x {
				ids = append(ids, slotID(s))
				break
			}
			p = (p + 1) & t.mask
		}
	}
	t.keys.Len = len(keys.Int)
	return ids
}

func (t *KeyTable) assignStr(v *vec.Vector, rows []int32, hashes []uint64, ids []int32) []int32 {
	keys := t.keys.Cols[0]
	for k, i := range rows {
		x, h := v.Str[i], hashes[k]
		p := h & t.mask & 0xffffffff
		for {
			s := t.slots[p]
			if s == 0 {
				id := int32(len(keys.Str))
				keys.Str = append(keys.Str, x)
				t.strings += int64(len(x))
				t.slots[p] = packSlot(h, id)
				ids = append(ids, id)
				break
			}
			if uint32(s) == uint32(h) && keys.Str[slotID(s)] == x {
				ids = append(ids, slotID(s))
				break
			}
			p = (p + 1) & t.mask
		}
	}
	t.keys.Len = len(keys.Str)
	return ids
}

func (t *KeyTable) findInt(v *vec.Vector, rows []int32, hashes []uint64, ids []int32) []int32 {
	keys := t.keys.Cols[0].Int
	for k, i := range rows {
		x, h := v.Int[i], hashes[k]
		p := h & t.mask & 0xffffffff
		id := int32(-1)
		for s := t.slots[p]; s != 0; s = t.slots[p] {
			if uint32(s) == uint32(h) && keys[slotID(s)] == x {
				id = slotID(s)
				break
			}
			p = (p + 1) & t.mask
		}
		ids = append(ids, id)
	}
	return ids
}

func (t *KeyTable) findStr(v *vec.Vector, rows []int32, hashes []uint64, ids []int32) []int32 {
	keys := t.keys.Cols[0].Str
	for k, i := range rows {
		x, h := v.Str[i], hashes[k]
		p := h & t.mask & 0xffffffff
		id := int32(-1)
		for s := t.slots[p]; s != 0; s = t.slots[p] {
			if uint32(s) == uint32(h) && keys[slotID(s)] == x {
				id = slotID(s)
				break
			}
			p = (p + 1) & t.mask
		}
		ids = append(ids, id)
	}
	return ids
}
