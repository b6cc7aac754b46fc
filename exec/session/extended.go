package session

import (
	"context"
	"time"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/types/recv"
	"github.com/lightsql/lightsql/sql/vec"
)

// Parse prepares a statement under a name ("" is the unnamed one). params are declared parameter types, 0 where the
// server shall infer them.
func (s *Session) Parse(ctx context.Context, name, sql string, params []types.OID) error {
	ctx = s.enter(ctx, sql)
	defer s.leave()
	return s.fail(ctx, s.parse(name, sql, params))
}

func (s *Session) parse(name, sql string, params []types.OID) error {
	if err := validUTF8(sql); err != nil {
		return err
	}
	if name == "" {
		s.CloseStatement("")
	} else if _, ok := s.prepared[name]; ok {
		return pgerr.New(pgerr.DuplicatePreparedStatement, "prepared statement %q already exists", name)
	}
	stmt, err := parseOne(sql)
	if err != nil {
		return err
	}
	if s.tx.failed && stmt != nil && !endsBlock(stmt) {
		return errFailedBlock()
	}
	p := &prepared{name: name, text: sql, stmt: stmt, since: s.stmtNow}
	for _, oid := range params {
		p.declared = append(p.declared, types.Of(oid))
	}
	if !s.tx.failed {
		if err := s.analyze(p, s.reader()); err != nil {
			return err
		}
	}
	s.keep(p)
	return nil
}

// keep stores a prepared statement under its name.
func (s *Session) keep(p *prepared) {
	if p.name == "" {
		s.unnamed = p
	} else {
		s.prepared[p.name] = p
	}
}

// statement finds a prepared statement.
func (s *Session) statement(name string) (*prepared, error) {
	if name == "" {
		if s.unnamed == nil {
			return nil, pgerr.New(pgerr.InvalidSQLStatementName, "unnamed prepared statement does not exist")
		}
		return s.unnamed, nil
	}
	if p, ok := s.prepared[name]; ok {
		return p, nil
	}
	return nil, pgerr.New(pgerr.InvalidSQLStatementName, "prepared statement %q does not exist", name)
}

// CloseStatement forgets a prepared statement, if it exists.
func (s *Session) CloseStatement(name string) {
	if name == "" {
		s.unnamed = nil
	} else {
		delete(s.prepared, name)
	}
}

// DescribeStatement returns the parameter types and the result columns (nil: no rows) of a prepared statement.
func (s *Session) DescribeStatement(ctx context.Context, name string) ([]types.OID, []Column, error) {
	p, err := s.statement(name)
	if err != nil {
		return nil, nil, err
	}
	if s.tx.failed && p.stmt != nil && p.columns != nil && !endsBlock(p.stmt) {
		return nil, nil, errFailedBlock()
	}
	ts := p.paramTypes()
	out := make([]types.OID, len(ts))
	for i, t := range ts {
		out[i] = t.OID
	}
	p.described = true
	return out, p.columns, nil
}

// BindOptions are the fields of a Bind message. Params may point into memory that is reused after Bind returns.
type BindOptions struct {
	Portal, Statement           string
	ParamFormats, ResultFormats []int16
	Params                      [][]byte
}

// Bind makes a portal of a prepared statement.
func (s *Session) Bind(ctx context.Context, o BindOptions) error {
	p, err := s.statement(o.Statement)
	if err != nil {
		return err
	}
	ctx = s.enter(ctx, p.text)
	defer s.leave()
	if s.tx.failed && p.stmt != nil && !endsBlock(p.stmt) {
		return errFailedBlock()
	}
	if o.Portal == "" {
		s.ClosePortal("")
	} else if _, ok := s.portals[o.Portal]; ok {
		return pgerr.New(pgerr.DuplicateCursor, "cursor %q already exists", o.Portal)
	}
	if err := s.checkFormats(p, &o); err != nil {
		return err
	}
	portal := s.newPortal(o.Portal, p)
	portal.formats = append(portal.formats[:0], o.ResultFormats...)
	if portal.params, err = s.decodeParams(portal.params[:0], p, &o); err != nil {
		return s.fail(ctx, err)
	}
	s.portals[o.Portal] = portal
	return nil
}

func (s *Session) checkFormats(p *prepared, o *BindOptions) error {
	if n := len(o.ParamFormats); n > 1 && n != len(o.Params) {
		return pgerr.New(pgerr.ProtocolViolation, "bind message has %d parameter formats but %d parameters", n, len(o.Params))
	}
	if want := len(p.paramTypes()); len(o.Params) != want {
		return pgerr.New(pgerr.ProtocolViolation, "bind message supplies %d parameters, but prepared statement %q requires %d",
			len(o.Params), o.Statement, want)
	}
	if n := len(o.ResultFormats); n > 1 && n != len(p.columns) {
		return pgerr.New(pgerr.ProtocolViolation, "bind message has %d result formats but query has %d columns", n, len(p.columns))
	}
	for _, f := range o.ResultFormats {
		if f != 0 && f != 1 {
			return pgerr.New(pgerr.InvalidParameterValue, "unsupported format code: %d", f)
		}
	}
	return nil
}

