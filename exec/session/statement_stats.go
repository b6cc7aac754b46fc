package session

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec/statements"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/types"
)

// figures is what a prepared statement remembers of pg_stat_statements.
type figures struct {
	entry      *statements.Entry
	generation uint64 // of the registry
}

// ownText is the part of the query string that is this statement.
func (p *prepared) ownText() string {
	if p.end > p.start && p.end <= len(p.text) {
		return p.text[p.start:p.end]
	}
	return p.text
}

// executed counts an execution and logs a slow one. text is the statement's, if p has none.
func (s *Session) executed(p *prepared, text string, took time.Duration, t Tag) {
	if s.hot.trackStatements {
		s.entry(p, text).Executed(took, t.Rows)
	}
	if s.hot.slow >= 0 && took >= s.hot.slow {
		s.logSlow(p, text, took)
	}
}

// entry finds the entry of a statement, at first by its fingerprint.
func (s *Session) entry(p *prepared, text string) *statements.Entry {
	r := &s.srv.statements
	if gen := r.Generation(); p.figures.entry == nil || p.figures.generation != gen {
		if text == "" {
			text = p.ownText()
		}
		k := statements.Key{ID: parser.Fingerprint(text), User: uint32(catalog.SuperuserOID), Database: uint32(catalog.DatabaseOID), TopLevel: true}
		p.figures = figures{r.Entry(k, func() string { return keptText(text) }), gen}
	}
	return p.figures.entry
}

// keptTextMax is the length up to which a statement is kept as it is: its constants, which may be large, are only taken out for who asks.
const keptTextMax = 1024

// keptText is what an entry keeps of a statement. Longer ones are kept without their constants.
func keptText(text string) string {
	if len(text) > keptTextMax {
		return parser.Normalized(text)
	}
	return strings.Clone(text) // it may be a part of a long string of statements
}

// logSlow writes a statement that took longer than log_min_duration_statement, and its plan if that took longer than
// auto_explain.log_min_duration, to the server's log.
func (s *Session) logSlow(p *prepared, text string, took time.Duration) {
	if text == "" {
		text = p.ownText()
	}
	attrs := []slog.Attr{slog.Int("pid", int(s.pid)), slog.String("user", s.user), slog.String("database", s.database),
		slog.Float64("duration_ms", float64(took)/float64(time.Millisecond)), slog.String("statement", text)}
	if s.hot.explainSlow >= 0 && took >= s.hot.explainSlow && p.plan != nil {
		lines := p.plan.Explain(plan.ExplainOptions{Costs: true, Env: &s.types, Schema: s.reader().SchemaName})
		attrs = append(attrs, slog.Any("plan", lines))
	}
	s.srv.o.Logger.LogAttrs(context.Background(), slog.LevelInfo, "slow statement", attrs...)
}

// statementRows are the rows of pg_stat_statements, in the order of version 1.10 of PostgreSQL's extension.
func (s *Session) statementRows() [][]types.Datum {
	var rows [][]types.Datum
	times := func(t *statements.Times) []types.Datum {
		return []types.Datum{types.NewInt(t.Calls), types.NewFloat(t.Total), types.NewFloat(t.Min), types.NewFloat(t.Max), types.NewFloat(t.Mean()),
			types.NewFloat(t.Deviation())}
	}
	for _, e := range s.srv.statements.All() {
		f := e.Figures()
		row := []types.Datum{types.NewInt(int64(e.User)), types.NewInt(int64(e.Database)), types.NewBool(e.TopLevel), types.NewInt(int64(e.ID)),
			types.NewStr(parser.Normalized(e.Text))}
		row = append(append(row, times(&f.Plan)...), times(&f.Exec)...)
		rows = append(rows, append(row, types.NewInt(f.Rows)))
	}
	return rows
}

func (s *Session) statementInfoRows() [][]types.Datum {
	evicted, since := s.srv.statements.Info()
	return [][]types.Datum{{types.NewInt(evicted), timestamp(since)}}
}

// resetStatements is pg_stat_statements_reset: zero, or no argument, stands for all.
func resetStatements(s *Session, _ context.Context, args []types.Datum) (types.Datum, error) {
	var want [3]uint64
	for i, a := range args {
		want[i] = uint64(a.Int())
	}
	s.srv.statements.Reset(func(k statements.Key) bool {
		return (want[0] == 0 || want[0] == uint64(k.User)) && (want[1] == 0 || want[1] == uint64(k.Database)) && (want[2] == 0 || want[2] == k.ID)
	})
	return void, nil
}
