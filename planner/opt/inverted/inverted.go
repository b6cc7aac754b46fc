// Package inverted says which conditions an inverted index (access method gin) helps with, and estimates what looking for them costs.
package inverted

import (
	"math"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/gin"
	"github.com/lightsql/lightsql/planner/opt/predicate"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Key is a key column of an inverted index.
type Key struct {
	Column int // from 0
	Type   types.T
	class  gin.Class
	// Is reports whether an expression is what the column holds, Value whether one has the same value for all rows of the table.
	Is, Value func(expr.Expr) bool
}

// NewKey is column number column of x, which is of type t.
func NewKey(x *catalog.Index, column int, t types.T) Key {
	k := Key{Column: column, Type: t, class: gin.DefaultClass(t.OID)}
	if name := x.Columns[column].OpClass; name != "" {
		k.class = gin.ClassNamed(name)
	}
	return k
}

// Found is a search that a condition comes to, and how many terms it is for; All: it goes through all entries.
type Found struct {
	plan.Search
	Terms float64
	All   bool
}

// commutators are the operators with the sides exchanged.
var commutators = map[string]string{"@>": "<@", "<@": "@>", "&&": "&&", "=": "="}

// Commutator is the operator for the operands of op exchanged, "" if there is none.
func Commutator(op string) string { return commutators[op] }

// Match is what the index looks for to find the rows that satisfy c.
func (k *Key) Match(c expr.Expr) (f Found, ok bool) {
	call, ok := c.(*expr.Call)
	if !ok || len(call.Args) != 2 || call.Fn.OID >= catalog.FirstUserOID || call.Fn.Volatility == expr.Volatile {
		return f, false
	}
	for i, op := range []string{call.Op, commutators[call.Op]} {
		key, value := call.Args[i], call.Args[1-i]
		if op != "" && k.class.Supports(op) && k.Is(key) && k.Value(value) && k.takes(op, key.Type(), value.Type()) {
			f.Search = plan.Search{Column: k.Column, Op: op, Value: value}
			f.Terms, f.All = k.terms(f.Search)
			return f, true
		}
	}
	return f, false
}

// takes reports whether the operator's operands are of the types that the operator class is for: as is the column, which may be compared as
// type key.
func (k *Key) takes(op string, key, value types.T) bool {
	a, b, of := types.BaseOf(key.OID), types.BaseOf(value.OID), types.BaseOf(k.Type.OID)
	if k.class == gin.Arrays {
		elem := types.ElemOf(a)
		return elem != 0 && elem == types.ElemOf(b) && predicate.SameFamily(elem, types.ElemOf(of))
	}
	if a != types.JSONBOID {
		return false
	}
	switch op {
	case "?":
		return predicate.Family(b) == predicate.Strings
	case "?|", "?&":
		return predicate.Family(types.ElemOf(b)) == predicate.Strings
	case "@?", "@@":
		return b == types.JSONPathOID
	}
	return b == types.JSONBOID
}

// termsPerRow is how many entries a row is taken to have, entryBytes how long they are, and rowBytes how much a row adds to a term's.
const (
	termsPerRow = 4
	entryBytes  = 16
	rowBytes    = 4
	pageBytes   = 8192
	// partOfTree is PostgreSQL's estimate of the pages that a search visits on its way down (gincostestimate).
	partOfTree = 0.15
)

// Effort is what searches read of an index: pages, in any order, before the first row and in all, and entries.
type Effort struct {
	StartPages, Pages, Entries float64
}

// EffortOf estimates searches that find so many rows of an index with so many.
func EffortOf(searches []Found, indexed, found float64) Effort {
	whole := math.Ceil(indexed * termsPerRow * entryBytes / pageBytes)
	descent := math.Ceil(math.Pow(max(whole, 1), partOfTree))
	var e Effort
	for _, f := range searches {
		if f.All {
			e.Pages += whole
			e.Entries += indexed * termsPerRow
			continue
		}
		e.StartPages += descent * f.Terms
		e.Entries += found
	}
	e.Pages += e.StartPages + math.Ceil(found*rowBytes/pageBytes)
	return e
}

// terms is the number of terms that a search asks for; all: it goes through all entries.
func (k *Key) terms(s plan.Search) (terms float64, all bool) {
	const unknown = 4
	c, ok := s.Value.(*expr.Const)
	if !ok || c.D.IsNull() {
		return unknown, false
	}
	if a := c.D.Array(); a != nil {
		return float64(len(a.Elems)), len(a.Elems) == 0 && (s.Op == "@>" || s.Op == "?&")
	}
	found, err := k.class.SearchFor(s.Op, c.D, nil)
	if err != nil {
		return unknown, false
	}
	return count(found), found.Kind == gin.All
}

func count(s *gin.Search) float64 {
	if s.Kind == gin.Term {
		return 1
	}
	n := 0.0
	for _, a := range s.Args {
		n += count(a)
	}
	return n
}
