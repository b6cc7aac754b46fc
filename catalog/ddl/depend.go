package ddl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// dependent is an object that goes, or stands in the way, when another is dropped: a relation, the default of a column, or a
// CHECK constraint.
type dependent struct {
	rel    catalog.Relation
	column *catalog.Column // default of that column of rel
	check  *catalog.Check  // of rel
	// foreign is a foreign key of rel, trigger a trigger.
	foreign *catalog.ForeignKey
	trigger *catalog.Trigger
	rule    *catalog.Rule // of rel
	// generated is a generated column of rel.
	generated *catalog.Column
	// use is a column whose type goes.
	use *typeUse
	on  string // what it depends on, for messages
}

// part is the default or constraint that alone depends, nil if the relation does.
func (d dependent) part() any {
	switch {
	case d.column != nil:
		return d.column
	case d.check != nil:
		return d.check
	case d.foreign != nil:
		return d.foreign
	case d.trigger != nil:
		return d.trigger
	case d.rule != nil:
		return d.rule
	case d.generated != nil:
		return d.generated
	case d.use != nil:
		return d.use
	}
	return nil
}

func (d dependent) key() string {
	if d.column != nil {
		return fmt.Sprint(d.rel.RelOID(), ".", d.column.ID)
	}
	if d.check != nil {
		return fmt.Sprint(d.rel.RelOID(), ".", d.check.Name)
	}
	if d.foreign != nil {
		return fmt.Sprint(d.rel.RelOID(), ".", d.foreign.Name)
	}
	if d.generated != nil {
		return fmt.Sprint(d.rel.RelOID(), ".column.", d.generated.ID)
	}
	if d.trigger != nil {
		return fmt.Sprint(d.rel.RelOID(), ".trigger.", d.trigger.Name)
	}
	if d.rule != nil {
		return fmt.Sprint(d.rel.RelOID(), ".rule.", d.rule.Name)
	}
	if d.use != nil {
		return fmt.Sprint(d.rel.RelOID(), ".use.", d.use.column)
	}
	return fmt.Sprint(d.rel.RelOID())
}

// describe is "view v", "default value for column a of table t".
func (x *Executor) describe(d dependent) string {
	if d.column != nil {
		return fmt.Sprintf("default value for column %s of %s", quoteIdent(d.column.Name), x.describeRel(d.rel))
	}
	if d.check != nil {
		return fmt.Sprintf("constraint %s on %s", quoteIdent(d.check.Name), x.describeRel(d.rel))
	}
	if d.generated != nil {
		return fmt.Sprintf("column %s of %s", quoteIdent(d.generated.Name), x.describeRel(d.rel))
	}
	if d.trigger != nil {
		return fmt.Sprintf("trigger %s on %s", quoteIdent(d.trigger.Name), x.describeRel(d.rel))
	}
	if d.use != nil {
		return d.use.text
	}
	if d.foreign != nil {
		return fmt.Sprintf("constraint %s on %s", quoteIdent(d.foreign.Name), x.describeRel(d.rel))
	}
	if d.rule != nil {
		return fmt.Sprintf("rule %s on %s", quoteIdent(d.rule.Name), x.describeRel(d.rel))
	}
	return x.describeRel(d.rel)
}

func (x *Executor) describeRel(rel catalog.Relation) string {
	switch o := rel.(type) {
	case functionObject:
		word := "function"
		if o.Kind == 'p' {
			word = "procedure"
		}
		return word + " " + x.functionName(o.Function)
	case object:
		return x.DescribeObject(o.Object)
	case typeObject:
		return "type " + x.typeName(o.Type)
	}
	return kindWord(rel) + " " + x.relName(rel)
}

func kindWord(rel catalog.Relation) string {
	switch rel.RelKind() {
	case catalog.RelView:
		return "view"
	case catalog.RelMatView:
		return "materialized view"
	case catalog.RelSequence:
		return "sequence"
	case catalog.RelIndex:
		return "index"
	}
	return "table"
}

// dropSet is what a DROP removes: the objects named, those that go with them, and, with CASCADE, those that depend on them.
type dropSet struct {
	x       *Executor
	order   []dependent // post-order of a walk from the objects named; reported backwards
	visited map[string]bool
	named   map[types.OID]bool
}

func (x *Executor) newDropSet() *dropSet {
	return &dropSet{x: x, visited: map[string]bool{}, named: map[types.OID]bool{}}
}

// visit adds an object and what depends on it, in PostgreSQL's order.
func (s *dropSet) visit(d dependent) {
	if s.visited[d.key()] {
		return
	}
	s.visited[d.key()] = true
	if d.part() == nil {
		deps := append(s.x.dependents(d.rel), s.referToWhole(d.rel)...)
		slices.SortStableFunc(deps, func(a, b dependent) int { return cmp.Compare(b.rel.RelOID(), a.rel.RelOID()) })
		for _, dep := range deps {
			s.visit(dep)
		}
	}
	s.order = append(s.order, d)
}

