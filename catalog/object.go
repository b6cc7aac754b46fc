package catalog

import (
	"github.com/lightsql/lightsql/sql/builtins"
	"strconv"

	"github.com/lightsql/lightsql/sql/types"
)

// Object is an operator, cast, operator class, operator family or collation: what extends the language besides types and functions. A descriptor
// is *Operator, *Cast, *OpClass, *OpFamily or *Collation.
type Object interface {
	Head() *ObjectHead
	// Next is a copy with a version more.
	Next() Object
	// kind is the kind of the stored descriptor; key is the name that it takes.
	kind() byte
	key() relName
}

// ObjectHead is what all objects have.
type ObjectHead struct {
	OID     types.OID
	Schema  types.OID // 0: of none (casts)
	Name    string
	Owner   types.OID
	Version uint64
	Comment string `json:",omitempty"`
}

// Head implements Object.
func (h *ObjectHead) Head() *ObjectHead { return h }

// Kinds of stored objects.
const (
	kindOperator  = 'o'
	kindCast      = 'c'
	kindOpClass   = 'k'
	kindOpFamily  = 'y'
	kindCollation = 'l'
)

// Operator is an operator of CREATE OPERATOR. One that only another named as its commutator or negator is a shell: Func is 0.
type Operator struct {
	ObjectHead
	Left, Right, Ret    types.OID // Left 0: a prefix operator
	Func                types.OID
	Commutator, Negator types.OID `json:",omitempty"`
	Restrict, Join      types.OID `json:",omitempty"`
	Hashes, Merges      bool      `json:",omitempty"`
}

// Cast is a cast of CREATE CAST.
type Cast struct {
	ObjectHead
	From, To types.OID
	Func     types.OID `json:",omitempty"` // of Method f
	Context  byte      // i implicit, a assignment, e explicit
	Method   byte      // f function, b binary-coercible, i through text
}

// OpFamily is an operator family. One with the OID of a built-in family holds what was added to that.
type OpFamily struct {
	ObjectHead
	Method    string // the access method
	Operators []FamilyOperator
	Functions []FamilyFunction
}

// FamilyOperator is a row of pg_amop.
type FamilyOperator struct {
	OID         types.OID
	Strategy    int
	Left, Right types.OID
	Operator    types.OID
	SortFamily  types.OID `json:",omitempty"` // of an ordering operator
	Class       types.OID `json:",omitempty"` // the operator class that it came with
}

// FamilyFunction is a row of pg_amproc.
type FamilyFunction struct {
	OID         types.OID
	Number      int
	Left, Right types.OID
	Func        types.OID
	Class       types.OID `json:",omitempty"`
}

// OpClass is an operator class.
type OpClass struct {
	ObjectHead
	Method  string
	Family  types.OID
	Type    types.OID
	Default bool
	Key     types.OID `json:",omitempty"` // the type that the index holds, if another
}

// Collation is a collation of CREATE COLLATION.
type Collation struct {
	ObjectHead
	Provider        byte // c libc, i ICU
	Locale          string
	Collate, Ctype  string
	Nondetermin     bool   `json:",omitempty"`
	Encoding        bool   `json:",omitempty"` // for UTF8; else for any encoding
	Rules           string // the name by which package collation knows it
	RecordedVersion string
}

func (o *Operator) Next() Object  { n := *o; n.Version++; return &n }
func (o *Cast) Next() Object      { n := *o; n.Version++; return &n }
func (o *OpFamily) Next() Object  { n := *o; n.Version++; return &n }
func (o *OpClass) Next() Object   { n := *o; n.Version++; return &n }
func (o *Collation) Next() Object { n := *o; n.Version++; return &n }

func (o *Operator) kind() byte  { return kindOperator }
func (o *Cast) kind() byte      { return kindCast }
func (o *OpFamily) kind() byte  { return kindOpFamily }
func (o *OpClass) kind() byte   { return kindOpClass }
func (o *Collation) kind() byte { return kindCollation }

func (o *Operator) key() relName {
	return relName{o.Schema, "\x00o" + o.Name + "\x00" + uitoa(o.Left) + "," + uitoa(o.Right)}
}

func (o *Cast) key() relName      { return relName{0, "\x00c" + uitoa(o.From) + "," + uitoa(o.To)} }
func (o *OpFamily) key() relName  { return relName{o.Schema, "\x00y" + o.Method + "\x00" + o.Name} }
func (o *OpClass) key() relName   { return relName{o.Schema, "\x00k" + o.Method + "\x00" + o.Name} }
func (o *Collation) key() relName { return relName{o.Schema, "\x00l" + o.Name} }

// objectList is the key of the objects of a kind with one name, in all schemas. A cast's is what it converts from.
func objectList(o Object) relName {
	name := o.Head().Name
	if c, ok := o.(*Cast); ok {
		name = strconv.Itoa(int(c.From))
	}
	return relName{types.OID(o.kind()), name}
}

func newObject(kind byte) (Object, bool) {
	switch kind {
	case kindOperator:
		return new(Operator), true
	case kindCast:
		return new(Cast), true
	case kindOpFamily:
		return new(OpFamily), true
	case kindOpClass:
		return new(OpClass), true
	case kindCollation:
		return new(Collation), true
	}
	return nil, false
}

func (s *snapshot) putObject(o Object) {
	s.removeObject(o)
	s.objects.set(o.Head().OID, o)
	addOID(&s.objectNames, objectList(o), o.Head().OID)
	s.extended[o.kind()]++
}

