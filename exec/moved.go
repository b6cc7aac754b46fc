package exec

import (
	"context"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// movedSuffix makes another key of the key of a row, one that no row has.
const movedSuffix = "\xffmoved"

func movedKey(key []byte) []byte { return append(key[:len(key):len(key)], movedSuffix...) }

// NoteMoved leaves word of a row that an UPDATE takes to another partition, for statements that wait for it: the deletion of a key that
// never exists, which goes when nobody can need it any more.
func NoteMoved(tx kv.Txn, key []byte) error { return tx.Delete(movedKey(key)) }

// CheckMoved is for a row that is gone since the statement began: it is an error if it was moved, for the row is still there elsewhere.
func CheckMoved(ctx context.Context, tx kv.Txn, key []byte) error {
	var l kv.Locked
	if err := tx.Lock(ctx, [][]byte{movedKey(key)}, kv.LockOptions{Mode: kv.KeyShared, Claim: true}, &l); err != nil {
		return err
	}
	if l.V[0].Changed {
		return pgerr.New(pgerr.SerializationFailure, "tuple to be locked was already moved to another partition due to concurrent update")
	}
	return nil
}
