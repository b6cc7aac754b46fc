package ast

// XMLExprOp is the kind of an XMLExpr.
type XMLExprOp uint8

// The XML functions with syntax of their own.
const (
	XMLConcat XMLExprOp = iota
	XMLElement
	XMLForest
	XMLParse
	XMLPI
	XMLRoot
	XMLIsDocument
)

// XMLExpr is an XML function with syntax of its own.
type XMLExpr struct {
	Op         XMLExprOp
	Name       string
	Attributes []*ResTarget // XMLATTRIBUTES of XMLELEMENT, arguments of XMLFOREST
	Args       []Expr
	Document   bool // XMLPARSE(DOCUMENT …), not CONTENT
	// Preserve is PRESERVE WHITESPACE of XMLPARSE.
	Preserve bool
	// Standalone of XMLROOT: "", "yes", "no" or "no value".
	Standalone string
	// HasVersion: XMLROOT's second argument is Args[1]; else VERSION NO VALUE.
	HasVersion bool
	Pos        int
}

// XMLSerialize is XMLSERIALIZE.
type XMLSerialize struct {
	Document bool
	Expr     Expr
	Type     *TypeName
	Indent   bool
	Pos      int
}

// JSONFormat is FORMAT JSON [ENCODING …].
type JSONFormat struct {
	Encoding string // "", "utf8", "utf16" or "utf32"
	Pos      int
}

// JSONValueExpr is an expression with an optional FORMAT clause.
type JSONValueExpr struct {
	Expr   Expr
	Format *JSONFormat
}

// JSONOutput is RETURNING type [FORMAT …].
type JSONOutput struct {
	Type   *TypeName
	Format *JSONFormat
}

// JSONKeyValue is key: value of JSON_OBJECT.
type JSONKeyValue struct {
	Key   Expr
	Value *JSONValueExpr
}

// JSONObjectConstructor is JSON_OBJECT.
type JSONObjectConstructor struct {
	Items        []*JSONKeyValue
	Output       *JSONOutput
	AbsentOnNull bool
	Unique       bool
	Pos          int
}

// JSONArrayConstructor is JSON_ARRAY of values.
type JSONArrayConstructor struct {
	Items        []*JSONValueExpr
	Output       *JSONOutput
	AbsentOnNull bool
	Pos          int
}

// JSONArrayQueryConstructor is JSON_ARRAY of a query.
type JSONArrayQueryConstructor struct {
	Query  Stmt
	Format *JSONFormat
	Output *JSONOutput
	Pos    int
}

// JSONAggConstructor is JSON_OBJECTAGG (Object is set) or JSON_ARRAYAGG.
type JSONAggConstructor struct {
	Object       *JSONKeyValue
	Array        *JSONValueExpr
	Order        []*SortBy
	Output       *JSONOutput
	AbsentOnNull bool
	Unique       bool
	Filter       Expr
	Over         *WindowDef
	Pos          int
}

// JSONItemType is what IS JSON asks for.
type JSONItemType uint8

// The item types of IS JSON.
const (
	JSONAny JSONItemType = iota
	JSONObject
	JSONArray
	JSONScalar
)

// JSONIsPredicate is IS JSON; IS NOT JSON is NOT over it.
type JSONIsPredicate struct {
	Expr   Expr
	Format *JSONFormat
	Type   JSONItemType
	Unique bool
	Pos    int
}

// JSONParseExpr is JSON(…).
type JSONParseExpr struct {
	Expr   *JSONValueExpr
	Unique bool
	Pos    int
}

// JSONScalarExpr is JSON_SCALAR(…).
type JSONScalarExpr struct {
	Expr Expr
	Pos  int
}

// JSONSerializeExpr is JSON_SERIALIZE(…).
type JSONSerializeExpr struct {
	Expr   *JSONValueExpr
	Output *JSONOutput
	Pos    int
}

// JSONFuncOp is the kind of a JSONFuncExpr.
type JSONFuncOp uint8

// The SQL/JSON query functions.
const (
	JSONExists JSONFuncOp = iota
	JSONQuery
	JSONValue
)

// JSONArgument is value AS name in PASSING.
type JSONArgument struct {
	Val  *JSONValueExpr
	Name string
}

// JSONBehaviorKind is what to do ON EMPTY or ON ERROR.
type JSONBehaviorKind uint8

// The behaviors.
const (
	JSONBehaviorNull JSONBehaviorKind = iota
	JSONBehaviorError
	JSONBehaviorEmpty
	JSONBehaviorTrue
	JSONBehaviorFalse
	JSONBehaviorUnknown
	JSONBehaviorEmptyArray
	JSONBehaviorEmptyObject
	JSONBehaviorDefault
)

// JSONBehavior is a behavior clause; Expr belongs to DEFAULT.
type JSONBehavior struct {
	Kind JSONBehaviorKind
	Expr Expr
	Pos  int
}

// JSONWrapper is the wrapper clause of JSON_QUERY.
type JSONWrapper uint8

// The wrapper clauses.
const (
	JSONWrapperUnspec JSONWrapper = iota
	JSONWrapperNone
	JSONWrapperConditional
	JSONWrapperUnconditional
)

// JSONQuotes is the quotes clause of JSON_QUERY.
type JSONQuotes uint8

// The quotes clauses.
const (
	JSONQuotesUnspec JSONQuotes = iota
	JSONQuotesKeep
	JSONQuotesOmit
)

// JSONFuncExpr is JSON_EXISTS, JSON_QUERY or JSON_VALUE.
type JSONFuncExpr struct {
	Op      JSONFuncOp
	Context *JSONValueExpr
	Path    Expr
	Passing []*JSONArgument
	Output  *JSONOutput
	OnEmpty *JSONBehavior
	OnError *JSONBehavior
	Wrapper JSONWrapper
	Quotes  JSONQuotes
	Pos     int
}

// JSONTableColumnKind is the kind of a JSONTableColumn.
type JSONTableColumnKind uint8

// The kinds of JSON_TABLE column.
const (
	JSONColumnOrdinality JSONTableColumnKind = iota
	JSONColumnRegular
	JSONColumnFormatted
	JSONColumnExists
	JSONColumnNested
)

// JSONTablePath is a path with an optional name.
type JSONTablePath struct {
	Path string
	Name string
	Pos  int
}

// JSONTableColumn is a column of JSON_TABLE.
type JSONTableColumn struct {
	Kind    JSONTableColumnKind
	Name    string
	Type    *TypeName
	Path    *JSONTablePath
	Format  *JSONFormat
	Wrapper JSONWrapper
	Quotes  JSONQuotes
	Columns []*JSONTableColumn
	OnEmpty *JSONBehavior
	OnError *JSONBehavior
	Pos     int
}

// JSONTable is JSON_TABLE in FROM.
type JSONTable struct {
	Context *JSONValueExpr
	Path    *JSONTablePath
	Passing []*JSONArgument
	Columns []*JSONTableColumn
	OnError *JSONBehavior
	Alias   *Alias
	Lateral bool
	Pos     int
}
