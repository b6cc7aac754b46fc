package copyio

import (
	"github.com/lightsql/lightsql/sql/pgerr"
)

// splitCSV reads the fields of the next CSV record, which may span lines inside quotes.
func (r *Reader) splitCSV() (bool, error) {
	end, lines, ok, err := r.csvRecord()
	if err != nil || !ok {
		return false, err
	}
	rec := trimLineEnd(r.buf[r.pos:end])
	r.raw, r.pos = rec, end
	r.line += lines
	if string(rec) == "\\." {
		r.ended = true
		return false, r.skipRest()
	}
	r.csvFields(rec)
	return true, nil
}

func trimLineEnd(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return b
}

// csvRecord finds the end of the record that starts at r.pos (after its line end) and how many lines it spans.
func (r *Reader) csvRecord() (end int, lines int64, ok bool, err error) {
	inQuote, i := false, 0 // i counts from r.pos, which more may move
	lines = 1
	for {
		for ; r.pos+i < len(r.buf); i++ {
			c := r.buf[r.pos+i]
			if inQuote && c == r.o.Escape && r.o.Escape != r.o.Quote {
				if r.pos+i+1 >= len(r.buf) && !r.eof {
					break // look at the next character once it is here
				}
				if r.pos+i+1 < len(r.buf) && (r.buf[r.pos+i+1] == r.o.Quote || r.buf[r.pos+i+1] == r.o.Escape) {
					i++
				}
				continue
			}
			switch {
			case c == r.o.Quote:
				inQuote = !inQuote
			case c == '\n' && inQuote:
				lines++
			case c == '\n':
				return r.pos + i + 1, lines, true, nil
			}
		}
		if r.eof {
			if inQuote {
				r.line++
				r.raw = r.buf[r.pos:]
				return 0, 0, false, r.atLine(pgerr.New(pgerr.BadCopyFileFormat, "unterminated CSV quoted field"))
			}
			return len(r.buf), lines, r.pos < len(r.buf), nil
		}
		if err := r.more(); err != nil {
			return 0, 0, false, err
		}
	}
}

// csvFields splits a record. Only an unquoted field can be NULL.
func (r *Reader) csvFields(rec []byte) {
	if cap(r.scratch) < len(rec) {
		r.scratch = make([]byte, 0, 2*len(rec)) // it must not move: fields point into it
	}
	r.scratch = r.scratch[:0]
	for i := 0; ; {
		start, quoted, inQuote := len(r.scratch), false, false
		for ; i < len(rec); i++ {
			c := rec[i]
			if !inQuote {
				if c == r.o.Delimiter {
					break
				}
				if c == r.o.Quote {
					quoted, inQuote = true, true
					continue
				}
				r.scratch = append(r.scratch, c)
				continue
			}
			if c == r.o.Escape && i+1 < len(rec) && (rec[i+1] == r.o.Quote || rec[i+1] == r.o.Escape) {
				i++
				r.scratch = append(r.scratch, rec[i])
				continue
			}
			if c == r.o.Quote {
				inQuote = false
				continue
			}
			r.scratch = append(r.scratch, c)
		}
		value := r.scratch[start:len(r.scratch):len(r.scratch)]
		r.fields = append(r.fields, field{text: value, quoted: quoted, null: !quoted && string(value) == r.o.Null})
		if i >= len(rec) {
			return
		}
		i++ // the delimiter
	}
}
