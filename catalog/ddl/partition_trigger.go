package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// A trigger FOR EACH ROW of a partitioned table has a clone in each of its partitions, which is what fires: Trigger.Parent.

// spreadTriggers gives the partitions of p clones of some of its triggers.
func (x *Executor) spreadTriggers(ctx context.Context, p *catalog.Table, list []*catalog.Trigger) error {
	if p.Key == nil || len(list) == 0 {
		return nil
	}
	children, err := x.children(ctx, p)
	if err != nil {
		return err
	}
	for _, c := range children {
		t := next(c)
		cloned, err := x.cloneTriggers(ctx, p, t, list)
		if err != nil {
			return err
		}
		if len(cloned) == 0 {
			continue
		}
		if err := x.update(ctx, c, t); err != nil {
			return err
		}
		if err := x.spreadTriggers(ctx, t, cloned); err != nil {
			return err
		}
	}
	return nil
}

// cloneTriggers gives t, a partition of p that is not published yet, clones of triggers of p, and returns them.
func (x *Executor) cloneTriggers(ctx context.Context, p, t *catalog.Table, list []*catalog.Trigger) ([]*catalog.Trigger, error) {
	var cloned []*catalog.Trigger
	for _, tr := range list {
		if !tr.Row {
			continue
		}
		n := *tr
		n.Parent, n.OID, n.Comment = tr.OID, 0, ""
		n.Columns = mapColumns(p, t, tr.Columns)
		if was := findTrigger(t, tr.Name); was != nil {
			if was.Parent != tr.OID {
				return nil, pgerr.New(pgerr.DuplicateObject, "trigger %q for relation %q already exists", tr.Name, t.Name)
			}
			n.OID = was.OID
			t.Triggers = slices.DeleteFunc(slices.Clone(t.Triggers), func(o *catalog.Trigger) bool { return o == was })
		}
		var err error
		if n.OID == 0 {
			if n.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
				return nil, err
			}
		}
		if n.Constraint != 0 {
			if n.Constraint, err = x.Txn.Catalog().NewOID(ctx); err != nil {
				return nil, err
			}
		}
		t.Triggers = append(slices.Clone(t.Triggers), &n)
		cloned = append(cloned, &n)
	}
	catalog.SortTriggers(t.Triggers)
	return cloned, nil
}

// eachClone calls f for the clones of a trigger of a partitioned table, those in partitions of partitions first.
func (x *Executor) eachClone(ctx context.Context, p catalog.Relation, tr *catalog.Trigger, f func(*catalog.Table, *catalog.Trigger) error) error {
	t, ok := p.(*catalog.Table)
	if !ok || t.Key == nil || !tr.Row {
		return nil
	}
	children, err := x.children(ctx, t)
	if err != nil {
		return err
	}
	for _, c := range children {
		for _, clone := range c.Triggers {
			if clone.Parent != tr.OID {
				continue
			}
			if err := x.eachClone(ctx, c, clone, f); err != nil {
				return err
			}
			cur, _ := x.Txn.Newest().Table(c.OID)
			if err := f(cur, clone); err != nil {
				return err
			}
		}
	}
	return nil
}

// freeTriggers takes the clones away from a partition that is detached from p, and from its own partitions; t is not published yet.
func (x *Executor) freeTriggers(ctx context.Context, p, t *catalog.Table) error {
	for _, tr := range t.Triggers {
		if tr.Parent == 0 || !slices.ContainsFunc(p.Triggers, func(o *catalog.Trigger) bool { return o.OID == tr.Parent }) {
			continue
		}
		if err := x.eachClone(ctx, t, tr, x.removeTrigger); err != nil {
			return err
		}
		t.Triggers = slices.DeleteFunc(slices.Clone(t.Triggers), func(o *catalog.Trigger) bool { return o.OID == tr.OID })
	}
	return nil
}

// removeTrigger takes one trigger out of a table.
func (x *Executor) removeTrigger(t *catalog.Table, tr *catalog.Trigger) error {
	return x.changeTriggers(context.Background(), t, func(list []*catalog.Trigger) []*catalog.Trigger {
		return slices.DeleteFunc(list, func(o *catalog.Trigger) bool { return o.OID == tr.OID })
	})
}

// errTransitionRow refuses a trigger FOR EACH ROW with transition tables where rows of several tables meet.
func (x *Executor) errTransitionRow(rel catalog.Relation, t *catalog.Trigger) error {
	tab, ok := rel.(*catalog.Table)
	if !ok || !t.Row || t.OldTable == "" && t.NewTable == "" {
		return nil
	}
	switch {
	case tab.Key != nil:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "%q is a partitioned table", tab.Name).
			WithDetail("ROW triggers with transition tables are not supported on partitioned tables.")
	case tab.Bound != nil:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "ROW triggers with transition tables are not supported on partitions")
	case len(tab.Parents) > 0:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "ROW triggers with transition tables are not supported on inheritance children")
	}
	return nil
}

// errTransitionChild refuses to make a child of a table with such a trigger.
func errTransitionChild(t *catalog.Table, what, detail string) error {
	for _, tr := range t.Triggers {
		if tr.Row && (tr.OldTable != "" || tr.NewTable != "") {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "trigger %q prevents table %q from becoming %s", tr.Name, t.Name, what).
				WithDetail("ROW triggers with transition tables are not supported on %s.", detail)
		}
	}
	return nil
}

// errClone is the error of a change of a clone alone.
func (x *Executor) errClone(verb string, rel catalog.Relation, tr *catalog.Trigger) error {
	t, ok := rel.(*catalog.Table)
	if !ok || tr.Parent == 0 {
		return nil
	}
	p := x.Txn.Newest().Parent(t)
	if p == nil {
		return nil
	}
	if verb == "rename" {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot rename trigger %q on table %q", tr.Name, t.Name).
			WithHint("Rename the trigger on the partitioned table %q instead.", p.Name)
	}
	name := quoteIdent(tr.Name)
	return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop trigger %s on table %s because trigger %s on table %s requires it",
		name, x.relName(t), name, x.relName(p)).WithHint("You can drop trigger %s on table %s instead.", name, x.relName(p))
}

// enableClones does for the clones of a trigger what ENABLE or DISABLE TRIGGER did for it.
func (x *Executor) enableClones(ctx context.Context, t *catalog.Table, cmd *ast.AlterTableCmd, state byte) error {
	for _, tr := range t.Triggers {
		if cmd.Name != "" && tr.Name != cmd.Name {
			continue
		}
		err := x.eachClone(ctx, t, tr, func(c *catalog.Table, clone *catalog.Trigger) error {
			return x.changeTrigger(ctx, c, clone.Name, func(n *catalog.Trigger) { n.Enabled = state })
		})
		if err != nil {
			return err
		}
	}
	return nil
}
