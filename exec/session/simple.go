package session

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// Simple runs a simple query: all statements of the string, in one implicit transaction unless they say otherwise. The
// error, if any, is the first statement's that failed; the rest did not run.
func (s *Session) Simple(ctx context.Context, sql string, sink Sink) error {
	ctx = s.enter(ctx, sql)
	defer s.leave()
	s.sink = sink
	s.CloseStatement("")
	s.ClosePortal("")
	if err := s.simple(ctx, sql, sink); err != nil {
		err = s.fail(ctx, err)
		s.Failed()
		return err
	}
	return nil
}

func (s *Session) simple(ctx context.Context, sql string, sink Sink) error {
	if err := validUTF8(sql); err != nil {
		return err
	}
	if ok, err := s.simpleShared(ctx, sql, sink); ok {
		return err
	}
	stmts, err := parser.Parse(sql)
	if err != nil {
		return err
	}
	if len(stmts) == 0 {
		return sink.Empty()
	}
	for i := range stmts {
		raw, began := &stmts[i], s.stmtNow
		if i > 0 {
			began = time.Now()
		}
		if s.tx.failed && !endsBlock(raw.Stmt) {
			return errFailedBlock()
		}
		p := &prepared{text: sql, stmt: raw.Stmt, start: raw.Start, end: raw.End}
		t, err := s.runOne(ctx, p, len(stmts) > 1, sink)
		if err != nil {
			return err
		}
		s.executed(p, "", time.Since(began), t)
		if !s.tx.block && i == len(stmts)-1 {
			if err := s.commit(ctx); err != nil {
				return err
			}
		}
		if err := sink.Complete(t); err != nil {
			return err
		}
	}
	return nil
}

// runOne runs one statement of a simple query. multi: it is one of several, so it must not be one that needs a
// transaction of its own.
func (s *Session) runOne(ctx context.Context, p *prepared, multi bool, sink Sink) (Tag, error) {
	if !plannable(p.stmt) {
		return s.utility(ctx, p, nil, &utilitySink{Sink: sink, describe: true, multi: multi})
	}
	r, err := s.open(ctx, p, nil)
	if err != nil {
		return Tag{}, err
	}
	return s.send(ctx, r, p, sink)
}

// send gives the rows of a started execution to sink and finishes it.
func (s *Session) send(ctx context.Context, r *runner, p *prepared, sink Sink) (Tag, error) {
	defer r.finish()
	r.steps.others = sink
	if p.columns != nil {
		if err := sink.Columns(p.columns); err != nil {
			return Tag{}, err
		}
	}
	rows := int64(0)
	for {
		b, err := r.pull(ctx)
		if err != nil {
			return Tag{}, err
		}
		if b == nil {
			return r.tag(rows), nil
		}
		rows += int64(b.Rows())
		if err := sink.Batch(b); err != nil {
			return Tag{}, err
		}
	}
}

// validUTF8 refuses text that is not in the server's encoding.
func validUTF8(sql string) error {
	if utf8.ValidString(sql) {
		return nil
	}
	for i := 0; i < len(sql); {
		r, n := utf8.DecodeRuneInString(sql[i:])
		if r == utf8.RuneError && n == 1 {
			return invalidByteSequence(sql[i:])
		}
		i += n
	}
	return nil
}

// invalidByteSequence is PostgreSQL's report_invalid_encoding for the bytes at the start of s.
func invalidByteSequence(s string) error {
	n := 1
	switch c := s[0]; {
	case c >= 0xf0 && c < 0xf8:
		n = 4
	case c >= 0xe0:
		n = 3
	case c >= 0xc0:
		n = 2
	}
	text := ""
	for i := 0; i < min(n, len(s)); i++ {
		const hex = "0123456789abcdef"
		text += " 0x" + string(hex[s[i]>>4]) + string(hex[s[i]&15])
	}
	return pgerr.New(pgerr.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\":%s", text)
}

// utilitySink is what utility statements answer to: it sends a row description only where the protocol asks for one.
type utilitySink struct {
	Sink
	describe bool
	// multi: the statement is one of several in a query string.
	multi bool
	// nested: a function runs the statement.
	nested bool
}

// Columns implements Sink.
func (u *utilitySink) Columns(cols []Column) error {
	if !u.describe {
		return nil
	}
	return u.Sink.Columns(cols)
}
