package catalog

import (
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/types"
)

// FirstUserOID is the first OID given to user objects (PostgreSQL's FirstNormalObjectId).
const FirstUserOID types.OID = 16384

// Built-in objects with PostgreSQL's OIDs.
const (
	PGCatalogOID         types.OID = 11
	PublicOID            types.OID = 2200
	InformationSchemaOID types.OID = 13000
	ToastOID             types.OID = 99
	SuperuserOID         types.OID = 10
	DatabaseOwnerOID     types.OID = 6171 // role pg_database_owner
	DatabaseOID          types.OID = 5    // database "postgres"
)

// ColumnID identifies a column of a table for ever: it is pg_attribute.attnum, counts from 1, and is never reused.
type ColumnID int16

// IndexID identifies the key range of one index of a table within its key space; never reused. PrimaryIndexID is the table itself.
type IndexID uint32

// Descriptors are immutable once published: a change makes a copy with Version+1. Expressions in descriptors are SQL text
// printed by sql/ast's printer, with every name qualified.

// Database is a database.
type Database struct {
	OID       types.OID
	Name      string
	Owner     types.OID
	Version   uint64
	Template  bool
	AllowConn bool
	Comment   string
	ACL       acl.ACL
}

// Schema is a namespace of one database.
type Schema struct {
	OID      types.OID
	Database types.OID
	Name     string
	Owner    types.OID
	Version  uint64
	Comment  string
	ACL      acl.ACL
}

// RelKind is pg_class.relkind.
type RelKind byte

// Relation kinds.
const (
	RelTable    RelKind = 'r'
	RelView     RelKind = 'v'
	RelSequence RelKind = 'S'
	RelIndex    RelKind = 'i'
	RelMatView  RelKind = 'm'
	RelVirtual  RelKind = 't' + 1 // a built-in table computed from descriptors; pg_class shows 'r' or 'v'
)

// Relation is what a FROM clause or regclass can name: *Table, *View, *Sequence or *Index.
type Relation interface {
	RelOID() types.OID
	RelName() string
	RelSchema() types.OID
	RelKind() RelKind
}

// Table is a table, or a virtual table of pg_catalog and information_schema.
type Table struct {
	OID     types.OID
	TypeOID types.OID // its row type
	Schema  types.OID
	Name    string
	Owner   types.OID
	Version uint64
	// Storage names the key space of rows and indexes; TRUNCATE and rewrites give a new one. Never reused.
	Storage    uint64
	Columns    []*Column // live columns, in attnum order
	NextColumn ColumnID
	// Primary is the index the rows are stored in. A table without PRIMARY KEY has a hidden int8 row id as key:
	// Primary.Columns is then empty and Primary.OID 0.
	Primary *Index
	// Indexes are the secondary indexes (also unique ones), by creation.
	Indexes   []*Index
	NextIndex IndexID
	Checks    []*Check
	// Triggers are in the order in which they fire. ReferencedBy are the tables, itself included, with foreign keys that refer to this one:
	// who adds or drops one changes both descriptors, so that statements on either table are planned again.
	Triggers     []*Trigger    `json:",omitempty"`
	Rules        []*Rule       `json:",omitempty"` // by name
	ForeignKeys  []*ForeignKey `json:",omitempty"`
	ReferencedBy []types.OID   `json:",omitempty"`
	// Statistics are the objects of CREATE STATISTICS on the table, by OID.
	Statistics []*Statistics `json:",omitempty"`
	Options    []string      // WITH (…), as text "name=value"
	OnCommit   OnCommit      `json:",omitempty"` // of a temporary table
	// Dropped are the dropped columns, in attnum order: rows written before the drop still hold them, and later ones
	// keep their place. A column added with a constant default needs no rewrite either (Column.Missing).
	Dropped []*Column
	Comment string
	ACL     acl.ACL
	// Parents are the tables that it inherits from, in the order of pg_inherits.inhseqno. A partition has one: its partitioned table.
	Parents []types.OID `json:",omitempty"`
	// Key is how a partitioned table spreads its rows over its partitions; it holds none itself.
	Key *PartitionKey `json:",omitempty"`
	// Bound says which rows of Parents[0] a partition holds.
	Bound *PartitionBound `json:",omitempty"`
	// MatView is set for a materialized view, which is a table of the rows that its query gave last.
	MatView *MatView `json:",omitempty"`
	// OfType is the composite type of a typed table.
	OfType types.OID `json:",omitempty"`
	// Virtual is set for built-in tables only.
	Virtual Virtual `json:"-"`
}

// MatView is the query of a materialized view, as a View has it.
type MatView struct {
	Query     string
	DependsOn []types.OID
	// Unpopulated: it was created or refreshed WITH NO DATA, and cannot be read.
	Unpopulated bool `json:",omitempty"`
}

// Column is a column of a table.
type Column struct {
	ID      ColumnID
	Name    string
	Type    types.T
	NotNull bool
	Default string // SQL text; "" none; of a generated column its expression
	// Missing is the value of rows written before the column was added (types' binary format); nil: NULL.
	Missing   []byte
	Collation string // "" default
	Comment   string
	Identity  byte    // 0, 'a' always, 'd' by default
	Generated byte    // 0, 's' stored
	ACL       acl.ACL `json:",omitempty"` // beyond the relation's; nil: none
	// StatTarget is the column's statistics target plus one (SET STATISTICS); 0: the default.
	StatTarget int `json:",omitempty"`
	Inheritance
}

