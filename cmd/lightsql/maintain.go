package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/exec/session"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine"
	"github.com/lightsql/lightsql/kv/mvcc"
)

func newCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check DIR",
		Short: "Verify every file, table and index of a data directory",
		Long: "Check reads all files of a data directory and verifies checksums, order and references; then it compares every index with\n" +
			"its table. It changes nothing. The server must not be running. It prints what it has read and the damage it finds, and\n" +
			"exits with status 1 if there is any.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return check(cmd.Context(), args[0], cmd.OutOrStdout())
		},
	}
}

func newBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup DIR TARGET",
		Short: "Copy a data directory into a new one, also of a running server",
		Long: "Backup copies one state of a data directory, every row verified by its checksum on the way, into TARGET, which must not\n" +
			"exist. A server that runs on DIR makes the copy itself, while it goes on serving; PGUSER and PGPASSWORD say as whom to\n" +
			"ask it. The manifest of TARGET is written last: without it, TARGET is no data directory.",
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
		return nil, inUse(dir, err)
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
	if err == nil {
		err = checkTables(ctx, db, out)
	}
	if err != nil {
		return fmt.Errorf("%s is damaged: %w", dir, err)
	}
	fmt.Fprintf(out, "%s: no damage found, %.1f s\n", dir, time.Since(began).Seconds())
	return nil
}

func printReport(out io.Writer, r *engine.Report) {
	for _, f := range r.Files {
		fmt.Fprintf(out, "%-8s  %-16s  %12d bytes  %10d entries  %s\n", f.Kind, f.Name, f.Bytes, f.Entries, state(f.Err))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(out, "note      %s\n", n)
	}
}

// checkTables compares tables and indexes, prints what it has read, and returns the damage.
func checkTables(ctx context.Context, db *mvcc.DB, out io.Writer) error {
	if db.Stats().VisibleTS == 0 {
		return nil // nothing was ever written
	}
	cat, err := catalog.Open(ctx, db, pgcatalog.Builtins())
	if err != nil {
		return err
	}
	var damage []error
	err = session.NewServer(session.ServerOptions{Store: db, Catalog: cat, Logger: slog.New(slog.DiscardHandler)}).
		CheckTables(ctx, func(t session.CheckedTable) {
			fmt.Fprintf(out, "table     %-32s  %10d rows  %3d indexes  %10d entries  %s\n", t.Name, t.Rows, t.Indexes, t.Entries, state(t.Err))
			if t.Err != nil {
				damage = append(damage, fmt.Errorf("table %s: %w", t.Name, t.Err))
			}
		})
	return errors.Join(append(damage, err)...)
}

func state(err error) string {
	if err != nil {
		return "DAMAGED"
	}
	return "ok"
}

// backup copies one state of dir to target, or lets the server that uses dir do it.
func backup(ctx context.Context, dir, target string, out io.Writer) error {
	if ctx == nil {
		ctx = context.Background()
	}
	target, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	if _, err := os.Stat(target); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s exists", target)
	}
	entries, err := int64(0), error(nil)
	from, err := openReadOnly(dir)
	switch {
	case errors.Is(err, kv.ErrInUse):
		entries, err = backupOfServer(ctx, dir, target, out)
	case err == nil:
		_, err = from.Backup(ctx, target, func(p kv.BackupProgress) { entries = p.Entries })
		from.Close()
		if err != nil {
			os.RemoveAll(target)
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d entries copied to %s\n", dir, entries, target)
	return nil
}

// holderText is how a server signs the lock of its data directory.
func holderText(address string, pid int) string {
	return fmt.Sprintf("LightSQL %s process %d", address, pid)
}

// inUse says who uses a data directory.
func inUse(dir string, err error) error {
	var address string
	var pid int
	if n, _ := fmt.Sscanf(mvcc.Holder(dir), "LightSQL %s process %d", &address, &pid); n == 2 {
		return inUseError{fmt.Sprintf("data directory %s is in use by the server on %s, process %d", dir, address, pid), err}
	}
	return inUseError{fmt.Sprintf("data directory %s is in use by another process", dir), err}
}

type inUseError struct {
	text string
	error
}

func (e inUseError) Error() string { return e.text }
func (e inUseError) Unwrap() error { return e.error }

// backupOfServer asks the server on dir for a backup and prints its notices.
func backupOfServer(ctx context.Context, dir, target string, out io.Writer) (entries int64, err error) {
	var address string
	if n, _ := fmt.Sscanf(mvcc.Holder(dir), "LightSQL %s process", &address); n != 1 {
		return 0, inUse(dir, kv.ErrInUse)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0, err
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	user := cmp.Or(os.Getenv("PGUSER"), "postgres")
	config, err := pgconn.ParseConfig(fmt.Sprintf("host=%s port=%s user=%s dbname=postgres", host, port, user))
	if err != nil {
		return 0, err
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { fmt.Fprintln(out, n.Message) }
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	r := conn.ExecParams(ctx, "SELECT lightsql_backup($1)", [][]byte{[]byte(target)}, nil, nil, nil).Read()
	if r.Err != nil {
		return 0, r.Err
	}
	return strconv.ParseInt(string(r.Rows[0][0]), 10, 64)
}
