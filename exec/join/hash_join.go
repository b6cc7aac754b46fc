package join

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// HashJoin joins by equal keys: the right side is the build side.
type HashJoin struct {
	ctx         *exec.Ctx
	node        *plan.HashJoin
	left, right exec.Operator
	leftKeys    []*expr.Prog
	rightKeys   []*expr.Prog
	// params are what the build side depends on: it is kept over rescans while they are the same.
	params exec.Params
	// distinct: one row of each key is enough.
	distinct bool
	// owner, if not nil, is the join whose build side this one probes.
	owner *HashJoin

	// filters, by key, keep probe rows without a partner away where the probe side is scanned; nil where that is not done.
	filters []*exec.KeyFilter

	m     *matcher
	table *exec.KeyTable
	build *vec.Batch // rows of the build side
	next  []int32
	head  []int32 // by key number: last row with that key
	usage exec.Usage

	open, built bool
	nullKey     bool // NullAnti: some build key is NULL
	total       int64
	lonelyAt    int
	probing     bool

	src   func(context.Context) (*vec.Batch, error) // the probe side now
	parts *grace

	counted    int64 // bytes of the table that usage counts
	keys       []*vec.Vector
	ks, rows   []int32
	ids, first []int32
	links      []link
}

// noRows is a selection of nothing (nil would select everything).
var noRows = []int32{}

// link says that a build row has a key.
type link struct{ id, row int32 }

// NewHashJoin is the operator of n. params are the exec params that the right side depends on.
func NewHashJoin(ctx *exec.Ctx, n *plan.HashJoin, left, right exec.Operator, params exec.Params) (*HashJoin, error) {
	j := &HashJoin{ctx: ctx, node: n, left: left, right: right, params: params}
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
	j.table = exec.NewKeyTable(exprTypes(n.RightKeys))
	j.distinct = leftOnly(n.Kind) && n.Residual == nil
	j.build = vec.NewBatch(vec.Kinds(n.Right.Types()), 0)
	j.parts = newGrace(ctx, vec.Kinds(n.Left.Types()), vec.Kinds(n.Right.Types()))
	j.filters = make([]*exec.KeyFilter, len(n.LeftKeys))
	j.offerFilters()
	return j, nil
}

// Open implements exec.Operator.
func (j *HashJoin) Open(ctx context.Context) error {
	if j.owner != nil {
		return j.openProbe(ctx)
	}
	keep := j.params.Same(j.ctx.Expr) && j.open && j.built && !j.parts.used
	j.m.done, j.probing, j.lonelyAt = true, true, 0
	j.m.matched.Reset()
	j.src = j.left.Next
	if !keep {
		j.parts.close()
		j.reset()
		j.usage.Init(j.ctx)
		j.built, j.nullKey, j.total = false, false, 0
		if err := j.right.Open(ctx); err != nil {
			return err
		}
	}
	j.open = true
	return j.left.Open(ctx)
}

// reset empties the table, and takes the filters away.
func (j *HashJoin) reset() {
	for _, f := range j.filters {
		if f != nil {
			f.Reset()
		}
	}
	j.empty()
}

// empty empties the table.
func (j *HashJoin) empty() {
	if j.usage.Peak() > keepBytes {
		j.build = vec.NewBatch(vec.Kinds(j.node.Right.Types()), 0)
		j.next, j.head = nil, nil
	}
	j.table.Reset()
	j.build.Reset()
	j.next, j.head, j.counted = j.next[:0], j.head[:0], 0
	j.m.matched.Reset()
	j.usage.Release()
}

const keepBytes = 256 << 10

// Next implements exec.Operator.
func (j *HashJoin) Next(ctx context.Context) (*vec.Batch, error) {
	if !j.built {
		if _, err := j.Build(ctx); err != nil {
			return nil, err
		}
	}
	for {
		if err := ctx.Err(); err != nil { // the rows of one probe batch may have millions of partners
			return nil, err
		}
		b, err := j.m.batch()
		if err != nil || b != nil {
			return b, err
		}
		if j.probing {
			more, err := j.probe(ctx)
			if err != nil {
				return nil, err
			}
			if more {
				continue
			}
			j.probing = false
		}
		if keepsRight(j.node.Kind) {
			if b := j.m.lonelyRight(j.build, &j.lonelyAt, j.build.Len); b != nil {
				return b, nil
			}
		}
		more, err := j.nextPart(ctx)
		if err != nil || !more {
			return nil, err
		}
	}
}

