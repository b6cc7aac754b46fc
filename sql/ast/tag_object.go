package ast

import (
	"reflect"
	"strings"
)

// typeName is the name of a node's Go type.
func typeName(n Node) string {
	return strings.TrimPrefix(reflect.TypeOf(n).String(), "*ast.")
}

// objectTags are the tags of statements on objects, by the name of their type
// without "Stmt".
var objectTags = map[string]string{
	"CreateStats":              "CREATE STATISTICS",
	"AlterStats":               "ALTER STATISTICS",
	"Rule":                     "CREATE RULE",
	"CreateTrig":               "CREATE TRIGGER",
	"CreateEventTrig":          "CREATE EVENT TRIGGER",
	"AlterEventTrig":           "ALTER EVENT TRIGGER",
	"CreatePolicy":             "CREATE POLICY",
	"AlterPolicy":              "ALTER POLICY",
	"CreateDomain":             "CREATE DOMAIN",
	"AlterDomain":              "ALTER DOMAIN",
	"CreateConversion":         "CREATE CONVERSION",
	"CreateCast":               "CREATE CAST",
	"CreateTransform":          "CREATE TRANSFORM",
	"CreateOpClass":            "CREATE OPERATOR CLASS",
	"CreateOpFamily":           "CREATE OPERATOR FAMILY",
	"AlterOpFamily":            "ALTER OPERATOR FAMILY",
	"AlterOperator":            "ALTER OPERATOR",
	"AlterCollation":           "ALTER COLLATION",
	"AlterTSDictionary":        "ALTER TEXT SEARCH DICTIONARY",
	"AlterTSConfiguration":     "ALTER TEXT SEARCH CONFIGURATION",
	"CreateExtension":          "CREATE EXTENSION",
	"AlterExtension":           "ALTER EXTENSION",
	"CreateLang":               "CREATE LANGUAGE",
	"CreateAm":                 "CREATE ACCESS METHOD",
	"CreateFdw":                "CREATE FOREIGN DATA WRAPPER",
	"AlterFdw":                 "ALTER FOREIGN DATA WRAPPER",
	"CreateForeignServer":      "CREATE SERVER",
	"AlterForeignServer":       "ALTER SERVER",
	"CreateUserMapping":        "CREATE USER MAPPING",
	"AlterUserMapping":         "ALTER USER MAPPING",
	"DropUserMapping":          "DROP USER MAPPING",
	"ImportForeignSchema":      "IMPORT FOREIGN SCHEMA",
	"CreatePublication":        "CREATE PUBLICATION",
	"AlterPublication":         "ALTER PUBLICATION",
	"CreateSubscription":       "CREATE SUBSCRIPTION",
	"AlterSubscription":        "ALTER SUBSCRIPTION",
	"DropSubscription":         "DROP SUBSCRIPTION",
	"CreateDatabase":           "CREATE DATABASE",
	"AlterDatabase":            "ALTER DATABASE",
	"AlterDatabaseRefreshColl": "ALTER DATABASE",
	"AlterDatabaseSet":         "ALTER DATABASE",
	"DropDatabase":             "DROP DATABASE",
	"AlterSystem":              "ALTER SYSTEM",
	"CreateTableSpace":         "CREATE TABLESPACE",
	"DropTableSpace":           "DROP TABLESPACE",
	"AlterTableSpaceOptions":   "ALTER TABLESPACE",
	"CreateRole":               "CREATE ROLE",
	"AlterRole":                "ALTER ROLE",
	"AlterRoleSet":             "ALTER ROLE",
	"DropRole":                 "DROP ROLE",
	"AlterDefaultPrivileges":   "ALTER DEFAULT PRIVILEGES",
	"DropOwned":                "DROP OWNED",
	"ReassignOwned":            "REASSIGN OWNED",
	"Return":                   "SELECT",
	"Compound":                 "???",
}
