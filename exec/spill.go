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

// spillBufferBytes is how much a SpillFile collects before it writes.
const spillBufferBytes = 64 << 10

// SpillFile holds rows that did not fit into memory: blocks of up to blockRows rows, in the order they were added. Several
// readers may read it at once, also while it grows. Its name is removed from the folder as soon as it is open, so that
// nothing is left behind whatever happens; where the system does not allow that, RemoveSpillFiles cleans up at start.
//
// A block is its length and number of rows (4 bytes each), then each column: a byte that tells whether there are NULLs,
// the null bitmap, and the values by kind. Values of kinds that have no bytes of their own stay in memory (refs).
type SpillFile struct {
	f     *os.File
	kinds []types.Kind
	buf   []byte
	size  int64 // written and buffered
	flush int64 // written
	refs  []any
	rows  int64
	part  vec.Batch
	cols  []vec.Vector
}

// blockRows is the largest number of rows of a block: what a reader holds at a time.
const blockRows = 256

// NewSpillFile makes an empty file for rows of these kinds.
func NewSpillFile(ctx *Ctx, kinds []types.Kind) (*SpillFile, error) {
	dir := ctx.SpillDir
	if dir == "" {
		dir = os.TempDir()
	}
	f, err := os.CreateTemp(dir, spillPrefix+"*")
	if err != nil {
		return nil, fileError("create", dir, err)
	}
	// On systems that keep open files' names this fails, and Close removes the name.
	_ = os.Remove(f.Name())
	return &SpillFile{f: f, kinds: kinds}, nil
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
	if len(s.buf) >= spillBufferBytes {
		return s.Flush()
	}
	return nil
}

// Flush writes what is buffered, so that readers see it.
func (s *SpillFile) Flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	if _, err := s.f.WriteAt(s.buf, s.flush); err != nil {
		return fileError("write to", s.f.Name(), err)
	}
	s.flush += int64(len(s.buf))
	s.buf = s.buf[:0]
	return nil
}

// Close frees the file. A nil SpillFile has nothing to free.
func (s *SpillFile) Close() {
	if s == nil || s.f == nil {
		return
	}
	name := s.f.Name()
	_ = s.f.Close() // nothing in it is needed any more
	_ = os.Remove(name)
	s.f, s.refs, s.buf = nil, nil, nil
}

// SpillReader reads a range of a SpillFile block by block.
type SpillReader struct {
	s       *SpillFile
	at, end int64
	buf     []byte
	ahead   []byte // part of buf that is read but not decoded
}

// Reader reads the blocks from position from up to position to, both once returned by Size.
func (s *SpillFile) Reader(from, to int64) (*SpillReader, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	return &SpillReader{s: s, at: from, end: to}, nil
}

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
		return false, pgerr.New(pgerr.DataCorrupted, "temporary file %q is damaged", filepath.Base(r.s.f.Name()))
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
	m, err := r.s.f.ReadAt(r.buf[have:want], r.at)
	if err != nil && !(errors.Is(err, io.EOF) && have+m >= n) {
		return fileError("read from", r.s.f.Name(), err)
	}
	r.at += int64(m)
	r.ahead = r.buf[:have+m]
	return nil
}
