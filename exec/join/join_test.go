package join_test

import (
	"fmt"
	"math/rand"
	"sort"
	"testing"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/exectest"
	"github.com/lightsql/lightsql/exec/join"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

var kindNames = map[logical.JoinKind]string{logical.InnerJoin: "inner", logical.LeftJoin: "left", logical.RightJoin: "right",
	logical.FullJoin: "full", logical.SemiJoin: "semi", logical.AntiJoin: "anti", logical.NullAntiJoin: "nullanti"}

// shape is a pair of inputs: key columns first, then a number that tells rows apart.
type shape struct {
	name        string
	types       []types.T
	keys        int
	left, right exectest.Rows
}

func shapes() []shape {
	rnd := rand.New(rand.NewSource(1))
	num := func(n, keys int, nulls bool) types.Datum {
		if nulls && rnd.Intn(8) == 0 {
			return types.Null
		}
		return types.NewInt(int64(rnd.Intn(keys)))
	}
	str := func(keys int) types.Datum {
		if rnd.Intn(9) == 0 {
			return types.Null
		}
		return types.NewStr(fmt.Sprint("key ", rnd.Intn(keys)))
	}
	ints := func(n, keys int, nulls bool) (out exectest.Rows) {
		for i := range n {
			out = append(out, []types.Datum{num(n, keys, nulls), types.NewInt(int64(i))})
		}
		return out
	}
	two := func(n, keys int) (out exectest.Rows) {
		for i := range n {
			out = append(out, []types.Datum{num(n, keys, true), str(keys), types.NewInt(int64(i))})
		}
		return out
	}
	strs := func(n, keys int) (out exectest.Rows) {
		for i := range n {
			out = append(out, []types.Datum{str(keys), types.NewInt(int64(i))})
		}
		return out
	}
	it, st := exectest.Types(types.Int4OID, types.Int4OID), exectest.Types(types.TextOID, types.Int4OID)
	tt := exectest.Types(types.Int4OID, types.TextOID, types.Int4OID)
	return []shape{
		{"ints", it, 1, ints(60, 30, false), ints(70, 30, false)},
		{"nulls", it, 1, ints(60, 30, true), ints(50, 40, true)},
		{"same key", it, 1, ints(20, 1, false), ints(30, 1, false)},
		{"no left", it, 1, nil, ints(20, 5, true)},
		{"no right", it, 1, ints(20, 5, true), nil},
		{"no null right", it, 1, ints(20, 5, true), ints(3, 5, false)},
		{"strings", st, 1, strs(50, 20), strs(60, 30)},
		{"two keys", tt, 2, two(80, 6), two(70, 6)},
	}
}

// naive joins by the definition. on is the extra condition: the sum of the last columns is odd.
func naive(s shape, kind logical.JoinKind, on bool) []string {
	n := len(s.types)
	both := append(append([]types.T{}, s.types...), s.types...)
	nulls := make([]types.Datum, n)
	var out []string
	met := make([]bool, len(s.right))
	anyNull := false
	for _, r := range s.right {
		for k := range s.keys {
			anyNull = anyNull || r[k].IsNull()
		}
	}
	for _, l := range s.left {
		hit := false
		for j, r := range s.right {
			ok := !on || (l[n-1].Int()+r[n-1].Int())%2 == 1
			for k := range s.keys {
				ok = ok && !l[k].IsNull() && !r[k].IsNull() && types.Equal(s.types[k].OID, l[k], r[k])
			}
			if !ok {
				continue
			}
			hit, met[j] = true, true
			if kind < logical.SemiJoin {
				out = append(out, exectest.Text(both, append(append([]types.Datum{}, l...), r...)))
			}
		}
		switch {
		case kind == logical.SemiJoin && hit, kind == logical.AntiJoin && !hit:
			out = append(out, exectest.Text(s.types, l))
		case kind == logical.NullAntiJoin && !hit && (len(s.right) == 0 || !anyNull && !l[0].IsNull()):
			out = append(out, exectest.Text(s.types, l))
		case !hit && (kind == logical.LeftJoin || kind == logical.FullJoin):
			out = append(out, exectest.Text(both, append(append([]types.Datum{}, l...), nulls...)))
		}
	}
	if kind == logical.RightJoin || kind == logical.FullJoin {
		for j, r := range s.right {
			if !met[j] {
				out = append(out, exectest.Text(both, append(append([]types.Datum{}, nulls...), r...)))
			}
		}
	}
	return out
}

func call(name string, args ...expr.Expr) expr.Expr {
	o, ok := builtins.OperatorExact(name, args[0].Type().OID, args[1].Type().OID)
	if !ok {
		panic("no operator " + name)
	}
	return &expr.Call{Fn: o.Fn, Args: args, T: types.Of(o.Ret), Form: expr.FormOperator, Op: name}
}

func col(i int, ts []types.T) expr.Expr { return &expr.Col{Idx: i, T: ts[i%len(ts)]} }

func constant(i int64) expr.Expr { return &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(i)} }

