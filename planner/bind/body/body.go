// Package body reads the bodies of functions written in SQL.
package body

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
)

// Statements parses the body of a function; nil if it cannot be parsed.
func Statements(f *catalog.Function) []ast.RawStmt {
	if f.Language != catalog.SQL {
		return nil
	}
	if f.SQLBody == nil {
		stmts, err := parser.Parse(f.Body)
		if err != nil {
			return nil
		}
		return stmts
	}
	var out []ast.RawStmt
	for _, text := range f.SQLBody {
		stmts, err := parser.Parse(text)
		if err != nil {
			return nil
		}
		out = append(out, stmts...)
	}
	return out
}

// Query is the SELECT of a function that consists of just one.
func Query(f *catalog.Function) *ast.SelectStmt {
	stmts := Statements(f)
	if len(stmts) != 1 {
		return nil
	}
	sel, ok := stmts[0].Stmt.(*ast.SelectStmt)
	if !ok || sel.Into != nil || sel.Op != ast.SetOpNone && sel.Left == nil {
		return nil
	}
	return sel
}

// Expression is the expression that a function consists of, nil if it is more than that.
func Expression(f *catalog.Function) ast.Expr {
	sel := Query(f)
	if sel == nil || sel.With != nil || sel.Op != ast.SetOpNone || sel.Values != nil || len(sel.From) > 0 || sel.Where != nil ||
		len(sel.GroupBy) > 0 || sel.Having != nil || len(sel.Window) > 0 || len(sel.Sort) > 0 || sel.LimitCount != nil ||
		sel.LimitOffset != nil || sel.Distinct || len(sel.TargetList) != 1 {
		return nil
	}
	e := sel.TargetList[0].Val
	plain := true
	ast.Walk(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SubLink:
			plain = false
		case *ast.ColumnRef:
			plain = plain && !n.Star
		}
		return plain
	})
	if !plain {
		return nil
	}
	return e
}

// Param finds the parameter that a name without a table stands for: the number of $n, or 0.
func Param(f *catalog.Function, name string) int {
	n := 0
	for i := range f.Params {
		p := &f.Params[i]
		if !p.Input() {
			continue
		}
		if n++; p.Name == name && name != "" {
			return n
		}
	}
	return 0
}
