package ddl

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// addForeignKey adds a FOREIGN KEY to a table. fresh: the table is new, so there are no rows to look at.
func (x *Executor) addForeignKey(ctx context.Context, table types.OID, c *ast.Constraint, cols []string, fresh bool) error {
	parent, err := x.parentTable(ctx, table, c)
	if err != nil {
		return err
	}
	old, ok := x.Txn.Newest().Table(table)
	if !ok {
		return pgerr.New(pgerr.InternalError, "table %d is gone", table)
	}
	if parent.OID == old.OID {
		parent = old
	}
	key := &catalog.ForeignKey{Name: c.Name, Parent: parent.OID, Match: matchLetter(c.Match), OnUpdate: actionLetter(c.OnUpdate),
		OnDelete: actionLetter(c.OnDelete), Deferrable: c.Deferrable, InitDeferred: c.InitDeferred, NotValid: c.SkipValidation && !fresh}
	if err := x.foreignColumns(key, old, parent, c, cols); err != nil {
		return err
	}
	if key.Name == "" {
		if key.Name, err = partition.KeyName(x.Txn.Newest(), old, key.Columns); err != nil {
			return err
		}
	} else if old.HasConstraint(key.Name) {
		return pgerr.New(pgerr.DuplicateObject, "constraint %q for relation %q already exists", key.Name, old.Name)
	}
	if err := x.foreignTypes(key, old, parent); err != nil {
		return err
	}
	for _, oid := range []*types.OID{&key.OID, &key.Triggers[0], &key.Triggers[1], &key.Triggers[2], &key.Triggers[3]} {
		if *oid, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
	}
	t := next(old)
	t.ForeignKeys = append(slices.Clone(t.ForeignKeys), key)
	p := t
	if parent.OID != old.OID {
		p = next(parent)
	}
	if !slices.Contains(p.ReferencedBy, t.OID) {
		p.ReferencedBy = append(slices.Clone(p.ReferencedBy), t.OID)
	}
	if err := x.update(ctx, old, t); err != nil {
		return err
	}
	if p != t {
		if err := x.update(ctx, parent, p); err != nil {
			return err
		}
	}
	if err := x.touchPartitions(ctx, t, p); err != nil {
		return err
	}
	if fresh || key.NotValid {
		return nil
	}
	return x.validateForeignKey(ctx, t, key)
}

// parentTable finds and locks the table that a foreign key refers to.
func (x *Executor) parentTable(ctx context.Context, table types.OID, c *ast.Constraint) (*catalog.Table, error) {
	unlocked := x.locking(catalog.ShareRowExclusive)
	rel, err := x.lockRelationIf(ctx, c.PkTable, x.mayRefer(c))
	unlocked()
	if err != nil {
		return nil, err
	}
	parent, ok := rel.(*catalog.Table)
	if !ok {
		return nil, pgerr.New(pgerr.WrongObjectType, "referenced relation %q is not a table", rel.RelName())
	}
	r := x.Txn.Newest()
	child, ok := r.Table(table)
	if !ok {
		return nil, pgerr.New(pgerr.InternalError, "table %d is gone", table)
	}
	switch temp := r.Temporary(child.Schema); {
	case temp && !r.Temporary(parent.Schema):
		return nil, pgerr.New(pgerr.InvalidTableDefinition, "constraints on temporary tables may reference only temporary tables")
	case !temp && r.Temporary(parent.Schema):
		return nil, pgerr.New(pgerr.InvalidTableDefinition, "constraints on permanent tables may reference only permanent tables")
	}
	return parent, nil
}

func matchLetter(m ast.FKMatch) byte {
	if m == ast.FKMatchFull {
		return 'f'
	}
	return 's'
}

func actionLetter(a ast.FKAction) byte {
	return map[ast.FKAction]byte{ast.FKNoAction: 'a', ast.FKRestrict: 'r', ast.FKCascade: 'c', ast.FKSetNull: 'n', ast.FKSetDefault: 'd'}[a]
}

