package order_test

import (
	"context"
	"fmt"
	"math"
	"math/rand"
	"sort"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/exectest"
	"github.com/lightsql/lightsql/exec/order"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

var sortTypes = exectest.Types(types.Int8OID, types.TextOID, types.Float8OID, types.NumericOID, types.BoolOID, types.BPCharOID,
	types.UUIDOID, types.IntervalOID, types.XID8OID, types.DateOID, types.Int4ArrayOID)

// value is a random value of column c, few of them different.
func value(rnd *rand.Rand, c int) types.Datum {
	n := rnd.Intn(40)
	if n == 39 {
		return types.Null
	}
	switch sortTypes[c].OID {
	case types.TextOID:
		return types.NewStr([]string{"", "a", "ab", "abcdefgh", "abcdefghi", "abcdefgh\x01", "ü", "z"}[n%8])
	case types.Float8OID:
		return types.NewFloat([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1e-300, -5, 7.5}[n%8])
	case types.NumericOID:
		big, _ := types.MakeNumeric(math.MaxInt64, 0).Mul(types.MakeNumeric(int64(n-20), 0))
		return types.NewNum([]types.Numeric{types.MakeNumeric(int64(n), 1), types.MakeNumeric(int64(n)*10, 2), types.MakeNumeric(-7, 12), big,
			types.NumericNaN, types.NumericInf, types.MakeNumeric(math.MaxInt64-int64(n), 0), types.MakeNumeric(1, 5)}[rnd.Intn(8)])
	case types.BoolOID:
		return types.NewBool(n%2 == 0)
	case types.BPCharOID:
		return types.NewStr([]string{"a", "a ", "b", "b  ", "a\x01"}[n%5])
	case types.UUIDOID:
		return types.NewStr(fmt.Sprintf("%c\x00\x00\x00%12d", 'a'+n%3, n))
	case types.IntervalOID:
		return types.NewInterval(types.Interval{Months: int32(n % 3), Days: int32(n % 50), Micros: int64(-n)})
	case types.XID8OID:
		return types.NewInt([]int64{0, 1, -1, math.MinInt64}[n%4])
	case types.Int4ArrayOID:
		return types.NewRef(types.NewArray(types.Int4OID, []types.Datum{types.NewInt(int64(n % 3)), types.NewInt(int64(n))}[:1+n%2]))
	}
	return types.NewInt([]int64{math.MinInt64, math.MaxInt64, 0, int64(n), int64(-n)}[n%5])
}

func randomRows(seed int64, n int) exectest.Rows {
	rnd := rand.New(rand.NewSource(seed))
	rows := make(exectest.Rows, n)
	for i := range rows {
		for c := range sortTypes {
			rows[i] = append(rows[i], value(rnd, c))
		}
	}
	return rows
}

// TestQuicksort: rows with equal keys come in PostgreSQL's order.
func TestQuicksort(t *testing.T) {
	ts := exectest.Types(types.Int4OID, types.Int4OID)
	rows := func(values ...int64) (out exectest.Rows) {
		for _, v := range values {
			out = append(out, []types.Datum{types.NewInt(v), types.NewInt(v % 4)})
		}
		return out
	}
	n := &plan.Sort{Info: plan.Info{Out: ts}, Input: exectest.Node(ts), Keys: []plan.SortKey{{Col: 1, T: ts[1]}}}
	ctx := exectest.Settings[2].Ctx(t)
	op := order.NewSort(ctx, n, exectest.NewSource(ctx, ts, rows(4, 2, 1, 6, 9, 8, 5, 3, 7, 0)))
	exectest.Same(t, exectest.Run(t, op, ts), exectest.Texts(ts, rows(0, 8, 4, 5, 9, 1, 6, 2, 3, 7)))
}

// sorted is what a stable sort by the definition gives.
func sorted(rows exectest.Rows, keys []plan.SortKey) exectest.Rows {
	out := append(exectest.Rows{}, rows...)
	sort.SliceStable(out, func(i, j int) bool {
		for _, k := range keys {
			a, b := out[i][k.Col], out[j][k.Col]
			if a.IsNull() || b.IsNull() {
				if a.IsNull() != b.IsNull() {
					return a.IsNull() == k.NullsFirst
				}
				continue
			}
			if c := types.Compare(k.T.OID, a, b); c != 0 {
				return c < 0 != k.Desc
			}
		}
		return false
	})
	return out
}

func keysFrom(rnd *rand.Rand) (keys []plan.SortKey) {
	for _, c := range rnd.Perm(len(sortTypes))[:1+rnd.Intn(3)] {
		keys = append(keys, plan.SortKey{Col: c, T: sortTypes[c], Desc: rnd.Intn(2) == 0, NullsFirst: rnd.Intn(2) == 0})
	}
	return keys
}

func constant(n int64) expr.Expr { return &expr.Const{T: types.Of(types.Int8OID), D: types.NewInt(n)} }

func TestSort(t *testing.T) {
	rnd := rand.New(rand.NewSource(11))
	for trial := range 40 {
		rows := randomRows(int64(trial), []int{0, 1, 5, 100, 400, 3000}[trial%6])
		n := &plan.Sort{Info: plan.Info{Out: sortTypes}, Input: exectest.Node(sortTypes), Keys: keysFrom(rnd)}
		want := sorted(rows, n.Keys)
		if trial%3 == 0 {
			n.Limit, n.Offset = constant(int64(trial)), constant(3)
			want = want[:min(len(want), trial+3)]
		}
		s := exectest.Settings[trial%len(exectest.Settings)]
		t.Run(fmt.Sprint(trial, s), func(t *testing.T) {
			ctx := s.Ctx(t)
			op := order.NewSort(ctx, n, exectest.NewSource(ctx, sortTypes, rows))
			checkOrder(t, exectest.Run(t, op, sortTypes), want, n)
			if ctx.Memory.Used != 0 {
				t.Errorf("%d bytes are still accounted for", ctx.Memory.Used)
			}
		})
	}
}

// checkOrder compares the keys in order, and all rows, if all are wanted, as a set: rows with equal keys come in any order.
func checkOrder(t *testing.T, got []string, want exectest.Rows, n *plan.Sort) {
	t.Helper()
	all := exectest.Texts(sortTypes, want)
	if n.Limit == nil {
		exectest.SameSet(t, got, all)
	}
	keys := func(rows []string) (out []string) {
		for _, r := range rows {
			f := strings.Split(r, "|")
			key := ""
			for _, k := range n.Keys {
				key += looks(k.T, f[k.Col]) + "|"
			}
			out = append(out, key)
		}
		return out
	}
	exectest.Same(t, keys(got), keys(all))
}

// looks hides how equal values may differ in their looks.
func looks(t types.T, s string) string {
	switch t.OID {
	case types.NumericOID:
		if strings.Contains(s, ".") {
			return strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
	case types.BPCharOID:
		return strings.TrimRight(s, " ")
	case types.Float8OID:
		if s == "-0" {
			return "0"
		}
	}
	return s
}

func TestDistinct(t *testing.T) {
	for trial, cols := range [][]int{{0}, {1}, {2}, {3}, {5}, {10}, {0, 1}, {1, 4, 9}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}} {
		rows := randomRows(int64(trial), 900)
		var keys []plan.SortKey
		for _, c := range cols {
			keys = append(keys, plan.SortKey{Col: c, T: sortTypes[c]})
		}
		var first, unique exectest.Rows
		for i, r := range rows {
			if !hasEqual(rows[:i], r, cols) {
				first = append(first, r)
			}
		}
		inOrder := sorted(rows, keys)
		for i, r := range inOrder {
			if i == 0 || !hasEqual(inOrder[i-1:i], r, cols) {
				unique = append(unique, r)
			}
		}
		exectest.Each(t, func(t *testing.T, ctx *exec.Ctx) {
			n := &plan.Distinct{Info: plan.Info{Out: sortTypes}, Input: exectest.Node(sortTypes), Cols: cols}
			got := exectest.Run(t, order.NewHashDistinct(ctx, n, exectest.NewSource(ctx, sortTypes, rows)), sortTypes)
			exectest.SameSet(t, got, exectest.Texts(sortTypes, first))
			n.Sorted = true
			got = exectest.Run(t, order.NewUnique(n, exectest.NewSource(ctx, sortTypes, inOrder)), sortTypes)
			exectest.Same(t, got, exectest.Texts(sortTypes, unique))
		})
	}
}

func hasEqual(rows exectest.Rows, r []types.Datum, cols []int) bool {
	for _, x := range rows {
		same := true
		for _, c := range cols {
			same = same && x[c].IsNull() == r[c].IsNull() && (r[c].IsNull() || types.Equal(sortTypes[c].OID, x[c], r[c]))
		}
		if same {
			return true
		}
	}
	return false
}

func TestLimit(t *testing.T) {
	ts := exectest.Types(types.Int4OID)
	var rows exectest.Rows
	for i := range 50 {
		rows = append(rows, []types.Datum{types.NewInt(int64(i / 10))})
	}
	null := &expr.Const{T: types.Of(types.Int8OID)}
	ties := []plan.SortKey{{Col: 0, T: ts[0]}}
	for _, c := range []struct {
		limit, offset expr.Expr
		ties          []plan.SortKey
		from, to      int
	}{
		{nil, nil, nil, 0, 50}, {constant(0), nil, nil, 0, 0}, {constant(7), nil, nil, 0, 7}, {constant(7), constant(6), nil, 6, 13},
		{nil, constant(48), nil, 48, 50}, {constant(9), constant(60), nil, 50, 50}, {null, null, nil, 0, 50},
		{constant(math.MaxInt64), constant(1), nil, 1, 50},
		{constant(7), nil, ties, 0, 10}, {constant(10), nil, ties, 0, 10}, {constant(11), constant(3), ties, 3, 20},
		{constant(0), nil, ties, 0, 0}, {constant(100), nil, ties, 0, 50}, {null, nil, ties, 0, 50}, {constant(1), constant(9), ties, 9, 10},
	} {
		exectest.Each(t, func(t *testing.T, ctx *exec.Ctx) {
			n := &plan.Limit{Info: plan.Info{Out: ts}, Input: exectest.Node(ts), Limit: c.limit, Offset: c.offset, WithTies: c.ties}
			got := exectest.Run(t, order.NewLimit(ctx, n, exectest.NewSource(ctx, ts, rows)), ts)
			exectest.Same(t, got, exectest.Texts(ts, rows[c.from:c.to]))
		})
	}
	ctx := exectest.Settings[0].Ctx(t)
	for code, n := range map[pgerr.Code]*plan.Limit{pgerr.InvalidRowCountInLimitClause: {Limit: constant(-1)}, pgerr.InvalidRowCountInResultOffsetClause: {Offset: constant(-1)}} {
		n.Input = exectest.Node(ts)
		if err := order.NewLimit(ctx, n, exectest.NewSource(ctx, ts, rows)).Open(context.Background()); pgerr.CodeOf(err) != code {
			t.Errorf("negative: %v, want %s", err, code)
		}
	}
}

// TestMaterialize counts how often the input runs.
func TestMaterialize(t *testing.T) {
	rows := randomRows(1, 500)
	exectest.Each(t, func(t *testing.T, ctx *exec.Ctx) {
		src := exectest.NewSource(ctx, sortTypes, rows)
		m := order.NewMaterialize(ctx, sortTypes, src, exec.Params{Slots: []int{2}})
		exectest.Same(t, exectest.Run(t, m, sortTypes), exectest.Texts(sortTypes, rows))
		if src.Opens != 1 {
			t.Errorf("the input ran %d times", src.Opens)
		}
		ctxBack := context.Background()
		for i, v := range []int64{1, 1, 2} {
			ctx.Expr.Exec[2] = types.NewInt(v)
			if err := m.Open(ctxBack); err != nil {
				t.Fatal(err)
			}
			if want := []int{2, 2, 3}[i]; src.Opens != want {
				t.Errorf("the input ran %d times, want %d", src.Opens, want)
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
