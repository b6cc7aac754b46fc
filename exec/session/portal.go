package session

import (
	"context"
	"strings"
	"time"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// portal is a bound statement and the state of its execution. It lives until it is closed or its transaction ends.
type portal struct {
	name    string
	p       *prepared
	params  []types.Datum
	formats []int16
	since   time.Time // DECLARE

	cursor *cursor // of DECLARE; nil: a portal of the protocol
	level  int     // savepoints that existed when it was made

	// spent and sent are the time and the rows of executions that a row limit stopped.
	spent time.Duration
	sent  int64

	started, done bool
	busy          bool // run computes rows; functions that it calls may run statements meanwhile
	run           *runner
	tag           Tag
	tagged        bool  // tag is the whole answer
	utilityTag    bool  // tag goes after the rows
	drained       bool  // the execution ended; its rows are in rows, its tag in tag
	failure       error // what the execution ended with, for whoever reads beyond those rows

	// Rows at hand: the batch being sent from row pos on (among the rows that count), then those read by stored: of
	// what was read ahead the part beyond work_mem is in a file. A cursor that goes backward has them in cursor.rows.
	batch  *vec.Batch
	pos    int
	rows   *exec.RowBuffer
	stored *exec.RowReader
	view   vec.Batch
	sel    []int32
}

// newPortal makes a portal; that of the unnamed one is used again.
func (s *Session) newPortal(name string, p *prepared) *portal {
	if name == "" && s.freePortal != nil {
		f := s.freePortal
		s.freePortal = nil
		*f = portal{p: p, params: f.params, formats: f.formats, sel: f.sel, level: len(s.tx.savepoints)}
		return f
	}
	return &portal{name: name, p: p, level: len(s.tx.savepoints)}
}

func (s *Session) portal(name string) (*portal, error) {
	if p, ok := s.portals[name]; ok {
		return p, nil
	}
	return nil, pgerr.New(pgerr.InvalidCursorName, "portal %q does not exist", name)
}

// ClosePortal closes a portal, if it exists.
func (s *Session) ClosePortal(name string) {
	p, ok := s.portals[name]
	if !ok {
		return
	}
	delete(s.portals, name)
	p.close()
	if name == "" && p != s.executing {
		s.freePortal = p
	}
}

// closePortals closes the portals that end with the transaction: all but cursors WITH HOLD of earlier ones.
func (s *Session) closePortals() {
	s.closePortalsIf(func(p *portal) bool { return p.cursor == nil || !p.cursor.held })
}

// closePortalsSince closes the portals made after the level-th savepoint. Older ones hold all their rows since then.
func (s *Session) closePortalsSince(level int) {
	s.closePortalsIf(func(p *portal) bool { return p.level >= level && (p.cursor == nil || !p.cursor.held) })
}

func (s *Session) closeAllPortals() { s.closePortalsIf(func(*portal) bool { return true }) }

func (s *Session) closePortalsIf(ends func(*portal) bool) {
	for name, p := range s.portals {
		if !ends(p) {
			continue
		}
		if p == s.executing {
			// COMMIT and ROLLBACK run in a portal themselves.
			delete(s.portals, name)
			continue
		}
		s.ClosePortal(name)
	}
}

func (p *portal) close() {
	p.release()
	p.batch, p.stored = nil, nil
	if p.rows != nil {
		p.rows.Close()
		p.rows = nil
	}
	if u := p.cursor; u != nil && u.rows != nil {
		u.rows.Close()
		u.rows = nil
	}
}

// release ends the execution. The operators may serve another portal of the statement from now on.
func (p *portal) release() error {
	r := p.run
	p.run = nil
	if r == nil {
		return nil
	}
	return r.finish()
}

func (p *portal) returnsRows() bool { return p.p.columns != nil }

// next returns the rows to send: p.batch from p.pos on; nil at the end.
func (p *portal) next(ctx context.Context) (*vec.Batch, error) {
	if p.batch != nil && p.pos < p.batch.Rows() {
		return p.batch, nil
	}
	p.batch, p.pos = nil, 0
	if p.stored != nil {
		b, err := p.stored.Next(vec.BatchRows)
		if err != nil || b != nil && b.Rows() > 0 {
			p.batch = b
			return b, err
		}
	}
	if p.run == nil {
		return nil, p.failure
	}
	b, err := p.pull(ctx)
	p.batch = b
	return b, err
}

// pull reads the next batch of the execution.
func (p *portal) pull(ctx context.Context) (*vec.Batch, error) {
	if p.busy {
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "portal %q cannot be run", p.name)
	}
	p.busy = true
	defer func() { p.busy = false }()
	return p.run.pull(ctx)
}

