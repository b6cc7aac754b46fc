package planner

import (
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/planner/opt"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/planner/rewrite"
	"github.com/lightsql/lightsql/planner/tree"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// planBound makes the plan of a bound statement.
func planBound(bound *bind.Bound, o *Options, bo bind.Options) (*plan.Plan, error) {
	oo := o.Settings.options(o)
	if bound.Trees {
		oo.Tables = tree.New(bo)
	}
	p, err := opt.Optimize(bound.Root, oo)
	if err != nil {
		return nil, err
	}
	p.Params, p.Kind, p.ReadOnly, p.Writes = bound.Params, bound.Kind, bound.ReadOnly, bound.Writes
	p.Refs = append(bound.Refs, p.Refs...)
	p.Access, p.Calls = bound.Access, bound.Calls
	p.EnvDependent, p.Unpopulated = bound.EnvDependent, bound.Unpopulated
	p.Catalog, p.Collations = o.Reader.Version(), bound.Collations
	if bound.Columns == nil {
		p.Columns = nil
	} else if p.Columns == nil {
		p.Columns = []plan.Column{}
	}
	return p, nil
}

// planRuled plans what rules make of a statement. One query that gives the command tag is a plan like any other; otherwise the plan is
// a list of them.
func planRuled(stmt ast.Stmt, o *Options, bo bind.Options) (*plan.Plan, error) {
	params, err := bind.Ruled(stmt, bo)
	if err != nil {
		return nil, err
	}
	if o.Body != nil {
		return nil, pgerr.FeatureNotSupported("a rule on a relation that a function in SQL modifies")
	}
	res, err := rewrite.Rewrite(stmt, bo)
	if err != nil {
		return nil, err
	}
	bo.ParamTypes, bo.Rewritten = params, res.Rewritten
	all := &plan.Plan{Kind: res.Command, Catalog: o.Reader.Version(), Ruled: true, Params: params}
	for _, q := range res.Queries {
		if n, ok := q.Stmt.(*ast.NotifyStmt); ok {
			all.Steps = append(all.Steps, plan.Step{Notify: n})
			continue
		}
		bound, err := bind.Statement(q.Stmt, bo)
		if err != nil {
			return nil, err
		}
		p, err := planBound(bound, o, bo)
		if err != nil {
			return nil, err
		}
		if len(res.Queries) == 1 && q.Tag {
			return p, nil
		}
		all.Steps = append(all.Steps, plan.Step{Plan: p, Tag: q.Tag})
		if q.Tag {
			all.Columns = p.Columns
		}
		all.EnvDependent = all.EnvDependent || p.EnvDependent
		all.Writes, all.Refs, all.Modifies = append(all.Writes, p.Writes...), append(all.Refs, p.Refs...), append(all.Modifies, p.Modifies...)
		all.Access, all.Calls = append(all.Access, p.Access...), append(all.Calls, p.Calls...)
		if p.Unpopulated != nil {
			all.Unpopulated = p.Unpopulated
		}
	}
	return all, nil
}
