package planner_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes random queries over the tables of newDatabase. They have answers that do not depend on the order of rows.
type generator struct {
	r     *rand.Rand
	alias int
}

// scope is the columns that an expression may use.
type scope struct{ ints, texts []string }

func (s scope) plus(t scope) scope {
	return scope{append(s.ints[:len(s.ints):len(s.ints)], t.ints...), append(s.texts[:len(s.texts):len(s.texts)], t.texts...)}
}

func (g *generator) pick(ss []string) string { return ss[g.r.IntN(len(ss))] }

func (g *generator) name() string {
	g.alias++
	return fmt.Sprintf("t%d", g.alias)
}

var tables = map[string]scope{
	"a": {[]string{"id", "x", "y"}, []string{"s"}},
	"b": {[]string{"id", "ax", "z"}, []string{"s"}},
	"c": {[]string{"k1", "k2"}, nil},
	"d": {[]string{"x"}, nil},
}

// statement is a query, or a data modification followed by a query that shows what it did.
func (g *generator) statement() string {
	g.alias = 0
	switch g.r.IntN(10) {
	case 0:
		return g.modify()
	case 1:
		return g.special()
	}
	if g.r.IntN(8) == 0 {
		op := g.pick([]string{"union", "union all", "intersect", "except", "intersect all", "except all"})
		q := g.oneInt(2) + " " + op + " " + g.oneInt(2)
		if g.r.IntN(2) == 0 {
			return "select q.v from (" + strings.ReplaceAll(q, "as v", "as v") + ") q where " + g.cond(scope{ints: []string{"q.v"}}, 1)
		}
		return q
	}
	return g.query(2)
}

// oneInt is a query with one integer column.
func (g *generator) oneInt(depth int) string {
	from, sc := g.from(depth)
	q := "select " + g.intExpr(sc, 1) + "::int8 as v from " + from
	if g.r.IntN(3) > 0 {
		q += " where " + g.cond(sc, depth)
	}
	return q
}

func (g *generator) query(depth int) string {
	from, sc := g.from(depth)
	where := ""
	if g.r.IntN(5) > 0 {
		where = " where " + g.cond(sc, depth)
	}
	switch g.r.IntN(6) {
	case 0:
		col := g.pick(sc.ints)
		q := "select " + col + ", " + g.aggregate(sc) + ", count(*) from " + from + where + " group by " + col
		if g.r.IntN(2) == 0 {
			q += " having " + g.pick([]string{"count(*) > 1", "max(" + g.pick(sc.ints) + ") > 2", col + " > 1",
				"max(" + g.pick(sc.ints) + ") >= (select " + g.aggregate(sc) + " from " + from + where + ")"})
		}
		return q
	case 1:
		return "select " + g.aggregate(sc) + ", " + g.aggregate(sc) + " from " + from + where
	case 2:
		return "select distinct " + g.pick(sc.ints) + ", " + g.pick(sc.ints) + " from " + from + where
	}
	cols := []string{g.intExpr(sc, 1), g.pick(sc.ints)}
	if len(sc.texts) > 0 {
		cols = append(cols, g.pick(sc.texts))
	}
	if g.r.IntN(4) == 0 {
		cols = append(cols, g.scalar(sc, depth-1))
	}
	q := "select " + strings.Join(cols, ", ") + " from " + from + where
	if g.r.IntN(3) == 0 {
		q += " order by "
		for i := range cols {
			if i > 0 {
				q += ", "
			}
			q += fmt.Sprint((i+1)%len(cols)+1) + g.pick([]string{"", " desc", " nulls first"})
		}
		q += fmt.Sprintf(" limit %d", g.r.IntN(8))
		if g.r.IntN(3) == 0 {
			q += fmt.Sprintf(" offset %d", g.r.IntN(4))
		}
	}
	return q
}

func (g *generator) aggregate(sc scope) string {
	c := g.pick(sc.ints)
	return g.pick([]string{"min(" + c + ")", "max(" + c + ")", "sum(" + c + ")", "count(" + c + ")", "count(distinct " + c + ")"})
}

