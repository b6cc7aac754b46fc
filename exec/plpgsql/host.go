package plpgsql

import (
	"context"

	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Query is a statement of a function as the session knows it.
type Query struct {
	Text string
	Stmt ast.Stmt
	Vars bind.Variables // nil: names are columns only
	// Types are the declared types of $1 …, if Vars is nil.
	Types []types.T
	// State is the session's: the plan.
	State any
	// Columns are the result's, after the statement ran or was opened; nil: it returns no rows.
	Columns []Column
}

// Column is a column of a result.
type Column struct {
	Name string
	Type types.T
}

// Result is what a statement did.
type Result struct {
	Tag  string
	Rows int64
}

// Rows are the rows of an open query.
type Rows interface {
	// Next is the next row, nil at the end. It stays valid.
	Next(ctx context.Context) ([]types.Datum, error)
	Close()
}

// Mode is how a function's statements run.
type Mode struct {
	// ReadOnly: the function is not VOLATILE, so it sees what its caller sees and must not write.
	ReadOnly bool
	// Atomic: it must not end the transaction.
	Atomic bool
}

// Host is the session.
type Host interface {
	// BindOptions are the options for binding a text, except for variables.
	BindOptions(text string) bind.Options
	// ExprContext is what expressions are computed in.
	ExprContext(ctx context.Context) *expr.Ctx
	// Generation changes whenever something does that bound expressions depend on.
	Generation() (catalog uint64, settings string)
	// Run runs a statement and gives its rows to row, until that returns false. row may be nil.
	Run(ctx context.Context, m Mode, q *Query, params []types.Datum, row func([]types.Datum) (bool, error)) (Result, error)
	// Open begins to run a query. The parameters are its own.
	Open(ctx context.Context, m Mode, q *Query, params []types.Datum) (Rows, error)
	// Call runs CALL, DO and other statements that may end the transaction unless the mode is atomic.
	Call(ctx context.Context, m Mode, q *Query, params []types.Datum, row func([]types.Datum) (bool, error)) (Result, error)

	// Outputs says which parameters of a CALL that ran are output parameters, and all their names.
	Outputs(q *Query) (out []bool, names []string, err error)

	// OpenCursor makes a cursor of a query, with a name of its own if name is "".
	OpenCursor(ctx context.Context, m Mode, name string, q *Query, params []types.Datum, scroll Scroll) (string, error)
	// FetchCursor moves a cursor and gives the rows to row.
	FetchCursor(ctx context.Context, name string, f *ast.FetchStmt, row func([]types.Datum) error) (columns []Column, rows int64, err error)
	CloseCursor(name string) error

	// Begin begins a subtransaction, which Release or RollbackTo ends.
	Begin(ctx context.Context) (Subtransaction, error)
	Release(Subtransaction)
	RollbackTo(Subtransaction)
	// Commit and Rollback end the transaction and begin another one.
	Commit(ctx context.Context, chain bool) error
	Rollback(ctx context.Context, chain bool) error

	Notice(*pgerr.Error)
	// Fail maps an error of the store or of a cancel to what a client sees.
	Fail(ctx context.Context, err error) error
	// Stack is the list of what is running, for the context of errors and GET DIAGNOSTICS.
	Stack() *Stack
	Setting(name string) string
	TypeName(t types.T) string
}

// Subtransaction is a mark in the transaction.
type Subtransaction any

// Scroll is whether a cursor goes backward.
type Scroll uint8

// Scroll options.
const (
	ScrollDefault Scroll = iota
	ScrollYes
	ScrollNo
)

// Stack is what is running, outermost first.
type Stack struct{ lines []func() string }

// Push adds a line; the result takes it away.
func (s *Stack) Push(line func() string) (pop func()) {
	n := len(s.lines)
	s.lines = append(s.lines, line)
	return func() { s.lines = s.lines[:n] }
}

// Len is the number of lines.
func (s *Stack) Len() int { return len(s.lines) }

// String is the context, innermost first.
func (s *Stack) String() string { return s.Below(len(s.lines)) }

// Below is the context of the outermost n lines.
func (s *Stack) Below(n int) string {
	out := ""
	for i := n - 1; i >= 0; i-- {
		if l := s.lines[i](); l != "" {
			if out != "" {
				out += "\n"
			}
			out += l
		}
	}
	return out
}
