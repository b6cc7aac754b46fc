package catalog

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/types"
)

// TempAlias is the name by which a session calls its own temporary schema, whatever its number is.
const TempAlias = "pg_temp"

const tempPrefix = "pg_temp_"

// OnCommit is what COMMIT does to a temporary table.
type OnCommit byte

// The actions of ON COMMIT.
const (
	OnCommitPreserve OnCommit = 0
	OnCommitDelete   OnCommit = 'D'
	OnCommitDrop     OnCommit = 'd'
)

// TempSchema is the name of the schema with the temporary objects of the session with that process ID.
func TempSchema(pid int32) string { return tempPrefix + strconv.Itoa(int(pid)) }

// IsTempSchema reports whether a schema holds temporary objects, of whatever session.
func IsTempSchema(name string) bool { return strings.HasPrefix(name, tempPrefix) }

// Temporary reports whether a schema holds temporary objects.
func (r *Reader) Temporary(schema types.OID) bool {
	if schema < FirstUserOID {
		return false
	}
	return IsTempSchema(r.SchemaName(schema))
}

// OwnTemp is the session's temporary schema, which its search path has once it exists; "" before.
func OwnTemp(searchPath []string) string {
	for _, p := range searchPath {
		if IsTempSchema(p) {
			return p
		}
	}
	return ""
}

// WroteTo reports whether the transaction holds the lock of a writer on a table.
func (t *Txn) WroteTo(table types.OID) bool {
	for _, l := range t.locks {
		if l.oid == table {
			return true
		}
	}
	return false
}

// OtherTemp reports whether a schema is the temporary one of another session than that with this search path.
func (r *Reader) OtherTemp(schema types.OID, searchPath []string) bool {
	return r.Temporary(schema) && r.SchemaName(schema) != OwnTemp(searchPath)
}
