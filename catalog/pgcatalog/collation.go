package pgcatalog

import (
	"slices"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/collation"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// byteCollations are the built-in collations of the file pg_collation.
var byteCollations = map[string]types.OID{"default": 100, "C": 950, "POSIX": 951, "ucs_basic": 12340}

// firstLanguageOID is the OID of the first collation of a language. They are those of Names in its order; nothing stored has such an OID.
const firstLanguageOID types.OID = 12342

var languageCollations = sync.OnceValue(collation.Names)

// collationOID is the OID of a collation by the name that descriptors have, 0 if there is none.
func collationOID(name string) types.OID {
	if id, _ := collation.ObjectOf(name); id != 0 {
		return id
	}
	if id, ok := byteCollations[name]; ok {
		return id
	}
	if i, ok := slices.BinarySearch(languageCollations(), name); ok {
		return firstLanguageOID + types.OID(i)
	}
	return 0
}

// builtinCollationName is the name of a built-in collation, "" if there is none with that OID.
func builtinCollationName(id types.OID) string {
	for n, o := range byteCollations {
		if o == id {
			return n
		}
	}
	if names := languageCollations(); id >= firstLanguageOID && int(id-firstLanguageOID) < len(names) {
		return names[id-firstLanguageOID]
	}
	return ""
}

// collationName is the schema and the name of a collation by the name that descriptors have.
func collationName(r *catalog.Reader, known string) (schema, name string) {
	id, _ := collation.ObjectOf(known)
	if id == 0 {
		return "pg_catalog", known
	}
	if o, ok := r.Collation(id); ok {
		return r.SchemaName(o.Schema), o.Name
	}
	return "", ""
}

// shownCollation is a collation in SQL text, qualified where the bare name would not find it.
func shownCollation(r *catalog.Reader, path []string, known string) string {
	schema, name := collationName(r, known)
	if bareCollation(r, path, known, name) {
		return expr.QuoteIdent(name)
	}
	return expr.QuoteIdent(schema) + "." + expr.QuoteIdent(name)
}

// bareCollation reports whether the bare name finds a collation.
func bareCollation(r *catalog.Reader, path []string, known, name string) bool {
	o, n, err := r.FindCollation(path, []string{name})
	return err == nil && (o != nil && o.Known() == known || o == nil && n == known)
}

// knownCollation is the name that descriptors have of the collation with an OID, "" if there is none.
func knownCollation(r *catalog.Reader, id types.OID) string {
	if o, ok := r.Collation(id); ok {
		return o.Known()
	}
	return builtinCollationName(id)
}

// BuiltinCollation is what pg_collation says of a built-in collation.
func BuiltinCollation(name string) *catalog.Collation {
	c := &catalog.Collation{ObjectHead: catalog.ObjectHead{OID: collationOID(name), Schema: catalog.PGCatalogOID, Name: name, Owner: catalog.SuperuserOID},
		Provider: 'c', Rules: name, RecordedVersion: collation.VersionOf(name)}
	locale, icu := strings.CutSuffix(name, "-x-icu")
	switch {
	case name == "default":
		c.Provider = 'd'
	case icu:
		c.Provider, c.Locale = 'i', locale
	case name == "ucs_basic":
		c.Collate, c.Ctype, c.Encoding = "C", "C", true
	default:
		c.Collate, c.Ctype, c.Encoding = name, name, !collation.ByBytes(name)
	}
	return c
}

func collationRow(c *catalog.Collation) []types.Datum {
	encoding := -1
	if c.Encoding {
		encoding = 6
	}
	row := []types.Datum{oid(c.OID), str(c.Name), oid(c.Schema), oid(c.Owner), chr(c.Provider), yes(!c.Nondetermin), num(encoding),
		null, null, null, strOrNull(c.RecordedVersion)}
	switch c.Provider {
	case 'i':
		row[9] = str(c.Locale)
	case 'c':
		row[7], row[8] = str(c.Collate), str(c.Ctype)
	}
	return row
}

// allCollations are the built-in collations and those of the catalog.
func allCollations(r *catalog.Reader) []*catalog.Collation {
	var all []*catalog.Collation
	for _, name := range []string{"default", "C", "POSIX", "ucs_basic"} {
		all = append(all, BuiltinCollation(name))
	}
	for _, name := range languageCollations() {
		all = append(all, BuiltinCollation(name))
	}
	for _, o := range r.Objects() {
		if c, ok := o.(*catalog.Collation); ok {
			all = append(all, c)
		}
	}
	return all
}

func pgCollation(q *query) error {
	for _, c := range allCollations(q.r) {
		if row := collationRow(c); q.matches(row) {
			if err := q.emit(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func collationVisible(x *call) (types.Datum, error) {
	known := knownCollation(x.r, x.oid(0))
	if known == "" {
		return null, nil
	}
	_, name := collationName(x.r, known)
	return yes(bareCollation(x.r, x.path, known, name)), nil
}

// collationVersion is pg_collation_actual_version.
func collationVersion(x *call) (types.Datum, error) {
	known := knownCollation(x.r, x.oid(0))
	if known == "" {
		return null, pgerr.New(pgerr.UndefinedObject, "collation with OID %d does not exist", x.oid(0))
	}
	_, base := collation.ObjectOf(known)
	return strOrNull(collation.VersionOf(base)), nil
}

// resolveCollation is the input of regcollation.
func resolveCollation(s *catalog.Session, path, names []string) (types.OID, error) {
	o, name, err := s.Reader.FindCollation(path, names)
	if err != nil {
		return 0, err
	}
	if o != nil {
		return o.OID, nil
	}
	return collationOID(name), nil
}
