// Package accessmethod says what the access methods of indexes can do, and so what CREATE INDEX may ask of them (PostgreSQL's
// IndexAmRoutine).
package accessmethod

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// Method is an access method.
type Method struct {
	Name string
	// Order: entries are in an order that columns may choose. Exclude: it can serve EXCLUDE. Cluster: CLUSTER can use it. Plain: an index scan
	// can use it, in both directions; else only a bitmap scan. Returns: it gives values of columns back. Arrays and Nulls: it can look for
	// column = ANY (array), and for NULLs.
	Order, Unique, MultiColumn, Exclude, Include, Cluster, Plain, Returns, Arrays, Nulls bool
	built                                                                                bool // there are indexes of it here
}

var methods = []Method{
	{Name: "btree", Order: true, Unique: true, MultiColumn: true, Exclude: true, Include: true, Cluster: true, Plain: true, Returns: true, Arrays: true,
		Nulls: true, built: true},
	{Name: "hash", Exclude: true, Plain: true, built: true},
	{Name: "gin", MultiColumn: true, built: true},
	{Name: "gist", MultiColumn: true, Exclude: true, Include: true},
	{Name: "spgist", Exclude: true, Include: true},
	{Name: "brin", MultiColumn: true},
}

// Named is the access method of that name, "" for btree.
func Named(name string) (Method, bool) {
	if name == "" {
		return methods[0], true
	}
	for _, m := range methods {
		if m.Name == name {
			return m, true
		}
	}
	return Method{}, false
}

// Of is the access method of a CREATE INDEX, after a test that it can do what the statement asks for.
func Of(s *ast.IndexStmt) (Method, error) {
	m, ok := Named(s.AccessMethod)
	switch {
	case !ok:
		return m, pgerr.New(pgerr.UndefinedObject, "access method %q does not exist", s.AccessMethod)
	case !m.built:
		return m, pgerr.FeatureNotSupported("access method " + m.Name)
	case s.Unique && !m.Unique:
		return m, m.cannot("unique indexes")
	case len(s.Including) > 0 && !m.Include:
		return m, m.cannot("included columns")
	case len(s.Params) > 1 && !m.MultiColumn:
		return m, m.cannot("multicolumn indexes")
	}
	return m, nil
}

// Column tests the options of a key column.
func (m Method) Column(e *ast.IndexElem) error {
	switch {
	case m.Order:
	case e.Dir != ast.SortDefault:
		return m.cannot("ASC/DESC options")
	case e.Nulls != ast.NullsDefault:
		return m.cannot("NULLS FIRST/LAST options")
	}
	return nil
}

func (m Method) cannot(what string) error {
	return pgerr.New(pgerr.CodeFeatureNotSupported, "access method %q does not support %s", m.Name, what)
}