// PrimaryIndexID is the IndexID of the index that holds the rows.
const PrimaryIndexID IndexID = 1

// Index is an index of a table.
type Index struct {
	ID     IndexID
	OID    types.OID // pg_class OID; 0 for a hidden row id
	Table  types.OID // the table it belongs to
	Schema types.OID // the table's schema
	Name   string
	// Method is the access method: "" is btree. An index of method hash is kept as one of btree is.
	Method  string `json:",omitempty"`
	Columns []IndexColumn
	Unique  bool
	Primary bool
	// Constraint is the OID of the PRIMARY KEY or UNIQUE constraint that owns the index, 0 for CREATE INDEX.
	Constraint types.OID
	Predicate  string // partial index, SQL text; "" none
	// Reads are the columns that expressions and the predicate name.
	Reads            []ColumnID `json:",omitempty"`
	Include          []ColumnID
	NullsNotDistinct bool
	// Building: writers maintain it, readers do not use it yet.
	Building          bool
	Clustered         bool `json:",omitempty"` // CLUSTER used it last
	Comment           string
	ConstraintComment string
	// Partitioned: it stands for the indexes of the partitions; Parent is the index of the partitioned table that it is a part of. Invalid: some
	// partition has no such index yet.
	Partitioned bool      `json:",omitempty"`
	Parent      types.OID `json:",omitempty"`
	Invalid     bool      `json:",omitempty"`
	// FileNode is what pg_class calls the storage of the index: another number each time its entries were made again. 0 is the OID.
	FileNode types.OID `json:",omitempty"`
	Options  []string  `json:",omitempty"` // WITH, as text
}

// IndexColumn is one key column of an index.
type IndexColumn struct {
	Column ColumnID // 0: Expr
	Expr   string   // SQL text of an expression column
	Name   string   `json:",omitempty"` // of an expression column, as pg_attribute shows it
	Type   types.T  // of an expression column
	// Collation is that of a COLLATE clause. The entries are in the order of bytes in any case: other orders do not use the index.
	Collation  string `json:",omitempty"`
	OpClass    string `json:",omitempty"` // "": the default one
	Desc       bool
	NullsFirst bool
}

// Check is a CHECK constraint.
type Check struct {
	OID      types.OID
	Name     string
	Expr     string // SQL text
	Columns  []ColumnID
	NotValid bool
	Comment  string
	// NoInherit: tables that inherit from this one do not get it.
	NoInherit bool `json:",omitempty"`
	Inheritance
}

// View is a view: its SELECT as SQL text, and the columns it had when created.
type View struct {
	OID       types.OID
	TypeOID   types.OID
	Schema    types.OID
	Name      string
	Owner     types.OID
	Version   uint64
	Query     string
	Columns   []*Column
	DependsOn []types.OID
	Comment   string
	Options   []string
	Triggers  []*Trigger `json:",omitempty"`
	Rules     []*Rule    `json:",omitempty"` // by name; its own query is not among them
	ACL       acl.ACL
}

// Sequence is a sequence. Its counter is stored apart (a key of its own that Nextval advances outside transactions).
type Sequence struct {
	OID                               types.OID
	Schema                            types.OID
	Name                              string
	Owner                             types.OID
	Version                           uint64
	Type                              types.OID // int2, int4, int8
	Start, Increment, Min, Max, Cache int64
	Cycle                             bool
	// OwnedBy is the column whose DROP drops the sequence (serial); Table 0: none.
	OwnedBy OwnedBy
	// Storage names the counter; RESTART and TRUNCATE … RESTART IDENTITY in a transaction give a new one, which begins
	// with the value Initial (InitialCalled: it was already given out).
	Storage       uint64
	Initial       int64
	InitialCalled bool
	Comment       string
	ACL           acl.ACL
}

// OwnedBy names a column.
type OwnedBy struct {
	Table    types.OID
	Column   ColumnID
	Identity bool
}

// Virtual computes the rows of a built-in table.
type Virtual interface {
	// Rows calls emit for every row (one Datum per column of the table, valid only during the call), until emit returns an error, which it returns.
	// eq holds equality predicates on columns of the table (ordinal → value) that Rows may use to build fewer rows; the caller filters anyway.
	Rows(s *Session, eq map[int]types.Datum, emit func([]types.Datum) error) error
}

// Session is what virtual tables and catalog functions see of the session: the catalog of its snapshot and who asks.
type Session struct {
	Reader *Reader
	// Catalog is the live catalog behind Reader: sequences and hidden row ids; nil in tests that need neither.
	Catalog *Catalog
	// Provider serves run-time tables (pg_stat_activity, pg_locks, pg_settings, pg_prepared_statements …), by table name: rows in column order.
	Provider func(name string) [][]types.Datum
	// Rows, if set, estimates the rows of a table that was analyzed; ok is false for others.
	Rows func(t *Table) (rows float64, ok bool)
	// Stats, if set, is a stats.Provider; that package is above this one.
	Stats any
	// Stat, if set, is what a function such as pg_stat_get_numscans says about a relation or a function.
	Stat     func(function string, oid types.OID) types.Datum
	User     string // current_user
	Database string // the current database's name
}