// from is a FROM item and its columns.
func (g *generator) from(depth int) (string, scope) {
	if depth > 0 {
		switch g.r.IntN(7) {
		case 0, 1, 2:
			return g.join(depth)
		case 3:
			return g.derived(depth)
		case 4:
			l, ls := g.from(depth - 1)
			r, rs := g.from(depth - 1)
			return l + ", " + r, ls.plus(rs)
		}
	}
	table := g.pick([]string{"a", "b", "c", "d", "a", "b"})
	n := g.name()
	return table + " " + n, qualified(n, tables[table])
}

func qualified(alias string, sc scope) scope {
	var out scope
	for _, c := range sc.ints {
		out.ints = append(out.ints, alias+"."+c)
	}
	for _, c := range sc.texts {
		out.texts = append(out.texts, alias+"."+c)
	}
	return out
}

func (g *generator) join(depth int) (string, scope) {
	l, ls := g.from(depth - 1)
	r, rs := g.from(depth - 1)
	// FROM lists bind weaker than JOIN.
	if strings.Contains(l, ", ") && !strings.HasPrefix(l, "(") {
		l, ls = "a tl", qualified("tl", tables["a"])
		l = strings.Replace(l, "tl", g.rename(&ls), 1)
	}
	if strings.Contains(r, ", ") && !strings.HasPrefix(r, "(") {
		r, rs = "b tl", qualified("tl", tables["b"])
		r = strings.Replace(r, "tl", g.rename(&rs), 1)
	}
	both := ls.plus(rs)
	on := g.pick(ls.ints) + " = " + g.pick(rs.ints)
	kind := g.pick([]string{"join", "left join", "right join", "full join", "left join", "join"})
	if kind != "full join" {
		switch g.r.IntN(4) {
		case 0:
			on += " and " + g.cond(both, 0)
		case 1:
			on = g.cond(both, 0)
		}
	}
	return "(" + l + " " + kind + " " + r + " on " + on + ")", both
}

// rename gives a scope a fresh alias.
func (g *generator) rename(sc *scope) string {
	n := g.name()
	for _, list := range [][]string{sc.ints, sc.texts} {
		for i := range list {
			list[i] = strings.Replace(list[i], "tl.", n+".", 1)
		}
	}
	return n
}

// derived is a subquery in FROM.
func (g *generator) derived(depth int) (string, scope) {
	from, sc := g.from(depth - 1)
	n := g.name()
	q := "select " + g.pick(sc.ints) + " as p, " + g.intExpr(sc, 1) + " as q from " + from
	switch g.r.IntN(5) {
	case 0:
		col := g.pick(sc.ints)
		q = "select " + col + " as p, " + g.aggregate(sc) + " as q from " + from + " group by " + col
	case 1:
		q = "select distinct " + g.pick(sc.ints) + " as p, " + g.pick(sc.ints) + " as q from " + from
	case 2:
		q += " where " + g.cond(sc, depth-1)
	case 3:
		from2, sc2 := g.from(0)
		q += " union all select " + g.pick(sc2.ints) + ", " + g.pick(sc2.ints) + " from " + from2
	}
	return "(" + q + ") " + n, scope{ints: []string{n + ".p", n + ".q"}}
}

func (g *generator) intExpr(sc scope, depth int) string {
	if depth == 0 || g.r.IntN(3) == 0 {
		if g.r.IntN(5) == 0 {
			return fmt.Sprint(g.r.IntN(8) - 1)
		}
		return g.pick(sc.ints)
	}
	a, b := g.intExpr(sc, depth-1), g.intExpr(sc, depth-1)
	return g.pick([]string{
		"(" + a + " + " + b + ")", "(" + a + " - " + b + ")", "coalesce(" + a + ", " + b + ")", "nullif(" + a + ", " + b + ")",
		"case when " + a + " > " + b + " then " + a + " else " + b + " end", "greatest(" + a + ", " + b + ")", a, b, "abs(" + a + ")",
	})
}

