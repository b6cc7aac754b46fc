package logical

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
)

// Format prints a plan as an indented tree, for tests and for debugging. A column is printed as name_ID.
func Format(n Node) string {
	f := &formatter{}
	f.node(n, 0)
	return f.b.String()
}

// FormatExpr prints an expression with its columns as name_ID.
func FormatExpr(e expr.Expr) string {
	f := &formatter{}
	return f.expr(e)
}

type formatter struct{ b strings.Builder }

func (f *formatter) line(depth int, format string, args ...any) {
	for range depth {
		f.b.WriteString("  ")
	}
	fmt.Fprintf(&f.b, format, args...)
	f.b.WriteByte('\n')
}

func (f *formatter) expr(e expr.Expr) string {
	if e == nil {
		return "-"
	}
	if v, ok := e.(*expr.Var); ok {
		return colName(v.Name, v.ID)
	}
	e = numberVars(e)
	return expr.Format(e, expr.FormatOpts{Query: func(s *expr.Subquery) string {
		q, ok := s.Query.(Node)
		if !ok {
			return "?"
		}
		text := strings.ReplaceAll(strings.TrimSpace(Format(q)), "\n", "; ")
		for strings.Contains(text, "  ") {
			text = strings.ReplaceAll(text, "  ", " ")
		}
		if s.Test != nil {
			text += " | " + f.expr(s.Test)
		}
		return text
	}})
}

// numberVars gives every Var of e a name that contains its ID.
func numberVars(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(x expr.Expr) expr.Expr {
		if v, ok := x.(*expr.Var); ok {
			return &expr.Var{ID: v.ID, T: v.T, Name: colName(v.Name, v.ID)}
		}
		return x
	})
}

func colName(name string, id expr.ColID) string { return name + "_" + strconv.Itoa(int(id)) }

func (f *formatter) exprs(es []expr.Expr) string {
	parts := make([]string, len(es))
	for i, e := range es {
		parts[i] = f.expr(e)
	}
	return strings.Join(parts, ", ")
}

func (f *formatter) keys(ks []expr.SortKey) string {
	parts := make([]string, len(ks))
	for i, k := range ks {
		parts[i] = f.expr(k.Expr)
		if k.Desc {
			parts[i] += " DESC"
		}
		if k.NullsFirst != k.Desc {
			parts[i] += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[k.NullsFirst]
		}
	}
	return strings.Join(parts, ", ")
}

