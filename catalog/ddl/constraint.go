package ddl

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// constraint notes a table constraint.
func (b *tableBuilder) constraint(c *ast.Constraint) error { return b.addConstraint(c, c.Keys...) }

// addConstraint notes a constraint on columns.
func (b *tableBuilder) addConstraint(c *ast.Constraint, cols ...string) error {
	if (c.Deferrable || c.InitDeferred) && c.Kind != ast.ConstrForeign {
		return pgerr.FeatureNotSupported("a deferrable constraint")
	}
	switch c.Kind {
	case ast.ConstrCheck:
		b.checks = append(b.checks, c)
	case ast.ConstrPrimary, ast.ConstrUnique:
		if c.IndexName != "" {
			return pgerr.FeatureNotSupported("a constraint USING INDEX")
		}
		if c.Kind == ast.ConstrPrimary {
			for _, k := range b.keys {
				if k.c.Kind == ast.ConstrPrimary {
					return b.errMultiplePrimary(c.Pos)
				}
			}
		}
		b.keys = append(b.keys, keyDef{c, cols})
	case ast.ConstrForeign:
		if len(c.FkColumns) > 0 {
			cols = c.FkColumns
		}
		b.foreign = append(b.foreign, keyDef{c, cols})
	case ast.ConstrExclusion:
		return pgerr.FeatureNotSupported("EXCLUDE")
	default:
		return pgerr.FeatureNotSupported("a deferrable constraint")
	}
	return nil
}

func (b *tableBuilder) errMultiplePrimary(pos int) error {
	return pgerr.New(pgerr.InvalidTableDefinition, "multiple primary keys for table %q are not allowed", b.tab.Name).At(b.x.SQL, pos)
}

// addChecks makes the CHECK constraints. The table has all its columns.
func (b *tableBuilder) addChecks(ctx context.Context) error {
	for _, k := range b.tab.Checks { // from LIKE or parents
		if err := b.newOID(ctx, &k.OID); err != nil {
			return err
		}
	}
	// Given names are taken before names are chosen.
given:
	for _, c := range b.checks {
		if c.Name == "" {
			continue
		}
		for _, k := range b.tab.Checks {
			if k.Name == c.Name && k.NotLocal {
				if err := b.mergeCheck(k, c); err != nil {
					return err
				}
				continue given
			}
			if k.Name == c.Name {
				return pgerr.New(pgerr.DuplicateObject, "check constraint %q already exists", c.Name)
			}
		}
		if b.tab.HasConstraint(c.Name) {
			return b.errConstraintExists(c.Name)
		}
		b.tab.Checks = append(b.tab.Checks, &catalog.Check{Name: c.Name})
	}
	for _, c := range b.checks {
		if c.NoInherit && b.tab.Key != nil {
			return errNoInheritPartitioned(b.tab)
		}
		text, cols, err := b.x.Bind.Check(c.Expr, b.tab)
		if err != nil {
			return err
		}
		var k *catalog.Check
		for _, old := range b.tab.Checks {
			if c.Name != "" && old.Name == c.Name {
				k = old
			}
		}
		if k != nil && k.Inherited > 0 {
			continue // merged
		}
		if k == nil {
			k = &catalog.Check{Name: b.checkName(cols)}
			b.tab.Checks = append(b.tab.Checks, k)
		}
		k.Expr, k.Columns, k.NotValid, k.NoInherit = text, cols, c.SkipValidation, c.NoInherit
		if err := b.newOID(ctx, &k.OID); err != nil {
			return err
		}
	}
	return nil
}

// mergeCheck is a CHECK constraint of a name that a parent has, too: it must say the same.
func (b *tableBuilder) mergeCheck(k *catalog.Check, c *ast.Constraint) error {
	text, _, err := b.x.Bind.Check(c.Expr, b.tab)
	if err != nil {
		return err
	}
	if text != k.Expr {
		return b.errConstraintExists(c.Name)
	}
	if c.NoInherit {
		return pgerr.New(pgerr.InvalidObjectDefinition, "constraint %q conflicts with inherited constraint on relation %q", c.Name, b.tab.Name)
	}
	b.x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "merging constraint %q with inherited definition", c.Name))
	k.NotLocal = false
	return nil
}