// foreignColumns finds the columns of a foreign key, and the unique index of those that it refers to.
func (x *Executor) foreignColumns(key *catalog.ForeignKey, t, parent *catalog.Table, c *ast.Constraint, cols []string) error {
	find := func(t *catalog.Table, name string) (*catalog.Column, error) {
		if col, _, ok := t.Column(name); ok {
			return col, nil
		}
		if checkColumnName(name) != nil {
			return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "system columns cannot be used in foreign keys")
		}
		return nil, pgerr.New(pgerr.UndefinedColumn, "column %q referenced in foreign key constraint does not exist", name)
	}
	for _, name := range cols {
		col, err := find(t, name)
		if err != nil {
			return err
		}
		key.Columns = append(key.Columns, col.ID)
		if col.Generated == 0 {
			continue
		}
		if strings.IndexByte("cnd", key.OnUpdate) >= 0 {
			return pgerr.New(pgerr.SyntaxError, "invalid ON UPDATE action for foreign key constraint containing generated column")
		}
		if strings.IndexByte("nd", key.OnDelete) >= 0 {
			return pgerr.New(pgerr.SyntaxError, "invalid ON DELETE action for foreign key constraint containing generated column")
		}
	}
	for _, name := range c.DelSetCols {
		col, err := find(t, name)
		if err != nil {
			return err
		}
		if !slices.Contains(key.Columns, col.ID) {
			return pgerr.New(pgerr.InvalidColumnReference, "column %q referenced in ON DELETE SET action must be part of foreign key", name)
		}
		if !slices.Contains(key.SetColumns, col.ID) {
			key.SetColumns = append(key.SetColumns, col.ID)
		}
	}
	if len(c.PkColumns) == 0 {
		if !parent.HasPrimaryKey() {
			return pgerr.New(pgerr.UndefinedObject, "there is no primary key for referenced table %q", parent.Name)
		}
		for _, k := range parent.Primary.Columns {
			key.ParentColumns = append(key.ParentColumns, k.Column)
		}
		key.Index = parent.Primary.OID
	}
	for _, name := range c.PkColumns {
		col, err := find(parent, name)
		if err != nil {
			return err
		}
		key.ParentColumns = append(key.ParentColumns, col.ID)
	}
	if key.Index == 0 {
		if err := keyIndexOf(key, parent); err != nil {
			return err
		}
	}
	if len(key.Columns) != len(key.ParentColumns) {
		return pgerr.New(pgerr.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
	}
	return nil
}

// keyIndexOf finds the unique index on the columns that a foreign key refers to.
func keyIndexOf(key *catalog.ForeignKey, parent *catalog.Table) error {
	for i, id := range key.ParentColumns {
		if slices.Contains(key.ParentColumns[:i], id) {
			return pgerr.New(pgerr.InvalidForeignKey, "foreign key referenced-columns list must not contain duplicates")
		}
	}
	for _, ix := range parent.AllIndexes() {
		if !ix.Unique || ix.Building || ix.Predicate != "" || len(ix.Columns) != len(key.ParentColumns) {
			continue
		}
		if !slices.ContainsFunc(ix.Columns, func(k catalog.IndexColumn) bool { return !slices.Contains(key.ParentColumns, k.Column) }) {
			key.Index = ix.OID
			return nil
		}
	}
	return pgerr.New(pgerr.InvalidForeignKey, "there is no unique constraint matching given keys for referenced table %q", parent.Name)
}

// foreignTypes tests that the columns of a foreign key can be compared with those that it refers to.
func (x *Executor) foreignTypes(key *catalog.ForeignKey, t, parent *catalog.Table) error {
	for i, id := range key.Columns {
		c, p := t.ColumnByID(id), parent.ColumnByID(key.ParentColumns[i])
		if comparableKeys(types.BaseOf(c.Type.OID), types.BaseOf(p.Type.OID)) {
			continue
		}
		return pgerr.New(pgerr.DatatypeMismatch, "foreign key constraint %q cannot be implemented", key.Name).
			WithDetail("Key columns %q and %q are of incompatible types: %s and %s.", c.Name, p.Name, types.FormatType(c.Type.OID, -1),
				types.FormatType(p.Type.OID, -1))
	}
	return nil
}

// keyFamilies are the btree operator families with operators between different types.
var keyFamilies = [][]types.OID{{types.Int2OID, types.Int4OID, types.Int8OID}, {types.Float4OID, types.Float8OID},
	{types.DateOID, types.TimestampOID, types.TimestamptzOID}}