// oddSum is the extra condition of naive over left ⧺ right.
func oddSum(s shape) expr.Expr {
	n := len(s.types)
	return call("=", call("%", call("+", col(n-1, s.types), col(2*n-1, s.types)), constant(2)), constant(1))
}

func keysOf(s shape) (es []expr.Expr) {
	for k := range s.keys {
		es = append(es, col(k, s.types))
	}
	return es
}

func outTypes(s shape, kind logical.JoinKind) []types.T {
	if kind >= logical.SemiJoin {
		return s.types
	}
	return append(append([]types.T{}, s.types...), s.types...)
}

func eachCase(t *testing.T, kinds []logical.JoinKind, f func(t *testing.T, ctx *exec.Ctx, s shape, k logical.JoinKind, on expr.Expr) []string) {
	for _, s := range shapes() {
		for _, k := range kinds {
			for _, on := range []bool{false, true} {
				if on && k == logical.NullAntiJoin {
					continue
				}
				t.Run(fmt.Sprint(s.name, "/", kindNames[k], "/", on), func(t *testing.T) {
					want := naive(s, k, on)
					exectest.Each(t, func(t *testing.T, ctx *exec.Ctx) {
						var cond expr.Expr
						if on {
							cond = oddSum(s)
						}
						exectest.SameSet(t, f(t, ctx, s, k, cond), want)
					})
				})
			}
		}
	}
}

var allKinds = []logical.JoinKind{logical.InnerJoin, logical.LeftJoin, logical.RightJoin, logical.FullJoin, logical.SemiJoin,
	logical.AntiJoin, logical.NullAntiJoin}

func TestHashJoin(t *testing.T) {
	eachCase(t, allKinds, func(t *testing.T, ctx *exec.Ctx, s shape, k logical.JoinKind, on expr.Expr) []string {
		n := &plan.HashJoin{Info: plan.Info{Out: outTypes(s, k)}, Kind: k, Left: exectest.Node(s.types), Right: exectest.Node(s.types),
			LeftKeys: keysOf(s), RightKeys: keysOf(s), Residual: on}
		j, err := join.NewHashJoin(ctx, n, exectest.NewSource(ctx, s.types, s.left), exectest.NewSource(ctx, s.types, s.right), exec.Params{})
		if err != nil {
			t.Fatal(err)
		}
		return exectest.Run(t, j, n.Out)
	})
}

func TestMergeJoin(t *testing.T) {
	eachCase(t, allKinds[:6], func(t *testing.T, ctx *exec.Ctx, s shape, k logical.JoinKind, on expr.Expr) []string {
		n := &plan.MergeJoin{Info: plan.Info{Out: outTypes(s, k)}, Kind: k, Left: exectest.Node(s.types), Right: exectest.Node(s.types),
			LeftKeys: keysOf(s), RightKeys: keysOf(s), Residual: on}
		j, err := join.NewMergeJoin(ctx, n, exectest.NewSource(ctx, s.types, sorted(s, s.left)), exectest.NewSource(ctx, s.types, sorted(s, s.right)))
		if err != nil {
			t.Fatal(err)
		}
		return exectest.Run(t, j, n.Out)
	})
}