// scalar is a subquery with one value.
func (g *generator) scalar(outer scope, depth int) string {
	from, sc := g.from(max(depth, 0))
	q := "(select " + g.aggregate(sc) + " from " + from
	if g.r.IntN(3) > 0 {
		q += " where " + g.pick(sc.ints) + " = " + g.pick(outer.ints)
	}
	return q + ")"
}

func (g *generator) comparison(sc scope) string {
	op := g.pick([]string{"=", "=", "=", "<", "<=", ">", ">=", "<>"})
	if len(sc.texts) > 0 && g.r.IntN(5) == 0 {
		other := "'" + string(rune('a'+g.r.IntN(4))) + "'"
		if g.r.IntN(3) == 0 {
			other = g.pick(sc.texts)
		}
		return g.pick(sc.texts) + " " + op + " " + other
	}
	if g.r.IntN(2) == 0 {
		return g.pick(sc.ints) + " " + op + " " + fmt.Sprint(g.r.IntN(9)-2)
	}
	return g.intExpr(sc, 1) + " " + op + " " + g.intExpr(sc, 1)
}

func (g *generator) cond(sc scope, depth int) string {
	switch g.r.IntN(14) {
	case 0, 1:
		return "(" + g.cond(sc, depth-1) + " and " + g.cond(sc, depth-1) + ")"
	case 2:
		return "(" + g.cond(sc, depth-1) + " or " + g.cond(sc, depth-1) + ")"
	case 3:
		return "not (" + g.cond(sc, depth-1) + ")"
	case 4:
		return g.pick(sc.ints) + g.pick([]string{" is null", " is not null"})
	case 5:
		return g.pick(sc.ints) + g.pick([]string{" in ", " not in "}) + fmt.Sprintf("(%d, %d, %d)", g.r.IntN(5), g.r.IntN(5), g.r.IntN(5))
	case 6:
		return g.pick(sc.ints) + fmt.Sprintf(" between %d and %d", g.r.IntN(4)-1, g.r.IntN(6))
	case 7:
		return "(" + g.comparison(sc) + ")" + g.pick([]string{" is true", " is not true", " is unknown", " is false"})
	case 8, 9, 10:
		if depth > 0 {
			return g.subqueryCond(sc, depth)
		}
	}
	return g.comparison(sc)
}

func (g *generator) subqueryCond(outer scope, depth int) string {
	from, sc := g.from(depth - 1)
	where := " where " + g.cond(sc, depth-1)
	switch g.r.IntN(3) {
	case 0:
		where += " and " + g.pick(sc.ints) + " = " + g.pick(outer.ints)
	case 1:
		where += " and " + g.comparison(outer.plus(sc))
	}
	switch g.r.IntN(6) {
	case 0, 1:
		return g.pick([]string{"", "not "}) + "exists (select 1 from " + from + where + ")"
	case 2, 3:
		return g.pick(outer.ints) + g.pick([]string{" in ", " not in "}) + "(select " + g.pick(sc.ints) + " from " + from + where + ")"
	case 4:
		return g.pick(outer.ints) + g.pick([]string{" = any ", " > all ", " <= any ", " <> all "}) + "(select " + g.pick(sc.ints) + " from " + from + where + ")"
	}
	return g.intExpr(outer, 1) + g.pick([]string{" = ", " < ", " >= "}) + g.scalar(outer, depth-1)
}

