package oracle

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pgquery "github.com/pganalyze/pg_query_go/v6/parser"

	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// verdict is what a parser says of a statement: the message is empty if it
// accepts.
type verdict struct {
	message  string
	position int
}

func ours(sql string) verdict {
	_, err := parser.Parse(sql)
	if err == nil {
		return verdict{}
	}
	e, ok := pgerr.As(err)
	if !ok {
		return verdict{message: "not a pgerr.Error: " + err.Error()}
	}
	return verdict{e.Message, e.Position}
}

func theirs(sql string) verdict {
	_, err := pgquery.ParseToProtobuf(sql)
	if err == nil {
		return verdict{}
	}
	var e *pgquery.Error
	if !errors.As(err, &e) {
		return verdict{message: err.Error()}
	}
	return verdict{e.Message, e.Cursorpos}
}

// tally counts how often the parsers agree.
type tally struct {
	statements int
	decision   int // one accepts, the other rejects
	text       int // both reject, with different texts
	position   int // both reject with one text at different positions
	report     []string
}

func (y *tally) compare(sql string) {
	y.statements++
	a, b := ours(sql), theirs(sql)
	kind := ""
	switch {
	case (a.message == "") != (b.message == ""):
		y.decision++
		kind = "decision"
	case a.message != b.message:
		y.text++
		kind = "text"
	case a.position != b.position:
		y.position++
		kind = "position"
	default:
		return
	}
	y.report = append(y.report, fmt.Sprintf("%s\n  ours   %q at %d\n  theirs %q at %d\n  %s",
		kind, a.message, a.position, b.message, b.position, strings.ReplaceAll(sql, "\n", "\n  ")))
}

// check fails if more than the given share of statements is decided differently.
func (y *tally) check(t *testing.T, name string, allowed float64) {
	t.Helper()
	t.Logf("%s: %d statements, differences: %d accept/reject, %d text, %d position",
		name, y.statements, y.decision, y.text, y.position)
	if path := os.Getenv("LIGHTSQL_ORACLE_REPORT"); path != "" {
		out := strings.Join(y.report, "\n\n") + "\n"
		if err := os.WriteFile(path+"."+name, []byte(out), 0o644); err != nil {
			t.Error(err)
		}
	}
	if share := float64(y.decision) / float64(max(y.statements, 1)); share > allowed {
		t.Errorf("%.2f %% of the statements of %s are accepted by one parser only", 100*share, name)
		for _, r := range y.report[:min(len(y.report), 10)] {
			t.Log(r)
		}
	}
}

// TestCorpus compares the parsers over the statements that the parser's own
// tests use: in testdata, one statement up to each line of dashes.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var y tally
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range strings.Split(string(text), "\n----\n") {
			y.compare(strings.TrimSuffix(sql, "\n"))
		}
	}
	y.check(t, "corpus", 0)
}

// TestRegress compares the parsers over PostgreSQL's regression suite.
func TestRegress(t *testing.T) {
	path := os.Getenv("LIGHTSQL_PGREGRESS")
	if path == "" {
		t.Skip("LIGHTSQL_PGREGRESS does not name the recording of the regression suite (golden15.json.gz)")
	}
	var y tally
	seen := map[string]bool{}
	for _, sql := range recordedStatements(t, path) {
		if !seen[sql] {
			seen[sql] = true
			y.compare(sql)
		}
	}
	y.check(t, "regress", 0.01)
}

func recordedStatements(t *testing.T, path string) []string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "golden15.json.gz")
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var recording struct {
		Files []struct {
			Stmts []struct {
				SQL string `json:"sql"`
			} `json:"stmts"`
		} `json:"files"`
	}
	if err := json.NewDecoder(z).Decode(&recording); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, file := range recording.Files {
		for _, s := range file.Stmts {
			list = append(list, s.SQL)
		}
	}
	return list
}
