package exec

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// spillPrefix begins the names of temporary files.
const spillPrefix = "lightsql-spill-"

// Limits of how much a SpillFile collects before it writes: a part of work_mem, because there may be many of them.
const (
	spillBufferMin = 512
	spillBufferMax = 64 << 10
)

// SpillFile holds rows that did not fit into memory: blocks of up to blockRows rows, in the order they were added. Several
// readers may read it at once, also while it grows. The file is made when there is enough to write, so that small ones cost no system
// call. Its name is removed from the folder as soon as it is open, so that nothing is left behind whatever happens; where the
// system does not allow that, RemoveSpillFiles cleans up at start.
//
// A block is its length and number of rows (4 bytes each), then each column: a byte that tells whether there are NULLs,
// the null bitmap, and the values by kind. Values of kinds that have no bytes of their own stay in memory (refs).
type SpillFile struct {
	dir     string
	f       *os.File // nil: nothing was written yet
	kinds   []types.Kind
	buf     []byte
	bufMax  int
	size    int64 // written and buffered
	written int64
	refs    []any
	rows    int64
	part    vec.Batch
	cols    []vec.Vector
}

// blockRows is the largest number of rows of a block: what a reader holds at a time.
const blockRows = 256

// NewSpillFile makes an empty file for rows of these kinds.
func NewSpillFile(ctx *Ctx, kinds []types.Kind) *SpillFile {
	s := &SpillFile{dir: ctx.SpillDir, kinds: kinds, bufMax: int(max(spillBufferMin, min(spillBufferMax, ctx.SortMem()/16)))}
	if s.dir == "" {
		s.dir = os.TempDir()
	}
	return s
}

func (s *SpillFile) create() error {
	f, err := os.CreateTemp(s.dir, spillPrefix+"*")
	if err != nil {
		return fileError("create", s.dir, err)
	}
	// On systems that keep open files' names this fails, and Close removes the name.
	_ = os.Remove(f.Name())
	s.f = f
	return nil
}

// RemoveSpillFiles removes the temporary files that a process which was killed left in dir.
func RemoveSpillFiles(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, spillPrefix+"*"))
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := os.Remove(n); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// fileError is the error of an operation on a temporary file.
func fileError(verb, name string, err error) error {
	code := pgerr.IOError
	if errors.Is(err, syscall.ENOSPC) {
		code = pgerr.DiskFull
	}
	text := err.Error()
	var errno syscall.Errno
	if errors.As(err, &errno) {
		text = errno.Error()
		if text != "" {
			text = strings.ToUpper(text[:1]) + text[1:]
		}
	}
	return pgerr.New(code, "could not %s temporary file %q: %s", verb, filepath.Base(name), text)
}

// Size is the number of bytes in the file; a position for Reader.
func (s *SpillFile) Size() int64 { return s.size }

// Rows is the number of rows in the file.
func (s *SpillFile) Rows() int64 { return s.rows }

// Append writes the rows of b that count.
func (s *SpillFile) Append(b *vec.Batch) error {
	if s.part.Cols == nil {
		s.cols = make([]vec.Vector, len(s.kinds))
		s.part.Cols = make([]*vec.Vector, len(s.kinds))
		for i := range s.cols {
			s.cols[i].Kind = s.kinds[i]
			s.part.Cols[i] = &s.cols[i]
		}
	}
	for from, n := 0, b.Rows(); from < n; from += blockRows {
		to := min(from+blockRows, n)
		for i, v := range s.part.Cols {
			v.Resize(0)
			if b.Sel != nil {
				v.AppendSel(b.Cols[i], b.Sel[from:to])
			} else {
				v.AppendRange(b.Cols[i], from, to)
			}
		}
		s.part.Len = to - from
		if err := s.block(&s.part); err != nil {
			return err
		}
	}
	return nil
}

// AppendSel writes the rows of b that sel lists.
func (s *SpillFile) AppendSel(b *vec.Batch, sel []int32) error {
	if len(sel) == 0 {
		return nil
	}
	return s.Append(&vec.Batch{Cols: b.Cols, Len: b.Len, Sel: sel})
}

