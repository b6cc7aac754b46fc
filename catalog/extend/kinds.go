package extend

import (
	"context"
	"errors"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// kind is what the statements that all kinds of object share need to know of one.
type kind struct {
	word string
	// find finds an object by the name in a statement. One that is built in has an OID below FirstUserOID.
	find func(x *Executor, o *ast.ObjectRef) (catalog.Object, error)
	// taken is the error of a name that another object of the schema has.
	taken func(x *Executor, o catalog.Object) error
}

// kinds are the kinds of object by what statements call them.
var kinds = map[ast.ObjectType]kind{
	ast.ObjectOperator: {"operator", func(x *Executor, o *ast.ObjectRef) (catalog.Object, error) {
		op, err := x.findOperator(o.Func)
		if err != nil {
			return nil, err
		}
		return op, nil
	}, func(x *Executor, o catalog.Object) error {
		return pgerr.New(pgerr.DuplicateFunction, "operator %s already exists in schema \"%s\"", o.Head().Name, x.reader().SchemaName(o.Head().Schema))
	}},
	ast.ObjectCast: {"cast", (*Executor).findCast, nil},
	ast.ObjectOpFamily: {"operator family", func(x *Executor, o *ast.ObjectRef) (catalog.Object, error) {
		f, err := x.findFamily(o.Names[0], o.Names[1:])
		if err != nil {
			return nil, err
		}
		return f, nil
	}, func(x *Executor, o catalog.Object) error {
		return x.errTaken(o, "family", o.(*catalog.OpFamily).Method)
	}},
	ast.ObjectOpClass: {"operator class", func(x *Executor, o *ast.ObjectRef) (catalog.Object, error) {
		c, err := x.findClass(o.Names[0], o.Names[1:])
		if err != nil {
			return nil, err
		}
		return c, nil
	}, func(x *Executor, o catalog.Object) error { return x.errTaken(o, "class", o.(*catalog.OpClass).Method) }},
	ast.ObjectCollation: {"collation", func(x *Executor, o *ast.ObjectRef) (catalog.Object, error) {
		c, err := x.findCollation(o.Names)
		if err != nil {
			return nil, err
		}
		return c, nil
	}, func(x *Executor, o catalog.Object) error {
		e := errCollationExists(o.(*catalog.Collation))
		e.Message += " in schema \"" + x.reader().SchemaName(o.Head().Schema) + "\""
		return e
	}},
}

// findCast finds the cast between the types that a statement names.
func (x *Executor) findCast(o *ast.ObjectRef) (catalog.Object, error) {
	from, err := x.Bind.Type(o.Type)
	if err != nil {
		return nil, err
	}
	to, err := x.Bind.Type(o.Target)
	if err != nil {
		return nil, err
	}
	if c, ok := x.reader().Cast(from.OID, to.OID); ok {
		return c, nil
	}
	if c, ok := builtins.LookupCast(from.OID, to.OID); ok {
		return &catalog.Cast{ObjectHead: catalog.ObjectHead{OID: c.OID, Owner: catalog.SuperuserOID}, From: c.From, To: c.To}, nil
	}
	return nil, pgerr.New(pgerr.UndefinedObject, "cast from type %s to type %s does not exist", x.TypeWord(from.OID), x.TypeWord(to.OID))
}

// drop is DROP of objects of one kind.
func (x *Executor) drop(ctx context.Context, s *ast.DropStmt) error {
	var found []catalog.Object
	for _, ref := range s.Objects {
		o, err := kinds[s.RemoveType].find(x, ref)
		if err != nil {
			if e, ok := pgerr.As(err); ok && s.MissingOk && missing(e.Code) {
				x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "%s, skipping", x.missingText(s.RemoveType, ref, e)))
				continue
			}
			return err
		}
		if err := x.mayDrop(o); err != nil {
			return err
		}
		if o.Head().OID < catalog.FirstUserOID {
			return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop %s because it is required by the database system", x.DescribeObject(o))
		}
		found = append(found, o)
	}
	if len(found) == 0 {
		return nil
	}
	return x.DropObject(ctx, found, s.Behavior == ast.DropCascade)
}

// missing reports the errors that IF EXISTS turns into notices.
func missing(code pgerr.Code) bool {
	return code == pgerr.UndefinedObject || code == pgerr.UndefinedFunction || code == pgerr.InvalidSchemaName
}

