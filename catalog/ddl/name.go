package ddl

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// FreeName is base with a label, and with a number if need be, that no relation in the schema of t has.
func (x *Executor) FreeName(t *catalog.Table, base, label string) string {
	return catalog.ChooseName(base, "", label, x.relationTaken(t.Schema, t))
}

// relationTaken reports names of relations in a schema, and names given to the statement's own objects so far.
func (x *Executor) relationTaken(schema types.OID, own ...*catalog.Table) func(string) bool {
	r := x.Txn.Newest()
	return func(name string) bool {
		if _, ok := r.Relation(schema, name); ok {
			return true
		}
		for _, t := range own {
			if t.Name == name || t.HasConstraint(name) {
				return true
			}
			for _, i := range t.Indexes {
				if i.Name == name {
					return true
				}
			}
		}
		return false
	}
}

// StatisticsName chooses a name for a statistics object on t in a schema; label is its columns.
func StatisticsName(r *catalog.Reader, t *catalog.Table, schema types.OID, label string) string {
	return catalog.ChooseName(t.Name, catalog.ClipName(label, catalog.NameMax), "stat", func(name string) bool {
		_, o := r.StatisticsNamed(schema, name)
		return o != nil
	})
}

// columnsLabel joins the column names of an index for its name, those of INCLUDE too.
func columnsLabel(t *catalog.Table, ix *catalog.Index) string {
	names := ix.ColumnNames(t)
	return catalog.ClipName(strings.Join(names, "_"), catalog.NameMax)
}

// quoteIdent is an identifier as SQL needs it.
func quoteIdent(s string) string { return expr.QuoteIdent(s) }

// quoteLiteral is a string constant.
func quoteLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// objectWord is the name of a kind of object, for tags or for messages.
func objectWord(t ast.ObjectType, upper bool) string {
	w, ok := objectWords[t]
	if !ok {
		w = "object"
	}
	if upper {
		return strings.ToUpper(w)
	}
	return w
}

var objectWords = map[ast.ObjectType]string{
	ast.ObjectAccessMethod: "access method", ast.ObjectAggregate: "aggregate", ast.ObjectCast: "cast", ast.ObjectColumn: "table",
	ast.ObjectCollation: "collation", ast.ObjectConversion: "conversion", ast.ObjectDatabase: "database", ast.ObjectDomain: "domain",
	ast.ObjectEventTrigger: "event trigger", ast.ObjectExtension: "extension", ast.ObjectFDW: "foreign-data wrapper",
	ast.ObjectForeignServer: "server", ast.ObjectForeignTable: "foreign table", ast.ObjectFunction: "function", ast.ObjectIndex: "index",
	ast.ObjectLanguage: "language", ast.ObjectMatView: "materialized view", ast.ObjectOpClass: "operator class",
	ast.ObjectOperator: "operator", ast.ObjectOpFamily: "operator family", ast.ObjectPolicy: "policy", ast.ObjectProcedure: "procedure",
	ast.ObjectPublication: "publication", ast.ObjectRole: "role", ast.ObjectRoutine: "routine", ast.ObjectRule: "rule",
	ast.ObjectSchema: "schema", ast.ObjectSequence: "sequence", ast.ObjectStatisticExt: "statistics", ast.ObjectTabConstraint: "table",
	ast.ObjectTable: "table", ast.ObjectTransform: "transform", ast.ObjectTrigger: "trigger", ast.ObjectTSConfiguration: "text search configuration",
	ast.ObjectTSDictionary: "text search dictionary", ast.ObjectTSParser: "text search parser", ast.ObjectTSTemplate: "text search template",
	ast.ObjectDataType: "type", ast.ObjectView: "view",
}

// checkColumnName refuses names that PostgreSQL reserves.
func checkColumnName(name string) error {
	switch name {
	case "tableoid", "cmax", "xmax", "cmin", "xmin", "ctid":
		return pgerr.New(pgerr.DuplicateColumn, "column name %q conflicts with a system column name", name)
	}
	return nil
}
