package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Transition is a transition table of the trigger whose function is running: a name that hides those of tables.
type Transition struct {
	Name    string
	Columns []*catalog.Column
}

// TransitionSource is what an expr.Env has that knows the rows of transition tables.
type TransitionSource interface {
	TransitionRows(name string) (expr.RowSource, error)
}

// transition finds a transition table; a view does not see any.
func (b *binder) transition(n *ast.RangeVar) *Transition {
	if n.Schema != "" || b.viewDepth > 0 || b.inline != nil {
		return nil
	}
	for i := range b.o.Transitions {
		if b.o.Transitions[i].Name == n.Name {
			return &b.o.Transitions[i]
		}
	}
	return nil
}

// transitionScan reads a transition table: the session gives its rows as those of a function.
func (b *binder) transitionScan(s *scope, t *Transition, n *ast.RangeVar) (logical.Node, []nsItem) {
	e := &entry{name: n.Name, kind: entryFunction}
	if n.Alias != nil {
		e.name, e.hasAlias = n.Alias.Name, true
	}
	fn := &expr.Func{Name: n.Name, Ret: types.RecordOID, RetSet: true, Kind: 'f', Volatility: expr.Volatile}
	f := &logical.FuncScan{Alias: e.name, PerCall: []int{len(t.Columns)}}
	for _, c := range t.Columns {
		fn.OutNames, fn.OutTypes = append(fn.OutNames, c.Name), append(fn.OutTypes, c.Type.OID)
		f.Cols = append(f.Cols, logical.Column{ID: b.newCol(), Name: c.Name, Rel: e.name, T: c.Type})
	}
	fn.Set = func(c *expr.Ctx, _ []types.Datum) (expr.RowSource, error) {
		src, ok := c.Env.(TransitionSource)
		if !ok {
			return nil, pgerr.New(pgerr.UndefinedTable, "relation \"%s\" does not exist", fn.Name)
		}
		return src.TransitionRows(fn.Name)
	}
	f.Calls = []expr.Expr{&expr.Call{Fn: fn, T: types.Of(types.RecordOID)}}
	e.cols = f.Cols
	b.renameColumns(n.Alias, e.name, e.cols)
	return f, s.visibleEntry(e)
}
