package pgcatalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// procByOID finds a function, built in or of the catalog; f is nil for a built-in one.
func procByOID(r *catalog.Reader, id types.OID) (p *builtins.Proc, f *catalog.Function, ok bool) {
	if p, ok := builtins.ProcByOID(id); ok {
		return p, nil, true
	}
	if r == nil {
		return nil, nil, false
	}
	if f, ok := r.Function(id); ok {
		return f.Proc(), f, true
	}
	return nil, nil, false
}

// functionVisible reports whether the bare name of f with its input types finds f.
func functionVisible(r *catalog.Reader, path []string, f *catalog.Function) bool {
	for _, p := range builtins.ProcsByName(f.Name) {
		if !slices.Contains(path, "pg_catalog") && slices.Equal(p.Args, f.Inputs()) {
			return false
		}
	}
	for _, schema := range path {
		s, ok := r.Schema(schema)
		if !ok {
			continue
		}
		if s.OID == f.Schema {
			return true
		}
		for _, g := range r.FunctionsNamed(f.Name) {
			if g.Schema == s.OID && slices.Equal(g.Inputs(), f.Inputs()) {
				return false
			}
		}
	}
	return false
}

// catalogFunctions lists the functions of the catalog by a possibly qualified name, those of the search path if it is not.
func catalogFunctions(r *catalog.Reader, path, parts []string) []*catalog.Function {
	if len(parts) == 2 {
		path = parts[:1]
	}
	var out []*catalog.Function
	for _, schema := range path {
		s, ok := r.Schema(schema)
		if !ok {
			continue
		}
		for _, f := range r.FunctionsNamed(parts[len(parts)-1]) {
			if f.Schema == s.OID {
				out = append(out, f)
			}
		}
	}
	return out
}

// resolveCatalogProc finds a function of the catalog by its name, and by its input types if typed.
func resolveCatalogProc(s *catalog.Session, path []string, text string, typed bool) (types.OID, bool, error) {
	name, args := text, []types.OID(nil)
	if typed {
		var err error
		if name, args, err = nameAndTypes(s, path, text); err != nil {
			return 0, false, err
		}
	}
	parts, err := splitName(name)
	if err != nil || len(parts) > 2 {
		return 0, false, err
	}
	found := catalogFunctions(s.Reader, path, parts)
	if typed {
		found = slices.DeleteFunc(found, func(f *catalog.Function) bool { return !slices.Equal(f.Inputs(), args) })
	} else if len(parts) == 1 && len(found)+len(builtins.ProcsByName(parts[0])) > 1 || len(found) > 1 {
		return 0, false, pgerr.New(pgerr.AmbiguousFunction, `more than one function named "%s"`, text)
	}
	if len(found) == 0 {
		return 0, false, nil
	}
	return found[0].OID, true, nil
}

// catalogProcName is the text of a regproc or regprocedure.
func catalogProcName(r *catalog.Reader, path []string, t types.OID, f *catalog.Function) string {
	name := expr.QuoteIdent(f.Name)
	visible := functionVisible(r, path, f)
	if t != types.RegProcedureOID {
		visible = visible && len(catalogFunctions(r, path, []string{f.Name}))+len(builtins.ProcsByName(f.Name)) == 1
	}
	if !visible {
		name = expr.QuoteIdent(r.SchemaName(f.Schema)) + "." + name
	}
	if t == types.RegProcedureOID {
		var args []string
		for _, a := range f.Inputs() {
			args = append(args, typeText(r, path, a))
		}
		name += "(" + strings.Join(args, ",") + ")"
	}
	return name
}

// typeText is format_type without a modifier.
func typeText(r *catalog.Reader, path []string, t types.OID) string {
	return typeName(r, func(rel catalog.Relation) bool { return r.Visible(path, rel) }, t, -1, false)
}

// languages are the languages of functions of the catalog.
var languages = [...]struct {
	name string
	oid  types.OID
}{catalog.SQL: {"sql", 14}, catalog.PLpgSQL: {"plpgsql", plpgsqlOID}, catalog.Internal: {"internal", 12}}

// plpgsqlOID is the language's OID, which PostgreSQL gives it as an extension.
const plpgsqlOID = 13563

