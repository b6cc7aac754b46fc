package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// OIDs of the catalogs that rows of pg_depend and pg_description name.
const (
	classType       types.OID = 1247
	classProc       types.OID = 1255
	classClass      types.OID = 1259
	classAuthID     types.OID = 1260
	classDatabase   types.OID = 1262
	classAttrdef    types.OID = 2604
	classConstraint types.OID = 2606
	classNamespace  types.OID = 2615
	classRewrite    types.OID = 2618
	classTablespace types.OID = 1213
	classOperator   types.OID = 2617
	classCast       types.OID = 2605
	classOpClass    types.OID = 2616
	classOpFamily   types.OID = 2753
	classCollation  types.OID = 3456
	classAmop       types.OID = 2602
	classAmproc     types.OID = 2603
	classAM         types.OID = 2601
)

// object is an end of a dependency.
type object struct {
	class, id types.OID
	sub       int
}

func pgDepend(q *query) error {
	put := func(dep, ref object, kind byte) error {
		return q.emit([]types.Datum{oid(dep.class), oid(dep.id), num(dep.sub), oid(ref.class), oid(ref.id), num(ref.sub), chr(kind)})
	}
	for rel := range q.r.Relations(0) {
		if rel.RelOID() < catalog.FirstUserOID {
			continue
		}
		if err := dependencies(q.r, rel, put); err != nil {
			return err
		}
	}
	return nil
}

// dependencies lists what a relation and its parts depend on.
func dependencies(r *catalog.Reader, rel catalog.Relation, put func(dep, ref object, kind byte) error) error {
	self := object{class: classClass, id: rel.RelOID()}
	var err error
	add := func(dep, ref object, kind byte) {
		if err == nil {
			err = put(dep, ref, kind)
		}
	}
	if rel.RelKind() != catalog.RelIndex {
		add(self, object{class: classNamespace, id: rel.RelSchema()}, 'n')
	}
	ruleDependencies(rel, self, add)
	switch x := rel.(type) {
	case *catalog.Table:
		add(object{class: classType, id: x.TypeOID}, self, 'i')
		tableDependencies(r, x, add)
	case *catalog.View:
		add(object{class: classType, id: x.TypeOID}, self, 'i')
	case *catalog.Sequence:
		if x.OwnedBy.Table != 0 {
			kind := byte('a')
			if x.OwnedBy.Identity {
				kind = 'i'
			}
			add(self, object{classClass, x.OwnedBy.Table, int(x.OwnedBy.Column)}, kind)
		}
	case *catalog.Index:
		if x.Constraint != 0 {
			add(self, object{class: classConstraint, id: x.Constraint}, 'i')
			break
		}
		for _, k := range x.Columns {
			add(self, object{classClass, x.Table, int(k.Column)}, 'a')
		}
	}
	return err
}

func tableDependencies(r *catalog.Reader, t *catalog.Table, add func(dep, ref object, kind byte)) {
	for _, c := range t.Columns {
		if c.Default == "" || c.Identity != 0 {
			continue
		}
		def := object{class: classAttrdef, id: attrdefOID(t.OID, c.ID)}
		add(def, object{classClass, t.OID, int(c.ID)}, 'a')
		for _, s := range r.OwnedSequences(t.OID, c.ID) {
			if strings.Contains(c.Default, "nextval(") {
				add(def, object{class: classClass, id: s.OID}, 'n')
			}
		}
	}
	for _, c := range constraintsOf(t) {
		for _, id := range c.columns {
			add(object{class: classConstraint, id: c.oid}, object{classClass, t.OID, int(id)}, 'a')
		}
	}
}

// comment is a row of pg_description.
type comment struct {
	object
	text string
}

// comments lists the comments on a relation and its parts.
func comments(rel catalog.Relation) []comment {
	var out []comment
	add := func(o object, text string) {
		if text != "" {
			out = append(out, comment{o, text})
		}
	}
	self := object{class: classClass, id: rel.RelOID()}
	for _, c := range columns(rel) {
		add(object{classClass, rel.RelOID(), int(c.ID)}, c.Comment)
	}
	switch x := rel.(type) {
	case *catalog.Table:
		add(self, x.Comment)
		for _, c := range constraintsOf(x) {
			add(object{class: classConstraint, id: c.oid}, c.comment)
		}
		for _, s := range x.Statistics {
			add(object{class: classStatisticExt, id: s.OID}, s.Comment)
		}
	case *catalog.View:
		add(self, x.Comment)
	case *catalog.Sequence:
		add(self, x.Comment)
	case *catalog.Index:
		add(self, x.Comment)
	}
	return out
}

// ruleDependencies lists what the query and the rules of a relation depend on.
func ruleDependencies(rel catalog.Relation, self object, add func(dep, ref object, kind byte)) {
	if query, reads := catalog.StoredQuery(rel); query != "" {
		rule := object{class: classRewrite, id: ruleOID(rel.RelOID())}
		add(rule, self, 'i')
		add(rule, self, 'n')
		for _, on := range reads {
			add(rule, object{class: classClass, id: on}, 'n')
		}
	}
	for _, r := range catalog.RulesOf(rel) {
		rule := object{class: classRewrite, id: r.OID}
		add(rule, self, 'a')
		for _, on := range r.DependsOn {
			add(rule, object{class: classClass, id: on}, 'n')
		}
	}
}

func pgDescription(q *query) error {
	class, classOK := q.oidEq("classoid")
	if !classOK || class != classClass && class != classConstraint {
		if err := builtinDescriptions(q); err != nil {
			return err
		}
	}
	for _, s := range q.r.Schemas() {
		if s.Comment != "" {
			if err := q.emit([]types.Datum{oid(s.OID), oid(classNamespace), num(0), str(s.Comment)}); err != nil {
				return err
			}
		}
	}
	for _, f := range q.r.Functions(0) {
		if f.Comment != "" {
			if err := q.emit([]types.Datum{oid(f.OID), oid(classProc), num(0), str(f.Comment)}); err != nil {
				return err
			}
		}
	}
	for _, c := range objectComments(q.r) {
		if err := q.emit([]types.Datum{oid(c.id), oid(c.class), num(c.sub), str(c.text)}); err != nil {
			return err
		}
	}
	for rel := range q.r.Relations(0) {
		if rel.RelOID() < catalog.FirstUserOID {
			continue
		}
		for _, c := range comments(rel) {
			if err := q.emit([]types.Datum{oid(c.id), oid(c.class), num(c.sub), str(c.text)}); err != nil {
				return err
			}
		}
	}
	return nil
}

var descriptionFile = fromFile(descriptionTable)

// descriptionTable has the columns of the file, which are those of pg_description.
var descriptionTable = &catalog.Table{Name: "pg_description", Columns: []*catalog.Column{
	{Name: "objoid", Type: types.Of(types.OIDOID)}, {Name: "classoid", Type: types.Of(types.OIDOID)},
	{Name: "objsubid", Type: types.Of(types.Int4OID)}, {Name: "description", Type: types.Of(types.TextOID)},
}}

func builtinDescriptions(q *query) error { return descriptionFile(q) }

func pgShdescription(q *query) error {
	for _, r := range q.r.Roles() {
		if r.Comment != "" {
			if err := q.emit([]types.Datum{oid(r.OID), oid(classAuthID), str(r.Comment)}); err != nil {
				return err
			}
		}
	}
	for _, d := range q.r.Databases() {
		if d.Comment != "" {
			if err := q.emit([]types.Datum{oid(d.OID), oid(classDatabase), str(d.Comment)}); err != nil {
				return err
			}
		}
	}
	return nil
}