func (s *snapshot) removeObject(o Object) {
	old, ok := s.objects.get(o.Head().OID)
	if !ok {
		return
	}
	s.objects.remove(o.Head().OID)
	dropOID(&s.objectNames, objectList(old), o.Head().OID)
	s.extended[o.kind()]--
}

// Objects lists all objects by OID.
func (r *Reader) Objects() []Object {
	m := map[types.OID]Object{}
	for oid, o := range r.objects.all() {
		m[oid] = o
	}
	return sortedByKey(m)
}

// Object returns the object with that OID.
func (r *Reader) Object(oid types.OID) (Object, bool) { return r.objects.get(oid) }

// objectOf is Object of one kind.
func objectOf[T Object](r *Reader, oid types.OID) (T, bool) {
	o, _ := r.objects.get(oid)
	t, ok := o.(T)
	return t, ok
}

// objectsNamed lists the objects of a kind with one name, by OID.
func objectsNamed[T Object](r *Reader, kind byte, name string) []T {
	if r.extended[kind] == 0 {
		return nil
	}
	oids, _ := r.objectNames.get(relName{types.OID(kind), name})
	var out []T
	for _, oid := range oids {
		if t, ok := objectOf[T](r, oid); ok {
			out = append(out, t)
		}
	}
	return out
}

// Operator returns the operator with that OID.
func (r *Reader) Operator(oid types.OID) (*Operator, bool) { return objectOf[*Operator](r, oid) }

// OperatorsNamed lists the operators of that name in all schemas, by OID.
func (r *Reader) OperatorsNamed(name string) []*Operator {
	return objectsNamed[*Operator](r, kindOperator, name)
}

// OpFamily returns the operator family with that OID, or what was added to the built-in one.
func (r *Reader) OpFamily(oid types.OID) (*OpFamily, bool) { return objectOf[*OpFamily](r, oid) }

// OpFamiliesNamed lists the operator families of that name.
func (r *Reader) OpFamiliesNamed(name string) []*OpFamily {
	return objectsNamed[*OpFamily](r, kindOpFamily, name)
}

// OpClass returns the operator class with that OID.
func (r *Reader) OpClass(oid types.OID) (*OpClass, bool) { return objectOf[*OpClass](r, oid) }

// OpClassesNamed lists the operator classes of that name.
func (r *Reader) OpClassesNamed(name string) []*OpClass {
	return objectsNamed[*OpClass](r, kindOpClass, name)
}

// Collation returns the collation with that OID.
func (r *Reader) Collation(oid types.OID) (*Collation, bool) { return objectOf[*Collation](r, oid) }

// CollationsNamed lists the collations of that name.
func (r *Reader) CollationsNamed(name string) []*Collation {
	return objectsNamed[*Collation](r, kindCollation, name)
}

// Cast returns the cast of CREATE CAST between two types.
func (r *Reader) Cast(from, to types.OID) (*Cast, bool) {
	if r.extended[kindCast] == 0 {
		return nil, false
	}
	for _, c := range objectsNamed[*Cast](r, kindCast, strconv.Itoa(int(from))) {
		if c.To == to {
			return c, true
		}
	}
	return nil, false
}

// HasCasts reports whether there are casts of CREATE CAST.
func (r *Reader) HasCasts() bool { return r.extended[kindCast] > 0 }

// HasOperators reports whether there are operators of CREATE OPERATOR.
func (r *Reader) HasOperators() bool { return r.extended[kindOperator] > 0 }

// HasTypedTables reports whether there are tables of CREATE TABLE OF.
func (r *Reader) HasTypedTables() bool { return r.extended[kindTable] > 0 }

// HasBaseTypes reports whether there are base types of CREATE TYPE.
func (r *Reader) HasBaseTypes() bool { return r.extended[kindType] > 0 }

// DefaultOpClass returns the operator class of CREATE OPERATOR CLASS that a type has by default for an access method.
func (r *Reader) DefaultOpClass(t types.OID, method string) (*OpClass, bool) {
	if r.extended[kindOpClass] == 0 {
		return nil, false
	}
	for _, o := range r.objects.all() {
		if c, ok := o.(*OpClass); ok && c.Default && c.Type == t && c.Method == method {
			return c, true
		}
	}
	return nil, false
}

// BuiltinOrder reports whether an operator class of btree or hash compares as the built-in type does whose values its type holds: its functions are
// that type's.
func (r *Reader) BuiltinOrder(c *OpClass) bool {
	f, ok := r.OpFamily(c.Family)
	if !ok {
		return false
	}
	source := func(oid types.OID) string {
		if p, ok := builtins.ProcByOID(oid); ok {
			return p.Src
		}
		if g, ok := r.Function(oid); ok && g.Language == Internal {
			return g.Body
		}
		return ""
	}
	held := types.BaseOf(c.Type)
	if c.Method == "btree" {
		for _, p := range f.Functions {
			if p.Class == c.OID && p.Number == 1 && p.Left == c.Type && p.Right == c.Type {
				return builtins.InternalOrder(source(p.Func), held)
			}
		}
		return false
	}
	for _, m := range f.Operators {
		if m.Class != c.OID || m.Strategy != 1 || m.Left != c.Type || m.Right != c.Type {
			continue
		}
		if o, ok := r.Operator(m.Operator); ok {
			return builtins.InternalOperator(source(o.Func), "=")
		}
		return m.Operator < FirstUserOID
	}
	return false
}
