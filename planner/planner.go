package planner

import (
	"context"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/planner/opt"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/planner/rewrite"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Options are what a plan depends on besides the statement. They are only read.
type Options struct {
	Reader *catalog.Reader
	// SQL is the text of the statement: positions of errors refer to it, and the cache looks plans up by it.
	SQL string
	// SearchPath lists schemas; pg_catalog is searched first unless the path names it.
	SearchPath []string
	// ParamTypes are the declared types of $1 …; OID 0 means: infer.
	ParamTypes []types.T
	// Context, if not nil, ends what takes long in planning: the evaluation of constants. Leftovers, if not nil, are the session's.
	Context   context.Context
	Leftovers *expr.Leftovers
	// Params are the values of $1 … that the plan is made for; nil: it holds for all values. Such plans are not cached.
	Params []types.Datum
	// NoParams refuses parameters (a statement of the simple protocol).
	NoParams bool
	User     string
	Role     types.OID // bind.Options.Role
	Database string
	// Types is what the text input of constants depends on.
	Types    *types.Env
	Settings Settings
	// Body is set for a statement in the body of an SQL function; such plans are not cached.
	Body *bind.Body
	// Variables is set for a statement in the body of a function in a procedural language; such plans are not cached.
	Variables bind.Variables
	// Transitions are the transition tables of a trigger that statements of its function may read; such plans are not cached.
	Transitions []bind.Transition
	// Refresh is bind.Options.Refresh; such plans are not cached.
	Refresh types.OID
	// NoRules: the rules of relations do not apply (COPY).
	NoRules bool
	// Stats gives figures of tables; nil: nothing is known.
	Stats stats.Provider
	// Generation names every setting that the plan depends on, the search path included; equal strings mean equal settings. The
	// cache compares it and none of the settings themselves.
	Generation string
	// DisabledRules names rules of the optimizer (opt.RuleNames) to leave out, for tests. Such plans are not cached.
	DisabledRules map[string]bool
}

// Settings are the run-time parameters that the planner reads. The zero value stands for the defaults.
type Settings struct {
	disabled string // names of the enable_… parameters that are off
	opt      opt.Settings
	costs    opt.Costs
}

// Values are run-time parameters by name (package settings implements it).
type Values interface {
	// Raw is the value in the parameter's unit; false: there is no such parameter.
	Raw(name string) (string, bool)
}

// enables are the parameters that forbid a kind of plan.
var enables = []struct {
	name  string
	field func(*opt.Settings) *bool
}{
	{"enable_seqscan", func(s *opt.Settings) *bool { return &s.EnableSeqScan }},
	{"enable_bitmapscan", func(s *opt.Settings) *bool { return &s.EnableBitmapScan }},
	{"enable_indexscan", func(s *opt.Settings) *bool { return &s.EnableIndexScan }},
	{"enable_indexonlyscan", func(s *opt.Settings) *bool { return &s.EnableIndexOnlyScan }},
	{"enable_hashjoin", func(s *opt.Settings) *bool { return &s.EnableHashJoin }},
	{"enable_mergejoin", func(s *opt.Settings) *bool { return &s.EnableMergeJoin }},
	{"enable_nestloop", func(s *opt.Settings) *bool { return &s.EnableNestLoop }},
	{"enable_sort", func(s *opt.Settings) *bool { return &s.EnableSort }},
	{"enable_hashagg", func(s *opt.Settings) *bool { return &s.EnableHashAgg }},
}

// SettingsFrom reads the planner's parameters.
func SettingsFrom(v Values) Settings {
	s := Settings{opt: opt.DefaultSettings(), costs: opt.DefaultCosts()}
	for _, e := range enables {
		if text, _ := v.Raw(e.name); text == "off" {
			*e.field(&s.opt) = false
			s.disabled += e.name + " "
		}
	}
	for _, c := range []struct {
		name string
		to   *float64
	}{
		{"seq_page_cost", &s.costs.SeqPage}, {"random_page_cost", &s.costs.RandomPage}, {"cpu_tuple_cost", &s.costs.CPUTuple},
		{"cpu_index_tuple_cost", &s.costs.CPUIndexTuple}, {"cpu_operator_cost", &s.costs.CPUOper},
	} {
		text, _ := v.Raw(c.name)
		if f, err := strconv.ParseFloat(text, 64); err == nil && f != *c.to {
			*c.to = f
			s.disabled += c.name + "=" + text + " "
		}
	}
	text, _ := v.Raw("work_mem")
	if kb, err := strconv.ParseFloat(text, 64); err == nil && kb > 0 {
		if kb *= 1024; kb != s.costs.WorkMemBytes {
			s.costs.WorkMemBytes = kb
			s.disabled += "work_mem=" + text
		}
	}
	return s
}

// Key is equal for equal settings.
func (s Settings) Key() string { return s.disabled }

func (s Settings) options(o *Options) opt.Options {
	out := opt.Options{Params: o.Params, Context: o.Context, Leftovers: o.Leftovers, Settings: s.opt, Costs: s.costs, Stats: o.Stats, DisabledRules: o.DisabledRules, Types: o.Types}
	if out.Costs == (opt.Costs{}) {
		out.Settings, out.Costs = opt.DefaultSettings(), opt.DefaultCosts()
	}
	return out
}

// Plan plans a SELECT, INSERT, UPDATE, DELETE or VALUES. Errors are *pgerr.Error.
func Plan(stmt ast.Stmt, o Options) (*plan.Plan, error) {
	bo := bind.Options{SQL: o.SQL, Reader: o.Reader, SearchPath: o.SearchPath, ParamTypes: o.ParamTypes,
		NoParams: o.NoParams, User: o.User, Role: o.Role, Database: o.Database, Env: o.Types, Body: o.Body, Variables: o.Variables,
		Transitions: o.Transitions, Refresh: o.Refresh}
	if !o.NoRules && rewrite.Needed(stmt, o.Reader, o.SearchPath) {
		return planRuled(stmt, &o, bo)
	}
	bound, err := bind.Statement(stmt, bo)
	if err != nil {
		return nil, err
	}
	return planBound(bound, &o, bo)
}
