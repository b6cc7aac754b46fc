package plan

import (
	"strconv"
	"strings"
	"time"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// ExplainOptions are the options of EXPLAIN.
type ExplainOptions struct {
	Analyze, Verbose, Costs, Timing, Summary bool
	Format                                   ExplainFormat
	// Env is how constants are written.
	Env *types.Env
	// Schema names a schema, for VERBOSE.
	Schema func(types.OID) string
	// Actual gives the run-time figures of a node by Info.ID, for ANALYZE.
	Actual func(id int) Actual
	// Pruned reports inputs of an Append that cannot have rows, by values that are known; nil: nothing is known.
	Pruned func(n *Append, input int) bool
	// Buffers: the blocks that were used are shown, of the store and of spilled rows. WAL: what was written to the store.
	Buffers, WAL bool
	// PlanningUsage is what planning used.
	PlanningUsage Usage
	// ShowSettings: Settings are shown, the parameters with other values than their defaults.
	ShowSettings bool
	Settings     []ExplainSetting
	// Memory: MemoryUsed, the bytes that planning took, is shown.
	Memory     bool
	MemoryUsed int64
	// Serialize is the format of the rows that were made ready for the client, "" if none were; how long that took, and their bytes.
	Serialize       string
	Serialization   time.Duration
	SerializedBytes int64
	// Planning and Execution are the times that the summary shows.
	Planning, Execution time.Duration
}

// ExplainSetting is a run-time parameter.
type ExplainSetting struct{ Name, Value string }

// ExplainFormat is the format of EXPLAIN's output.
type ExplainFormat uint8

// Formats.
const (
	ExplainText ExplainFormat = iota
	ExplainXML
	ExplainJSON
	ExplainYAML
)

// Actual are run-time figures of a node, all loops together.
type Actual struct {
	Loops, Rows            int64
	Startup, Total         time.Duration
	Removed, HeapFetches   int64
	Rechecked              int64 // rows removed by the test of a bitmap's condition
	Inserted, Conflicting  int64 // of INSERT … ON CONFLICT
	MemoryBytes, DiskBytes int64
	SortMethod             string
	Batches, Buckets       int64
	Usage                  Usage // its inputs' included
}

// Explain prints p the way PostgreSQL does: one string per row of the result.
func (p *Plan) Explain(o ExplainOptions) []string {
	if p.Ruled {
		return p.explainSteps(o)
	}
	x := &explainer{p: p, o: &o}
	relations := x.nameRelations()
	x.qualify = o.Verbose || relations > 1
	root := x.node(p.Root)
	x.attach(p.Root, root)
	switch o.Format {
	case ExplainJSON:
		return []string{x.json(root)}
	case ExplainYAML:
		return []string{x.yaml(root)}
	case ExplainXML:
		return []string{x.xml(root)}
	}
	return x.text(root)
}

// explainSteps prints the plans of what rules made of a statement.
func (p *Plan) explainSteps(o ExplainOptions) []string {
	if len(p.Steps) == 0 {
		return []string{"Query rewrites to nothing"}
	}
	var out []string
	for i, s := range p.Steps {
		if i > 0 && o.Format == ExplainText {
			out = append(out, "")
		}
		if s.Plan == nil {
			out = append(out, "NOTIFY")
			continue
		}
		out = append(out, s.Plan.Explain(o)...)
	}
	return out
}

// explainer makes a tree of printed nodes out of plan nodes: projections and filters, which PostgreSQL does not have as nodes,
// become part of their neighbours, and a hash join's build side gets a Hash node.
type explainer struct {
	p       *Plan
	o       *ExplainOptions
	qualify bool
	// rendered are texts that stand for references to computed columns, by negative subplan ID.
	rendered []string
	// names are the names under which relations are shown: one that is used again gets a number.
	names map[Node]string
	// outer is the left side of the look-up join that an index scan belongs to.
	outer map[*IndexScan]Node
	// shown subplans, each printed at the first node that uses it.
	shown map[int]bool
}

// shownNode is a printed node.
type shownNode struct {
	nodeType string
	title    string // the text line up to the costs
	facts    []fact // structured formats: what the title says
	info     *Info
	id       int // of the run-time figures, -1 for none
	props    []fact
	spilled  int64 // blocks of 8 kB that went to files
	kids     []*shownNode
	targets  []string // lines of the tables that a statement on a tree changes
	// relation is the parent relationship, label a subplan's name.
	relation, label string
}

// fact is a property. Text shows it as a line of its own if it is one of props.
type fact struct {
	key   string
	value any // string, []string, float64, int64, bool
	text  string
	// parts are what a line of text is in the other formats, in the place of key and value.
	parts []fact
}

func (n *shownNode) add(key string, value any) {
	n.props = append(n.props, fact{key: key, value: value})
}

// addFirst puts a property before the others.
func (n *shownNode) addFirst(key string, value any) {
	n.props = append([]fact{{key: key, value: value}}, n.props...)
}

func (n *shownNode) fact(key string, value any) {
	n.facts = append(n.facts, fact{key: key, value: value})
}

// nameRelations gives every relation of the plan a name of its own, and returns how many relations there are: with more than one,
// columns are qualified.
func (x *explainer) nameRelations() int {
	x.names, x.outer = map[Node]string{}, map[*IndexScan]Node{}
	used := map[string]bool{}
	var visit func(Node)
	visit = func(m Node) {
		if a := aliasOf(m); a != "" {
			name := a
			for i := 1; used[name]; i++ {
				name = a + "_" + strconv.Itoa(i)
			}
			used[name] = true
			x.names[m] = name
		}
		for _, c := range Inputs(m) {
			visit(c)
		}
	}
	visit(x.p.Root)
	for i := range x.p.SubPlans {
		visit(x.p.SubPlans[i].Root)
	}
	return len(x.names)
}

// aliasOf is the alias of a node that is a relation, "" for others.
func aliasOf(n Node) string {
	switch n := n.(type) {
	case *SeqScan:
		return n.Alias
	case *BitmapScan:
		return n.Alias
	case *IndexScan:
		return n.Alias
	case *VirtualScan:
		return n.Alias
	case *FuncScan:
		return n.Alias
	case *CTEScan:
		return n.Alias
	case *WorkTableScan:
		return n.Alias
	case *Values:
		return n.Alias
	case *Project:
		return n.Alias
	case *Insert:
		return n.Alias
	case *Append:
		return n.Alias
	}
	return ""
}

// resolve is what column idx of n's output shows as: a column of a relation, or the expression that computes it.
func (x *explainer) resolve(n Node, idx int) expr.Expr {
	switch n := n.(type) {
	case *SeqScan:
		return tableColumn(x.names[n], n.Table.Columns, n.Cols, idx)
	case *IndexScan:
		return tableColumn(x.names[n], n.Table.Columns, n.Cols, idx)
	case *BitmapScan:
		return tableColumn(x.names[n], n.Table.Columns, n.Cols, idx)
	case *VirtualScan:
		return tableColumn(x.names[n], n.Table.Columns, n.Cols, idx)
	case *Values:
		return named(x.names[n], &n.Info, idx)
	case *FuncScan:
		return named(x.names[n], &n.Info, idx)
	case *CTEScan:
		return named(x.names[n], &n.Info, idx)
	case *WorkTableScan:
		return named(x.names[n], &n.Info, idx)
	case *Project:
		if showsAsSubquery(n) {
			return named(x.names[n], &n.Info, idx)
		}
		if idx < len(n.Exprs) {
			return x.over(n.Exprs[idx], n.Input)
		}
	case *ProjectSet:
		if idx < len(n.Exprs) {
			return x.over(n.Exprs[idx], n.Input)
		}
	case *Aggregate:
		return x.resolveAggregate(n, idx)
	case *Window:
		in := len(n.Input.Types())
		if idx < in {
			return x.resolve(n.Input, idx)
		}
		if idx-in < len(n.Calls) {
			return x.over(n.Calls[idx-in], n.Input)
		}
	case *With:
		return x.resolve(n.Body, idx)
	case *HashJoin:
		return x.resolveJoin(n.Left, n.Right, idx)
	case *NestLoop:
		return x.resolveJoin(n.Left, n.Right, idx)
	case *MergeJoin:
		return x.resolveJoin(n.Left, n.Right, idx)
	case *LookupJoin:
		return x.resolveJoin(n.Left, n.Inner, idx)
	case *Append:
		if n.Alias != "" {
			return named(x.names[n], &n.Info, idx)
		}
		return x.resolve(n.Inputs[0], idx)
	case *SetOp:
		return x.resolve(n.Left, idx)
	case *Update, *Delete, *Insert:
		return named("", n.Base(), idx)
	default:
		if in := Inputs(n); len(in) == 1 {
			return x.resolve(in[0], idx)
		}
	}
	return named("", n.Base(), idx)
}

func (x *explainer) resolveAggregate(n *Aggregate, idx int) expr.Expr {
	switch {
	case idx < len(n.Groups):
		return x.resolve(n.Input, n.Groups[idx])
	case idx-len(n.Groups) < len(n.Aggs):
		return x.over(n.Aggs[idx-len(n.Groups)], n.Input)
	}
	return named("", &n.Info, idx)
}

func (x *explainer) resolveJoin(l, r Node, idx int) expr.Expr {
	if k := len(l.Types()); idx >= k {
		return x.resolve(r, idx-k)
	}
	return x.resolve(l, idx)
}

func named(rel string, in *Info, idx int) expr.Expr {
	c := &expr.Col{Idx: idx, Rel: rel, Name: "?column?"}
	if idx >= 0 && idx < len(in.Names) {
		c.Name, c.T = in.Names[idx], in.Out[idx]
	}
	return c
}

// over replaces the columns of e, an expression over n's output, by what they show as.
func (x *explainer) over(e expr.Expr, n Node) expr.Expr {
	return x.replace(e, func(c *expr.Col) expr.Expr { return x.resolve(n, c.Idx) })
}

func (x *explainer) replace(e expr.Expr, f func(*expr.Col) expr.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		switch e := e.(type) {
		case *expr.Col:
			if e.Idx < 0 {
				return e
			}
			return f(e)
		case *expr.SubPlan:
			if e.ID >= 0 && e.ID < len(x.p.SubPlans) && x.p.SubPlans[e.ID].InitPlan {
				return &expr.ExecParam{Slot: x.p.SubPlans[e.ID].OutSlot, T: e.T}
			}
		}
		return e
	})
}

