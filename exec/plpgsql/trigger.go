package plpgsql

import (
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// TriggerVariables are the variables that a trigger function has, in the order of Call.Trigger.
func TriggerVariables() []lang.Param {
	record := lang.Type{T: types.Of(types.RecordOID), Composite: true}
	name, text := lang.Type{T: types.Of(types.NameOID)}, lang.Type{T: types.Of(types.TextOID)}
	return []lang.Param{{Name: "new", Type: record}, {Name: "old", Type: record}, {Name: "tg_name", Type: name}, {Name: "tg_when", Type: text},
		{Name: "tg_level", Type: text}, {Name: "tg_op", Type: text}, {Name: "tg_relid", Type: lang.Type{T: types.Of(types.OIDOID)}},
		{Name: "tg_relname", Type: name}, {Name: "tg_table_name", Type: name}, {Name: "tg_table_schema", Type: name},
		{Name: "tg_nargs", Type: lang.Type{T: types.Of(types.Int4OID)}}, {Name: "tg_argv", Type: lang.Type{T: types.Of(types.ArrayOf(types.TextOID))}}}
}

// triggerRows is how many of the variables, the first ones, are rows.
const triggerRows = 2

// TriggerRow checks the row that a trigger function returned against the columns of the table, and gives its values; nil for NULL.
func TriggerRow(h Host, d types.Datum, ts []types.T) ([]types.Datum, error) {
	r := d.Record()
	if r == nil {
		return nil, nil
	}
	return matchRow(h, r.Fields, r.Types, ts, "returned row structure does not match the structure of the triggering table")
}
