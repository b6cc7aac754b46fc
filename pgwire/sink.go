package pgwire

import (
	"encoding/binary"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/lightsql/lightsql/exec/session"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/vec"
)

// baseSink is what both protocols send alike.
type baseSink struct {
	c *conn
	s *session.Session
}

// simpleSink sends results of a simple query: row description, rows in text.
type simpleSink struct{ baseSink }

// extendedSink sends results of Execute: rows in the portal's formats, no row description.
type extendedSink struct {
	baseSink
	// started: the row writer was set up for this execution.
	started bool
}

func (k *simpleSink) Columns(cols []session.Column) error {
	k.c.out = appendRowDescription(k.c.out, cols, nil)
	k.c.rows.reset(cols, nil, k.s.TypesEnv())
	return k.c.writeErr
}

func (k *simpleSink) Batch(b *vec.Batch) error { return k.c.sendRows(b) }

func (k *extendedSink) Columns(cols []session.Column) error { return nil }

func (k *extendedSink) Batch(b *vec.Batch) error {
	if !k.started {
		k.started = true
		cols, formats := k.s.ExecutingPortal()
		k.c.rows.reset(cols, formats, k.s.TypesEnv())
	}
	return k.c.sendRows(b)
}

// sendRows encodes the rows of b, writing to the socket whenever the buffer is full.
func (c *conn) sendRows(b *vec.Batch) error {
	n := b.Rows()
	if n > 64 {
		c.expectRows()
	}
	for i := range n {
		row := i
		if b.Sel != nil {
			row = int(b.Sel[i])
		}
		c.out = c.rows.append(c.out, b, row)
		if len(c.out) >= outFlushBytes {
			if c.flush(); c.writeErr != nil {
				return errConnectionLost()
			}
			if err := c.sess.Load().Interrupted(); err != nil {
				return err
			}
		}
	}
	return nil
}

func errConnectionLost() error {
	return pgerr.New(pgerr.ConnectionFailure, "connection to client lost")
}

func (k *baseSink) Complete(t session.Tag) error { return k.c.complete(t) }

func (c *conn) complete(t session.Tag) error {
	start := len(c.out)
	c.out = append(c.out, 'C', 0, 0, 0, 0)
	c.out = append(t.Append(c.out), 0)
	binary.BigEndian.PutUint32(c.out[start+1:], uint32(len(c.out)-start-1))
	c.flushIfFull()
	return c.writeErr
}

func (k *baseSink) Empty() error { k.c.out = append(k.c.out, 'I', 0, 0, 0, 4); return nil }

func (k *baseSink) Notice(n *pgerr.Error) { k.c.notice(n) }

func (c *conn) notice(n *pgerr.Error) {
	c.out = appendError(c.out, 'N', n)
	c.flush() // at once, as PostgreSQL does: what follows may take long or wait for a lock
}

func (k *baseSink) ParameterStatus(name, value string) {
	k.c.send(&pgproto3.ParameterStatus{Name: name, Value: value})
}

func (k *baseSink) CopyIn(format int16, columns int) (session.CopySource, error) {
	return k.c.copyIn(format, columns)
}
func (k *baseSink) CopyOut(format int16, columns int) (session.CopyDest, error) {
	return k.c.copyOut(format, columns)
}

func columnFormats(format int16, columns int) []uint16 {
	f := make([]uint16, columns)
	for i := range f {
		f[i] = uint16(format)
	}
	return f
}

func (c *conn) copyIn(format int16, columns int) (session.CopySource, error) {
	c.send(&pgproto3.CopyInResponse{OverallFormat: byte(format), ColumnFormatCodes: columnFormats(format, columns)})
	c.flush()
	return copySource{c}, c.writeErr
}

func (c *conn) copyOut(format int16, columns int) (session.CopyDest, error) {
	c.send(&pgproto3.CopyOutResponse{OverallFormat: byte(format), ColumnFormatCodes: columnFormats(format, columns)})
	return copyDest{c}, c.writeErr
}

// copySource reads COPY data from the client.
type copySource struct{ c *conn }

func (k copySource) Next() ([]byte, error) {
	for {
		msg, err := k.c.receive(k.c.sess.Load())
		if err != nil {
			k.c.writeErr = err
			return nil, pgerr.New(pgerr.ConnectionFailure, "unexpected EOF on client connection with an open transaction")
		}
		switch m := msg.(type) {
		case *pgproto3.CopyData:
			return m.Data, nil
		case *pgproto3.CopyDone:
			return nil, io.EOF
		case *pgproto3.CopyFail:
			return nil, pgerr.New(pgerr.QueryCanceled, "COPY from stdin failed: %s", m.Message)
		case *pgproto3.Flush, *pgproto3.Sync:
			// PostgreSQL ignores these here.
		default:
			return nil, pgerr.New(pgerr.ProtocolViolation, "unexpected message type during COPY from stdin")
		}
	}
}

// copyDest sends COPY data to the client.
type copyDest struct{ c *conn }

func (k copyDest) Write(p []byte) error {
	c := k.c
	c.out = append(c.out, 'd', 0, 0, 0, 0)
	binary.BigEndian.PutUint32(c.out[len(c.out)-4:], uint32(len(p)+4))
	c.out = append(c.out, p...)
	if len(c.out) >= outFlushBytes {
		if c.flush(); c.writeErr != nil {
			return errConnectionLost()
		}
	}
	return nil
}

func (k copyDest) Done() error {
	k.c.out = append(k.c.out, 'c', 0, 0, 0, 4)
	return k.c.writeErr
}