func comparableKeys(from, to types.OID) bool {
	if from == to || builtins.CoercionPath(from, to, builtins.Implicit).Kind != builtins.PathNone {
		return true
	}
	return slices.ContainsFunc(keyFamilies, func(f []types.OID) bool { return slices.Contains(f, from) && slices.Contains(f, to) })
}

// validateForeignKey tests that all rows of t find what they refer to.
func (x *Executor) validateForeignKey(ctx context.Context, t *catalog.Table, key *catalog.ForeignKey) error {
	parent, ok := x.Txn.Newest().Table(key.Parent)
	if !ok {
		return pgerr.New(pgerr.InternalError, "foreign key %q refers to no table", key.Name)
	}
	var names, fks, pks, on, given []string
	for i, id := range key.Columns {
		child, refers := t.ColumnByID(id), parent.ColumnByID(key.ParentColumns[i])
		fk, pk := "fk."+quoteIdent(child.Name), "pk."+quoteIdent(refers.Name)
		names, fks, pks = append(names, child.Name), append(fks, fk), append(pks, pk)
		on, given = append(on, x.refersTo(child, refers)), append(given, fk+" IS NOT NULL")
	}
	some := " AND "
	if key.Match == 'f' {
		some = " OR "
	}
	rows, err := x.Query(ctx, fmt.Sprintf("SELECT %s FROM %s fk LEFT JOIN %s pk ON %s WHERE %s IS NULL AND (%s) LIMIT 1", strings.Join(fks, ", "),
		x.rowsOf(t), x.rowsOf(parent), strings.Join(on, " AND "), pks[0], strings.Join(given, some)))
	if err != nil || len(rows) == 0 {
		return err
	}
	e := pgerr.New(pgerr.ForeignKeyViolation, "insert or update on table %q violates foreign key constraint %q", t.Name, key.Name).
		WithTable(x.Txn.Newest().SchemaName(t.Schema), t.Name).WithConstraint(key.Name)
	values := make([]string, len(names))
	for i, d := range rows[0] {
		if d.IsNull() {
			return e.WithDetail("MATCH FULL does not allow mixing of null and nonnull key values.")
		}
		values[i] = types.Text(t.ColumnByID(key.Columns[i]).Type, d, nil)
	}
	return e.WithDetail("Key (%s)=(%s) is not present in table %q.", strings.Join(names, ", "), strings.Join(values, ", "), parent.Name)
}

// mayGo tests that no row refers to a row of a partition through a foreign key to p, which it leaves, or to a table that p is in.
func (x *Executor) mayGo(ctx context.Context, p, part *catalog.Table) error {
	r := x.Txn.Newest()
	for _, ref := range r.AllReferences(p) {
		parent, ok := r.Table(ref.Key.Parent)
		if !ok {
			continue
		}
		for _, t := range append([]*catalog.Table{ref.Table}, r.Descendants(ref.Table)...) {
			if err := x.holdRows(ctx, t); err != nil {
				return err
			}
		}
		var names, values, on []string
		for i, id := range ref.Key.ParentColumns {
			child, refers := ref.Table.ColumnByID(ref.Key.Columns[i]), parent.ColumnByID(id)
			names, values = append(names, child.Name), append(values, "fk."+quoteIdent(child.Name))
			on = append(on, x.refersTo(child, refers))
		}
		rows, err := x.Query(ctx, fmt.Sprintf("SELECT %s FROM %s fk JOIN %s pk ON %s LIMIT 1", strings.Join(values, ", "), x.rowsOf(ref.Table), x.rowsOf(part),
			strings.Join(on, " AND ")))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			continue
		}
		for i, d := range rows[0] {
			values[i] = types.Text(ref.Table.ColumnByID(ref.Key.Columns[i]).Type, d, nil)
		}
		constraint, err := partition.ReferenceName(r, ref.Table, ref.Key, part.OID)
		if err != nil {
			return err
		}
		return pgerr.New(pgerr.ForeignKeyViolation, "removing partition %q violates foreign key constraint %q", part.Name, constraint).
			WithDetail("Key (%s)=(%s) is still referenced from table %q.", strings.Join(names, ", "), strings.Join(values, ", "), ref.Table.Name).
			WithTable(r.SchemaName(ref.Table.Schema), ref.Table.Name).WithConstraint(constraint)
	}
	return nil
}

