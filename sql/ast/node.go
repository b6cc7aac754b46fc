package ast

// Node is any node of a syntax tree.
type Node interface{ node() }

// Stmt is a statement.
type Stmt interface {
	Node
	stmt()
}

// Expr is an expression, or one of the forms that stand in an expression's
// place in some clauses (List, SetToDefault, GroupingSet, NamedArgExpr).
type Expr interface {
	Node
	expr()
}

// FromItem is an element of a FROM clause.
type FromItem interface {
	Node
	fromItem()
}

// RawStmt is one statement of a query string: sql[Start:End] is its text
// without the semicolon, leading white space and trailing white space.
type RawStmt struct {
	Stmt  Stmt
	Start int
	End   int
}

// List is a list of expressions where one expression is expected: the right
// side of IN and of BETWEEN.
type List struct {
	Items []Expr
	Pos   int
}

// Names is a possibly qualified name, or another list of words, as an option's
// value.
type Names struct {
	Names []string
	Pos   int
}

// DefElem is a named option, as in WITH (name = value). Arg is nil when only the
// name was given; else a *Const (String, Integer, Float or Bool), *TypeName,
// *Names, *List, *RoleSpec, *ColumnRef, or what the option's statement says.
type DefElem struct {
	Namespace string
	Name      string
	Arg       Node
	Action    DefElemAction
	Pos       int
}

// DefElemAction is what ALTER … OPTIONS does with an option.
type DefElemAction uint8

// The actions of a DefElem.
const (
	DefElemUnspec DefElemAction = iota
	DefElemSet
	DefElemAdd
	DefElemDrop
)

// DropBehavior is RESTRICT (also the default) or CASCADE.
type DropBehavior uint8

// The drop behaviors.
const (
	DropRestrict DropBehavior = iota
	DropCascade
)

// RoleSpec names a role.
type RoleSpec struct {
	Kind RoleSpecKind
	Name string // for RoleNamed
	Pos  int
}

// RoleSpecKind tells how a RoleSpec names its role.
type RoleSpecKind uint8

// The kinds of RoleSpec.
const (
	RoleNamed RoleSpecKind = iota
	RoleCurrentRole
	RoleCurrentUser
	RoleSessionUser
	RolePublic
)

// TypeName names a data type as written. "int" and the like arrive as
// {"pg_catalog", "int4"}, the way PostgreSQL's grammar translates them.
type TypeName struct {
	Names   []string
	SetOf   bool
	PctType bool // name%TYPE
	// Typmods are the modifiers in parentheses: varchar(10).
	Typmods []Expr
	// Interval are the fields of "interval day to second"; 0 is none given.
	Interval IntervalFields
	// ArrayBounds has one element per dimension, -1 where no bound was given.
	ArrayBounds []int32
	Pos         int
}

// IntervalFields is a set of fields of an interval, with PostgreSQL's bits.
type IntervalFields uint32

// The fields of an interval type.
const (
	IntervalMonth  IntervalFields = 1 << 1
	IntervalYear   IntervalFields = 1 << 2
	IntervalDay    IntervalFields = 1 << 3
	IntervalHour   IntervalFields = 1 << 10
	IntervalMinute IntervalFields = 1 << 11
	IntervalSecond IntervalFields = 1 << 12
)

// ObjectRef names an object of any kind in statements that treat all kinds
// alike (DROP, COMMENT, ALTER … RENAME). Which fields are set follows from the
// statement's ObjectType.
type ObjectRef struct {
	// Names is the name. Objects that belong to a table (rules, triggers,
	// policies, constraints) have the table's name before their own; operator
	// classes and families have their access method first.
	Names []string
	// Type is set for types and domains (then Names is Type.Names) and is the
	// source type of a cast, the type of a transform or of a domain constraint.
	Type *TypeName
	// Target is the target type of a cast.
	Target *TypeName
	// Func is set for functions, procedures, routines, aggregates and operators.
	Func *ObjectWithArgs
	Pos  int
}

// ObjectWithArgs names a function, aggregate or operator by its argument types.
type ObjectWithArgs struct {
	Names []string
	// Args are the input types; nil elements stand for NONE in operators.
	Args []*TypeName
	// Params are the parameters as written, for functions.
	Params          []*FunctionParameter
	ArgsUnspecified bool
	Pos             int
}

// ObjectType is a kind of database object.
type ObjectType uint8

// The kinds of object, in the order of PostgreSQL's list.
const (
	ObjectAccessMethod ObjectType = iota
	ObjectAggregate
	ObjectAmop
	ObjectAmproc
	ObjectAttribute
	ObjectCast
	ObjectColumn
	ObjectCollation
	ObjectConversion
	ObjectDatabase
	ObjectDefault
	ObjectDefACL
	ObjectDomain
	ObjectDomConstraint
	ObjectEventTrigger
	ObjectExtension
	ObjectFDW
	ObjectForeignServer
	ObjectForeignTable
	ObjectFunction
	ObjectIndex
	ObjectLanguage
	ObjectLargeObject
	ObjectMatView
	ObjectOpClass
	ObjectOperator
	ObjectOpFamily
	ObjectParameterACL
	ObjectPolicy
	ObjectProcedure
	ObjectPublication
	ObjectPublicationNamespace
	ObjectPublicationRel
	ObjectRole
	ObjectRoutine
	ObjectRule
	ObjectSchema
	ObjectSequence
	ObjectSubscription
	ObjectStatisticExt
	ObjectTabConstraint
	ObjectTable
	ObjectTablespace
	ObjectTransform
	ObjectTrigger
	ObjectTSConfiguration
	ObjectTSDictionary
	ObjectTSParser
	ObjectTSTemplate
	ObjectDataType
	ObjectUserMapping
	ObjectView
)