func sorted(s shape, rows exectest.Rows) exectest.Rows {
	out := append(exectest.Rows{}, rows...)
	sort.SliceStable(out, func(i, j int) bool {
		for k := range s.keys {
			a, b := out[i][k], out[j][k]
			if a.IsNull() || b.IsNull() {
				if a.IsNull() != b.IsNull() {
					return b.IsNull()
				}
				continue
			}
			if c := types.Compare(s.types[k].OID, a, b); c != 0 {
				return c < 0
			}
		}
		return false
	})
	return out
}

// TestNestLoop joins by a condition over both sides; the right side is a plain source, cheap to rescan.
func TestNestLoop(t *testing.T) {
	kinds := []logical.JoinKind{logical.InnerJoin, logical.LeftJoin, logical.SemiJoin, logical.AntiJoin}
	eachCase(t, kinds, func(t *testing.T, ctx *exec.Ctx, s shape, k logical.JoinKind, on expr.Expr) []string {
		n := &plan.NestLoop{Info: plan.Info{Out: outTypes(s, k)}, Kind: k, Left: exectest.Node(s.types), Right: exectest.Node(s.types),
			On: expr.Conjunction(append(equalKeys(s), expr.Conjuncts(on, nil)...))}
		j, err := join.NewNestLoop(ctx, n, exectest.NewSource(ctx, s.types, s.left), exectest.NewSource(ctx, s.types, s.right))
		if err != nil {
			t.Fatal(err)
		}
		return exectest.Run(t, j, n.Out)
	})
}

func equalKeys(s shape) (es []expr.Expr) {
	for k := range s.keys {
		es = append(es, call("=", col(k, s.types), col(len(s.types)+k, s.types)))
	}
	return es
}

// TestNestLoopParams passes the left row's number through an exec param into the condition.
func TestNestLoopParams(t *testing.T) {
	s := shapes()[1]
	for _, k := range []logical.JoinKind{logical.InnerJoin, logical.LeftJoin, logical.SemiJoin, logical.AntiJoin} {
		want := naive(s, k, true)
		exectest.Each(t, func(t *testing.T, ctx *exec.Ctx) {
			param := &expr.ExecParam{Slot: 3, T: types.Of(types.Int4OID)}
			odd := call("=", call("%", call("+", param, col(3, s.types)), constant(2)), constant(1))
			n := &plan.NestLoop{Info: plan.Info{Out: outTypes(s, k)}, Kind: k, Left: exectest.Node(s.types), Right: exectest.Node(s.types),
				On: expr.Conjunction(append(equalKeys(s), odd)), Args: []expr.Expr{col(1, s.types)}, Slots: []int{3}}
			j, err := join.NewNestLoop(ctx, n, exectest.NewSource(ctx, s.types, s.left), exectest.NewSource(ctx, s.types, s.right))
			if err != nil {
				t.Fatal(err)
			}
			exectest.SameSet(t, exectest.Run(t, j, n.Out), want)
		})
	}
}

// TestHashJoinKeepsBuildSide counts how often the build side runs.
func TestHashJoinKeepsBuildSide(t *testing.T) {
	s := shapes()[0]
	ctx := exectest.Settings[2].Ctx(t)
	right := exectest.NewSource(ctx, s.types, s.right)
	n := &plan.HashJoin{Kind: logical.InnerJoin, Left: exectest.Node(s.types), Right: exectest.Node(s.types), LeftKeys: keysOf(s), RightKeys: keysOf(s)}
	j, err := join.NewHashJoin(ctx, n, exectest.NewSource(ctx, s.types, s.left), right, exec.Params{Slots: []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	exectest.Run(t, j, outTypes(s, logical.InnerJoin))
	if right.Opens != 1 {
		t.Errorf("build side was read %d times for a rescan", right.Opens)
	}
	ctx.Expr.Exec[0] = types.NewInt(5)
	exectest.Run(t, j, outTypes(s, logical.InnerJoin))
	if right.Opens != 2 {
		t.Errorf("build side was read %d times", right.Opens)
	}
}
