package copyio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Input yields the client's data in chunks, each valid until the next call; io.EOF at the end.
type Input interface {
	Next() ([]byte, error)
}

// Column is a column that COPY reads or writes.
type Column struct {
	Name string
	T    types.T
}

// Reader reads COPY data as an operator: each batch has the given columns.
type Reader struct {
	o       *Options
	in      Input
	table   string
	cols    []Column
	env     *types.Env
	rowsMax int

	buf     []byte // unread data: buf[pos:]
	pos     int
	eof     bool
	ended   bool // the end-of-data marker was seen
	line    int64
	batch   *vec.Batch
	fields  []field
	scratch []byte
	notNull []bool // FORCE_NOT_NULL, FORCE_NULL by column
	null    []bool
	started bool // header was read

	// raw is the line (CSV: the record) last split. lines and texts are the numbers and the raw texts (text[i-1]:text[i] of
	// rawText) of the rows of the batch, for errors that are found later.
	raw     []byte
	lines   []int64
	rawText []byte
	rawEnds []int
}

// field is one field of a row: text is nil for NULL.
type field struct {
	text   []byte
	null   bool
	quoted bool
}

// NewReader reads rows of cols of table (for error messages) in batches of up to rowsMax rows.
func NewReader(o *Options, in Input, table string, cols []Column, env *types.Env, rowsMax int) *Reader {
	r := &Reader{o: o, in: in, table: table, cols: cols, env: env, rowsMax: rowsMax}
	ts := make([]types.T, len(cols))
	for i, c := range cols {
		ts[i] = c.T
		r.notNull = append(r.notNull, contains(o.ForceNotNull, c.Name))
		r.null = append(r.null, contains(o.ForceNull, c.Name))
	}
	r.batch = vec.NewBatch(vec.Kinds(ts), rowsMax)
	return r
}

// Open implements exec.Operator.
func (r *Reader) Open(context.Context) error { return nil }

// Close implements exec.Operator.
func (r *Reader) Close() error { return nil }

// Next implements exec.Operator.
func (r *Reader) Next(ctx context.Context) (*vec.Batch, error) {
	r.batch.Reset()
	r.lines, r.rawText, r.rawEnds = r.lines[:0], r.rawText[:0], r.rawEnds[:0]
	for r.batch.Len < r.rowsMax {
		if r.batch.Len&255 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		ok, err := r.row()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
	}
	return r.batch, nil
}

// row reads one row into the batch; ok is false at the end.
func (r *Reader) row() (ok bool, err error) {
	if r.o.Format == Binary {
		return r.binaryRow()
	}
	if !r.started {
		r.started = true
		if r.o.Header != NoHeader {
			if ok, err := r.split(); !ok || err != nil {
				return false, err
			}
			if err := r.checkHeader(); err != nil {
				return false, err
			}
		}
	}
	if ok, err := r.split(); !ok || err != nil {
		return false, err
	}
	if err := r.store(); err != nil {
		return false, err
	}
	r.lines = append(r.lines, r.line)
	r.rawText = append(r.rawText, r.raw...)
	r.rawEnds = append(r.rawEnds, len(r.rawText))
	return true, nil
}

// split reads the fields of the next line.
func (r *Reader) split() (bool, error) {
	if r.ended {
		return false, r.skipRest()
	}
	r.fields = r.fields[:0]
	if r.o.Format == CSV {
		return r.splitCSV()
	}
	line, ok, err := r.nextLine()
	if !ok || err != nil {
		return false, err
	}
	r.line++
	if len(line) == 2 && line[0] == '\\' && line[1] == '.' {
		r.ended = true
		return false, r.skipRest()
	}
	r.raw = line
	if len(line) == 0 && len(r.cols) == 0 {
		return true, nil
	}
	return true, r.splitText(line)
}

// skipRest reads to the end of the client's data, which it must send even after the end marker.
func (r *Reader) skipRest() error {
	for !r.eof {
		if err := r.more(); err != nil {
			return err
		}
		r.pos = len(r.buf)
	}
	return nil
}

// more appends the next chunk to the unread data.
func (r *Reader) more() error {
	chunk, err := r.in.Next()
	if errors.Is(err, io.EOF) {
		r.eof = true
		return nil
	}
	if err != nil {
		return err
	}
	if r.pos > 0 {
		r.buf = append(r.buf[:0], r.buf[r.pos:]...)
		r.pos = 0
	}
	r.buf = append(r.buf, chunk...)
	return nil
}

// nextLine returns the next line without its end (LF, CR LF or CR).
func (r *Reader) nextLine() (line []byte, ok bool, err error) {
	from := r.pos
	for {
		if i := bytes.IndexByte(r.buf[from:], '\n'); i >= 0 {
			line = r.buf[r.pos : from+i]
			r.pos = from + i + 1
			if n := len(line); n > 0 && line[n-1] == '\r' {
				line = line[:n-1]
			}
			return line, true, nil
		}
		if r.eof {
			line = r.buf[r.pos:]
			r.pos = len(r.buf)
			return bytes.TrimSuffix(line, []byte{'\r'}), len(line) > 0, nil
		}
		seen := len(r.buf) - r.pos
		if err := r.more(); err != nil {
			return nil, false, err
		}
		from = r.pos + seen
	}
}

