package copyio

import (
	"encoding/binary"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Output takes COPY data: one call for each row.
type Output interface {
	Write(p []byte) error
}

// Writer writes rows as COPY data.
type Writer struct {
	o     *Options
	out   Output
	cols  []Column
	env   *types.Env
	quote []bool // FORCE_QUOTE by column
	line  []byte
	value []byte
	// special are the characters for which a value of the text format is not copied as it is.
	special [256]bool
}

// NewWriter writes rows of cols to out.
func NewWriter(o *Options, out Output, cols []Column, env *types.Env) *Writer {
	w := &Writer{o: o, out: out, cols: cols, env: env}
	for _, c := range cols {
		w.quote = append(w.quote, o.ForceQuoteAll || contains(o.ForceQuote, c.Name))
	}
	for _, c := range "\b\f\n\r\t\v\\" {
		w.special[c] = true
	}
	w.special[o.Delimiter] = true
	return w
}

// Start writes what comes before the rows.
func (w *Writer) Start() error {
	w.line = w.line[:0]
	switch {
	case w.o.Format == Binary:
		w.line = append(append(w.line, binarySignature...), 0, 0, 0, 0, 0, 0, 0, 0)
	case w.o.Header != NoHeader:
		for i, c := range w.cols {
			w.delimit(i)
			w.value = append(w.value[:0], c.Name...)
			if w.o.Format == CSV {
				w.appendCSV(false)
			} else {
				w.appendText()
			}
		}
		w.line = append(w.line, '\n')
	default:
		return nil
	}
	return w.out.Write(w.line)
}

// End writes what comes after the rows.
func (w *Writer) End() error {
	if w.o.Format != Binary {
		return nil
	}
	return w.out.Write([]byte{0xff, 0xff})
}

// Batch writes the rows of b that count.
func (w *Writer) Batch(b *vec.Batch) error {
	for i := range b.Rows() {
		if err := w.row(b, b.Row(i)); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) row(b *vec.Batch, row int) error {
	w.line = w.line[:0]
	if w.o.Format == Binary {
		w.binaryRow(b, row)
		return w.out.Write(w.line)
	}
	for i, c := range w.cols {
		w.delimit(i)
		v := b.Cols[i]
		if v.IsNull(row) {
			w.line = append(w.line, w.o.Null...)
			continue
		}
		if w.o.Format == CSV {
			w.value = types.AppendText(w.value[:0], c.T, v.Datum(row), w.env)
			w.appendCSV(w.quote[i])
			continue
		}
		start := len(w.line)
		w.line = types.AppendText(w.line, c.T, v.Datum(row), w.env)
		if w.anySpecial(w.line[start:]) {
			w.value = append(w.value[:0], w.line[start:]...)
			w.line = w.line[:start]
			w.appendText()
		}
	}
	w.line = append(w.line, '\n')
	return w.out.Write(w.line)
}

func (w *Writer) delimit(i int) {
	if i > 0 {
		w.line = append(w.line, w.o.Delimiter)
	}
}

func (w *Writer) binaryRow(b *vec.Batch, row int) {
	w.line = binary.BigEndian.AppendUint16(w.line, uint16(len(w.cols)))
	for i, c := range w.cols {
		v := b.Cols[i]
		if v.IsNull(row) {
			w.line = append(w.line, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		at := len(w.line)
		w.line = append(w.line, 0, 0, 0, 0)
		w.line = types.AppendBinary(w.line, c.T, v.Datum(row), w.env)
		binary.BigEndian.PutUint32(w.line[at:], uint32(len(w.line)-at-4))
	}
}

func (w *Writer) anySpecial(value []byte) bool {
	for _, c := range value {
		if w.special[c] {
			return true
		}
	}
	return false
}

// appendText appends w.value as a field of the text format.
func (w *Writer) appendText() {
	for _, c := range w.value {
		switch c {
		case '\b':
			w.line = append(w.line, '\\', 'b')
		case '\f':
			w.line = append(w.line, '\\', 'f')
		case '\n':
			w.line = append(w.line, '\\', 'n')
		case '\r':
			w.line = append(w.line, '\\', 'r')
		case '\t':
			w.line = append(w.line, '\\', 't')
		case '\v':
			w.line = append(w.line, '\\', 'v')
		case '\\', w.o.Delimiter:
			w.line = append(w.line, '\\', c)
		default:
			w.line = append(w.line, c)
		}
	}
}

// appendCSV quotes a value if a reader would else misread it.
func (w *Writer) appendCSV(force bool) {
	quote := force || string(w.value) == w.o.Null || (len(w.cols) == 1 && string(w.value) == "\\.")
	for _, c := range w.value {
		if c == w.o.Delimiter || c == w.o.Quote || c == '\n' || c == '\r' {
			quote = true
			break
		}
	}
	if !quote {
		w.line = append(w.line, w.value...)
		return
	}
	w.line = append(w.line, w.o.Quote)
	for _, c := range w.value {
		if c == w.o.Quote || c == w.o.Escape {
			w.line = append(w.line, w.o.Escape)
		}
		w.line = append(w.line, c)
	}
	w.line = append(w.line, w.o.Quote)
}
