package partition

import (
	"cmp"
	"slices"
	"sort"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/types"
)

// Scheme is the bounds of the partitions of a table. It is read-only.
type Scheme struct {
	Table *catalog.Table
	// Parts are the partitions in the order of their bounds, as PostgreSQL scans them; a default partition comes last.
	Parts   []*catalog.Table
	Default int // index in Parts, -1 without one

	bounds   []bound
	nullPart int       // list: the partition that holds NULL, -1 without one
	values   []listing // list: all values, ascending
	modulus  int       // hash: the largest modulus
	slots    []int     // hash: partition by remainder of modulus, -1 without one
}

// bound is a decoded catalog.PartitionBound.
type bound struct {
	*catalog.PartitionBound
	lower, upper []Value
	list         []types.Datum // without NULL
	null         bool
}

// Value is one value of a range bound.
type Value struct {
	Kind  int8 // catalog.BoundMin …
	Datum types.Datum
}

type listing struct {
	value types.Datum
	part  int
}

// schemeKey names a scheme among what a catalog keeps.
type schemeKey struct {
	table     types.OID
	detaching bool
}

// SchemeOf is the scheme of a partitioned table as r shows it. A partition that is being detached counts only with detaching.
func SchemeOf(r *catalog.Reader, t *catalog.Table, detaching bool) (*Scheme, error) {
	v, err := r.Memo(schemeKey{t.OID, detaching}, func() (any, error) { return schemeOf(r, t, detaching) })
	if err != nil {
		return nil, err
	}
	return v.(*Scheme), nil
}

func schemeOf(r *catalog.Reader, t *catalog.Table, detaching bool) (*Scheme, error) {
	var parts []*catalog.Table
	for _, c := range r.Children(t.OID) {
		if c.Bound != nil && (detaching || !c.Bound.Detaching) {
			parts = append(parts, c)
		}
	}
	return New(t, parts)
}

// New is the scheme of t with these partitions.
func New(t *catalog.Table, parts []*catalog.Table) (*Scheme, error) {
	s := &Scheme{Table: t, Default: -1, nullPart: -1}
	type entry struct {
		t *catalog.Table
		b bound
	}
	var entries []entry
	for _, p := range parts {
		b, err := decodeBound(t.Key, p.Bound)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{p, b})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return s.order(&a.b, &b.b) })
	for i, e := range entries {
		s.Parts, s.bounds = append(s.Parts, e.t), append(s.bounds, e.b)
		if e.b.Default {
			s.Default = i
		}
	}
	switch t.Key.Strategy {
	case catalog.PartitionList:
		s.indexList()
	case catalog.PartitionHash:
		s.indexHash()
	}
	return s, nil
}

func decodeBound(key *catalog.PartitionKey, pb *catalog.PartitionBound) (bound, error) {
	b := bound{PartitionBound: pb}
	side := func(vs []catalog.BoundValue) ([]Value, error) {
		var out []Value
		for i, v := range vs {
			d, err := datumOf(key.Columns[min(i, len(key.Columns)-1)].Type, v)
			if err != nil {
				return nil, err
			}
			out = append(out, Value{v.Kind, d})
		}
		return out, nil
	}
	var err error
	if b.lower, err = side(pb.Lower); err != nil {
		return b, err
	}
	if b.upper, err = side(pb.Upper); err != nil {
		return b, err
	}
	for _, v := range pb.List {
		if v.Kind == catalog.BoundNull {
			b.null = true
			continue
		}
		d, err := datumOf(key.Columns[0].Type, v)
		if err != nil {
			return b, err
		}
		b.list = append(b.list, d)
	}
	return b, nil
}

// datumOf is the value that a descriptor holds in a bound.
func datumOf(t types.T, v catalog.BoundValue) (types.Datum, error) {
	if v.Kind != catalog.BoundDatum {
		return types.Null, nil
	}
	return rowenc.ReadMissing(t, v.Value)
}

