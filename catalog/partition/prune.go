package partition

import (
	"math/bits"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Op is a condition on a column of a partition key.
type Op uint8

// Conditions. In is "= ANY (array)".
const (
	Eq Op = iota
	Lt
	Le
	Gt
	Ge
	Ne
	In
	IsNull
	NotNull
)

// Clause is a condition on one column of a key. Value has no columns of the table.
type Clause struct {
	Col   int
	Op    Op
	Value expr.Expr
}

// Step is what conditions say about a key: its clauses hold, and for each list in Any at least one of the steps in it.
type Step struct {
	Clauses []Clause
	Any     [][]*Step
}

// Values calls f for the values of a step.
func (s *Step) Values(f func(expr.Expr)) {
	for _, c := range s.Clauses {
		if c.Value != nil {
			f(c.Value)
		}
	}
	for _, branches := range s.Any {
		for _, b := range branches {
			b.Values(f)
		}
	}
}

// Known gives the value of an expression of a clause; ok is false if it is not known yet.
type Known func(e expr.Expr) (d types.Datum, ok bool, err error)

// Constants knows constants only.
func Constants(e expr.Expr) (types.Datum, bool, error) {
	c, ok := e.(*expr.Const)
	if !ok {
		return types.Null, false, nil
	}
	return c.D, true, nil
}

// Set is a set of partitions by index.
type Set []uint64

// NewSet is an empty set of up to n partitions.
func NewSet(n int) Set { return make(Set, (n+63)/64) }

// Has reports whether partition i is in the set.
func (s Set) Has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// Add adds a partition; -1 is none.
func (s Set) Add(i int) {
	if i >= 0 {
		s[i/64] |= 1 << (i % 64)
	}
}

// Len is the number of partitions in the set.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Members lists the set in ascending order.
func (s Set) Members() []int {
	var out []int
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			out = append(out, i*64+bits.TrailingZeros64(w))
		}
	}
	return out
}

func (s Set) intersect(o Set) {
	for i := range s {
		s[i] &= o[i]
	}
}

func (s Set) union(o Set) {
	for i := range s {
		s[i] |= o[i]
	}
}

// All is the set of all partitions.
func (s *Scheme) All() Set {
	out := NewSet(len(s.Parts))
	for i := range s.Parts {
		out.Add(i)
	}
	return out
}

// Prune is the set of partitions in which rows can satisfy a step.
func (s *Scheme) Prune(st *Step, known Known) (Set, error) {
	out := s.All()
	if st == nil {
		return out, nil
	}
	cs, err := resolve(st.Clauses, known)
	if err != nil {
		return nil, err
	}
	s.conjunction(out, cs)
	for _, branches := range st.Any {
		either := NewSet(len(s.Parts))
		for _, b := range branches {
			p, err := s.Prune(b, known)
			if err != nil {
				return nil, err
			}
			either.union(p)
		}
		out.intersect(either)
	}
	return out, nil
}

// condition is a clause with its value.
type condition struct {
	col    int
	op     Op
	value  types.Datum
	values []types.Datum // In
}

func resolve(clauses []Clause, known Known) ([]condition, error) {
	var out []condition
	for _, c := range clauses {
		k := condition{col: c.Col, op: c.Op}
		if c.Value != nil {
			d, ok, err := known(c.Value)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			k.value = d
			if c.Op == In && !d.IsNull() {
				for _, e := range d.Array().Elems {
					if !e.IsNull() {
						k.values = append(k.values, e)
					}
				}
			}
		}
		out = append(out, k)
	}
	return out, nil
}

// expansionsMax bounds the combinations of several lists that are tried one by one.
const expansionsMax = 1000

// conjunction narrows out to partitions for which all conditions can hold.
func (s *Scheme) conjunction(out Set, cs []condition) {
	for _, c := range cs {
		if c.op != IsNull && c.op != NotNull && c.value.IsNull() { // never true
			clear(out)
			return
		}
	}
	first := slices.IndexFunc(cs, func(c condition) bool { return c.op == In })
	if first >= 0 && len(cs[first].values) <= expansionsMax {
		either := NewSet(len(s.Parts))
		rest := slices.Clone(cs)
		others := slices.ContainsFunc(cs[first+1:], func(c condition) bool { return c.op == In })
		for _, v := range cs[first].values {
			rest[first] = condition{col: cs[first].col, op: Eq, value: v}
			one := slices.Clone(out)
			if others {
				rest = slices.DeleteFunc(rest, func(c condition) bool { return c.op == In })
			}
			s.conjunction(one, rest)
			either.union(one)
		}
		out.intersect(either)
		return
	}
	switch s.Table.Key.Strategy {
	case catalog.PartitionList:
		for _, c := range cs {
			out.intersect(s.pruneList(c))
		}
	case catalog.PartitionHash:
		s.pruneHash(out, cs)
	default:
		s.pruneRange(out, cs)
	}
}

