package window

import (
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// held has the input columns of a chunk that outgrew work_mem. They are only passed on, in order, when the calls are computed, so
// that they may be in a file; what calls read stays in memory.
type held struct {
	on     bool
	buf    *exec.RowBuffer
	reader *exec.RowReader
	batch  *vec.Batch // read, and from row at on not yet passed on
	at     int
}

func (h *held) init(ctx *exec.Ctx, ts []types.T) {
	h.buf = exec.NewRowBuffer(ctx, ts)
	h.reader = h.buf.Reader()
}

// reset forgets all rows.
func (h *held) reset() {
	if h.on {
		h.buf.Close()
		h.reader.Rewind()
	}
	h.on, h.batch, h.at = false, nil, 0
}

// next is a batch and the row from which on it is to be passed on; max is how many rows to read. Rows follow.
func (h *held) next(max int) (*vec.Batch, int, error) {
	if h.batch != nil && h.at < h.batch.Len {
		return h.batch, h.at, nil
	}
	var err error
	h.batch, err = h.reader.Next(max)
	h.at = 0
	return h.batch, 0, err
}

// rest appends the columns of the n rows that are left to cols, and ends.
func (h *held) rest(cols []*vec.Vector, n int) error {
	for n > 0 {
		b, from, err := h.next(vec.BatchRows)
		if err != nil {
			return err
		}
		for i, v := range cols {
			v.AppendRange(b.Cols[i], from, b.Len)
		}
		n -= b.Len - from
		h.at = b.Len
	}
	h.reset()
	return nil
}
