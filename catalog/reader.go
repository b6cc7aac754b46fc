package catalog

import (
	"cmp"
	"iter"
	"slices"
	"sync"

	"github.com/lightsql/lightsql/sql/types"
)

// Reader is the catalog as one transaction sees it: an immutable published snapshot, or a transaction's own version of it.
// It answers from memory and is never changed, so any number of goroutines may use one; descriptors that it returns are
// shared and must not be modified.
type Reader struct {
	*snapshot
}

// Memo is what compute makes of the catalog that r shows, computed once: key names it.
func (r *Reader) Memo(key any, compute func() (any, error)) (any, error) {
	if v, ok := r.memo.Load(key); ok {
		return v, nil
	}
	v, err := compute()
	if err != nil {
		return nil, err
	}
	r.memo.Store(key, v)
	return v, nil
}

// relName is the key of the one namespace that tables, views, sequences and indexes of a schema share (pg_class).
type relName struct {
	schema types.OID
	name   string
}

// snapshot is one version of the catalog. Its maps are not changed once a Reader shows them.
type snapshot struct {
	version       uint64
	builtins      *Builtins
	databases     map[types.OID]*Database
	roles         map[types.OID]*Role
	schemas       map[types.OID]*Schema
	schemaNames   map[string]*Schema
	relations     layered[types.OID, Relation] // *Table, *View, *Sequence, *Index
	names         layered[relName, Relation]
	readers       layered[types.OID, []types.OID] // views that read a relation, ascending
	owned         layered[types.OID, []types.OID] // sequences that columns of a table own, ascending
	memo          sync.Map
	children      layered[types.OID, []types.OID] // tables that inherit from a table, ascending
	types         layered[types.OID, *Type]
	typeNames     layered[relName, types.OID]
	functions     layered[types.OID, *Function]
	functionNames layered[string, []types.OID]    // functions of a name in all schemas, ascending
	bodies        layered[types.OID, []types.OID] // functions whose parsed body names an object, ascending
	objects       layered[types.OID, Object]
	objectNames   layered[relName, []types.OID] // objects by kind (in the place of the schema) and name, ascending
	extended      [128]int32                    // how many objects of a kind there are
}

// Builtins are the relations that exist in every database and are not stored: virtual tables and views of pg_catalog and
// information_schema. It is built once at start and then read-only.
type Builtins struct {
	relations map[types.OID]Relation
	names     map[relName]Relation
	ordered   []Relation
}

// NewBuiltins registers built-in relations: *Table with Virtual set, or *View.
func NewBuiltins(rels ...Relation) *Builtins {
	b := &Builtins{relations: map[types.OID]Relation{}, names: map[relName]Relation{}}
	for _, r := range rels {
		b.relations[r.RelOID()] = r
		b.names[relName{r.RelSchema(), r.RelName()}] = r
		b.ordered = append(b.ordered, r)
	}
	sortByOID(b.ordered)
	return b
}

func sortByOID(rels []Relation) {
	slices.SortFunc(rels, func(a, b Relation) int { return cmp.Compare(a.RelOID(), b.RelOID()) })
}

// Version identifies the state of the catalog that r shows; equal versions mean equal answers (plans are cached by it).
func (r *Reader) Version() uint64 { return r.version }

// Database returns the database with that name.
func (r *Reader) Database(name string) (*Database, bool) {
	for _, d := range r.databases {
		if d.Name == name {
			return d, true
		}
	}
	return nil, false
}

// DatabaseByOID returns the database with that OID.
func (r *Reader) DatabaseByOID(oid types.OID) (*Database, bool) {
	d, ok := r.databases[oid]
	return d, ok
}

// Databases lists the databases by OID.
func (r *Reader) Databases() []*Database {
	return sortedByKey(r.databases)
}

// Role returns the role with that name.
func (r *Reader) Role(name string) (*Role, bool) {
	for _, x := range r.roles {
		if x.Name == name {
			return x, true
		}
	}
	return nil, false
}

// RoleByOID returns the role with that OID.
func (r *Reader) RoleByOID(oid types.OID) (*Role, bool) {
	x, ok := r.roles[oid]
	return x, ok
}

// Roles lists the roles by OID.
func (r *Reader) Roles() []*Role { return sortedByKey(r.roles) }

// Schema returns the schema with that name.
func (r *Reader) Schema(name string) (*Schema, bool) {
	s, ok := r.schemaNames[name]
	return s, ok
}

// SchemaByOID returns the schema with that OID.
func (r *Reader) SchemaByOID(oid types.OID) (*Schema, bool) {
	s, ok := r.schemas[oid]
	return s, ok
}

// SchemaName is the name of a schema, "" if there is no such schema.
func (r *Reader) SchemaName(oid types.OID) string {
	if s, ok := r.schemas[oid]; ok {
		return s.Name
	}
	return ""
}

// Schemas lists the schemas by OID.
func (r *Reader) Schemas() []*Schema { return sortedByKey(r.schemas) }

// Relation returns the table, view, sequence or index with that name in one schema.
func (r *Reader) Relation(schema types.OID, name string) (Relation, bool) {
	k := relName{schema, name}
	if rel, ok := r.names.get(k); ok {
		return rel, true
	}
	rel, ok := r.builtins.names[k]
	return rel, ok
}

// RelationByOID returns the table, view, sequence or index with that OID.
func (r *Reader) RelationByOID(oid types.OID) (Relation, bool) {
	if rel, ok := r.relations.get(oid); ok {
		return rel, true
	}
	rel, ok := r.builtins.relations[oid]
	return rel, ok
}

