package ast

// CreateSchemaStmt is CREATE SCHEMA; Name may be "" with an AuthRole.
type CreateSchemaStmt struct {
	Name        string
	AuthRole    *RoleSpec
	Elements    []Stmt
	IfNotExists bool
}

// FunctionParameterMode is the mode of a parameter.
type FunctionParameterMode uint8

// The parameter modes.
const (
	FuncParamDefault FunctionParameterMode = iota
	FuncParamIn
	FuncParamOut
	FuncParamInOut
	FuncParamVariadic
	FuncParamTable
)

// FunctionParameter is a parameter in a function's definition or signature.
type FunctionParameter struct {
	Name    string
	Type    *TypeName
	Mode    FunctionParameterMode
	Default Expr
	Pos     int
}

// CreateFunctionStmt is CREATE FUNCTION and CREATE PROCEDURE. Options are "as"
// (*Names with one or two strings), "language", "transform", "window",
// "volatility", "strict", "leakproof", "security", "cost", "rows", "support",
// "set" (*VariableSetStmt), "parallel".
type CreateFunctionStmt struct {
	IsProcedure bool
	Replace     bool
	Name        []string
	Params      []*FunctionParameter
	ReturnType  *TypeName
	Options     []*DefElem
	// SQLBody is the body of RETURN expr (a *ReturnStmt) or of BEGIN ATOMIC
	// (a *CompoundStmt); nil if "as" has it.
	SQLBody Stmt
}

// ReturnStmt is RETURN in an SQL body.
type ReturnStmt struct {
	Value Expr
}

// CompoundStmt is BEGIN ATOMIC … END in an SQL body.
type CompoundStmt struct {
	Stmts []Stmt
}

// AlterFunctionStmt is ALTER FUNCTION, PROCEDURE, ROUTINE with options.
type AlterFunctionStmt struct {
	ObjType ObjectType
	Func    *ObjectWithArgs
	Actions []*DefElem
}

// DefineStmt is CREATE AGGREGATE, OPERATOR, TYPE (base), COLLATION and TEXT SEARCH
// objects.
type DefineStmt struct {
	Kind        ObjectType
	OldStyle    bool // CREATE AGGREGATE name (basetype = …)
	Names       []string
	Params      []*FunctionParameter // of an aggregate
	NumDirect   int                  // of an aggregate, -1 without ORDER BY
	AggStar     bool                 // aggregate (*)
	Definition  []*DefElem
	IfNotExists bool
	Replace     bool
}

// CompositeTypeStmt is CREATE TYPE … AS (…).
type CompositeTypeStmt struct {
	Type    *RangeVar
	Columns []*ColumnDef
}

// CreateEnumStmt is CREATE TYPE … AS ENUM.
type CreateEnumStmt struct {
	TypeName []string
	Vals     []string
}

// CreateRangeStmt is CREATE TYPE … AS RANGE.
type CreateRangeStmt struct {
	TypeName []string
	Params   []*DefElem
}

// AlterEnumStmt is ALTER TYPE … ADD VALUE and RENAME VALUE (then OldVal is set).
type AlterEnumStmt struct {
	TypeName           []string
	IsRename           bool
	OldVal             string
	NewVal             string
	HasNeighbor        bool
	Neighbor           string
	NewValIsAfter      bool
	SkipIfNewValExists bool
}

// AlterTypeStmt is ALTER TYPE … SET (…).
type AlterTypeStmt struct {
	TypeName []string
	Options  []*DefElem
}

// CreateDomainStmt is CREATE DOMAIN.
type CreateDomainStmt struct {
	Name        []string
	Type        *TypeName
	Collation   *CollateClause
	Constraints []*Constraint
}

// AlterDomainKind is what ALTER DOMAIN does.
type AlterDomainKind uint8

// The kinds of ALTER DOMAIN.
const (
	AlterDomainDefault AlterDomainKind = iota // Def nil drops it
	AlterDomainDropNotNull
	AlterDomainSetNotNull
	AlterDomainAddConstraint
	AlterDomainDropConstraint
	AlterDomainValidate
)

// AlterDomainStmt is ALTER DOMAIN.
type AlterDomainStmt struct {
	Kind      AlterDomainKind
	TypeName  []string
	Name      string // of the constraint
	Def       Node   // an Expr or a *Constraint
	Behavior  DropBehavior
	MissingOk bool
}

// CreateConversionStmt is CREATE CONVERSION.
type CreateConversionStmt struct {
	Name     []string
	From     string
	To       string
	FuncName []string
	Default  bool
}

// CoercionContext is when a cast applies.
type CoercionContext uint8

// The contexts of casts.
const (
	CoercionExplicit CoercionContext = iota
	CoercionAssignment
	CoercionImplicit
)

