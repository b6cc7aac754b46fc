package bind

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// The files testdata/analyze/*.txt hold statements and what PostgreSQL's Parse message answers to them: the names and types of
// the result's columns and the types of the parameters, or the error. To record them anew:
//
//	go test ./planner/bind -run Analyze -oracle 'host=127.0.0.1 port=54329 user=postgres dbname=…'
//
// in a database that is free to use: testdata/analyze/schema.sql is run there first.
var oracle = flag.String("oracle", "", "connection string of a PostgreSQL to record testdata/analyze from")

func TestAnalyze(t *testing.T) {
	files, err := filepath.Glob("testdata/analyze/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	sort.Strings(files)
	var conn *pgconn.PgConn
	if *oracle != "" {
		conn = connectOracle(t)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { analyzeFile(t, f, conn) })
	}
}

func connectOracle(t *testing.T) *pgconn.PgConn {
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, *oracle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	schema, err := os.ReadFile("testdata/analyze/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, string(schema)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	return conn
}

// analyzeFile reads blocks of a statement and, after a line "----", the expected answer, separated by empty lines.
func analyzeFile(t *testing.T, name string, conn *pgconn.PgConn) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	reader := testCatalog(t)
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		sql, want, _ := strings.Cut(block, "\n----\n")
		sql = strings.TrimSuffix(sql, "\n----")
		if strings.HasPrefix(sql, "#") {
			fmt.Fprintf(&out, "%s\n\n", block)
			continue
		}
		if conn != nil {
			fmt.Fprintf(&out, "%s\n----\n%s\n\n", sql, askOracle(t, conn, sql))
			continue
		}
		got := analyze(sql, Options{Reader: reader, SearchPath: []string{"public"}, Database: "x_bind"})
		if got != strings.TrimSpace(want) {
			t.Errorf("%s\n  got:  %s\n  want: %s", sql, got, strings.TrimSpace(want))
		}
	}
	if conn != nil {
		if err := os.WriteFile(name, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// askOracle describes the statement as analyze does.
func askOracle(t *testing.T, conn *pgconn.PgConn, sql string) string {
	d, err := conn.Prepare(context.Background(), "", sql, nil)
	if err != nil {
		var pg *pgconn.PgError
		if !errors.As(err, &pg) {
			t.Fatal(err)
		}
		return formatError(pg.Code, int(pg.Position), pg.Message, pg.Detail, pg.Hint)
	}
	var cols, params []string
	for _, f := range d.Fields {
		origin := ""
		if f.TableAttributeNumber > 0 && f.TableAttributeNumber < 32768 {
			origin = fmt.Sprintf(" #%d", f.TableAttributeNumber)
		}
		cols = append(cols, f.Name+" "+oracleType(f.DataTypeOID, f.TypeModifier)+origin)
	}
	for _, p := range d.ParamOIDs {
		params = append(params, oracleType(p, -1))
	}
	return formatShape(cols, params)
}

// oracleType names a type; those of user tables have other OIDs here than there.
func oracleType(oid uint32, mod int32) string {
	if oid >= 16384 {
		return "row type"
	}
	return types.FormatType(types.OID(oid), mod)
}

func formatShape(cols, params []string) string {
	s := "(" + strings.Join(cols, ", ") + ")"
	if len(params) > 0 {
		s += " params (" + strings.Join(params, ", ") + ")"
	}
	return s
}

func formatError(code string, pos int, msg, detail, hint string) string {
	s := fmt.Sprintf("%s at %d: %s", code, pos, msg)
	if detail != "" {
		s += "\nDETAIL: " + detail
	}
	if hint != "" {
		s += "\nHINT: " + hint
	}
	return s
}

// analyze binds a statement and describes the outcome.
func analyze(sql string, o Options) string {
	raw, err := parser.Parse(sql)
	if err != nil {
		return describeError(err)
	}
	o.SQL = sql
	b, err := Statement(raw[0].Stmt, o)
	if err != nil {
		return describeError(err)
	}
	v := &verifier{}
	v.node(b.Root)
	if len(v.problems) > 0 {
		return "INVALID PLAN: " + strings.Join(v.problems, "; ")
	}
	var cols, params []string
	for _, c := range b.Columns {
		origin := ""
		if c.Attr > 0 {
			origin = fmt.Sprintf(" #%d", c.Attr)
		}
		cols = append(cols, c.Name+" "+oracleType(uint32(c.T.OID), c.T.Mod)+origin)
	}
	for _, p := range b.Params {
		params = append(params, oracleType(uint32(p.OID), -1))
	}
	return formatShape(cols, params)
}

func describeError(err error) string {
	e, ok := pgerr.As(err)
	if !ok {
		return err.Error()
	}
	return formatError(string(e.Code), e.Position, e.Message, e.Detail, e.Hint)
}
