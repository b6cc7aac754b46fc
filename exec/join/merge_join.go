package join

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// MergeJoin joins two inputs that are sorted by their keys, ascending, NULLs last. For each window of left rows it copies the right rows
// that are candidates; the run of rows with the key reached last (the group) stays for the next window, because more left
// rows may have that key.
type MergeJoin struct {
	ctx         *exec.Ctx
	node        *plan.MergeJoin
	left, right exec.Operator
	leftKeys    []*expr.Prog
	rightKeys   []*expr.Prog
	cmps        []exec.Comparer
	m           *matcher
	usage       exec.Usage // of flat

	rb     *vec.Batch // right rows being read
	rk     int
	rkeys  []*vec.Vector
	rended bool
	lended bool

	flat     *vec.Batch // right rows of the window
	next     []int32
	group    int // first row of the group in flat, which ends it; -1: none
	groupKey *vec.Batch
	lkeys    []*vec.Vector
	first    []int32
	lonelyAt int
	inWindow bool
}

// NewMergeJoin is the operator of n.
func NewMergeJoin(ctx *exec.Ctx, n *plan.MergeJoin, left, right exec.Operator) (*MergeJoin, error) {
	j := &MergeJoin{ctx: ctx, node: n, left: left, right: right, cmps: exec.Comparers(exprTypes(n.LeftKeys))}
	var err error
	if j.leftKeys, err = expr.CompileAll(n.LeftKeys); err != nil {
		return nil, err
	}
	if j.rightKeys, err = expr.CompileAll(n.RightKeys); err != nil {
		return nil, err
	}
	if j.m, err = newMatcher(ctx, n.Kind, n.Left.Types(), n.Right.Types(), n.Residual); err != nil {
		return nil, err
	}
	j.flat = vec.NewBatch(vec.Kinds(n.Right.Types()), 0)
	j.groupKey = vec.NewBatch(vec.Kinds(exprTypes(n.RightKeys)), 1)
	return j, nil
}

// Open implements exec.Operator.
func (j *MergeJoin) Open(ctx context.Context) error {
	j.rb, j.rk, j.rended, j.lended, j.inWindow = nil, 0, false, false, false
	j.flat.Reset()
	j.next, j.group = j.next[:0], -1
	j.m.done = true
	j.m.matched.Reset()
	j.usage.Init(j.ctx)
	if err := j.right.Open(ctx); err != nil {
		return err
	}
	return j.left.Open(ctx)
}

// Next implements exec.Operator.
func (j *MergeJoin) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := j.m.batch()
		if err != nil || b != nil {
			return b, err
		}
		if j.inWindow && keepsRight(j.node.Kind) {
			// Rows of the group may yet meet a left row, unless there are no more.
			end := j.flat.Len
			if j.group >= 0 && !j.lended {
				end = j.group
			}
			if b := j.m.lonelyRight(j.flat, &j.lonelyAt, end); b != nil {
				return b, nil
			}
		}
		j.inWindow = false
		more, err := j.window(ctx)
		if err != nil || !more {
			return nil, err
		}
	}
}

// window begins the window of the next left batch. After the last one follows a window of the right rows that are left over.
func (j *MergeJoin) window(ctx context.Context) (bool, error) {
	if j.lended {
		return j.leftOver(ctx)
	}
	b, err := j.left.Next(ctx)
	if err != nil {
		return false, err
	}
	j.carry()
	j.inWindow, j.lonelyAt = true, 0
	if b == nil || b.Rows() == 0 {
		j.lended = true
		return keepsRight(j.node.Kind), nil
	}
	if j.lkeys, err = evalKeys(j.ctx, j.leftKeys, b, j.lkeys); err != nil {
		return false, err
	}
	j.first = j.first[:0]
	for k := range b.Rows() {
		i := b.Row(k)
		if exec.AnyNull(j.lkeys, i) {
			j.first = append(j.first, -1)
			continue
		}
		if j.group < 0 || j.compare(j.lkeys, i, j.groupKey.Cols, 0) != 0 {
			if err := j.advance(ctx, i); err != nil {
				return false, err
			}
		}
		j.first = append(j.first, int32(j.group))
	}
	j.m.window(b, j.first, j.flat, j.next)
	return true, nil
}

