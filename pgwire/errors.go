package pgwire

import (
	"encoding/binary"
	"strconv"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// appendError appends an ErrorResponse ('E') or NoticeResponse ('N').
func appendError(dst []byte, kind byte, e *pgerr.Error) []byte {
	start := len(dst)
	dst = append(dst, kind, 0, 0, 0, 0)
	field := func(code byte, value string) {
		if value != "" {
			dst = append(dst, code)
			dst = append(dst, value...)
			dst = append(dst, 0)
		}
	}
	number := func(code byte, value int) {
		if value > 0 {
			dst = strconv.AppendInt(append(dst, code), int64(value), 10)
			dst = append(dst, 0)
		}
	}
	severity := e.Severity
	if severity == "" {
		severity = pgerr.SeverityError
	}
	field('S', severity)
	field('V', severity)
	field('C', string(e.Code))
	field('M', e.Message)
	field('D', e.Detail)
	field('H', e.Hint)
	number('P', e.Position)
	number('p', e.InternalPosition)
	field('q', e.InternalQuery)
	field('W', e.Where)
	field('s', e.Schema)
	field('t', e.Table)
	field('c', e.Column)
	field('d', e.DataType)
	field('n', e.Constraint)
	file, line, routine := e.Location()
	field('F', file)
	number('L', line)
	field('R', routine)
	dst = append(dst, 0)
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start-1))
	return dst
}
