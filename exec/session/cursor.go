package session

import (
	"context"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// cursor is what a portal made by DECLARE has beyond others: a position, and the rows read so far, to go back to.
//
//	position  0: before the first row   1 … n: on a row   n+1: after the last row
type cursor struct {
	pos int64
	end bool // after the last row
	// scroll: it goes backward, so rows keeps what was read, beyond work_mem in a file.
	scroll bool
	rows   *exec.RowBuffer
	all    bool // rows has the whole result
	// hold: it outlives its transaction (WITH HOLD). held: that transaction committed.
	hold, held bool

	// keys is how many columns the result has, if those of rowKeys follow. tables are the tables whose rows these are, locked by the query or
	// not, and places where the row is that the cursor is on.
	keys   int
	locked bool
	failed bool // a FETCH failed: it cannot be used any more
	tables []types.OID
	places []rowPlace
}

// declareCursor is DECLARE.
func (s *Session) declareCursor(ctx context.Context, p *prepared, x *ast.DeclareCursorStmt) (Tag, error) {
	hold := x.Options&ast.CursorHold != 0
	if err := checkCursor(p, x); err != nil {
		return Tag{}, err
	}
	if !s.tx.block && !hold {
		return Tag{}, errNotInBlock("DECLARE CURSOR")
	}
	if _, ok := s.portals[x.PortalName]; ok {
		return Tag{}, pgerr.New(pgerr.DuplicateCursor, "cursor %q already exists", x.PortalName)
	}
	q := &prepared{text: p.text, stmt: x.Query}
	c := s.newPortal(x.PortalName, q)
	q.addRowKeys()
	var r *runner
	err := q.planRowKeys(func() (err error) {
		r, err = s.open(ctx, q, s.body.params)
		return err
	})
	if err != nil {
		return Tag{}, err
	}
	c.run, c.started, c.since = r, true, s.stmtNow
	c.cursor = &cursor{hold: hold}
	if x.Options&ast.CursorScroll != 0 || x.Options&ast.CursorNoScroll == 0 && scrolls(r.plan.Root) {
		c.keepForScroll()
	}
	s.useRowKeys(c)
	if x.Options&ast.CursorBinary != 0 {
		c.formats = []int16{1}
	}
	s.portals[x.PortalName] = c
	return tag("DECLARE CURSOR"), nil
}

// checkCursor refuses queries that a cursor cannot have.
func checkCursor(p *prepared, x *ast.DeclareCursorStmt) error {
	q, ok := x.Query.(*ast.SelectStmt)
	if !ok {
		return nil
	}
	if target := into(q); target != nil {
		return pgerr.New(pgerr.SyntaxError, "SELECT ... INTO is not allowed here").At(p.text, target.Relation.Pos)
	}
	if len(q.Locking) > 0 {
		// PostgreSQL's words name the strength of the lock.
		words := map[ast.LockStrength]string{ast.LockForUpdate: "FOR UPDATE", ast.LockForNoKeyUpdate: "FOR NO KEY UPDATE",
			ast.LockForShare: "FOR SHARE", ast.LockForKeyShare: "FOR KEY SHARE"}[q.Locking[0].Strength]
		for _, o := range []struct {
			option       ast.CursorOptions
			what, detail string
		}{{ast.CursorHold, "CURSOR WITH HOLD ...", "Holdable cursors must be READ ONLY."},
			{ast.CursorScroll, "SCROLL CURSOR ...", "Scrollable cursors must be READ ONLY."},
			{ast.CursorInsensitive, "INSENSITIVE CURSOR ...", "Insensitive cursors must be READ ONLY."}} {
			if x.Options&o.option != 0 {
				return pgerr.New(pgerr.CodeFeatureNotSupported, "DECLARE %s %s is not supported", o.what, words).WithDetail("%s", o.detail)
			}
		}
	}
	if q.With == nil {
		return nil
	}
	for _, c := range q.With.CTEs {
		if _, ok := c.Query.(*ast.SelectStmt); !ok {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "DECLARE CURSOR must not contain data-modifying statements in WITH")
		}
	}
	return nil
}