func cols(cs []Column) string {
	parts := make([]string, len(cs))
	for i, c := range cs {
		parts[i] = colName(c.Name, c.ID) + " " + c.T.String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (f *formatter) project(es []expr.Expr, cs []Column) string {
	parts := make([]string, len(cs))
	for i, c := range cs {
		parts[i] = colName(c.Name, c.ID)
		if s := f.expr(es[i]); s != parts[i] {
			parts[i] += "=" + s
		}
		parts[i] += " " + c.T.String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func alias(a string) string {
	if a == "" {
		return ""
	}
	return " as " + a
}

func (f *formatter) node(n Node, d int) {
	switch n := n.(type) {
	case *Scan:
		rowID := ""
		if n.RowID != 0 {
			rowID = " rowid=" + strconv.Itoa(int(n.RowID))
		}
		f.line(d, "scan %s%s %s%s", n.Table.Name, alias(n.Alias), cols(n.Cols), rowID)
		return
	case *Values:
		f.line(d, "values%s %s", alias(n.Alias), cols(n.Cols))
		for _, row := range n.Rows {
			f.line(d+1, "(%s)", f.exprs(row))
		}
		return
	case *FuncScan:
		f.line(d, "function%s %s of %s ordinality=%t", alias(n.Alias), cols(n.Cols), f.exprs(n.Calls), n.Ordinality)
		return
	case *CTERef:
		f.line(d, "cte %s%s %s working=%t", n.CTE.Name, alias(n.Alias), cols(n.Cols), n.Working)
		return
	case *With:
		f.line(d, "with")
		for _, c := range n.CTEs {
			f.line(d+1, "%s recursive=%t", c.Name, c.Recursive)
			f.node(c.Query, d+2)
		}
		f.node(n.Body, d+1)
		return
	}
	f.relational(n, d)
	for _, in := range n.Inputs() {
		f.node(in, d+1)
	}
}

var joinNames = [...]string{"join", "left join", "right join", "full join", "semi join", "anti join", "null-anti join"}
var setOpNames = [...]string{"union", "intersect", "except"}

func (f *formatter) relational(n Node, d int) {
	switch n := n.(type) {
	case *Filter:
		f.line(d, "filter %s", f.expr(n.Cond))
	case *Project:
		f.line(d, "project%s %s", alias(n.Alias), f.project(n.Exprs, n.Cols))
	case *ProjectSet:
		f.line(d, "project set %s", f.project(n.Exprs, n.Cols))
	case *Join:
		lateral := ""
		if n.Lateral {
			lateral = " lateral"
		}
		f.line(d, "%s%s %s", joinNames[n.Kind], lateral, f.expr(n.On))
	case *Aggregate:
		f.line(d, "aggregate %s%s", cols(n.Groups), f.aggregates(n))
	case *Window:
		f.window(n, d)
	case *Sort:
		f.line(d, "sort %s", f.keys(n.Keys))
	case *Distinct:
		f.line(d, "distinct %v", n.On)
	case *Limit:
		f.line(d, "limit %s offset %s %s", f.expr(n.Limit), f.expr(n.Offset), f.keys(n.WithTies))
	case *SetOp:
		all := ""
		if n.All {
			all = " all"
		}
		f.line(d, "%s%s %s", setOpNames[n.Kind], all, cols(n.Cols))
	case *LockRows:
		var parts []string
		for _, t := range n.Targets {
			parts = append(parts, fmt.Sprintf("%s/%d/%d", t.Scan.Alias, t.Strength, t.Wait))
		}
		f.line(d, "lock rows %s", strings.Join(parts, ", "))
	default:
		f.modify(n, d)
	}
}

func (f *formatter) aggregates(n *Aggregate) string {
	var b strings.Builder
	for _, a := range n.Aggs {
		fmt.Fprintf(&b, " %s=%s %s", colName(a.Col.Name, a.Col.ID), f.expr(a.Call), a.Col.T)
	}
	if n.Sets != nil {
		fmt.Fprintf(&b, " sets %v", n.Sets)
	}
	if n.GroupingCol != nil {
		fmt.Fprintf(&b, " grouping %s", colName(n.GroupingCol.Name, n.GroupingCol.ID))
	}
	return b.String()
}

func (f *formatter) window(n *Window, d int) {
	f.line(d, "window")
	for i, w := range n.Defs {
		f.line(d+1, "w%d partition (%s) order (%s) frame %c %c %s %c %s exclude %d", i, f.exprs(w.Partition), f.keys(w.Order),
			w.Frame.Mode, w.Frame.Start.Kind, f.expr(w.Frame.Start.Offset), w.Frame.End.Kind, f.expr(w.Frame.End.Offset), w.Frame.Exclude)
	}
	for _, it := range n.Items {
		f.line(d+1, "%s=%s w%d %s", colName(it.Col.Name, it.Col.ID), f.expr(it.Call), it.Call.Window, it.Col.T)
	}
}

func (f *formatter) modify(n Node, d int) {
	var checks []Check
	switch n := n.(type) {
	case *Insert:
		f.line(d, "insert %s %s returning %s", n.Target.Table.Name, cols(n.Target.Cols), f.project(n.Returning, n.Cols))
		checks = n.Checks
		if n.OnConflict != nil {
			f.onConflict(n.OnConflict, d+1)
		}
	case *Update:
		f.line(d, "update %s %s rowid=%d old=%v set=%v new=%v returning %s", n.Target.Table.Name, cols(n.Target.Cols), n.RowID, n.Old, n.SetCols,
			n.New, f.project(n.Returning, n.Cols))
		checks = n.Checks
	case *Delete:
		f.line(d, "delete %s rowid=%d old=%v returning %s", n.Target.Table.Name, n.RowID, n.Old, f.project(n.Returning, n.Cols))
	default:
		f.line(d, "%T", n)
	}
	for _, c := range checks {
		f.line(d+1, "check %s %s", c.Name, f.expr(c.Cond))
	}
}

func (f *formatter) onConflict(o *OnConflict, d int) {
	arbiter := "any"
	if o.Arbiter != nil {
		arbiter = o.Arbiter.Name
	}
	if !o.Update {
		f.line(d, "on conflict %s nothing", arbiter)
		return
	}
	f.line(d, "on conflict %s update set=%v to %s where %s excluded=%s existing=%s", arbiter, o.SetCols, f.exprs(o.Set), f.expr(o.Where),
		cols(o.Excluded), cols(o.Existing))
}