func (s *Scheme) pruneList(c condition) Set {
	out := NewSet(len(s.Parts))
	t := s.Table.Key.Columns[0].Type.OID
	switch c.op {
	case IsNull:
		if s.nullPart >= 0 {
			out.Add(s.nullPart)
		} else {
			out.Add(s.Default)
		}
		return out
	case Eq:
		out.Add(s.Find([]types.Datum{c.value}))
		return out
	case In:
		return s.All()
	}
	out.Add(s.Default)
	for _, v := range s.values {
		var d int
		if c.op != NotNull {
			d = types.Compare(t, v.value, c.value)
		}
		if c.op == NotNull || holds(c.op, d) {
			out.Add(v.part)
		}
	}
	return out
}

func holds(op Op, c int) bool {
	switch op {
	case Lt:
		return c < 0
	case Le:
		return c <= 0
	case Gt:
		return c > 0
	case Ge:
		return c >= 0
	case Ne:
		return c != 0
	}
	return c == 0
}

// pruneHash needs all columns of the key.
func (s *Scheme) pruneHash(out Set, cs []condition) {
	key := make([]types.Datum, len(s.Table.Key.Columns))
	have := make([]bool, len(key))
	for _, c := range cs {
		if c.op == Eq || c.op == IsNull {
			key[c.col], have[c.col] = c.value, true
		}
	}
	if slices.Contains(have, false) {
		return
	}
	one := NewSet(len(s.Parts))
	one.Add(s.Find(key))
	out.intersect(one)
}

// limits are the conditions on a range key: equalities on leading columns, then bounds on the next one.
type limits struct {
	eq        []types.Datum
	low, high *condition
}

func (s *Scheme) pruneRange(out Set, cs []condition) {
	onlyDefault := NewSet(len(s.Parts))
	onlyDefault.Add(s.Default)
	for _, c := range cs {
		if c.op == IsNull {
			out.intersect(onlyDefault)
			return
		}
	}
	var l limits
	for col := range s.Table.Key.Columns {
		i := slices.IndexFunc(cs, func(c condition) bool { return c.col == col && c.op == Eq })
		if i < 0 {
			l.bounds(s.Table.Key.Columns[col].Type.OID, col, cs)
			break
		}
		l.eq = append(l.eq, cs[i].value)
		for k := range cs { // other conditions on the same column may contradict
			if c := &cs[k]; c.col == col && k != i && c.op <= Ne && !holds(c.op, types.Compare(s.Table.Key.Columns[col].Type.OID, cs[i].value, c.value)) {
				clear(out)
				return
			}
		}
	}
	if len(l.eq) == 0 && l.low == nil && l.high == nil {
		return
	}
	out.intersect(s.within(&l))
}

// bounds takes the tightest bounds on a column.
func (l *limits) bounds(t types.OID, col int, cs []condition) {
	for i := range cs {
		c := &cs[i]
		if c.col != col {
			continue
		}
		switch c.op {
		case Gt, Ge:
			if l.low == nil || types.Compare(t, c.value, l.low.value) > 0 {
				l.low = c
			}
		case Lt, Le:
			if l.high == nil || types.Compare(t, c.value, l.high.value) < 0 {
				l.high = c
			}
		}
	}
}

// within is the set of range partitions that hold keys within limits.
func (s *Scheme) within(l *limits) Set {
	out := NewSet(len(s.Parts))
	low, high := l.eq, l.eq
	lowIncl, highIncl := true, true
	if l.low != nil {
		low, lowIncl = append(slices.Clip(l.eq), l.low.value), l.low.op == Ge
	}
	if l.high != nil {
		high, highIncl = append(slices.Clip(l.eq), l.high.value), l.high.op == Le
	}
	width := len(s.Table.Key.Columns)
	full := width == 1 && l.low != nil && l.high != nil || len(low) == width && len(high) == width
	covered := full
	last := -1
	for i := range s.ranges() {
		b := &s.bounds[i]
		if len(low) > 0 {
			c := s.compareKey(b.upper, low)
			if c < 0 || c == 0 && (!lowIncl || len(low) == width || restIsMin(b.upper, len(low))) {
				continue
			}
		}
		if len(high) > 0 {
			c := s.compareKey(b.lower, high)
			if c > 0 || c == 0 && !highIncl {
				break
			}
		}
		out.Add(i)
		if covered {
			if last < 0 {
				covered = s.compareKey(b.lower, low) <= 0
			} else {
				covered = s.compareBounds(s.bounds[last].upper, b.lower) == 0
			}
		}
		last = i
	}
	if covered && last >= 0 {
		c := s.compareKey(s.bounds[last].upper, high)
		covered = c > 0 || c == 0 && !highIncl
	}
	if !covered || last < 0 {
		out.Add(s.Default)
	}
	return out
}

// restIsMin reports a bound whose values from n on are MINVALUE.
func restIsMin(b []Value, n int) bool {
	return n < len(b) && b[n].Kind == catalog.BoundMin
}
