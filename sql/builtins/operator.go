package builtins

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

//go:embed pgdata/pg_operator.txt
var operatorData string

// Operator is a row of pg_operator. A prefix operator has Left 0.
type Operator struct {
	OID           types.OID
	Name          string
	Left          types.OID
	Right         types.OID
	Ret           types.OID
	Code          types.OID // of the function in pg_proc
	Fn            *expr.Func
	Commutator    string // name of the operator with the sides exchanged: a < b is b > a
	Negator       string // name of the operator with the opposite result
	CommutatorOID types.OID
	NegatorOID    types.OID
	Mergeable     bool
	Hashable      bool
	Rest, Join    string // selectivity estimators, for pg_operator
}

// operatorTable is pg_operator. The functions are looked up when an operator of a name is first asked for.
type operatorTable struct {
	ops    []Operator
	byName map[string]*operatorGroup
	byOID  map[types.OID]*Operator
}

// operatorGroup is the operators of one name.
type operatorGroup struct {
	ops  []*Operator
	once sync.Once
}

func (g *operatorGroup) get() []*Operator {
	if g == nil {
		return nil
	}
	g.once.Do(func() {
		for _, o := range g.ops {
			o.Fn = FuncByOID(o.Code)
		}
	})
	return g.ops
}

var loadOperators = sync.OnceValue(buildOperators)

func buildOperators() *operatorTable {
	n := strings.Count(operatorData, "\n")
	t := &operatorTable{ops: make([]Operator, n), byName: make(map[string]*operatorGroup), byOID: make(map[types.OID]*Operator, n)}
	rest := operatorData
	var f [11]string
	for i := range t.ops {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		splitTabs(line, f[:])
		o := &t.ops[i]
		*o = Operator{OID: parseOID(f[0]), Name: f[1], Left: parseOID(f[2]), Right: parseOID(f[3]), Ret: parseOID(f[4]),
			CommutatorOID: parseOID(f[5]), NegatorOID: parseOID(f[6]), Code: parseOID(f[7]),
			Mergeable: strings.Contains(f[8], "m"), Hashable: strings.Contains(f[8], "h"), Rest: f[9], Join: f[10]}
		g := t.byName[o.Name]
		if g == nil {
			g = &operatorGroup{}
			t.byName[o.Name] = g
		}
		g.ops = append(g.ops, o)
		t.byOID[o.OID] = o
	}
	for i := range t.ops {
		o := &t.ops[i]
		if c := t.byOID[o.CommutatorOID]; c != nil {
			o.Commutator = c.Name
		}
		if c := t.byOID[o.NegatorOID]; c != nil {
			o.Negator = c.Name
		}
	}
	return t
}

// Operators lists the operators of that name.
func Operators(name string) []*Operator { return loadOperators().byName[name].get() }

// AllOperators lists every operator, for pg_operator. The caller does not change it.
func AllOperators() []Operator {
	t := loadOperators()
	for _, g := range t.byName {
		g.get()
	}
	return t.ops
}

// OperatorByOID finds an operator.
func OperatorByOID(oid types.OID) (*Operator, bool) {
	t := loadOperators()
	o, ok := t.byOID[oid]
	if ok {
		t.byName[o.Name].get()
	}
	return o, ok
}

// OperatorExact finds the operator of exactly these argument types; left is 0 for a prefix operator.
func OperatorExact(name string, left, right types.OID) (*Operator, bool) {
	for _, o := range Operators(name) {
		if o.Left == left && o.Right == right {
			return o, true
		}
	}
	return nil, false
}
