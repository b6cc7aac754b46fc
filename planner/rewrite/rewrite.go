package rewrite

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Query is one of the statements that rules make of one.
type Query struct {
	// Stmt is a SELECT, INSERT, UPDATE, DELETE or NOTIFY.
	Stmt ast.Stmt
	// Tag: the command tag counts its rows, and the rows that it returns are the result.
	Tag bool

	from origin
}

// origin is where a statement comes from (PostgreSQL's QuerySource).
type origin uint8

const (
	original origin = iota
	insteadRule
	qualifiedInstead
	alsoRule
)

// Result is what the rules make of a statement.
type Result struct {
	Queries []Query
	// Rewritten tells the binder about them.
	Rewritten map[ast.Stmt]*bind.Rewritten
	// Command is the word of the command tag.
	Command string
	// Probe binds the statement as the user wrote it: for its errors and the types of its parameters.
	Probe ast.Stmt
}

// target is the relation that a statement modifies, with the event of rules that this is; event 0: it modifies none.
func target(stmt ast.Stmt) (rv *ast.RangeVar, event byte) {
	switch n := stmt.(type) {
	case *ast.InsertStmt:
		return n.Relation, catalog.RuleOnInsert
	case *ast.UpdateStmt:
		return n.Relation, catalog.RuleOnUpdate
	case *ast.DeleteStmt:
		return n.Relation, catalog.RuleOnDelete
	}
	return nil, 0
}

func withOf(stmt ast.Stmt) *ast.WithClause {
	switch n := stmt.(type) {
	case *ast.SelectStmt:
		return n.With
	case *ast.InsertStmt:
		return n.With
	case *ast.UpdateStmt:
		return n.With
	case *ast.DeleteStmt:
		return n.With
	}
	return nil
}

// Needed reports whether rules apply to a statement, or to one in its WITH.
func Needed(stmt ast.Stmt, r *catalog.Reader, path []string) bool {
	if rv, event := target(stmt); event != 0 {
		if rel, ok := r.Lookup(path, rv.Schema, rv.Name); ok && len(firing(rel, event)) > 0 {
			return true
		}
	}
	if w := withOf(stmt); w != nil {
		for _, c := range w.CTEs {
			if _, event := target(c.Query); event != 0 && Needed(c.Query, r, path) {
				return true
			}
		}
	}
	return false
}

// firing are the rules of a relation for an event, in the order in which they apply.
func firing(rel catalog.Relation, event byte) []*catalog.Rule {
	var out []*catalog.Rule
	for _, r := range catalog.RulesOf(rel) {
		if r.Event == event && r.Fires() {
			out = append(out, r)
		}
	}
	return out
}

// event is a statement on a relation whose rules are being applied.
type event struct {
	rel  types.OID
	kind byte
}

type rewriter struct {
	o   bind.Options
	out map[ast.Stmt]*bind.Rewritten
}

// Rewrite applies rules. Errors are *pgerr.Error.
func Rewrite(stmt ast.Stmt, o bind.Options) (*Result, error) {
	w := &rewriter{o: o, out: map[ast.Stmt]*bind.Rewritten{}}
	qs, err := w.query(stmt, 0, nil)
	if err != nil {
		return nil, err
	}
	word := map[byte]string{0: "SELECT", catalog.RuleOnInsert: "INSERT", catalog.RuleOnUpdate: "UPDATE", catalog.RuleOnDelete: "DELETE"}
	_, kind := target(stmt)
	setTag(qs, kind)
	return &Result{Queries: qs, Rewritten: w.out, Command: word[kind]}, nil
}

// setTag picks the statement that the command tag is about: the user's own, or the last action of an INSTEAD rule of the same kind.
func setTag(qs []Query, kind byte) {
	last := -1
	for i, q := range qs {
		if q.from == original {
			qs[i].Tag = true
			return
		}
		if _, k := target(q.Stmt); k == kind && kind != 0 && (q.from == insteadRule || q.from == qualifiedInstead) {
			last = i
		}
	}
	if last >= 0 {
		qs[last].Tag = true
	}
}

