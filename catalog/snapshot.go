package catalog

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/lightsql/lightsql/sql/types"
)

// versions numbers every state of the catalog that this process ever shows, so that two Readers with equal Version are
// the same state. It carries no meaning across a restart.
var versions atomic.Uint64

// newSnapshot is a catalog with nothing but the built-in relations.
func newSnapshot(b *Builtins) *snapshot {
	if b == nil {
		b = NewBuiltins()
	}
	return &snapshot{
		version:     versions.Add(1),
		builtins:    b,
		databases:   map[types.OID]*Database{},
		roles:       map[types.OID]*Role{},
		schemas:     map[types.OID]*Schema{},
		schemaNames: map[string]*Schema{},
	}
}

// NewReader returns a catalog that holds what a fresh store does, and rels: for tests and tools that have no store.
func NewReader(b *Builtins, rels ...Relation) *Reader {
	s := newSnapshot(b)
	for _, d := range bootstrapDescriptors() {
		s.put(d)
	}
	for _, r := range rels {
		s.put(r)
	}
	return &Reader{s}
}

// WithSchema returns r with more schemas: for tests and tools that have no store.
func WithSchema(r *Reader, schemas ...*Schema) *Reader {
	s := r.clone()
	for _, x := range schemas {
		s.put(x)
	}
	return &Reader{s}
}

// bootstrapDescriptors are the objects of an empty store.
func bootstrapDescriptors() []any {
	ds := []any{
		&Database{OID: 1, Name: "template1", Owner: SuperuserOID, Version: 1, Template: true, AllowConn: true,
			Comment: "default template for new databases"},
		&Database{OID: 4, Name: "template0", Owner: SuperuserOID, Version: 1, Template: true,
			Comment: "unmodifiable empty database"},
		&Database{OID: DatabaseOID, Name: "postgres", Owner: SuperuserOID, Version: 1, AllowConn: true,
			Comment: "default administrative connection database"},
		&Role{OID: SuperuserOID, Name: "postgres", Version: 1, Super: true, Inherit: true, CreateRole: true, CreateDB: true,
			Login: true, Replication: true, BypassRLS: true, ConnLimit: -1},
		&Schema{OID: PGCatalogOID, Database: DatabaseOID, Name: "pg_catalog", Owner: SuperuserOID, Version: 1,
			Comment: "system catalog schema"},
		&Schema{OID: ToastOID, Database: DatabaseOID, Name: "pg_toast", Owner: SuperuserOID, Version: 1,
			Comment: "reserved schema for TOAST tables"},
		&Schema{OID: PublicOID, Database: DatabaseOID, Name: "public", Owner: DatabaseOwnerOID, Version: 1,
			Comment: "standard public schema"},
		&Schema{OID: InformationSchemaOID, Database: DatabaseOID, Name: "information_schema", Owner: SuperuserOID, Version: 1},
	}
	for _, r := range predefinedRoles {
		ds = append(ds, &Role{OID: r.oid, Name: r.name, Version: 1, Inherit: true, ConnLimit: -1})
	}
	return ds
}

// predefinedRoles are PostgreSQL's.
var predefinedRoles = []struct {
	oid  types.OID
	name string
}{
	{3373, "pg_monitor"}, {3374, "pg_read_all_settings"}, {3375, "pg_read_all_stats"}, {3377, "pg_stat_scan_tables"},
	{4200, "pg_signal_backend"}, {4544, "pg_checkpoint"}, {4569, "pg_read_server_files"}, {4570, "pg_write_server_files"},
	{4571, "pg_execute_server_program"}, {DatabaseOwnerOID, "pg_database_owner"}, {6181, "pg_read_all_data"},
	{6182, "pg_write_all_data"},
}

// clone copies the maps, not the descriptors, which are immutable.
func (s *snapshot) clone() *snapshot {
	return &snapshot{
		version:       versions.Add(1),
		builtins:      s.builtins,
		databases:     maps.Clone(s.databases),
		roles:         maps.Clone(s.roles),
		schemas:       maps.Clone(s.schemas),
		schemaNames:   maps.Clone(s.schemaNames),
		relations:     s.relations.clone(),
		names:         s.names.clone(),
		readers:       s.readers.clone(),
		owned:         s.owned.clone(),
		children:      s.children.clone(),
		functions:     s.functions.clone(),
		functionNames: s.functionNames.clone(),
		bodies:        s.bodies.clone(),
		types:         s.types.clone(),
		typeNames:     s.typeNames.clone(),
		objects:       s.objects.clone(),
		objectNames:   s.objectNames.clone(),
		extended:      s.extended,
	}
}