// catalogProcRow is the row of pg_proc of a function of the catalog.
func catalogProcRow(r *catalog.Reader, f *catalog.Function) []types.Datum {
	row := procRow(f.Proc())
	row[2], row[3] = oid(f.Schema), oid(f.Owner)
	row[4] = oid(languages[f.Language].oid)
	row[10], row[29] = yes(f.SecurityDefiner), aclArray(r, f.ACL)
	if f.Kind != 'a' {
		row[25] = str(f.Body)
	}
	if f.SQLBody != nil {
		row[27] = str(strings.Join(f.SQLBody, "; "))
	}
	if f.Config != nil {
		row[28] = texts(types.TextOID, f.Config)
	}
	return row
}

// functionText is CREATE OR REPLACE FUNCTION for a function of the catalog, as pg_get_functiondef prints it.
func (x *call) functionText(p *builtins.Proc, f *catalog.Function) string {
	word := "FUNCTION"
	if f.Kind == 'p' {
		word = "PROCEDURE"
	}
	var b strings.Builder
	b.WriteString("CREATE OR REPLACE " + word + " " + expr.QuoteIdent(x.r.SchemaName(f.Schema)) + "." + expr.QuoteIdent(f.Name) +
		"(" + x.functionArguments(true).Str() + ")\n")
	if f.Kind != 'p' {
		b.WriteString(" RETURNS " + x.resultText(p) + "\n")
	}
	b.WriteString(" LANGUAGE " + languages[f.Language].name + "\n")
	if words := functionWords(f); len(words) > 0 {
		b.WriteString(" " + strings.Join(words, " ") + "\n")
	}
	for _, c := range f.Config {
		name, value, _ := strings.Cut(c, "=")
		if name != "search_path" {
			value = quote(value)
		}
		b.WriteString(" SET " + name + " TO " + value + "\n")
	}
	if f.SQLBody != nil {
		b.WriteString(x.sqlBody(f) + "\n")
		return b.String()
	}
	tag := "$" + strings.ToLower(word)
	for strings.Contains(f.Body, tag+"$") {
		tag += "x"
	}
	b.WriteString("AS " + tag + "$" + f.Body + tag + "$\n")
	return b.String()
}

// functionWords are the attributes that differ from the defaults.
func functionWords(f *catalog.Function) []string {
	var words []string
	add := func(w string) {
		if w != "" {
			words = append(words, w)
		}
	}
	add(map[byte]string{'i': "IMMUTABLE", 's': "STABLE"}[f.Volatility])
	add(map[byte]string{'s': "PARALLEL SAFE", 'r': "PARALLEL RESTRICTED"}[f.Parallel])
	if f.Strict {
		add("STRICT")
	}
	if f.SecurityDefiner {
		add("SECURITY DEFINER")
	}
	if f.Leakproof {
		add("LEAKPROOF")
	}
	if f.Cost != 100 {
		add("COST " + strconv.FormatFloat(f.Cost, 'g', -1, 64))
	}
	if f.RetSet && f.Rows != 1000 {
		add("ROWS " + strconv.FormatFloat(f.Rows, 'g', -1, 64))
	}
	return words
}

// sqlBody is a body that was parsed when the function was made.
func (x *call) sqlBody(f *catalog.Function) string {
	if f.Return && len(f.SQLBody) == 1 {
		return "RETURN " + strings.TrimPrefix(x.shown().text(f.SQLBody[0]), "SELECT ")
	}
	text := "BEGIN ATOMIC\n"
	for _, s := range f.SQLBody {
		text += " " + strings.ReplaceAll(x.shown().bodyQuery(f, s), "\n", "\n ") + ";\n"
	}
	return text + "END"
}

// functionSQLBody is pg_get_function_sqlbody.
func functionSQLBody(x *call) (types.Datum, error) {
	f, ok := x.r.Function(x.oid(0))
	if !ok || f.SQLBody == nil {
		return null, nil
	}
	return str(x.sqlBody(f)), nil
}

// argDefault is pg_get_function_arg_default.
func argDefault(x *call) (types.Datum, error) {
	f, ok := x.r.Function(x.oid(0))
	n := int(x.args[1].Int()) - 1
	if !ok || n < 0 || n >= len(f.Params) || f.Params[n].Default == "" {
		return null, nil
	}
	return str(x.shown().text(f.Params[n].Default)), nil
}

