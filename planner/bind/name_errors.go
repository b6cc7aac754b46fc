package bind

import (
	"github.com/lightsql/lightsql/planner/bind/naming"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// maxFuzzyDistance is the largest edit distance at which a name is still suggested.
const maxFuzzyDistance = 3

// fuzzyMatch is the best match so far for a column that does not exist.
type fuzzyMatch struct {
	distance          int
	first, second     *entry
	firstCol, secdCol int // -1 none
	exact             bool
}

// missingColumn reports that a column does not exist, with the hint that PostgreSQL would give.
func (b *binder) missingColumn(s *scope, table, col string, pos int) {
	var err *pgerr.Error
	if table != "" {
		err = b.err(pgerr.UndefinedColumn, pos, "column %s.%s does not exist", table, col)
	} else {
		err = b.err(pgerr.UndefinedColumn, pos, "column \"%s\" does not exist", col)
	}
	m := b.fuzzySearch(s, table, col)
	switch {
	case m.second != nil:
		err.WithHint("Perhaps you meant to reference the column \"%s.%s\" or the column \"%s.%s\".",
			m.first.name, m.first.cols[m.firstCol].Name, m.second.name, m.second.cols[m.secdCol].Name)
	case m.exact:
		err.WithHint("There is a column named \"%s\" in table \"%s\", but it cannot be referenced from this part of the query.", col, m.first.name)
	case m.first != nil:
		err.WithHint("Perhaps you meant to reference the column \"%s.%s\".", m.first.name, m.first.cols[m.firstCol].Name)
	}
	b.raise(err)
}

// fuzzySearch looks for a column like the one that is missing in every FROM item of all levels.
func (b *binder) fuzzySearch(s *scope, table, col string) fuzzyMatch {
	m := fuzzyMatch{distance: maxFuzzyDistance + 1, firstCol: -1, secdCol: -1}
	for at := s; at != nil; at = at.parent {
		for _, e := range at.entries {
			if e.kind == entryJoin {
				continue
			}
			penalty := 0
			if table != "" {
				penalty = naming.Distance(table, e.name, maxFuzzyDistance+1)
			}
			found := false
			for i := range e.cols {
				if e.cols[i].Name == col {
					found = true
				}
				m.update(e, i, col, penalty)
			}
			if found && penalty == 0 {
				return fuzzyMatch{first: e, firstCol: -1, secdCol: -1, exact: true}
			}
		}
	}
	return m
}

// update offers column i of e as a match for the missing column.
func (m *fuzzyMatch) update(e *entry, i int, match string, penalty int) {
	actual := e.cols[i].Name
	if penalty > m.distance || actual == "" {
		return
	}
	d := naming.Distance(actual, match, m.distance+1-penalty)
	if d > len(match)/2 {
		return
	}
	d += penalty
	switch {
	case d < m.distance:
		*m = fuzzyMatch{distance: d, first: e, firstCol: i, secdCol: -1}
	case d == m.distance:
		switch {
		case m.secdCol >= 0: // too many at the same distance: none is any use
			m.first, m.second, m.firstCol, m.secdCol = nil, nil, -1, -1
		case m.firstCol >= 0:
			m.second, m.secdCol = e, i
		case m.distance <= maxFuzzyDistance:
			m.first, m.firstCol = e, i
		}
	}
}

// missingTable reports that a name before a dot is no FROM item.
func (b *binder) missingTable(s *scope, schema, table string, pos int) {
	e := b.similarEntry(s, schema, table)
	if e == nil {
		b.fail(pgerr.UndefinedTable, pos, "missing FROM-clause entry for table \"%s\"", table)
	}
	err := b.err(pgerr.UndefinedTable, pos, "invalid reference to FROM-clause entry for table \"%s\"", table)
	if e.hasAlias && e.name != table && visible(s, e) {
		b.raise(err.WithHint("Perhaps you meant to reference the table alias \"%s\".", e.name))
	}
	b.raise(err.WithHint("There is an entry for table \"%s\", but it cannot be referenced from this part of the query.", e.name))
}

// similarEntry finds the FROM item that was probably meant: one of that name that is not visible here, or the same relation under
// another alias.
func (b *binder) similarEntry(s *scope, schema, table string) *entry {
	var oid types.OID
	found := false
	var c *cte
	if schema == "" {
		c = findCTE(s, table)
	}
	if c == nil {
		if rel, ok := b.o.Reader.Lookup(b.o.SearchPath, schema, table); ok {
			oid, found = rel.RelOID(), true
		}
	}
	for at := s; at != nil; at = at.parent {
		for _, e := range at.entries {
			if found && (e.kind == entryTable || e.kind == entryView) && e.relOID == oid || c != nil && e.cte == c || e.name == table {
				return e
			}
		}
	}
	return nil
}

func visible(s *scope, e *entry) bool {
	for at := s; at != nil; at = at.parent {
		for i := range at.ns {
			it := &at.ns[i]
			if it.e.name == e.name && it.rel && (!it.lateralOnly || at.lateral) {
				return it.e == e
			}
		}
	}
	return false
}
