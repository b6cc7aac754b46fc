package session

import (
	"strconv"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Sink receives the answer of a statement as it is produced. The wire protocol implements it.
type Sink interface {
	// Columns announces the result's columns. It is called once, before the first Batch, and only where the protocol may
	// send a row description by itself (simple query); Execute never calls it.
	Columns(cols []Column) error
	// Batch sends rows. The batch is valid during the call.
	Batch(b *vec.Batch) error
	// Complete ends a statement.
	Complete(t Tag) error
	// Empty is the answer to an empty statement.
	Empty() error
	// Notice sends a notice or warning at once.
	Notice(n *pgerr.Error)
	// ParameterStatus reports a changed run-time parameter.
	ParameterStatus(name, value string)
	// CopyIn switches to receiving COPY data: columns fields of the given format (0 text, 1 binary).
	CopyIn(format int16, columns int) (CopySource, error)
	// CopyOut switches to sending COPY data.
	CopyOut(format int16, columns int) (CopyDest, error)
}

// CopySource yields COPY data sent by the client.
type CopySource interface {
	// Next returns the next chunk, valid until the next call; io.EOF after CopyDone; an error of SQLSTATE 57014 after CopyFail.
	Next() ([]byte, error)
}

// CopyDest takes COPY data for the client.
type CopyDest interface {
	// Write sends one message of COPY data.
	Write(p []byte) error
	// Done ends the data.
	Done() error
}

// Column describes one column of a result.
type Column struct {
	Name string
	Type types.T
	// Table and Attr name the table column it comes from, 0 if it is computed.
	Table types.OID
	Attr  int16
}

// Tag is a command tag.
type Tag struct {
	Command string
	// Rows is the row count; -1: the tag has none.
	Rows int64
}

// tag makes a tag without a row count.
func tag(command string) Tag { return Tag{Command: command, Rows: -1} }

// Append appends the tag's text, as in CommandComplete.
func (t Tag) Append(dst []byte) []byte {
	dst = append(dst, t.Command...)
	if t.Rows < 0 {
		return dst
	}
	if t.Command == "INSERT" {
		dst = append(dst, " 0"...)
	}
	return strconv.AppendInt(append(dst, ' '), t.Rows, 10)
}
