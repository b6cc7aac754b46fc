package join

import (
	"context"
	"time"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/scan"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/keyenc"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// LookupJoin finds, for every left row, the rows of a table by the leading columns of an index. Equal keys of a window of left rows are
// looked up once: all with one Get if the index is unique and the key complete, else with a short scan each.
type LookupJoin struct {
	ctx    *exec.Ctx
	node   *plan.LookupJoin
	left   exec.Operator
	keys   []*expr.Prog
	fetch  scan.Fetcher
	filter *expr.Prog
	m      *matcher
	table  *exec.KeyTable
	unique bool

	cur   *vec.Batch
	k     int // first left row of cur that no window had
	keyv  []*vec.Vector
	win   vec.Batch
	rows  exec.Identity
	wrows []int32
	ids   []int32
	// By key number: the rows of right from head[id] on, linked by next.
	head  []int32
	right *vec.Batch
	next  []int32
	buf   rowenc.Buffer
	first []int32
	ks    []int32
	sel   []int32
	part  *vec.Batch
}

// NewLookupJoin is the operator of n.
func NewLookupJoin(ctx *exec.Ctx, n *plan.LookupJoin, left exec.Operator) (*LookupJoin, error) {
	j := &LookupJoin{ctx: ctx, node: n, left: left}
	var err error
	if j.keys, err = expr.CompileAll(n.Keys); err != nil {
		return nil, err
	}
	if n.Inner.Filter != nil {
		if j.filter, err = expr.Compile(n.Inner.Filter); err != nil {
			return nil, err
		}
	}
	if j.m, err = newMatcher(ctx, n.Kind, n.Left.Types(), n.Inner.Types(), n.On); err != nil {
		return nil, err
	}
	if err = j.fetch.Init(ctx, n.Inner); err != nil {
		return nil, err
	}
	x := j.fetch.Index()
	j.unique = (n.Inner.Index.Unique || n.Inner.Index.ID == n.Inner.Table.Primary.ID) && len(n.Keys) == x.KeyColumns()
	j.table = exec.NewKeyTable(exprTypes(n.Keys))
	j.right = vec.NewBatch(vec.Kinds(n.Inner.Types()), 0)
	j.part = vec.NewBatch(vec.Kinds(n.Inner.Types()), 0)
	return j, nil
}

// TakeKeyFilter implements exec.KeyFilterTaker.
func (j *LookupJoin) TakeKeyFilter(col int, f *exec.KeyFilter) bool {
	return col < len(j.node.Left.Types()) && exec.OfferKeyFilter(j.left, col, f)
}

// Open implements exec.Operator.
func (j *LookupJoin) Open(ctx context.Context) error {
	j.cur, j.m.done = nil, true
	return j.left.Open(ctx)
}

// Next implements exec.Operator.
func (j *LookupJoin) Next(ctx context.Context) (*vec.Batch, error) {
	for {
		b, err := j.m.batch()
		if err != nil || b != nil {
			return b, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if j.cur == nil || j.k >= j.cur.Rows() {
			if j.cur, err = j.left.Next(ctx); err != nil || j.cur == nil || j.cur.Rows() == 0 {
				j.cur = nil
				return nil, err
			}
			j.k = 0
			if j.keyv, err = evalKeys(j.ctx, j.keys, j.cur, j.keyv); err != nil {
				return nil, err
			}
		}
		if err := j.lookup(ctx); err != nil {
			return nil, err
		}
	}
}

// lookup begins the window of the next left rows, and notes for EXPLAIN ANALYZE what that took.
func (j *LookupJoin) lookup(ctx context.Context) error {
	st := j.ctx.Node(j.node.Inner.ID)
	if st == nil {
		return j.find(ctx)
	}
	start, used := time.Now(), j.ctx.Usage.Now()
	err := j.find(ctx)
	st.TotalTime += time.Since(start)
	st.Usage = st.Usage.Plus(j.ctx.Usage.Now().Minus(used))
	if err == nil {
		j.count(st)
	}
	return err
}

// find begins the window of the next left rows: all of the batch, unless they find very many rows.
func (j *LookupJoin) find(ctx context.Context) error {
	all := j.rows.Rows(j.cur.Sel, j.cur.Len)[j.k:]
	j.wrows = j.wrows[:0]
	for _, i := range all {
		if !exec.AnyNull(j.keyv, int(i)) {
			j.wrows = append(j.wrows, i)
		}
	}
	j.table.Reset()
	j.ids = j.ids[:0]
	if len(j.wrows) > 0 {
		j.ids = j.table.Assign(j.keyv, j.wrows, j.cur.Len, j.ids)
	}
	j.right.Reset()
	j.next, j.head = j.next[:0], j.head[:0]
	var err error
	known := j.table.Len()
	if j.unique {
		err = j.getAll(ctx)
	} else {
		known, err = j.scanAll(ctx)
	}
	if err != nil {
		return err
	}
	j.window(all, int32(known))
	return nil
}

// count adds what the window's left rows found: each is a loop of the inner scan, as if it had been asked alone.
func (j *LookupJoin) count(st *exec.NodeStats) {
	for _, row := range j.first {
		st.Loops++
		for ; row >= 0; row = j.next[row] {
			st.Rows++
		}
	}
}

// window hands over the left rows from k on whose keys are among the first known ones.
func (j *LookupJoin) window(all []int32, known int32) {
	j.first = j.first[:0]
	x := 0
	for _, i := range all {
		id := int32(-1)
		if x < len(j.wrows) && j.wrows[x] == i {
			if j.ids[x] >= known {
				break
			}
			id = j.head[j.ids[x]]
			x++
		}
		j.first = append(j.first, id)
	}
	n := len(j.first)
	j.k += n
	j.win = vec.Batch{Cols: j.cur.Cols, Len: j.cur.Len, Sel: all[:n:n]}
	j.m.window(&j.win, j.first, j.right, j.next)
}

// getAll reads the row of each key with one Get.
func (j *LookupJoin) getAll(ctx context.Context) error {
	keys := j.table.Keys()
	if keys.Len == 0 {
		return nil
	}
	j.buf.Reset()
	for id := range keys.Len {
		j.fetch.Index().AppendPrefixKey(&j.buf, keys.Cols, id)
	}
	found, err := j.fetch.PointsFound(ctx, j.buf.B, j.right, j.ks[:0])
	if err != nil {
		return err
	}
	j.ks = found
	for range keys.Len {
		j.head = append(j.head, -1)
	}
	for row, id := range found {
		j.head[id] = int32(row)
		j.next = append(j.next, -1)
	}
	if j.filter == nil || j.right.Len == 0 {
		return nil
	}
	pass, err := j.filter.Filter(j.ctx.Expr, j.right, j.sel[:0])
	j.sel = pass
	if err != nil {
		return err
	}
	for id := range j.head {
		j.head[id] = -1
	}
	for _, row := range pass {
		j.head[found[row]] = row
	}
	return nil
}

// scanAll reads the rows of the keys one after the other, and stops when it has many. It returns the number of keys that it read.
func (j *LookupJoin) scanAll(ctx context.Context) (int, error) {
	keys := j.table.Keys()
	limit := lookupBatches * j.ctx.Rows()
	for id := range keys.Len {
		if id > 0 && j.right.Len >= limit {
			return id, nil
		}
		j.buf.Reset()
		j.fetch.Index().AppendPrefixKey(&j.buf, keys.Cols, id)
		at := int32(j.right.Len)
		if err := j.scanKey(ctx, j.buf.B[0]); err != nil {
			return 0, err
		}
		end := int32(j.right.Len)
		if at == end {
			j.head = append(j.head, -1)
			continue
		}
		j.head = append(j.head, at)
		for r := at; r < end; r++ {
			j.next = append(j.next, r+1)
		}
		j.next[end-1] = -1
	}
	return keys.Len, nil
}

// lookupBatches is how many batches of rows a window may find.
const lookupBatches = 8

// scanKey appends to right the rows whose index key begins with key, as far as they pass the filter.
func (j *LookupJoin) scanKey(ctx context.Context, key []byte) error {
	it, err := j.fetch.Scan(ctx, kv.Range{Start: key, End: keyenc.PrefixEnd(key)}, false, 0)
	if err != nil {
		return err
	}
	defer it.Close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		j.part.Reset()
		n, err := j.fetch.Entries(ctx, it, j.ctx.Rows(), j.part)
		if err != nil || n == 0 {
			return err
		}
		if j.filter != nil && j.part.Len > 0 {
			if j.sel, err = j.filter.Filter(j.ctx.Expr, j.part, j.sel[:0]); err != nil {
				return err
			}
			j.part.Sel = append(j.sel, 0)[:len(j.sel)] // never nil
		}
		j.right.AppendBatch(j.part)
		if n < j.ctx.Rows() {
			return nil
		}
	}
}

// Close implements exec.Operator.
func (j *LookupJoin) Close() error {
	j.cur = nil
	return j.left.Close()
}
