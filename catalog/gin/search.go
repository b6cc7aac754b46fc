package gin

import (
	"slices"

	"github.com/lightsql/lightsql/sql/types"
)

// SearchKind is the kind of a Search.
type SearchKind uint8

// Kinds of searches.
const (
	None SearchKind = iota // no row
	All                    // every row whose value is not NULL
	Term                   // the rows that have Search.Term
	And                    // those that all of Search.Args find
	Or                     // those that any of Search.Args finds
)

// Search says which rows can satisfy a condition. Args of And and Or are neither None nor All, and at least two.
type Search struct {
	Kind SearchKind
	Term []byte
	Args []*Search
}

var (
	none = &Search{Kind: None}
	all  = &Search{Kind: All}
)

func term(t []byte) *Search { return &Search{Kind: Term, Term: t} }

// and finds what all of args find.
func and(args []*Search) *Search {
	var kept []*Search
	for _, a := range args {
		switch a.Kind {
		case None:
			return none
		case All:
		case And:
			kept = append(kept, a.Args...)
		default:
			kept = append(kept, a)
		}
	}
	switch len(kept) {
	case 0:
		return all
	case 1:
		return kept[0]
	}
	return &Search{Kind: And, Args: kept}
}

// or finds what any of args finds.
func or(args []*Search) *Search {
	var kept []*Search
	for _, a := range args {
		switch a.Kind {
		case None:
		case All:
			return all
		case Or:
			kept = append(kept, a.Args...)
		default:
			kept = append(kept, a)
		}
	}
	switch len(kept) {
	case 0:
		return none
	case 1:
		return kept[0]
	}
	return &Search{Kind: Or, Args: kept}
}

// Both finds what two conditions on one index find together.
func Both(a, b *Search) *Search { return and([]*Search{a, b}) }

// searches are those of each term.
func searches(t *Terms) []*Search {
	var out []*Search
	for _, x := range t.T {
		out = append(out, term(slices.Clone(x)))
	}
	return out
}

// SearchFor is the search of "column op value", an operator that the class supports.
func (c Class) SearchFor(op string, value types.Datum, encode Encode) (*Search, error) {
	if value.IsNull() {
		return none, nil
	}
	if c == Arrays {
		return arraySearch(op, value, encode), nil
	}
	switch op {
	case "?":
		return keySearch(value.Str()), nil
	case "?|", "?&":
		var keys []*Search
		for _, e := range value.Array().Elems {
			if !e.IsNull() { // such keys do not count
				keys = append(keys, keySearch(e.Str()))
			}
		}
		if op == "?|" {
			return or(keys), nil
		}
		return and(keys), nil
	case "@?", "@@":
		p, err := types.ParseJSONPath(value.Str())
		if err != nil {
			return nil, err
		}
		return c.pathSearch(p, op == "@?"), nil
	}
	var t Terms
	if t.Of(c, value, encode); t.T[0][0] == termEmpty {
		return all, nil
	}
	return and(searches(&t)), nil
}

func keySearch(key string) *Search { return term(appendText(nil, termValue, []byte(key))) }

func arraySearch(op string, value types.Datum, encode Encode) *Search {
	var t Terms
	t.Of(Arrays, value, encode)
	empty := t.T[0][0] == termEmpty
	null := slices.ContainsFunc(t.T, func(x []byte) bool { return x[0] == termNull })
	if op == "&&" || op == "<@" { // NULL equals nothing
		t.T = slices.DeleteFunc(t.T, func(x []byte) bool { return x[0] == termNull || x[0] == termEmpty })
	}
	switch op {
	case "&&":
		return or(searches(&t))
	case "<@":
		return or(append(searches(&t), term([]byte{termEmpty})))
	case "@>":
		if null {
			return none
		}
		if empty {
			return all
		}
	}
	return and(searches(&t))
}