// query applies rules to a statement, which belongs to the role as if that is not 0.
func (w *rewriter) query(stmt ast.Stmt, as types.OID, events []event) ([]Query, error) {
	stmt, err := w.with(stmt, as, events)
	if err != nil {
		return nil, err
	}
	own := []Query{{Stmt: stmt}}
	rv, kind := target(stmt)
	if kind == 0 {
		return own, nil
	}
	rel, ok := w.o.Reader.Lookup(w.o.SearchPath, rv.Schema, rv.Name)
	if !ok {
		return own, nil
	}
	rules := firing(rel, kind)
	if ins, ok := stmt.(*ast.InsertStmt); ok && ins.OnConflict != nil && (len(rules) > 0 || len(firing(rel, catalog.RuleOnUpdate)) > 0) {
		return nil, unsupported("INSERT with ON CONFLICT clause cannot be used with table that has INSERT or UPDATE rules")
	}
	if len(rules) == 0 {
		return own, nil
	}
	for _, e := range events {
		if e.rel == rel.RelOID() && e.kind == kind {
			return nil, pgerr.New(pgerr.InvalidObjectDefinition, "infinite recursion detected in rules for relation %q", rel.RelName())
		}
	}
	f := &firer{w: w, stmt: stmt, as: as, rel: rel, kind: kind, events: append(events[:len(events):len(events)], event{rel.RelOID(), kind})}
	return f.fire(rules)
}

// with applies rules to the statements in WITH: each must become exactly one.
func (w *rewriter) with(stmt ast.Stmt, as types.OID, events []event) (ast.Stmt, error) {
	clause := withOf(stmt)
	if clause == nil {
		return stmt, nil
	}
	changed := *clause
	changed.CTEs = append([]*ast.CommonTableExpr(nil), clause.CTEs...)
	any := false
	for i, c := range clause.CTEs {
		if _, kind := target(c.Query); kind == 0 {
			continue
		}
		qs, err := w.query(c.Query, as, events)
		if err != nil {
			return nil, err
		}
		if err := oneOf(qs); err != nil {
			return nil, err
		}
		if qs[0].Stmt != c.Query {
			n := *c
			n.Query = qs[0].Stmt
			changed.CTEs[i], any = &n, true
		}
	}
	if !any {
		return stmt, nil
	}
	return w.copyOf(stmt, &changed), nil
}

// copyOf is a statement with another WITH; what is known of it goes with it.
func (w *rewriter) copyOf(stmt ast.Stmt, with *ast.WithClause) ast.Stmt {
	var out ast.Stmt
	switch n := stmt.(type) {
	case *ast.SelectStmt:
		c := *n
		c.With, out = with, &c
	case *ast.InsertStmt:
		c := *n
		c.With, out = with, &c
	case *ast.UpdateStmt:
		c := *n
		c.With, out = with, &c
	case *ast.DeleteStmt:
		c := *n
		c.With, out = with, &c
	}
	if r := w.out[stmt]; r != nil {
		w.out[out] = r
	}
	return out
}

// oneOf refuses what cannot stand in WITH.
func oneOf(qs []Query) error {
	const in = " rules are not supported for data-modifying statements in WITH"
	if len(qs) == 0 {
		return unsupported("DO INSTEAD NOTHING" + in)
	}
	if len(qs) == 1 {
		if _, ok := qs[0].Stmt.(*ast.NotifyStmt); ok {
			return unsupported("DO INSTEAD NOTIFY" + in)
		}
		return nil
	}
	for _, q := range qs {
		switch q.from {
		case qualifiedInstead:
			return unsupported("conditional DO INSTEAD" + in)
		case alsoRule:
			return unsupported("DO ALSO" + in)
		}
	}
	return unsupported("multi-statement DO INSTEAD" + in)
}

func unsupported(text string) *pgerr.Error {
	return pgerr.New(pgerr.CodeFeatureNotSupported, "%s", text)
}

// parse reads the text of an action.
func parse(text string) (ast.Stmt, error) {
	stmts, err := parser.Parse(text)
	if err != nil || len(stmts) != 1 {
		return nil, pgerr.New(pgerr.InternalError, "stored action of a rule: %v", err)
	}
	return stmts[0].Stmt, nil
}
