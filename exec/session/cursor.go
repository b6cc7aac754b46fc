package session

import (
	"context"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/vec"
)

// declareCursor is DECLARE: a portal of the query that FETCH reads forward.
func (s *Session) declareCursor(ctx context.Context, p *prepared, x *ast.DeclareCursorStmt) (Tag, error) {
	switch {
	case x.Options&ast.CursorHold != 0:
		return Tag{}, pgerr.FeatureNotSupported("DECLARE CURSOR WITH HOLD")
	case x.Options&ast.CursorScroll != 0:
		return Tag{}, pgerr.FeatureNotSupported("DECLARE SCROLL CURSOR")
	case !s.tx.block:
		return Tag{}, errNotInBlock("DECLARE CURSOR")
	}
	if _, ok := s.portals[x.PortalName]; ok {
		return Tag{}, pgerr.New(pgerr.DuplicateCursor, "cursor %q already exists", x.PortalName)
	}
	q := &prepared{text: p.text, stmt: x.Query}
	c := s.newPortal(x.PortalName, q)
	r, err := s.open(ctx, q, nil)
	if err != nil {
		return Tag{}, err
	}
	c.run, c.started = r, true
	if x.Options&ast.CursorBinary != 0 {
		c.formats = []int16{1}
	}
	s.portals[x.PortalName] = c
	return tag("DECLARE CURSOR"), nil
}

// fetch is FETCH and MOVE, forward only.
func (s *Session) fetch(ctx context.Context, x *ast.FetchStmt, out *utilitySink) (Tag, error) {
	c, ok := s.portals[x.PortalName]
	if !ok {
		return Tag{}, pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", x.PortalName)
	}
	if x.Direction != ast.FetchForward || x.HowMany < 0 {
		return Tag{}, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cursor can only scan forward").
			WithHint("Declare it with SCROLL option to enable backward scan.")
	}
	emit := func(*vec.Batch) error { return nil }
	name := "MOVE"
	if !x.IsMove {
		name, emit = "FETCH", out.Batch
		if err := out.Columns(c.p.columns); err != nil {
			return Tag{}, err
		}
	}
	n := 0
	if x.HowMany == 0 {
		return Tag{Command: name, Rows: 0}, nil
	}
	if x.HowMany < ast.FetchAll {
		n = int(x.HowMany)
	}
	rows, _, err := c.send(ctx, n, emit)
	return Tag{Command: name, Rows: rows}, err
}

// closeCursor is CLOSE.
func (s *Session) closeCursor(x *ast.ClosePortalStmt) (Tag, error) {
	if x.All {
		s.closePortals()
		return tag("CLOSE CURSOR ALL"), nil
	}
	if _, ok := s.portals[x.PortalName]; !ok {
		return Tag{}, pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", x.PortalName)
	}
	s.ClosePortal(x.PortalName)
	return tag("CLOSE CURSOR"), nil
}
