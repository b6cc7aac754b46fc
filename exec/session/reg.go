package session

import (
	"github.com/lightsql/lightsql/catalog"
	objaddr "github.com/lightsql/lightsql/catalog/address"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/catalog/server"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// CatalogFunction finds the code of a function that needs the session or the catalog.
func (e *env) CatalogFunction(oid types.OID) (*expr.Func, bool) {
	for _, find := range []func(types.OID) (*expr.Func, bool){sessionFunction, server.Function, objaddr.Function} {
		if f, ok := find(oid); ok {
			return f, true
		}
	}
	return pgcatalog.Function(oid)
}

// ResolveReg is the input of a reg* type.
func (e *env) ResolveReg(t types.OID, name string) (types.OID, error) {
	return pgcatalog.ResolveReg(e.currentCatalog(), e.hot.searchPath, t, name)
}

// RegName is the output of a reg* type.
func (e *env) RegName(t types.OID, oid types.OID) (string, bool) {
	return pgcatalog.RegName(e.currentCatalog(), e.hot.searchPath, t, oid)
}

// currentCatalog is what catalog functions see: the catalog of the running statement, or the newest outside one.
func (e *env) currentCatalog() *catalog.Session {
	if e.tx.kv != nil && e.cat.Reader != nil {
		return &e.cat
	}
	c := e.cat
	c.Reader = (*Session)(e).reader()
	return &c
}
