package catalog

import (
	"slices"

	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/types"
)

// kindType is the kind of a stored Type.
const kindType = 't'

// TypeKind is pg_type.typtype.
type TypeKind byte

// Kinds of user-defined types.
const (
	TypeComposite TypeKind = 'c'
	TypeDomain    TypeKind = 'd'
	TypeEnum      TypeKind = 'e'
	TypeBase      TypeKind = 'b'
	// TypeShell is a name that CREATE TYPE alone made: only functions may use it, until the type is defined.
	TypeShell TypeKind = 'p'
)

// RelComposite is the pg_class.relkind of a composite type.
const RelComposite RelKind = 'c'

// Type is a type made by CREATE TYPE or CREATE DOMAIN. A composite one is a Relation too, as in pg_class, but no FROM clause
// can name it.
type Type struct {
	OID     types.OID // its bits tell how values are held: see package types
	Schema  types.OID
	Name    string
	Owner   types.OID
	Version uint64
	Kind    TypeKind
	Comment string
	ACL     acl.ACL

	Labels []EnumLabel // enum: in order

	// Domain.
	Base      types.T // may be a domain itself
	NotNull   bool
	Default   string // SQL text; "" none
	Checks    []*Check
	Collation string

	Held *BaseType `json:",omitempty"` // base type

	// Composite.
	Rel        types.OID // OID in pg_class
	Columns    []*Column
	NextColumn ColumnID
}

// BaseType is what CREATE TYPE says of a base type. Its values are held as those of a built-in type (types.BaseOf), the one that its input
// function reads. Functions are OIDs, 0 for none.
type BaseType struct {
	Input, Output, Receive, Send, ModIn, ModOut, Analyze, Subscript types.OID

	Len       int16
	ByVal     bool
	Category  byte
	Preferred bool
	Delim     byte
	Elem      types.OID
	Align     byte
	Storage   byte
	Collation types.OID
	Default   *string
}

// Functions are the OIDs of the functions that a base type needs.
func (b *BaseType) Functions() []types.OID {
	return []types.OID{b.Input, b.Output, b.Receive, b.Send, b.ModIn, b.ModOut, b.Analyze, b.Subscript}
}

// EnumLabel is a value of an enum. Sort is how the value is held: the order of the labels is that of these numbers, which lie
// far apart so that others fit between them.
type EnumLabel struct {
	OID   types.OID
	Label string
	Sort  int64
}

// EnumGap is the distance between the numbers of labels that were made in order.
const EnumGap = 1 << 40

// Methods of Relation, for composite types.
func (t *Type) RelOID() types.OID    { return t.Rel }
func (t *Type) RelName() string      { return t.Name }
func (t *Type) RelSchema() types.OID { return t.Schema }
func (t *Type) RelKind() RelKind     { return RelComposite }

// Label is the label of a value of an enum.
func (t *Type) Label(v int64) (*EnumLabel, bool) {
	for i := range t.Labels {
		if t.Labels[i].Sort == v {
			return &t.Labels[i], true
		}
	}
	return nil, false
}

// Value is the value of a label of an enum.
func (t *Type) Value(label string) (*EnumLabel, bool) {
	for i := range t.Labels {
		if t.Labels[i].Label == label {
			return &t.Labels[i], true
		}
	}
	return nil, false
}

// typePrefix keeps the names of types apart from those of relations.
const typePrefix = "\x00t"

func typeNames(t *Type) map[relName]types.OID {
	m := map[relName]types.OID{{t.Schema, typePrefix + t.Name}: t.OID}
	if t.Kind == TypeComposite {
		m[relName{t.Schema, t.Name}] = t.Rel
	}
	return m
}

// TypeByOID returns the user-defined type with that OID. Row types of tables and views are not among them: see RowType.
func (r *Reader) TypeByOID(oid types.OID) (*Type, bool) { return r.types.get(oid) }

// Type returns the user-defined type with that name in one schema.
func (r *Reader) Type(schema types.OID, name string) (*Type, bool) {
	oid, ok := r.typeNames.get(relName{schema, name})
	if !ok {
		return nil, false
	}
	return r.types.get(oid)
}

// Types lists the user-defined types by OID.
func (r *Reader) Types() []*Type {
	m := map[types.OID]*Type{}
	for oid, t := range r.types.all() {
		m[oid] = t
	}
	return sortedByKey(m)
}

