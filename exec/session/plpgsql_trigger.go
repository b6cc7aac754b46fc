package session

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// callTriggerBody runs a trigger function in PL/pgSQL.
func (s *Session) callTriggerBody(ctx context.Context, f *catalog.Function, c *exec.TriggerCall) ([]types.Datum, error) {
	if err := s.enterRoutine(); err != nil {
		return nil, err
	}
	defer func() { s.sqlDepth-- }()
	if s.hot.trackFunctions != "none" {
		defer s.stat.Call(&s.srv.stat, f.OID)()
	}
	restore, err := s.applyConfig(f)
	if err != nil {
		return nil, err
	}
	defer restore()
	code, err := s.compile(f, nil, types.Of(types.TriggerOID), c.Trigger.OID)
	if err != nil {
		return nil, err
	}
	ts := make([]types.T, len(c.Columns))
	names := make([]string, len(c.Columns))
	for i, col := range c.Columns {
		ts[i], names[i] = col.Type, col.Name
	}
	row := func(values []types.Datum) types.Datum {
		if values == nil {
			return types.Null
		}
		return types.NewRef(&types.Record{Type: catalog.RowTypeOf(c.Relation), Types: ts, Names: names, Fields: values})
	}
	defer s.showTransitions(transitionsOf(c))()
	out, err := s.runCompiled(ctx, code, plpgsql.Call{Trigger: s.triggerValues(c, row), Row: row(make([]types.Datum, len(ts))).Record()})
	if err != nil {
		return nil, err
	}
	if !c.Trigger.Row || c.Trigger.Timing == catalog.TriggerAfter {
		return nil, nil
	}
	return plpgsql.TriggerRow((*host)(s), out.Value, ts)
}

// triggerValues are the values of plpgsql.TriggerVariables.
func (s *Session) triggerValues(c *exec.TriggerCall, row func([]types.Datum) types.Datum) []types.Datum {
	when := map[byte]string{catalog.TriggerBefore: "BEFORE", catalog.TriggerAfter: "AFTER", catalog.TriggerInstead: "INSTEAD OF"}[c.Trigger.Timing]
	level := "STATEMENT"
	if c.Trigger.Row {
		level = "ROW"
	}
	name := types.NewStr(c.Relation.RelName())
	argv := types.Null
	if n := len(c.Trigger.Args); n > 0 {
		a := &types.Array{Elem: types.TextOID, Dims: []types.Dim{{Len: n, Lower: 0}}}
		for _, text := range c.Trigger.Args {
			a.Elems = append(a.Elems, types.NewStr(text))
		}
		argv = types.NewRef(a)
	}
	return []types.Datum{row(c.New), row(c.Old), types.NewStr(c.Trigger.Name), types.NewStr(when), types.NewStr(level),
		types.NewStr(c.Event.String()), types.NewInt(int64(c.Relation.RelOID())), name, name,
		types.NewStr(s.reader().SchemaName(c.Relation.RelSchema())), types.NewInt(int64(len(c.Trigger.Args))), argv}
}
