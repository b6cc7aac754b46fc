// Package vacuum is VACUUM and ANALYZE: which tables, in which order, under which locks.
package vacuum

import (
	"context"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Host is the session that runs the statement.
type Host interface {
	Reader() *catalog.Reader
	Lookup(*ast.RangeVar) (catalog.Relation, error)
	// Owns reports whether the current role may vacuum and analyze a table; MayMaintain warns if not.
	Owns(*catalog.Table) bool
	MayMaintain(t *catalog.Table, verb string) bool
	Notice(*pgerr.Error)
	// NextTransaction commits, and begins anew.
	NextTransaction(context.Context) error
	// Lock locks a relation until the end of the transaction, or only waits until it could (touch). It is false if that takes a wait and
	// nowait says not to.
	Lock(ctx context.Context, relation types.OID, mode catalog.RelationLock, nowait, touch bool) (bool, error)
	// Analyze collects the figures of a table, of some columns or of all (nil); CountRows only counts.
	Analyze(ctx context.Context, t *catalog.Table, columns map[catalog.ColumnID]bool) error
	CountRows(context.Context, *catalog.Table) error
}

// maintenance is a VACUUM or ANALYZE that runs. The store cleans up by itself: VACUUM counts the rows.
type maintenance struct {
	Host
	vacuum, analyze, full bool
	skipLocked            bool
}

// maintained is a table to be vacuumed or analyzed. Only of one that the statement names does a warning tell that it is skipped.
type maintained struct {
	oid     types.OID
	name    string
	columns []string
}

// Run is VACUUM or ANALYZE. alone: it may end the transaction that runs. VACUUM does each table in a transaction of its own.
func Run(ctx context.Context, h Host, sql string, x *ast.VacuumStmt, alone bool) error {
	m := &maintenance{Host: h, vacuum: x.IsVacuum, analyze: !x.IsVacuum}
	if err := m.options(sql, x); err != nil {
		return err
	}
	list, err := m.tables(ctx, x)
	if err != nil {
		return err
	}
	own := x.IsVacuum || len(list) > 1 && alone
	for _, t := range list {
		if own {
			if err := m.NextTransaction(ctx); err != nil {
				return err
			}
		}
		if err := m.one(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (m *maintenance) options(sql string, x *ast.VacuumStmt) error {
	toast, parallel := true, 0
	for _, o := range x.Options {
		var to *bool
		switch {
		case o.Name == "skip_locked":
			to = &m.skipLocked
		case o.Name == "verbose":
			to = new(bool)
		case !x.IsVacuum:
			return pgerr.New(pgerr.SyntaxError, "unrecognized ANALYZE option %q", o.Name).At(sql, o.Pos)
		case o.Name == "analyze":
			to = &m.analyze
		case o.Name == "full":
			to = &m.full
		case o.Name == "process_toast":
			to = &toast
		case o.Name == "parallel":
			var err error
			if parallel, err = parallelWorkers(sql, o); err != nil {
				return err
			}
			continue
		case o.Name == "freeze" || o.Name == "disable_page_skipping" || o.Name == "index_cleanup" || o.Name == "truncate":
			continue // about PostgreSQL's own storage
		default:
			return pgerr.New(pgerr.SyntaxError, "unrecognized VACUUM option %q", o.Name).At(sql, o.Pos)
		}
		on, err := o.Bool()
		if err != nil {
			return err
		}
		*to = on
	}
	switch {
	case m.full && parallel > 0:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "VACUUM FULL cannot be performed in parallel")
	case m.full && !toast:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "PROCESS_TOAST required with VACUUM FULL")
	}
	for _, r := range x.Relations {
		if len(r.Columns) > 0 && !m.analyze {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "ANALYZE option must be specified when a column list is provided")
		}
	}
	return nil
}

func parallelWorkers(sql string, o *ast.DefElem) (int, error) {
	c, ok := o.Arg.(*ast.Const)
	if !ok {
		return 0, pgerr.New(pgerr.SyntaxError, "parallel option requires a value between 0 and 1024").At(sql, o.Pos)
	}
	n, err := strconv.Atoi(c.Val)
	if err != nil || n < 0 || n > 1024 {
		return 0, pgerr.New(pgerr.SyntaxError, "parallel workers for vacuum must be between 0 and 1024").At(sql, o.Pos)
	}
	return n, nil
}

// verb is what is done, in warnings.
func (m *maintenance) verb() string {
	if m.vacuum {
		return "vacuum"
	}
	return "analyze"
}

// tables are those that the statement names, with their partitions, or all that the current role may vacuum.
func (m *maintenance) tables(ctx context.Context, x *ast.VacuumStmt) ([]maintained, error) {
	var list []maintained
	if len(x.Relations) == 0 {
		for t := range m.Reader().Tables() {
			if t.Virtual == nil && m.Owns(t) {
				list = append(list, maintained{oid: t.OID})
			}
		}
		return list, nil
	}
	for _, vr := range x.Relations {
		if vr.Relation == nil {
			continue
		}
		rel, err := m.Lookup(vr.Relation)
		if err != nil {
			return nil, err
		}
		if ok, err := m.Lock(ctx, rel.RelOID(), catalog.AccessShare, m.skipLocked, true); err != nil {
			return nil, err
		} else if !ok {
			m.skip(rel.RelName(), "lock not available")
			continue
		}
		t, ok := rel.(*catalog.Table)
		if !ok {
			m.Notice(pgerr.Warning(pgerr.WrongObjectType, "skipping %q --- cannot %s non-tables or special system tables", rel.RelName(), m.verb()))
			continue
		}
		may := m.MayMaintain(t, m.verb())
		if cur, ok := m.Reader().Table(t.OID); ok {
			t = cur
		}
		if may {
			list = append(list, maintained{t.OID, t.Name, vr.Columns})
		}
		if t.Key != nil {
			for _, d := range m.Reader().Descendants(t) {
				list = append(list, maintained{oid: d.OID})
			}
		}
	}
	return list, nil
}

// skip warns of a table that is left out, unless it was not named.
func (m *maintenance) skip(name, why string) {
	if name != "" {
		m.Notice(pgerr.Warning(pgerr.LockNotAvailable, "skipping %s of %q --- %s", m.verb(), name, why))
	}
}

// one vacuums or analyzes one table.
func (m *maintenance) one(ctx context.Context, what maintained) error {
	mode := catalog.ShareUpdateExclusive
	if m.full {
		mode = catalog.AccessExclusive
	}
	t, ok := m.Reader().Table(what.oid)
	if ok && t.Virtual != nil {
		return nil
	}
	if ok {
		if got, err := m.Lock(ctx, what.oid, mode, m.skipLocked, false); err != nil {
			return err
		} else if !got {
			m.skip(what.name, "lock not available")
			return nil
		}
		t, ok = m.Reader().Table(what.oid)
	}
	if !ok {
		m.skip(what.name, "relation no longer exists")
		return nil
	}
	if what.name == "" && !m.MayMaintain(t, m.verb()) {
		return nil
	}
	if m.analyze {
		columns, err := namedColumns(t, what.columns)
		if err != nil {
			return err
		}
		for _, d := range m.Reader().Descendants(t) { // whose rows are sampled too
			if _, err := m.Lock(ctx, d.OID, catalog.AccessShare, false, false); err != nil {
				return err
			}
		}
		return m.Analyze(ctx, t, columns)
	}
	return m.CountRows(ctx, t)
}

// namedColumns are the columns of a table that ANALYZE names, nil if it names none.
func namedColumns(t *catalog.Table, names []string) (map[catalog.ColumnID]bool, error) {
	if len(names) == 0 {
		return nil, nil
	}
	ids := map[catalog.ColumnID]bool{}
	for _, name := range names {
		c, _, ok := t.Column(name)
		switch {
		case !ok:
			return nil, pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name)
		case ids[c.ID]:
			return nil, pgerr.New(pgerr.DuplicateColumn, "column %q of relation %q appears more than once", name, t.Name)
		}
		ids[c.ID] = true
	}
	return ids, nil
}