// splitText splits a line of the text format at delimiters and undoes escapes.
func (r *Reader) splitText(line []byte) error {
	if bytes.IndexByte(line, '\\') < 0 {
		for {
			i := bytes.IndexByte(line, r.o.Delimiter)
			if i < 0 {
				r.addText(line, line)
				return nil
			}
			r.addText(line[:i], line[:i])
			line = line[i+1:]
		}
	}
	r.scratch = r.scratch[:0]
	if cap(r.scratch) < len(line) {
		r.scratch = make([]byte, 0, 2*len(line)) // it must not move: fields point into it
	}
	start, raw := 0, 0
	for i := 0; i <= len(line); i++ {
		if i == len(line) || line[i] == r.o.Delimiter {
			r.addText(line[raw:i], r.scratch[start:len(r.scratch):len(r.scratch)])
			start, raw = len(r.scratch), i+1
			continue
		}
		if line[i] == '\\' && i+1 < len(line) {
			var c byte
			c, i = unescape(line, i+1)
			r.scratch = append(r.scratch, c)
			continue
		}
		r.scratch = append(r.scratch, line[i])
	}
	return nil
}

// addText adds a field; NULL is recognised before escapes are undone.
func (r *Reader) addText(raw, value []byte) {
	r.fields = append(r.fields, field{text: value, null: string(raw) == r.o.Null})
}

// unescape decodes the escape whose first character after the backslash is line[i]; it returns the index of its last.
func unescape(line []byte, i int) (byte, int) {
	c := line[i]
	switch c {
	case 'b':
		return '\b', i
	case 'f':
		return '\f', i
	case 'n':
		return '\n', i
	case 'r':
		return '\r', i
	case 't':
		return '\t', i
	case 'v':
		return '\v', i
	case 'x':
		v, n := 0, 0
		for n < 2 && i+1+n < len(line) {
			d := strings.IndexByte("0123456789abcdef", line[i+1+n]|0x20)
			if d < 0 || line[i+1+n] < '0' {
				break
			}
			v, n = v*16+d, n+1
		}
		if n == 0 {
			return 'x', i
		}
		return byte(v), i + n
	}
	if c >= '0' && c <= '7' {
		v, n := 0, 0
		for n < 3 && i+n < len(line) && line[i+n] >= '0' && line[i+n] <= '7' {
			v, n = v*8+int(line[i+n]-'0'), n+1
		}
		return byte(v), i + n - 1
	}
	return c, i
}

// checkHeader compares a header line with the column names.
func (r *Reader) checkHeader() error {
	if r.o.Header != MatchHeader {
		return nil
	}
	if len(r.fields) != len(r.cols) {
		return r.at(pgerr.New(pgerr.BadCopyFileFormat, "wrong number of fields in header line: got %d, expected %d",
			len(r.fields), len(r.cols)), -1, "")
	}
	for i, c := range r.cols {
		if f := r.fields[i]; f.null || string(f.text) != c.Name {
			return r.at(pgerr.New(pgerr.BadCopyFileFormat, "column name mismatch in header line field %d: got %q, expected %q",
				i+1, f.text, c.Name), -1, "")
		}
	}
	return nil
}

// store converts the fields of a line and appends them to the batch.
func (r *Reader) store() error {
	if len(r.fields) > len(r.cols) {
		return r.atLine(pgerr.New(pgerr.BadCopyFileFormat, "extra data after last expected column"))
	}
	for i := range r.cols {
		if i >= len(r.fields) {
			return r.atLine(pgerr.New(pgerr.BadCopyFileFormat, "missing data for column %q", r.cols[i].Name))
		}
		if err := r.storeField(i, r.fields[i]); err != nil {
			return err
		}
	}
	r.batch.Len++
	return nil
}

func (r *Reader) storeField(i int, f field) error {
	v, t := r.batch.Cols[i], r.cols[i].T
	if r.o.Format == CSV {
		f.null = f.null && !r.notNull[i] || r.null[i] && string(f.text) == r.o.Null
	}
	if f.null {
		v.AppendNull()
		return nil
	}
	switch t.OID {
	case types.Int4OID, types.Int8OID:
		if n, ok := types.ParseShortInt(f.text); ok {
			v.Int = append(v.Int, n)
			return nil
		}
	}
	text := string(f.text)
	if !utf8.ValidString(text) {
		return r.at(pgerr.New(pgerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\"").WithWhere("COPY %s, line %d", r.table, r.line), -2, "")
	}
	if t.OID == types.TextOID {
		v.Str = append(v.Str, text)
		return nil
	}
	d, err := types.Parse(t, text, r.env)
	if err != nil {
		return r.at(err, i, text)
	}
	v.Append(d)
	return nil
}

// at adds PostgreSQL's context line: the column and its value if col >= 0, else the line only.
func (r *Reader) at(err error, col int, value string) error {
	e, ok := pgerr.As(err)
	if !ok || col == -2 {
		return err
	}
	if col < 0 {
		return e.WithWhere("COPY %s, line %d", r.table, r.line)
	}
	return e.WithWhere("COPY %s, line %d, column %s: \"%s\"", r.table, r.line, r.cols[col].Name, shorten(value))
}

// atLine adds the whole line as context.
func (r *Reader) atLine(e *pgerr.Error) error {
	return e.WithWhere("COPY %s, line %d: \"%s\"", r.table, r.line, shorten(string(r.raw)))
}

// Context is the context line for an error that a row of the last batch caused later: with the row's text, unless it is a
// conflict with another row, which PostgreSQL finds when the text is gone.
func (r *Reader) Context(row int, withText bool) string {
	line := r.line
	if row < len(r.lines) {
		line = r.lines[row]
	}
	context := fmt.Sprintf("COPY %s, line %d", r.table, line)
	if !withText || row >= len(r.rawEnds) {
		return context
	}
	from := 0
	if row > 0 {
		from = r.rawEnds[row-1]
	}
	return context + ": \"" + shorten(string(r.rawText[from:r.rawEnds[row]])) + "\""
}

// shorten cuts a value for an error message as PostgreSQL's limit_printout_length.
func shorten(s string) string {
	const maxBytes = 100
	if len(s) <= maxBytes {
		return s
	}
	n := maxBytes
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}
