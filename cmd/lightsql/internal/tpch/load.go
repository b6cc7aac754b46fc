package tpch

import (
	"context"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
)

// Load creates the tables over a connection, fills them, adds keys and indexes, and analyzes.
func Load(ctx context.Context, c *pgconn.PgConn, scale float64) error {
	for _, t := range Tables {
		if err := run(ctx, c, t.Create); err != nil {
			return err
		}
		r, w := io.Pipe()
		go func() { w.CloseWithError(t.Write(w, scale)) }()
		_, err := c.CopyFrom(ctx, r, "COPY "+t.Name+" FROM STDIN")
		r.Close()
		if err != nil {
			return fmt.Errorf("COPY %s: %w", t.Name, err)
		}
		for _, sql := range t.Indexes {
			if err := run(ctx, c, sql); err != nil {
				return err
			}
		}
	}
	return run(ctx, c, "ANALYZE")
}

func run(ctx context.Context, c *pgconn.PgConn, sql string) error {
	if _, err := c.Exec(ctx, sql).ReadAll(); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// Answer runs a query and returns its rows as text: fields after each other with a bar between, as psql -At prints them.
func Answer(ctx context.Context, c *pgconn.PgConn, sql string) ([]string, error) {
	results, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var rows []string
	for _, r := range results {
		for _, fields := range r.Rows {
			line := ""
			for i, f := range fields {
				if i > 0 {
					line += "|"
				}
				line += string(f)
			}
			rows = append(rows, line)
		}
	}
	return rows, nil
}
