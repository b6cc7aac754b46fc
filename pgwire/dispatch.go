package pgwire

import (
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/lightsql/lightsql/exec/session"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// dispatch serves one message. It reports whether the connection goes on.
func (c *conn) dispatch(s *session.Session, msg pgproto3.FrontendMessage) bool {
	var err error
	switch m := msg.(type) {
	case *pgproto3.Query:
		return c.query(s, m.String)
	case *pgproto3.Parse:
		if err = s.Parse(c.ctx(), m.Name, m.Query, oids(m.ParameterOIDs)); err == nil {
			c.out = append(c.out, '1', 0, 0, 0, 4)
		}
	case *pgproto3.Bind:
		err = s.Bind(c.ctx(), session.BindOptions{Portal: m.DestinationPortal, Statement: m.PreparedStatement,
			ParamFormats: m.ParameterFormatCodes, Params: m.Parameters, ResultFormats: m.ResultFormatCodes})
		if err == nil {
			c.out = append(c.out, '2', 0, 0, 0, 4)
		}
	case *pgproto3.Describe:
		err = c.describe(s, m)
	case *pgproto3.Execute:
		err = c.execute(s, m)
	case *pgproto3.Close:
		if m.ObjectType == 'S' {
			s.CloseStatement(m.Name)
		} else {
			s.ClosePortal(m.Name)
		}
		c.out = append(c.out, '3', 0, 0, 0, 4)
	case *pgproto3.Flush:
		c.flush()
	case *pgproto3.Sync:
		if err := s.Sync(c.ctx()); err != nil {
			c.out = appendError(c.out, 'E', toPgerr(err))
		}
		c.ready(s)
		return !s.Terminated()
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail:
		// Leftovers of a COPY that ended with an error: ignored, as PostgreSQL does.
	case *pgproto3.FunctionCall:
		err = pgerr.FeatureNotSupported("fastpath function call")
		c.out = appendError(c.out, 'E', toPgerr(err))
		c.ready(s)
		return true
	default:
		c.fatal(pgerr.New(pgerr.ProtocolViolation, "invalid frontend message type"))
		return false
	}
	if err != nil {
		if c.ended(s) {
			return false
		}
		c.out = appendError(c.out, 'E', toPgerr(err))
		s.Failed()
		c.skip = true
		c.flushIfFull()
	}
	return true
}

func oids(in []uint32) []types.OID {
	if len(in) == 0 {
		return nil
	}
	out := make([]types.OID, len(in))
	for i, o := range in {
		out[i] = types.OID(o)
	}
	return out
}

// query serves a simple query. It reports whether the connection goes on.
func (c *conn) query(s *session.Session, sql string) bool {
	sink := simpleSink{baseSink{c: c, s: s}}
	err := s.Simple(c.ctx(), sql, &sink)
	if c.ended(s) {
		return false
	}
	if err != nil {
		c.out = appendError(c.out, 'E', toPgerr(err))
	}
	c.ready(s)
	return true
}

// ended tells the client why the session was ended, if it was.
func (c *conn) ended(s *session.Session) bool {
	e := s.IdleTimeoutError()
	if e == nil {
		return false
	}
	c.fatal(e)
	return true
}

func (c *conn) describe(s *session.Session, m *pgproto3.Describe) error {
	if m.ObjectType == 'S' {
		params, cols, err := s.DescribeStatement(c.ctx(), m.Name)
		if err != nil {
			return err
		}
		pd := pgproto3.ParameterDescription{ParameterOIDs: make([]uint32, len(params))}
		for i, t := range params {
			pd.ParameterOIDs[i] = uint32(t)
		}
		c.send(&pd)
		c.describeRows(cols, nil)
		return nil
	}
	cols, formats, err := s.DescribePortal(m.Name)
	if err != nil {
		return err
	}
	c.describeRows(cols, formats)
	return nil
}

// describeRows sends a RowDescription, or NoData if there are no columns at all (nil).
func (c *conn) describeRows(cols []session.Column, formats []int16) {
	if cols == nil {
		c.out = append(c.out, 'n', 0, 0, 0, 4)
		return
	}
	c.out = appendRowDescription(c.out, cols, formats)
}

func (c *conn) execute(s *session.Session, m *pgproto3.Execute) error {
	sink := extendedSink{baseSink: baseSink{c: c, s: s}}
	suspended, err := s.Execute(c.ctx(), m.Portal, int(m.MaxRows), &sink)
	if err != nil {
		return err
	}
	if suspended {
		c.out = append(c.out, 's', 0, 0, 0, 4)
	}
	return nil
}