// LookupType finds a type that is not built in, by its name: a user-defined one, the row type of a table or view, or an array
// over one of them ("_name").
func (r *Reader) LookupType(searchPath []string, schema, name string) (types.OID, bool) {
	path := searchPath
	if schema != "" {
		path = []string{schema}
	}
	for _, p := range path {
		s, ok := r.schemaNames[p]
		if !ok {
			continue
		}
		if oid, ok := r.typeIn(s.OID, name); ok {
			return oid, true
		}
		if len(name) > 1 && name[0] == '_' {
			if oid, ok := r.typeIn(s.OID, name[1:]); ok {
				return types.ArrayOf(oid), true
			}
		}
	}
	return 0, false
}

func (r *Reader) typeIn(schema types.OID, name string) (types.OID, bool) {
	if t, ok := r.Type(schema, name); ok {
		return t.OID, true
	}
	rel, _ := r.Relation(schema, name)
	oid := RowTypeOf(rel)
	return oid, oid != 0
}

// RowTypeOf is the row type of a table, view or composite type, 0 for any other relation.
func RowTypeOf(rel Relation) types.OID {
	switch x := rel.(type) {
	case *Table:
		return x.TypeOID
	case *View:
		return x.TypeOID
	case *Type:
		return x.OID
	}
	return 0
}

// ColumnsOf are the columns of a table, view or composite type.
func ColumnsOf(rel Relation) []*Column {
	switch x := rel.(type) {
	case *Table:
		return x.Columns
	case *View:
		return x.Columns
	case *Type:
		return x.Columns
	}
	return nil
}

// BaseType follows domains down to a type that is none; the modifier is the one that the last domain gives.
func (r *Reader) BaseType(t types.T) types.T {
	for types.IsDomain(t.OID) {
		d, ok := r.TypeByOID(t.OID)
		if !ok {
			return types.T{OID: types.Undomained(t.OID), Mod: t.Mod}
		}
		t = d.Base
	}
	return t
}

// TypeName is the name of a type that is not built in, and its schema. ok is false if there is no such type.
func (r *Reader) TypeName(oid types.OID) (schema types.OID, name string, ok bool) {
	if t, ok := r.TypeByOID(oid); ok {
		return t.Schema, t.Name, true
	}
	if rel, ok := r.RowType(oid); ok {
		return rel.RelSchema(), rel.RelName(), true
	}
	return 0, "", false
}

func (s *snapshot) putType(t *Type) {
	s.types.set(t.OID, t)
	if t.Held != nil {
		s.extended[kindType]++
	}
	s.typeNames.set(relName{t.Schema, t.Name}, t.OID)
}

func (s *snapshot) removeType(oid types.OID) {
	t, ok := s.types.get(oid)
	if !ok {
		return
	}
	s.types.remove(oid)
	if t.Held != nil {
		s.extended[kindType]--
	}
	if cur, ok := s.typeNames.get(relName{t.Schema, t.Name}); ok && cur == oid {
		s.typeNames.remove(relName{t.Schema, t.Name})
	}
}

// UnsafeLabel reports a label that this transaction added to an enum that was there before: until the commit nobody else could
// read it, so it may not be used.
func (t *Txn) UnsafeLabel(enum *Type, l *EnumLabel) bool {
	if !t.Changed() {
		return false
	}
	committed, ok := t.cat.Newest().TypeByOID(enum.OID)
	if !ok {
		return false
	}
	_, ok = committed.Label(l.Sort)
	return !ok
}

// HeldWithin finds a column whose values have values of a type inside of them, in an array or a row, rather than being such values themselves.
func (r *Reader) HeldWithin(of types.OID) (*Table, *Column) {
	seen := map[types.OID]bool{}
	var holds func(t types.OID, inside bool) bool
	holds = func(t types.OID, inside bool) bool {
		if t == of {
			return inside
		}
		if elem := types.ElemOf(t); elem != 0 {
			return holds(elem, true)
		}
		if d, ok := r.TypeByOID(t); ok && d.Kind == TypeDomain {
			return holds(d.Base.OID, inside)
		}
		rel, ok := r.RowType(t)
		if !ok || seen[t] { // row types may contain each other
			return false
		}
		seen[t] = true
		defer delete(seen, t)
		return slices.ContainsFunc(ColumnsOf(rel), func(c *Column) bool { return holds(c.Type.OID, true) })
	}
	for t := range r.Tables() {
		for _, c := range t.Columns {
			if holds(c.Type.OID, false) {
				return t, c
			}
		}
	}
	return nil, nil
}
