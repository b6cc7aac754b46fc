package session

import (
	"slices"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// env is the session as functions see it (expr.Env, and what catalog functions ask beyond it).
type env Session

func (e *env) TransactionTime() time.Time {
	if !e.tx.started.IsZero() {
		return e.tx.started
	}
	return e.stmtNow
}

func (e *env) StatementTime() time.Time { return e.stmtNow }
func (e *env) ClockTime() time.Time     { return time.Now() }
func (e *env) CurrentUser() string      { return e.cat.User }
func (e *env) SessionUser() string {
	return (*Session)(e).reader().RoleName(e.roles.session)
}
func (e *env) CurrentDatabase() string { return e.database }
func (e *env) BackendPID() int         { return int(e.pid) }

// CatalogSession gives catalog functions the catalog of the statement.
func (e *env) CatalogSession() *catalog.Session { return e.currentCatalog() }

// SearchPath is the effective search path, for visibility functions.
func (e *env) SearchPath() []string { return e.hot.searchPath }

func (e *env) Setting(name string) (string, bool) { return (*Session)(e).showSetting(name) }

func (e *env) SetSetting(name, value string, local bool) (string, error) {
	s := (*Session)(e)
	if err := s.set(name, value, local); err != nil {
		return "", err
	}
	v, _ := s.showSetting(name)
	return v, nil
}

func (e *env) Notice(severity, sqlstate, message string) {
	(*Session)(e).notice(&pgerr.Error{Severity: severity, Code: pgerr.Code(sqlstate), Message: message})
}

// sequence finds a sequence by OID.
func (e *env) sequence(oid types.OID) (*catalog.Sequence, error) {
	r := e.currentCatalog().Reader
	if q, ok := r.Sequence(oid); ok {
		return q, nil
	}
	if rel, ok := r.RelationByOID(oid); ok {
		return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a sequence", rel.RelName())
	}
	return nil, pgerr.New(pgerr.UndefinedTable, "could not open relation with OID %d", oid)
}

func (e *env) Nextval(seq types.OID) (int64, error) {
	if e.tx.readOnly {
		return 0, pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute nextval() in a read-only transaction")
	}
	q, err := e.sequence(seq)
	if err != nil {
		return 0, err
	}
	if err := (*Session)(e).need(q, acl.Usage|acl.Update); err != nil {
		return 0, err
	}
	// Whoever alters the sequence keeps it from being used. Its newest definition counts, as its value is outside of snapshots.
	if _, err := (*Session)(e).lock1(e.ctx, seq, lockmgr.RowExclusive); err != nil {
		return 0, err
	}
	if newest, ok := (*Session)(e).reader().Sequence(seq); ok {
		q = newest
	}
	v, err := e.srv.o.Catalog.Nextval(e.ctx, q)
	if err != nil {
		return 0, err
	}
	e.seqs[seq], e.lastSeq = v, seq
	return v, nil
}

func (e *env) Currval(seq types.OID) (int64, error) {
	q, err := e.sequence(seq)
	if err != nil {
		return 0, err
	}
	if err := (*Session)(e).need(q, acl.Select|acl.Usage); err != nil {
		return 0, err
	}
	v, ok := e.seqs[seq]
	if !ok {
		return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "currval of sequence %q is not yet defined in this session", q.Name)
	}
	return v, nil
}

func (e *env) Setval(seq types.OID, v int64, called bool) error {
	if e.tx.readOnly {
		return pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute setval() in a read-only transaction")
	}
	q, err := e.sequence(seq)
	if err != nil {
		return err
	}
	if err := (*Session)(e).need(q, acl.Update); err != nil {
		return err
	}
	if v < q.Min || v > q.Max {
		return pgerr.New(pgerr.NumericValueOutOfRange, "setval: value %d is out of bounds for sequence %q (%d..%d)", v, q.Name, q.Min, q.Max)
	}
	if err := e.srv.o.Catalog.Setval(e.ctx, q, v, called); err != nil {
		return err
	}
	if called {
		e.seqs[seq] = v
	}
	return nil
}