// order sorts bounds as PostgreSQL does: lists by their smallest value, ranges by their lower bound, hashes by modulus and remainder.
func (s *Scheme) order(a, b *bound) int {
	if a.Default || b.Default {
		return boolOrder(a.Default, b.Default)
	}
	switch s.Table.Key.Strategy {
	case catalog.PartitionRange:
		return s.compareBounds(a.lower, b.lower)
	case catalog.PartitionHash:
		return cmp.Or(cmp.Compare(a.Modulus, b.Modulus), cmp.Compare(a.Remainder, b.Remainder))
	}
	t := s.Table.Key.Columns[0].Type.OID
	least := func(b *bound) types.Datum {
		return slices.MinFunc(b.list, func(x, y types.Datum) int { return types.Compare(t, x, y) })
	}
	if len(a.list) == 0 || len(b.list) == 0 { // only NULL: last
		return boolOrder(len(a.list) == 0, len(b.list) == 0)
	}
	return types.Compare(t, least(a), least(b))
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// compareBounds compares two bounds of ranges.
func (s *Scheme) compareBounds(a, b []Value) int {
	for i := range a {
		if a[i].Kind != b[i].Kind {
			return cmp.Compare(a[i].Kind, b[i].Kind)
		}
		if a[i].Kind != catalog.BoundDatum { // what follows MINVALUE or MAXVALUE does not matter
			return 0
		}
		if c := types.Compare(s.Table.Key.Columns[i].Type.OID, a[i].Datum, b[i].Datum); c != 0 {
			return c
		}
	}
	return 0
}

// compareKey compares a bound with the leading values of a key.
func (s *Scheme) compareKey(a []Value, key []types.Datum) int {
	for i := range key {
		if a[i].Kind != catalog.BoundDatum {
			return int(a[i].Kind)
		}
		if c := types.Compare(s.Table.Key.Columns[i].Type.OID, a[i].Datum, key[i]); c != 0 {
			return c
		}
	}
	return 0
}

func (s *Scheme) indexList() {
	t := s.Table.Key.Columns[0].Type.OID
	for i := range s.bounds {
		for _, d := range s.bounds[i].list {
			s.values = append(s.values, listing{d, i})
		}
		if s.bounds[i].null {
			s.nullPart = i
		}
	}
	slices.SortFunc(s.values, func(a, b listing) int { return types.Compare(t, a.value, b.value) })
}

func (s *Scheme) indexHash() {
	for i := range s.bounds {
		s.modulus = max(s.modulus, s.bounds[i].Modulus)
	}
	s.slots = make([]int, s.modulus)
	for i := range s.slots {
		s.slots[i] = -1
	}
	for i := range s.bounds {
		for r := s.bounds[i].Remainder; r < s.modulus; r += s.bounds[i].Modulus {
			s.slots[r] = i
		}
	}
}

// Find is the index of the partition that holds rows with a key, -1 if there is none.
func (s *Scheme) Find(key []types.Datum) int {
	part := -1
	switch s.Table.Key.Strategy {
	case catalog.PartitionList:
		part = s.findList(key[0])
	case catalog.PartitionHash:
		if s.modulus == 0 {
			return -1
		}
		return s.slots[Hash(s.Table.Key, key)%uint64(s.modulus)]
	default:
		part = s.findRange(key)
	}
	if part < 0 {
		return s.Default
	}
	return part
}

func (s *Scheme) findList(d types.Datum) int {
	if d.IsNull() {
		return s.nullPart
	}
	t := s.Table.Key.Columns[0].Type.OID
	i, ok := sort.Find(len(s.values), func(i int) int { return types.Compare(t, d, s.values[i].value) })
	if !ok {
		return -1
	}
	return s.values[i].part
}

// ranges is the number of partitions with a range: all but the default one.
func (s *Scheme) ranges() int {
	if s.Default >= 0 {
		return len(s.Parts) - 1
	}
	return len(s.Parts)
}

func (s *Scheme) findRange(key []types.Datum) int {
	for _, d := range key {
		if d.IsNull() {
			return -1
		}
	}
	// The last partition that begins at or before the key.
	i := sort.Search(s.ranges(), func(i int) bool { return s.compareKey(s.bounds[i].lower, key) > 0 }) - 1
	if i < 0 || s.compareKey(s.bounds[i].upper, key) <= 0 {
		return -1
	}
	return i
}

// hashSeed is PostgreSQL's HASH_PARTITION_SEED.
const hashSeed = 0x7A5B22367996DCFD

// Hash is the hash of a key for hash partitioning.
func Hash(k *catalog.PartitionKey, key []types.Datum) uint64 {
	h := uint64(0)
	for i, d := range key {
		if d.IsNull() {
			continue
		}
		x, _ := builtins.HashExtended(k.Columns[i].Type.OID, d, hashSeed)
		h ^= x + 0x49a0f4dd15e5a8e3 + h<<54 + h>>7
	}
	return h
}

// IndexOf is the index of a partition, -1 if t is none of the table's.
func (s *Scheme) IndexOf(oid types.OID) int {
	return slices.IndexFunc(s.Parts, func(p *catalog.Table) bool { return p.OID == oid })
}

// Ordered reports range partitions whose rows, read one partition after the other, are in the order of the key. A default partition may
// hold keys of anywhere; NULLs, which come last, are in it.
func (s *Scheme) Ordered() bool {
	return s.Table.Key.Strategy == catalog.PartitionRange && s.Default < 0
}

// OrderedList reports list partitions of which each holds values next to each other only.
func (s *Scheme) OrderedList() bool {
	if s.Table.Key.Strategy != catalog.PartitionList || s.Default >= 0 {
		return false
	}
	last := -1
	for _, v := range s.values {
		if v.part < last {
			return false
		}
		last = v.part
	}
	return s.nullPart < 0 || s.nullPart == len(s.Parts)-1 && len(s.bounds[s.nullPart].list) == 0
}
