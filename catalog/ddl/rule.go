package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// returnRule is the name of the rule that a view's own query is.
const returnRule = "_RETURN"

// createRule is CREATE RULE.
func (x *Executor) createRule(ctx context.Context, s *ast.RuleStmt) error {
	rel, err := x.ruleRelation(ctx, s.Relation)
	if err != nil {
		return err
	}
	switch {
	case s.Event == ast.RuleSelect:
		return x.selectRule(rel, s)
	case s.Name == returnRule:
		return pgerr.New(pgerr.InvalidObjectDefinition, "non-view rule for %q must not be named %q", rel.RelName(), returnRule)
	}
	events := map[ast.RuleEvent]byte{ast.RuleUpdate: catalog.RuleOnUpdate, ast.RuleInsert: catalog.RuleOnInsert, ast.RuleDelete: catalog.RuleOnDelete}
	rule := &catalog.Rule{Name: s.Name, Event: events[s.Event], Instead: s.Instead, Enabled: 'O'}
	if err := x.Bind.Rule(rel, s, rule); err != nil {
		return err
	}
	old := findRule(rel, s.Name)
	if old != nil && !s.Replace {
		return errRuleExists(s.Name, rel)
	}
	if old != nil {
		rule.OID = old.OID
	} else if rule.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return err
	}
	return x.changeRules(ctx, rel, func(list []*catalog.Rule) []*catalog.Rule { return append(withoutRule(list, s.Name), rule) })
}

// ruleRelation finds and locks a relation that may have rules.
func (x *Executor) ruleRelation(ctx context.Context, rv *ast.RangeVar) (catalog.Relation, error) {
	rel, err := x.lockRelation(ctx, rv)
	if err != nil {
		return nil, err
	}
	switch rel.RelKind() {
	case catalog.RelTable, catalog.RelView:
		return rel, nil
	case catalog.RelMatView:
		return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "rules on materialized views are not supported")
	}
	kind := map[catalog.RelKind]string{catalog.RelSequence: "sequences", catalog.RelIndex: "indexes"}[rel.RelKind()]
	return nil, pgerr.New(pgerr.WrongObjectType, "relation %q cannot have rules", rel.RelName()).
		WithDetail("This operation is not supported for %s.", kind)
}

// selectRule refuses rules ON SELECT: the only one that there can be is the query of a view, which CREATE VIEW makes.
func (x *Executor) selectRule(rel catalog.Relation, s *ast.RuleStmt) error {
	switch {
	case len(s.Actions) == 0:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "INSTEAD NOTHING rules on SELECT are not implemented").WithHint("Use views instead.")
	case len(s.Actions) > 1:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "multiple actions for rules on SELECT are not implemented")
	}
	if _, ok := s.Actions[0].(*ast.SelectStmt); !ok || !s.Instead {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "rules on SELECT must have action INSTEAD SELECT").WithHint("Use views instead.")
	}
	if s.Where != nil {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "event qualifications are not implemented for rules on SELECT")
	}
	if rel.RelKind() == catalog.RelView {
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "%q is already a view", rel.RelName())
	}
	return pgerr.FeatureNotSupported("CREATE RULE ON SELECT")
}

func findRule(rel catalog.Relation, name string) *catalog.Rule {
	for _, r := range catalog.RulesOf(rel) {
		if r.Name == name {
			return r
		}
	}
	return nil
}

func withoutRule(list []*catalog.Rule, name string) []*catalog.Rule {
	return slices.DeleteFunc(list, func(r *catalog.Rule) bool { return r.Name == name })
}

// changeRules gives a relation another list of rules; change gets a copy.
func (x *Executor) changeRules(ctx context.Context, rel catalog.Relation, change func([]*catalog.Rule) []*catalog.Rule) error {
	list := change(slices.Clone(catalog.RulesOf(rel)))
	if len(list) == 0 {
		list = nil
	}
	catalog.SortRules(list)
	return x.update(ctx, rel, catalog.WithRules(rel, list))
}

// changeRule changes one rule of a relation.
func (x *Executor) changeRule(ctx context.Context, rel catalog.Relation, name string, change func(*catalog.Rule)) error {
	if findRule(rel, name) == nil {
		return errNoRule(name, rel)
	}
	return x.changeRules(ctx, rel, func(list []*catalog.Rule) []*catalog.Rule {
		for i, r := range list {
			if r.Name == name {
				n := *r
				change(&n)
				list[i] = &n
			}
		}
		return list
	})
}

func errNoRule(name string, rel catalog.Relation) *pgerr.Error {
	return pgerr.New(pgerr.UndefinedObject, "rule %q for relation %q does not exist", name, rel.RelName())
}

func errRuleExists(name string, rel catalog.Relation) *pgerr.Error {
	return pgerr.New(pgerr.DuplicateObject, "rule %q for relation %q already exists", name, rel.RelName())
}

func (x *Executor) dropRules(ctx context.Context, s *ast.DropStmt) error {
	for _, o := range s.Objects {
		name := o.Names[len(o.Names)-1]
		rv := rangeVar(o.Names[:len(o.Names)-1])
		rel, err := x.lockRelation(ctx, rv)
		if err != nil {
			if err := x.missing(err, s.MissingOk, "relation", rv); err != nil {
				return err
			}
			continue
		}
		switch {
		case name == returnRule && rel.RelKind() == catalog.RelView:
			return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop rule _RETURN on view %s because view %s requires it",
				x.relName(rel), x.relName(rel)).WithHint("You can drop view %s instead.", x.relName(rel))
		case findRule(rel, name) != nil:
			err = x.dropRule(ctx, rel, name)
		case s.MissingOk:
			x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "rule %q for relation %q does not exist, skipping", name, rel.RelName()))
		default:
			err = errNoRule(name, rel)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) dropRule(ctx context.Context, rel catalog.Relation, name string) error {
	return x.changeRules(ctx, rel, func(list []*catalog.Rule) []*catalog.Rule { return withoutRule(list, name) })
}

// renameRule is ALTER RULE … RENAME TO.
func (x *Executor) renameRule(ctx context.Context, s *ast.RenameStmt) error {
	rel, err := x.ruleRelation(ctx, s.Relation)
	if err != nil {
		return err
	}
	switch {
	case s.SubName == returnRule && rel.RelKind() == catalog.RelView:
		return pgerr.New(pgerr.InvalidObjectDefinition, "renaming an ON SELECT rule is not allowed")
	case findRule(rel, s.SubName) == nil:
		return errNoRule(s.SubName, rel)
	case findRule(rel, s.NewName) != nil || s.NewName == returnRule && rel.RelKind() == catalog.RelView:
		return errRuleExists(s.NewName, rel)
	}
	return x.changeRule(ctx, rel, s.SubName, func(r *catalog.Rule) { r.Name = s.NewName })
}

// enableRule is ALTER TABLE … ENABLE and DISABLE RULE.
func (x *Executor) enableRule(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd) error {
	state := map[ast.AlterTableKind]byte{ast.EnableRule: 'O', ast.EnableAlwaysRule: 'A', ast.EnableReplicaRule: 'R', ast.DisableRule: 'D'}[cmd.Kind]
	return x.changeRule(ctx, t, cmd.Name, func(r *catalog.Rule) { r.Enabled = state })
}

func (x *Executor) commentRule(ctx context.Context, names []string, text string) error {
	rel, err := x.ruleRelation(ctx, rangeVar(names[:len(names)-1]))
	if err != nil {
		return err
	}
	return x.changeRule(ctx, rel, names[len(names)-1], func(r *catalog.Rule) { r.Comment = text })
}