// leftOver fills a window with right rows after the end of the left side.
func (j *MergeJoin) leftOver(ctx context.Context) (bool, error) {
	if !keepsRight(j.node.Kind) {
		return false, nil
	}
	j.group = -1
	j.carry()
	ok, err := j.readRight(ctx)
	if err != nil || !ok {
		return false, err
	}
	for ; j.rk < j.rb.Rows(); j.rk++ {
		j.flat.AppendFrom(j.rb, j.rb.Row(j.rk))
		j.next = append(j.next, -1)
	}
	j.inWindow, j.lonelyAt = true, 0
	return true, nil
}

// carry empties flat but for the group, which keeps its marks.
func (j *MergeJoin) carry() {
	if j.group < 0 {
		j.flat.Reset()
		j.next = j.next[:0]
		j.m.matched.Reset()
		return
	}
	flat := vec.NewBatch(vec.Kinds(j.node.Right.Types()), 0)
	var marks vec.Bitmap
	for r := j.group; r < j.flat.Len; r++ {
		if j.m.matched.Has(r) {
			marks.Set(r - j.group)
		}
		flat.AppendFrom(j.flat, r)
	}
	j.flat, j.m.matched, j.group = flat, marks, 0
	j.next = j.next[:0]
	for r := range flat.Len {
		j.next = append(j.next, int32(r)+1)
	}
	j.next[flat.Len-1] = -1
}

// advance moves the right side to the key of left row i and makes the rows with it the group.
func (j *MergeJoin) advance(ctx context.Context, i int) error {
	j.group = -1
	for {
		ok, err := j.readRight(ctx)
		if err != nil || !ok {
			return err
		}
		r := j.rb.Row(j.rk)
		c := j.compare(j.lkeys, i, j.rkeys, r)
		switch {
		case c < 0:
			return nil
		case c == 0 && j.group < 0:
			j.group = j.flat.Len
			j.groupKey.Reset()
			j.groupKey.AppendFrom(&vec.Batch{Cols: j.rkeys}, r)
		case c == 0:
			j.next[j.flat.Len-1] = int32(j.flat.Len)
		}
		if c == 0 || keepsRight(j.node.Kind) {
			j.flat.AppendFrom(j.rb, r)
			j.next = append(j.next, -1)
		}
		j.rk++
	}
}

// readRight makes rk a right row; false at the end.
func (j *MergeJoin) readRight(ctx context.Context) (bool, error) {
	for j.rb == nil || j.rk >= j.rb.Rows() {
		if j.rended {
			return false, nil
		}
		b, err := j.right.Next(ctx)
		if err != nil {
			return false, err
		}
		if b == nil || b.Rows() == 0 {
			j.rended = true
			return false, nil
		}
		if err := j.usage.Set(j.flat.Bytes()); err != nil {
			return false, err
		}
		j.rb, j.rk = b, 0
		if j.rkeys, err = evalKeys(j.ctx, j.rightKeys, b, j.rkeys); err != nil {
			return false, err
		}
	}
	return true, nil
}

// compare orders a left key, which has no NULL, against a right one.
func (j *MergeJoin) compare(a []*vec.Vector, i int, b []*vec.Vector, k int) int {
	for c := range j.cmps {
		if b[c].Nulls.Has(k) {
			return -1
		}
		if x := j.cmps[c].Compare(a[c], i, b[c], k); x != 0 {
			return x
		}
	}
	return 0
}

// Close implements exec.Operator.
func (j *MergeJoin) Close() error {
	j.flat.Reset()
	j.usage.Release()
	j.rb = nil
	err := j.left.Close()
	if err2 := j.right.Close(); err == nil {
		err = err2
	}
	return err
}
