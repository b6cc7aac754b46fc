package plpgsql

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// VarKind is what a variable holds.
type VarKind uint8

// Kinds of variables.
const (
	Scalar VarKind = iota
	Record         // a row: of a named type, or of any
	List           // not a value: the variables that INTO a, b, c names
	Field          // a field of a Record, as a target
)

// Type is a resolved type.
type Type struct {
	T         types.T
	Composite bool // a row type or record
}

// Types resolves the names of types in a body.
type Types interface {
	// Type resolves a type; t.Pos is a position in the body.
	Type(t *ast.TypeName) (Type, error)
	// RowType is name%ROWTYPE.
	RowType(names []string, pos int) (Type, error)
}

// Var is a variable of a function. Its number is its index in Function.Vars.
type Var struct {
	Kind     VarKind
	Name     string
	Line     int
	Type     Type
	Constant bool
	NotNull  bool
	Default  *Expr // nil: none
	Cursor   *Cursor
	// Items are the variables of a List.
	Items []int
	// Names are the names of the items of a list of cursor arguments.
	Names []string
	// Record and Path lead to a Field.
	Record int
	Path   string
}

// Cursor is the query that a cursor variable is bound to.
type Cursor struct {
	Query  *Expr
	Args   int // the List of its arguments, -1 if it has none
	Scroll ScrollOption
}

// ScrollOption is SCROLL or NO SCROLL of a cursor.
type ScrollOption uint8

// Scroll options.
const (
	ScrollDefault ScrollOption = iota
	ScrollYes
	ScrollNo
)

// Name is an entry of the chain of visible names, innermost first; a label ends the names of its block.
type Name struct {
	Label bool
	Loop  bool // the label is a loop's
	Name  string
	Var   int
	IsRow bool // the variable is a Record
	Outer *Name
}

// Find looks a, a.b or a.b.c up: the variable and how many of the names lead to it; ok is false if there is none.
func (n *Name) Find(names []string) (v *Name, used int, ok bool) {
	for n != nil {
		at := n
		for ; at != nil && !at.Label; at = at.Outer {
			if at.Name == names[0] && (len(names) == 1 || at.IsRow) {
				return at, 1, true
			}
		}
		if at == nil {
			return nil, 0, false
		}
		if len(names) > 1 && at.Name == names[0] && at.Name != "" {
			for m := n; m != at; m = m.Outer {
				if m.Name == names[1] && (len(names) == 2 || m.IsRow) {
					return m, 2, true
				}
			}
		}
		n = at.Outer
	}
	return nil, 0, false
}

// local finds a variable of the innermost block.
func (n *Name) local(name string) bool {
	for ; n != nil && !n.Label; n = n.Outer {
		if n.Name == name {
			return true
		}
	}
	return false
}

// label finds a label.
func (n *Name) label(name string) *Name {
	for ; n != nil; n = n.Outer {
		if n.Label && n.Name == name {
			return n
		}
	}
	return nil
}

// Conflict says what a name means that is both a variable and a column.
type Conflict uint8

// Conflict resolutions.
const (
	ConflictError Conflict = iota
	ConflictVariable
	ConflictColumn
)

// Function is a parsed body.
type Function struct {
	Vars     []*Var
	Body     *Block
	Conflict Conflict
	// Strict: #print_strict_params on.
	Strict bool
	// Found is the number of FOUND.
	Found int
	// Out is the variable that holds the result, a List if several OUT parameters do; -1: none.
	Out int
	// Exprs counts the expressions.
	Exprs int
}

// Expr is an expression or an SQL statement.
type Expr struct {
	ID    int
	Text  string // as errors show it
	Pos   int    // of Text in the body
	Names *Name
	// Target is set for an assignment: Text is "target := source", and Source where the name of the target ends in it.
	Target *Target
	Source int
	// Statement: Text is a statement and not an expression.
	Statement bool
}

// Target is what an assignment assigns to: a variable, and the way into it.
type Target struct {
	Var  int
	Path []ast.Indirection
	// Column is the name of the innermost thing, for messages.
	Column string
}

// Stmt is a statement.
type Stmt interface {
	// Line is the line where the statement begins, from 1.
	Line() int
	// What is what PostgreSQL calls the statement in the context of errors.
	What() string
}

type at int

// Line implements Stmt.
func (a at) Line() int { return int(a) }

