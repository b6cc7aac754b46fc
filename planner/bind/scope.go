package bind

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// scope is one query level: PostgreSQL's ParseState.
type scope struct {
	parent *scope
	depth  int
	// ns is what names can refer to now; entries is everything in FROM, for hints.
	ns      []nsItem
	entries []*entry
	ctes    []*cte
	kind    exprKind

	// lateral: a LATERAL item of FROM is being bound, so its left neighbours are visible. lateralRefs are those that it referred to.
	lateral     bool
	lateralRefs []*entry

	// Aggregates and window calls of this level, with the columns that stand for them.
	aggs      []logical.AggItem
	windows   []windowSpec
	winItems  []logical.WindowItem
	groupings []groupingCall
	// directArgs are the direct arguments of hypothetical-set aggregates, which may use grouped columns only.
	directArgs []expr.Expr
	hasAggs    bool
	aggPos     int // of the first aggregate
	// selfRef: FROM refers to the recursive query that this is a term of. outerJoins counts the outer joins of which the side that can become
	// NULL is being bound.
	selfRef bool
	// transparent: the query of a CTE or a side of a set operation, which rules of recursion look through.
	transparent bool
	outerJoins  int
	// returns is the statement whose RETURNING is being bound, an event of catalog; 0: none.
	returns   catalog.TriggerEvents
	groupCols []logical.Column
	// srf is set when a set-returning call was bound; the one who cares resets it.
	srf    bool
	srfPos int
	// nestedSRF is set when a set-returning call was bound inside another call.
	nestedSRF bool

	// rowLocks is what FOR UPDATE asks of the items of FROM; locked is what it found.
	rowLocks []lockRequest
	locked   []logical.LockTarget
	// future are the CTEs of a WITH clause that are not bound yet, for a hint.
	future []*ast.CommonTableExpr

	itemBuf [2]nsItem
	entBuf  [2]*entry
}

// entry is a range table entry: one relation, subquery, function, VALUES list, CTE or join with columns of its own.
type entry struct {
	name     string
	hasAlias bool
	kind     entryKind
	table    *catalog.Table // entryTable
	relOID   types.OID      // of a table or view
	rowType  types.OID      // row type of a table or view
	access   *logical.Access
	scan     *logical.Scan
	cols     []logical.Column
	// exprs, if not nil, give columns that are not plain Vars: merged columns of joins.
	exprs []expr.Expr
	// values marks a result whose single column is a scalar (a function in FROM): its whole row is the value itself.
	scalar bool
	cte    *cte
	hidden int // trailing columns that * leaves out
	// nulledBy is the side of the innermost outer join that can make NULL of the item; rowCol is the index of the column
	// that holds its whole row from there on, if that is needed.
	nulledBy *logical.Node
	rowCol   int
	// usingAlias names the merged columns of a join with USING (…) AS name.
	usingAlias *entry
	replaced   expr.ColID // of what INSERT made of a row: logical.Target's
}

type entryKind uint8

const (
	entryTable entryKind = iota
	entrySubquery
	entryView
	entryFunction
	entryValues
	entryCTE
	entryJoin
)

// nsItem says how an entry can be named at present: PostgreSQL's ParseNamespaceItem.
type nsItem struct {
	e           *entry
	rel         bool // by its name, as in t.a and t.*
	cols        bool // its columns by their bare names
	lateralOnly bool // only from LATERAL items
	lateralOK   bool
	target      bool // of UPDATE or DELETE
	unmatched   bool // target of MERGE, for rows that match none of it
}

func newScope(parent *scope) *scope {
	s := &scope{parent: parent}
	if parent != nil {
		s.depth = parent.depth + 1
	}
	s.ns, s.entries = s.itemBuf[:0], s.entBuf[:0]
	return s
}

// with runs f with another expression kind and gives its result.
func (s *scope) enter(k exprKind) exprKind {
	old := s.kind
	s.kind = k
	return old
}

// addEntry makes an entry visible by its name and its columns.
func (s *scope) addEntry(e *entry) {
	s.entries = append(s.entries, e)
	s.ns = append(s.ns, nsItem{e: e, rel: true, cols: true, lateralOK: true})
}

// checkNames refuses two items of one name.
func (b *binder) checkNames(old, added []nsItem) {
	for _, n := range added {
		if !n.rel {
			continue
		}
		for _, o := range old {
			if !o.rel || o.e.name != n.e.name {
				continue
			}
			if o.e.kind == entryTable && n.e.kind == entryTable && !o.e.hasAlias && !n.e.hasAlias && o.e.relOID != n.e.relOID {
				continue // schema1.t and schema2.t
			}
			b.fail(pgerr.DuplicateAlias, -1, "table name \"%s\" specified more than once", n.e.name)
		}
	}
}