func (s *SpillFile) block(b *vec.Batch) error {
	start := len(s.buf)
	s.buf = append(s.buf, 0, 0, 0, 0)
	s.buf = binary.LittleEndian.AppendUint32(s.buf, uint32(b.Len))
	for _, v := range b.Cols {
		s.buf = s.appendVector(s.buf, v, b.Len)
	}
	n := len(s.buf) - start
	binary.LittleEndian.PutUint32(s.buf[start:], uint32(n-4))
	s.size += int64(n)
	s.rows += int64(b.Len)
	if len(s.buf) >= s.bufMax {
		return s.flush()
	}
	return nil
}

// flush writes what is buffered.
func (s *SpillFile) flush() error {
	if s.f == nil {
		if err := s.create(); err != nil {
			return err
		}
	}
	if _, err := s.f.WriteAt(s.buf, s.written); err != nil {
		return fileError("write to", s.f.Name(), err)
	}
	s.written += int64(len(s.buf))
	s.buf = s.buf[:0]
	return nil
}

// readAt reads up to len(b) bytes from position at, of the file or of what is still buffered.
func (s *SpillFile) readAt(b []byte, at int64) (int, error) {
	if at >= s.written {
		return copy(b, s.buf[at-s.written:]), nil
	}
	b = b[:min(int64(len(b)), s.written-at)]
	n, err := s.f.ReadAt(b, at)
	if err != nil && !(errors.Is(err, io.EOF) && n > 0) {
		return n, fileError("read from", s.f.Name(), err)
	}
	return n, nil
}

// Close frees the file. A nil SpillFile has nothing to free.
func (s *SpillFile) Close() {
	if s == nil {
		return
	}
	if s.f != nil {
		name := s.f.Name()
		_ = s.f.Close() // nothing in it is needed any more
		_ = os.Remove(name)
	}
	*s = SpillFile{}
}

// SpillReader reads a range of a SpillFile block by block.
type SpillReader struct {
	s       *SpillFile
	at, end int64
	buf     []byte
	ahead   []byte // part of buf that is read but not decoded
}

// Reader reads the blocks from position from up to position to, both once returned by Size.
func (s *SpillFile) Reader(from, to int64) *SpillReader { return &SpillReader{s: s, at: from, end: to} }

// readAheadBytes is how much a reader asks for at a time.
const readAheadBytes = 32 << 10

// Next makes b the rows of the next block; false is the end.
func (r *SpillReader) Next(b *vec.Batch) (bool, error) {
	b.Reset()
	if len(r.ahead) == 0 && r.at >= r.end {
		return false, nil
	}
	if err := r.need(8); err != nil {
		return false, err
	}
	n := int(binary.LittleEndian.Uint32(r.ahead)) + 4
	if err := r.need(n); err != nil {
		return false, err
	}
	rows := int(binary.LittleEndian.Uint32(r.ahead[4:]))
	d := spillDecoder{s: r.s, b: r.ahead[8:n]}
	for i, v := range b.Cols {
		d.vector(v, r.s.kinds[i], rows)
	}
	if d.bad {
		return false, errDamagedFile()
	}
	b.Len = rows
	r.ahead = r.ahead[n:]
	return true, nil
}

// need makes ahead at least n bytes long.
func (r *SpillReader) need(n int) error {
	if len(r.ahead) >= n {
		return nil
	}
	have := len(r.ahead)
	want := max(n, int(min(readAheadBytes, int64(have)+r.end-r.at)))
	if cap(r.buf) < want {
		t := make([]byte, want)
		copy(t, r.ahead)
		r.buf = t
	} else {
		r.buf = r.buf[:cap(r.buf)]
		copy(r.buf, r.ahead)
		r.buf = r.buf[:want]
	}
	for have < n {
		m, err := r.s.readAt(r.buf[have:want], r.at)
		if err != nil {
			return err
		}
		if m == 0 {
			return errDamagedFile()
		}
		r.at += int64(m)
		have += m
	}
	r.ahead = r.buf[:have]
	return nil
}

func errDamagedFile() error {
	return pgerr.New(pgerr.DataCorrupted, "temporary file is damaged")
}
