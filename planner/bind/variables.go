package bind

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Variables are the variables of a function in a procedural language, which names in its statements may mean.
type Variables interface {
	// Variable finds the variable that the first used of the names stand for; nil if there is none. star asks for a row whose fields are known.
	Variable(names []string, star bool) (e expr.Expr, used int, err error)
	// Argument is what $n stands for; nil if there is none.
	Argument(n int) expr.Expr
	// Has reports whether the names stand for a variable, whatever its value is now.
	Has(names []string) bool
	Conflict() Conflict
}

// Conflict says what a name means that is a variable and a column.
type Conflict uint8

// Conflicts.
const (
	RefuseConflict Conflict = iota
	PreferVariable
	PreferColumn
)

// variables are the variables that names may mean here: not in views and bodies of functions.
func (b *binder) variables() Variables {
	if b.o.Variables == nil || b.viewDepth > 0 || b.inline != nil || b.sql == "" && b.o.SQL != "" {
		return nil
	}
	return b.o.Variables
}

// variable binds a name as a variable; nil if it is none.
func (b *binder) variable(n *ast.ColumnRef) expr.Expr {
	vars := b.variables()
	if vars == nil || len(n.Names) == 0 {
		return nil
	}
	e, used, err := vars.Variable(n.Names, n.Star)
	if err != nil {
		b.raise(err)
	}
	if e == nil {
		return nil
	}
	for _, name := range n.Names[used:] {
		e = b.field(e, name, n.Names[used-1], n.Pos)
	}
	return e
}

// ambiguousVariable refuses a name of a column that is a variable's, too.
func (b *binder) ambiguousVariable(n *ast.ColumnRef) {
	vars := b.variables()
	if vars == nil || vars.Conflict() != RefuseConflict || !vars.Has(n.Names) {
		return
	}
	b.raise(b.err(pgerr.AmbiguousColumn, n.Pos, "column reference \"%s\" is ambiguous", joinNames(n.Names)).
		WithDetail("It could refer to either a PL/pgSQL variable or a table column."))
}

// Value binds an expression of a procedural language, which refers to variables only, and converts it to a type; a type of OID 0 leaves it as it
// is. simple is false for one that needs a plan: with aggregates, subqueries or sets.
func Value(n ast.Expr, want types.T, o Options) (e expr.Expr, simple bool, err error) {
	simple = true
	ast.Walk(n, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.SubLink:
			simple = false
		case *ast.ColumnRef:
			simple = simple && (!x.Star || len(x.Names) > 0)
		case *ast.AIndirection:
			for i := range x.Indirection {
				simple = simple && x.Indirection[i].Kind != ast.IndirectStar
			}
		}
		return simple
	})
	if c, ok := n.(*ast.ColumnRef); !simple || ok && c.Star {
		return nil, false, nil
	}
	b := newBinder(&o)
	defer b.recoverError(&err)
	s := newScope(nil)
	s.kind = kindSelect
	e = b.expr(s, n)
	if s.hasAggs || len(s.winItems) > 0 || s.srf {
		return nil, false, nil
	}
	if hasQuery(e) { // the body of a function that stands in its call's place may have one though the text has none
		return nil, false, nil
	}
	b.checkParams()
	if e = b.toText(e, ast.Location(n)); want.OID == 0 {
		return e, true, nil
	}
	return b.assigned(e, want), true, nil
}

func hasQuery(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(x expr.Expr) bool {
		_, query := x.(*expr.Subquery)
		found = found || query
		return !found
	})
	return found
}

// Part binds the assignment of value to a part of a variable of type t: the new value of the variable.
func Part(old expr.Expr, column string, path []ast.Indirection, value expr.Expr, o Options) (e expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	s := newScope(nil)
	s.kind = kindSelect
	e = b.assignPart(s, old.Type(), old, &ast.ResTarget{Name: column, Indirection: path}, value, -1)
	if hasQuery(e) {
		b.unsupported("a subquery in the subscript of a variable", -1)
	}
	return e, nil
}

// Conversion is e as a value of another type by the rules of a procedural language: by assignment or else by text.
func Conversion(e expr.Expr, to types.T, o Options) (x expr.Expr, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	return b.assigned(e, to), nil
}

// assigned converts e for the assignment to a variable.
func (b *binder) assigned(e expr.Expr, to types.T) expr.Expr {
	if x, ok := b.coerceTo(e, to, builtins.Assignment, -1); ok {
		return x
	}
	if types.IsDomain(to.OID) {
		base := b.o.Reader.BaseType(to)
		return b.toDomain(b.assigned(e, base), to.OID, builtins.Assignment, -1)
	}
	var x expr.Expr = &expr.CoerceIO{Arg: e, T: types.Of(to.OID), Implicit: true}
	if to.Mod >= 0 {
		x = b.coerceMod(x, to.Mod, builtins.Assignment, -1)
	}
	return x
}
