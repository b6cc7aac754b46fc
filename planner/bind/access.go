package bind

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// noteAccess begins the list of what the statement does with a relation that it, or a view of it, names.
func (b *binder) noteAccess(rel catalog.Relation) *logical.Access {
	b.access = append(b.access, &logical.Access{Relation: rel.RelOID(), As: b.viewOwner})
	return b.access[len(b.access)-1]
}

// named is the Access of the relation that was found last.
func (b *binder) named() *logical.Access { return b.access[len(b.access)-1] }

// asOwner binds the query of a view, whose relations its owner must have privileges on, unless it is a view for its invoker.
func (b *binder) asOwner(v *catalog.View, f func()) {
	old := b.viewOwner
	if !invokersView(v) {
		b.viewOwner = v.Owner
	}
	f()
	b.viewOwner = old
}

func invokersView(v *catalog.View) bool {
	return slices.ContainsFunc(v.Options, func(o string) bool {
		name, value, _ := strings.Cut(o, "=")
		return name == "security_invoker" && (value == "true" || value == "on" || value == "1" || value == "yes")
	})
}

// noteRead marks a column of an item of FROM as read.
func (b *binder) noteRead(e *entry, i int) {
	if e.access == nil {
		return
	}
	e.access.Privs |= acl.Select
	if i < len(e.cols) && e.cols[i].Attr > 0 {
		e.access.Reads.Add(int(e.cols[i].Attr))
	}
}

// modifies is the privilege that a statement needs for its target, by the verb of its errors.
func modifies(verb string) acl.Privs {
	switch verb {
	case "insert into":
		return acl.Insert
	case "update":
		return acl.Update
	}
	return acl.Delete
}

// noteWrites marks columns of the target as written: by ordinals of the table.
func (to *modTarget) noteWrites(p acl.Privs, ords []int) {
	if to.access == nil {
		return
	}
	to.access.Privs |= p
	if to.base != nil {
		to.base.Privs |= p
	}
	for _, ord := range ords {
		if ord < 0 {
			continue
		}
		table := to.access
		if to.view != nil {
			for i, o := range to.ords {
				if o == ord && i < len(to.view.Columns) {
					to.access.Writes(p).Add(int(to.view.Columns[i].ID))
				}
			}
			table = to.base
		}
		if table != nil {
			table.Writes(p).Add(int(to.t.Columns[ord].ID))
		}
	}
}

// accesses are the statement's, as values for a plan.
func (b *binder) accesses() []logical.Access {
	out := make([]logical.Access, 0, len(b.access))
	for _, a := range b.access {
		if a.Privs != 0 {
			out = append(out, *a)
		}
	}
	return out
}

// noteCall notes a function that the current role must be allowed to call.
func (b *binder) noteCall(f types.OID) {
	if !slices.Contains(b.calls, f) {
		b.calls = append(b.calls, f)
	}
}

// checkSchema refuses a name qualified with a schema that the current role may not use.
func (b *binder) checkSchema(name string, pos int) {
	if b.o.Role == 0 || name == "" || b.viewDepth > 0 {
		return
	}
	if s, ok := b.o.Reader.Schema(name); ok && b.o.Reader.Allowed(b.o.Role, s, acl.Usage, false) == 0 {
		b.fail(pgerr.InsufficientPrivilege, pos, "permission denied for schema %s", name)
	}
}
