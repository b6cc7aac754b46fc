package builtins

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

//go:embed pgdata/pg_proc.txt
var procData string

// Proc is a row of pg_proc. Func is set for functions, window functions and procedures, Agg for aggregates that have code.
type Proc struct {
	OID         types.OID
	Name        string
	Kind        byte // prokind: f function, a aggregate, w window, p procedure
	Volatile    byte // i, s, v
	Parallel    byte // s, r, u
	Strict      bool
	RetSet      bool
	Leakproof   bool
	Variadic    types.OID // element type of the variadic array, "any", or 0
	Ret         types.OID
	Args        []types.OID // input arguments
	Src         string      // prosrc, or the signature for SQL functions and aggregates
	SQL         bool        // written in SQL in PostgreSQL, else internal
	Cost, Rows  float64
	ArgNames    []string
	ArgModes    string      // one of i, o, b, v, t per element of AllArgs; "" if all are inputs
	AllArgs     []types.OID // with outputs; nil if all are inputs
	DefaultText string      // proargdefaults as SQL

	Func *expr.Func
	Agg  *expr.Agg
}

// NumDefaults is pg_proc.pronargdefaults.
func (p *Proc) NumDefaults() int {
	if p.DefaultText == "" {
		return 0
	}
	return strings.Count(p.DefaultText, ", ") + 1
}

// code is what stands behind a function; src is the key.
type code struct {
	src    string
	kernel expr.Kernel
	scalar func(c *expr.Ctx, args []types.Datum) (types.Datum, error)
	set    func(c *expr.Ctx, args []types.Datum) (expr.RowSource, error)
	bind   func(f *expr.Func, args []types.T, ret types.T) *expr.Func
}

// procTable is all of pg_proc, in the order of the data: by name, then OID.
type procTable struct {
	procs  []Proc
	funcs  []expr.Func
	byName map[string][]*Proc
	byOID  map[types.OID]*Proc
}

var loadProcs = sync.OnceValue(buildProcs)

func buildProcs() *procTable {
	n := strings.Count(procData, "\n")
	t := &procTable{
		procs:  make([]Proc, n),
		funcs:  make([]expr.Func, n),
		byName: make(map[string][]*Proc, n),
		byOID:  make(map[types.OID]*Proc, n),
	}
	codes := codesBySource()
	aggs := aggCodesBySource()
	oids := oidSlab{slab: make([]types.OID, 0, 4*n)}
	rest := procData
	var f [15]string
	for i := range t.procs {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		splitTabs(line, f[:])
		p := &t.procs[i]
		p.parse(&f, &oids)
		if p.Kind == 'a' {
			p.Agg = buildAgg(p, aggs)
		} else {
			p.Func = &t.funcs[i]
			p.buildFunc(codes)
		}
		t.byName[p.Name] = append(t.byName[p.Name], p)
		t.byOID[p.OID] = p
	}
	return t
}

// splitTabs fills f with the fields of line.
func splitTabs(line string, f []string) {
	for i := range f {
		f[i], line, _ = strings.Cut(line, "\t")
	}
}

// oidSlab gives out small OID slices from one allocation.
type oidSlab struct{ slab []types.OID }

func (s *oidSlab) parse(list string) []types.OID {
	if list == "" {
		return nil
	}
	start := len(s.slab)
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		s.slab = append(s.slab, parseOID(one))
	}
	return s.slab[start:len(s.slab):len(s.slab)]
}

func parseOID(s string) types.OID {
	n := types.OID(0)
	for i := range len(s) {
		n = n*10 + types.OID(s[i]-'0')
	}
	return n
}

func (p *Proc) parse(f *[15]string, oids *oidSlab) {
	p.OID, p.Name, p.Kind = parseOID(f[0]), f[1], f[2][0]
	p.Volatile, p.Parallel = f[3][0], f[3][1]
	for _, c := range f[3][2:] {
		switch c {
		case 's':
			p.Strict = true
		case 'r':
			p.RetSet = true
		case 'l':
			p.Leakproof = true
		}
	}
	p.Variadic, p.Ret, p.Args, p.Src, p.SQL = parseOID(f[4]), parseOID(f[5]), oids.parse(f[6]), f[7], f[8] == "s"
	p.Cost, p.Rows = parseSmall(f[9]), parseSmall(f[10])
	if f[11] != "" {
		p.ArgNames = strings.Split(f[11], ",")
	}
	p.ArgModes, p.AllArgs, p.DefaultText = f[12], oids.parse(f[13]), f[14]
}

