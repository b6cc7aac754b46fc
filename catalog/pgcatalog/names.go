package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func errName() error { return pgerr.New(pgerr.InvalidName, "invalid name syntax") }

// splitName splits a qualified name, with quotes removed and unquoted parts in lower case.
func splitName(text string) ([]string, error) {
	var parts []string
	s := strings.Trim(text, " \t\n\r")
	for {
		var part string
		if strings.HasPrefix(s, `"`) {
			i := 1
			for {
				end := strings.IndexByte(s[i:], '"')
				if end < 0 {
					return nil, errName()
				}
				part += s[i : i+end]
				i += end + 1
				if i >= len(s) || s[i] != '"' {
					break
				}
				part += `"`
				i++
			}
			s = s[i:]
		} else {
			i := strings.IndexAny(s, ". \t\n\r")
			if i < 0 {
				i = len(s)
			}
			part, s = strings.ToLower(s[:i]), s[i:]
		}
		if part == "" {
			return nil, errName()
		}
		parts = append(parts, types.TruncateName(part))
		s = strings.TrimLeft(s, " \t\n\r")
		if s == "" {
			return parts, nil
		}
		if s[0] != '.' {
			return nil, errName()
		}
		s = strings.TrimLeft(s[1:], " \t\n\r")
	}
}

// schemaAndName takes a qualified name apart; the name of the database may stand in front.
func schemaAndName(parts []string, database string) (schema, name string, err error) {
	switch {
	case len(parts) == 3 && parts[0] == database:
		parts = parts[1:]
	case len(parts) == 3:
		return "", "", pgerr.New(pgerr.CodeFeatureNotSupported, `cross-database references are not implemented: "%s"`, strings.Join(parts, "."))
	case len(parts) > 3:
		return "", "", pgerr.New(pgerr.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(parts, "."))
	}
	if len(parts) == 1 {
		return "", parts[0], nil
	}
	return parts[0], parts[1], nil
}

// ResolveReg is the input of a reg* type: the OID of the object that has the name.
func ResolveReg(s *catalog.Session, searchPath []string, t types.OID, name string) (types.OID, error) {
	switch t {
	case types.RegClassOID:
		return resolveClass(s.Reader, searchPath, s.Database, name)
	case types.RegTypeOID:
		return resolveType(s.Reader, searchPath, s.Database, name)
	case types.RegProcedureOID:
		if !strings.Contains(name, "(") {
			return 0, pgerr.New(pgerr.InvalidTextRepresentation, "expected a left parenthesis")
		}
	}
	switch t {
	case types.RegProcOID, types.RegProcedureOID, types.RegOperOID, types.RegCollationOID:
		if err := namedSchema(s, name); err != nil {
			return 0, err
		}
	}
	switch t {
	case types.RegProcOID:
		return resolveProc(s, searchPath, name)
	case types.RegProcedureOID:
		return resolveProcedure(s, searchPath, name)
	case types.RegOperOID:
		return resolveOper(s, searchPath, name)
	case types.RegOperatorOID:
		return resolveOperator(s, searchPath, name)
	}
	parts, err := splitName(name)
	if err != nil {
		return 0, err
	}
	last := parts[len(parts)-1]
	switch t {
	case types.RegRoleOID:
		if len(parts) != 1 {
			return 0, errName()
		}
		if r, ok := s.Reader.Role(last); ok {
			return r.OID, nil
		}
		return 0, pgerr.New(pgerr.UndefinedObject, `role "%s" does not exist`, last)
	case types.RegNamespaceOID:
		if len(parts) != 1 {
			return 0, errName()
		}
		if n, ok := s.Reader.Schema(last); ok {
			return n.OID, nil
		}
		return 0, pgerr.New(pgerr.UndefinedSchema, `schema "%s" does not exist`, last)
	case types.RegCollationOID:
		return resolveCollation(s, searchPath, parts)
	case types.RegConfigOID:
		return fileOID("pg_ts_config", last, `text search configuration "%s" does not exist`)
	case types.RegDictionaryOID:
		return fileOID("pg_ts_dict", last, `text search dictionary "%s" does not exist`)
	}
	return 0, pgerr.FeatureNotSupported("type " + types.FormatType(t, -1))
}

// namedSchema tests that the schema exists that stands in front of a name of a function, operator or collation.
func namedSchema(s *catalog.Session, name string) error {
	schema, _, ok := strings.Cut(name, ".")
	if !ok || strings.ContainsAny(schema, `"( `) || schema == "" {
		return nil
	}
	if parts, err := splitName(schema); err == nil && len(parts) == 1 {
		if _, ok := s.Reader.Schema(parts[0]); !ok {
			return pgerr.New(pgerr.UndefinedSchema, `schema "%s" does not exist`, parts[0])
		}
	}
	return nil
}