// send emits up to maxRows rows (0: all) and tells whether the limit stopped it.
func (p *portal) send(ctx context.Context, maxRows int, emit func(*vec.Batch) error) (rows int64, suspended bool, err error) {
	for {
		b, err := p.next(ctx)
		if err != nil || b == nil {
			return rows, false, err
		}
		n := b.Rows() - p.pos
		if maxRows > 0 {
			n = min(n, maxRows-int(rows))
		}
		part := b
		if n < b.Rows() {
			part = p.part(b, p.pos, n)
		}
		if err := emit(part); err != nil {
			return rows, false, err
		}
		p.pos += n
		rows += int64(n)
		if maxRows > 0 && int(rows) == maxRows {
			return rows, true, nil
		}
	}
}

// part is a view of n rows of b from the pos-th on.
func (p *portal) part(b *vec.Batch, pos, n int) *vec.Batch {
	p.view = vec.Batch{Cols: b.Cols, Len: b.Len}
	if b.Sel != nil {
		p.view.Sel = b.Sel[pos : pos+n]
		return &p.view
	}
	p.sel = p.sel[:0]
	for i := pos; i < pos+n; i++ {
		p.sel = append(p.sel, int32(i))
	}
	p.view.Sel = p.sel
	return &p.view
}

// finish ends the execution after its last row and returns the command tag.
func (p *portal) finish(rows int64) (Tag, error) {
	if p.utilityTag {
		p.done = true
		return p.tag, nil
	}
	t := Tag{Command: "SELECT", Rows: rows}
	p.done = true
	if p.drained {
		if p.tag.Command != "SELECT" {
			t = p.tag
		}
		return t, nil
	}
	if p.run != nil {
		t = p.run.tag(rows)
		return t, p.release()
	}
	return t, nil
}

// drain reads the rest of the rows, so that the portal no longer depends on the transaction's current statement.
func (p *portal) drain(ctx context.Context) error {
	if p.run == nil || p.busy {
		return nil
	}
	var rows *exec.RowBuffer
	if p.cursor != nil {
		rows = p.cursor.rows
	}
	if rows == nil {
		p.rows = p.run.s.newRowBuffer(p.run.plan.Root.Types())
		p.stored, rows = p.rows.Reader(), p.rows
	}
	if p.batch != nil && p.pos < p.batch.Rows() {
		if err := rows.Add(p.part(p.batch, p.pos, p.batch.Rows()-p.pos)); err != nil {
			return err
		}
	}
	p.batch, p.pos = nil, 0 // the operators fill it again
	for {
		b, err := p.pull(ctx)
		if e, ok := pgerr.As(err); ok && strings.HasPrefix(string(e.Code), "22") {
			// A value that cannot be computed: the statement at hand did not ask for it.
			p.failure = err
			return p.release()
		}
		if err != nil {
			return err
		}
		if b == nil {
			p.tag, p.drained = p.run.tag(0), true
			return p.release()
		}
		if err := rows.Add(b); err != nil {
			return err
		}
	}
}

// drainPortals lets suspended portals read their rest before another statement moves the transaction's snapshot.
func (s *Session) drainPortals(ctx context.Context) error {
	for _, p := range s.portals {
		if p == s.executing {
			continue
		}
		if err := p.drain(ctx); err != nil {
			return err
		}
	}
	return nil
}