func parseSmall(s string) float64 {
	if len(s) == 1 {
		return float64(s[0] - '0')
	}
	v, _ := strconv.ParseFloat(s, 64)
	return v
}

// buildFunc fills p.Func from the row and the code.
func (p *Proc) buildFunc(codes map[string]*code) {
	f := p.Func
	*f = expr.Func{OID: p.OID, Name: p.Name, Args: p.Args, Ret: p.Ret, Variadic: p.Variadic != 0, Strict: p.Strict,
		RetSet: p.RetSet, Kind: p.Kind, ArgNames: p.inputNames()}
	switch p.Volatile {
	case 's':
		f.Volatility = expr.Stable
	case 'v':
		f.Volatility = expr.Volatile
	}
	p.outputs()
	k, ok := codes[p.Src]
	if !ok {
		passOn(f)
		f.Defaults = parseDefaults(p)
		return
	}
	f.Kernel, f.Scalar, f.Set = k.kernel, k.scalar, k.set
	if k.bind != nil {
		f.Bind = func(args []types.T, ret types.T) *expr.Func { return k.bind(f, args, ret) }
	}
	f.Defaults = parseDefaults(p)
}

// inputNames are the names of the input arguments alone.
func (p *Proc) inputNames() []string {
	if p.ArgNames == nil || p.ArgModes == "" {
		return p.ArgNames
	}
	var names []string
	for i := range len(p.ArgModes) {
		if m := p.ArgModes[i]; m != 'o' && m != 't' {
			names = append(names, p.ArgNames[i])
		}
	}
	return names
}

// outputs sets the output columns of a function that returns records.
func (p *Proc) outputs() {
	for i := range len(p.ArgModes) {
		if m := p.ArgModes[i]; m != 'i' && m != 'v' {
			p.Func.OutTypes = append(p.Func.OutTypes, p.AllArgs[i])
			name := ""
			if i < len(p.ArgNames) {
				name = p.ArgNames[i]
			}
			p.Func.OutNames = append(p.Func.OutNames, name)
		}
	}
}

// parseDefaults turns "0, 'NFC'::text" into constants of the arguments' types.
func parseDefaults(p *Proc) []expr.Expr {
	if p.DefaultText == "" {
		return nil
	}
	parts := strings.Split(p.DefaultText, ", ")
	out := make([]expr.Expr, len(parts))
	for i, s := range parts {
		t := types.Of(p.Args[len(p.Args)-len(parts)+i])
		s, _, _ = strings.Cut(s, "::")
		d, err := types.Parse(t, strings.Trim(s, "'"), nil)
		if err != nil {
			return nil
		}
		out[i] = &expr.Const{T: t, D: d}
	}
	return out
}

// Procs lists every function and aggregate, for pg_proc. The caller does not change it.
func Procs() []Proc { return loadProcs().procs }

// ProcByOID finds a function or aggregate.
func ProcByOID(oid types.OID) (*Proc, bool) {
	p, ok := loadProcs().byOID[oid]
	return p, ok
}

// ProcsByName lists the functions and aggregates of that name.
func ProcsByName(name string) []*Proc { return loadProcs().byName[name] }

// FuncByOID finds a function; nil if there is none.
func FuncByOID(oid types.OID) *expr.Func {
	if p, ok := loadProcs().byOID[oid]; ok {
		return p.Func
	}
	return nil
}

// Functions lists the functions (not aggregates) of that name.
func Functions(name string) []*expr.Func {
	var fs []*expr.Func
	for _, p := range ProcsByName(name) {
		if p.Func != nil {
			fs = append(fs, p.Func)
		}
	}
	return fs
}

// Aggregates lists the aggregates of that name that have code.
func Aggregates(name string) []*expr.Agg {
	var as []*expr.Agg
	for _, p := range ProcsByName(name) {
		if p.Agg != nil {
			as = append(as, p.Agg)
		}
	}
	return as
}
