package builtins

import (
	_ "embed"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

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
	Defaults    []string    // the parts of DefaultText, where it may hold commas: of functions of the catalog

	Func *expr.Func
	Agg  *expr.Agg
}

// NumDefaults is pg_proc.pronargdefaults.
func (p *Proc) NumDefaults() int {
	if p.Defaults != nil {
		return len(p.Defaults)
	}
	if p.DefaultText == "" {
		return 0
	}
	return strings.Count(p.DefaultText, ", ") + 1
}

// shownBodies are the functions in SQL whose body is a text.
var shownBodies = map[string]string{
	"quote_literal(anyelement)":    "select pg_catalog.quote_literal($1::pg_catalog.text)",
	"quote_nullable(anyelement)":   "select pg_catalog.quote_nullable($1::pg_catalog.text)",
	"textanycat(text,anynonarray)": "select $1 operator(pg_catalog.||) $2::pg_catalog.text",
	"anytextcat(anynonarray,text)": "select $1::pg_catalog.text operator(pg_catalog.||) $2",
}

// ShownSource is prosrc as pg_proc shows it: nothing for functions whose body is an expression of the catalog.
func (p *Proc) ShownSource() string {
	switch {
	case p.Kind == 'a':
		return "aggregate_dummy"
	case p.SQL && p.Name != "_pg_expandarray":
		return shownBodies[p.Src]
	}
	return p.Src
}

// code is what stands behind a function; src is the key.
type code struct {
	src    string
	kernel expr.Kernel
	scalar func(c *expr.Ctx, args []types.Datum) (types.Datum, error)
	set    func(c *expr.Ctx, args []types.Datum) (expr.RowSource, error)
	bind   func(f *expr.Func, args []types.T, ret types.T) *expr.Func
}

// procTable is pg_proc in the order of the data: by name, then OID. A row is parsed, and its function made, when it is first
// asked for: a session needs a hundred of them, and reading all would be most of the server's start.
type procTable struct {
	lines []string
	procs []atomic.Pointer[Proc]
	byOID map[types.OID]int32
	codes map[string]*code
	aggs  map[string]*aggCode
	mu    sync.Mutex // held while a row is parsed
}

var loadProcs = sync.OnceValue(func() *procTable {
	n := strings.Count(procData, "\n")
	t := &procTable{lines: make([]string, n), procs: make([]atomic.Pointer[Proc], n), byOID: make(map[types.OID]int32, n),
		codes: codesBySource(), aggs: aggCodesBySource()}
	rest := procData
	for i := range t.lines {
		t.lines[i], rest, _ = strings.Cut(rest, "\n")
		oid, _, _ := strings.Cut(t.lines[i], "\t")
		t.byOID[parseOID(oid)] = int32(i)
	}
	return t
})

// name is the name in line i, without parsing the rest.
func (t *procTable) name(i int) string {
	_, rest, _ := strings.Cut(t.lines[i], "\t")
	name, _, _ := strings.Cut(rest, "\t")
	return name
}

// proc is row i.
func (t *procTable) proc(i int) *Proc {
	if p := t.procs[i].Load(); p != nil {
		return p
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.procs[i].Load(); p != nil {
		return p
	}
	var f [15]string
	splitTabs(t.lines[i], f[:])
	p := &Proc{}
	p.parse(&f)
	if p.Kind == 'a' {
		p.Agg = buildAgg(p, t.aggs)
	} else {
		p.Func = &expr.Func{}
		p.buildFunc(t.codes)
	}
	t.procs[i].Store(p)
	return p
}

// splitTabs fills f with the fields of line.
func splitTabs(line string, f []string) {
	for i := range f {
		f[i], line, _ = strings.Cut(line, "\t")
	}
}

func parseOIDs(list string) []types.OID {
	if list == "" {
		return nil
	}
	out := make([]types.OID, 0, strings.Count(list, ",")+1)
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		out = append(out, parseOID(one))
	}
	return out
}

func parseOID(s string) types.OID {
	n := types.OID(0)
	for i := range len(s) {
		n = n*10 + types.OID(s[i]-'0')
	}
	return n
}

func (p *Proc) parse(f *[15]string) {
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
	p.Variadic, p.Ret, p.Args, p.Src, p.SQL = parseOID(f[4]), parseOID(f[5]), parseOIDs(f[6]), f[7], f[8] == "s"
	p.Cost, p.Rows = parseSmall(f[9]), parseSmall(f[10])
	if f[11] != "" {
		p.ArgNames = strings.Split(f[11], ",")
	}
	p.ArgModes, p.AllArgs, p.DefaultText = f[12], parseOIDs(f[13]), f[14]
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
		k = ioCode(p)
	}
	if k == nil {
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

// DefaultTexts are the defaults of the last arguments as SQL.
func (p *Proc) DefaultTexts() []string {
	if p.Defaults != nil || p.DefaultText == "" {
		return p.Defaults
	}
	return strings.Split(p.DefaultText, ", ")
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

// Procs lists every function and aggregate, for pg_proc.
func Procs() []*Proc {
	t := loadProcs()
	all := make([]*Proc, len(t.lines))
	for i := range all {
		all[i] = t.proc(i)
	}
	return all
}

// ProcByOID finds a function or aggregate.
func ProcByOID(oid types.OID) (*Proc, bool) {
	t := loadProcs()
	i, ok := t.byOID[oid]
	if !ok {
		return nil, false
	}
	return t.proc(int(i)), true
}

// ProcsByName lists the functions and aggregates of that name.
func ProcsByName(name string) []*Proc {
	t := loadProcs()
	var ps []*Proc
	for i := sort.Search(len(t.lines), func(i int) bool { return t.name(i) >= name }); i < len(t.lines) && t.name(i) == name; i++ {
		ps = append(ps, t.proc(i))
	}
	return ps
}

// FuncByOID finds a function; nil if there is none.
func FuncByOID(oid types.OID) *expr.Func {
	p, ok := ProcByOID(oid)
	if !ok {
		return nil
	}
	return p.Func
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
