package copyio

import (
	"encoding/binary"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/types/recv"
)

// binarySignature starts a binary COPY file.
const binarySignature = "PGCOPY\n\377\r\n\x00"

// take returns the next n bytes, nil if the data ends before.
func (r *Reader) take(n int) ([]byte, error) {
	for len(r.buf)-r.pos < n {
		if r.eof {
			return nil, nil
		}
		if err := r.more(); err != nil {
			return nil, err
		}
	}
	b := r.buf[r.pos : r.pos+n]
	r.pos += n
	return b, nil
}

func (r *Reader) binaryHeader() error {
	b, err := r.take(len(binarySignature) + 8)
	if err != nil {
		return err
	}
	if b == nil || string(b[:len(binarySignature)]) != binarySignature {
		return pgerr.New(pgerr.BadCopyFileFormat, "COPY file signature not recognized")
	}
	flags := binary.BigEndian.Uint32(b[len(binarySignature):])
	if flags&(1<<16) != 0 {
		return pgerr.New(pgerr.BadCopyFileFormat, "invalid COPY file header (WITH OIDS)")
	}
	if flags>>17 != 0 {
		return pgerr.New(pgerr.BadCopyFileFormat, "unrecognized critical flags in COPY file header")
	}
	skip, err := r.take(int(binary.BigEndian.Uint32(b[len(b)-4:])))
	if err == nil && skip == nil {
		err = pgerr.New(pgerr.BadCopyFileFormat, "invalid COPY file header (wrong length)")
	}
	return err
}

// binaryRow reads one tuple.
func (r *Reader) binaryRow() (bool, error) {
	if r.ended {
		return false, r.skipRest()
	}
	if !r.started {
		r.started = true
		if err := r.binaryHeader(); err != nil {
			return false, err
		}
	}
	r.line++
	b, err := r.take(2)
	if err != nil {
		return false, err
	}
	if b == nil {
		return false, nil // EOF without trailer is accepted, as PostgreSQL does
	}
	n := int16(binary.BigEndian.Uint16(b))
	if n == -1 {
		r.ended = true
		return false, r.skipRest()
	}
	if int(n) != len(r.cols) {
		return false, r.at(pgerr.New(pgerr.BadCopyFileFormat, "row field count is %d, expected %d", n, len(r.cols)), -1, "")
	}
	for i := range r.cols {
		if err := r.binaryField(i); err != nil {
			return false, err
		}
	}
	r.batch.Len++
	r.lines = append(r.lines, r.line)
	return true, nil
}

func (r *Reader) binaryField(i int) error {
	b, err := r.take(4)
	if err != nil {
		return err
	}
	if b == nil {
		return r.at(pgerr.New(pgerr.BadCopyFileFormat, "unexpected EOF in COPY data"), -1, "")
	}
	size := int32(binary.BigEndian.Uint32(b))
	if size == -1 {
		r.batch.Cols[i].AppendNull()
		return nil
	}
	if size < 0 {
		return r.at(pgerr.New(pgerr.BadCopyFileFormat, "invalid field size"), -1, "")
	}
	if b, err = r.take(int(size)); err != nil {
		return err
	}
	if b == nil {
		return r.at(pgerr.New(pgerr.BadCopyFileFormat, "unexpected EOF in COPY data"), -1, "")
	}
	d, err := types.ParseBinary(r.cols[i].T, b, r.env, recv.Place{})
	if err != nil {
		return r.at(err, -1, "")
	}
	if d, err = types.ApplyTypmod(r.cols[i].T, d, false); err != nil {
		return r.at(err, -1, "")
	}
	r.batch.Cols[i].Append(d)
	return nil
}
