package oracle

import (
	"os"
	"regexp"
	"testing"

	pgquery "github.com/pganalyze/pg_query_go/v6/parser"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
)

// positions are the parts of a tree in JSON that say where something stood.
var positions = regexp.MustCompile(`,?"(location|stmt_location|stmt_len|list_start|list_end|rexpr_list_start|rexpr_list_end|name_location|type_location|arg_location)":-?\d+`)

// theirTree is PostgreSQL's tree of a statement, without positions.
func theirTree(sql string) string {
	tree, err := pgquery.ParseToJSON(sql)
	if err != nil {
		return "error: " + err.Error()
	}
	return positions.ReplaceAllString(tree, "")
}

// TestTrees parses, prints, and compares what PostgreSQL makes of the statement
// and of the print: if our tree says something else than theirs, so does it.
func TestTrees(t *testing.T) {
	path := os.Getenv("LIGHTSQL_PGREGRESS")
	if path == "" {
		t.Skip("LIGHTSQL_PGREGRESS does not name the recording of the regression suite (golden15.json.gz)")
	}
	seen := map[string]bool{}
	compared, different := 0, 0
	for _, sql := range recordedStatements(t, path) {
		stmts, err := parser.Parse(sql)
		if err != nil || len(stmts) != 1 || seen[sql] {
			continue
		}
		seen[sql] = true
		text := ast.Format(stmts[0].Stmt)
		if text == "" {
			continue
		}
		compared++
		if a, b := theirTree(sql), theirTree(text); a != b {
			different++
			t.Logf("%s\n  printed %s\n  tree  %s\n  print %s", sql, text, a, b)
		}
	}
	t.Logf("%d statements compared, %d different", compared, different)
	if different > compared/200 {
		t.Errorf("%d of %d statements are printed as something else", different, compared)
	}
}