// holdRows waits for those who write to a table and keeps others from it. The statement must see all of its rows.
func (x *Executor) holdRows(ctx context.Context, t *catalog.Table) error {
	if x.Txn.LockRelation != nil {
		if err := x.Txn.LockRelation(ctx, t.OID, catalog.Share); err != nil {
			return err
		}
	}
	if t.Key != nil {
		return nil
	}
	rt, err := rowenc.NewTable(t)
	if err != nil {
		return err
	}
	return x.checkSnapshot(ctx, rt.Range())
}

// refersTo is the condition that a column of a foreign key of fk equals the one of pk that it refers to.
func (x *Executor) refersTo(child, parent *catalog.Column) string {
	same := "fk." + quoteIdent(child.Name) + " = pk." + quoteIdent(parent.Name)
	if child.Collation != parent.Collation { // the parent's decides
		same += " COLLATE " + x.Txn.Newest().CollationText(cmp.Or(parent.Collation, "default"))
	}
	return same
}

// rowsOf names a table without those that inherit from it, but a partitioned one with its partitions.
func (x *Executor) rowsOf(t *catalog.Table) string {
	if t.Key != nil {
		return x.qualified(t.Schema, t.Name)
	}
	return "ONLY " + x.qualified(t.Schema, t.Name)
}

// changeForeignKey puts a changed copy of a foreign key of old into its next version, and statements on the table that it refers to
// are planned again.
func (x *Executor) changeForeignKey(ctx context.Context, old *catalog.Table, name string, change func(*catalog.ForeignKey)) error {
	if err := x.replaceForeignKey(ctx, old, name, change); err != nil {
		return err
	}
	return x.touchTable(ctx, old.ForeignKey(name).Parent, old.OID)
}

// replaceForeignKey is changeForeignKey for a change that statements on the other table need not know.
func (x *Executor) replaceForeignKey(ctx context.Context, old *catalog.Table, name string, change func(*catalog.ForeignKey)) error {
	t := next(old)
	t.ForeignKeys = slices.Clone(t.ForeignKeys)
	for i, k := range t.ForeignKeys {
		if k.Name == name {
			n := *k
			change(&n)
			t.ForeignKeys[i] = &n
		}
	}
	return x.update(ctx, old, t)
}

// touchTable gives a table a new version, so that statements on it are planned again; not if it is except.
func (x *Executor) touchTable(ctx context.Context, oid, except types.OID) error {
	if oid == except {
		return nil
	}
	p, ok := x.Txn.Newest().Table(oid)
	if !ok {
		return nil
	}
	if err := x.lockOID(ctx, p); err != nil {
		return err
	}
	if p, ok = x.Txn.Newest().Table(oid); !ok {
		return nil
	}
	return x.update(ctx, p, next(p))
}

