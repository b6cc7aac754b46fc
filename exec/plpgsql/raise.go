package plpgsql

import (
	"context"
	"strings"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// raise runs RAISE.
func (fr *frame) raise(ctx context.Context, s *lang.Raise) error {
	if s.Level == "" {
		if fr.caught == nil {
			return pgerr.New("0Z002", "RAISE without parameters cannot be used outside an exception handler")
		}
		fr.located = fr.caught
		return fr.caught
	}
	e := &pgerr.Error{Severity: s.Level, Code: s.Code}
	set := map[string]bool{"errcode": s.Condition != "", "message": s.HasFormat}
	if s.HasFormat {
		text, err := fr.raiseText(ctx, s)
		if err != nil {
			return err
		}
		e.Message = text
	}
	condition := s.Condition
	for _, o := range s.Options {
		d, t, err := fr.value(ctx, o.Expr, types.T{})
		if err != nil {
			return err
		}
		if d.IsNull() {
			return pgerr.New(pgerr.NullValueNotAllowed, "RAISE statement option cannot be null")
		}
		text := fr.format(d, t)
		if set[o.Name] {
			return pgerr.New(pgerr.SyntaxError, "RAISE option already specified: %s", strings.ToUpper(o.Name))
		}
		set[o.Name] = true
		if o.Name == "errcode" {
			condition = text
		}
		if err := raiseOption(e, o.Name, text); err != nil {
			return err
		}
	}
	if e.Code == "" {
		switch s.Level {
		case pgerr.SeverityError:
			e.Code = pgerr.RaiseException
		case pgerr.SeverityWarning:
			e.Code = "01000"
		default:
			e.Code = "00000"
		}
	}
	if !set["message"] {
		if e.Message = condition; condition == "" {
			e.Message = string(e.Code)
		}
	}
	if s.Level != pgerr.SeverityError {
		e.Where = fr.h.Stack().String()
		fr.h.Notice(e)
		return nil
	}
	return e
}

func raiseOption(e *pgerr.Error, name, text string) error {
	switch name {
	case "errcode":
		if lang.ValidCode(text) {
			e.Code = pgerr.Code(text)
			return nil
		}
		codes := lang.Codes(text)
		if codes == nil {
			return pgerr.New(pgerr.UndefinedObject, "unrecognized exception condition \"%s\"", text)
		}
		e.Code = codes[0]
	case "message":
		e.Message = text
	case "detail":
		e.Detail = text
	case "hint":
		e.Hint = text
	case "column":
		e.Column = text
	case "constraint":
		e.Constraint = text
	case "datatype":
		e.DataType = text
	case "table":
		e.Table = text
	case "schema":
		e.Schema = text
	}
	return nil
}

// raiseText fills in the format.
func (fr *frame) raiseText(ctx context.Context, s *lang.Raise) (string, error) {
	var out strings.Builder
	k := 0
	for i := 0; i < len(s.Format); i++ {
		c := s.Format[i]
		if c != '%' {
			out.WriteByte(c)
			continue
		}
		if i+1 < len(s.Format) && s.Format[i+1] == '%' {
			out.WriteByte('%')
			i++
			continue
		}
		d, t, err := fr.value(ctx, s.Args[k], types.T{})
		if err != nil {
			return "", err
		}
		k++
		if d.IsNull() {
			out.WriteString("<NULL>")
		} else {
			out.WriteString(fr.format(d, t))
		}
	}
	return out.String(), nil
}

// assert runs ASSERT.
func (fr *frame) assert(ctx context.Context, s *lang.Assert) error {
	if fr.h.Setting("plpgsql.check_asserts") == "off" {
		return nil
	}
	ok, err := fr.condition(ctx, s.Cond)
	if err != nil || ok {
		return err
	}
	message := "assertion failed"
	if s.Message != nil {
		d, t, err := fr.value(ctx, s.Message, types.T{})
		if err != nil {
			return err
		}
		if !d.IsNull() {
			message = fr.format(d, t)
		}
	}
	return pgerr.New(pgerr.AssertFailure, "%s", message)
}

// diagnostics runs GET DIAGNOSTICS.
func (fr *frame) diagnostics(ctx context.Context, s *lang.Diagnostics) error {
	if s.Stacked && fr.caught == nil {
		return pgerr.New("0Z002", "GET STACKED DIAGNOSTICS cannot be used outside an exception handler")
	}
	for _, it := range s.Items {
		d, t := types.NewInt(fr.count), types.Of(types.Int8OID)
		if it.Item != "row_count" {
			d, t = types.NewStr(fr.diagnostic(it.Item)), types.Of(types.TextOID)
		}
		if err := fr.assign(ctx, it.Target, d, t); err != nil {
			return err
		}
	}
	return nil
}

func (fr *frame) diagnostic(item string) string {
	e := fr.caught
	switch item {
	case "pg_context":
		return fr.h.Stack().String()
	case "pg_exception_context":
		return fr.context
	case "pg_exception_detail":
		return e.Detail
	case "pg_exception_hint":
		return e.Hint
	case "returned_sqlstate":
		return string(e.Code)
	case "column_name":
		return e.Column
	case "constraint_name":
		return e.Constraint
	case "pg_datatype_name":
		return e.DataType
	case "message_text":
		return e.Message
	case "table_name":
		return e.Table
	case "schema_name":
		return e.Schema
	}
	return ""
}

// strictError adds the parameters of a statement to its error, if they are wanted.
func (fr *frame) strictError(e *pgerr.Error, q *Query, using []types.Datum) *pgerr.Error {
	if !fr.c.f.Strict {
		return e
	}
	var list []string
	add := func(name string, d types.Datum, t types.T) {
		text := "NULL"
		if !d.IsNull() {
			text = "'" + strings.ReplaceAll(fr.format(d, t), "'", "''") + "'"
		}
		list = append(list, name+" = "+text)
	}
	if q.Vars == nil {
		for i, d := range using {
			add("$"+itoa(i+1), d, q.Types[i])
		}
	} else {
		fr.usedVariables(q, add)
	}
	if list == nil {
		return e
	}
	return e.WithDetail("parameters: %s", strings.Join(list, ", "))
}

// usedVariables names the variables that a statement uses.
func (fr *frame) usedVariables(q *Query, add func(string, types.Datum, types.T)) {
	sc := q.Vars.(*scope)
	seen := map[int]bool{}
	ast.Walk(q.Stmt, func(n ast.Node) bool {
		var v int
		switch n := n.(type) {
		case *ast.ColumnRef:
			if n.Star || len(n.Names) == 0 {
				return true
			}
			name, used, ok := sc.names.Find(n.Names)
			if !ok || used != len(n.Names) {
				return true
			}
			v = name.Var
		case *ast.ParamRef:
			if n.Number < 1 || n.Number > len(fr.c.inputs) {
				return true
			}
			v = fr.c.inputs[n.Number-1]
		default:
			return true
		}
		if dv := fr.c.f.Vars[v]; !seen[v] && dv.Kind == lang.Scalar {
			seen[v] = true
			name := dv.Name
			if name == "" {
				name = "$" + itoa(v+1)
			}
			add(name, fr.vals[v], dv.Type.T)
		}
		return true
	})
}

// checkCounts warns or fails, as plpgsql.extra_warnings and extra_errors say, if a row has another number of columns than its target.
func (fr *frame) checkCounts(target, columns int) error {
	v := fr.c.f.Vars[target]
	want := 1
	switch {
	case v.Kind == lang.List:
		want = len(v.Items)
	case v.Kind == lang.Record && v.Type.T.OID != types.RecordOID:
		_, ts, _ := fr.rowType(v.Type.T)
		want = len(ts)
	default:
		return nil
	}
	if want == columns {
		return nil
	}
	level := fr.extra("strict_multi_assignment")
	if level == "" {
		return nil
	}
	e := &pgerr.Error{Severity: level, Code: pgerr.DatatypeMismatch, Message: "number of source and target fields in assignment does not match",
		Detail: "strict_multi_assignment check of extra_errors is active.", Hint: "Make sure the query returns the exact list of columns."}
	if level == pgerr.SeverityError {
		return e
	}
	e.Detail = "strict_multi_assignment check of extra_warnings is active."
	e.Where = fr.h.Stack().String()
	fr.h.Notice(e)
	return nil
}

// extra is the severity of an extra check, "" if it is off.
func (fr *frame) extra(check string) string {
	for _, s := range []struct{ setting, level string }{{"plpgsql.extra_errors", pgerr.SeverityError}, {"plpgsql.extra_warnings", pgerr.SeverityWarning}} {
		v := fr.h.Setting(s.setting)
		if v == "" || v == "none" {
			continue
		}
		for _, w := range strings.Split(v, ",") {
			if w = strings.TrimSpace(w); w == check || w == "all" {
				return s.level
			}
		}
	}
	return ""
}
