package pgcatalog

import (
	"strings"
	"sync"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// commentFunctions give back comments.
var commentFunctions = map[string]code{
	"obj_description(oid,name)": func(x *call) (types.Datum, error) { return x.comment(x.catalogNamed(x.str(1)), x.oid(0), 0), nil },
	"obj_description(oid)":      func(x *call) (types.Datum, error) { return x.comment(0, x.oid(0), 0), nil },
	"col_description(oid,integer)": func(x *call) (types.Datum, error) {
		return x.comment(classClass, x.oid(0), int(x.args[1].Int())), nil
	},
	"shobj_description(oid,name)": func(x *call) (types.Datum, error) {
		if x.str(1) == "pg_database" {
			for _, d := range x.r.Databases() {
				if d.OID == x.oid(0) {
					return strOrNull(d.Comment), nil
				}
			}
		}
		return null, nil
	},
}

// catalogNamed is the OID of a catalog by its name; 1, which no catalog has, if there is none.
func (x *call) catalogNamed(name string) types.OID {
	if rel, ok := x.r.Relation(catalog.PGCatalogOID, name); ok {
		return rel.RelOID()
	}
	return 1
}

// builtinComments are those of the file, by object.
var builtinComments = sync.OnceValue(func() map[object]string {
	m := map[object]string{}
	for _, row := range parseCopy(descriptionTable, readData("pg_description")) {
		m[object{types.OID(row[1].Int()), types.OID(row[0].Int()), int(row[2].Int())}] = row[3].Str()
	}
	return m
})

// comment is the comment on an object; class 0 means any.
func (x *call) comment(class, id types.OID, sub int) types.Datum {
	if rel, ok := x.r.RelationByOID(id); ok && (class == classClass || class == 0) {
		for _, c := range comments(rel) {
			if c.class == classClass && c.id == id && c.sub == sub {
				return str(c.text)
			}
		}
	}
	if class == classNamespace || class == 0 {
		if s, ok := x.r.SchemaByOID(id); ok && s.Comment != "" {
			return str(s.Comment)
		}
	}
	if class == classProc || class == 0 {
		if f, ok := x.r.Function(id); ok && f.Comment != "" {
			return str(f.Comment)
		}
	}
	if class == classStatisticExt || class == 0 {
		if _, s := x.r.StatisticsByOID(id); s != nil && s.Comment != "" {
			return str(s.Comment)
		}
	}
	if class == classConstraint || class == 0 {
		if c, ok := findConstraint(x.r, id); ok && c.comment != "" {
			return str(c.comment)
		}
	}
	if id >= catalog.FirstUserOID {
		for _, c := range objectComments(x.r) {
			if c.id == id && c.sub == sub && (class == 0 || c.class == class) {
				return str(c.text)
			}
		}
		return null
	}
	if class != 0 {
		return strOrNull(builtinComments()[object{class, id, sub}])
	}
	for o, text := range builtinComments() {
		if o.id == id && o.sub == sub {
			return str(text)
		}
	}
	return null
}

// Sizer is implemented by an Env that knows how much room relations take in the store.
type Sizer interface {
	// RelationBytes is the size of a table or of one index; DatabaseBytes that of everything.
	RelationBytes(relation types.OID) int64
	DatabaseBytes() int64
}

// sizeFunctions tell sizes: 0 where the session does not know.
var sizeFunctions = map[string]code{
	"pg_relation_size":           func(x *call) (types.Datum, error) { return x.size(true, false) },
	"pg_relation_size(regclass)": func(x *call) (types.Datum, error) { return x.size(true, false) },
	"pg_table_size":              func(x *call) (types.Datum, error) { return x.size(true, false) },
	"pg_indexes_size":            func(x *call) (types.Datum, error) { return x.size(false, true) },
	"pg_total_relation_size":     func(x *call) (types.Datum, error) { return x.size(true, true) },
	"pg_database_size_oid":       databaseSize,
	"pg_database_size_name":      databaseSize,
	"pg_tablespace_size_oid":     databaseSize,
	"pg_tablespace_size_name":    databaseSize,
	"pg_size_bytes":              sizeBytes,
	"pg_size_pretty":             sizePretty,
	"pg_size_pretty_numeric":     sizePretty,
	"pg_relation_filenode":       relationFilenode,
	"pg_relation_filepath": func(x *call) (types.Datum, error) {
		d, err := relationFilenode(x)
		if d.IsNull() || err != nil {
			return null, err
		}
		return str("base/" + itoa(int(catalog.DatabaseOID)) + "/" + itoa(int(d.Int()))), nil
	},
}

func (x *call) size(self, indexes bool) (types.Datum, error) {
	rel, ok := x.relation(0)
	if !ok {
		return null, nil
	}
	sizer, ok := x.c.Env.(Sizer)
	if !ok {
		return big(0), nil
	}
	n := int64(0)
	if self {
		n = sizer.RelationBytes(rel.RelOID())
	}
	if t, ok := rel.(*catalog.Table); ok && indexes {
		for _, ix := range t.AllIndexes() {
			if !ix.Primary { // the rows themselves
				n += sizer.RelationBytes(ix.OID)
			}
		}
	}
	return big(n), nil
}

func databaseSize(x *call) (types.Datum, error) {
	if sizer, ok := x.c.Env.(Sizer); ok {
		return big(sizer.DatabaseBytes()), nil
	}
	return big(0), nil
}

func relationFilenode(x *call) (types.Datum, error) {
	rel, ok := x.relation(0)
	if !ok || relKind(rel) == catalog.RelView {
		return null, nil
	}
	if ix, ok := rel.(*catalog.Index); ok {
		return oid(indexFile(ix)), nil
	}
	return oid(rel.RelOID()), nil
}

// miscFunctions are the rest.
var miscFunctions = map[string]code{
	"acldefault_sql":         acldefault,
	"pg_tablespace_location": func(*call) (types.Datum, error) { return str(""), nil },
	"pg_relation_is_publishable": func(x *call) (types.Datum, error) {
		rel, ok := x.relation(0)
		if !ok {
			return null, nil
		}
		return yes(relKind(rel) == catalog.RelTable && rel.RelOID() >= catalog.FirstUserOID), nil
	},
	"pg_relation_is_updatable": func(x *call) (types.Datum, error) {
		rel, ok := x.relation(0)
		if !ok {
			return num(0), nil
		}
		return num(int(updatableEvents(x.r, rel, x.args[1].Bool()))), nil
	},
	"pg_column_is_updatable": func(x *call) (types.Datum, error) {
		rel, ok := x.relation(0)
		return yes(ok && x.args[1].Int() > 0 && columnUpdatable(x.r, rel, catalog.ColumnID(x.args[1].Int()), x.args[2].Bool())), nil
	},
	"pg_sequence_last_value":       sequenceLastValue,
	"pg_my_temp_schema":            func(*call) (types.Datum, error) { return oid(0), nil },
	"pg_is_other_temp_schema":      func(*call) (types.Datum, error) { return yes(false), nil },
	"pg_is_in_recovery":            func(*call) (types.Datum, error) { return yes(false), nil },
	"row_security_active":          func(*call) (types.Datum, error) { return yes(false), nil },
	"row_security_active_name":     func(*call) (types.Datum, error) { return yes(false), nil },
	"pg_blocking_pids":             func(*call) (types.Datum, error) { return types.NewRef(types.NewArray(types.Int4OID, nil)), nil },
	"pg_partition_root":            partitionRoot,
	"satisfies_hash_partition":     satisfiesHash,
	"pg_index_column_has_property": indexColumnHasProperty,
	"gin_clean_pending_list":       cleanPendingList,
	"pg_index_has_property":        indexHasProperty,
	"pg_indexam_has_property":      methodHasProperty,
}

// sequenceReader is implemented by an Env that can read sequences.
type sequenceReader interface {
	SequenceValue(seq types.OID) (last int64, called bool, err error)
}

// sequenceLastValue is NULL for a sequence that gave out no value yet.
func sequenceLastValue(x *call) (types.Datum, error) {
	reader, ok := x.c.Env.(sequenceReader)
	if !ok {
		return null, nil
	}
	last, called, err := reader.SequenceValue(x.oid(0))
	if err != nil || !called {
		return null, err
	}
	return big(last), nil
}

// boolProperty is a property of indexes, NULL if there is none of that name.
func boolProperty(known map[string]bool, name string) types.Datum {
	if v, ok := known[strings.ToLower(name)]; ok {
		return yes(v)
	}
	return null
}

// setFunctions return rows.
var setFunctions = map[string]setCode{
	"pg_stats_ext_mcvlist_items": mcvListItems,
	"pg_options_to_table": func(x *call) ([][]types.Datum, error) {
		var rows [][]types.Datum
		if a := x.args[0].Array(); a != nil {
			for _, e := range a.Elems {
				name, value, ok := strings.Cut(e.Str(), "=")
				row := []types.Datum{str(name), null}
				if ok {
					row[1] = str(value)
				}
				rows = append(rows, row)
			}
		}
		return rows, nil
	},
	"pg_partition_ancestors":    partitionAncestors,
	"pg_partition_tree":         partitionTree,
	"pg_get_publication_tables": func(*call) ([][]types.Datum, error) { return nil, nil },
	"aclexplode":                aclexplode,
	"_pg_expandarray": func(x *call) ([][]types.Datum, error) {
		a := x.args[0].Array()
		if a == nil {
			return nil, nil
		}
		rows := make([][]types.Datum, len(a.Elems))
		for i, e := range a.Elems {
			rows[i] = []types.Datum{e, num(i + 1)}
		}
		return rows, nil
	},
	"pg_get_keywords": func(*call) ([][]types.Datum, error) { return keywords(), nil },
	"pg_sequence_parameters": func(x *call) ([][]types.Datum, error) {
		s, ok := x.r.Sequence(x.oid(0))
		if !ok {
			return nil, nil
		}
		return [][]types.Datum{{big(s.Start), big(s.Min), big(s.Max), big(s.Increment), yes(s.Cycle), big(s.Cache), oid(s.Type)}}, nil
	},
}

// keywords are the rows of pg_get_keywords: word, category, may be a bare label, and what these mean.
var keywords = sync.OnceValue(func() [][]types.Datum {
	t := &catalog.Table{}
	for _, typ := range []types.OID{types.TextOID, types.CharOID, types.BoolOID, types.TextOID, types.TextOID} {
		t.Columns = append(t.Columns, &catalog.Column{Type: types.Of(typ)})
	}
	return parseCopy(t, readData("keywords"))
})

// privilegeNames are the letters of privileges in ACL items.
var privilegeNames = map[byte]string{'a': "INSERT", 'r': "SELECT", 'w': "UPDATE", 'd': "DELETE", 'D': "TRUNCATE", 'x': "REFERENCES",
	't': "TRIGGER", 'X': "EXECUTE", 'U': "USAGE", 'C': "CREATE", 'T': "TEMPORARY", 'c': "CONNECT", 's': "SET", 'A': "ALTER SYSTEM"}

// aclexplode splits ACL items into grantor, grantee, privilege and grant option.
func aclexplode(x *call) ([][]types.Datum, error) {
	var rows [][]types.Datum
	a := x.args[0].Array()
	if a == nil {
		return nil, nil
	}
	role := func(name string) types.Datum {
		if r, ok := x.r.Role(name); ok {
			return oid(r.OID)
		}
		return oid(0)
	}
	for _, e := range a.Elems {
		grantee, rest, _ := strings.Cut(e.Str(), "=")
		letters, grantor, _ := strings.Cut(rest, "/")
		for i := 0; i < len(letters); i++ {
			option := i+1 < len(letters) && letters[i+1] == '*'
			rows = append(rows, []types.Datum{role(grantor), role(grantee), str(privilegeNames[letters[i]]), yes(option)})
			if option {
				i++
			}
		}
	}
	return rows, nil
}
