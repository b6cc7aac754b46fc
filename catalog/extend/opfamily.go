package extend

import (
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// method is what an access method says of operator classes.
type method struct {
	name       string
	strategies int // the highest number of an operator
	functions  int // … of a support function
	ordering   bool
	storage    bool
}

var methods = map[string]method{
	"btree": {"btree", 5, 5, false, false}, "hash": {"hash", 1, 3, false, false}, "gist": {"gist", 32767, 11, true, true},
	"gin": {"gin", 32767, 7, false, true}, "spgist": {"spgist", 32767, 7, true, true}, "brin": {"brin", 32767, 15, false, true},
}

func accessMethod(name string) (method, error) {
	m, ok := methods[name]
	if !ok {
		return m, pgerr.New(pgerr.UndefinedObject, "access method \"%s\" does not exist", name)
	}
	return m, nil
}

// findFamily finds an operator family by its access method and name.
func (x *Executor) findFamily(am string, names []string) (*catalog.OpFamily, error) {
	return ofMethod(x, am, names, "family", pgcatalog.BuiltinFamily, x.reader().OpFamiliesNamed, func(f *catalog.OpFamily) bool {
		return f.Method == am && f.OID >= catalog.FirstUserOID
	})
}

// findClass finds an operator class by its access method and name.
func (x *Executor) findClass(am string, names []string) (*catalog.OpClass, error) {
	return ofMethod(x, am, names, "class", pgcatalog.BuiltinClass, x.reader().OpClassesNamed, func(c *catalog.OpClass) bool { return c.Method == am })
}

// ofMethod finds an operator class or family (word) of an access method by its name: a built-in one, or the first in the search path that fits.
func ofMethod[T catalog.Object](x *Executor, am string, names []string, word string, builtin func(am, name string) (T, bool),
	named func(string) []T, fits func(T) bool) (none T, err error) {
	if _, err := accessMethod(am); err != nil {
		return none, err
	}
	schemas, err := x.schemas(names)
	if err != nil {
		return none, err
	}
	name := names[len(names)-1]
	if builtinToo(names) {
		if o, ok := builtin(am, name); ok {
			return o, nil
		}
	}
	if o, ok := first(schemas, named(name), fits); ok {
		return o, nil
	}
	return none, pgerr.New(pgerr.UndefinedObject, "operator %s \"%s\" does not exist for access method \"%s\"", word, strings.Join(names, "."), am)
}

func (x *Executor) errTaken(o catalog.Object, word, am string) error {
	h := o.Head()
	return pgerr.New(pgerr.DuplicateObject, "operator %s \"%s\" for access method \"%s\" already exists in schema \"%s\"", word, h.Name, am,
		x.reader().SchemaName(h.Schema))
}

// createFamily is CREATE OPERATOR FAMILY.
func (x *Executor) createFamily(ctx context.Context, s *ast.CreateOpFamilyStmt) error {
	h, err := x.head(ctx, s.Names)
	if err != nil {
		return err
	}
	if _, err := accessMethod(s.AccessMethod); err != nil {
		return err
	}
	if err := x.superuser("create an operator family"); err != nil {
		return err
	}
	return x.create(ctx, &catalog.OpFamily{ObjectHead: h, Method: s.AccessMethod}, errFamilyExists(h.Name, s.AccessMethod))
}

func errFamilyExists(name, am string) error {
	return pgerr.New(pgerr.DuplicateObject, "operator family \"%s\" for access method \"%s\" already exists", name, am)
}

// createClass is CREATE OPERATOR CLASS (DefineOpClass).
func (x *Executor) createClass(ctx context.Context, s *ast.CreateOpClassStmt) error {
	h, err := x.head(ctx, s.Names)
	if err != nil {
		return err
	}
	am, err := accessMethod(s.AccessMethod)
	if err != nil {
		return err
	}
	if err := x.superuser("create an operator class"); err != nil {
		return err
	}
	t, err := x.Bind.Type(s.DataType)
	if err != nil {
		return err
	}
	c := &catalog.OpClass{ObjectHead: h, Method: am.name, Type: t.OID, Default: s.IsDefault}
	family, err := x.classFamily(ctx, s, h)
	if err != nil {
		return err
	}
	m := &members{x: x, am: am, typ: t.OID, create: true}
	for _, i := range s.Items {
		if err := m.add(i); err != nil {
			return err
		}
	}
	if c.Key = m.storage; c.Key == c.Type {
		c.Key = 0
	}
	if c.Key != 0 && !am.storage {
		return errObject("storage type cannot be different from data type for access method \"%s\"", am.name)
	}
	if s.IsDefault {
		if err := x.onlyDefault(c); err != nil {
			return err
		}
	}
	c.Family = family.OID
	exists := pgerr.New(pgerr.DuplicateObject, "operator class \"%s\" for access method \"%s\" already exists", h.Name, am.name)
	if err := x.create(ctx, c, exists); err != nil {
		return err
	}
	return x.addMembers(ctx, family, m, c.OID)
}

// classFamily is the family of a new class: the one that is named, or that has the class's name; else it is made.
func (x *Executor) classFamily(ctx context.Context, s *ast.CreateOpClassStmt, h catalog.ObjectHead) (*catalog.OpFamily, error) {
	if s.Family != nil {
		return x.findFamily(s.AccessMethod, s.Family)
	}
	for _, f := range x.reader().OpFamiliesNamed(h.Name) {
		if f.Schema == h.Schema && f.Method == s.AccessMethod {
			return f, nil
		}
	}
	f := &catalog.OpFamily{ObjectHead: h, Method: s.AccessMethod}
	return f, x.create(ctx, f, errFamilyExists(h.Name, s.AccessMethod))
}

// onlyDefault refuses a second default class of a type.
func (x *Executor) onlyDefault(c *catalog.OpClass) error {
	other, ok := x.reader().DefaultOpClass(c.Type, c.Method)
	if !ok {
		if other, ok = pgcatalog.BuiltinDefaultClass(c.Method, c.Type); !ok {
			return nil
		}
	}
	return pgerr.New(pgerr.DuplicateObject, "could not make operator class \"%s\" be default for type %s", c.Name, x.TypeWord(c.Type)).
		WithDetail("Operator class \"%s\" already is the default.", other.Name)
}

// addMembers writes members into a family; into a built-in one through the descriptor of what was added to it.
func (x *Executor) addMembers(ctx context.Context, f *catalog.OpFamily, m *members, class types.OID) (err error) {
	for i := range m.operators {
		m.operators[i].Class = class
		if m.operators[i].OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
	}
	for i := range m.functions {
		m.functions[i].Class = class
		if m.functions[i].OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
	}
	return x.changeFamily(ctx, f, func(n *catalog.OpFamily) {
		n.Operators = append(slices.Clone(n.Operators), m.operators...)
		n.Functions = append(slices.Clone(n.Functions), m.functions...)
	})
}

func (x *Executor) changeFamily(ctx context.Context, f *catalog.OpFamily, change func(*catalog.OpFamily)) error {
	if _, ok := x.reader().OpFamily(f.OID); ok {
		return x.ChangeObject(ctx, f, func(n catalog.Object) { change(n.(*catalog.OpFamily)) })
	}
	n := &catalog.OpFamily{ObjectHead: f.ObjectHead, Method: f.Method}
	n.Version = 1
	change(n)
	return x.create(ctx, n, errFamilyExists(f.Name, f.Method))
}

// all are the members of a family, built-in and added ones.
func (x *Executor) all(f *catalog.OpFamily) *catalog.OpFamily {
	out := &catalog.OpFamily{ObjectHead: f.ObjectHead, Method: f.Method}
	for _, part := range []func(types.OID) (*catalog.OpFamily, bool){pgcatalog.BuiltinFamilyByOID, x.reader().OpFamily} {
		if p, ok := part(f.OID); ok {
			out.Operators = append(out.Operators, p.Operators...)
			out.Functions = append(out.Functions, p.Functions...)
		}
	}
	return out
}

// alterFamily is ALTER OPERATOR FAMILY ADD and DROP.
func (x *Executor) alterFamily(ctx context.Context, s *ast.AlterOpFamilyStmt) error {
	am, err := accessMethod(s.AccessMethod)
	if err != nil {
		return err
	}
	f, err := x.findFamily(s.AccessMethod, s.Names)
	if err != nil {
		return err
	}
	if err := x.superuser("alter an operator family"); err != nil {
		return err
	}
	m := &members{x: x, am: am}
	if s.IsDrop {
		return x.dropMembers(ctx, f, m, s.Items)
	}
	for _, i := range s.Items {
		if err := m.add(i); err != nil {
			return err
		}
	}
	all := x.all(f)
	for _, n := range m.operators {
		if i := slices.IndexFunc(all.Operators, func(o catalog.FamilyOperator) bool {
			return o.Strategy == n.Strategy && o.Left == n.Left && o.Right == n.Right
		}); i >= 0 {
			return pgerr.New(pgerr.DuplicateObject, "operator %d(%s,%s) already exists in operator family \"%s\"", n.Strategy, x.TypeWord(n.Left),
				x.TypeWord(n.Right), strings.Join(s.Names, "."))
		}
	}
	for _, n := range m.functions {
		if i := slices.IndexFunc(all.Functions, func(o catalog.FamilyFunction) bool {
			return o.Number == n.Number && o.Left == n.Left && o.Right == n.Right
		}); i >= 0 {
			return pgerr.New(pgerr.DuplicateObject, "function %d(%s,%s) already exists in operator family \"%s\"", n.Number, x.TypeWord(n.Left),
				x.TypeWord(n.Right), strings.Join(s.Names, "."))
		}
	}
	return x.addMembers(ctx, f, m, 0)
}

// dropMembers takes members out of a family.
func (x *Executor) dropMembers(ctx context.Context, f *catalog.OpFamily, m *members, items []*ast.CreateOpClassItem) error {
	for _, i := range items {
		if err := m.drop(i); err != nil {
			return err
		}
	}
	all := x.all(f)
	missing := func(what string, number int, left, right types.OID) error {
		return pgerr.New(pgerr.UndefinedObject, "%s %d(%s,%s) does not exist in operator family \"%s\"", what, number, x.TypeWord(left), x.TypeWord(right), f.Name)
	}
	sameOp := func(n catalog.FamilyOperator) func(catalog.FamilyOperator) bool {
		return func(o catalog.FamilyOperator) bool {
			return o.Strategy == n.Strategy && o.Left == n.Left && o.Right == n.Right
		}
	}
	sameFn := func(n catalog.FamilyFunction) func(catalog.FamilyFunction) bool {
		return func(o catalog.FamilyFunction) bool {
			return o.Number == n.Number && o.Left == n.Left && o.Right == n.Right
		}
	}
	for _, n := range m.operators {
		i := slices.IndexFunc(all.Operators, sameOp(n))
		if i < 0 {
			return missing("operator", n.Strategy, n.Left, n.Right)
		}
		if err := x.mayDropMember(f, all.Operators[i].OID, all.Operators[i].Class); err != nil {
			return err
		}
	}
	for _, n := range m.functions {
		i := slices.IndexFunc(all.Functions, sameFn(n))
		if i < 0 {
			return missing("function", n.Number, n.Left, n.Right)
		}
		if err := x.mayDropMember(f, all.Functions[i].OID, all.Functions[i].Class); err != nil {
			return err
		}
	}
	return x.changeFamily(ctx, f, func(n *catalog.OpFamily) {
		n.Operators, n.Functions = slices.Clone(n.Operators), slices.Clone(n.Functions)
		for _, o := range m.operators {
			n.Operators = slices.DeleteFunc(n.Operators, sameOp(o))
		}
		for _, o := range m.functions {
			n.Functions = slices.DeleteFunc(n.Functions, sameFn(o))
		}
	})
}

// mayDropMember refuses members that are built in or that an operator class needs.
func (x *Executor) mayDropMember(f *catalog.OpFamily, member, class types.OID) error {
	if c, ok := x.reader().OpClass(class); ok {
		what := x.DescribeObject(c)
		return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop a member of operator family %s because %s requires it", f.Name, what).
			WithHint("You can drop %s instead.", what)
	}
	if member < catalog.FirstUserOID {
		return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop a member of %s because it is required by the database system", x.DescribeObject(f))
	}
	return nil
}

// members collects the items of a class or of ALTER OPERATOR FAMILY.
type members struct {
	x         *Executor
	am        method
	typ       types.OID // of a class; 0: types must be given
	create    bool
	operators []catalog.FamilyOperator
	functions []catalog.FamilyFunction
	storage   types.OID
}

func (m *members) add(i *ast.CreateOpClassItem) error {
	switch i.Kind {
	case ast.OpClassItemOperator:
		return m.addOperator(i)
	case ast.OpClassItemFunction:
		return m.addFunction(i)
	}
	if !m.create {
		return pgerr.New(pgerr.SyntaxError, "STORAGE cannot be specified in ALTER OPERATOR FAMILY")
	}
	if m.storage != 0 {
		return errObject("storage type specified more than once")
	}
	t, err := m.x.Bind.Type(i.StoredType)
	m.storage = t.OID
	return err
}

func (m *members) number(i *ast.CreateOpClassItem) error {
	what, most := "operator", m.am.strategies
	if i.Kind == ast.OpClassItemFunction {
		what, most = "function", m.am.functions
	}
	if i.Number < 1 || i.Number > most {
		return errObject("invalid %s number %d, must be between 1 and %d", what, i.Number, most)
	}
	return nil
}

func (m *members) addOperator(i *ast.CreateOpClassItem) (err error) {
	if err := m.number(i); err != nil {
		return err
	}
	var op *catalog.Operator
	switch {
	case len(i.Name.Args) > 0:
		op, err = m.x.findOperator(i.Name)
	case !m.create:
		return pgerr.New(pgerr.SyntaxError, "operator argument types must be specified in ALTER OPERATOR FAMILY")
	default:
		op, err = m.x.operatorByTypes(i.Name.Names, m.typ, m.typ)
	}
	if err != nil {
		return err
	}
	n := catalog.FamilyOperator{Strategy: i.Number, Left: op.Left, Right: op.Right, Operator: op.OID}
	if op.Left == 0 {
		return errObject("index operators must be binary")
	}
	if i.OrderFamily != nil {
		f, err := m.x.findFamily("btree", i.OrderFamily)
		if err != nil {
			return err
		}
		if n.SortFamily = f.OID; !m.am.ordering {
			return errObject("access method \"%s\" does not support ordering operators", m.am.name)
		}
	} else if op.Ret != types.BoolOID {
		return errObject("index search operators must return boolean")
	}
	for _, o := range m.operators {
		if o.Strategy == n.Strategy && o.Left == n.Left && o.Right == n.Right {
			return errObject("operator number %d for (%s,%s) appears more than once", n.Strategy, m.x.TypeWord(n.Left), m.x.TypeWord(n.Right))
		}
	}
	m.operators = append(m.operators, n)
	return nil
}

func (m *members) addFunction(i *ast.CreateOpClassItem) error {
	if err := m.number(i); err != nil {
		return err
	}
	p, err := m.x.functionWithArgs(i.Name)
	if err != nil {
		return err
	}
	n := catalog.FamilyFunction{Number: i.Number, Func: p.OID}
	if n.Left, n.Right, err = m.itemTypes(i.ClassArgs); err != nil {
		return err
	}
	if err := m.functionTypes(&n, p); err != nil {
		return err
	}
	for _, o := range m.functions {
		if o.Number == n.Number && o.Left == n.Left && o.Right == n.Right {
			return errObject("function number %d for (%s,%s) appears more than once", n.Number, m.x.TypeWord(n.Left), m.x.TypeWord(n.Right))
		}
	}
	m.functions = append(m.functions, n)
	return nil
}

// itemTypes are the types that an item gives, one standing for both sides; 0 if it gives none.
func (m *members) itemTypes(list []*ast.TypeName) (left, right types.OID, err error) {
	if len(list) == 0 {
		return 0, 0, nil
	}
	if len(list) > 2 {
		return 0, 0, pgerr.New(pgerr.SyntaxError, "one or two argument types must be specified")
	}
	l, err := m.x.Bind.Type(list[0])
	if err != nil {
		return 0, 0, err
	}
	r, err := m.x.Bind.Type(list[len(list)-1])
	return l.OID, r.OID, err
}

// functionTypes checks a support function, and finds the types that it is for (assignProcTypes).
func (m *members) functionTypes(n *catalog.FamilyFunction, p *builtins.Proc) error {
	var err error
	switch m.am.name {
	case "btree":
		err = btreeFunction(n, p)
	case "hash":
		err = hashFunction(n, p)
	}
	if err != nil {
		return err
	}
	if n.Left == 0 {
		n.Left = m.typ
	}
	if n.Right == 0 {
		n.Right = m.typ
	}
	if n.Left == 0 || n.Right == 0 {
		return errObject("associated data types must be specified for index support function")
	}
	return nil
}

func btreeFunction(n *catalog.FamilyFunction, p *builtins.Proc) error {
	args, ret, word := 2, types.OID(types.Int4OID), "integer"
	what := "comparison"
	switch n.Number {
	case 2:
		if len(p.Args) != 1 || p.Args[0] != types.InternalOID {
			return errObject("btree sort support functions must accept type \"internal\"")
		}
		args, ret, word, what = 1, types.VoidOID, "void", "sort support"
	case 3:
		args, ret, word, what = 5, types.BoolOID, "boolean", "in_range"
	case 4:
		args, ret, word, what = 1, types.BoolOID, "boolean", "equal image"
	case 5:
		if len(p.Args) != 1 || p.Args[0] != types.InternalOID || p.Ret != types.VoidOID {
			return errObject("invalid operator class options parsing function").
				WithHint("Valid signature of operator class options parsing function is %s.", "(internal) RETURNS void")
		}
		return nil
	}
	count := map[int]string{1: "one argument", 2: "two arguments", 5: "five arguments"}[args]
	switch {
	case len(p.Args) != args:
		return errObject("btree %s functions must have %s", what, count)
	case p.Ret != ret:
		return errObject("btree %s functions must return %s", what, word)
	case n.Number == 4 && n.Left != n.Right:
		return errObject("btree equal image functions must not be cross-type")
	case n.Number == 4 || n.Number == 2:
		return nil
	}
	if n.Left == 0 {
		n.Left = p.Args[0]
	}
	if n.Right == 0 {
		n.Right = p.Args[1]
		if n.Number == 3 {
			n.Right = p.Args[2]
		}
	}
	return nil
}

func hashFunction(n *catalog.FamilyFunction, p *builtins.Proc) error {
	switch n.Number {
	case 1:
		switch {
		case len(p.Args) != 1:
			return errObject("hash function 1 must have one argument")
		case p.Ret != types.Int4OID:
			return errObject("hash function 1 must return integer")
		}
	case 2:
		switch {
		case len(p.Args) != 2:
			return errObject("hash function 2 must have two arguments")
		case p.Ret != types.Int8OID:
			return errObject("hash function 2 must return bigint")
		}
	}
	if n.Number < 3 {
		if n.Left == 0 {
			n.Left = p.Args[0]
		}
		if n.Right == 0 {
			n.Right = p.Args[0]
		}
	}
	return nil
}

// drop notes the member that an item of DROP names.
func (m *members) drop(i *ast.CreateOpClassItem) error {
	if err := m.number(i); err != nil {
		return err
	}
	left, right, err := m.itemTypes(i.ClassArgs)
	if err != nil {
		return err
	}
	if i.Kind == ast.OpClassItemOperator {
		m.operators = append(m.operators, catalog.FamilyOperator{Strategy: i.Number, Left: left, Right: right})
	} else {
		m.functions = append(m.functions, catalog.FamilyFunction{Number: i.Number, Left: left, Right: right})
	}
	return nil
}
