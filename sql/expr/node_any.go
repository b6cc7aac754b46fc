package expr

import (
	"math"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// scalarArrayNode is "left op ANY (array)" or ALL. With the same array for all rows it is a probe of a set (equality of
// simple types) or one pass of op's kernel per element over the rows still undecided; else op runs row by row.
type scalarArrayNode struct {
	left, right node
	op          *callNode // over slots
	ls, rs      slotNode
	all         bool
	probe       bool // op is an equality for which set membership is the same
	trim        bool // char(n): trailing blanks do not count
	elem        vec.Vector
	set         *elemSet
	out         vec.Vector
	sel         []int32
}

// elemSet is the elements of one array as a hash set.
type elemSet struct {
	of    *types.Array
	ints  map[int64]struct{}
	strs  map[string]struct{}
	nulls bool
}

// setThreshold is the number of elements from which a set beats a pass per element, textSetThreshold that of strings.
const (
	setThreshold     = 8
	textSetThreshold = 5
)

func (cp *compiler) scalarArray(e *ScalarArray) (node, error) {
	x := &scalarArrayNode{all: e.All}
	var err error
	if x.left, err = cp.compile(e.Left); err != nil {
		return nil, err
	}
	if x.right, err = cp.compile(e.Right); err != nil {
		return nil, err
	}
	lt, et := e.Left.Type(), types.Of(types.ElemOf(e.Right.Type().OID))
	x.elem = constVector(types.KindOf(et.OID))
	x.op = newCallNode(e.Op.Bound([]types.T{lt, et}, boolType), []node{&x.ls, &x.rs}, types.KindBool)
	x.probe = (e.OpSym == "=" && !e.All || e.OpSym == "<>" && e.All) && probeable(lt.OID, et.OID)
	x.trim = types.IsBlankPadded(lt.OID)
	return x, nil
}

// probeable reports whether = of these types is equality of the values in memory.
func probeable(l, r types.OID) bool {
	if types.IsInteger(l) && types.IsInteger(r) {
		return true
	}
	switch l {
	case types.TextOID, types.VarcharOID, types.NameOID:
		return r == types.TextOID || r == types.VarcharOID || r == types.NameOID
	case types.BPCharOID, types.ByteaOID, types.UUIDOID, types.DateOID, types.TimeOID, types.TimestampOID,
		types.TimestamptzOID, types.OIDOID, types.CharOID, types.Float8OID, types.Float4OID:
		return l == r
	}
	return false
}

func (x *scalarArrayNode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	l, err := x.left.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	r, err := x.right.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	x.out.Kind = types.KindBool
	x.out.Clear(n)
	rows := fr.rows(sel, n)
	if !r.Const {
		return &x.out, x.perRow(fr, l, r, rows, n)
	}
	a, ok := r.Ref[0].(*types.Array)
	if !ok {
		x.out.Nulls.SetAll(n)
		return &x.out, nil
	}
	return &x.out, x.rows(fr, l, a, rows, n)
}

// rows handles rows with the same array.
func (x *scalarArrayNode) rows(fr *frame, l *vec.Vector, a *types.Array, rows []int32, n int) error {
	if x.probe && (len(a.Elems) >= setThreshold || len(a.Elems) >= textSetThreshold && x.elem.Kind == types.KindStr) {
		return x.probeRows(fr, l, a, rows)
	}
	return x.passes(fr, l, a, rows, n)
}

// elemsBetweenLooks is after how many elements of an array the node looks whether the statement was cancelled.
const elemsBetweenLooks = 256

// passes runs op against each element for the rows that no element has decided yet.
func (x *scalarArrayNode) passes(fr *frame, l *vec.Vector, a *types.Array, rows []int32, n int) error {
	x.sel = append(x.sel[:0], rows...)
	x.ls.v, x.rs.v = l, &x.elem
	for k, d := range a.Elems {
		if len(x.sel) == 0 {
			return nil
		}
		if k%elemsBetweenLooks == elemsBetweenLooks-1 {
			if err := fr.c.Interrupted(); err != nil {
				return err
			}
		}
		x.elem.Set(0, d)
		v, err := x.op.eval(fr, x.sel, n)
		if err != nil {
			return err
		}
		keep := x.sel[:0]
		for _, i := range x.sel {
			k := at(v, i)
			if v.Nulls.Has(k) {
				x.out.Nulls.Set(int(i))
			} else if v.Bool[k] != x.all { // true decides ANY, false decides ALL
				x.out.Bool[i] = !x.all
				x.out.Nulls.Clear(int(i))
				continue
			}
			keep = append(keep, i)
		}
		x.sel = keep
	}
	if x.all {
		for _, i := range x.sel {
			x.out.Bool[i] = !x.out.Nulls.Has(int(i))
		}
	}
	return nil
}

// perRow handles arrays that differ from row to row. Rows next to each other often have one array, that of another relation's row.
func (x *scalarArrayNode) perRow(fr *frame, l, r *vec.Vector, rows []int32, n int) error {
	for len(rows) > 0 {
		a, ok := r.Ref[rows[0]].(*types.Array)
		if !ok {
			x.out.SetNull(int(rows[0]))
			rows = rows[1:]
			continue
		}
		same := 1
		for same < len(rows) && r.Ref[rows[same]] == r.Ref[rows[0]] {
			same++
		}
		var err error
		if same > 1 || x.set != nil && x.set.of == a {
			err = x.rows(fr, l, a, rows[:same], n)
		} else {
			err = x.passes(fr, l, a, rows[:1], n)
		}
		if err != nil {
			return err
		}
		rows = rows[same:]
	}
	return nil
}

func (x *scalarArrayNode) probeRows(fr *frame, l *vec.Vector, a *types.Array, rows []int32) error {
	if x.set == nil || x.set.of != a {
		s, err := x.newSet(fr.c, a)
		if err != nil {
			return err
		}
		x.set = s
	}
	for _, i := range rows {
		k := at(l, i)
		if l.Nulls.Has(k) {
			x.out.Nulls.Set(int(i))
			continue
		}
		if x.set.has(l, k, x.trim) {
			x.out.Bool[i] = !x.all
			continue
		}
		if x.set.nulls {
			x.out.Nulls.Set(int(i))
			continue
		}
		x.out.Bool[i] = x.all
	}
	return nil
}

func (x *scalarArrayNode) newSet(c *Ctx, a *types.Array) (*elemSet, error) {
	s := &elemSet{of: a}
	if x.elem.Kind == types.KindStr {
		s.strs = make(map[string]struct{}, len(a.Elems))
	} else {
		s.ints = make(map[int64]struct{}, len(a.Elems))
	}
	for k, d := range a.Elems {
		if k%elemsBetweenLooks == elemsBetweenLooks-1 {
			if err := c.Interrupted(); err != nil {
				return nil, err
			}
		}
		switch {
		case d.IsNull():
			s.nulls = true
		case s.strs != nil && x.trim:
			s.strs[types.TrimBlanks(d.Str())] = struct{}{}
		case s.strs != nil:
			s.strs[d.Str()] = struct{}{}
		case x.elem.Kind == types.KindFloat:
			s.ints[floatKey(d.Float())] = struct{}{}
		default:
			s.ints[d.Int()] = struct{}{}
		}
	}
	return s, nil
}

func (s *elemSet) has(v *vec.Vector, i int, trim bool) bool {
	var ok bool
	switch {
	case v.Kind == types.KindStr && trim:
		_, ok = s.strs[types.TrimBlanks(v.Str[i])]
	case v.Kind == types.KindStr:
		_, ok = s.strs[v.Str[i]]
	case v.Kind == types.KindFloat:
		_, ok = s.ints[floatKey(v.Float[i])]
	default:
		_, ok = s.ints[v.Int[i]]
	}
	return ok
}

// floatKey makes equal floats equal integers: -0 is 0, and there is one NaN.
func floatKey(f float64) int64 {
	if f == 0 {
		return 0
	}
	if f != f {
		return int64(math.Float64bits(math.NaN()))
	}
	return int64(math.Float64bits(f))
}