// above is over for a node that reads what the node below computes: references to computed values are in parentheses.
func (x *explainer) above(e expr.Expr, n Node) expr.Expr {
	return x.replace(e, func(c *expr.Col) expr.Expr { return x.reference(n, c.Idx) })
}

func (x *explainer) reference(n Node, idx int) expr.Expr {
	r := x.resolve(n, idx)
	switch r.(type) {
	case *expr.Col, *expr.ExecParam:
		return r
	}
	x.rendered = append(x.rendered, x.format(r))
	return &expr.SubPlan{ID: -len(x.rendered), T: r.Type()}
}

func (x *explainer) format(e expr.Expr) string { return x.print(e, x.qualify) }

func (x *explainer) print(e expr.Expr, qualify bool) string {
	return expr.Format(e, expr.FormatOpts{Qualify: qualify, Env: x.o.Env, SubPlan: func(s *expr.SubPlan) string {
		switch {
		case s.ID < 0:
			return x.rendered[-s.ID-1]
		case s.ID < len(x.p.SubPlans):
			return x.p.SubPlans[s.ID].Name
		}
		return "SubPlan"
	}})
}

// cond prints a condition.
func (x *explainer) cond(e expr.Expr, n Node) string { return x.format(x.over(e, n)) }

// scanCond prints a condition of a scan: PostgreSQL qualifies only the columns of other relations there.
func (x *explainer) scanCond(e expr.Expr, n Node) string { return x.print(x.over(e, n), x.o.Verbose) }

// sortKeys prints sort keys over n's output.
func (x *explainer) sortKeys(keys []SortKey, n Node) []string {
	var out []string
	for _, k := range keys {
		var b strings.Builder
		expr.FormatSortKeys(&b, []expr.SortKey{{Expr: x.reference(n, k.Col), Desc: k.Desc, NullsFirst: k.NullsFirst}},
			expr.FormatOpts{})
		suffix := ""
		if i := strings.LastIndex(b.String(), " DESC"); k.Desc && i >= 0 {
			suffix = b.String()[i:]
		} else if i := strings.LastIndex(b.String(), " NULLS "); !k.Desc && k.NullsFirst && i >= 0 {
			suffix = b.String()[i:]
		}
		out = append(out, x.format(x.reference(n, k.Col))+suffix)
	}
	return out
}
