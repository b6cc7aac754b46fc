// Package explain reads the options of EXPLAIN and measures what they ask for beyond the figures of plan nodes. The session runs the
// statement; planner/plan prints.
package explain

import (
	"runtime"
	"strings"
	"time"

	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/settings"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Type is the type of EXPLAIN's column: it depends on the format.
func Type(x *ast.ExplainStmt) types.T {
	for _, o := range x.Options {
		if o.Name == "format" {
			switch strings.ToLower(o.Word()) {
			case "json":
				return types.Of(types.JSONOID)
			case "xml":
				return types.Of(types.XMLOID)
			}
		}
	}
	return types.Of(types.TextOID)
}

// Options reads the options of EXPLAIN; sql is the text that their positions refer to.
func Options(sql string, x *ast.ExplainStmt) (plan.ExplainOptions, error) {
	o := plan.ExplainOptions{Costs: true}
	timing, summary := -1, -1
	generic, buffers := false, -1
	set := map[string]func(on bool){
		"analyze": func(on bool) { o.Analyze = on }, "verbose": func(on bool) { o.Verbose = on }, "costs": func(on bool) { o.Costs = on },
		"timing": func(on bool) { timing = number(on) }, "summary": func(on bool) { summary = number(on) },
		"buffers": func(on bool) { buffers = number(on) }, "wal": func(on bool) { o.WAL = on }, "memory": func(on bool) { o.Memory = on },
		"settings": func(on bool) { o.ShowSettings = on }, "generic_plan": func(on bool) { generic = on },
	}
	for _, d := range x.Options {
		var err error
		switch f := set[d.Name]; {
		case f != nil:
			var on bool
			if on, err = d.Bool(); err == nil {
				f(on)
			}
		case d.Name == "format":
			o.Format, err = format(sql, d)
		case d.Name == "serialize":
			o.Serialize, err = serialize(sql, d)
		default:
			err = pgerr.New(pgerr.SyntaxError, "unrecognized EXPLAIN option %q", d.Name).At(sql, d.Pos)
		}
		if err != nil {
			return o, err
		}
	}
	needs := func(option string) error {
		return pgerr.New(pgerr.InvalidParameterValue, "EXPLAIN option %s requires ANALYZE", option)
	}
	switch {
	case o.Analyze:
	case o.WAL:
		return o, needs("WAL")
	case timing == 1:
		return o, needs("TIMING")
	case o.Serialize != "":
		return o, needs("SERIALIZE")
	}
	if generic && o.Analyze {
		return o, pgerr.New(pgerr.InvalidParameterValue, "EXPLAIN options ANALYZE and GENERIC_PLAN cannot be used together")
	}
	o.Buffers = buffers == 1
	o.Timing = o.Analyze && timing != 0
	o.Summary = summary == 1 || summary == -1 && o.Analyze
	return o, nil
}

func number(on bool) int {
	if on {
		return 1
	}
	return 0
}

func unrecognized(sql string, d *ast.DefElem) error {
	return pgerr.New(pgerr.InvalidParameterValue, "unrecognized value for EXPLAIN option %q: %q", d.Name, d.Word()).At(sql, d.Pos)
}

func format(sql string, d *ast.DefElem) (plan.ExplainFormat, error) {
	switch strings.ToLower(d.Word()) {
	case "text":
		return plan.ExplainText, nil
	case "json":
		return plan.ExplainJSON, nil
	case "yaml":
		return plan.ExplainYAML, nil
	case "xml":
		return plan.ExplainXML, nil
	}
	return 0, unrecognized(sql, d)
}

// serialize is the format in which the rows are made ready for the client, "" for not at all.
func serialize(sql string, d *ast.DefElem) (string, error) {
	if d.Arg == nil {
		return "text", nil
	}
	switch w := strings.ToLower(d.Word()); w {
	case "off", "none":
		return "", nil
	case "text", "binary":
		return w, nil
	}
	return "", unrecognized(sql, d)
}

// Settings are the parameters that influence planning and have another value than their default.
func Settings(v *settings.Values) []plan.ExplainSetting {
	var out []plan.ExplainSetting
	for _, p := range v.All() {
		if p.Explain && v.Changed(p.Name) {
			text, _ := v.Show(p.Name)
			out = append(out, plan.ExplainSetting{Name: p.Name, Value: text})
		}
	}
	return out
}

// Memory measures what is allocated until the function that it returns is called. The runtime counts for the whole server: what other
// sessions allocate meanwhile is in it.
func Memory() func() int64 {
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	return func() int64 {
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		return int64(after.TotalAlloc - before.TotalAlloc)
	}
}

// Serializer writes rows as a client would get them, and throws them away.
type Serializer struct {
	Format string
	Env    *types.Env
	Bytes  int64
	Time   time.Duration
	buf    []byte
}

// rowHeader is what a row's message has before its values, and lengthBytes what each value has.
const (
	rowHeader   = 7
	lengthBytes = 4
)

// Batch serializes the rows of a batch.
func (s *Serializer) Batch(b *vec.Batch, ts []types.T) {
	begin := time.Now()
	for i := range b.Rows() {
		s.Bytes += rowHeader
		for c, v := range b.Cols {
			s.Bytes += lengthBytes
			d := v.Datum(b.Row(i))
			if d.IsNull() || c >= len(ts) {
				continue
			}
			if s.Format == "binary" {
				s.buf = types.AppendBinary(s.buf[:0], ts[c], d, s.Env)
			} else {
				s.buf = types.AppendText(s.buf[:0], ts[c], d, s.Env)
			}
			s.Bytes += int64(len(s.buf))
		}
	}
	s.Time += time.Since(begin)
}
