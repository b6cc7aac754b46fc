package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// alterEnum is ALTER TYPE … ADD VALUE and RENAME VALUE.
func (x *Executor) alterEnum(ctx context.Context, s *ast.AlterEnumStmt) error {
	old, err := x.lockType(ctx, s.TypeName)
	if err != nil {
		return err
	}
	if old.Kind != catalog.TypeEnum {
		return pgerr.New(pgerr.WrongObjectType, "%s is not an enum", x.typeName(old))
	}
	if err := checkLabel(s.NewVal); err != nil {
		return err
	}
	_, exists := old.Value(s.NewVal)
	if s.IsRename {
		if _, ok := old.Value(s.OldVal); !ok {
			return errNoLabel(s.OldVal)
		}
	}
	if exists {
		if s.SkipIfNewValExists {
			x.notice(pgerr.Notice(pgerr.DuplicateObject, "enum label %q already exists, skipping", s.NewVal))
			return nil
		}
		return pgerr.New(pgerr.DuplicateObject, "enum label %q already exists", s.NewVal)
	}
	return x.changeType(ctx, old, func(t *catalog.Type) error {
		t.Labels = slices.Clone(t.Labels)
		if s.IsRename {
			l, _ := t.Value(s.OldVal)
			l.Label = s.NewVal
			return nil
		}
		at := len(t.Labels)
		if s.HasNeighbor {
			at = slices.IndexFunc(t.Labels, func(l catalog.EnumLabel) bool { return l.Label == s.Neighbor })
			if at < 0 {
				return errNoLabel(s.Neighbor)
			}
			if s.NewValIsAfter {
				at++
			}
		}
		sort, ok := sortBetween(t.Labels, at)
		if !ok {
			return pgerr.New(pgerr.ProgramLimitExceeded, "there is no room for another label at this place of enum %s", x.typeName(t))
		}
		l := catalog.EnumLabel{Label: s.NewVal, Sort: sort}
		var err error
		if l.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
		t.Labels = slices.Insert(t.Labels, at, l)
		return nil
	})
}

func errNoLabel(label string) error {
	return pgerr.New(pgerr.InvalidParameterValue, "%q is not an existing enum label", label)
}

// sortBetween is a number for a label that is to stand at a place among others; ok is false if its neighbours leave none.
func sortBetween(labels []catalog.EnumLabel, at int) (sort int64, ok bool) {
	switch {
	case len(labels) == 0:
		return catalog.EnumGap, true
	case at == 0:
		return labels[0].Sort - catalog.EnumGap, true
	case at == len(labels):
		return labels[at-1].Sort + catalog.EnumGap, true
	}
	lo, hi := labels[at-1].Sort, labels[at].Sort
	return lo + (hi-lo)/2, hi-lo > 1
}
