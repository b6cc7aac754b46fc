package main

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// catalogRows are the system catalogs that describe the language. The first column of a query is the key; names tell what the others are.
var catalogRows = []struct {
	catalog string
	columns string
	from    string
}{
	{"pg_proc", `p.oid, proname, prokind, pronamespace::regnamespace, proowner, (SELECT lanname FROM pg_language l WHERE l.oid = prolang), procost, prorows, provariadic::regtype,
		prosecdef, proleakproof, proisstrict, proretset, provolatile, proparallel, pronargs, pronargdefaults, prorettype::regtype, (SELECT string_agg(format_type(a, NULL), ',' ORDER BY n) FROM unnest(proargtypes) WITH ORDINALITY x(a, n)) AS proargtypes,
		(SELECT string_agg(format_type(a, NULL), ',' ORDER BY n) FROM unnest(proallargtypes) WITH ORDINALITY x(a, n)) AS proallargtypes, proargmodes, proargnames, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), prosrc, probin, proconfig, proacl::text`,
		"pg_proc p WHERE p.oid < 16384"},
	{"pg_operator", `oid, oprname, oprnamespace::regnamespace, oprowner, oprkind, oprcanmerge, oprcanhash, oprleft::regtype, oprright::regtype, oprresult::regtype, oprcom, oprnegate,
		oprcode, oprrest, oprjoin`, "pg_operator WHERE oid < 16384"},
	{"pg_cast", "castsource::regtype || '->' || casttarget::regtype, castfunc, castcontext, castmethod, oid", "pg_cast WHERE oid < 16384"},
	{"pg_aggregate", `aggfnoid::oid, aggfnoid, aggkind, aggnumdirectargs, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn,
		aggfinalextra, aggmfinalextra, aggfinalmodify, aggmfinalmodify, aggsortop, aggtranstype::regtype, aggtransspace, aggmtranstype::regtype, aggmtransspace, agginitval,
		aggminitval`, "pg_aggregate WHERE aggfnoid::oid < 16384"},
	{"pg_type", `oid, typname, typnamespace::regnamespace, typowner, typlen, typbyval, typtype, typcategory, typispreferred, typisdefined, typdelim, typsubscript, typelem::regtype,
		typarray::regtype, typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze, typalign, typstorage, typnotnull, typbasetype::regtype, typtypmod, typndims,
		typcollation, typdefault`, "pg_type WHERE typrelid = 0 AND oid < 10000 AND typelem NOT IN (SELECT oid FROM pg_type WHERE typrelid <> 0)"},
	{"pg_opclass", `oid, opcname, opcmethod, opcnamespace::regnamespace, opcfamily, opcintype::regtype, opcdefault, opckeytype::regtype`, "pg_opclass WHERE oid < 16384"},
	{"pg_opfamily", `oid, opfname, opfmethod, opfnamespace::regnamespace`, "pg_opfamily WHERE oid < 16384"},
	{"pg_amop", `amopfamily || ' ' || amoplefttype || ' ' || amoprighttype || ' ' || amopstrategy || ' ' || amoppurpose::text, amopopr, amopmethod, amopsortfamily`, "pg_amop WHERE oid < 16384"},
	{"pg_amproc", `amprocfamily || ' ' || amproclefttype || ' ' || amprocrighttype || ' ' || amprocnum, amproc`, "pg_amproc WHERE oid < 16384"},
	{"pg_am", "oid, amname, amhandler, amtype", "pg_am"},
	{"pg_language", "oid, lanname, lanowner, lanispl, lanpltrusted, lanplcallfoid::regproc, laninline::regproc, lanvalidator::regproc", "pg_language WHERE lanname <> 'plpgsql'"},
}

// TestCatalogRows compares the rows of the system catalogs that describe the language with those of the PostgreSQL of LIGHTSQL_ORACLE: a row that we have
// must be the same in all columns. Rows that we do not have are counted.
func TestCatalogRows(t *testing.T) {
	theirs, ours, _, only := oracle(t)
	for _, c := range catalogRows {
		if only != nil && !only.MatchString(c.catalog) {
			continue
		}
		sql := "SELECT " + c.columns + " FROM " + c.from
		want, names := readRows(t, theirs, sql)
		got, _ := readRows(t, ours, sql)
		t.Logf("%s: %d rows, %d of PostgreSQL's are missing: %s", c.catalog, len(got), missing(want, got), examples(want, got))
		columns := map[string]int{}
		first := map[string]string{}
		for key, row := range got {
			theirs := want[key]
			if theirs == nil {
				if !strings.HasPrefix(row[0], "lightsql_") {
					t.Errorf("%s: PostgreSQL has no row %s %s", c.catalog, key, row[0])
				}
				continue
			}
			for i, v := range row {
				if v != theirs[i] {
					columns[names[i+1]]++
					if example := fmt.Sprintf("%s %s: got %q, want %q", key, row[0], v, theirs[i]); first[names[i+1]] == "" || example < first[names[i+1]] {
						first[names[i+1]] = example
					}
				}
			}
		}
		for name, n := range columns {
			t.Errorf("%s.%s: %d rows differ: %s", c.catalog, name, n, first[name])
		}
	}
}

// readRows gives the rows of a query without their first column, by the first column, and the names of all.
func readRows(t *testing.T, conn *pgconn.PgConn, sql string) (rows map[string][]string, names []string) {
	t.Helper()
	res := conn.ExecParams(context.Background(), sql, nil, nil, nil, nil).Read()
	if res.Err != nil {
		t.Fatalf("%s: %v", sql, res.Err)
	}
	for _, f := range res.FieldDescriptions {
		names = append(names, f.Name)
	}
	rows = map[string][]string{}
	for _, r := range res.Rows {
		var row []string
		for _, v := range r[1:] {
			if v == nil {
				row = append(row, "NULL")
			} else {
				row = append(row, string(v))
			}
		}
		rows[string(r[0])] = row
	}
	return rows, names
}

func missing(want, got map[string][]string) int {
	n := 0
	for key := range want {
		if got[key] == nil {
			n++
		}
	}
	return n
}

// examples are the keys and names of rows that are missing.
func examples(want, got map[string][]string) string {
	var out []string
	for key, row := range want {
		if got[key] == nil {
			out = append(out, row[0]+" ("+key+")")
		}
	}
	sort.Strings(out)
	return fmt.Sprintf("%.1500s", strings.Join(out, ", "))
}