// CreateCastStmt is CREATE CAST.
type CreateCastStmt struct {
	Source  *TypeName
	Target  *TypeName
	Func    *ObjectWithArgs // nil for WITHOUT FUNCTION and WITH INOUT
	Context CoercionContext
	InOut   bool
}

// CreateTransformStmt is CREATE TRANSFORM.
type CreateTransformStmt struct {
	Replace bool
	Type    *TypeName
	Lang    string
	FromSQL *ObjectWithArgs
	ToSQL   *ObjectWithArgs
}

// CreateOpClassStmt is CREATE OPERATOR CLASS.
type CreateOpClassStmt struct {
	Names        []string
	Family       []string
	AccessMethod string
	DataType     *TypeName
	Items        []*CreateOpClassItem
	IsDefault    bool
}

// OpClassItemKind is the kind of a CreateOpClassItem.
type OpClassItemKind uint8

// The kinds of operator class item.
const (
	OpClassItemOperator OpClassItemKind = iota + 1
	OpClassItemFunction
	OpClassItemStorage
)

// CreateOpClassItem is an item of an operator class or family.
type CreateOpClassItem struct {
	Kind        OpClassItemKind
	Name        *ObjectWithArgs
	Number      int
	OrderFamily []string
	ClassArgs   []*TypeName
	StoredType  *TypeName
}

// CreateOpFamilyStmt is CREATE OPERATOR FAMILY.
type CreateOpFamilyStmt struct {
	Names        []string
	AccessMethod string
}

// AlterOpFamilyStmt is ALTER OPERATOR FAMILY ADD or DROP.
type AlterOpFamilyStmt struct {
	Names        []string
	AccessMethod string
	IsDrop       bool
	Items        []*CreateOpClassItem
}

// AlterOperatorStmt is ALTER OPERATOR SET.
type AlterOperatorStmt struct {
	Operator *ObjectWithArgs
	Options  []*DefElem
}

// AlterCollationStmt is ALTER COLLATION … REFRESH VERSION.
type AlterCollationStmt struct {
	Names []string
}

// AlterTSDictionaryStmt is ALTER TEXT SEARCH DICTIONARY.
type AlterTSDictionaryStmt struct {
	Names   []string
	Options []*DefElem
}

// AlterTSConfigKind is what ALTER TEXT SEARCH CONFIGURATION does.
type AlterTSConfigKind uint8

// The kinds of ALTER TEXT SEARCH CONFIGURATION.
const (
	TSConfigAddMapping AlterTSConfigKind = iota
	TSConfigAlterMappingForToken
	TSConfigReplaceDict
	TSConfigReplaceDictForToken
	TSConfigDropMapping
)

// AlterTSConfigurationStmt is ALTER TEXT SEARCH CONFIGURATION.
type AlterTSConfigurationStmt struct {
	Kind       AlterTSConfigKind
	Names      []string
	TokenTypes []string
	Dicts      [][]string
	MissingOk  bool
}

// CreateExtensionStmt is CREATE EXTENSION.
type CreateExtensionStmt struct {
	Name        string
	IfNotExists bool
	Options     []*DefElem
}

// AlterExtensionStmt is ALTER EXTENSION … UPDATE.
type AlterExtensionStmt struct {
	Name    string
	Options []*DefElem
}

// AlterExtensionContentsStmt is ALTER EXTENSION … ADD or DROP.
type AlterExtensionContentsStmt struct {
	Name       string
	Drop       bool
	ObjectType ObjectType
	Object     *ObjectRef
}

// CreateLangStmt is CREATE LANGUAGE.
type CreateLangStmt struct {
	Name      string
	Replace   bool
	Handler   []string
	Inline    []string
	Validator []string
	Trusted   bool
}

// CreateAmStmt is CREATE ACCESS METHOD; Kind is 'i' or 't'.
type CreateAmStmt struct {
	Name    string
	Kind    byte
	Handler []string
}

// CreateFdwStmt is CREATE FOREIGN DATA WRAPPER.
type CreateFdwStmt struct {
	Name        string
	FuncOptions []*DefElem
	Options     []*DefElem
}

// AlterFdwStmt is ALTER FOREIGN DATA WRAPPER.
type AlterFdwStmt struct {
	Name        string
	FuncOptions []*DefElem
	Options     []*DefElem
}

// CreateForeignServerStmt is CREATE SERVER.
type CreateForeignServerStmt struct {
	Name        string
	ServerType  string
	Version     string
	FdwName     string
	IfNotExists bool
	Options     []*DefElem
}

// AlterForeignServerStmt is ALTER SERVER.
type AlterForeignServerStmt struct {
	Name       string
	Version    string
	HasVersion bool
	Options    []*DefElem
}

// CreateUserMappingStmt is CREATE USER MAPPING.
type CreateUserMappingStmt struct {
	User        *RoleSpec
	ServerName  string
	IfNotExists bool
	Options     []*DefElem
}