// referToWhole are the foreign keys that refer to the partitioned tables that a partition is in, unless those go too.
func (s *dropSet) referToWhole(rel catalog.Relation) []dependent {
	t, ok := rel.(*catalog.Table)
	if !ok || t.Bound == nil {
		return nil
	}
	r := s.x.Txn.Newest()
	var deps []dependent
	for p := r.Parent(t); p != nil && !s.visited[dependent{rel: p}.key()]; p = r.Parent(p) {
		deps = append(deps, s.x.keyDependents(p, 0, 0, s.x.describeRel(rel))...)
	}
	slices.Reverse(deps)
	return deps
}

// dependents lists what depends directly on a relation.
func (x *Executor) dependents(rel catalog.Relation) []dependent {
	r := x.Txn.Newest()
	on := x.describeRel(rel)
	var deps []dependent
	deps = append(deps, readers(r, rel.RelOID(), on)...)
	if row := catalog.RowTypeOf(rel); row != 0 {
		deps = append(deps, x.typeDependents(row, x.relName(rel))...)
	}
	for _, f := range r.FunctionDependents(rel.RelOID()) {
		deps = append(deps, dependent{rel: functionObject{f}, on: on})
	}
	deps = append(deps, x.objectDependents(rel, on)...)
	switch o := rel.(type) {
	case functionObject:
		deps = append(deps, x.functionDependents(o.Function, on)...)
		deps = append(deps, x.functionTriggers(o.Function, on)...)
	case *catalog.Table:
		for _, q := range r.OwnedSequences(o.OID, 0) {
			deps = append(deps, dependent{rel: q, on: ""})
		}
		deps = append(deps, x.keyDependents(o, 0, 0, on)...)
		for _, c := range r.Children(o.OID) {
			if c.Bound != nil {
				deps = append(deps, dependent{rel: c, on: ""})
			} else {
				deps = append(deps, dependent{rel: c, on: on})
			}
		}
	case *catalog.Sequence:
		name := x.qualified(o.Schema, o.Name)
		for t := range r.Tables() {
			for _, c := range t.Columns {
				if c.Default != "" && usesSequence(c.Default, name) {
					deps = append(deps, dependent{rel: t, column: c, on: on})
				}
			}
		}
	}
	return deps
}

// readers are the views that read a relation, and the rules that name it.
func readers(r *catalog.Reader, oid types.OID, on string) []dependent {
	var deps []dependent
	for _, v := range r.Dependents(oid) {
		if _, reads := catalog.StoredQuery(v); slices.Contains(reads, oid) {
			deps = append(deps, dependent{rel: v, on: on})
		}
		for _, rule := range catalog.RulesOf(v) {
			if v.RelOID() != oid && slices.Contains(rule.DependsOn, oid) {
				deps = append(deps, dependent{rel: v, rule: rule, on: on})
			}
		}
	}
	return deps
}

// columnReaders are the views and rules whose text names a column of a relation, the newest first.
func columnReaders(r *catalog.Reader, oid types.OID, column, on string) []dependent {
	var deps []dependent
	for _, d := range slices.Backward(readers(r, oid, on)) {
		text, _ := catalog.StoredQuery(d.rel)
		if d.rule != nil {
			text = strings.Join(append([]string{d.rule.Where}, d.rule.Actions...), "; ")
		}
		if mentions(text, column) {
			deps = append(deps, d)
		}
	}
	return deps
}

// report is the error of RESTRICT, or the notice of CASCADE, about the objects that were not named. what is the message's
// subject: "table t".
func (s *dropSet) report(what string, cascade bool) error {
	var lines, cascades []string
	for i := len(s.order) - 1; i >= 0; i-- {
		d := s.order[i]
		if s.named[d.rel.RelOID()] || d.on == "" || d.part() != nil && s.visited[fmt.Sprint(d.rel.RelOID())] {
			continue
		}
		lines = append(lines, s.x.describe(d)+" depends on "+d.on)
		cascades = append(cascades, "drop cascades to "+s.x.describe(d))
	}
	switch {
	case len(lines) == 0:
		return nil
	case !cascade:
		return errDependent(what, lines)
	case len(lines) == 1:
		s.x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "%s", cascades[0]))
	default:
		s.x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "drop cascades to %d other objects", len(lines)).
			WithDetail("%s", limitLines(cascades)))
	}
	return nil
}

// errDependent is the error of a drop that would take other objects with it.
func errDependent(what string, lines []string) error {
	return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop %s because other objects depend on it", what).
		WithDetail("%s", limitLines(lines)).
		WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
}

// limitLines joins the lines of a detail, at most 100 of them.
func limitLines(lines []string) string {
	const most = 100
	if n := len(lines) - most; n > 0 {
		lines = append(slices.Clone(lines[:most]), fmt.Sprintf("and %d other objects (see server log for list)", n))
	}
	return strings.Join(lines, "\n")
}
