package fkey

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Queries writes the queries on the table that refers, of what happens to its rows when keys go away or change.
type Queries struct {
	Ref    catalog.Reference
	Top    *catalog.Table // that the key refers to: that of the rows, or a partitioned table that it is in
	Action byte           // pg_constraint's letters
	// Types are those of the key's columns in the table referred to; Child and Parent the names of the columns, quoted.
	Types         []types.T
	Child, Parent []string
	Set           []string // columns of SET NULL and SET DEFAULT
	// Array: the keys have one column, of the same type on both sides, so that rows are found by x.c = ANY($1): by an index if there is one,
	// however little is known about the size of the table.
	Array bool
	// Arrays: the values of many keys can be given as arrays.
	Arrays bool

	r     *catalog.Reader
	event catalog.TriggerEvents
}

// NewQueries prepares the queries of a foreign key for a DELETE or an UPDATE; not ok if what it refers to is gone.
func NewQueries(r *catalog.Reader, ref catalog.Reference, event catalog.TriggerEvents) (a *Queries, ok bool) {
	a = &Queries{Ref: ref, Action: ref.Key.OnDelete, Arrays: true, r: r, event: event}
	if event == catalog.OnUpdate {
		a.Action = ref.Key.OnUpdate
	}
	if a.Top, ok = r.Table(ref.Key.Parent); !ok {
		return nil, false
	}
	for i, id := range ref.Key.ParentColumns {
		c := a.Top.ColumnByID(id)
		t := types.Of(types.BaseOf(c.Type.OID))
		if types.ArrayOf(t.OID) == 0 || types.ElemOf(t.OID) != 0 {
			a.Arrays = false
		}
		a.Types = append(a.Types, t)
		a.Parent = append(a.Parent, expr.QuoteIdent(c.Name))
		c = ref.Table.ColumnByID(ref.Key.Columns[i])
		a.Child = append(a.Child, expr.QuoteIdent(c.Name))
		a.Array = len(ref.Key.Columns) == 1 && types.BaseOf(c.Type.OID) == t.OID
	}
	a.Set = a.Child
	if event == catalog.OnDelete && len(ref.Key.SetColumns) > 0 {
		a.Set = nil
		for _, id := range ref.Key.SetColumns {
			a.Set = append(a.Set, expr.QuoteIdent(ref.Table.ColumnByID(id).Name))
		}
	}
	return a, true
}

// ArgTypes are the types of the first n parameters, arrays unless there is one key.
func (a *Queries) ArgTypes(one bool, n int) []types.T {
	ts := make([]types.T, n)
	for i := range ts {
		ts[i] = a.Types[i%len(a.Types)]
		if !one {
			ts[i] = types.Of(types.ArrayOf(ts[i].OID))
		}
	}
	return ts
}

// KeysFrom is the FROM item with the keys, and the condition that rows of the child x refer to them. With one key there is no item.
func (a *Queries) KeysFrom(one bool, n int) (from, where string) {
	var conds, cols, params []string
	for i, c := range a.Child {
		key := fmt.Sprintf("k.o%d", i+1)
		if one {
			key = fmt.Sprintf("$%d", i+1)
		}
		conds = append(conds, "x."+c+" = "+key)
	}
	where = strings.Join(conds, " AND ")
	if one {
		return "", where
	}
	if a.Array && n == 1 {
		return "", "x." + a.Child[0] + " = ANY($1)"
	}
	for i := range n {
		name := "o"
		if i >= len(a.Types) {
			name = "n"
		}
		cols = append(cols, fmt.Sprint(name, i%len(a.Types)+1))
		params = append(params, fmt.Sprintf("$%d", i+1))
	}
	return "pg_catalog.unnest(" + strings.Join(params, ", ") + ") AS k(" + strings.Join(cols, ", ") + ")", where
}

// Name is the qualified name of a table, without those that inherit from it.
func (a *Queries) Name(t *catalog.Table) string {
	only := "ONLY "
	if t.Key != nil {
		only = ""
	}
	return only + expr.QuoteIdent(a.r.SchemaName(t.Schema)) + "." + expr.QuoteIdent(t.Name)
}

// Change is the query that changes the rows that refer.
func (a *Queries) Change(one bool) string {
	n := len(a.Types)
	cascade := a.Action == 'c' && a.event == catalog.OnUpdate
	if cascade {
		n *= 2
	}
	from, where := a.KeysFrom(one, n)
	table := a.Name(a.Ref.Table) + " x"
	if a.Action == 'c' && !cascade {
		if from != "" {
			from = " USING " + from
		}
		return "DELETE FROM " + table + from + " WHERE " + where
	}
	var sets []string
	for i, c := range a.Set {
		value := "NULL"
		switch {
		case cascade && one:
			value = fmt.Sprintf("$%d", len(a.Types)+i+1)
		case cascade:
			value = fmt.Sprintf("k.n%d", i+1)
		case a.Action == 'd':
			value = "DEFAULT"
		}
		sets = append(sets, c+" = "+value)
	}
	if from != "" {
		from = " FROM " + from
	}
	return "UPDATE " + table + " SET " + strings.Join(sets, ", ") + from + " WHERE " + where
}

// Shown is the query for one key as PostgreSQL would show it.
func (a *Queries) Shown() string {
	table := "ONLY " + quoteAlways(a.r.SchemaName(a.Ref.Table.Schema)) + "." + quoteAlways(a.Ref.Table.Name)
	var conds, sets []string
	n := 1
	for i, id := range a.Ref.Key.Columns {
		name := quoteAlways(a.Ref.Table.ColumnByID(id).Name)
		switch {
		case a.Action == 'c' && a.event == catalog.OnUpdate:
			sets = append(sets, fmt.Sprintf("%s = $%d", name, n))
			n++
		case a.Action == 'n' && slices.Contains(a.Set, a.Child[i]):
			sets = append(sets, name+" = NULL")
		case a.Action == 'd' && slices.Contains(a.Set, a.Child[i]):
			sets = append(sets, name+" = DEFAULT")
		}
	}
	for _, id := range a.Ref.Key.Columns {
		conds = append(conds, fmt.Sprintf("$%d OPERATOR(pg_catalog.=) %s", n, quoteAlways(a.Ref.Table.ColumnByID(id).Name)))
		n++
	}
	sql := "DELETE FROM " + table
	if sets != nil {
		sql = "UPDATE " + table + " SET " + strings.Join(sets, ", ")
	}
	return sql + " WHERE " + strings.Join(conds, " AND ")
}

func quoteAlways(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
