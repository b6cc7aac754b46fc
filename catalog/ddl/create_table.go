package ddl

import (
	"context"
	"fmt"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/reloption"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// columnsMax is PostgreSQL's MaxHeapAttributeNumber.
const columnsMax = 1600

// tableBuilder collects what CREATE TABLE, or the new parts of ALTER TABLE, define.
type tableBuilder struct {
	x   *Executor
	tab *catalog.Table
	// sequences of serial and identity columns, to be created before the table.
	sequences []*catalog.Sequence
	// keys are PRIMARY KEY and UNIQUE, checks CHECK constraints, of columns and of the table in order.
	keys   []keyDef
	checks []*ast.Constraint
	// foreign are the FOREIGN KEYs, added once the table exists.
	foreign []keyDef
	// generated are the generated columns, whose expressions are bound when all columns are there.
	generated []generatedDef
	alter     bool // for ALTER TABLE
	// identityDefault computes the value of the last identity column.
	identityDefault string
	// conflicting are columns that parents give different defaults; partition: the new table is one.
	conflicting []*catalog.Column
	// templates are tables whose indexes the new one gets, from LIKE … INCLUDING INDEXES.
	templates []template
	partition bool
	typed     map[string]bool // columns of a typed table that have been given options
}

// keyDef is a PRIMARY KEY or UNIQUE constraint that is not an index yet.
type keyDef struct {
	c    *ast.Constraint
	cols []string
}

func (x *Executor) createTable(ctx context.Context, s *ast.CreateStmt) error {
	if err := unsupportedTable(s); err != nil {
		return err
	}
	schema, err := x.creationSchema(ctx, s.Relation)
	if err != nil {
		return err
	}
	if _, ok := x.Txn.Newest().Relation(schema.OID, s.Relation.Name); ok && s.IfNotExists {
		x.notice(pgerr.Notice(pgerr.DuplicateTable, "relation %q already exists, skipping", s.Relation.Name))
		return nil
	}
	b := &tableBuilder{x: x, tab: &catalog.Table{Schema: schema.OID, Name: s.Relation.Name, Owner: x.Owner, Version: 1, NextColumn: 1,
		NextIndex: catalog.PrimaryIndexID + 1, Primary: &catalog.Index{ID: catalog.PrimaryIndexID, Unique: true, Primary: true}}}
	if b.tab.Options, err = reloption.Parse(s.Options); err != nil {
		return err
	}
	b.tab.OnCommit, b.partition = onCommit(s.OnCommit), s.PartitionBound != nil
	if err := b.inherit(ctx, s, schema); err != nil {
		return err
	}
	if err := b.elements(ctx, s); err != nil {
		return err
	}
	if err := b.checkInherited(); err != nil {
		return err
	}
	if _, ok := x.Txn.Newest().Relation(schema.OID, s.Relation.Name); ok {
		return errRelationExists(s.Relation.Name)
	}
	if err := b.place(ctx, s); err != nil {
		return err
	}
	if err := b.identify(ctx); err != nil {
		return err
	}
	if err := b.bindGenerated(); err != nil {
		return err
	}
	if err := b.addChecks(ctx); err != nil {
		return err
	}
	if err := b.addKeys(ctx); err != nil {
		return err
	}
	if err := b.borrowIndexes(ctx); err != nil {
		return err
	}
	if _, err := rowenc.NewTable(b.tab); err != nil {
		return err
	}
	for _, q := range b.sequences {
		if err := x.create(ctx, q); err != nil {
			return err
		}
	}
	if b.tab.OnCommit != catalog.OnCommitPreserve {
		x.OnCommit(b.tab.OID)
	}
	if err := x.create(ctx, b.tab); err != nil {
		return err
	}
	for _, k := range b.foreign {
		if err := x.addForeignKey(ctx, b.tab.OID, k.c, k.cols, true); err != nil {
			return err
		}
	}
	return nil
}

// place reads what makes the table partitioned, or a partition.
func (b *tableBuilder) place(ctx context.Context, s *ast.CreateStmt) error {
	if s.PartitionBound != nil {
		p, ok := b.x.Txn.Newest().Table(b.tab.Parents[0])
		if !ok {
			return pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", s.Inherits[0].Name)
		}
		if err := b.x.setBound(ctx, p, b.tab, s.PartitionBound); err != nil {
			return err
		}
		if _, err := b.x.cloneTriggers(ctx, p, b.tab, p.Triggers); err != nil {
			return err
		}
	}
	if s.PartitionSpec != nil {
		return b.partitionKey(s.PartitionSpec)
	}
	return nil
}

// unsupportedTable names the parts of CREATE TABLE that do not exist.
func unsupportedTable(s *ast.CreateStmt) error {
	switch {
	case s.OnCommit != ast.OnCommitNoop && s.Relation.Persistence != ast.PersistenceTemp:
		return pgerr.New(pgerr.InvalidTableDefinition, "ON COMMIT can only be used on temporary tables")
	case s.TablespaceName != "" && s.TablespaceName != "pg_default":
		return pgerr.New(pgerr.UndefinedObject, "tablespace %q does not exist", s.TablespaceName)
	case s.AccessMethod != "" && s.AccessMethod != "heap":
		return pgerr.New(pgerr.UndefinedObject, "access method %q does not exist", s.AccessMethod)
	}
	return nil
}

// identify gives the table and its sequences OIDs and a key space.
func (b *tableBuilder) identify(ctx context.Context) error {
	cat := b.x.Txn.Catalog()
	var err error
	if b.tab.OID, err = cat.NewOID(ctx); err != nil {
		return err
	}
	if b.tab.TypeOID, err = cat.NewOID(ctx); err != nil {
		return err
	}
	if b.tab.Storage, err = cat.NewStorage(ctx); err != nil {
		return err
	}
	for _, q := range b.sequences {
		q.OwnedBy.Table = b.tab.OID
	}
	return nil
}

// elements adds the columns and constraints of CREATE TABLE.
func (b *tableBuilder) elements(ctx context.Context, s *ast.CreateStmt) error {
	if err := b.ofType(s.OfType); err != nil {
		return err
	}
	for _, el := range s.Elements {
		var err error
		switch e := el.(type) {
		case *ast.ColumnDef:
			err = b.column(ctx, e)
		case *ast.Constraint:
			err = b.constraint(e)
		case *ast.TableLikeClause:
			err = b.like(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for _, c := range b.tab.Columns {
		if err := checkColumnName(c.Name); err != nil {
			return err
		}
		if seen[c.Name] {
			return pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

// serialTypes are the pseudo-types of columns with a sequence.
var serialTypes = map[string]types.OID{"serial": types.Int4OID, "serial4": types.Int4OID, "bigserial": types.Int8OID,
	"serial8": types.Int8OID, "smallserial": types.Int2OID, "serial2": types.Int2OID}

// serialOf is the integer type behind serial, 0 for other types.
func serialOf(tn *ast.TypeName) types.OID {
	if tn == nil || len(tn.Names) != 1 || tn.SetOf || tn.PctType {
		return 0
	}
	return serialTypes[tn.Names[0]]
}

// column adds a column with its constraints.
func (b *tableBuilder) column(ctx context.Context, d *ast.ColumnDef) error {
	if d.Type == nil && b.tab.OfType != 0 {
		c, err := b.typedColumn(d)
		if err != nil {
			return err
		}
		return b.columnConstraints(ctx, c, d, false)
	}
	for _, c := range b.tab.Columns {
		if c.Name == d.Name && c.NotLocal && !b.alter {
			return b.mergeColumn(ctx, c, d)
		}
	}
	if d.Type == nil && b.partition {
		return pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", d.Name)
	}
	if len(b.tab.Columns)+len(b.tab.Dropped) >= columnsMax {
		return pgerr.New(pgerr.TooManyColumns, "tables can have at most %d columns", columnsMax)
	}
	var err error
	c := &catalog.Column{ID: b.tab.NextColumn, Name: d.Name}
	serial := serialOf(d.Type)
	if serial != 0 {
		if len(d.Type.ArrayBounds) > 0 {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "array of serial is not implemented").At(b.x.SQL, d.Type.Pos)
		}
		c.Type = types.Of(serial)
	} else if err := b.columnType(c, d); err != nil {
		return err
	}
	c.Collation = b.x.Txn.Newest().DomainCollation(c.Type.OID)
	if d.Collation != nil {
		if c.Collation, err = b.x.collationName(d.Collation.Collation, d.Collation.Pos); err != nil {
			return err
		}
		if ti, ok := types.Info(b.x.Txn.Newest().BaseType(c.Type).OID); !ok || ti.Collation == 0 {
			return pgerr.New(pgerr.DatatypeMismatch, "collations are not supported by type %s", types.FormatType(c.Type.OID, -1)).
				At(b.x.SQL, d.Collation.Pos)
		}
	}
	b.tab.NextColumn++
	b.tab.Columns = append(b.tab.Columns, c)
	if serial != 0 {
		q, err := b.ownSequence(ctx, c, nil, false)
		if err != nil {
			return err
		}
		c.NotNull = true
		c.Default = b.x.nextvalText(q)
	}
	err = b.columnConstraints(ctx, c, d, serial != 0)
	if b.alter {
		return unplaced(err)
	}
	return err
}

// unplaced takes the position from an error: ALTER TABLE has none for most parts of a definition.
func unplaced(err error) error {
	if e, ok := pgerr.As(err); ok {
		e.Position = 0
	}
	return err
}

func (b *tableBuilder) columnType(c *catalog.Column, d *ast.ColumnDef) error {
	if d.Type == nil {
		return pgerr.FeatureNotSupported("a typed table")
	}
	if d.Type.SetOf {
		return pgerr.New(pgerr.InvalidTableDefinition, "column %q cannot be declared SETOF", d.Name)
	}
	t, err := b.x.Bind.Type(d.Type)
	if err != nil {
		return err
	}
	if ti, ok := types.Info(t.OID); ok && ti.IsPseudo() {
		return pgerr.New(pgerr.InvalidTableDefinition, "column %q has pseudo-type %s", d.Name, types.FormatType(t.OID, -1))
	}
	c.Type = t
	return nil
}

// columnConstraints reads the constraints of a column definition.
func (b *tableBuilder) columnConstraints(ctx context.Context, c *catalog.Column, d *ast.ColumnDef, serial bool) error {
	hasDefault, sawNull, sawNotNull := serial, false, false
	multiple := func(what string, pos int) error {
		return pgerr.New(pgerr.SyntaxError, "multiple %s for column %q of table %q", what, c.Name, b.tab.Name).At(b.x.SQL, pos)
	}
	conflict := func(pos int) error {
		return pgerr.New(pgerr.SyntaxError, "conflicting NULL/NOT NULL declarations for column %q of table %q", c.Name, b.tab.Name).
			At(b.x.SQL, pos)
	}
	constraints, err := b.foldAttributes(d.Constraints)
	if err != nil {
		return err
	}
	for _, k := range constraints {
		switch k.Kind {
		case ast.ConstrNull:
			if sawNotNull || serial || c.Identity != 0 {
				return conflict(k.Pos)
			}
			sawNull = true
		case ast.ConstrNotNull:
			if sawNull {
				return conflict(k.Pos)
			}
			sawNotNull, c.NotNull = true, true
		case ast.ConstrDefault:
			if c.Generated != 0 {
				return b.errBoth("default and generation expression", c, k.Pos)
			}
			if hasDefault && serial { // the second one is then the sequence's, which was not written
				return multiple("default values specified", -1)
			}
			if hasDefault {
				return multiple("default values specified", k.Pos)
			}
			if c.Identity != 0 {
				return b.errBoth("default and identity", c, k.Pos)
			}
			hasDefault = true
			c.Default, err = b.x.Bind.Default(k.Expr, c.Name, c.Type)
		case ast.ConstrIdentity:
			if c.Generated != 0 {
				return b.errBoth("identity and generation expression", c, k.Pos)
			}
			if c.Identity != 0 {
				return multiple("identity specifications", k.Pos)
			}
			if hasDefault {
				return b.errBoth("default and identity", c, k.Pos)
			}
			if sawNull {
				return conflict(k.Pos)
			}
			if err := b.identity(ctx, c, k); err != nil {
				return err
			}
		case ast.ConstrGenerated:
			err = b.generatedColumn(c, k, hasDefault)
		case ast.ConstrCheck, ast.ConstrPrimary, ast.ConstrUnique, ast.ConstrExclusion, ast.ConstrForeign:
			err = b.addConstraint(k, c.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *tableBuilder) errBoth(what string, c *catalog.Column, pos int) error {
	return pgerr.New(pgerr.SyntaxError, "both %s specified for column %q of table %q", what, c.Name, b.tab.Name).At(b.x.SQL, pos)
}

// identity makes c an identity column.
func (b *tableBuilder) identity(ctx context.Context, c *catalog.Column, k *ast.Constraint) error {
	switch c.Type.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID:
	default:
		return pgerr.New(pgerr.InvalidParameterValue, "identity column type must be smallint, integer, or bigint")
	}
	// The planner finds the sequence of an identity column by its owner; the column has no default of its own.
	q, err := b.ownSequence(ctx, c, k.Options, true)
	if err != nil {
		return err
	}
	c.Identity = 'd'
	if k.Always {
		c.Identity = 'a'
	}
	c.NotNull = true
	b.identityDefault = b.x.nextvalText(q)
	return nil
}

// ownSequence makes the sequence of a serial or identity column.
func (b *tableBuilder) ownSequence(ctx context.Context, c *catalog.Column, opts []*ast.DefElem, identity bool) (*catalog.Sequence, error) {
	q := &catalog.Sequence{Schema: b.tab.Schema, Owner: b.x.Owner, Version: 1, Type: c.Type.OID}
	q.OwnedBy = catalog.OwnedBy{Table: b.tab.OID, Column: c.ID, Identity: identity}
	taken := b.x.relationTaken(b.tab.Schema, b.tab)
	q.Name = catalog.ChooseName(b.tab.Name, c.Name, "seq", func(name string) bool {
		return taken(name) || slices.ContainsFunc(b.sequences, func(o *catalog.Sequence) bool { return o.Name == name })
	})
	if err := b.x.sequenceOptions(q, opts, true, identity); err != nil {
		return nil, err
	}
	if err := b.x.newSequence(ctx, q); err != nil {
		return nil, err
	}
	b.sequences = append(b.sequences, q)
	return q, nil
}

// nextvalText is the default of a column with sequence q.
func (x *Executor) nextvalText(q *catalog.Sequence) string {
	return fmt.Sprintf("nextval(%s::regclass)", quoteLiteral(x.qualified(q.Schema, q.Name)))
}