// fileOID finds an object by its name, the second column of its file.
func fileOID(file, name, message string) (types.OID, error) {
	for _, line := range strings.Split(readData(file), "\n") {
		if f := strings.SplitN(line, "\t", 3); len(f) == 3 && f[1] == name {
			id, err := types.Parse(types.Of(types.OIDOID), f[0], nil)
			return types.OID(id.Int()), err
		}
	}
	return 0, pgerr.New(pgerr.UndefinedObject, message, name)
}

// fileName is the reverse of fileOID.
func fileName(file string, id types.OID) string {
	for _, line := range strings.Split(readData(file), "\n") {
		if f := strings.SplitN(line, "\t", 3); len(f) == 3 && f[0] == itoa(int(id)) {
			return f[1]
		}
	}
	return ""
}

func resolveClass(r *catalog.Reader, path []string, database, text string) (types.OID, error) {
	parts, err := splitName(text)
	if err != nil {
		return 0, err
	}
	schema, name, err := schemaAndName(parts, database)
	if err != nil {
		return 0, err
	}
	if rel, ok := r.Lookup(path, schema, name); ok {
		return rel.RelOID(), nil
	}
	if schema == "" {
		return 0, pgerr.New(pgerr.UndefinedTable, `relation "%s" does not exist`, name)
	}
	if _, ok := r.Schema(schema); !ok {
		return 0, pgerr.New(pgerr.UndefinedSchema, `schema "%s" does not exist`, schema)
	}
	return 0, pgerr.New(pgerr.UndefinedTable, `relation "%s.%s" does not exist`, schema, name)
}

func resolveType(r *catalog.Reader, path []string, database, text string) (types.OID, error) {
	t, err := parser.ParseType(text)
	switch {
	case strings.TrimSpace(text) == "", err == nil && t.SetOf:
		return 0, pgerr.New(pgerr.SyntaxError, `invalid type name "%s"`, text)
	case err != nil:
		e, _ := pgerr.As(err)
		return 0, pgerr.New(e.Code, "%s", e.Message)
	}
	schema, name, err := schemaAndName(t.Names, database)
	if err != nil {
		return 0, err
	}
	id, ok := resolveElement(r, path, schema, name)
	if !ok && schema != "" && r != nil {
		if _, ok := r.Schema(schema); !ok {
			return 0, pgerr.New(pgerr.UndefinedSchema, `schema "%s" does not exist`, schema)
		}
	}
	shown := strings.Join(t.Names, ".")
	if len(t.ArrayBounds) > 0 {
		id, shown = types.ArrayOf(id), shown+"[]"
	}
	if !ok || id == 0 {
		return 0, pgerr.New(pgerr.UndefinedObject, `type "%s" does not exist`, shown)
	}
	return id, nil
}

func resolveElement(r *catalog.Reader, path []string, schema, name string) (types.OID, bool) {
	if schema == "" || schema == "pg_catalog" {
		if ti, ok := types.ByName(name); ok {
			return ti.OID, true
		}
	}
	if r == nil { // only built-in types are wanted
		return 0, false
	}
	if id, ok := r.LookupType(path, schema, name); ok {
		return id, true
	}
	if rel, ok := r.Lookup(path, schema, name); ok && rowType(rel) != 0 {
		return rowType(rel), true
	}
	return 0, false
}

// procName is the name of a built-in function without pg_catalog in front.
func procName(text string) (string, error) {
	parts, err := splitName(text)
	if err != nil {
		return "", err
	}
	if len(parts) == 2 && parts[0] == "pg_catalog" {
		parts = parts[1:]
	}
	if len(parts) > 1 {
		return "", pgerr.New(pgerr.UndefinedFunction, `function "%s" does not exist`, text)
	}
	return parts[0], nil
}

func resolveProc(s *catalog.Session, path []string, text string) (types.OID, error) {
	if id, ok, err := resolveCatalogProc(s, path, text, false); ok || err != nil {
		return id, err
	}
	name, err := procName(text)
	if err != nil {
		return 0, err
	}
	switch ps := builtins.ProcsByName(name); len(ps) {
	case 0:
		return 0, pgerr.New(pgerr.UndefinedFunction, `function "%s" does not exist`, text)
	case 1:
		return ps[0].OID, nil
	}
	return 0, pgerr.New(pgerr.AmbiguousFunction, `more than one function named "%s"`, text)
}

