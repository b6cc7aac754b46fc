package lightsql

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/lightsql/lightsql/"

// layers says which of our packages each package may import, by path prefix. The longest matching key applies. This is
// the table form of the picture in ARCHITECTURE.md.
var layers = map[string][]string{
	"sql/pgerr":         {},
	"sql/types":         {"sql/pgerr", "sql/types"},
	"sql/vec":           {"sql/pgerr", "sql/types"},
	"sql/expr":          {"sql/pgerr", "sql/types", "sql/vec"},
	"sql/charset":       {"sql/pgerr"},
	"sql/builtins":      {"sql/pgerr", "sql/charset", "sql/types", "sql/vec", "sql/expr", "sql/settings", "sql/regex", "sql/builtins"},
	"sql/collation":     {"sql/types", "sql/vec", "sql/expr"},
	"sql/regex":         {},
	"sql/settings":      {"sql/pgerr", "sql/types"},
	"sql/ast":           {"sql/pgerr"},
	"sql/parser":        {"sql/pgerr", "sql/ast", "sql/parser"},
	"sql/plpgsql":       {"sql/pgerr", "sql/types", "sql/ast", "sql/parser"},
	"kv":                {"kv"},
	"kv/keyenc":         {},
	"catalog":           {"sql", "kv", "catalog/acl"},
	"catalog/acl":       {"sql"},
	"catalog/roles":     {"sql", "kv", "catalog"},
	"catalog/extstats":  {"sql", "kv", "catalog"},
	"catalog/extend":    {"sql", "kv", "catalog"},
	"catalog/gin":       {"sql/types", "kv/keyenc"},
	"catalog/rowenc":    {"sql", "kv", "catalog"},
	"catalog/stats":     {"sql", "kv", "catalog", "catalog/rowenc"},
	"catalog/verify":    {"sql", "kv", "catalog", "catalog/rowenc"},
	"catalog/updatable": {"sql", "catalog"},
	"catalog/reloption": {"sql"},
	"catalog/ddl":       {"sql", "kv", "catalog", "catalog/accessmethod", "catalog/reloption", "catalog/updatable", "catalog/rowenc", "catalog/partition"},
	"catalog/partition": {"sql", "catalog", "catalog/rowenc"},
	"catalog/pgcatalog": {"sql", "kv", "catalog", "catalog/accessmethod", "catalog/reloption", "catalog/updatable", "catalog/rowenc", "catalog/partition"},
	"catalog/address":   {"sql", "catalog", "catalog/pgcatalog"},
	"catalog/server":    {"sql", "catalog", "catalog/pgcatalog"},
	"planner/logical":   {"sql", "catalog"},
	"planner/plan":      {"sql", "catalog", "planner/logical"},
	"planner/bind":      {"sql", "catalog", "planner/logical", "planner/bind"},
	"planner/opt":       {"sql", "catalog", "catalog/stats", "planner/logical", "planner/plan", "planner/opt"},
	"planner/rewrite":   {"sql", "catalog", "planner/logical", "planner/bind"},
	"planner/tree":      {"sql", "catalog", "planner/logical", "planner/plan", "planner/bind"},
	"planner":           {"sql", "catalog", "catalog/stats", "planner/logical", "planner/plan", "planner/bind", "planner/opt", "planner/rewrite", "planner/tree"},
	"exec":              {"sql", "kv", "catalog", "planner/plan", "planner/logical"},
	"exec/scan":         {"sql", "kv", "catalog", "catalog/rowenc", "planner/plan", "planner/logical", "exec"},
	"exec/join":         {"sql", "kv", "catalog", "catalog/rowenc", "planner/plan", "planner/logical", "exec"},
	"exec/agg":          {"sql", "kv", "catalog", "planner/plan", "planner/logical", "exec"},
	"exec/order":        {"sql", "kv", "catalog", "planner/plan", "planner/logical", "exec"},
	"exec/project":      {"sql", "kv", "catalog", "planner/plan", "planner/logical", "exec"},
	"exec/exectest":     {"sql", "planner/plan", "exec"},
	"exec/gather":       {"sql", "exec"},
	"exec/setop":        {"sql", "kv", "catalog", "planner/plan", "planner/logical", "exec"},
	"exec/explain":      {"sql", "planner/plan"},
	"exec/window":       {"sql", "kv", "catalog", "planner/plan", "planner/logical", "exec"},
	"exec/dml":          {"sql", "kv", "catalog", "catalog/rowenc", "planner/plan", "planner/logical", "exec"},
	"exec/fkey":         {"sql", "kv", "catalog", "catalog/partition", "catalog/rowenc", "exec"},
	"exec/copyio":       {"sql", "exec"},
	"exec/notify":       {},
	"exec/lockmgr":      {},
	"exec/pgstat":       {"sql"},
	"exec/statements":   {},
	"exec/vacuum":       {"sql", "catalog"},
	"exec/plpgsql":      {"sql", "catalog", "planner/bind"},
	"exec/build":        {"sql", "kv", "catalog", "catalog/rowenc", "planner/plan", "planner/logical", "exec"},
	"exec/session":      {"sql", "kv", "catalog", "planner", "exec"},
	"pgwire":            {"sql", "exec/session"},
	"cmd/lightsql":      {""},
}

