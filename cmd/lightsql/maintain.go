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

// openReadOnly opens an existing data directory without changing anything in it, and keeps servers out.
func openReadOnly(dir string) (*mvcc.DB, error) {
	if s, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !s.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	db, err := mvcc.Open(dir, mvcc.Options{ReadOnly: true, Exclusive: true})
	if errors.Is(err, kv.ErrInUse) {
		return nil, fmt.Errorf("data directory %s is in use by another process: %w", dir, err)
	}
	return db, err
}

// check verifies the store's files, prints what it has read, and returns the damage.
func check(ctx context.Context, dir string, out io.Writer) error {
	if ctx == nil {
		ctx = context.Background()
	}
	began := time.Now()
	db, err := openReadOnly(dir)
	if errors.Is(err, kv.ErrCorrupt) {
		return fmt.Errorf("%s is damaged: %w", dir, err)
	}
	if err != nil {
		return err
	}
	defer db.Close()
	report, err := db.Check(ctx)
	printReport(out, &report)
	if err != nil {
		return fmt.Errorf("%s is damaged: %w", dir, err)
	}
	fmt.Fprintf(out, "%s: no damage found, %.1f s\n", dir, time.Since(began).Seconds())
	return nil
}

func printReport(out io.Writer, r *engine.Report) {
	for _, f := range r.Files {
		state := "ok"
		if f.Err != nil {
			state = "DAMAGED"
		}
		fmt.Fprintf(out, "%-8s  %-16s  %12d bytes  %10d entries  %s\n", f.Kind, f.Name, f.Bytes, f.Entries, state)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(out, "note      %s\n", n)
	}
}

// backup copies what a snapshot of dir sees to target.
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
	var last kv.BackupProgress
	if _, err = from.Backup(ctx, target, func(p kv.BackupProgress) { last = p }); err != nil {
		os.RemoveAll(target)
		return err
	}
	fmt.Fprintf(out, "%s: %d entries copied to %s\n", dir, last.Entries, target)
	return nil
}