// touchPartitions does that to the partitions of tables, which share their foreign keys.
func (x *Executor) touchPartitions(ctx context.Context, ts ...*catalog.Table) error {
	for _, t := range ts {
		if t.Key == nil {
			continue
		}
		for _, d := range x.Txn.Newest().Descendants(t) {
			if err := x.touchTable(ctx, d.OID, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropForeignKey takes a foreign key away.
func (x *Executor) dropForeignKey(ctx context.Context, old *catalog.Table, key *catalog.ForeignKey) error {
	t := next(old)
	t.ForeignKeys = slices.DeleteFunc(slices.Clone(t.ForeignKeys), func(k *catalog.ForeignKey) bool { return k.OID == key.OID })
	still := slices.ContainsFunc(t.ForeignKeys, func(k *catalog.ForeignKey) bool { return k.Parent == key.Parent })
	if !still && key.Parent == t.OID {
		t.ReferencedBy = without(t.ReferencedBy, t.OID)
	}
	if p, ok := x.Txn.Newest().Table(key.Parent); ok && p.OID != t.OID {
		if err := x.notPending(p, "ALTER TABLE"); err != nil {
			return err
		}
	}
	if err := x.update(ctx, old, t); err != nil {
		return err
	}
	if still {
		return x.touchTable(ctx, key.Parent, t.OID)
	}
	return x.forgetReference(ctx, key.Parent, t.OID)
}

// forgetReference notes in a table that another one does not refer to it any more.
func (x *Executor) forgetReference(ctx context.Context, parent, child types.OID) error {
	if parent == child {
		return nil
	}
	p, ok := x.Txn.Newest().Table(parent)
	if !ok {
		return nil
	}
	if err := x.lockOID(ctx, p); err != nil {
		return err
	}
	if p, ok = x.Txn.Newest().Table(parent); !ok || !slices.Contains(p.ReferencedBy, child) {
		return nil
	}
	n := next(p)
	n.ReferencedBy = without(p.ReferencedBy, child)
	return x.update(ctx, p, n)
}

func without(oids []types.OID, oid types.OID) []types.OID {
	return slices.DeleteFunc(slices.Clone(oids), func(o types.OID) bool { return o == oid })
}

// keyDependents are the foreign keys that refer to a table by one of its indexes or columns; 0 for any.
func (x *Executor) keyDependents(t *catalog.Table, index types.OID, column catalog.ColumnID, on string) []dependent {
	var deps []dependent
	for _, ref := range x.Txn.Newest().References(t) {
		if index != 0 && ref.Key.Index != index || column != 0 && !slices.Contains(ref.Key.ParentColumns, column) {
			continue
		}
		deps = append(deps, dependent{rel: ref.Table, foreign: ref.Key, on: on})
	}
	return deps
}

// alterConstraint is ALTER CONSTRAINT: when a foreign key is tested.
func (x *Executor) alterConstraint(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	c, ok := cmd.Def.(*ast.Constraint)
	if !ok {
		return pgerr.FeatureNotSupported("this form of ALTER CONSTRAINT")
	}
	if old.ForeignKey(c.Name) == nil {
		if old.HasConstraint(c.Name) {
			return pgerr.New(pgerr.WrongObjectType, "constraint %q of relation %q is not a foreign key constraint", c.Name, old.Name)
		}
		return errNoConstraint(c.Name, old)
	}
	return x.changeForeignKey(ctx, old, c.Name, func(k *catalog.ForeignKey) { k.Deferrable, k.InitDeferred = c.Deferrable, c.InitDeferred })
}

// truncateSet adds the tables that refer to those of a TRUNCATE, or says that they stand in the way.
func (x *Executor) truncateSet(ctx context.Context, tables []*catalog.Table, cascade bool) ([]*catalog.Table, error) {
	for i := 0; i < len(tables); i++ {
		for _, ref := range x.Txn.Newest().AllReferences(tables[i]) {
			if slices.ContainsFunc(tables, func(t *catalog.Table) bool { return t.OID == ref.Table.OID }) {
				continue
			}
			if !cascade {
				return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
					WithDetail("Table %q references %q.", ref.Table.Name, tables[i].Name).
					WithHint("Truncate table %q at the same time, or use TRUNCATE ... CASCADE.", ref.Table.Name)
			}
			x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "truncate cascades to table %q", ref.Table.Name))
			if err := x.lockOID(ctx, ref.Table); err != nil {
				return nil, err
			}
			if t, ok := x.Txn.Newest().Table(ref.Table.OID); ok {
				tables = append(tables, t)
			}
		}
	}
	return tables, nil
}

// keysOfColumn lists the foreign keys that name a column of t, a table with a new type for it, on either side, and tests that they
// are still possible.
func (x *Executor) keysOfColumn(t *catalog.Table, id catalog.ColumnID) ([]catalog.Reference, error) {
	var out []catalog.Reference
	r := x.Txn.Newest()
	for _, k := range t.ForeignKeys {
		if !slices.Contains(k.Columns, id) {
			continue
		}
		parent := t
		if k.Parent != t.OID {
			parent, _ = r.Table(k.Parent)
		}
		if err := x.foreignTypes(k, t, parent); err != nil {
			return nil, err
		}
		out = append(out, catalog.Reference{Table: t, Key: k})
	}
	for _, ref := range r.References(t) {
		if ref.Table.OID == t.OID || !slices.Contains(ref.Key.ParentColumns, id) {
			continue
		}
		if err := x.foreignTypes(ref.Key, ref.Table, t); err != nil {
			return nil, err
		}
		out = append(out, ref)
	}
	return out, nil
}

// notPending refuses to change a table whose triggers still wait.
func (x *Executor) notPending(t *catalog.Table, statement string) error {
	if x.Pending != nil && x.Pending(t.OID) {
		return pgerr.New(pgerr.ObjectInUse, "cannot %s %q because it has pending trigger events", statement, t.Name)
	}
	return nil
}
