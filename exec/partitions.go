package exec

import (
	"context"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Partitioning: how many files a hash table that is too large spreads rows over, and how many times a partition that is still
// too large is spread again. Each level uses other bits of the hash (the upper half; KeyTable uses the lower).
const (
	partitionBits  = 3
	partitionFiles = 1 << partitionBits
	partitionDepth = 32 / partitionBits
)

// PartitionFiles is the number of partitions.
const PartitionFiles = partitionFiles

// PartitionDepth is how many times rows can be spread.
const PartitionDepth = partitionDepth

// PartitionOf is the partition of a hash at a level.
func PartitionOf(h uint64, level int) int {
	return int(h>>(32+partitionBits*level)) & (partitionFiles - 1)
}

// Partitions puts rows aside, spread over files by their hash, to be read again one partition after the other. The pattern
// is that of hash aggregation: Start when the table is full; Add the rows that the table does not know; at the end of
// the input Next and Read give the first partition as new input, for which Start and Add may be called again.
type Partitions struct {
	ctx   *Ctx
	kinds []types.Kind
	// active are the files that rows are added to now, nil if none.
	active []*SpillFile
	level  int // of the input being read: 0 is the operator's own
	queue  []partition
	now    partition
	reader *SpillReader
	batch  *vec.Batch
	sels   [partitionFiles][]int32
	disk   int64
}

type partition struct {
	file  *SpillFile
	level int
}

// NewPartitions is for rows of these kinds.
func NewPartitions(ctx *Ctx, kinds []types.Kind) *Partitions {
	return &Partitions{ctx: ctx, kinds: kinds}
}

// Active reports whether Start was called for the present input.
func (p *Partitions) Active() bool { return p.active != nil }

// Used reports whether anything went to disk; DiskBytes is how much.
func (p *Partitions) DiskBytes() int64 { return p.disk }

// Start begins to put rows aside. Beyond the deepest level it does nothing: the table has to grow.
func (p *Partitions) Start() {
	if p.level < partitionDepth && p.active == nil {
		p.active = make([]*SpillFile, partitionFiles)
	}
}

// Add puts rows aside: the ks are positions among the rows of b that count, hashes those of all these rows.
func (p *Partitions) Add(b *vec.Batch, ks []int32, hashes []uint64) error {
	for i := range p.sels {
		p.sels[i] = p.sels[i][:0]
	}
	for _, k := range ks {
		x := PartitionOf(hashes[k], p.level)
		p.sels[x] = append(p.sels[x], int32(b.Row(int(k))))
	}
	for x, sel := range p.sels {
		if len(sel) == 0 {
			continue
		}
		if p.active[x] == nil {
			p.active[x] = NewSpillFile(p.ctx, p.kinds)
		}
		before := p.active[x].Size()
		if err := p.active[x].AppendSel(b, sel); err != nil {
			return err
		}
		p.disk += p.active[x].Size() - before
	}
	return nil
}

// Next ends the present input and makes the next partition the input; false if there is none left.
func (p *Partitions) Next() (bool, error) {
	for _, f := range p.active {
		if f != nil {
			p.queue = append(p.queue, partition{f, p.level + 1})
		}
	}
	p.active = nil
	p.now.file.Close()
	p.now = partition{}
	if len(p.queue) == 0 {
		return false, nil
	}
	p.now = p.queue[len(p.queue)-1]
	p.queue = p.queue[:len(p.queue)-1]
	p.level = p.now.level
	p.reader = p.now.file.Reader(0, p.now.file.Size())
	return true, nil
}

// Read returns the next rows of the present partition, empty at its end.
func (p *Partitions) Read(ctx context.Context) (*vec.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.batch == nil {
		p.batch = vec.NewBatch(p.kinds, 0)
	}
	ok, err := p.reader.Next(p.batch)
	if err != nil || !ok {
		return nil, err
	}
	return p.batch, nil
}

// Close drops all files.
func (p *Partitions) Close() {
	for _, f := range p.active {
		f.Close()
	}
	for _, q := range p.queue {
		q.file.Close()
	}
	p.now.file.Close()
	p.active, p.queue, p.now, p.level, p.reader, p.disk = nil, nil, partition{}, 0, nil, 0
}