// AlterUserMappingStmt is ALTER USER MAPPING.
type AlterUserMappingStmt struct {
	User       *RoleSpec
	ServerName string
	Options    []*DefElem
}

// DropUserMappingStmt is DROP USER MAPPING.
type DropUserMappingStmt struct {
	User       *RoleSpec
	ServerName string
	MissingOk  bool
}

// ImportForeignSchemaKind limits IMPORT FOREIGN SCHEMA.
type ImportForeignSchemaKind uint8

// The limits of IMPORT FOREIGN SCHEMA.
const (
	ImportAll ImportForeignSchemaKind = iota
	ImportLimitTo
	ImportExcept
)

// ImportForeignSchemaStmt is IMPORT FOREIGN SCHEMA.
type ImportForeignSchemaStmt struct {
	ServerName   string
	RemoteSchema string
	LocalSchema  string
	Kind         ImportForeignSchemaKind
	Tables       []*RangeVar
	Options      []*DefElem
}

// PublicationObjKind is the kind of a PublicationObj.
type PublicationObjKind uint8

// The kinds of PublicationObj.
const (
	PublicationTable PublicationObjKind = iota
	PublicationTablesInSchema
	PublicationTablesInCurSchema
)

// PublicationObj is a table, or the tables of a schema, in a publication.
type PublicationObj struct {
	Kind    PublicationObjKind
	Name    string // of the schema
	Table   *RangeVar
	Where   Expr
	Columns []string
	Pos     int
}

// CreatePublicationStmt is CREATE PUBLICATION.
type CreatePublicationStmt struct {
	Name         string
	Options      []*DefElem
	Objects      []*PublicationObj
	ForAllTables bool
}

// AlterPublicationAction is ADD, SET or DROP.
type AlterPublicationAction uint8

// The actions of ALTER PUBLICATION.
const (
	PublicationAdd AlterPublicationAction = iota
	PublicationDrop
	PublicationSet
)

// AlterPublicationStmt is ALTER PUBLICATION: with Options, or with Objects.
type AlterPublicationStmt struct {
	Name    string
	Options []*DefElem
	Objects []*PublicationObj
	Action  AlterPublicationAction
}

// CreateSubscriptionStmt is CREATE SUBSCRIPTION.
type CreateSubscriptionStmt struct {
	Name         string
	ConnInfo     string
	Publications []string
	Options      []*DefElem
}

// AlterSubscriptionKind is what ALTER SUBSCRIPTION does.
type AlterSubscriptionKind uint8

// The kinds of ALTER SUBSCRIPTION.
const (
	SubscriptionOptions AlterSubscriptionKind = iota
	SubscriptionConnection
	SubscriptionSetPublication
	SubscriptionAddPublication
	SubscriptionDropPublication
	SubscriptionRefresh
	SubscriptionEnabled
	SubscriptionSkip
)

// AlterSubscriptionStmt is ALTER SUBSCRIPTION.
type AlterSubscriptionStmt struct {
	Kind         AlterSubscriptionKind
	Name         string
	ConnInfo     string
	Publications []string
	Options      []*DefElem
}

// DropSubscriptionStmt is DROP SUBSCRIPTION.
type DropSubscriptionStmt struct {
	Name      string
	MissingOk bool
	Behavior  DropBehavior
}

// CreateDatabaseStmt is CREATE DATABASE.
type CreateDatabaseStmt struct {
	Name    string
	Options []*DefElem
}

// AlterDatabaseStmt is ALTER DATABASE with options.
type AlterDatabaseStmt struct {
	Name    string
	Options []*DefElem
}

// AlterDatabaseRefreshCollStmt is ALTER DATABASE … REFRESH COLLATION VERSION.
type AlterDatabaseRefreshCollStmt struct {
	Name string
}

// AlterDatabaseSetStmt is ALTER DATABASE SET and RESET.
type AlterDatabaseSetStmt struct {
	Name string
	Set  *VariableSetStmt
}

// DropDatabaseStmt is DROP DATABASE.
type DropDatabaseStmt struct {
	Name      string
	MissingOk bool
	Options   []*DefElem
}

// AlterSystemStmt is ALTER SYSTEM.
type AlterSystemStmt struct {
	Set *VariableSetStmt
}

// CreateTableSpaceStmt is CREATE TABLESPACE.
type CreateTableSpaceStmt struct {
	Name     string
	Owner    *RoleSpec
	Location string
	Options  []*DefElem
}

// DropTableSpaceStmt is DROP TABLESPACE.
type DropTableSpaceStmt struct {
	Name      string
	MissingOk bool
}

// AlterTableSpaceOptionsStmt is ALTER TABLESPACE SET and RESET.
type AlterTableSpaceOptionsStmt struct {
	Name    string
	Options []*DefElem
	IsReset bool
}
