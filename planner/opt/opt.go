package opt

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Options are what planning depends on besides the query.
type Options struct {
	Stats    stats.Provider // nil: nothing is known
	Settings Settings
	Costs    Costs
	// DisabledRules names rules (see RuleNames) that are left out; answers must not depend on it.
	DisabledRules map[string]bool
	// Params are the values of parameters that the plan is made for; nil: it holds for all.
	Params []types.Datum
	// Context ends the folding of constants that take long; nil: nothing does. Leftovers, if not nil, are the session's.
	Context   context.Context
	Leftovers *expr.Leftovers
	// Types is for folding constants; nil is the defaults. Immutable functions do not depend on it.
	Types *types.Env
	// Tables knows partitions and inheritance; nil: no table has any.
	Tables Tables
}

// Settings are PostgreSQL's enable_… parameters.
type Settings struct {
	EnableSeqScan, EnableIndexScan, EnableIndexOnlyScan, EnableBitmapScan bool
	EnableHashJoin, EnableMergeJoin, EnableNestLoop                       bool
	EnableSort, EnableHashAgg                                             bool
}

// DefaultSettings has everything enabled.
func DefaultSettings() Settings {
	return Settings{EnableSeqScan: true, EnableIndexScan: true, EnableIndexOnlyScan: true, EnableBitmapScan: true, EnableHashJoin: true, EnableMergeJoin: true,
		EnableNestLoop: true, EnableSort: true, EnableHashAgg: true}
}

// optimizer is the state of planning one statement.
type optimizer struct {
	opts    Options
	shape   shape
	lastCol expr.ColID
	// lastShared numbers the CTEs that a rule makes, downwards from -1: others have numbers from the binder.
	lastShared int
	est        *estimate.Estimator
	ctes       map[int]*rel
	bound      *limitBound  // LIMIT right above the sort being planned
	err        error        // a broken invariant
	folded     logical.Node // the query block as the last foldTree left it
	// useful are columns by which some operator wants its input sorted or grouped; other orders are not worth keeping.
	useful       colSet
	computedKeys []computedKey
	// targets are the tables in which the rows of a scan of an inheritance tree may be, by its row id; scanned are all tables read for such scans.
	targets map[expr.ColID][]*catalog.Table
	scanned []types.OID
}

func (o *optimizer) fail(format string, args ...any) {
	if o.err == nil {
		o.err = pgerr.New(pgerr.InternalError, format, args...)
	}
}

// Optimize plans a bound statement.
func Optimize(n logical.Node, opts Options) (*plan.Plan, error) {
	o := newOptimizer(n, opts)
	b := &builder{o: o, plan: &plan.Plan{}}
	n = o.rewrite(n)
	b.plan.Root = b.statement(n)
	if o.err != nil {
		return nil, o.err
	}
	b.finish(n)
	return b.plan, nil
}

// Rewritten is n after the rewrite rules, for tests of the rules.
func Rewritten(n logical.Node, opts Options) logical.Node {
	return newOptimizer(n, opts).rewrite(n)
}

func newOptimizer(n logical.Node, opts Options) *optimizer {
	var s survey
	s.node(n)
	return &optimizer{opts: opts, shape: s.shape, lastCol: s.top, est: estimate.New(opts.Types)}
}
