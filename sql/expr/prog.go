package expr

import (
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Prog is a compiled expression with the scratch vectors of its evaluation. It belongs to one operator of one running
// statement: one goroutine at a time.
type Prog struct {
	expr Expr
	root node
	kind types.Kind
	fr   frame

	// conjuncts are the terms of a top-level AND, which Filter applies one after the other.
	conjuncts []node
	full      *vec.Vector // EvalFull's copy of a constant
	empty     *vec.Vector // result for a batch without rows
	one       [1]int32
	win       vec.Batch // EvalRow's window on one row of a large batch
	winCols   []vec.Vector
	cols      []int // columns that the expression reads
	whole     bool
	rows      *vec.Vector // result of evalRows
	held      held        // of rows
}

// node is one compiled expression. eval computes it at the rows of sel, or 0..n-1 if sel is nil; sel is never empty and
// n is the length of the batch's vectors. The result is valid until the next eval of the same node.
type node interface {
	eval(fr *frame, sel []int32, n int) (*vec.Vector, error)
}

// frame is what nodes evaluate against.
type frame struct {
	prog     *Prog // nil: of one row, or of no program
	c        *Ctx
	b        *vec.Batch
	identity []int32
	// Room that the results of nodes are cut from while batches are small.
	ints  []int64
	bools []bool
	sels  []int32
}

// A statement over a few rows evaluates each node once: one piece of memory serves them all.
const (
	roomRows  = 32 // the largest batch that is served so
	roomShare = 8  // how many nodes share a piece
)

// clear makes v n rows of the zero value, none NULL.
func (fr *frame) clear(v *vec.Vector, n int) {
	if n <= roomRows {
		switch {
		case v.Kind == types.KindBool && cap(v.Bool) < n:
			v.Bool = cut(&fr.bools, n)
		case v.Kind == types.KindInt && cap(v.Int) < n:
			v.Int = cut(&fr.ints, n)
		}
	}
	v.Clear(n)
}

// list is old, emptied, with room for n rows.
func (fr *frame) list(old []int32, n int) []int32 {
	if cap(old) < n && n <= roomRows {
		return cut(&fr.sels, n)
	}
	return old[:0]
}

// cut takes n elements from room.
func cut[E any](room *[]E, n int) []E {
	if cap(*room)-len(*room) < n {
		*room = make([]E, 0, roomShare*n)
	}
	k := len(*room)
	*room = (*room)[:k+n]
	return (*room)[k : k : k+n]
}

// rows is sel, or the list 0..n-1 if sel is nil.
func (fr *frame) rows(sel []int32, n int) []int32 {
	if sel != nil {
		return sel
	}
	for i := len(fr.identity); i < n; i++ {
		fr.identity = append(fr.identity, int32(i))
	}
	return fr.identity[:n]
}

// Compile prepares e for evaluation.
func Compile(e Expr) (*Prog, error) {
	p := &Prog{expr: e, kind: types.KindOf(e.Type().OID)}
	cp := &compiler{}
	terms := Conjuncts(e, nil)
	if _, ok := e.(*And); ok && len(terms) > 1 {
		for _, t := range terms {
			x, err := cp.compile(t)
			if err != nil {
				return nil, err
			}
			p.conjuncts = append(p.conjuncts, x)
		}
		p.root = &andNode{args: p.conjuncts}
	} else {
		x, err := cp.compile(e)
		if err != nil {
			return nil, err
		}
		p.root, p.conjuncts = x, []node{x}
	}
	p.cols = cp.cols
	return p, nil
}

// CompileAll compiles a list; a nil expression gives a nil Prog.
func CompileAll(es []Expr) ([]*Prog, error) {
	ps := make([]*Prog, len(es))
	for i, e := range es {
		if e == nil {
			continue
		}
		p, err := Compile(e)
		if err != nil {
			return nil, err
		}
		ps[i] = p
	}
	return ps, nil
}

// Expr is what the program was compiled from.
func (p *Prog) Expr() Expr { return p.expr }

// Kind is the kind of the results.
func (p *Prog) Kind() types.Kind { return p.kind }

// Eval computes the expression at b's selected rows. The result may be a column of b or Const; it is valid until the next
// use of the Prog or of b's vectors.
func (p *Prog) Eval(c *Ctx, b *vec.Batch) (*vec.Vector, error) {
	if b.Rows() == 0 {
		if p.empty == nil {
			p.empty = &vec.Vector{Kind: p.kind}
		}
		p.empty.Clear(b.Len)
		return p.empty, nil
	}
	p.fr.prog, p.fr.c, p.fr.b = p, c, b
	v, err := p.root.eval(&p.fr, b.Sel, b.Len)
	if err == ErrWide && !p.whole {
		return p.evalRows(c, b)
	}
	return v, err
}

// EvalFull is Eval with a result that is never Const: it has b.Len rows.
func (p *Prog) EvalFull(c *Ctx, b *vec.Batch) (*vec.Vector, error) {
	v, err := p.Eval(c, b)
	if err != nil || !v.Const {
		return v, err
	}
	if p.full == nil {
		p.full = new(vec.Vector)
	}
	p.full.Kind = v.Kind
	p.full.SetConst(v.Datum(0), b.Len)
	return p.full, nil
}

// EvalInto appends the values of the selected rows to dst, in order, so that row i of the result is b.Row(i).
func (p *Prog) EvalInto(c *Ctx, b *vec.Batch, dst *vec.Vector) error {
	rows := b.Rows()
	if rows == 0 {
		return nil
	}
	v, err := p.Eval(c, b)
	if err != nil {
		return err
	}
	switch {
	case v.Const:
		d := v.Datum(0)
		for range rows {
			dst.Append(d)
		}
	case b.Sel != nil:
		dst.AppendSel(v, b.Sel)
	default:
		dst.AppendRange(v, 0, b.Len)
	}
	return nil
}

// Filter appends to dst the selected rows of b for which the (boolean) expression is true, and returns it.
func (p *Prog) Filter(c *Ctx, b *vec.Batch, dst []int32) ([]int32, error) {
	if b.Rows() == 0 {
		return dst, nil
	}
	p.fr.prog, p.fr.c, p.fr.b = p, c, b
	start, sel := len(dst), b.Sel
	for i, x := range p.conjuncts {
		v, err := x.eval(&p.fr, sel, b.Len)
		if err == ErrWide {
			return p.filterRows(c, b, dst[:start])
		}
		if err != nil {
			return dst[:start], err
		}
		if v.Const {
			if !v.Bool[0] { // NULL holds false
				return dst[:start], nil
			}
			if i == 0 {
				dst = append(dst, p.fr.rows(b.Sel, b.Len)...)
			}
		} else if i == 0 {
			dst = appendTrue(dst, v, sel, b.Len)
		} else {
			dst = appendTrue(dst[:start], v, sel, b.Len) // writes behind where it reads
		}
		sel = dst[start:]
		if len(sel) == 0 {
			return dst, nil
		}
	}
	return dst, nil
}

// appendTrue appends the rows of sel at which v is true. A NULL holds false. The writes do not depend on the values, so
// that a hard-to-predict filter costs no branch misses.
func appendTrue(dst []int32, v *vec.Vector, sel []int32, n int) []int32 {
	k := len(dst)
	bs := v.Bool
	if sel == nil {
		if cap(dst) < k+n {
			dst = append(make([]int32, 0, k+n), dst...)
		}
		dst = dst[:k+n]
		for i, t := range bs[:n] {
			dst[k] = int32(i)
			k += b2i(t)
			if k == len(dst) {
				break
			}
		}
		return dst[:k]
	}
	if cap(dst) < k+len(sel) {
		dst = append(make([]int32, 0, k+len(sel)), dst...)
	}
	dst = dst[:k+len(sel)]
	for _, i := range sel {
		dst[k] = i
		k += b2i(bs[i])
		if k == len(dst) {
			break
		}
	}
	return dst[:k]
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// windowRows is the batch size from which EvalRow looks at a window of one row instead of passing a selection.
const windowRows = 16

// EvalRow computes the expression for row i (a position in the columns) of b.
func (p *Prog) EvalRow(c *Ctx, b *vec.Batch, i int) (types.Datum, error) {
	p.fr.c, p.fr.b = c, b
	if b.Len > windowRows {
		p.fr.b = p.window(b, i)
		i = 0
	}
	var sel []int32
	if p.fr.b.Len != 1 {
		p.one[0] = int32(i)
		sel = p.one[:]
	}
	v, err := p.root.eval(&p.fr, sel, p.fr.b.Len)
	if err != nil {
		return types.Null, err
	}
	if v.Const {
		i = 0
	}
	return v.Datum(i), nil
}

func (p *Prog) window(b *vec.Batch, row int) *vec.Batch {
	if len(p.win.Cols) != len(b.Cols) {
		p.win.Cols = make([]*vec.Vector, len(b.Cols))
		p.winCols = make([]vec.Vector, len(b.Cols))
		for i := range p.winCols {
			p.win.Cols[i] = &p.winCols[i]
		}
	}
	for _, col := range p.cols {
		p.winCols[col].Slice(b.Cols[col], row, row+1)
	}
	p.win.Len = 1
	return &p.win
}

// noRows is the batch for expressions without columns.
var noRows = vec.Batch{Len: 1}

// Value computes an expression without columns. Programs used again and again (index keys, LIMIT) keep their scratch.
func (p *Prog) Value(c *Ctx) (types.Datum, error) {
	p.fr.c, p.fr.b = c, &noRows
	v, err := p.root.eval(&p.fr, nil, 1)
	if err != nil {
		return types.Null, err
	}
	return v.Datum(0), nil
}

// EvalRow computes an expression without columns. A Const, Param or ExecParam costs nothing; anything else is compiled
// each time: who needs it often keeps a Prog and calls Value.
func EvalRow(c *Ctx, e Expr) (types.Datum, error) {
	switch e := e.(type) {
	case *Const:
		return e.D, nil
	case *Param:
		if e.N < 1 || e.N > len(c.Params) {
			return types.Null, missingParam(e.N)
		}
		return c.Params[e.N-1], nil
	case *ExecParam:
		return c.Exec[e.Slot], nil
	case *Relabel:
		return EvalRow(c, e.Arg)
	case *Call:
		if c.Leftovers == nil && plainCall(e) {
			return evalCall(c, e)
		}
	}
	p, err := Compile(e)
	if err != nil {
		return types.Null, err
	}
	return p.Value(c)
}

func missingParam(n int) error {
	return pgerr.New(pgerr.UndefinedObject, "no value found for parameter %d", n)
}
