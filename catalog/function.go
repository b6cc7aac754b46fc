package catalog

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/types"
)

// kindFunction is the kind of a stored Function.
const kindFunction = 'f'

// Language is what a function is written in.
type Language uint8

// Languages.
const (
	SQL Language = iota
	PLpgSQL
	// Internal is the language of aggregates: they have no body.
	Internal
)

// Function is a function or procedure with a body.
type Function struct {
	OID     types.OID
	Schema  types.OID
	Name    string
	Owner   types.OID
	Version uint64
	Kind    byte // pg_proc.prokind: 'f' function, 'p' procedure, 'a' aggregate
	// Language is SQL, PLpgSQL ….
	Language Language
	Params   []FunctionParam
	Ret      types.OID
	RetSet   bool
	// Volatility and Parallel are pg_proc's letters: i, s, v and s, r, u.
	Volatility, Parallel               byte
	Strict, Leakproof, SecurityDefiner bool
	Cost, Rows                         float64
	// Body is the text between AS and its end; with SQLBody it is empty.
	Body string
	// SQLBody holds the statements of a body that was parsed when the function was made, printed with every name qualified: RETURN x
	// is SELECT x. Return says that it was written so.
	SQLBody []string
	Return  bool
	Config  []string // SET name = value, as "name=value"
	// DependsOn are the relations and functions that SQLBody names.
	DependsOn []types.OID
	Comment   string
	// Aggregate is what an aggregate consists of; nil for others.
	Aggregate *Aggregate `json:",omitempty"`
	ACL       acl.ACL
}

// FunctionParam is a parameter of a Function.
type FunctionParam struct {
	Name    string
	Mode    byte // pg_proc.proargmodes: i, o, b (in and out), v (variadic), t (a column of RETURNS TABLE)
	Type    types.OID
	Default string // SQL text; "" none
}

// Input reports whether a call gives the parameter a value.
func (p *FunctionParam) Input() bool { return p.Mode == 'i' || p.Mode == 'b' || p.Mode == 'v' }

// Inputs are the types of the parameters that a call gives.
func (f *Function) Inputs() []types.OID {
	var ts []types.OID
	for i := range f.Params {
		if p := &f.Params[i]; p.Input() {
			ts = append(ts, p.Type)
		}
	}
	return ts
}

// functionPrefix keeps the names of functions apart from those of relations, which have no such byte.
const functionPrefix = "\x00f"

// functionKey is the name that a function takes in its schema: what tells it from its overloads is part of it.
func functionKey(f *Function) relName {
	var b strings.Builder
	b.WriteString(functionPrefix + f.Name + "\x00")
	for _, t := range f.Inputs() {
		b.WriteString(strconv.Itoa(int(t)))
		b.WriteByte(',')
	}
	return relName{f.Schema, b.String()}
}

// IsFunctionName reports whether the name of a NameTakenError is a function's.
func IsFunctionName(name string) bool { return strings.HasPrefix(name, functionPrefix) }

// Function returns the function with that OID.
func (r *Reader) Function(oid types.OID) (*Function, bool) { return r.functions.get(oid) }

// FunctionsNamed lists the functions of that name in all schemas, by OID.
func (r *Reader) FunctionsNamed(name string) []*Function {
	oids, _ := r.functionNames.get(name)
	fs := make([]*Function, 0, len(oids))
	for _, o := range oids {
		if f, ok := r.functions.get(o); ok {
			fs = append(fs, f)
		}
	}
	return fs
}

// HasFunctions reports whether there is any function of that name.
func (r *Reader) HasFunctions(name string) bool {
	_, ok := r.functionNames.get(name)
	return ok
}

// Functions lists the functions of a schema (0: of all) by OID.
func (r *Reader) Functions(schema types.OID) []*Function {
	m := map[types.OID]*Function{}
	for oid, f := range r.functions.all() {
		if schema == 0 || f.Schema == schema {
			m[oid] = f
		}
	}
	return sortedByKey(m)
}

// FunctionDependents lists the functions whose body, parsed when they were made, names the object with that OID.
func (r *Reader) FunctionDependents(oid types.OID) []*Function {
	oids, _ := r.bodies.get(oid)
	var fs []*Function
	for _, o := range oids {
		if f, ok := r.functions.get(o); ok {
			fs = append(fs, f)
		}
	}
	return fs
}

// WithFunction is r with one more function, which is not stored: for checking a body that calls its own function.
func (r *Reader) WithFunction(f *Function) *Reader {
	s := r.clone()
	s.put(f)
	return &Reader{s}
}

func (s *snapshot) putFunction(f *Function) {
	s.functions.set(f.OID, f)
	addOID(&s.functionNames, f.Name, f.OID)
	for _, on := range f.DependsOn {
		addOID(&s.bodies, on, f.OID)
	}
}

func (s *snapshot) removeFunction(oid types.OID) {
	f, ok := s.functions.get(oid)
	if !ok {
		return
	}
	s.functions.remove(oid)
	dropOID(&s.functionNames, f.Name, oid)
	for _, on := range f.DependsOn {
		dropOID(&s.bodies, on, oid)
	}
}

// Proc is the function as a row of pg_proc, without code.
func (f *Function) Proc() *builtins.Proc {
	p := &builtins.Proc{OID: f.OID, Name: f.Name, Kind: f.Kind, Volatile: f.Volatility, Parallel: f.Parallel, Strict: f.Strict,
		RetSet: f.RetSet, Leakproof: f.Leakproof, Ret: f.Ret, Src: f.Body, SQL: f.Kind != 'a', Cost: f.Cost, Rows: f.Rows, Args: f.Inputs()}
	plain, named := true, false
	for i := range f.Params {
		a := &f.Params[i]
		p.AllArgs = append(p.AllArgs, a.Type)
		p.ArgNames = append(p.ArgNames, a.Name)
		p.ArgModes += string(a.Mode)
		plain, named = plain && a.Mode == 'i', named || a.Name != ""
		if a.Mode == 'v' {
			switch a.Type {
			case types.AnyOID:
				p.Variadic = types.AnyOID
			case types.AnyArrayOID:
				p.Variadic = types.AnyElementOID
			case types.AnyCompatibleArrayOID:
				p.Variadic = types.AnyCompatibleOID
			default:
				p.Variadic = types.ElemOf(a.Type)
			}
		}
		if a.Default != "" {
			p.Defaults = append(p.Defaults, a.Default)
		}
	}
	if plain {
		p.AllArgs, p.ArgModes = nil, ""
	}
	if !named {
		p.ArgNames = nil
	}
	if f.Aggregate != nil {
		p.Src = "aggregate_dummy"
	}
	p.DefaultText = strings.Join(p.Defaults, ", ")
	return p
}
