package expr

import (
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// andNode is AND of three-valued logic. A row that an argument makes false is decided: later arguments do not see it.
type andNode struct {
	args []node
	out  vec.Vector
	sel  []int32
}

func (x *andNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	rows := fr.rows(sel, n)
	x.out.Kind = types.KindBool
	fr.clear(&x.out, n)
	x.sel = append(fr.list(x.sel, len(rows)), rows...)
	for _, a := range x.args {
		if len(x.sel) == 0 {
			break
		}
		v, err := a.eval(fr, x.sel, n)
		if err != nil {
			return nil, err
		}
		if v.Const && v.Bool[0] {
			continue
		}
		keep := x.sel[:0]
		for _, i := range x.sel {
			k := at(v, i)
			if v.Bool[k] {
				keep = append(keep, i)
			} else if v.Nulls.Has(k) {
				x.out.Nulls.Set(int(i))
				keep = append(keep, i)
			} else {
				x.out.Nulls.Clear(int(i))
			}
		}
		x.sel = keep
	}
	for _, i := range x.sel {
		x.out.Bool[i] = !x.out.Nulls.Has(int(i))
	}
	return &x.out, nil
}

// orNode is OR: a row that an argument makes true is decided.
type orNode struct {
	args []node
	out  vec.Vector
	sel  []int32
}

func (x *orNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	rows := fr.rows(sel, n)
	x.out.Kind = types.KindBool
	fr.clear(&x.out, n)
	x.sel = append(fr.list(x.sel, len(rows)), rows...)
	for _, a := range x.args {
		if len(x.sel) == 0 {
			break
		}
		v, err := a.eval(fr, x.sel, n)
		if err != nil {
			return nil, err
		}
		keep := x.sel[:0]
		for _, i := range x.sel {
			k := at(v, i)
			if v.Bool[k] {
				x.out.Bool[i] = true
				x.out.Nulls.Clear(int(i))
				continue
			}
			if v.Nulls.Has(k) {
				x.out.Nulls.Set(int(i))
			}
			keep = append(keep, i)
		}
		x.sel = keep
	}
	return &x.out, nil
}

// notNode is NOT: NULL stays NULL.
type notNode struct {
	arg node
	out vec.Vector
}

func (x *notNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	v, err := x.arg.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	if v.Const {
		sel, n = nil, 1
	}
	x.out.Kind, x.out.Const = types.KindBool, v.Const
	x.out.Resize(n)
	x.out.Nulls.CopyFrom(v.Nulls)
	nulls := v.Nulls.Any()
	if sel == nil {
		for i, b := range v.Bool[:n] {
			x.out.Bool[i] = !b
		}
		if nulls {
			for i := range n {
				x.out.Bool[i] = x.out.Bool[i] && !v.Nulls.Has(i)
			}
		}
		return &x.out, nil
	}
	for _, i := range sel {
		x.out.Bool[i] = !v.Bool[i] && !(nulls && v.Nulls.Has(int(i)))
	}
	return &x.out, nil
}

// isNullNode is IS [NOT] NULL. For a row value every field must be NULL (or not NULL).
type isNullNode struct {
	arg      node
	not, row bool
	out      vec.Vector
}

func (x *isNullNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	v, err := x.arg.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	if v.Const {
		sel, n = nil, 1
	}
	x.out.Kind, x.out.Const = types.KindBool, v.Const
	x.out.Resize(n)
	if !x.row && !v.Nulls.Any() {
		for i := range x.out.Bool {
			x.out.Bool[i] = x.not
		}
		return &x.out, nil
	}
	for _, i := range fr.rows(sel, n) {
		if !x.row || v.Nulls.Has(int(i)) {
			x.out.Bool[i] = v.Nulls.Has(int(i)) != x.not
			continue
		}
		x.out.Bool[i] = x.fields(v.Ref[i])
	}
	return &x.out, nil
}

func (x *isNullNode) fields(ref any) bool {
	r, ok := ref.(*types.Record)
	if !ok {
		return x.not
	}
	for _, f := range r.Fields {
		if f.IsNull() == x.not {
			return false
		}
	}
	return true
}

// boolTestNode is IS [NOT] TRUE, FALSE or UNKNOWN.
type boolTestNode struct {
	arg  node
	kind BoolTestKind
	out  vec.Vector
}

func (x *boolTestNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	v, err := x.arg.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	if v.Const {
		sel, n = nil, 1
	}
	x.out.Kind, x.out.Const = types.KindBool, v.Const
	x.out.Resize(n)
	for _, i := range fr.rows(sel, n) {
		null, b := v.Nulls.Has(int(i)), v.Bool[i]
		var r bool
		switch x.kind {
		case IsTrue:
			r = !null && b
		case IsNotTrue:
			r = null || !b
		case IsFalse:
			r = !null && !b
		case IsNotFalse:
			r = null || b
		case IsUnknown:
			r = null
		case IsNotUnknown:
			r = !null
		}
		x.out.Bool[i] = r
	}
	return &x.out, nil
}

// distinctNode is IS [NOT] DISTINCT FROM: equality in which NULL equals NULL.
type distinctNode struct {
	l, r node
	eq   *callNode // over the slots
	ls   slotNode
	rs   slotNode
	not  bool
	out  vec.Vector
	sel  []int32
}

func (cp *compiler) distinct(e *Distinct) (node, error) {
	x := &distinctNode{not: e.Not}
	var err error
	if x.l, err = cp.compile(e.L); err != nil {
		return nil, err
	}
	if x.r, err = cp.compile(e.R); err != nil {
		return nil, err
	}
	fn := e.Eq.Bound([]types.T{e.L.Type(), e.R.Type()}, boolType)
	x.eq = newCallNode(fn, []node{&x.ls, &x.rs}, types.KindBool)
	return x, nil
}

func (x *distinctNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	l, err := x.l.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	r, err := x.r.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	x.out.Kind = types.KindBool
	x.out.Clear(n)
	x.sel = x.sel[:0]
	for _, i := range fr.rows(sel, n) {
		ln, rn := l.Nulls.Has(at(l, i)), r.Nulls.Has(at(r, i))
		if ln || rn {
			x.out.Bool[i] = (ln == rn) == x.not
			continue
		}
		x.sel = append(x.sel, i)
	}
	if len(x.sel) == 0 {
		return &x.out, nil
	}
	x.ls.v, x.rs.v = l, r
	eq, err := x.eq.eval(fr, x.sel, n)
	if err != nil {
		return nil, err
	}
	for _, i := range x.sel {
		x.out.Bool[i] = eq.Bool[at(eq, i)] == x.not
	}
	return &x.out, nil
}

// rowCompareNode is (a, b) op (c, d): the first pair that is not equal decides.
type rowCompareNode struct {
	op     string
	ls, rs []node
	lt, eq []*callNode
	lslots []slotNode
	rslots []slotNode
	out    vec.Vector
	sel    []int32
	differ []int32
}

func (cp *compiler) rowCompare(e *RowCompare) (node, error) {
	x := &rowCompareNode{op: e.Op, lslots: make([]slotNode, len(e.Ls)), rslots: make([]slotNode, len(e.Ls))}
	var err error
	if x.ls, err = cp.list(e.Ls); err != nil {
		return nil, err
	}
	if x.rs, err = cp.list(e.Rs); err != nil {
		return nil, err
	}
	for i := range e.Ls {
		ts := []types.T{e.Ls[i].Type(), e.Rs[i].Type()}
		args := []node{&x.lslots[i], &x.rslots[i]}
		x.lt = append(x.lt, newCallNode(e.Lt[i].Bound(ts, boolType), args, types.KindBool))
		x.eq = append(x.eq, newCallNode(e.Eq[i].Bound(ts, boolType), args, types.KindBool))
	}
	return x, nil
}

func (x *rowCompareNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	x.out.Kind = types.KindBool
	x.out.Clear(n)
	x.sel = append(x.sel[:0], fr.rows(sel, n)...)
	for k := range x.ls {
		if len(x.sel) == 0 {
			return &x.out, nil
		}
		if err := x.column(fr, k, n); err != nil {
			return nil, err
		}
	}
	orEqual := x.op == "<=" || x.op == ">="
	for _, i := range x.sel {
		x.out.Bool[i] = orEqual
	}
	return &x.out, nil
}

// column compares the k-th pair for the rows where all before were equal, and keeps those where this one is too.
func (x *rowCompareNode) column(fr *frame, k, n int) error {
	l, err := x.ls[k].eval(fr, x.sel, n)
	if err != nil {
		return err
	}
	r, err := x.rs[k].eval(fr, x.sel, n)
	if err != nil {
		return err
	}
	x.lslots[k].v, x.rslots[k].v = l, r
	eq, err := x.eq[k].eval(fr, x.sel, n)
	if err != nil {
		return err
	}
	keep := x.sel[:0]
	x.differ = x.differ[:0]
	for _, i := range x.sel {
		switch j := at(eq, i); {
		case eq.Nulls.Has(j):
			x.out.SetNull(int(i))
		case eq.Bool[j]:
			keep = append(keep, i)
		default:
			x.differ = append(x.differ, i)
		}
	}
	x.sel = keep
	if len(x.differ) == 0 {
		return nil
	}
	lt, err := x.lt[k].eval(fr, x.differ, n)
	if err != nil {
		return err
	}
	less := x.op == "<" || x.op == "<="
	for _, i := range x.differ {
		x.out.Bool[i] = lt.Bool[at(lt, i)] == less
	}
	return nil
}