// forbidden are imports that a prefix in layers would allow, by the longest matching key.
var forbidden = map[string][]string{
	"catalog":      backends,
	"exec":         append([]string{"sql/parser"}, backends...),
	"exec/plpgsql": backends,
	"exec/session": backends,
}

// backends are what only cmd names.
var backends = []string{"kv/engine", "kv/mvcc", "kv/tikv", "kv/vfs"}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestImportDirection(t *testing.T) {
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if name == p.ImportPath {
			continue // the root package has tests only
		}
		key := longest(layers, name)
		if key == "" {
			t.Errorf("package %s has no line in the layers table", name)
			continue
		}
		for _, imp := range p.Imports {
			imp, ours := strings.CutPrefix(imp, module)
			if ours && !allowed(key, imp) {
				t.Errorf("%s must not import %s", name, imp)
			}
		}
	}
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// longest is the longest key of a table that is name or a parent of it.
func longest[V any](table map[string]V, name string) string {
	for k := name; k != "." && k != ""; k = filepath.Dir(k) {
		if _, ok := table[k]; ok {
			return k
		}
	}
	return ""
}

func under(path, prefix string) bool {
	return prefix == "" || path == prefix || strings.HasPrefix(path, prefix+"/")
}

func allowed(key, imp string) bool {
	for _, p := range forbidden[longest(forbidden, key)] {
		if under(imp, p) {
			return false
		}
	}
	for _, p := range layers[key] {
		if under(imp, p) {
			return true
		}
	}
	return under(imp, key) && imp != key
}

// Size limits. exceptions lists what is larger, with the size it may not exceed; the list may only shrink.
const (
	functionLinesMax = 70
	fileLinesMax     = 800
	packageLinesMax  = 8000
)

func TestSizes(t *testing.T) {
	exceptions := readExceptions(t)
	used := map[string]bool{}
	packages := map[string]int{}
	check := func(what string, lines, limit int) {
		if lines <= limit {
			return
		}
		used[what] = true
		if allowed, ok := exceptions[what]; !ok {
			t.Errorf("%s has %d lines, more than %d", what, lines, limit)
		} else if lines > allowed {
			t.Errorf("%s has %d lines; testdata/size_exceptions.txt allows %d", what, lines, allowed)
		}
	}
	for _, path := range goFiles(t) {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if ast.IsGenerated(f) {
			continue
		}
		lines := fset.File(f.Pos()).LineCount()
		check(path, lines, fileLinesMax)
		packages[filepath.Dir(path)] += lines
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
				check(path+":"+functionName(fn), n, functionLinesMax)
			}
		}
	}
	for dir, n := range packages {
		check(dir, n, packageLinesMax)
	}
	for what := range exceptions {
		if !used[what] {
			t.Errorf("%s is within the limits: remove it from testdata/size_exceptions.txt", what)
		}
	}
}

func functionName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	typ := fn.Recv.List[0].Type
	if s, ok := typ.(*ast.StarExpr); ok {
		typ = s.X
	}
	if ix, ok := typ.(*ast.IndexExpr); ok {
		typ = ix.X
	}
	if id, ok := typ.(*ast.Ident); ok {
		return id.Name + "." + fn.Name.Name
	}
	return fn.Name.Name
}

// goFiles lists our source files without tests.
func goFiles(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			out = append(out, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// readExceptions reads lines of "what size".
func readExceptions(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	f, err := os.Open("testdata/size_exceptions.txt")
	if errors.Is(err, fs.ErrNotExist) {
		return out
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		i := strings.LastIndexByte(line, ' ')
		n := 0
		for _, c := range line[i+1:] {
			n = n*10 + int(c-'0')
		}
		out[line[:i]] = n
	}
	return out
}

// pathInMarkdown finds what looks like a path of this repository in Markdown: in backquotes or a link.
var pathInMarkdown = regexp.MustCompile("`([a-z.][A-Za-z0-9_./-]*/[A-Za-z0-9_./-]*)`|\\]\\(([^)#:]+)\\)")

func TestPathsInDocuments(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range pathInMarkdown.FindAllSubmatch(b, -1) {
			name, link := string(m[1]), string(m[2])
			if link != "" {
				name = filepath.Join(filepath.Dir(path), link)
			}
			checkDocumentPath(t, path, strings.TrimSuffix(name, "/"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkDocumentPath fails if name starts like a path of ours and does not exist. Module paths and other programs' files
// start otherwise.
func checkDocumentPath(t *testing.T, document, name string) {
	t.Helper()
	first, _, _ := strings.Cut(name, "/")
	switch first {
	case "cmd", "sql", "kv", "catalog", "planner", "exec", "pgwire", "testdata", "docs", "bench", ".ci":
	default:
		return
	}
	if strings.ContainsAny(name, "*{…<") {
		return
	}
	if _, err := os.Stat(name); err != nil {
		t.Errorf("%s names %s, which does not exist", document, name)
	}
}