// scrolls reports whether a cursor over a plan goes backward without being declared SCROLL, which PostgreSQL allows where
// the plan can run backward at no extra cost.
func scrolls(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.SeqScan, *plan.IndexScan, *plan.VirtualScan, *plan.Values, *plan.FuncScan, *plan.CTEScan, *plan.Sort, *plan.Materialize:
		return true
	case *plan.Filter:
		return scrolls(n.Input)
	case *plan.Project:
		return scrolls(n.Input)
	case *plan.Limit:
		return scrolls(n.Input)
	case *plan.Append:
		for _, in := range n.Inputs {
			if !scrolls(in) {
				return false
			}
		}
		return true
	}
	return false
}

// newRowBuffer is a buffer for rows that outlive the statement that reads them.
func (s *Session) newRowBuffer(ts []types.T) *exec.RowBuffer {
	return exec.NewRowBuffer(&exec.Ctx{Memory: &exec.Account{Parent: &s.srv.memory}, WorkMemBytes: s.hot.workMemBytes, SpillDir: s.srv.o.SpillDir}, ts)
}

// keepForScroll lets the cursor go backward.
func (c *portal) keepForScroll() {
	c.cursor.scroll, c.cursor.rows = true, c.run.s.newRowBuffer(c.run.plan.Root.Types())
}

// read adds rows to those that are kept, until there are want of them or no more.
func (c *portal) read(ctx context.Context, want int64) error {
	u := c.cursor
	for !u.all && u.rows.Rows() < want {
		b, err := c.next(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			u.all = true
			break
		}
		if err := u.rows.Add(c.part(b, c.pos, b.Rows()-c.pos)); err != nil {
			return err
		}
		c.pos = b.Rows()
	}
	return nil
}

