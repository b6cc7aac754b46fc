package plpgsql

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// cursorName is the name of the cursor that a variable holds.
func (fr *frame) cursorName(n int) (string, error) {
	d := fr.vals[n]
	if d.IsNull() {
		return "", pgerr.New(pgerr.NullValueNotAllowed, "cursor variable \"%s\" is null", fr.c.f.Vars[n].Name)
	}
	return d.Str(), nil
}

// openBound opens the query of a bound cursor with its arguments.
func (fr *frame) openBound(ctx context.Context, cursor int, args *lang.Expr) error {
	v := fr.c.f.Vars[cursor]
	if args != nil {
		if err := fr.cursorArgs(ctx, v, args); err != nil {
			return err
		}
	}
	q, err := fr.queryOf(v.Cursor.Query)
	if err != nil {
		return err
	}
	return fr.openQuery(ctx, cursor, &Query{Text: q.Text, Stmt: q.Stmt, Vars: q.Vars}, slices.Clone(fr.vals), v.Cursor.Scroll)
}

// cursorArgs computes the arguments of a cursor.
func (fr *frame) cursorArgs(ctx context.Context, v *lang.Var, args *lang.Expr) error {
	q, err := fr.queryOf(args)
	if err != nil {
		return err
	}
	in := into{max: 2}
	if _, err := fr.h.Run(ctx, fr.mode, q, fr.vals, in.add); err != nil {
		return fr.inQuery(err, args)
	}
	if len(in.rows) != 1 {
		return pgerr.New(pgerr.CardinalityViolation, "query returned %d rows", len(in.rows))
	}
	ts, names := columnsOf(q.Columns)
	return fr.assignRow(ctx, v.Cursor.Args, in.rows[0], ts, names)
}

// openQuery opens a cursor and keeps its name in the variable.
func (fr *frame) openQuery(ctx context.Context, cursor int, q *Query, vals []types.Datum, scroll lang.ScrollOption) error {
	name := ""
	if d := fr.vals[cursor]; !d.IsNull() {
		name = d.Str()
	}
	pop := fr.h.Stack().Push(func() string { return statementLine(q.Text) })
	got, err := fr.h.OpenCursor(ctx, fr.mode, name, q, vals, Scroll(scroll))
	pop()
	if err != nil {
		if e, ok := pgerr.As(err); ok && e.Code == pgerr.DuplicateCursor {
			return err
		}
		return inText(fr.h.Fail(ctx, err), q.Text, statementLine(q.Text))
	}
	if name == "" {
		fr.vals[cursor] = types.NewStr(got)
	}
	return nil
}

// open runs OPEN.
func (fr *frame) open(ctx context.Context, s *lang.Open) error {
	if fr.c.f.Vars[s.Cursor].Cursor != nil {
		return fr.openBound(ctx, s.Cursor, s.Args)
	}
	if s.Dynamic {
		q, vals, err := fr.dynamic(ctx, s.Query, s.Using)
		if err != nil {
			return err
		}
		return fr.openQuery(ctx, s.Cursor, q, vals, s.Scroll)
	}
	q, err := fr.queryOf(s.Query)
	if err != nil {
		return err
	}
	return fr.openQuery(ctx, s.Cursor, &Query{Text: q.Text, Stmt: q.Stmt, Vars: q.Vars}, slices.Clone(fr.vals), s.Scroll)
}

// fetch runs FETCH and MOVE.
func (fr *frame) fetch(ctx context.Context, s *lang.Fetch) error {
	name, err := fr.cursorName(s.Cursor)
	if err != nil {
		return err
	}
	f := &ast.FetchStmt{Direction: s.Direction, HowMany: s.Count, PortalName: name, IsMove: s.Move}
	if s.Expr != nil {
		n, null, err := fr.integer(ctx, s.Expr)
		if err != nil {
			return err
		}
		if null {
			return pgerr.New(pgerr.NullValueNotAllowed, "relative or absolute cursor position is null")
		}
		f.HowMany = n
	}
	var rows [][]types.Datum
	cols, n, err := fr.h.FetchCursor(ctx, name, f, func(row []types.Datum) error {
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		return err
	}
	if !s.Move {
		ts, names := columnsOf(cols)
		var row []types.Datum
		if len(rows) > 0 {
			row = rows[0]
			if err := fr.checkCounts(s.Target, len(ts)); err != nil {
				return err
			}
		}
		if err := fr.assignRow(ctx, s.Target, row, ts, names); err != nil {
			return err
		}
	}
	fr.count = n
	fr.setFound(n > 0)
	return nil
}

// closeCursor runs CLOSE.
func (fr *frame) closeCursor(s *lang.Close) error {
	name, err := fr.cursorName(s.Cursor)
	if err != nil {
		return err
	}
	return fr.h.CloseCursor(name)
}

// forCursor runs FOR over a bound cursor.
func (fr *frame) forCursor(ctx context.Context, s *lang.ForCursor) (flow, error) {
	before := fr.vals[s.Cursor]
	if err := fr.openBound(ctx, s.Cursor, s.Args); err != nil {
		return flowNext, err
	}
	name := fr.vals[s.Cursor].Str()
	next := func(ctx context.Context) ([]types.Datum, error) {
		var row []types.Datum
		_, _, err := fr.h.FetchCursor(ctx, name, &ast.FetchStmt{HowMany: 1, PortalName: name}, func(r []types.Datum) error {
			row = r
			return nil
		})
		return row, err
	}
	cols, _, err := fr.h.FetchCursor(ctx, name, &ast.FetchStmt{HowMany: 0, PortalName: name, IsMove: true}, nil)
	if err != nil {
		return flowNext, err
	}
	ts, names := columnsOf(cols)
	fl, err := fr.rowLoop(ctx, s, s.Target, s.Label, s.Body, ts, names, next)
	if err != nil {
		return flowNext, err
	}
	fr.vals[s.Cursor] = before
	return fl, fr.h.CloseCursor(name)
}
