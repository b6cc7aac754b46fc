package expr

import (
	"fmt"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// constNode is a literal: always the same Const vector.
type constNode struct{ out vec.Vector }

func newConstNode(k types.Kind, d types.Datum) *constNode {
	x := &constNode{out: constVector(k)}
	x.out.Set(0, d)
	return x
}

func (x *constNode) eval(*frame, []int32, int) (*vec.Vector, error) { return &x.out, nil }

// paramNode is $n.
type paramNode struct {
	n   int
	out vec.Vector
}

func (x *paramNode) eval(fr *frame, _ []int32, _ int) (*vec.Vector, error) {
	if x.n < 1 || x.n > len(fr.c.Params) {
		return nil, missingParam(x.n)
	}
	x.out.Set(0, fr.c.Params[x.n-1])
	return &x.out, nil
}

// execParamNode is a value that an enclosing operator sets.
type execParamNode struct {
	slot int
	out  vec.Vector
}

func (x *execParamNode) eval(fr *frame, _ []int32, _ int) (*vec.Vector, error) {
	x.out.Set(0, fr.c.Exec[x.slot])
	return &x.out, nil
}

// colNode is a column of the batch: its own vector, not a copy.
type colNode struct {
	idx  int
	name string
}

func (x *colNode) eval(fr *frame, _ []int32, _ int) (*vec.Vector, error) {
	if x.idx >= len(fr.b.Cols) {
		return nil, internalError(fmt.Sprintf("expression reads column %d (%s) of a batch of %d", x.idx, x.name, len(fr.b.Cols)))
	}
	return fr.b.Cols[x.idx], nil
}

// slotNode is a CaseArg: the enclosing node puts a vector there.
type slotNode struct{ v *vec.Vector }

func (x *slotNode) eval(*frame, []int32, int) (*vec.Vector, error) { return x.v, nil }

// scatter copies the rows of sel from src, which may be Const, to the same rows of dst.
func scatter(dst, src *vec.Vector, sel []int32) {
	if src.Const {
		if src.Nulls.Has(0) {
			for _, i := range sel {
				dst.SetNull(int(i))
			}
			return
		}
		scatterConst(dst, src, sel)
		return
	}
	switch dst.Kind {
	case types.KindBool:
		copyRows(dst.Bool, src.Bool, sel)
	case types.KindInt:
		copyRows(dst.Int, src.Int, sel)
	case types.KindFloat:
		copyRows(dst.Float, src.Float, sel)
	case types.KindStr:
		copyRows(dst.Str, src.Str, sel)
	case types.KindNum:
		copyRows(dst.Num, src.Num, sel)
	case types.KindInterval:
		copyRows(dst.Itv, src.Itv, sel)
	case types.KindRef:
		copyRows(dst.Ref, src.Ref, sel)
	}
	if !src.Nulls.Any() {
		return
	}
	for _, i := range sel {
		if src.Nulls.Has(int(i)) {
			dst.Nulls.Set(int(i))
		}
	}
}

func scatterConst(dst, src *vec.Vector, sel []int32) {
	switch dst.Kind {
	case types.KindBool:
		fillRows(dst.Bool, src.Bool[0], sel)
	case types.KindInt:
		fillRows(dst.Int, src.Int[0], sel)
	case types.KindFloat:
		fillRows(dst.Float, src.Float[0], sel)
	case types.KindStr:
		fillRows(dst.Str, src.Str[0], sel)
	case types.KindNum:
		fillRows(dst.Num, src.Num[0], sel)
	case types.KindInterval:
		fillRows(dst.Itv, src.Itv[0], sel)
	case types.KindRef:
		fillRows(dst.Ref, src.Ref[0], sel)
	}
}

func copyRows[E any](dst, src []E, sel []int32) {
	for _, i := range sel {
		dst[i] = src[i]
	}
}

func fillRows[E any](dst []E, e E, sel []int32) {
	for _, i := range sel {
		dst[i] = e
	}
}

// at is the position of row i in v.
func at(v *vec.Vector, i int32) int {
	if v.Const {
		return 0
	}
	return int(i)
}