// modify is a data modification.
func (g *generator) modify() string {
	table := g.pick([]string{"a", "b", "c", "d"})
	sc := qualified(table, tables[table])
	set := map[string]string{"a": "x", "b": "ax", "c": "v", "d": "x"}[table]
	show := "; select * from " + table
	returning := " returning " + g.pick(sc.ints) + ", " + g.pick(sc.ints)
	switch g.r.IntN(6) {
	case 0:
		return "delete from " + table + " where " + g.cond(sc, 2) + returning + show
	case 1:
		return "update " + table + " set " + set + " = " + g.intExpr(sc, 1) + " where " + g.cond(sc, 2) + returning + show
	case 2:
		key := map[string]string{"a": "id = 3", "b": "id = 3", "c": "k1 = 1 and k2 = 2", "d": "k = 3"}[table]
		where := " where " + key
		if g.r.IntN(2) == 0 {
			where += " and " + g.cond(sc, 0)
		}
		if g.r.IntN(2) == 0 {
			return "delete from " + table + where + returning + show
		}
		return "update " + table + " set " + set + " = " + g.intExpr(sc, 1) + where + returning + show
	case 3:
		from, fs := g.from(1)
		return "delete from " + table + " using " + from + " where " + g.pick(sc.ints) + " = " + g.pick(fs.ints) + " and " +
			g.cond(sc.plus(fs), 1) + " returning " + g.pick(sc.ints) + show
	case 4:
		// Rows that match several others are updated from any of them: the new value must not depend on which.
		from, fs := g.from(1)
		return "update " + table + " set " + set + " = " + g.intExpr(sc, 1) + " from " + from + " where " + g.pick(sc.ints) + " = " +
			g.pick(fs.ints) + " and " + g.cond(sc.plus(fs), 1) + " returning " + g.pick(sc.ints) + show
	}
	from, fs := g.from(1)
	return "insert into d select 100 + row_number() over (order by " + g.pick(fs.ints) + "), " + g.pick(fs.ints) + " from " + from +
		" where " + g.cond(fs, 1) + "; select x from d"
}

// special is a query of one of the rarer forms.
func (g *generator) special() string {
	from, sc := g.from(1)
	switch g.r.IntN(7) {
	case 0:
		n := g.name()
		q := "with " + n + " as " + g.pick([]string{"", "materialized ", "not materialized "}) + "(select " + g.pick(sc.ints) + " as p, " +
			g.pick(sc.ints) + " as q from " + from + " where " + g.cond(sc, 1) + ") "
		both := scope{ints: []string{"l.p", "l.q", "r.p", "r.q"}}
		return q + "select l.p, r.q from " + n + " l " + g.pick([]string{"join", "left join"}) + " " + n + " r on l.p = r.q where " + g.cond(both, 1)
	case 1:
		inner, is := g.from(1)
		n := g.name()
		lat := scope{ints: []string{n + ".p", n + ".q"}}
		return "select " + g.pick(sc.ints) + ", " + n + ".q from " + from + " " + g.pick([]string{"join", "left join"}) + " lateral (select " +
			g.aggregate(is) + " as p, " + g.pick(sc.ints) + " as q from " + inner + " where " + g.cond(is.plus(sc), 1) + ") " + n + " on " +
			g.cond(sc.plus(lat), 0)
	case 2:
		c, d := g.pick(sc.ints), g.pick(sc.ints)
		return "select distinct on (" + c + ") " + c + ", " + d + " from " + from + " where " + g.cond(sc, 1) + " order by " + c + ", " + d
	case 3:
		c := g.pick(sc.ints)
		return "select " + c + ", sum(" + g.pick(sc.ints) + ") over (partition by " + c + "), count(*) over () from " + from + " where " + g.cond(sc, 1)
	case 4:
		c := g.pick(sc.ints)
		return "select * from (select " + c + " as p, rank() over (partition by " + c + " order by " + g.pick(sc.ints) + ") as q from " + from +
			") w where w.p " + g.pick([]string{"= 1", "> 2", "is null"}) + g.pick([]string{"", " and w.q < 3"})
	case 5: // a subquery in a subquery, about rows that are unique outside
		n, m := g.name(), g.name()
		return "select " + n + ".id, " + g.pick(sc.ints) + " from a " + n + ", " + from + " where " + n + ".id " + g.pick([]string{"", "not "}) +
			"in (select " + m + ".id from b " + m + " where " + m + g.pick([]string{".z", ".ax"}) + " > " + g.scalar(scope{ints: []string{m + ".ax"}}, 0) + ") and " + g.cond(sc, 1)
	}
	inner, is := g.from(0)
	n := g.name()
	return "select " + g.pick(sc.ints) + ", " + n + ".p from " + from + ", lateral (select " + g.pick(is.ints) + " as p from " + inner +
		" where " + g.pick(is.ints) + " = " + g.pick(sc.ints) + ") " + n + " where " + g.cond(sc, 1)
}