// nameAndTypes splits name(type, type).
func nameAndTypes(s *catalog.Session, path []string, text string) (string, []types.OID, error) {
	open := strings.IndexByte(text, '(')
	if open < 0 {
		return "", nil, pgerr.New(pgerr.InvalidTextRepresentation, "expected a left parenthesis")
	}
	trimmed := strings.TrimRight(text, " ")
	if !strings.HasSuffix(trimmed, ")") {
		return "", nil, pgerr.New(pgerr.InvalidTextRepresentation, "expected a right parenthesis")
	}
	if _, err := splitName(text[:open]); err != nil && strings.Trim(text[:open], " ") == "" {
		return "", nil, err
	}
	body := trimmed[open+1 : len(trimmed)-1]
	var args []types.OID
	if strings.TrimSpace(body) == "" {
		return text[:open], nil, nil
	}
	for _, part := range splitOperator(body, ",") {
		if strings.EqualFold(strings.TrimSpace(part), "none") {
			args = append(args, 0)
			continue
		}
		id, err := resolveType(s.Reader, path, s.Database, strings.TrimSpace(part))
		if err != nil {
			return "", nil, err
		}
		args = append(args, id)
	}
	return text[:open], args, nil
}

func resolveProcedure(s *catalog.Session, path []string, text string) (types.OID, error) {
	if id, ok, err := resolveCatalogProc(s, path, text, true); ok || err != nil {
		return id, err
	}
	name, args, err := nameAndTypes(s, path, text)
	if err == nil {
		name, err = procName(name)
	}
	if err != nil {
		return 0, err
	}
	for _, p := range builtins.ProcsByName(name) {
		if equalOIDs(p.Args, args) {
			return p.OID, nil
		}
	}
	return 0, pgerr.New(pgerr.UndefinedFunction, `function "%s" does not exist`, text)
}

func equalOIDs(a, b []types.OID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func resolveOper(s *catalog.Session, path []string, text string) (types.OID, error) {
	if strings.ContainsAny(strings.TrimSpace(text), " \t\n") || strings.TrimSpace(text) == "" {
		return 0, errName()
	}
	ops := operatorsNamed(s.Reader, path, text)
	switch len(ops) {
	case 0:
		return 0, pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s", text)
	case 1:
		return ops[0].oid, nil
	}
	return 0, pgerr.New(pgerr.AmbiguousFunction, "more than one operator named %s", text)
}

func resolveOperator(s *catalog.Session, path []string, text string) (types.OID, error) {
	name, args, err := nameAndTypes(s, path, text)
	if err != nil {
		return 0, err
	}
	switch {
	case len(args) == 1:
		return 0, pgerr.New(pgerr.UndefinedParameter, "missing argument").WithHint("Use NONE to denote the missing argument of a unary operator.")
	case len(args) != 2:
		return 0, pgerr.New(pgerr.TooManyArguments, "too many arguments").WithHint("Provide two argument types for operator.")
	}
	for _, o := range operatorsNamed(s.Reader, path, name) {
		if o.left == args[0] && o.right == args[1] {
			return o.oid, nil
		}
	}
	return 0, pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s", text)
}

// RegName is the output of a reg* type: the name of an object, qualified if the bare name would not find it. ok is false if
// there is no such object.
func RegName(s *catalog.Session, searchPath []string, t, id types.OID) (name string, ok bool) {
	r := s.Reader
	switch t {
	case types.RegClassOID:
		rel, ok := r.RelationByOID(id)
		if !ok {
			return "", false
		}
		if r.Visible(searchPath, rel) {
			return expr.QuoteIdent(rel.RelName()), true
		}
		return qualified(r, rel), true
	case types.RegTypeOID:
		name = typeName(r, func(rel catalog.Relation) bool { return r.Visible(searchPath, rel) }, id, -1, false)
		return name, name != "???"
	case types.RegProcOID, types.RegProcedureOID:
		if f, ok := r.Function(id); ok {
			return catalogProcName(r, searchPath, t, f), true
		}
		return procedureName(t, id)
	case types.RegOperOID, types.RegOperatorOID:
		return operatorName(r, searchPath, t, id)
	case types.RegRoleOID:
		name = roleName(r, id)
	case types.RegNamespaceOID:
		name = r.SchemaName(id)
	case types.RegCollationOID:
		known := knownCollation(r, id)
		if known == "" {
			return "", false
		}
		return shownCollation(r, searchPath, known), true
	case types.RegConfigOID:
		name = fileName("pg_ts_config", id)
	case types.RegDictionaryOID:
		name = fileName("pg_ts_dict", id)
	}
	return expr.QuoteIdent(name), name != ""
}

func procedureName(t, id types.OID) (string, bool) {
	p, ok := builtins.ProcByOID(id)
	if !ok {
		return "", false
	}
	name := expr.QuoteIdent(p.Name)
	if t == types.RegProcedureOID {
		return name + "(" + typeList(p.Args) + ")", true
	}
	if len(builtins.ProcsByName(p.Name)) > 1 {
		name = "pg_catalog." + name
	}
	return name, true
}

func typeList(ids []types.OID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = types.FormatType(id, -1)
	}
	return strings.Join(names, ",")
}