// column gives column i of e for a reference at pos.
func (b *binder) column(s *scope, e *entry, i, pos int) expr.Expr {
	b.noteLevel(s.depth)
	b.noteRead(e, i)
	if e.exprs != nil && e.exprs[i] != nil {
		x := e.exprs[i]
		expr.Walk(x, func(c expr.Expr) bool {
			if v, ok := c.(*expr.Var); ok {
				b.refs = append(b.refs, varRef{v, pos})
			}
			return true
		})
		return x
	}
	c := &e.cols[i]
	v := &expr.Var{ID: c.ID, T: c.T, Name: c.Name}
	b.refs = append(b.refs, varRef{v, pos})
	return v
}

// find looks a column up in an entry; -1 if there is none.
func (b *binder) find(e *entry, name string, pos int) int {
	found := -1
	for i := range e.cols {
		if e.cols[i].Name == name && (e.scan == nil || e.cols[i].ID != e.scan.RowID && e.cols[i].ID != e.scan.TableOID) {
			if found >= 0 {
				b.fail(pgerr.AmbiguousColumn, pos, "column reference \"%s\" is ambiguous", name)
			}
			found = i
		}
	}
	return found
}

// systemColumn gives a system column of a table, nil if name is none.
func (b *binder) systemColumn(s *scope, e *entry, name string, pos int) expr.Expr {
	if e.kind != entryTable || s.kind == kindDefault {
		return nil
	}
	switch name {
	case "tableoid":
		if e.scan != nil && e.scan.Inherit {
			return b.tableOID(s, e, pos)
		}
		b.noteLevel(s.depth)
		return &expr.Const{T: types.Of(types.OIDOID), D: types.NewInt(int64(e.table.OID))}
	case "ctid":
		return b.tupleID(s, e, pos)
	case "xmin":
		return b.writer(s, e, pos)
	case "xmax", "cmin", "cmax":
		if name == "xmax" && s.changed(e) && s.returns == catalog.OnInsert {
			return b.replacer(s, e, pos)
		}
		b.unsupported("system column \""+name+"\"", pos)
	}
	return nil
}

// lookupColumn finds an unqualified column in s and its outer levels.
func (b *binder) lookupColumn(s *scope, name string, pos int, localOnly bool) expr.Expr {
	for at := s; at != nil; at = at.parent {
		var item *nsItem
		col := -1
		var sys expr.Expr
		for i := range at.ns {
			it := &at.ns[i]
			if !it.cols || it.lateralOnly && !at.lateral {
				continue
			}
			c := b.find(it.e, name, pos)
			var x expr.Expr
			if c < 0 {
				if x = b.systemColumn(at, it.e, name, pos); x == nil {
					continue
				}
			}
			if item != nil {
				b.fail(pgerr.AmbiguousColumn, pos, "column reference \"%s\" is ambiguous", name)
			}
			b.checkLateral(it, pos)
			item, col, sys = it, c, x
		}
		if item != nil {
			at.noteLateral(item)
			if sys != nil {
				return sys
			}
			return b.column(at, item.e, col, pos)
		}
		if localOnly {
			return nil
		}
	}
	return nil
}

func (s *scope) noteLateral(it *nsItem) {
	if it.lateralOnly {
		s.lateralRefs = append(s.lateralRefs, it.e)
	}
}

func (b *binder) checkLateral(it *nsItem, pos int) {
	if it.lateralOnly && !it.lateralOK {
		code := pgerr.InvalidColumnReference
		if it.unmatched {
			code = pgerr.UndefinedTable
		}
		err := b.err(code, pos, "invalid reference to FROM-clause entry for table \"%s\"", it.e.name)
		if it.target {
			b.raise(err.WithHint("There is an entry for table \"%s\", but it cannot be referenced from this part of the query.", it.e.name))
		}
		b.raise(err.WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference."))
	}
}

// lookupTable finds an item by its name; schema "" matches aliases and names.
func (b *binder) lookupTable(s *scope, schema, name string, pos int) (*nsItem, *scope) {
	var oid types.OID
	if schema != "" {
		rel, ok := b.o.Reader.Lookup(b.o.SearchPath, schema, name)
		if !ok {
			return nil, nil
		}
		oid = rel.RelOID()
	}
	for at := s; at != nil; at = at.parent {
		var item *nsItem
		for i := range at.ns {
			it := &at.ns[i]
			if !it.rel || it.lateralOnly && !at.lateral {
				continue
			}
			if schema == "" && it.e.name != name || schema != "" && (it.e.relOID != oid || it.e.hasAlias) {
				continue
			}
			if item != nil {
				b.fail(pgerr.AmbiguousAlias, pos, "table reference \"%s\" is ambiguous", name)
			}
			b.checkLateral(it, pos)
			item = it
		}
		if item != nil {
			at.noteLateral(item)
			return item, at
		}
	}
	return nil, nil
}

// columnRef binds a possibly qualified name.
func (b *binder) columnRef(s *scope, n *ast.ColumnRef) expr.Expr {
	if s.kind == kindDefault {
		b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "cannot use column reference in DEFAULT expression")
	}
	if s.kind == kindPartitionBound {
		b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "cannot use column reference in partition bound expression")
	}
	vars := b.variables()
	if vars != nil && vars.Conflict() == PreferVariable {
		if e := b.variable(n); e != nil {
			return e
		}
	}
	if n.Star {
		return b.wholeRowStar(s, n)
	}
	if len(n.Names) == 1 {
		name := n.Names[0]
		if e := b.lookupColumn(s, name, n.Pos, false); e != nil {
			b.ambiguousVariable(n)
			return e
		}
		if it, at := b.lookupTable(s, "", name, n.Pos); it != nil {
			b.ambiguousVariable(n)
			return b.wholeRow(at, it.e, n.Pos)
		}
		if e := b.paramRef(n); e != nil {
			return e
		}
		b.missingColumn(s, "", name, n.Pos)
	}
	schema, table, col := b.splitName(n.Names, n.Pos)
	it, at := b.lookupTable(s, schema, table, n.Pos)
	if it == nil {
		if e := b.paramRef(n); e != nil {
			return e
		}
		b.missingTable(s, schema, table, n.Pos)
	}
	if i := b.find(it.e, col, n.Pos); i >= 0 {
		b.ambiguousVariable(n)
		return b.column(at, it.e, i, n.Pos)
	}
	if e := b.systemColumn(at, it.e, col, n.Pos); e != nil {
		return e
	}
	if e := b.rowFunction(s, n, it.e); e != nil {
		return e
	}
	b.missingColumn(s, table, col, n.Pos)
	return nil
}

