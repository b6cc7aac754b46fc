package extend

import (
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// typeOptions are the attributes of CREATE TYPE, by name.
type typeOptions map[string]*ast.DefElem

// typeWords are the names of the attributes.
var typeWords = []string{"like", "internallength", "input", "output", "receive", "send", "typmod_in", "typmod_out", "analyze", "subscript", "category",
	"preferred", "delimiter", "element", "default", "passedbyvalue", "alignment", "storage", "collatable"}

func (x *Executor) typeOptions(list []*ast.DefElem) (typeOptions, error) {
	o := typeOptions{}
	for _, d := range list {
		name := d.Name
		if name == "analyse" {
			name = "analyze"
		}
		if !slices.Contains(typeWords, name) {
			x.notify(pgerr.Warning(pgerr.SyntaxError, "type attribute \"%s\" not recognized", d.Name))
			continue
		}
		if o[name] != nil {
			return nil, pgerr.New(pgerr.SyntaxError, "conflicting or redundant options").At(x.SQL, d.Pos)
		}
		o[name] = d
	}
	return o, nil
}

// createType is CREATE TYPE name, which makes a shell, and CREATE TYPE name (…), which fills it (DefineType).
func (x *Executor) createType(ctx context.Context, s *ast.DefineStmt) error {
	name := s.Names[len(s.Names)-1]
	schema, err := x.CreationSchema(ctx, s.Names)
	if err != nil {
		return err
	}
	if err := x.superuser("create a base type"); err != nil {
		return err
	}
	exists := pgerr.New(pgerr.DuplicateObject, "type \"%s\" already exists", name)
	t, ok := x.reader().Type(schema.OID, name)
	if len(s.Definition) == 0 {
		if ok {
			return exists
		}
		_, err := x.CreateShell(ctx, s.Names)
		return err
	}
	if !ok {
		return pgerr.New(pgerr.DuplicateObject, "type \"%s\" does not exist", name).
			WithHint("Create the type as a shell type, then create its I/O functions, then do a full CREATE TYPE.")
	}
	if t.Kind != catalog.TypeShell {
		return exists
	}
	o, err := x.typeOptions(s.Definition)
	if err != nil {
		return err
	}
	d := &typeDefinition{x: x, o: o, shell: t, held: &catalog.BaseType{Len: -1, Align: 'i', Storage: 'p', Category: 'U', Delim: ','}}
	if err := d.define(); err != nil {
		return err
	}
	return d.store(ctx)
}

// typeDefinition works out what a base type is.
type typeDefinition struct {
	x     *Executor
	o     typeOptions
	shell *catalog.Type
	held  *catalog.BaseType
	rep   types.OID // the built-in type whose values it holds
}

func (d *typeDefinition) define() error {
	for _, f := range []func() error{d.like, d.shape, d.letters, d.functions, d.consistent} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// like takes the physical attributes of another type.
func (d *typeDefinition) like() error {
	o := d.o["like"]
	if o == nil {
		return nil
	}
	t, err := d.x.optionType(o)
	if err != nil {
		return err
	}
	p := d.x.physical(t)
	d.held.Len, d.held.ByVal, d.held.Align, d.held.Storage = p.length, p.byVal, p.align, 'x'
	if ti, ok := types.Info(t); ok {
		d.held.Storage = ti.Storage
	} else if u, ok := d.x.reader().TypeByOID(t); ok && u.Held != nil {
		d.held.Storage = u.Held.Storage
	}
	return nil
}

// shape reads length, passing, default, element and collation.
func (d *typeDefinition) shape() (err error) {
	h := d.held
	if o := d.o["internallength"]; o != nil {
		if text := o.Word(); strings.EqualFold(text, "variable") {
			h.Len = -1
		} else {
			n, err := optionNumber(o)
			if err != nil {
				return err
			}
			h.Len = int16(n)
		}
	}
	if o := d.o["passedbyvalue"]; o != nil {
		if h.ByVal, err = o.Bool(); err != nil {
			return err
		}
	}
	if o := d.o["preferred"]; o != nil {
		if h.Preferred, err = o.Bool(); err != nil {
			return err
		}
	}
	if o := d.o["collatable"]; o != nil {
		on, err := o.Bool()
		if err != nil {
			return err
		}
		if on {
			h.Collation = 100
		}
	}
	if o := d.o["delimiter"]; o != nil && o.Word() != "" {
		h.Delim = o.Word()[0]
	}
	if o := d.o["default"]; o != nil {
		text := o.Word()
		h.Default = &text
	}
	if o := d.o["element"]; o != nil {
		if h.Elem, err = d.x.optionType(o); err != nil {
			return err
		}
		if ti, ok := types.Info(h.Elem); ok && ti.IsPseudo() {
			return pgerr.New(pgerr.DatatypeMismatch, "array element type cannot be %s", d.x.TypeWord(h.Elem))
		}
	}
	return nil
}

// letters reads the attributes that are one letter in pg_type.
func (d *typeDefinition) letters() error {
	if o := d.o["alignment"]; o != nil {
		text := strings.ToLower(o.Word())
		letter, ok := map[string]byte{"double": 'd', "float8": 'd', "double precision": 'd', "pg_catalog.float8": 'd', "int4": 'i', "integer": 'i',
			"pg_catalog.int4": 'i', "int2": 's', "smallint": 's', "pg_catalog.int2": 's', "char": 'c', "pg_catalog.bpchar": 'c', "bpchar": 'c'}[text]
		if !ok {
			return pgerr.New(pgerr.InvalidParameterValue, "alignment \"%s\" not recognized", o.Word())
		}
		d.held.Align = letter
	}
	if o := d.o["storage"]; o != nil {
		letter, ok := storageLetters[strings.ToLower(o.Word())]
		if !ok {
			return pgerr.New(pgerr.InvalidParameterValue, "storage \"%s\" not recognized", o.Word())
		}
		d.held.Storage = letter
	}
	if o := d.o["category"]; o != nil {
		text := o.Word()
		if text == "" || text[0] < 32 || text[0] > 126 {
			return pgerr.New(pgerr.InvalidParameterValue, "invalid type category \"%s\": must be simple ASCII", text)
		}
		d.held.Category = text[0]
	}
	return nil
}

var storageLetters = map[string]byte{"plain": 'p', "external": 'e', "extended": 'x', "main": 'm'}

// typeFunctions are the support functions of types: what they take, and what they must return (0: the type itself).
var typeFunctions = []struct {
	word, what string
	args       [][]types.OID // 0 stands for the type
	ret        types.OID
	to         func(*catalog.BaseType) *types.OID
}{
	{"receive", "type receive", [][]types.OID{{types.InternalOID}, {types.InternalOID, types.OIDOID, types.Int4OID}}, 0,
		func(h *catalog.BaseType) *types.OID { return &h.Receive }},
	{"send", "type send", [][]types.OID{{0}}, types.ByteaOID, func(h *catalog.BaseType) *types.OID { return &h.Send }},
	{"typmod_in", "typmod_in", [][]types.OID{{types.CStringArrayOID}}, types.Int4OID, func(h *catalog.BaseType) *types.OID { return &h.ModIn }},
	{"typmod_out", "typmod_out", [][]types.OID{{types.Int4OID}}, types.CStringOID, func(h *catalog.BaseType) *types.OID { return &h.ModOut }},
	{"analyze", "type analyze", [][]types.OID{{types.InternalOID}}, types.BoolOID, func(h *catalog.BaseType) *types.OID { return &h.Analyze }},
	{"subscript", "type subscripting", [][]types.OID{{types.InternalOID}}, types.InternalOID, func(h *catalog.BaseType) *types.OID { return &h.Subscript }},
}

// support finds a support function of a type.
func (x *Executor) support(name []string, what string, args [][]types.OID, t, ret types.OID) (*builtins.Proc, error) {
	if ret == 0 {
		ret = t
	}
	var missing error
	for i := len(args) - 1; i >= 0; i-- {
		list := slices.Clone(args[i])
		for k := range list {
			if list[k] == 0 {
				list[k] = t
			}
		}
		p, err := x.function(name, list, false)
		if err != nil {
			missing = err
			continue
		}
		if p.Ret != ret {
			return nil, errObject("%s function %s must return type %s", what, strings.Join(name, "."), x.TypeWord(ret))
		}
		if p.Volatile == 'v' {
			x.notify(pgerr.Warning(pgerr.InvalidObjectDefinition, "%s function %s should not be volatile", what, strings.Join(name, ".")))
		}
		return p, nil
	}
	return nil, missing
}

// functions finds the functions of the type; the input function tells how values are held.
func (d *typeDefinition) functions() error {
	o, h, t := d.o, d.held, d.shell.OID
	switch {
	case o["input"] == nil:
		return errObject("type input function must be specified")
	case o["output"] == nil:
		return errObject("type output function must be specified")
	case o["typmod_in"] == nil && o["typmod_out"] != nil:
		return errObject("type modifier output function is useless without a type modifier input function")
	}
	in, err := d.x.support(o["input"].Words(), "type input", [][]types.OID{{types.CStringOID}, {types.CStringOID, types.OIDOID, types.Int4OID}}, t, 0)
	if err != nil {
		return err
	}
	out, err := d.x.support(o["output"].Words(), "type output", [][]types.OID{{0}}, t, types.CStringOID)
	if err != nil {
		return err
	}
	h.Input, h.Output = in.OID, out.OID
	for _, f := range typeFunctions {
		if o[f.word] == nil {
			continue
		}
		p, err := d.x.support(o[f.word].Words(), f.what, f.args, t, f.ret)
		if err != nil {
			return err
		}
		*f.to(h) = p.OID
	}
	return d.representation(in, out)
}

// representation finds the built-in type whose values the type holds: the one that its input function reads and its output function writes.
func (d *typeDefinition) representation(in, out *builtins.Proc) error {
	reads, ok := builtins.InternalProc(in.Src)
	writes, ok2 := builtins.InternalProc(out.Src)
	if ok && ok2 && len(writes.Args) == 1 && writes.Args[0] == reads.Ret {
		if ti, ok := types.Info(reads.Ret); ok && ti.Type == 'b' && !ti.IsArray() {
			d.rep = ti.OID
			return nil
		}
	}
	return pgerr.FeatureNotSupported("a base type whose input and output functions are not those of one built-in type")
}

// consistent checks the physical attributes against each other (TypeCreate).
func (d *typeDefinition) consistent() error {
	h := d.held
	switch {
	case h.ByVal && (h.Len == 1 && h.Align != 'c' || h.Len == 2 && h.Align != 's' || h.Len == 4 && h.Align != 'i' || h.Len == 8 && h.Align != 'd'):
		return errObject("alignment \"%c\" is invalid for passed-by-value type of size %d", h.Align, h.Len)
	case h.ByVal && h.Len != 1 && h.Len != 2 && h.Len != 4 && h.Len != 8:
		return errObject("internal size %d is invalid for passed-by-value type", h.Len)
	case h.Len <= 0 && h.Len != -1 && h.Len != -2:
		return errObject("invalid type internal size %d", h.Len)
	case h.Len == -1 && h.Align != 'i' && h.Align != 'd' || h.Len == -2 && h.Align != 'c':
		return errObject("alignment \"%c\" is invalid for variable-length type", h.Align)
	case h.Storage != 'p' && h.Len != -1:
		return errObject("fixed-size types must have storage PLAIN")
	}
	return nil
}

// store replaces the shell by the type. Its OID says how values are held, so that it is another one: the functions that name the shell follow.
func (d *typeDefinition) store(ctx context.Context) error {
	x, shell := d.x, d.shell
	if err := x.Txn.Lock(ctx, kv.Exclusive, shell); err != nil {
		return err
	}
	n, err := x.Txn.Catalog().NewOID(ctx)
	if err != nil {
		return err
	}
	t := *shell
	t.Kind, t.Held, t.Version = catalog.TypeBase, d.held, shell.Version+1
	for i := range types.OID(types.MaxDomains) {
		t.OID = types.UserBaseOID(d.rep, n+i)
		if _, taken := x.reader().TypeByOID(t.OID); !taken {
			break
		}
	}
	for _, f := range x.reader().Functions(0) {
		if err := x.followType(ctx, f, shell.OID, t.OID); err != nil {
			return err
		}
	}
	if err := x.Txn.Drop(ctx, shell); err != nil {
		return err
	}
	return x.Txn.Create(ctx, &t)
}

// followType gives a function the OID of a type that was a shell.
func (x *Executor) followType(ctx context.Context, f *catalog.Function, from, to types.OID) error {
	uses := f.Ret == from || slices.ContainsFunc(f.Params, func(p catalog.FunctionParam) bool { return p.Type == from })
	if !uses {
		return nil
	}
	if err := x.Txn.Lock(ctx, kv.Exclusive, f); err != nil {
		return err
	}
	old, ok := x.reader().Function(f.OID)
	if !ok {
		return nil
	}
	n := *old
	n.Version++
	n.Params = slices.Clone(n.Params)
	for i := range n.Params {
		if n.Params[i].Type == from {
			n.Params[i].Type = to
		}
	}
	if n.Ret == from {
		n.Ret = to
	}
	if n.Language == catalog.Internal && n.Aggregate == nil {
		if err := builtins.CheckInternal(n.Proc()); err != nil {
			return err
		}
	}
	return x.Txn.Update(ctx, old, &n)
}

// alterType is ALTER TYPE SET.
func (x *Executor) alterType(ctx context.Context, s *ast.AlterTypeStmt) error {
	if _, err := x.Bind.Type(&ast.TypeName{Names: s.TypeName, Pos: -1}); err != nil {
		return err
	}
	old, err := x.LockType(ctx, s.TypeName)
	if err != nil {
		return err
	}
	if old.Held == nil {
		return pgerr.New(pgerr.WrongObjectType, "%s is not a base type", x.TypeWord(old.OID))
	}
	h := *old.Held
	for _, d := range s.Options {
		if err := x.alterTypeOption(old, &h, d); err != nil {
			return err
		}
	}
	n := *old
	n.Version++
	n.Held = &h
	return x.Txn.Update(ctx, old, &n)
}

func (x *Executor) alterTypeOption(t *catalog.Type, h *catalog.BaseType, d *ast.DefElem) error {
	if d.Name == "storage" {
		letter, ok := storageLetters[strings.ToLower(d.Word())]
		switch {
		case !ok:
			return pgerr.New(pgerr.InvalidParameterValue, "storage \"%s\" not recognized", d.Word())
		case letter != 'p' && h.Len != -1:
			return errObject("fixed-size types must have storage PLAIN")
		case letter != 'p' && h.Storage == 'p', letter == 'p' && h.Storage == 'p':
		case letter == 'p':
			return errObject("cannot change type's storage to PLAIN")
		}
		h.Storage = letter
		return nil
	}
	if err := x.superuser("alter a type"); err != nil {
		return err
	}
	for _, f := range typeFunctions {
		if f.word != d.Name && !(d.Name == "analyse" && f.word == "analyze") {
			continue
		}
		if d.Arg == nil || strings.EqualFold(d.Word(), "none") {
			*f.to(h) = 0
			return nil
		}
		p, err := x.support(d.Words(), f.what, f.args, t.OID, f.ret)
		if err != nil {
			return err
		}
		*f.to(h) = p.OID
		return nil
	}
	if slices.Contains(typeWords, d.Name) {
		return pgerr.New(pgerr.SyntaxError, "type attribute \"%s\" cannot be changed", d.Name)
	}
	return pgerr.New(pgerr.SyntaxError, "type attribute \"%s\" not recognized", d.Name)
}
