package exec

import (
	"bytes"
	"context"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// Follow locks a row that left its key after the statement's snapshot, which v is the answer of Lock for: it returns the key that the row has now, and
// its newest state there. A row that an UPDATE took to another partition cannot be followed: that is an error.
func Follow(ctx context.Context, tx kv.Txn, key []byte, o kv.LockOptions, v kv.LockedValue) ([]byte, kv.LockedValue, error) {
	there := o
	there.Claim = true // no matter what the snapshot had there
	for v.Moved != nil {
		if err := CheckMoved(&v); err != nil {
			return nil, v, err
		}
		to := v.Moved
		var l kv.Locked
		if err := tx.Lock(ctx, [][]byte{to}, there, &l); err != nil {
			return nil, v, err
		}
		found := l.V[0]
		if found.Skipped {
			return to, found, nil
		}
		if err := tx.Lock(ctx, [][]byte{key}, o, &l); err != nil {
			return nil, v, err
		}
		if v = l.V[1]; bytes.Equal(v.Moved, to) {
			found.Changed = true
			return to, found, nil
		}
	}
	return key, v, nil
}

// CheckMoved is an error if what was at a key went to another partition.
func CheckMoved(v *kv.LockedValue) error {
	if v.Moved == nil || len(v.Moved) > 0 {
		return nil
	}
	return pgerr.New(pgerr.SerializationFailure, "tuple to be locked was already moved to another partition due to concurrent update")
}