// decodeParams appends the parameter values to dst.
func (s *Session) decodeParams(dst []types.Datum, p *prepared, o *BindOptions) ([]types.Datum, error) {
	ts := p.paramTypes()
	for i, b := range o.Params {
		if b == nil {
			dst = append(dst, types.Null)
			continue
		}
		format := int16(0)
		switch len(o.ParamFormats) {
		case 0:
		case 1:
			format = o.ParamFormats[0]
		default:
			format = o.ParamFormats[i]
		}
		d, err := s.decodeParam(ts[i], format, b, i+1)
		if err != nil {
			return dst, err
		}
		dst = append(dst, d)
	}
	return dst, nil
}

func (s *Session) decodeParam(t types.T, format int16, b []byte, number int) (types.Datum, error) {
	switch format {
	case 0:
		if t.OID == types.Int4OID || t.OID == types.Int8OID {
			if v, ok := types.ParseShortInt(b); ok {
				return types.NewInt(v), nil
			}
		}
		text := string(b)
		if err := validUTF8(text); err != nil {
			return types.Null, err
		}
		return types.Parse(t, text, &s.types)
	case 1:
		return types.ParseBinary(t, b, &s.types, recv.Parameter(number))
	}
	return types.Null, pgerr.New(pgerr.InvalidParameterValue, "unsupported format code: %d", format)
}

// DescribePortal returns a portal's result columns (nil: no rows) and their formats.
func (s *Session) DescribePortal(name string) ([]Column, []int16, error) {
	p, err := s.portal(name)
	if err != nil {
		return nil, nil, err
	}
	p.p.described = true
	return p.p.columns, p.formats, nil
}

// ExecutingPortal returns the columns and formats of the portal that Execute is running.
func (s *Session) ExecutingPortal() ([]Column, []int16) {
	return s.executing.p.columns, s.executing.formats
}

// Execute runs a portal, or goes on with a suspended one, for at most maxRows rows (0: all). suspended tells that the
// limit was reached.
func (s *Session) Execute(ctx context.Context, name string, maxRows int, sink Sink) (suspended bool, err error) {
	p, err := s.portal(name)
	if err != nil {
		return false, err
	}
	ctx = s.enter(ctx, p.p.text)
	defer s.leave()
	s.sink = sink
	if p.p.stmt == nil {
		return false, sink.Empty()
	}
	if s.tx.failed && !endsBlock(p.p.stmt) {
		return false, errFailedBlock()
	}
	s.executing = p
	defer func() { s.executing = nil }()
	suspended, err = s.executePortal(ctx, p, maxRows, sink)
	return suspended, s.fail(ctx, err)
}

func (s *Session) executePortal(ctx context.Context, p *portal, maxRows int, sink Sink) (bool, error) {
	if p.done && !p.returnsRows() {
		return false, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "portal %q cannot be run", p.name)
	}
	if !p.started {
		if err := s.startPortal(ctx, p, maxRows, sink); err != nil {
			return false, err
		}
		if p.tagged {
			s.executed(p.p, "", time.Since(s.stmtNow), p.tag)
			return false, sink.Complete(p.tag)
		}
	}
	rows, suspended, err := p.send(ctx, maxRows, p.cursor.watched(sink.Batch))
	p.sent += rows
	if err != nil || suspended {
		p.spent += time.Since(s.stmtNow)
		return suspended, err
	}
	t, err := p.finish(rows)
	if err != nil {
		return false, err
	}
	s.executed(p.p, "", p.spent+time.Since(s.stmtNow), Tag{Rows: max(t.Rows, p.sent)})
	return false, sink.Complete(t)
}

// startPortal begins the execution of a portal's statement. A utility statement without rows runs to its end here.
func (s *Session) startPortal(ctx context.Context, p *portal, maxRows int, sink Sink) error {
	p.started = true
	if !plannable(p.p.stmt) {
		return s.startUtility(ctx, p, sink)
	}
	r, err := s.open(ctx, p.p, p.params)
	if err != nil {
		return err
	}
	p.run = r
	if maxRows > 0 && !r.plan.ReadOnly {
		// What it does to the database is done completely by the first Execute; only the rows are handed out in parts.
		return p.drain(ctx)
	}
	return nil
}

// startUtility runs a utility statement; its rows, if any, wait in the portal.
func (s *Session) startUtility(ctx context.Context, p *portal, sink Sink) error {
	out := &utilitySink{Sink: sink}
	if p.p.columns != nil {
		ts := make([]types.T, len(p.p.columns))
		for i, c := range p.p.columns {
			ts[i] = c.Type
		}
		p.rows = s.newRowBuffer(ts)
		p.stored = p.rows.Reader()
		out.Sink = &collector{Sink: sink, rows: p.rows}
	}
	t, err := s.utility(ctx, p.p, p.params, out)
	if err != nil {
		return err
	}
	p.tag, p.tagged = t, p.p.columns == nil
	p.done = p.tagged
	p.utilityTag = true
	return nil
}

// collector keeps the rows of a utility statement in its portal.
type collector struct {
	Sink
	rows *exec.RowBuffer
}

func (c *collector) Columns([]Column) error { return nil }

func (c *collector) Batch(b *vec.Batch) error { return c.rows.Add(b) }

// pgEpoch is PostgreSQL's day 0.
var pgEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// pgMicros is t in microseconds since 2000-01-01.
func pgMicros(t time.Time) int64 { return t.UnixMicro() - pgEpoch.UnixMicro() }