func errNoInheritPartitioned(t *catalog.Table) error {
	return pgerr.New(pgerr.InvalidTableDefinition, "cannot add NO INHERIT constraint to partitioned table %q", t.Name)
}

// checkName chooses the name of a CHECK: with the column's if it names only one.
func (b *tableBuilder) checkName(cols []catalog.ColumnID) string {
	column := ""
	if len(cols) == 1 {
		column = b.tab.ColumnByID(cols[0]).Name
	}
	return catalog.ChooseName(b.tab.Name, column, "check", func(n string) bool { return b.tab.HasConstraint(n) })
}

func (b *tableBuilder) errConstraintExists(name string) error {
	return pgerr.New(pgerr.DuplicateObject, "constraint %q for relation %q already exists", name, b.tab.Name)
}

func (b *tableBuilder) newOID(ctx context.Context, oid *types.OID) error {
	n, err := b.x.Txn.Catalog().NewOID(ctx)
	*oid = n
	return err
}

// addKeys makes the indexes of PRIMARY KEY and UNIQUE constraints, the primary key first. Constraints that say the same
// are one, as in PostgreSQL.
func (b *tableBuilder) addKeys(ctx context.Context) error {
	var done []*catalog.Index
	for _, primary := range []bool{true, false} {
		for _, k := range b.keys {
			if (k.c.Kind == ast.ConstrPrimary) != primary {
				continue
			}
			ix, err := b.keyIndex(ctx, k)
			if err != nil {
				return err
			}
			if dup := sameKey(done, ix); dup != nil && (k.c.Name == "" || dup.Name == "") {
				continue
			}
			if err := b.nameKey(ix, k.c); err != nil {
				return err
			}
			done = append(done, ix)
			if primary {
				ix.ID = catalog.PrimaryIndexID
				b.tab.Primary = ix
			} else {
				ix.ID = b.tab.NextIndex
				b.tab.NextIndex++
				b.tab.Indexes = append(b.tab.Indexes, ix)
			}
		}
	}
	return nil
}

// sameKey finds an index among done on the same columns.
func sameKey(done []*catalog.Index, ix *catalog.Index) *catalog.Index {
	for _, d := range done {
		same := len(d.Columns) == len(ix.Columns) && d.NullsNotDistinct == ix.NullsNotDistinct && len(d.Include) == 0 && len(ix.Include) == 0
		for i := range ix.Columns {
			same = same && d.Columns[i].Column == ix.Columns[i].Column
		}
		if same {
			return d
		}
	}
	return nil
}

// keyIndex makes the index of a constraint, without a name.
func (b *tableBuilder) keyIndex(ctx context.Context, k keyDef) (*catalog.Index, error) {
	primary := k.c.Kind == ast.ConstrPrimary
	what := "unique"
	if primary {
		what = "primary key"
	}
	ix := &catalog.Index{Table: b.tab.OID, Schema: b.tab.Schema, Unique: true, Primary: primary, NullsNotDistinct: k.c.NullsNotDistinct}
	column := func(name string) (*catalog.Column, error) {
		c, _, ok := b.tab.Column(name)
		if !ok {
			if err := checkColumnName(name); err != nil {
				return nil, pgerr.FeatureNotSupported("an index on a system column")
			}
			return nil, pgerr.New(pgerr.UndefinedColumn, "column %q named in key does not exist", name).At(b.x.SQL, k.c.Pos)
		}
		return c, nil
	}
	for i, name := range k.cols {
		c, err := column(name)
		if err != nil {
			return nil, err
		}
		for _, earlier := range k.cols[:i] {
			if earlier == name {
				return nil, pgerr.New(pgerr.DuplicateColumn, "column %q appears twice in %s constraint", name, what).At(b.x.SQL, k.c.Pos)
			}
		}
		if err := b.x.checkKey(c.Type, "btree", ""); err != nil {
			return nil, err
		}
		if primary {
			c.NotNull = true
		}
		ix.Columns = append(ix.Columns, catalog.IndexColumn{Column: c.ID})
	}
	for _, name := range k.c.Including {
		c, err := column(name)
		if err != nil {
			return nil, err
		}
		ix.Include = append(ix.Include, c.ID)
	}
	if err := partition.CheckUnique(b.tab, ix); err != nil {
		return nil, err
	}
	ix.Partitioned = b.tab.Key != nil
	if err := b.newIndexOIDs(ctx, ix, true); err != nil {
		return nil, err
	}
	return ix, nil
}