// put adds or replaces a descriptor, and a table's indexes with it. Only for a snapshot that no Reader shows yet.
func (s *snapshot) put(d any) {
	switch x := d.(type) {
	case *Database:
		s.databases[x.OID] = x
	case *Role:
		s.roles[x.OID] = x
	case *Schema:
		s.remove(x)
		s.schemas[x.OID] = x
		s.schemaNames[x.Name] = x
	case *Table:
		s.remove(x)
		s.putRelation(x)
		for _, i := range x.AllIndexes() {
			s.putRelation(i)
		}
	case *Function:
		s.removeFunction(x.OID)
		s.putFunction(x)
	case *Type:
		s.removeType(x.OID)
		s.putType(x)
	case Object:
		s.putObject(x)
	case Relation:
		s.remove(x)
		s.putRelation(x)
	}
}

func (s *snapshot) putRelation(r Relation) {
	s.relations.set(r.RelOID(), r)
	s.names.set(relName{r.RelSchema(), r.RelName()}, r)
	for _, on := range readsOf(r) {
		addOID(&s.readers, on, r.RelOID())
	}
	switch x := r.(type) {
	case *Sequence:
		if x.OwnedBy.Table != 0 {
			addOID(&s.owned, x.OwnedBy.Table, x.OID)
		}
	case *Table:
		if x.OfType != 0 {
			s.extended[kindTable]++
		}
		for _, p := range x.Parents {
			addOID(&s.children, p, x.OID)
		}
	}
}

// remove takes away the present version of a descriptor (by d's OID), with a table's indexes.
func (s *snapshot) remove(d any) {
	switch x := d.(type) {
	case *Database:
		delete(s.databases, x.OID)
	case *Role:
		delete(s.roles, x.OID)
	case *Schema:
		if old, ok := s.schemas[x.OID]; ok {
			delete(s.schemas, x.OID)
			delete(s.schemaNames, old.Name)
		}
	case *Function:
		s.removeFunction(x.OID)
	case *Type:
		s.removeType(x.OID)
	case Object:
		s.removeObject(x)
	case Relation:
		old, ok := s.relations.get(x.RelOID())
		if !ok {
			return
		}
		s.removeRelation(old)
		if t, ok := old.(*Table); ok {
			for _, i := range t.AllIndexes() {
				s.removeRelation(i)
			}
		}
	}
}

func (s *snapshot) removeRelation(r Relation) {
	s.relations.remove(r.RelOID())
	k := relName{r.RelSchema(), r.RelName()}
	// A rename within one change may already have given the name to another relation.
	if cur, ok := s.names.get(k); ok && cur.RelOID() == r.RelOID() {
		s.names.remove(k)
	}
	for _, on := range readsOf(r) {
		dropOID(&s.readers, on, r.RelOID())
	}
	switch x := r.(type) {
	case *Sequence:
		if x.OwnedBy.Table != 0 {
			dropOID(&s.owned, x.OwnedBy.Table, x.OID)
		}
	case *Table:
		if x.OfType != 0 {
			s.extended[kindTable]--
		}
		for _, p := range x.Parents {
			dropOID(&s.children, p, x.OID)
		}
	}
}

// addOID adds oid to the ascending list at key. Lists are never changed in place.
func addOID[K comparable](m *layered[K, []types.OID], key K, oid types.OID) {
	list, _ := m.get(key)
	i, ok := slices.BinarySearch(list, oid)
	if !ok {
		m.set(key, slices.Insert(slices.Clone(list), i, oid))
	}
}

func dropOID[K comparable](m *layered[K, []types.OID], key K, oid types.OID) {
	list, _ := m.get(key)
	i, ok := slices.BinarySearch(list, oid)
	switch {
	case !ok:
	case len(list) == 1:
		m.remove(key)
	default:
		m.set(key, slices.Delete(slices.Clone(list), i, i+1))
	}
}
