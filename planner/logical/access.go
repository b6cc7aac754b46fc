package logical

import (
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/types"
)

// Access is what a statement does with one relation that it names, for the check of privileges when it begins.
type Access struct {
	Relation types.OID
	// As is the role whose privileges count: the owner of the view that names the relation; 0: the current role.
	As    types.OID
	Privs acl.Privs
	// Reads, Inserts and Updates are columns: privileges on all of them are as good as one on the relation.
	Reads, Inserts, Updates acl.Columns
}

// Writes are the columns that a privilege to write is about: Inserts for INSERT, Updates for all others.
func (a *Access) Writes(p acl.Privs) *acl.Columns {
	if p == acl.Insert {
		return &a.Inserts
	}
	return &a.Updates
}