// catalogRoutineRow puts a function of the catalog into information_schema.routines.
func catalogRoutine(q *query, f *catalog.Function) error {
	kind, data, ret := any("FUNCTION"), any(types.FormatType(f.Ret, -1)), any("")
	if ti, ok := types.Info(f.Ret); ok {
		ret = ti.Name
	}
	if types.IsArray(f.Ret) {
		data = "ARRAY"
	}
	if f.Kind == 'p' {
		kind, data, ret = "PROCEDURE", nil, nil
	}
	security := "INVOKER"
	if f.SecurityDefiner {
		security = "DEFINER"
	}
	schema := q.r.SchemaName(f.Schema)
	return q.put("specific_catalog", q.s.Database, "specific_schema", schema, "specific_name", f.Name+"_"+itoa(int(f.OID)),
		"routine_catalog", q.s.Database, "routine_schema", schema, "routine_name", f.Name, "routine_type", kind, "data_type", data,
		"type_udt_catalog", q.s.Database, "type_udt_schema", "pg_catalog", "type_udt_name", ret, "dtd_identifier", "0", "routine_body", "SQL",
		"routine_definition", f.Body, "external_language", "SQL", "parameter_style", "GENERAL", "is_deterministic", f.Volatility == 'i',
		"sql_data_access", "MODIFIES", "is_null_call", f.Strict, "schema_level_routine", true, "max_dynamic_result_sets", 0,
		"security_type", security, "as_locator", false, "is_udt_dependent", false)
}

func catalogProcs(q *query, fs []*catalog.Function) error {
	for _, f := range fs {
		if err := q.emit(catalogProcRow(q.r, f)); err != nil {
			return err
		}
	}
	return nil
}

// hiddenSchema is the length of "schema." at place i of a stored text, if a call of a function follows that is found without it; else 0.
func (s shown) hiddenSchema(text string, i int) int {
	if i > 0 && (identByte(text[i-1]) || text[i-1] == '.' || text[i-1] == '"') {
		return 0
	}
	for _, schema := range s.path {
		prefix := expr.QuoteIdent(schema) + "."
		if !strings.HasPrefix(text[i:], prefix) {
			continue
		}
		rest := text[i+len(prefix):]
		end := 0
		for end < len(rest) && identByte(rest[end]) {
			end++
		}
		if strings.HasPrefix(rest, "\"") {
			end = literalEnd(rest, 0)
		}
		name := strings.ReplaceAll(strings.Trim(rest[:end], "\""), "\"\"", "\"")
		if strings.HasSuffix(text[:i], " COLLATE ") {
			if o, _, err := s.r.FindCollation(s.path, []string{name}); err == nil && o != nil && s.r.SchemaName(o.Schema) == schema {
				return len(prefix)
			}
		}
		if !strings.HasPrefix(rest[end:], "(") {
			continue
		}
		for _, f := range s.r.FunctionsNamed(name) {
			if s.r.SchemaName(f.Schema) == schema && functionVisible(s.r, s.path, f) {
				return len(prefix)
			}
		}
	}
	return 0
}

func identByte(c byte) bool {
	return c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

// functionName drops the schema of a call that finds its function without it.
func (s shown) functionName(n *ast.FuncCall) {
	if len(n.Name) != 2 {
		return
	}
	for _, f := range s.r.FunctionsNamed(n.Name[1]) {
		if s.r.SchemaName(f.Schema) == n.Name[0] && functionVisible(s.r, s.path, f) {
			n.Name = n.Name[1:]
			return
		}
	}
}

// bodyQuery is a statement of a function's body as PostgreSQL shows it: columns with their relations, parameters with the function.
func (s shown) bodyQuery(f *catalog.Function, text string) string {
	stmts, err := parser.Parse(text)
	if err != nil || len(stmts) != 1 {
		return text
	}
	sel, ok := stmts[0].Stmt.(*ast.SelectStmt)
	if !ok {
		return s.text(text)
	}
	s.selectNames(sel)
	ast.Walk(sel, func(n ast.Node) bool {
		c, ok := n.(*ast.ColumnRef)
		if ok && len(c.Names) == 1 && slices.ContainsFunc(f.Params, func(p catalog.FunctionParam) bool { return p.Input() && p.Name == c.Names[0] }) {
			c.Names = []string{f.Name, c.Names[0]}
		}
		return true
	})
	return layoutQuery(ast.Format(sel))
}