// emitRows sends the kept rows from to to, both included, in that order; from may be the larger one. They are counted from 1.
func (u *cursor) emitRows(ctx context.Context, from, to int64, emit func(*vec.Batch) error) error {
	back, end := to < from, to
	if back {
		end = to - 2
	}
	var sel []int32
	for at := from - 1; at != end; {
		first, b, err := u.rows.Around(at)
		if err != nil {
			return err
		}
		sel = sel[:0]
		if back {
			for ; at >= max(first, to-1); at-- {
				sel = append(sel, int32(at-first))
			}
		} else {
			for ; at < min(first+int64(b.Len), to); at++ {
				sel = append(sel, int32(at-first))
			}
		}
		if err := emit(&vec.Batch{Cols: b.Cols, Len: b.Len, Sel: sel}); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// forward moves a cursor over up to n rows and sends them.
func (s *Session) forward(ctx context.Context, c *portal, n int64, emit func(*vec.Batch) error) (int64, error) {
	u := c.cursor
	if n == 0 || u.end {
		return 0, nil
	}
	if u.scroll {
		want := u.pos + n
		if want < 0 {
			want = ast.FetchAll
		}
		if err := c.read(ctx, want); err != nil {
			return 0, err
		}
		got := min(u.rows.Rows(), want) - u.pos
		var err error
		if got > 0 {
			err = u.emitRows(ctx, u.pos+1, u.pos+got, emit)
		}
		u.pos += got
		if got < n {
			u.end = true
			u.pos++
		}
		return got, err
	}
	limit := 0
	if n < 1<<31 {
		limit = int(n)
	}
	got, suspended, err := c.send(ctx, limit, emit)
	u.pos += got
	if !suspended && err == nil {
		u.end = true
		u.pos++
	}
	return got, err
}

// backward moves a cursor back over up to n rows and sends them.
func (c *portal) backward(ctx context.Context, n int64, emit func(*vec.Batch) error) (int64, error) {
	u := c.cursor
	if n == 0 {
		return 0, nil
	}
	if !u.scroll {
		return 0, errForwardOnly()
	}
	got := min(n, max(0, u.pos-1))
	if got > 0 {
		if err := u.emitRows(ctx, u.pos-1, u.pos-got, emit); err != nil {
			return 0, err
		}
	}
	u.pos -= got
	u.end = false
	if got < n {
		u.pos = 0
	}
	return got, nil
}

func errForwardOnly() error {
	return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cursor can only scan forward").
		WithHint("Declare it with SCROLL option to enable backward scan.")
}

// fetch is FETCH and MOVE.
func (s *Session) fetch(ctx context.Context, x *ast.FetchStmt, out *utilitySink) (Tag, error) {
	c, ok := s.portals[x.PortalName]
	if !ok {
		return Tag{}, pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", x.PortalName)
	}
	if c.cursor == nil {
		c.cursor = &cursor{} // a portal of the protocol
	}
	emit := skipRows
	name := "MOVE"
	if !x.IsMove {
		name, emit = "FETCH", out.Batch
		if err := out.Columns(c.p.columns); err != nil {
			return Tag{}, err
		}
	}
	rows, err := s.fetchRows(ctx, c, x, emit)
	return Tag{Command: name, Rows: rows}, err
}

func skipRows(*vec.Batch) error { return nil }

// moveCursor moves a cursor and gives the rows, with all their columns, to emit.
func (s *Session) moveCursor(ctx context.Context, c *portal, x *ast.FetchStmt, emit func(*vec.Batch) error) (int64, error) {
	n, u := x.HowMany, c.cursor
	switch x.Direction {
	case ast.FetchAbsolute:
		return s.fetchAbsolute(ctx, c, n, emit)
	case ast.FetchRelative:
		switch {
		case n > 0:
			if _, err := s.forward(ctx, c, n-1, skipRows); err != nil {
				return 0, err
			}
			return s.forward(ctx, c, 1, emit)
		case n < 0:
			if _, err := c.backward(ctx, -n-1, skipRows); err != nil {
				return 0, err
			}
			return c.backward(ctx, 1, emit)
		}
	case ast.FetchBackward:
		n = -n
	}
	switch {
	case n > 0:
		return s.forward(ctx, c, n, emit)
	case n < 0:
		return c.backward(ctx, -n, emit)
	}
	if u.pos == 0 || u.end {
		return 0, nil
	}
	if x.IsMove {
		return 1, nil
	}
	if _, err := c.backward(ctx, 1, skipRows); err != nil {
		return 0, err
	}
	return s.forward(ctx, c, 1, emit)
}

// fetchAbsolute goes to a row counted from the first or, negative, from the last.
func (s *Session) fetchAbsolute(ctx context.Context, c *portal, n int64, emit func(*vec.Batch) error) (int64, error) {
	u := c.cursor
	if n < 0 {
		if _, err := s.forward(ctx, c, ast.FetchAll, skipRows); err != nil {
			return 0, err
		}
		if _, err := c.backward(ctx, -n-1, skipRows); err != nil {
			return 0, err
		}
		return c.backward(ctx, 1, emit)
	}
	if n <= u.pos && u.pos > 0 {
		if !u.scroll {
			return 0, errForwardOnly()
		}
		u.pos, u.end = 0, false
	}
	if n == 0 {
		return 0, nil
	}
	if _, err := s.forward(ctx, c, n-1-u.pos, skipRows); err != nil {
		return 0, err
	}
	return s.forward(ctx, c, 1, emit)
}

// holdCursors reads the rest of the cursors that outlive the transaction that commits.
func (s *Session) holdCursors(ctx context.Context) error {
	for _, c := range s.portals {
		if c.cursor == nil || !c.cursor.hold || c.cursor.held {
			continue
		}
		if err := c.drain(ctx); err != nil {
			return err
		}
		if c.failure != nil {
			return c.failure
		}
		c.cursor.held = true
	}
	return nil
}

// closeCursor is CLOSE.
func (s *Session) closeCursor(x *ast.ClosePortalStmt) (Tag, error) {
	if x.All {
		s.closeAllPortals()
		return tag("CLOSE CURSOR ALL"), nil
	}
	p, ok := s.portals[x.PortalName]
	if !ok {
		return Tag{}, pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", x.PortalName)
	}
	if p.busy {
		return Tag{}, pgerr.New(pgerr.InvalidCursorState, "cannot drop active portal %q", p.name)
	}
	s.ClosePortal(x.PortalName)
	return tag("CLOSE CURSOR"), nil
}
