package sqllogic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// RecordFile makes a file of records from SQL text: statements separated by empty lines, lines starting with # kept as comments.
// The answers are those of the server behind conn, which should be PostgreSQL.
func RecordFile(ctx context.Context, conn *pgconn.PgConn, sql string, out io.Writer) error {
	for _, block := range strings.Split(strings.ReplaceAll(sql, "\r", ""), "\n\n") {
		var comments, lines []string
		for _, l := range strings.Split(block, "\n") {
			if strings.HasPrefix(l, "#") {
				comments = append(comments, l)
			} else if strings.TrimSpace(l) != "" {
				lines = append(lines, strings.TrimRight(l, " \t"))
			}
		}
		for _, c := range comments {
			fmt.Fprintln(out, c)
		}
		if len(lines) > 0 {
			if err := recordStatement(ctx, conn, strings.Join(lines, "\n"), out); err != nil {
				return err
			}
		}
		fmt.Fprintln(out)
	}
	return nil
}

func recordStatement(ctx context.Context, conn *pgconn.PgConn, sql string, out io.Writer) error {
	results, err := conn.Exec(ctx, sql).ReadAll()
	var pge *pgconn.PgError
	switch {
	case errors.As(err, &pge):
		fmt.Fprintf(out, "statement error %s\n%s\n", pge.Code, sql)
		return nil
	case err != nil:
		return fmt.Errorf("%w\n%s", err, sql)
	case len(results) == 0 || !results[len(results)-1].CommandTag.Select() && len(results[len(results)-1].FieldDescriptions) == 0,
		sql == "SELECT": // no column at all
		fmt.Fprintf(out, "statement ok\n%s\n", sql)
		return nil
	}
	res := results[len(results)-1]
	fmt.Fprintf(out, "query %s exact\n%s\n----\n", strings.Repeat("T", len(res.FieldDescriptions)), sql)
	for _, row := range res.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = text(v)
		}
		fmt.Fprintln(out, strings.Join(cells, "\t"))
	}
	return nil
}