func (e *env) Lastval() (int64, error) {
	if e.lastSeq == 0 {
		return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "lastval is not yet defined in this session")
	}
	return e.seqs[e.lastSeq], nil
}

// virtualRows are the rows of the run-time tables of pg_catalog.
func (s *Session) virtualRows(name string) [][]types.Datum {
	switch name {
	case "pg_stat_activity":
		return s.activityRows()
	case "pg_prepared_statements":
		return s.preparedRows()
	case "pg_settings":
		return s.settingsRows()
	case "pg_cursors":
		return s.cursorRows()
	case "pg_locks":
		return s.lockRows()
	case "pg_prepared_xacts":
		return s.preparedXacts()
	case "pg_stat_slru":
		return s.counts().SLRURows()
	case "pg_stat_statements":
		return s.statementRows()
	case "pg_stat_statements_info":
		return s.statementInfoRows()
	}
	return s.progressRows(name)
}

func timestamp(t time.Time) types.Datum {
	if t.IsZero() {
		return types.Null
	}
	return types.NewInt(pgMicros(t))
}

// activityRows are the rows of pg_stat_activity in PostgreSQL 15's column order.
func (s *Session) activityRows() [][]types.Datum {
	var rows [][]types.Datum
	for _, o := range s.srv.all() {
		o.mu.Lock()
		waitType, waitEvent := types.Null, types.Null
		switch {
		case o.waitEvent != "":
			waitType, waitEvent = types.NewStr("Lock"), types.NewStr(o.waitEvent)
		case !o.running:
			waitType, waitEvent = types.NewStr("Client"), types.NewStr("ClientRead")
		}
		user, xid := types.Null, types.Null
		if r, ok := s.cat.Reader.Role(o.user); ok {
			user = types.NewInt(int64(r.OID))
		}
		if n := o.xid.Load(); n != 0 {
			xid = types.NewInt(int64(uint32(n)))
		}
		rows = append(rows, []types.Datum{types.NewInt(int64(catalog.DatabaseOID)), types.NewStr(o.database), types.NewInt(int64(o.pid)),
			types.Null, user, types.NewStr(o.user), types.NewStr(o.app), address(o.client.ClientAddr), types.Null, portNumber(o.client.ClientPort),
			timestamp(o.started), timestamp(o.txnAt), timestamp(o.queryAt), timestamp(o.changed), waitType, waitEvent,
			types.NewStr(o.state), xid, types.Null, types.Null, types.NewStr(o.query), types.NewStr("client backend")})
		o.mu.Unlock()
	}
	return rows
}

// cursorRows are the rows of pg_cursors: name, statement, is_holdable, is_binary, is_scrollable, creation_time.
func (s *Session) cursorRows() [][]types.Datum {
	var rows [][]types.Datum
	for name, p := range s.portals {
		if p == s.executing || name == "" {
			continue
		}
		hold, scroll := false, false
		if p.cursor != nil {
			hold, scroll = p.cursor.hold, p.cursor.scroll
		}
		rows = append(rows, []types.Datum{types.NewStr(name), types.NewStr(p.p.text), types.NewBool(hold),
			types.NewBool(slices.Equal(p.formats, []int16{1})), types.NewBool(scroll), timestamp(p.since)})
	}
	return rows
}

// preparedRows are the rows of pg_prepared_statements: name, statement, prepare_time, parameter_types, from_sql, generic_plans, custom_plans.
func (s *Session) preparedRows() [][]types.Datum {
	var rows [][]types.Datum
	for _, p := range s.prepared {
		oids := make([]types.Datum, 0, len(p.paramTypes()))
		for _, t := range p.paramTypes() {
			oids = append(oids, types.NewInt(int64(t.OID)))
		}
		rows = append(rows, []types.Datum{types.NewStr(p.name), types.NewStr(p.text), timestamp(p.since),
			types.NewRef(types.NewArray(types.RegTypeOID, oids)), types.NewBool(p.fromSQL), types.NewInt(p.choice.Generic),
			types.NewInt(p.choice.Custom)})
	}
	return rows
}