// load reads the build side into the table, or, if it is too large, spreads it over files.
func (j *HashJoin) load(ctx context.Context, src func(context.Context) (*vec.Batch, error), level int) error {
	for {
		b, err := src(ctx)
		if err != nil {
			return err
		}
		if b == nil || b.Rows() == 0 {
			break
		}
		if level == 0 {
			j.total += int64(b.Rows())
		}
		if j.parts.spreading {
			if err := j.spreadBuild(b, level); err != nil {
				return err
			}
			continue
		}
		if err := j.insert(b); err != nil {
			return err
		}
		if j.nullKey && j.node.Kind == logical.NullAntiJoin {
			return nil // nothing will be output
		}
		if j.usage.Bytes() > j.ctx.HashMem() && level < exec.PartitionDepth && j.table.Len() > 1 {
			if err := j.overflow(level); err != nil {
				return err
			}
		}
	}
	if st := j.ctx.Node(j.node.ID); st != nil {
		st.MemoryBytes = max(st.MemoryBytes, j.usage.Peak())
		st.Batches = max(st.Batches, 1)
		st.Buckets = max(st.Buckets, int64(j.table.Buckets()))
	}
	return nil
}

// insert adds the rows of b to the build side and the table.
func (j *HashJoin) insert(b *vec.Batch) error {
	keys, err := evalKeys(j.ctx, j.rightKeys, b, j.keys)
	if err != nil {
		return err
	}
	j.keys = keys
	j.ks = notNull(keys, b, j.ks[:0])
	if len(j.ks) < b.Rows() {
		j.nullKey = true
	}
	known := j.table.Len()
	j.ids = j.table.Assign(keys, j.rowsOf(b, j.ks), b.Len, j.ids[:0])
	j.links = j.links[:0]
	for len(j.head) < j.table.Len() {
		j.head = append(j.head, -1)
	}
	base := int32(j.build.Len)
	if j.distinct {
		b = j.newKeys(b, known)
	} else {
		for x, k := range j.ks {
			j.links = append(j.links, link{j.ids[x], base + k})
		}
	}
	j.build.AppendBatch(b)
	for range b.Rows() {
		j.next = append(j.next, -1)
	}
	for _, l := range j.links {
		j.next[l.row], j.head[l.id] = j.head[l.id], l.row
	}
	return j.usage.Set(j.usage.Bytes() + exec.DataBytes(b) + int64(b.Rows())*8 + j.table.Bytes() - j.tableBytes())
}

// newKeys narrows b to the first row of each key that is not among the first known ones, and links them.
func (j *HashJoin) newKeys(b *vec.Batch, known int) *vec.Batch {
	j.rows = append(j.rows, 0)[:0] // never nil
	base := int32(j.build.Len)
	for x, id := range j.ids {
		if int(id) == known {
			j.links = append(j.links, link{id, base + int32(len(j.rows))})
			j.rows = append(j.rows, int32(b.Row(int(j.ks[x]))))
			known++
		}
	}
	return &vec.Batch{Cols: b.Cols, Len: b.Len, Sel: j.rows}
}

// tableBytes is what usage already counts for the table.
func (j *HashJoin) tableBytes() int64 {
	n := j.counted
	j.counted = j.table.Bytes()
	return n
}

// rowsOf turns positions among the rows that count into positions in the columns: nil for all rows of a batch without selection.
func (j *HashJoin) rowsOf(b *vec.Batch, ks []int32) []int32 {
	if len(ks) == 0 {
		return noRows
	}
	if b.Sel == nil {
		return ks
	}
	if len(ks) == len(b.Sel) {
		return b.Sel
	}
	j.rows = j.rows[:0]
	for _, k := range ks {
		j.rows = append(j.rows, b.Sel[k])
	}
	return j.rows
}

// probe begins the window of the next probe batch; false at the end.
func (j *HashJoin) probe(ctx context.Context) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	kind := j.node.Kind
	if kind == logical.NullAntiJoin && j.nullKey {
		return false, nil
	}
	if j.table.Len() == 0 && j.total == 0 && (kind == logical.InnerJoin || kind == logical.SemiJoin || kind == logical.RightJoin) {
		return false, nil
	}
	b, err := j.src(ctx)
	if err != nil || b == nil || b.Rows() == 0 {
		return false, err
	}
	keys, err := evalKeys(j.ctx, j.leftKeys, b, j.keys)
	if err != nil {
		return false, err
	}
	j.keys = keys
	j.ks = notNull(keys, b, j.ks[:0])
	j.ids = j.table.Find(keys, j.rowsOf(b, j.ks), b.Len, j.ids[:0])
	n := b.Rows()
	if cap(j.first) < n {
		j.first = make([]int32, n)
	}
	j.first = j.first[:n]
	if len(j.ks) < n {
		none := int32(-1)
		if kind == logical.NullAntiJoin && j.total > 0 {
			none = 0 // NULL NOT IN (something) is not true: as if it had a partner
		}
		for k := range j.first {
			j.first[k] = none
		}
	}
	for x, k := range j.ks {
		id := j.ids[x]
		if id >= 0 {
			id = j.head[id]
		}
		j.first[k] = id
	}
	j.m.window(b, j.first, j.build, j.next)
	return true, nil
}

// Close implements exec.Operator.
func (j *HashJoin) Close() error {
	if j.owner != nil {
		return j.closeProbe()
	}
	j.parts.close()
	j.reset()
	j.open, j.built = false, false
	err := j.left.Close()
	if err2 := j.right.Close(); err == nil {
		err = err2
	}
	return err
}
