package join

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// grace is what a HashJoin put on disk: pairs of files, build and probe, of rows whose keys' hashes agree in some bits.
type grace struct {
	ctx       *exec.Ctx
	leftKinds []types.Kind
	buildKind []types.Kind
	used      bool // something went to disk in this execution
	spreading bool // the build side now goes to files
	now       [exec.PartitionFiles]filePair
	queue     []filePair
	cur       filePair
	sels      [exec.PartitionFiles][]int32
	disk      int64 // bytes that went to disk
}

// filePair is a partition; either file may be missing.
type filePair struct {
	build, probe *exec.SpillFile
	level        int
}

func (p filePair) close() {
	p.build.Close()
	p.probe.Close()
}

func newGrace(ctx *exec.Ctx, left, build []types.Kind) *grace {
	return &grace{ctx: ctx, leftKinds: left, buildKind: build}
}

func (g *grace) close() {
	for i := range g.now {
		g.now[i].close()
		g.now[i] = filePair{}
	}
	for _, p := range g.queue {
		p.close()
	}
	g.cur.close()
	g.cur, g.queue, g.used, g.spreading, g.disk = filePair{}, nil, false, false, 0
}

// spread adds the rows of b to the partitions' files of one side, by the hashes of their keys.
func (g *grace) spread(b *vec.Batch, hashes []uint64, level int, file func(*filePair) **exec.SpillFile, kinds []types.Kind) error {
	for i := range g.sels {
		g.sels[i] = g.sels[i][:0]
	}
	for k, h := range hashes {
		x := exec.PartitionOf(h, level)
		g.sels[x] = append(g.sels[x], int32(b.Row(k)))
	}
	for x, sel := range g.sels {
		if len(sel) == 0 {
			continue
		}
		f := file(&g.now[x])
		if *f == nil {
			*f = exec.NewSpillFile(g.ctx, kinds)
		}
		before := (*f).Size()
		if err := (*f).AppendSel(b, sel); err != nil {
			return err
		}
		g.disk += (*f).Size() - before
	}
	return nil
}

// overflow moves the rows built so far to files.
func (j *HashJoin) overflow(level int) error {
	j.parts.used, j.parts.spreading = true, true
	if level == 0 {
		for _, f := range j.filters {
			if f != nil {
				f.Begin()
			}
		}
	}
	win := &vec.Batch{Cols: make([]*vec.Vector, len(j.build.Cols))}
	for i := range win.Cols {
		win.Cols[i] = &vec.Vector{}
	}
	for from := 0; from < j.build.Len; from += vec.BatchRows {
		to := min(from+vec.BatchRows, j.build.Len)
		for i, v := range win.Cols {
			v.Slice(j.build.Cols[i], from, to)
		}
		win.Len = to - from
		if err := j.spreadBuild(win, level); err != nil {
			return err
		}
	}
	j.empty()
	return nil
}

func (j *HashJoin) spreadBuild(b *vec.Batch, level int) error {
	keys, err := evalKeys(j.ctx, j.rightKeys, b, j.keys)
	if err != nil {
		return err
	}
	j.keys = keys
	if j.node.Kind == logical.NullAntiJoin && len(notNull(keys, b, nil)) < b.Rows() {
		j.nullKey = true
	}
	if level == 0 {
		for i, f := range j.filters {
			if f != nil {
				f.Add(keys[i], b.Sel, b.Len)
			}
		}
	}
	hs := j.table.Hashes(keys, b.Sel, b.Len)
	return j.parts.spread(b, hs, level, func(p *filePair) **exec.SpillFile { return &p.build }, j.parts.buildKind)
}

// spreadProbe moves the rest of the probe side to files, beside the build side's. Rows that can output nothing are dropped.
func (j *HashJoin) spreadProbe(ctx context.Context, level int) error {
	if j.node.Kind == logical.NullAntiJoin && j.nullKey {
		j.parts.close()
		return nil
	}
	for {
		b, err := j.src(ctx)
		if err != nil {
			return err
		}
		if b == nil || b.Rows() == 0 {
			break
		}
		keys, err := evalKeys(j.ctx, j.leftKeys, b, j.keys)
		if err != nil {
			return err
		}
		j.keys = keys
		hs := j.table.Hashes(keys, b.Sel, b.Len)
		if err := j.parts.spread(b, hs, level, func(p *filePair) **exec.SpillFile { return &p.probe }, j.parts.leftKinds); err != nil {
			return err
		}
	}
	j.parts.spreading = false
	for i, p := range j.parts.now {
		p.level = level + 1
		if p.build != nil || p.probe != nil {
			j.parts.queue = append(j.parts.queue, p)
		}
		j.parts.now[i] = filePair{}
	}
	return nil
}

// nextPart joins the next partition; false if there is none.
func (j *HashJoin) nextPart(ctx context.Context) (bool, error) {
	g := j.parts
	if !g.used {
		return false, nil // and the table may serve a rescan
	}
	for {
		g.cur.close()
		g.cur = filePair{}
		j.empty()
		if len(g.queue) == 0 {
			return false, nil
		}
		g.cur = g.queue[len(g.queue)-1]
		g.queue = g.queue[:len(g.queue)-1]
		if st := j.ctx.Node(j.node.ID); st != nil {
			st.Batches, st.DiskBytes = max(st.Batches, exec.PartitionFiles), max(st.DiskBytes, g.disk)
		}
		build := fileSource(g.cur.build, g.buildKind)
		j.src = fileSource(g.cur.probe, g.leftKinds)
		level := g.cur.level
		if err := j.load(ctx, build, level); err != nil {
			return false, err
		}
		if !g.spreading {
			j.probing, j.lonelyAt = true, 0
			return true, nil
		}
		if err := j.spreadProbe(ctx, level); err != nil {
			return false, err
		}
	}
}

// fileSource reads a file that may be missing.
func fileSource(f *exec.SpillFile, kinds []types.Kind) func(context.Context) (*vec.Batch, error) {
	if f == nil {
		return func(context.Context) (*vec.Batch, error) { return nil, nil }
	}
	r := f.Reader(0, f.Size())
	b := vec.NewBatch(kinds, 0)
	return func(ctx context.Context) (*vec.Batch, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ok, err := r.Next(b)
		if err != nil || !ok {
			return nil, err
		}
		return b, nil
	}
}
