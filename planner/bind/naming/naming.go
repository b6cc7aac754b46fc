// Package naming finds names: those that expressions without an alias give to the columns of a result, and those that were meant.
package naming

import "github.com/lightsql/lightsql/sql/ast"

// Column is the name of the column that an expression makes in a select list.
func Column(n ast.Expr) string {
	if name, _ := Of(n); name != "" {
		return name
	}
	return "?column?"
}

// Of gives a name and how good it is: 0 none, 1 that of a cast's type, 2 a real one.
func Of(n ast.Expr) (string, int) {
	switch n := n.(type) {
	case *ast.ColumnRef:
		if len(n.Names) > 0 && !n.Star {
			return n.Names[len(n.Names)-1], 2
		}
	case *ast.AIndirection:
		for i := len(n.Indirection) - 1; i >= 0; i-- {
			if n.Indirection[i].Kind == ast.IndirectField {
				return n.Indirection[i].Field, 2
			}
		}
		return Of(n.Arg)
	case *ast.FuncCall:
		return n.Name[len(n.Name)-1], 2
	case *ast.AExpr:
		if n.Kind == ast.AExprNullIf {
			return "nullif", 2
		}
	case *ast.TypeCast:
		name, strength := Of(n.Arg)
		if strength <= 1 && n.Type != nil {
			return n.Type.Names[len(n.Type.Names)-1], 1
		}
		return name, strength
	case *ast.CollateClause:
		return Of(n.Arg)
	case *ast.GroupingFunc:
		return "grouping", 2
	case *ast.SubLink:
		return ofSubLink(n)
	case *ast.CaseExpr:
		if n.Default != nil {
			if name, strength := Of(n.Default); strength > 1 {
				return name, strength
			}
		}
		return "case", 1
	case *ast.AArrayExpr:
		return "array", 2
	case *ast.RowExpr:
		return "row", 2
	case *ast.CoalesceExpr:
		return "coalesce", 2
	case *ast.MinMaxExpr:
		if n.Least {
			return "least", 2
		}
		return "greatest", 2
	case *ast.SQLValueFunction:
		return valueFunctionNames[n.Op], 2
	}
	return "", 0
}

var valueFunctionNames = [...]string{
	ast.CurrentDate: "current_date", ast.CurrentTime: "current_time", ast.CurrentTimestamp: "current_timestamp",
	ast.LocalTime: "localtime", ast.LocalTimestamp: "localtimestamp", ast.CurrentRole: "current_role",
	ast.CurrentUser: "current_user", ast.User: "user", ast.SessionUser: "session_user",
	ast.CurrentCatalog: "current_catalog", ast.CurrentSchema: "current_schema",
}

func ofSubLink(n *ast.SubLink) (string, int) {
	switch n.Kind {
	case ast.SubLinkExists:
		return "exists", 2
	case ast.SubLinkArray:
		return "array", 2
	case ast.SubLinkExpr:
		sel, ok := n.Subselect.(*ast.SelectStmt)
		if !ok {
			return "", 0
		}
		for sel.Op != ast.SetOpNone {
			sel = sel.Left
		}
		if len(sel.Values) > 0 {
			return "column1", 2
		}
		if len(sel.TargetList) == 0 {
			return "", 0
		}
		if t := sel.TargetList[0]; t.Name != "" {
			return t.Name, 2
		}
		if c, ok := sel.TargetList[0].Val.(*ast.ColumnRef); ok && c.Star {
			return "", 0
		}
		return Column(sel.TargetList[0].Val), 2
	}
	return "", 0
}

// Distance is the edit distance of two names, or anything above limit if it is above limit.
func Distance(a, c string, limit int) int {
	x, y := []rune(a), []rune(c)
	if len(x)-len(y) > limit || len(y)-len(x) > limit {
		return limit + 1
	}
	prev, cur := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range x {
		cur[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			cur[j+1] = min(prev[j+1]+1, cur[j]+1, prev[j]+cost)
		}
		prev, cur = cur, prev
	}
	return min(prev[len(y)], limit+1)
}