// splitName splits catalog.schema.table.column.
func (b *binder) splitName(names []string, pos int) (schema, table, col string) {
	switch len(names) {
	case 2:
		return "", names[0], names[1]
	case 3:
		return names[0], names[1], names[2]
	case 4:
		if b.o.Database != "" && names[0] != b.o.Database {
			b.fail(pgerr.CodeFeatureNotSupported, pos, "cross-database references are not implemented: %s", joinNames(names))
		}
		return names[1], names[2], names[3]
	}
	b.fail(pgerr.SyntaxError, pos, "improper qualified name (too many dotted names): %s", joinNames(names))
	return "", "", ""
}

// wholeRow is the row of a FROM item as one value.
func (b *binder) wholeRow(s *scope, e *entry, pos int) expr.Expr {
	if e.scalar && len(e.cols) == 1 {
		return b.column(s, e, 0, pos)
	}
	row := &expr.Row{T: types.Of(types.RecordOID)}
	if e.rowType != 0 {
		row.T = types.Of(e.rowType)
	}
	if e.rowCol > 0 {
		return b.column(s, e, e.rowCol, pos)
	}
	for i := range e.cols[:len(e.cols)-e.hidden] {
		row.Elems = append(row.Elems, b.column(s, e, i, pos))
		row.Names = append(row.Names, e.cols[i].Name)
	}
	b.noteLevel(s.depth)
	if e.nulledBy == nil || e.kind == entryJoin {
		return row
	}
	return b.rowBelow(s, e, row, pos)
}

// rowBelow computes the row of an item below the outer join that may make NULL of it: a row of NULLs is not NULL itself.
func (b *binder) rowBelow(s *scope, e *entry, row *expr.Row, pos int) expr.Expr {
	in := (*e.nulledBy).Columns()
	p := &logical.Project{Input: *e.nulledBy, Cols: slices.Clone(in)}
	for _, c := range in {
		p.Exprs = append(p.Exprs, &expr.Var{ID: c.ID, T: c.T, Name: c.Name})
	}
	col := logical.Column{ID: b.newCol(), Name: "*", T: row.T, Rel: e.name}
	p.Cols, p.Exprs = append(p.Cols, col), append(p.Exprs, row)
	*e.nulledBy = p
	e.rowCol = len(e.cols)
	e.cols = append(slices.Clip(e.cols), col)
	if e.exprs != nil {
		e.exprs = append(slices.Clip(e.exprs), nil)
	}
	e.hidden++
	if b.rows == nil {
		b.rows = map[expr.ColID]*expr.Row{}
	}
	b.rows[col.ID] = row
	return b.column(s, e, e.rowCol, pos)
}

// wholeRowStar binds t.* where a single expression is wanted: it is the whole row.
func (b *binder) wholeRowStar(s *scope, n *ast.ColumnRef) expr.Expr {
	if len(n.Names) == 0 {
		b.fail(pgerr.SyntaxError, n.Pos, "row expansion via \"*\" is not supported here")
	}
	schema, table, _ := b.splitName(append(n.Names[:len(n.Names):len(n.Names)], "*"), n.Pos)
	it, at := b.lookupTable(s, schema, table, n.Pos)
	if it == nil {
		if e := b.variable(n); e != nil {
			return e
		}
		b.missingTable(s, schema, table, n.Pos)
	}
	return b.wholeRow(at, it.e, n.Pos)
}

func joinNames(names []string) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += "."
		}
		out += n
	}
	return out
}

// positionOf is where a Var was written, -1 if unknown.
func (b *binder) positionOf(v *expr.Var) int {
	for i := range b.refs {
		if b.refs[i].v == v {
			return b.refs[i].pos
		}
	}
	return -1
}