// Table returns the table (virtual ones too) with that OID.
func (r *Reader) Table(oid types.OID) (*Table, bool) {
	rel, _ := r.RelationByOID(oid)
	t, ok := rel.(*Table)
	return t, ok
}

// View returns the view with that OID.
func (r *Reader) View(oid types.OID) (*View, bool) {
	rel, _ := r.RelationByOID(oid)
	v, ok := rel.(*View)
	return v, ok
}

// Sequence returns the sequence with that OID.
func (r *Reader) Sequence(oid types.OID) (*Sequence, bool) {
	rel, _ := r.RelationByOID(oid)
	s, ok := rel.(*Sequence)
	return s, ok
}

// Index returns the index with that OID and its table.
func (r *Reader) Index(oid types.OID) (*Table, *Index, bool) {
	rel, _ := r.RelationByOID(oid)
	x, ok := rel.(*Index)
	if !ok {
		return nil, nil, false
	}
	t, ok := r.Table(x.Table)
	return t, x, ok
}

// IndexByName returns the index with that name in one schema and its table.
func (r *Reader) IndexByName(schema types.OID, name string) (*Table, *Index, bool) {
	rel, _ := r.Relation(schema, name)
	x, ok := rel.(*Index)
	if !ok {
		return nil, nil, false
	}
	t, ok := r.Table(x.Table)
	return t, x, ok
}

// Lookup finds a relation by a name as SQL writes it: in schema if that is not "", else in the first schema of
// searchPath that has it. pg_catalog is searched first unless the path names it (PostgreSQL's rule), but after the session's
// temporary schema where that begins the path.
func (r *Reader) Lookup(searchPath []string, schema, name string) (Relation, bool) {
	if schema != "" {
		if schema == TempAlias {
			schema = OwnTemp(searchPath)
		}
		s, ok := r.schemaNames[schema]
		if !ok {
			return nil, false
		}
		return r.Relation(s.OID, name)
	}
	if len(searchPath) > 0 && IsTempSchema(searchPath[0]) {
		if s, ok := r.schemaNames[searchPath[0]]; ok {
			if rel, ok := r.Relation(s.OID, name); ok {
				return rel, true
			}
		}
		searchPath = searchPath[1:]
	}
	if !slices.Contains(searchPath, "pg_catalog") {
		if rel, ok := r.builtins.names[relName{PGCatalogOID, name}]; ok {
			return rel, true
		}
	}
	for _, p := range searchPath {
		if s, ok := r.schemaNames[p]; ok {
			if rel, ok := r.Relation(s.OID, name); ok {
				return rel, true
			}
		}
	}
	return nil, false
}

// Visible reports whether the bare name of rel finds rel itself (pg_table_is_visible).
func (r *Reader) Visible(searchPath []string, rel Relation) bool {
	if t, ok := rel.(*Type); ok {
		oid, ok := r.LookupType(searchPath, "", t.Name)
		return ok && oid == t.OID
	}
	found, ok := r.Lookup(searchPath, "", rel.RelName())
	return ok && found.RelOID() == rel.RelOID()
}

// Relations yields the relations of one schema by OID; schema 0 means all schemas.
func (r *Reader) Relations(schema types.OID) iter.Seq[Relation] {
	return func(yield func(Relation) bool) {
		for _, rel := range r.builtins.ordered {
			if (schema == 0 || rel.RelSchema() == schema) && !yield(rel) {
				return
			}
		}
		var rels []Relation
		for _, rel := range r.relations.all() {
			if schema == 0 || rel.RelSchema() == schema {
				rels = append(rels, rel)
			}
		}
		sortByOID(rels)
		for _, rel := range rels {
			if !yield(rel) {
				return
			}
		}
	}
}

// RowType returns the table, view or composite type whose row type has that OID.
func (r *Reader) RowType(typeOID types.OID) (Relation, bool) {
	if t, ok := r.types.get(typeOID); ok {
		return t, t.Kind == TypeComposite
	}
	if typeOID >= types.FirstUserOID && !types.IsComposite(typeOID) {
		return nil, false
	}
	has := func(rel Relation) bool { return typeOID != 0 && RowTypeOf(rel) == typeOID }
	for _, rel := range r.relations.all() {
		if has(rel) {
			return rel, true
		}
	}
	for _, rel := range r.builtins.ordered {
		if has(rel) {
			return rel, true
		}
	}
	return nil, false
}

// Dependents lists the views that read a relation, and the relations with rules that depend on it, by OID.
func (r *Reader) Dependents(oid types.OID) []Relation {
	oids, _ := r.readers.get(oid)
	var vs []Relation
	for _, o := range oids {
		if v, ok := r.RelationByOID(o); ok {
			vs = append(vs, v)
		}
	}
	return vs
}

// OwnedSequences lists the sequences owned by columns of a table, by OID; column 0 means any column.
func (r *Reader) OwnedSequences(table types.OID, column ColumnID) []*Sequence {
	oids, _ := r.owned.get(table)
	var seqs []*Sequence
	for _, o := range oids {
		if s, ok := r.Sequence(o); ok && (column == 0 || s.OwnedBy.Column == column) {
			seqs = append(seqs, s)
		}
	}
	return seqs
}

// Tables yields the stored tables in no order.
func (r *Reader) Tables() iter.Seq[*Table] {
	return func(yield func(*Table) bool) {
		for _, rel := range r.relations.all() {
			if t, ok := rel.(*Table); ok && !yield(t) {
				return
			}
		}
	}
}

func sortedByKey[V any](m map[types.OID]V) []V {
	keys := make([]types.OID, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	vs := make([]V, len(keys))
	for i, k := range keys {
		vs[i] = m[k]
	}
	return vs
}
