package exec

import (
	"cmp"
	"sort"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// DataBytes estimates the memory that the rows of b that count take when they are copied.
func DataBytes(b *vec.Batch) int64 {
	n := int64(0)
	rows := int64(b.Rows())
	for _, v := range b.Cols {
		n += rows * valueBytes(v.Kind)
		switch v.Kind {
		case types.KindStr:
			n += textBytes(v, b)
		case types.KindNum:
			for k := range b.Rows() {
				n += v.Num[b.Row(k)].HeapBytes()
			}
		}
	}
	return n
}

func textBytes(v *vec.Vector, b *vec.Batch) int64 {
	n := int64(0)
	if b.Sel == nil {
		for _, s := range v.Str[:b.Len] {
			n += int64(len(s))
		}
		return n
	}
	for _, i := range b.Sel {
		n += int64(len(v.Str[i]))
	}
	return n
}

// RowBuffer keeps rows in order, in memory up to work_mem and then in a file, for any number of readers. Rows may be
// added while readers read.
type RowBuffer struct {
	ctx   *Ctx
	kinds []types.Kind
	mem   *vec.Batch
	usage Usage
	file  *SpillFile
	// marks are places in file, some blocks apart, and found the rows that Around found last.
	marks []fileMark
	found struct {
		first int64
		rows  *vec.Batch
	}
}

// fileMark says that the row of that number, of those in the file, begins at a position of it.
type fileMark struct{ row, at int64 }

// NewRowBuffer is an empty buffer for rows of these types.
func NewRowBuffer(ctx *Ctx, ts []types.T) *RowBuffer {
	b := &RowBuffer{ctx: ctx, kinds: vec.Kinds(ts)}
	b.mem = vec.NewBatch(b.kinds, 0)
	b.usage.Init(ctx)
	return b
}

// Reset drops all rows.
func (b *RowBuffer) Reset() {
	b.file.Close()
	b.file = nil
	b.marks, b.found.rows = nil, nil
	b.mem.Reset()
	b.usage.Init(b.ctx)
}

// Close drops all rows and frees what holds them.
func (b *RowBuffer) Close() {
	b.Reset()
	if b.mem.Bytes() > keepBytes {
		b.mem = vec.NewBatch(b.kinds, 0)
	}
}

// keepBytes is how much memory an operator keeps for the next execution of its statement.
const keepBytes = 256 << 10

// Rows is the number of rows.
func (b *RowBuffer) Rows() int64 {
	if b.file != nil {
		return int64(b.mem.Len) + b.file.Rows()
	}
	return int64(b.mem.Len)
}

// Add copies the rows of batch that count to the end.
func (b *RowBuffer) Add(batch *vec.Batch) error {
	if batch.Rows() == 0 {
		return nil
	}
	if b.file == nil {
		n := b.usage.Bytes() + DataBytes(batch)
		if n <= b.ctx.SortMem() {
			if err := b.usage.Set(n); err != nil {
				return err
			}
			b.mem.AppendBatch(batch)
			return nil
		}
		b.file = NewSpillFile(b.ctx, b.kinds)
	}
	if n := len(b.marks); n == 0 || b.file.Rows() >= b.marks[n-1].row+blockRows {
		b.marks = append(b.marks, fileMark{b.file.Rows(), b.file.Size()})
	}
	return b.file.Append(batch)
}

// Around returns rows among which is row number at, from 0; first is the number of the first of them. They are valid until the next call.
func (b *RowBuffer) Around(at int64) (first int64, rows *vec.Batch, err error) {
	inMemory := int64(b.mem.Len)
	if at < inMemory {
		return 0, b.mem, nil
	}
	f := &b.found
	if f.rows != nil && at >= f.first && at < f.first+int64(f.rows.Len) {
		return f.first, f.rows, nil
	}
	m := b.marks[sort.Search(len(b.marks), func(i int) bool { return inMemory+b.marks[i].row > at })-1]
	f.first = inMemory + m.row
	if f.rows == nil {
		f.rows = vec.NewBatch(b.kinds, 0)
	}
	for r := b.file.Reader(m.at, b.file.Size()); ; f.first += int64(f.rows.Len) {
		if ok, err := r.Next(f.rows); err != nil || !ok {
			f.rows = nil
			return 0, nil, cmp.Or(err, errDamagedFile())
		}
		if at < f.first+int64(f.rows.Len) {
			return f.first, f.rows, nil
		}
	}
}

// Fill copies all rows that next yields.
func (b *RowBuffer) Fill(next func() (*vec.Batch, error)) error {
	for {
		in, err := next()
		if err != nil {
			return err
		}
		if in == nil || in.Rows() == 0 {
			return nil
		}
		if err := b.Add(in); err != nil {
			return err
		}
	}
}

// RowReader is a position in a RowBuffer.
type RowReader struct {
	b    *RowBuffer
	at   int
	file *SpillReader
	win  vec.Batch
	cols []vec.Vector
	disk *vec.Batch
}

// Reader is a reader at the first row.
func (b *RowBuffer) Reader() *RowReader {
	r := &RowReader{b: b, cols: make([]vec.Vector, len(b.kinds))}
	r.win.Cols = make([]*vec.Vector, len(b.kinds))
	for i := range r.cols {
		r.win.Cols[i] = &r.cols[i]
	}
	return r
}

// Rewind goes back to the first row.
func (r *RowReader) Rewind() { r.at, r.file = 0, nil }

// Next returns the next rows, at most about max; an empty batch at the end so far: more may follow when rows are added.
func (r *RowReader) Next(max int) (*vec.Batch, error) {
	if n := r.b.mem.Len; r.at < n {
		to := min(n, r.at+max)
		for i := range r.cols {
			r.cols[i].Slice(r.b.mem.Cols[i], r.at, to)
		}
		r.win.Len, r.win.Sel = to-r.at, nil
		r.at = to
		return &r.win, nil
	}
	return r.fromFile()
}

func (r *RowReader) fromFile() (*vec.Batch, error) {
	f := r.b.file
	if f == nil {
		return nil, nil
	}
	if r.disk == nil {
		r.disk = vec.NewBatch(r.b.kinds, 0)
	}
	if r.file == nil || r.file.s != f {
		r.file = f.Reader(0, f.Size())
	}
	r.file.end = f.Size()
	ok, err := r.file.Next(r.disk)
	if err != nil || !ok {
		return nil, err
	}
	return r.disk, nil
}
