package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/mvcc"
)

// backupBatchBytes is how much a backup writes in one transaction.
const backupBatchBytes = 4 << 20

func newCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check DIR",
		Short: "Verify every file of a data directory",
		Long: "Check reads all files of a data directory and verifies checksums, order and references. It changes nothing. The\n" +
			"server must not be running. It names the first damage it finds and exits with status 1.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return check(cmd.Context(), args[0], cmd.OutOrStdout())
		},
	}
}

func newBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup DIR TARGET",
		Short: "Copy a data directory into a new one",
		Long: "Backup copies the newest state of a data directory, every row verified by its checksum on the way, into TARGET, which\n" +
			"must not exist. TARGET appears when it is complete and on disk. The server must not be running.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return backup(cmd.Context(), args[0], args[1], cmd.OutOrStdout())
		},
	}
}

// openReadOnly opens an existing data directory without changing anything in it.
func openReadOnly(dir string) (*mvcc.DB, error) {
	if s, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !s.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	db, err := mvcc.Open(dir, mvcc.Options{ReadOnly: true})
	if errors.Is(err, kv.ErrInUse) {
		return nil, fmt.Errorf("data directory %s is in use by another process", dir)
	}
	return db, err
}

func check(ctx context.Context, dir string, out io.Writer) error {
	if ctx == nil {
		ctx = context.Background()
	}
	began := time.Now()
	db, err := openReadOnly(dir)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Check(ctx); err != nil {
		return fmt.Errorf("%s is damaged: %w", dir, err)
	}
	fmt.Fprintf(out, "%s: no damage found, %.1f s\n", dir, time.Since(began).Seconds())
	return nil
}

// backup copies a snapshot of dir to target, under another name until it is complete.
func backup(ctx context.Context, dir, target string, out io.Writer) error {
	if ctx == nil {
		ctx = context.Background()
	}
	if _, err := os.Stat(target); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s exists", target)
	}
	from, err := openReadOnly(dir)
	if err != nil {
		return err
	}
	defer from.Close()
	partial := target + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	to, err := mvcc.Open(partial, mvcc.Options{Sync: engine.SyncCommit})
	if err != nil {
		return err
	}
	n, err := copyStore(ctx, from, to)
	if e := to.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(partial, target)
	}
	if err != nil {
		os.RemoveAll(partial)
		return fmt.Errorf("backup of %s: %w", dir, err)
	}
	fmt.Fprintf(out, "%s: %d entries copied to %s\n", dir, n, target)
	return nil
}

// copyStore writes everything that a snapshot of from shows to the empty store to, and returns the number of entries.
func copyStore(ctx context.Context, from, to kv.Store) (n int, err error) {
	source := from.Begin(kv.TxnOptions{Isolation: kv.Snapshot, ReadOnly: true})
	defer source.Rollback()
	it, err := source.Scan(ctx, kv.Range{Start: []byte{0}}, kv.ScanOptions{})
	if err != nil {
		return 0, err
	}
	defer it.Close()
	var b kv.Entries
	for {
		tx := to.Begin(kv.TxnOptions{Async: true})
		size := 0
		for size < backupBatchBytes {
			if err := it.Next(ctx, &b, 1024); err != nil {
				tx.Rollback()
				return n, err
			}
			if b.Len() == 0 {
				_, err := tx.Commit(ctx) // closing the store makes all of it durable
				return n, err
			}
			for i, k := range b.K {
				if err := tx.Put(k, b.V[i]); err != nil {
					tx.Rollback()
					return n, err
				}
				size += len(k) + len(b.V[i])
			}
			n += b.Len()
		}
		if _, err := tx.Commit(ctx); err != nil {
			return n, err
		}
	}
}
