package sqllogic

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Failure is a record that was not answered as the file says.
type Failure struct {
	Line   int
	SQL    string
	Reason string
}

// Result counts the records of one file.
type Result struct {
	Passed   int
	Failures []Failure
}

// runner executes the records of one file.
type runner struct {
	conn      *pgconn.PgConn
	threshold int
	labels    map[string]string // hash of the results of a label
}

// Run executes records in order on conn. exclude holds the lines of records that are run but not counted.
func Run(ctx context.Context, conn *pgconn.PgConn, records []Record, exclude map[int]bool) (Result, error) {
	r := &runner{conn: conn, labels: map[string]string{}}
	var res Result
	for i := range records {
		rec := &records[i]
		if !rec.RunsOn("postgresql") {
			continue
		}
		if rec.Kind == Halt {
			break
		}
		if rec.Kind == HashThreshold {
			r.threshold = rec.Threshold
			continue
		}
		reason, err := r.run(ctx, rec)
		if err != nil {
			return res, fmt.Errorf("line %d: %w\n%s", rec.Line, err, rec.SQL)
		}
		switch {
		case exclude[rec.Line]:
		case reason == "":
			res.Passed++
		default:
			res.Failures = append(res.Failures, Failure{rec.Line, rec.SQL, reason})
		}
	}
	return res, nil
}

// run executes one record; reason is "" if it passed. An error means that the connection is of no more use.
func (r *runner) run(ctx context.Context, rec *Record) (reason string, err error) {
	results, err := r.conn.Exec(ctx, rec.SQL).ReadAll()
	var pge *pgconn.PgError
	if err != nil && !errors.As(err, &pge) {
		return "", err
	}
	if r.conn.IsClosed() {
		return "", fmt.Errorf("the server closed the connection: %w", err)
	}
	if rec.Error {
		switch {
		case pge == nil:
			return "expected an error", nil
		case rec.ErrorMatch != "" && pge.Code != rec.ErrorMatch && !strings.Contains(pge.Message, rec.ErrorMatch):
			return fmt.Sprintf("expected error %q, got %s: %s", rec.ErrorMatch, pge.Code, pge.Message), nil
		}
		return "", nil
	}
	if pge != nil {
		return fmt.Sprintf("%s: %s", pge.Code, pge.Message), nil
	}
	if rec.Kind == Statement {
		if n := len(results); rec.Count >= 0 && (n == 0 || results[n-1].CommandTag.RowsAffected() != int64(rec.Count)) {
			return fmt.Sprintf("expected %d rows, got %s", rec.Count, results[n-1].CommandTag), nil
		}
		return "", nil
	}
	if len(results) == 0 {
		return "no result", nil
	}
	return r.compare(rec, results[len(results)-1]), nil
}

func (r *runner) compare(rec *Record, res *pgconn.Result) string {
	if len(res.Rows) > 0 && len(rec.Types) != len(res.FieldDescriptions) {
		return fmt.Sprintf("expected %d columns, got %d", len(rec.Types), len(res.FieldDescriptions))
	}
	if rec.Sort == "exact" {
		return compareExact(rec, res)
	}
	values, err := formatted(rec, res)
	if err != nil {
		return err.Error()
	}
	sum := md5.New()
	for _, v := range values {
		sum.Write([]byte(v))
		sum.Write([]byte{'\n'})
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	if rec.Label != "" {
		if old, ok := r.labels[rec.Label]; ok && old != hash {
			return "result differs from an earlier one of the same label"
		}
		r.labels[rec.Label] = hash
	}
	if len(rec.Expected) == 1 && strings.Contains(rec.Expected[0], " values hashing to ") {
		got := fmt.Sprintf("%d values hashing to %s", len(values), hash)
		if got != rec.Expected[0] {
			return fmt.Sprintf("expected %s, got %s", rec.Expected[0], got)
		}
		return ""
	}
	if !slices.Equal(values, rec.Expected) {
		return fmt.Sprintf("expected\n%s\ngot\n%s", strings.Join(rec.Expected, "\n"), strings.Join(values, "\n"))
	}
	return ""
}

// compareExact compares rows as text, with columns separated by tabs.
func compareExact(rec *Record, res *pgconn.Result) string {
	var rows []string
	for _, row := range res.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = text(v)
		}
		rows = append(rows, strings.Join(cells, "\t"))
	}
	if !slices.Equal(rows, rec.Expected) {
		return fmt.Sprintf("expected\n%s\ngot\n%s", strings.Join(rec.Expected, "\n"), strings.Join(rows, "\n"))
	}
	return ""
}

func text(v []byte) string {
	switch {
	case v == nil:
		return "NULL"
	case len(v) == 0:
		return "(empty)"
	}
	return string(v)
}

// formatted returns all values of a result as the format writes them, sorted as the record says.
func formatted(rec *Record, res *pgconn.Result) ([]string, error) {
	rows := make([][]string, len(res.Rows))
	for i, row := range res.Rows {
		rows[i] = make([]string, len(row))
		for j, v := range row {
			s, err := formatValue(rec.Types[j], v)
			if err != nil {
				return nil, err
			}
			rows[i][j] = s
		}
	}
	if rec.Sort == "rowsort" {
		slices.SortStableFunc(rows, slices.Compare[[]string])
	}
	var values []string
	for _, row := range rows {
		values = append(values, row...)
	}
	if rec.Sort == "valuesort" {
		slices.Sort(values)
	}
	return values, nil
}

func formatValue(kind byte, v []byte) (string, error) {
	if v == nil {
		return "NULL", nil
	}
	s := string(v)
	switch kind {
	case 'I':
		return formatInteger(s), nil
	case 'R':
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return "", fmt.Errorf("value %q of a column of type R", s)
		}
		return strconv.FormatFloat(f, 'f', 3, 64), nil
	}
	if s == "" {
		return "(empty)", nil
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '@'
		}
		return c
	}, s), nil
}

// formatInteger cuts a number to an integer; text that is no number is 0, as C's strtoll has it.
func formatInteger(s string) string {
	switch s {
	case "t":
		return "1"
	case "f":
		return "0"
	}
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) {
		return "0"
	}
	return strconv.FormatInt(int64(f), 10)
}
