package bind

import (
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// lockRequest is a FOR UPDATE clause, or that of an outer query which reaches into this one.
type lockRequest struct {
	names    []*ast.RangeVar // empty: all items of FROM
	found    []bool
	strength ast.LockStrength
	wait     ast.LockWaitPolicy
}

var lockNames = [...]string{
	ast.LockForKeyShare: "FOR KEY SHARE", ast.LockForShare: "FOR SHARE", ast.LockForNoKeyUpdate: "FOR NO KEY UPDATE", ast.LockForUpdate: "FOR UPDATE",
}

func lockName(s ast.LockStrength) string { return lockNames[s] }

// lockRequests collects what applies to the FROM clause of n.
func (b *binder) lockRequests(n *ast.SelectStmt, outer []lockRequest) []lockRequest {
	if len(n.Locking) == 0 {
		return outer
	}
	out := outer[:len(outer):len(outer)]
	for _, l := range n.Locking {
		for _, r := range l.Relations {
			if r.Schema != "" || r.Catalog != "" {
				b.fail(pgerr.SyntaxError, r.Pos, "%s must specify unqualified relation names", lockName(l.Strength))
			}
		}
		out = append(out, lockRequest{names: l.Relations, found: make([]bool, len(l.Relations)), strength: l.Strength, wait: l.WaitPolicy})
	}
	return out
}

// matching gives the strongest lock that is asked of an item, ok=false for none.
func (s *scope) matching(name string) (r lockRequest, ok bool) {
	for i := range s.rowLocks {
		l := &s.rowLocks[i]
		hit := len(l.names) == 0
		for k, n := range l.names {
			if n.Name == name {
				hit, l.found[k] = true, true
			}
		}
		if !hit {
			continue
		}
		if !ok {
			r, ok = lockRequest{strength: l.strength, wait: l.wait}, true
			continue
		}
		r.strength = max(r.strength, l.strength)
		r.wait = max(r.wait, l.wait)
	}
	return r, ok
}

// lockTable marks a table of FROM for row locks.
func (b *binder) lockTable(s *scope, e *entry) {
	if len(s.rowLocks) == 0 {
		return
	}
	r, ok := s.matching(e.name)
	if !ok || e.table.Virtual != nil {
		return
	}
	if e.table.MatView != nil {
		b.fail(pgerr.WrongObjectType, -1, "cannot lock rows in materialized view \"%s\"", e.table.Name)
	}
	e.scan.RowID = b.newCol()
	if e.scan.Inherit {
		e.scan.TableOID = b.newCol()
	}
	s.locked = append(s.locked, logical.LockTarget{Scan: e.scan, Strength: logical.LockStrength(r.strength), Wait: waitPolicy(r.wait)})
	b.effects = true
	b.writes = append(b.writes, e.table)
	if e.access != nil {
		e.access.Privs |= acl.Update
	}
}

func waitPolicy(w ast.LockWaitPolicy) logical.LockWait {
	switch w {
	case ast.LockWaitError:
		return 1
	case ast.LockWaitSkip:
		return 2
	}
	return 0
}

// lockSubquery is what a subquery or view of FROM has to lock inside.
func (b *binder) lockSubquery(s *scope, e *entry) []lockRequest {
	if len(s.rowLocks) == 0 {
		return nil
	}
	if r, ok := s.matching(e.name); ok {
		return []lockRequest{r}
	}
	return nil
}

// checkLocks refuses row locks where rows of the result are no rows of tables, and names that are no items of FROM.
func (b *binder) checkLocks(s *scope, n *ast.SelectStmt, q *selectState) {
	if len(s.rowLocks) == 0 {
		return
	}
	name := lockName(s.rowLocks[len(s.rowLocks)-1].strength)
	what := ""
	switch {
	case n.Distinct:
		what = "DISTINCT clause"
	case len(n.GroupBy) > 0:
		what = "GROUP BY clause"
	case n.Having != nil:
		what = "HAVING clause"
	case s.hasAggs:
		what = "aggregate functions"
	case len(s.winItems) > 0:
		what = "window functions"
	}
	for i := range q.targets {
		if q.targets[i].srf && what == "" {
			what = "set-returning functions in the target list"
		}
	}
	if what != "" {
		b.fail(pgerr.CodeFeatureNotSupported, -1, "%s is not allowed with %s", name, what)
	}
	for _, l := range s.rowLocks {
		for k, r := range l.names {
			if !l.found[k] {
				b.lockNotFound(s, r, lockName(l.strength))
			}
		}
	}
}

// lockNotFound explains why a name of FOR … OF cannot be locked.
func (b *binder) lockNotFound(s *scope, r *ast.RangeVar, clause string) {
	for _, e := range s.entries {
		if e.name != r.Name {
			continue
		}
		what := map[entryKind]string{entryJoin: "a join", entryFunction: "a function", entryValues: "VALUES", entryCTE: "a WITH query"}[e.kind]
		if what != "" {
			b.fail(pgerr.CodeFeatureNotSupported, r.Pos, "%s cannot be applied to %s", clause, what)
		}
	}
	b.fail(pgerr.UndefinedTable, r.Pos, "relation \"%s\" in %s clause not found in FROM clause", r.Name, clause)
}

// lockTargets are the row IDs, and of inheritance trees the OIDs of the tables, that have to come through the projection to the LockRows above it.
func (b *binder) lockTargets(s *scope) []target {
	var out []target
	for _, l := range s.locked {
		out = append(out, target{e: &expr.Var{ID: l.Scan.RowID, T: types.Of(types.ByteaOID), Name: "ctid"}, name: "ctid", junk: true})
		if l.Scan.TableOID != 0 {
			out = append(out, target{e: &expr.Var{ID: l.Scan.TableOID, T: types.Of(types.OIDOID), Name: "tableoid"}, name: "tableoid", junk: true})
		}
	}
	return out
}

func (b *binder) lockNode(s *scope, node logical.Node) logical.Node {
	if len(s.locked) == 0 {
		return node
	}
	return &logical.LockRows{Input: node, Targets: s.locked}
}