// Statements.
type (
	// Block is [DECLARE …] BEGIN … END.
	Block struct {
		at
		Label    string
		Init     []int // variables that the block initialises
		Body     []Stmt
		Handlers []*Handler
		State    int // SQLSTATE and SQLERRM, if there are Handlers
		Message  int
	}
	// Handler is WHEN … THEN.
	Handler struct {
		Line   int
		Others bool
		Codes  []pgerr.Code // a class ends in 000
		Body   []Stmt
	}
	// Assign is target := expression.
	Assign struct {
		at
		Expr *Expr
	}
	// If is IF; Conds[i] leads to Bodies[i].
	If struct {
		at
		Conds  []*Expr
		Bodies [][]Stmt
		Else   []Stmt
	}
	// Case is CASE; with Operand, which is kept in Var, the conditions compare with it.
	Case struct {
		at
		Operand *Expr
		Var     int
		Conds   []*Expr
		Bodies  [][]Stmt
		HasElse bool
		Else    []Stmt
	}
	// Loop is LOOP or, with Cond, WHILE.
	Loop struct {
		at
		Label string
		Cond  *Expr
		Body  []Stmt
	}
	// ForInt is FOR i IN a..b.
	ForInt struct {
		at
		Label        string
		Var          int
		From, To, By *Expr // By may be nil
		Reverse      bool
		Body         []Stmt
	}
	// ForQuery is FOR over a query, given as text if Dynamic.
	ForQuery struct {
		at
		Label   string
		Target  int
		Query   *Expr
		Dynamic bool
		Using   []*Expr
		Body    []Stmt
	}
	// ForCursor is FOR over a bound cursor.
	ForCursor struct {
		at
		Label  string
		Target int
		Cursor int
		Args   *Expr // nil: none
		Body   []Stmt
	}
	// ForEach is FOREACH.
	ForEach struct {
		at
		Label  string
		Target int
		Slice  int
		Array  *Expr
		Body   []Stmt
	}
	// Exit is EXIT or CONTINUE.
	Exit struct {
		at
		Continue bool
		Label    string
		Cond     *Expr
	}
	// Return is RETURN; Var is set instead of Expr for a plain variable, else -1.
	Return struct {
		at
		Expr *Expr
		Var  int
	}
	// ReturnNext is RETURN NEXT.
	ReturnNext struct {
		at
		Expr *Expr
		Var  int
	}
	// ReturnQuery is RETURN QUERY; Dynamic: EXECUTE.
	ReturnQuery struct {
		at
		Query   *Expr
		Dynamic bool
		Using   []*Expr
	}
	// Raise is RAISE. Level is a severity; "" raises the current error again.
	Raise struct {
		at
		Level     string
		Condition string
		Code      pgerr.Code
		Format    string
		HasFormat bool
		Args      []*Expr
		Options   []RaiseOption
	}
	// RaiseOption is an option of USING.
	RaiseOption struct {
		Name string
		Expr *Expr
	}
	// Assert is ASSERT.
	Assert struct {
		at
		Cond, Message *Expr
	}
	// SQL is an SQL statement; Into is its target, -1 for none.
	SQL struct {
		at
		Query   *Expr
		Into    int
		Strict  bool
		Word    string // the first word
		Perform bool
	}
	// Execute is EXECUTE.
	Execute struct {
		at
		Query  *Expr
		Into   int
		Strict bool
		Using  []*Expr
	}
	// Diagnostics is GET DIAGNOSTICS.
	Diagnostics struct {
		at
		Stacked bool
		Items   []DiagnosticsItem
	}
	// DiagnosticsItem puts an item into a variable.
	DiagnosticsItem struct {
		Target int
		Item   string
	}
	// Open is OPEN.
	Open struct {
		at
		Cursor  int
		Scroll  ScrollOption
		Query   *Expr
		Dynamic bool
		Args    *Expr
		Using   []*Expr
	}
	// Fetch is FETCH or MOVE.
	Fetch struct {
		at
		Move      bool
		Cursor    int
		Target    int
		Direction ast.FetchDirection
		Count     int64
		Expr      *Expr // of the count
	}
	// Close is CLOSE.
	Close struct {
		at
		Cursor int
	}
	// Call is CALL or DO.
	Call struct {
		at
		Query *Expr
		Do    bool
	}
	// Transaction is COMMIT or ROLLBACK.
	Transaction struct {
		at
		Rollback, Chain bool
	}
	// Null is NULL.
	Null struct{ at }
)

// What implements Stmt.
func (*Block) What() string   { return "statement block" }
func (*Assign) What() string  { return "assignment" }
func (*If) What() string      { return "IF" }
func (*Case) What() string    { return "CASE" }
func (*ForInt) What() string  { return "FOR with integer loop variable" }
func (*ForEach) What() string { return "FOREACH over array" }
func (*Return) What() string  { return "RETURN" }
func (*Raise) What() string   { return "RAISE" }
func (*Assert) What() string  { return "ASSERT" }
func (*Execute) What() string { return "EXECUTE" }
func (*Open) What() string    { return "OPEN" }
func (*Close) What() string   { return "CLOSE" }
func (*Null) What() string    { return "NULL" }

// What implements Stmt.
func (*ReturnNext) What() string  { return "RETURN NEXT" }
func (*ReturnQuery) What() string { return "RETURN QUERY" }
func (*ForCursor) What() string   { return "FOR over cursor" }

// What implements Stmt.
func (s *Loop) What() string { return either(s.Cond != nil, "WHILE", "LOOP") }
func (s *ForQuery) What() string {
	return either(s.Dynamic, "FOR over EXECUTE statement", "FOR over SELECT rows")
}
func (s *Exit) What() string  { return either(s.Continue, "CONTINUE", "EXIT") }
func (s *SQL) What() string   { return either(s.Perform, "PERFORM", "SQL statement") }
func (s *Fetch) What() string { return either(s.Move, "MOVE", "FETCH") }
func (s *Call) What() string  { return either(s.Do, "DO", "CALL") }
func (s *Diagnostics) What() string {
	return either(s.Stacked, "GET STACKED DIAGNOSTICS", "GET DIAGNOSTICS")
}
func (s *Transaction) What() string { return either(s.Rollback, "ROLLBACK", "COMMIT") }

func either(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}
