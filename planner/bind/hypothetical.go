package bind

import (
	"strings"

	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Hypothetical-set aggregates tell where a row would stand among those of a group. They are counts of the rows before it:
//
//	rank(d) WITHIN GROUP (ORDER BY k)          1 + count(*) FILTER (WHERE k before d)
//	dense_rank(d) WITHIN GROUP (ORDER BY k)    1 + count(DISTINCT ROW(k)) FILTER (WHERE k before d)
//	percent_rank(d) WITHIN GROUP (ORDER BY k)  count(*) FILTER (WHERE k before d) / count(*), 0 without rows
//	cume_dist(d) WITHIN GROUP (ORDER BY k)     (1 + count(*) FILTER (WHERE k before or equal to d)) / (1 + count(*))
var hypotheticals = map[string]bool{"rank": true, "dense_rank": true, "percent_rank": true, "cume_dist": true}

// hypotheticalName is the name of the built-in hypothetical-set aggregate that a call means; "" if it means none. One of the catalog may
// consist of the functions of a built-in one.
func (b *binder) hypotheticalName(n *ast.FuncCall) string {
	last := len(n.Name) - 1
	if !n.AggWithinGroup || n.Over != nil {
		return ""
	}
	if hypotheticals[n.Name[last]] && (last == 0 || n.Name[0] == "pg_catalog") {
		return n.Name[last]
	}
	if !b.o.Reader.HasFunctions(n.Name[last]) {
		return ""
	}
	for _, p := range b.catalogProcs(n.Name) {
		f, ok := b.o.Reader.Function(p.OID)
		if !ok || f.Aggregate == nil || f.Aggregate.Kind != 'h' || b.procByOID(f.Aggregate.Trans).Name != "ordered_set_transition_multi" {
			continue
		}
		if final, ok := builtins.ProcByOID(f.Aggregate.Final); ok && hypotheticals[strings.TrimSuffix(final.Name, "_final")] {
			return strings.TrimSuffix(final.Name, "_final")
		}
	}
	return ""
}

// hypothetical is one call; the arguments of c are the direct ones, then the sort keys.
func (b *binder) hypothetical(s *scope, name string, c *boundCall, filter expr.Expr, track levelTracker) expr.Expr {
	n := c.n
	direct := len(n.Args)
	c.name = joinNames(n.Name)
	for _, e := range c.args {
		c.types = append(c.types, e.Type().OID)
	}
	if direct != len(n.AggOrder) {
		b.raise(b.err(pgerr.UndefinedFunction, n.Pos, "function %s does not exist", b.signature(c)).
			WithHint("To use the hypothetical-set aggregate %s, the number of hypothetical direct arguments (here %d) must match the number of ordering columns (here %d).",
				c.name, direct, len(n.AggOrder)))
	}
	if n.AggDistinct {
		b.fail(pgerr.WrongObjectType, n.Pos, "cannot use DISTINCT with WITHIN GROUP")
	}
	keys := make([]expr.SortKey, direct)
	ds := make([]expr.Expr, direct)
	for i := range keys {
		// PostgreSQL names the key first where the two have no common type.
		poss := []int{c.poss[direct+i], c.poss[i]}
		t := b.commonType([]expr.Expr{c.args[direct+i], c.args[i]}, poss, "WITHIN GROUP")
		if t == types.UnknownOID {
			t = types.TextOID
		}
		key := b.toCommon(c.args[direct+i], t, "WITHIN GROUP", poss[0])
		ds[i] = b.toCommon(c.args[i], t, "WITHIN GROUP", poss[1])
		b.needOrdering(t, poss[0])
		keys[i] = b.sortKey(n.AggOrder[i], key)
	}
	before := b.beforeRow(keys, ds, name == "cume_dist")
	if filter != nil {
		before = &expr.And{Args: []expr.Expr{filter, before}}
	}
	at := s
	for at.depth > track.level() {
		at = at.parent
	}
	at.directArgs = append(at.directArgs, ds...)
	count := b.countCall(before)
	if name == "dense_rank" {
		row := &expr.Row{T: types.Of(types.RecordOID)}
		for i := range keys {
			row.Elems, row.Names = append(row.Elems, keys[i].Expr), append(row.Names, "f"+itoa(i+1))
		}
		count.Star, count.Distinct, count.Args = false, true, []expr.Expr{row}
		m, err := choose.Function(builtins.FuncCall{Name: "count", Args: []types.OID{types.RecordOID}})
		b.check(err, n.Pos)
		count.Fn = m.Agg
	}
	ahead := b.placeAggregate(s, n, count, track, name)
	one := &expr.Const{T: types.Of(types.Int8OID), D: types.NewInt(1)}
	more := func(e expr.Expr) expr.Expr { return b.makeOp("+", e, one, -1, -1, -1) }
	if name == "rank" || name == "dense_rank" {
		return more(ahead)
	}
	all := b.placeAggregate(s, n, b.countCall(filter), track, name)
	ratio := func(x, y expr.Expr) expr.Expr {
		f8 := func(e expr.Expr) expr.Expr { return b.coerce(e, types.Float8OID, -1, builtins.Explicit, -1) }
		return b.makeOp("/", f8(x), f8(y), -1, -1, -1)
	}
	if name == "cume_dist" {
		return ratio(more(ahead), more(all))
	}
	float8 := types.Of(types.Float8OID)
	none := b.makeOp("=", all, &expr.Const{T: types.Of(types.Int8OID), D: types.NewInt(0)}, -1, -1, -1)
	return &expr.Case{Whens: []expr.When{{Cond: none, Then: &expr.Const{T: float8, D: types.NewFloat(0)}}}, Else: ratio(ahead, all), T: float8}
}

// countCall is count(*) of the rows for which filter holds.
func (b *binder) countCall(filter expr.Expr) *expr.AggCall {
	m, err := choose.Function(builtins.FuncCall{Name: "count"})
	b.check(err, -1)
	return &expr.AggCall{Fn: m.Agg, Star: true, Filter: filter, T: types.Of(types.Int8OID)}
}

// beforeRow is the condition that a row with these keys comes before the row ds, or is equal to it if that counts, too.
func (b *binder) beforeRow(keys []expr.SortKey, ds []expr.Expr, equal bool) expr.Expr {
	boolean := types.Of(types.BoolOID)
	fixed := func(v bool) expr.Expr { return &expr.Const{T: boolean, D: types.NewBool(v)} }
	var out expr.Expr = fixed(equal)
	for i := len(keys) - 1; i >= 0; i-- {
		k, d := keys[i], ds[i]
		op := "<"
		if k.Desc {
			op = ">"
		}
		// Where the key is as good as d, the rest decides.
		same := &expr.Case{Whens: []expr.When{{Cond: b.makeOp("=", k.Expr, d, -1, -1, -1), Then: out}}, Else: b.makeOp(op, k.Expr, d, -1, -1, -1), T: boolean}
		null := &expr.Case{Whens: []expr.When{{Cond: &expr.IsNull{Arg: d}, Then: out}}, Else: fixed(k.NullsFirst), T: boolean}
		out = &expr.Case{Whens: []expr.When{{Cond: &expr.IsNull{Arg: k.Expr}, Then: null}, {Cond: &expr.IsNull{Arg: d}, Then: fixed(!k.NullsFirst)}},
			Else: same, T: boolean}
	}
	return out
}
