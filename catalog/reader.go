package catalog

import "github.com/lightsql/lightsql/sql/types"

// Reader is the catalog as one transaction sees it: an immutable published snapshot, plus the transaction's own changes.
// It answers from memory. It is used by one goroutine at a time; a Reader of a transaction that changed nothing is shared.
type Reader struct {
	*snapshot
}

func (t *Table) RelOID() types.OID       { return t.OID }
func (t *Table) RelName() string         { return t.Name }
func (t *Table) RelSchema() types.OID    { return t.Schema }
func (t *Table) RelKind() RelKind        { return RelTable }
func (v *View) RelOID() types.OID        { return v.OID }
func (v *View) RelName() string          { return v.Name }
func (v *View) RelSchema() types.OID     { return v.Schema }
func (v *View) RelKind() RelKind         { return RelView }
func (s *Sequence) RelOID() types.OID    { return s.OID }
func (s *Sequence) RelName() string      { return s.Name }
func (s *Sequence) RelSchema() types.OID { return s.Schema }
func (s *Sequence) RelKind() RelKind     { return RelSequence }

// snapshot is one version of the catalog. The catalog engineer's files fill it.
type snapshot struct {
	version uint64
}

// Version identifies the state of the catalog that r shows; equal versions mean equal answers (plans are cached by it).
func (r *Reader) Version() uint64 { return r.version }