// missingText is the notice of IF EXISTS about an object that does not exist.
func (x *Executor) missingText(t ast.ObjectType, ref *ast.ObjectRef, e *pgerr.Error) string {
	if t == ast.ObjectOperator && e.Code == pgerr.UndefinedFunction {
		return "operator " + strings.Join(ref.Func.Names, ".") + " does not exist"
	}
	if t == ast.ObjectCollation && e.Code == pgerr.UndefinedObject {
		return "collation \"" + strings.Join(ref.Names, ".") + "\" does not exist"
	}
	return e.Message
}

func (x *Executor) mayDrop(o catalog.Object) error {
	c, ok := o.(*catalog.Cast)
	if !ok {
		return x.MayDrop(o)
	}
	if !x.ownsType(c.From) && !x.ownsType(c.To) {
		return pgerr.New(pgerr.InsufficientPrivilege, "must be owner of type %s or type %s", x.TypeWord(c.From), x.TypeWord(c.To))
	}
	return nil
}

// alterOwner is ALTER … OWNER TO.
func (x *Executor) alterOwner(ctx context.Context, s *ast.AlterOwnerStmt) error {
	owner, err := x.Role(s.NewOwner)
	if err != nil {
		return err
	}
	o, err := kinds[s.ObjectType].find(x, s.Object)
	if err != nil {
		return err
	}
	h := o.Head()
	if h.Owner == owner {
		return nil
	}
	r := x.reader()
	if !r.Superuser(x.Owner) {
		if err := x.MustOwn(o); err != nil {
			return err
		}
		if !r.IsMember(x.Owner, owner) {
			return pgerr.New(pgerr.InsufficientPrivilege, "must be member of role \"%s\"", r.RoleName(owner))
		}
		if sc, ok := r.SchemaByOID(h.Schema); ok && r.Allowed(owner, sc, acl.Create, false) == 0 {
			return ddl.ErrDenied(r, sc)
		}
	}
	if err := notBuiltin(o); err != nil {
		return err
	}
	return x.ChangeObject(ctx, o, func(n catalog.Object) { n.Head().Owner = owner })
}

// setSchema is ALTER … SET SCHEMA.
func (x *Executor) setSchema(ctx context.Context, s *ast.AlterObjectSchemaStmt) error {
	o, err := kinds[s.ObjectType].find(x, s.Object)
	if err != nil {
		return err
	}
	if err := x.MustOwn(o); err != nil {
		return err
	}
	schema, ok := x.reader().Schema(s.NewSchema)
	if !ok {
		return pgerr.New(pgerr.InvalidSchemaName, "schema \"%s\" does not exist", s.NewSchema)
	}
	if x.reader().Allowed(x.Owner, schema, acl.Create, false) == 0 {
		return ddl.ErrDenied(x.reader(), schema)
	}
	if schema.OID == o.Head().Schema {
		return nil
	}
	return x.move(ctx, s.ObjectType, o, schema.OID, o.Head().Name)
}

// rename is ALTER … RENAME TO.
func (x *Executor) rename(ctx context.Context, s *ast.RenameStmt) error {
	o, err := kinds[s.RenameType].find(x, s.Object)
	if err != nil {
		return err
	}
	if err := x.MustOwn(o); err != nil {
		return err
	}
	return x.move(ctx, s.RenameType, o, o.Head().Schema, s.NewName)
}

func (x *Executor) move(ctx context.Context, t ast.ObjectType, o catalog.Object, schema types.OID, name string) error {
	if err := notBuiltin(o); err != nil {
		return err
	}
	if c, ok := o.(*catalog.Collation); ok {
		if err := x.CheckCollationMoves(c); err != nil {
			return err
		}
	}
	moved := o.Next()
	moved.Head().Schema, moved.Head().Name = schema, name
	err := x.ChangeObject(ctx, o, func(n catalog.Object) { n.Head().Schema, n.Head().Name = schema, name })
	if errors.Is(err, catalog.ErrNameTaken) {
		return kinds[t].taken(x, moved)
	}
	return err
}

// comment is COMMENT ON.
func (x *Executor) comment(ctx context.Context, s *ast.CommentStmt) error {
	o, err := kinds[s.ObjectType].find(x, s.Object)
	if err != nil {
		return err
	}
	if err := x.mayDrop(o); err != nil {
		return err
	}
	if err := notBuiltin(o); err != nil {
		return err
	}
	return x.ChangeObject(ctx, o, func(n catalog.Object) { n.Head().Comment = s.Comment })
}
