package session

import (
	"context"
	"strings"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// endCounts ends the transaction for the counts of tables and functions.
func (s *Session) endCounts(commit bool) {
	s.stat.End(commit)
	s.stat.Flush(&s.srv.stat, s.stmtNow)
}

// gone reports whether a relation or a function does not exist.
func gone(r *catalog.Reader, oid types.OID, function bool) bool {
	_, is := r.RelationByOID(oid)
	if function {
		_, is = r.Function(oid)
	}
	return !is
}

// counts reads what was counted, as stats_fetch_consistency says.
func (s *Session) counts() *pgstat.Reader {
	newest := s.srv.o.Catalog.Newest()
	return &pgstat.Reader{Registry: &s.srv.stat, Session: &s.stat, Mode: s.settings.Text("stats_fetch_consistency"), Now: time.Now(),
		Database: catalog.DatabaseOID, Backends: func() int { return len(s.srv.all()) },
		Gone: func(oid types.OID, function bool) bool { return gone(newest, oid, function) }}
}

// countFunctions adds the functions about counts.
func countFunctions(m map[string]sessionCode) {
	for name, f := range pgstat.Functions() {
		m[name] = func(s *Session, _ context.Context, args []types.Datum) (types.Datum, error) {
			if strings.HasPrefix(name, "pg_stat_reset") && !s.superuser() {
				return types.Null, pgerr.New(pgerr.InsufficientPrivilege, "permission denied for function %s", name)
			}
			return f(s.counts(), args)
		}
	}
}
