package session

import "github.com/lightsql/lightsql/sql/types"

// SequenceValue is where a sequence stands, for pg_sequence_last_value.
func (e *env) SequenceValue(seq types.OID) (last int64, called bool, err error) {
	q, err := e.sequence(seq)
	if err != nil {
		return 0, false, err
	}
	last, _, called, err = e.srv.o.Catalog.SequenceValue(e.ctx, q)
	return last, called, err
}
