package expr

import (
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// caseNode is CASE: a branch is evaluated only for the rows that reach it.
type caseNode struct {
	arg     node // nil for a searched CASE
	slot    slotNode
	conds   []node
	thens   []node
	els     node // nil is NULL
	out     vec.Vector
	sel     []int32
	matched []int32
}

func (cp *compiler) caseExpr(e *Case) (node, error) {
	x := &caseNode{out: vec.Vector{Kind: kindOf(e)}}
	var err error
	if e.Arg != nil {
		if x.arg, err = cp.compile(e.Arg); err != nil {
			return nil, err
		}
	}
	for _, w := range e.Whens {
		cp.caseArgs = append(cp.caseArgs, &x.slot)
		cond, err := cp.compile(w.Cond)
		cp.caseArgs = cp.caseArgs[:len(cp.caseArgs)-1]
		if err != nil {
			return nil, err
		}
		then, err := cp.compile(w.Then)
		if err != nil {
			return nil, err
		}
		x.conds, x.thens = append(x.conds, cond), append(x.thens, then)
	}
	if e.Else != nil {
		if x.els, err = cp.compile(e.Else); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func (x *caseNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	x.out.Clear(n)
	x.sel = append(x.sel[:0], fr.rows(sel, n)...)
	if x.arg != nil {
		v, err := x.arg.eval(fr, sel, n)
		if err != nil {
			return nil, err
		}
		x.slot.v = v
	}
	for k, cond := range x.conds {
		if len(x.sel) == 0 {
			return &x.out, nil
		}
		if err := x.branch(fr, cond, x.thens[k], n); err != nil {
			return nil, err
		}
	}
	if len(x.sel) == 0 {
		return &x.out, nil
	}
	if x.els == nil {
		for _, i := range x.sel {
			x.out.SetNull(int(i))
		}
		return &x.out, nil
	}
	v, err := x.els.eval(fr, x.sel, n)
	if err != nil {
		return nil, err
	}
	scatter(&x.out, v, x.sel)
	return &x.out, nil
}

// branch computes one WHEN for the rows that are left, and takes those away for which it holds.
func (x *caseNode) branch(fr *frame, cond, then node, n int) error {
	c, err := cond.eval(fr, x.sel, n)
	if err != nil {
		return err
	}
	x.matched = x.matched[:0]
	if c.Const {
		if !c.Bool[0] {
			return nil
		}
		x.matched, x.sel = append(x.matched, x.sel...), x.sel[:0]
	} else {
		keep := x.sel[:0]
		for _, i := range x.sel {
			if c.Bool[i] {
				x.matched = append(x.matched, i)
			} else {
				keep = append(keep, i)
			}
		}
		x.sel = keep
	}
	if len(x.matched) == 0 {
		return nil
	}
	v, err := then.eval(fr, x.matched, n)
	if err != nil {
		return err
	}
	scatter(&x.out, v, x.matched)
	return nil
}

// coalesceNode is COALESCE: an argument is evaluated only where those before are NULL.
type coalesceNode struct {
	args []node
	out  vec.Vector
	sel  []int32
	have []int32
}

func (x *coalesceNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	first, err := x.args[0].eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	if !first.Nulls.Any() {
		return first, nil
	}
	x.out.Clear(n)
	x.sel = append(x.sel[:0], fr.rows(sel, n)...)
	v := first
	for k := range x.args {
		if k > 0 {
			if v, err = x.args[k].eval(fr, x.sel, n); err != nil {
				return nil, err
			}
		}
		keep := x.sel[:0]
		x.have = x.have[:0]
		for _, i := range x.sel {
			if v.Nulls.Has(at(v, i)) {
				keep = append(keep, i)
			} else {
				x.have = append(x.have, i)
			}
		}
		x.sel = keep
		scatter(&x.out, v, x.have)
		if len(x.sel) == 0 {
			return &x.out, nil
		}
	}
	for _, i := range x.sel {
		x.out.SetNull(int(i))
	}
	return &x.out, nil
}

// nullIfNode is NULLIF: the left value, or NULL where the two are equal.
type nullIfNode struct {
	l, eq node
	out   vec.Vector
}

func (cp *compiler) nullIf(e *NullIf) (node, error) {
	x := &nullIfNode{out: vec.Vector{Kind: kindOf(e)}}
	var err error
	if x.l, err = cp.compile(e.L); err != nil {
		return nil, err
	}
	x.eq, err = cp.callOn(e.Eq, e.CmpL, e.CmpR)
	return x, err
}

func (x *nullIfNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	eq, err := x.eq.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	l, err := x.l.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	x.out.Clear(n)
	rows := fr.rows(sel, n)
	scatter(&x.out, l, rows)
	for _, i := range rows {
		if eq.Bool[at(eq, i)] {
			x.out.SetNull(int(i))
		}
	}
	return &x.out, nil
}

// minMaxNode is GREATEST or LEAST. NULL arguments are ignored.
type minMaxNode struct {
	args     []node
	greatest bool
	t        types.OID
	out      vec.Vector
}

func (x *minMaxNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	x.out.Clear(n)
	rows := fr.rows(sel, n)
	for k, a := range x.args {
		v, err := a.eval(fr, sel, n)
		if err != nil {
			return nil, err
		}
		if k == 0 {
			scatter(&x.out, v, rows)
			continue
		}
		for _, i := range rows {
			j := at(v, i)
			if v.Nulls.Has(j) {
				continue
			}
			if x.out.Nulls.Has(int(i)) || x.beats(v, j, int(i)) {
				x.out.CopyRow(int(i), v, j)
			}
		}
	}
	return &x.out, nil
}

// beats reports whether row j of v replaces row i of the result.
func (x *minMaxNode) beats(v *vec.Vector, j, i int) bool {
	var cmp int
	if x.out.Kind == types.KindInt {
		switch a, b := v.Int[j], x.out.Int[i]; {
		case a < b:
			cmp = -1
		case a > b:
			cmp = 1
		}
	} else {
		cmp = types.Compare(x.t, v.Datum(j), x.out.Datum(i))
	}
	if x.greatest {
		return cmp > 0
	}
	return cmp < 0
}
