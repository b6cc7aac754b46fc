package stats

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/vec"
)

// CountRows counts the rows of a table.
func CountRows(ctx context.Context, txn kv.Txn, t *catalog.Table) (rows int, err error) {
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return 0, err
	}
	it, err := txn.Scan(ctx, rt.Range(), kv.ScanOptions{KeysOnly: true})
	if err != nil {
		return 0, err
	}
	defer it.Close()
	for {
		var es kv.Entries
		if err := it.Next(ctx, &es, vec.BatchRows); err != nil || es.Len() == 0 {
			return rows, err
		}
		rows += es.Len()
	}
}
