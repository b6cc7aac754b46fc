package partition

import (
	"fmt"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Conflict is the error of a new partition name with bound pb, nil if it goes with the partitions that exist. at is the number of the value
// in the bound (of its list, or its lower bound) that is in the way.
func (s *Scheme) Conflict(name string, pb *catalog.PartitionBound) (err *pgerr.Error, at int) {
	b, derr := decodeBound(s.Table.Key, pb)
	if derr != nil {
		return pgerr.New(pgerr.InternalError, "%v", derr), 0
	}
	switch {
	case pb.Default:
		if s.Default >= 0 {
			return pgerr.New(pgerr.InvalidObjectDefinition, "partition %q conflicts with existing default partition %q", name,
				s.Parts[s.Default].Name), 0
		}
		return nil, 0
	case s.Table.Key.Strategy == catalog.PartitionHash:
		return s.hashConflict(name, pb), 0
	case s.Table.Key.Strategy == catalog.PartitionList:
		return s.listConflict(name, &b)
	}
	return s.rangeConflict(name, &b)
}

func errOverlap(name, with string) *pgerr.Error {
	return pgerr.New(pgerr.InvalidObjectDefinition, "partition %q would overlap partition %q", name, with)
}

func (s *Scheme) hashConflict(name string, pb *catalog.PartitionBound) *pgerr.Error {
	fail := func(detail string, args ...any) *pgerr.Error {
		return pgerr.New(pgerr.InvalidObjectDefinition, "every hash partition modulus must be a factor of the next larger modulus").
			WithDetail(detail, args...)
	}
	for i := range s.bounds { // sorted by modulus
		m := s.bounds[i].Modulus
		switch {
		case pb.Modulus < m && m%pb.Modulus != 0:
			return fail("The new modulus %d is not a factor of %d, the modulus of existing partition %q.", pb.Modulus, m, s.Parts[i].Name)
		case pb.Modulus >= m && pb.Modulus%m != 0 && (i+1 == len(s.bounds) || s.bounds[i+1].Modulus > pb.Modulus):
			return fail("The new modulus %d is not divisible by %d, the modulus of existing partition %q.", pb.Modulus, m, s.Parts[i].Name)
		}
		if pb.Modulus < m {
			break
		}
	}
	for r := pb.Remainder % max(s.modulus, 1); r < s.modulus; r += pb.Modulus {
		if p := s.slots[r]; p >= 0 {
			return errOverlap(name, s.Parts[p].Name)
		}
	}
	return nil
}

func (s *Scheme) listConflict(name string, b *bound) (*pgerr.Error, int) {
	n := 0
	for i, v := range b.List {
		p := s.nullPart
		if v.Kind != catalog.BoundNull {
			p = s.findList(b.list[n])
			n++
		}
		if p >= 0 {
			return errOverlap(name, s.Parts[p].Name), i
		}
	}
	return nil, 0
}

func (s *Scheme) rangeConflict(name string, b *bound) (*pgerr.Error, int) {
	if s.compareBounds(b.lower, b.upper) >= 0 {
		return pgerr.New(pgerr.InvalidObjectDefinition, "empty range bound specified for partition %q", name).
			WithDetail("Specified lower bound %s is greater than or equal to upper bound %s.", s.rangeText(b.Lower), s.rangeText(b.Upper)), 0
	}
	for i := range s.ranges() {
		if s.compareBounds(b.lower, s.bounds[i].upper) < 0 && s.compareBounds(s.bounds[i].lower, b.upper) < 0 {
			return errOverlap(name, s.Parts[i].Name), 0
		}
	}
	return nil, 0
}

// BoundText is a bound as FOR VALUES … or DEFAULT.
func BoundText(key *catalog.PartitionKey, b *catalog.PartitionBound, env *types.Env) string {
	switch {
	case b.Default:
		return "DEFAULT"
	case b.Strategy == catalog.PartitionHash:
		return fmt.Sprintf("FOR VALUES WITH (modulus %d, remainder %d)", b.Modulus, b.Remainder)
	case b.Strategy == catalog.PartitionList:
		return "FOR VALUES IN (" + valuesText(key, b.List, env) + ")"
	}
	return "FOR VALUES FROM (" + valuesText(key, b.Lower, env) + ") TO (" + valuesText(key, b.Upper, env) + ")"
}

func (s *Scheme) rangeText(vs []catalog.BoundValue) string {
	return "(" + valuesText(s.Table.Key, vs, nil) + ")"
}

func valuesText(key *catalog.PartitionKey, vs []catalog.BoundValue, env *types.Env) string {
	out := make([]string, len(vs))
	for i, v := range vs {
		out[i] = ValueText(key.Columns[min(i, len(key.Columns)-1)].Type, v, env)
	}
	return strings.Join(out, ", ")
}

// ValueText is a value of a bound as SQL, without its type.
func ValueText(t types.T, v catalog.BoundValue, env *types.Env) string {
	switch v.Kind {
	case catalog.BoundMin:
		return "MINVALUE"
	case catalog.BoundMax:
		return "MAXVALUE"
	case catalog.BoundNull:
		return "NULL"
	}
	d, err := datumOf(t, v)
	if err != nil {
		return "?"
	}
	text := types.Text(t, d, env)
	switch types.BaseOf(t.OID) {
	case types.Int2OID, types.Int4OID, types.Int8OID, types.OIDOID, types.Float4OID, types.Float8OID, types.NumericOID:
		// PostgreSQL quotes what could not be read as a number.
		if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789+-eE.", r) }) {
			return expr.QuoteLiteral(text)
		}
		return text
	case types.BoolOID:
		if d.Bool() {
			return "true"
		}
		return "false"
	}
	return expr.QuoteLiteral(text)
}