// newIndexOIDs gives an index its OIDs.
func (b *tableBuilder) newIndexOIDs(ctx context.Context, ix *catalog.Index, constraint bool) error {
	if err := b.newOID(ctx, &ix.OID); err != nil || !constraint {
		return err
	}
	return b.newOID(ctx, &ix.Constraint)
}

// nameKey gives the index of a constraint its name: the one written, or t_pkey, t_a_b_key.
func (b *tableBuilder) nameKey(ix *catalog.Index, c *ast.Constraint) error {
	taken := b.x.relationTaken(b.tab.Schema, b.tab)
	if c.Name != "" {
		if b.tab.HasConstraint(c.Name) {
			return b.errConstraintExists(c.Name)
		}
		if taken(c.Name) {
			return errRelationExists(c.Name)
		}
		ix.Name = c.Name
		return nil
	}
	if ix.Primary {
		ix.Name = catalog.ChooseName(b.tab.Name, "", "pkey", taken)
	} else {
		ix.Name = catalog.ChooseName(b.tab.Name, columnsLabel(b.tab, ix), "key", taken)
	}
	return nil
}

// foldAttributes gives the attributes DEFERRABLE and INITIALLY DEFERRED of a column definition to the constraints that they follow.
func (b *tableBuilder) foldAttributes(list []*ast.Constraint) ([]*ast.Constraint, error) {
	var out []*ast.Constraint
	var last *ast.Constraint
	var deferrable, initially bool // was said of last
	fail := func(k *ast.Constraint, text string) error {
		return pgerr.New(pgerr.SyntaxError, "%s", text).At(b.x.SQL, k.Pos)
	}
	word := map[ast.ConstraintKind]string{ast.ConstrAttrDeferrable: "DEFERRABLE", ast.ConstrAttrNotDeferrable: "NOT DEFERRABLE",
		ast.ConstrAttrDeferred: "INITIALLY DEFERRED", ast.ConstrAttrImmediate: "INITIALLY IMMEDIATE"}
	for _, k := range list {
		name, attribute := word[k.Kind]
		if !attribute {
			out = append(out, k)
			last, deferrable, initially = nil, false, false
			switch k.Kind {
			case ast.ConstrPrimary, ast.ConstrUnique, ast.ConstrExclusion, ast.ConstrForeign:
				c := *k
				last, out[len(out)-1] = &c, &c
			}
			continue
		}
		if last == nil {
			return nil, fail(k, "misplaced "+name+" clause")
		}
		switch k.Kind {
		case ast.ConstrAttrDeferrable, ast.ConstrAttrNotDeferrable:
			if deferrable {
				return nil, fail(k, "multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed")
			}
			deferrable, last.Deferrable = true, k.Kind == ast.ConstrAttrDeferrable
		default:
			if initially {
				return nil, fail(k, "multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed")
			}
			initially, last.InitDeferred = true, k.Kind == ast.ConstrAttrDeferred
		}
		if last.InitDeferred && !deferrable {
			last.Deferrable = true
		}
		if last.InitDeferred && !last.Deferrable {
			return nil, fail(k, "constraint declared INITIALLY DEFERRED must be DEFERRABLE")
		}
	}
	return out, nil
}
