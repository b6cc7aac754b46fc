package store_test

import (
	"context"
	"fmt"
	"os"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/store"
)

// The store as a library: open a directory, write in one transaction, read in another.
func Example() {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	db, err := store.Open(dir, store.Options{})
	if err != nil {
		panic(err)
	}
	defer db.Close()
	ctx := context.Background()

	tx := db.Begin(kv.TxnOptions{})
	for _, name := range []string{"pear", "apple", "plum"} {
		if err := tx.Put([]byte(name), []byte("fruit")); err != nil {
			panic(err)
		}
	}
	if _, err := tx.Commit(ctx); err != nil { // durable from here on
		panic(err)
	}

	tx = db.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	it, err := tx.Scan(ctx, kv.Range{Start: []byte("b")}, kv.ScanOptions{})
	if err != nil {
		panic(err)
	}
	defer it.Close()
	var batch kv.Entries
	if err := it.Next(ctx, &batch, 100); err != nil {
		panic(err)
	}
	for i := range batch.K {
		fmt.Printf("%s is a %s\n", batch.K[i], batch.V[i])
	}
	// Output:
	// pear is a fruit
	// plum is a fruit
}
