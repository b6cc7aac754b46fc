package gin

import "github.com/lightsql/lightsql/sql/types"

// pathSearch is the search of "column @? path" (exists) or "column @@ path". What follows from the path is: keys on it must be there, and
// scalars that something is compared with by ==. All is the search of what nothing is known of.
func (c Class) pathSearch(p *types.JSONPath, exists bool) *Search {
	w := pathWalk{class: c}
	if exists {
		return w.path(p.Root, place{hash: hashStart}, nil)
	}
	return w.condition(p.Root, place{hash: hashStart}, false)
}

type pathWalk struct{ class Class }

// place is where a path has come to: the keys before, as jsonb_ops and as jsonb_path_ops count them.
type place struct {
	keys []*Search
	hash pathHash
}

func (p place) key(name string) place {
	p.keys = append(p.keys[:len(p.keys):len(p.keys)], keySearch(name))
	p.hash = p.hash.with(termValue, []byte(name))
	return p
}

// path is the search of a path from here that leads somewhere or, if scalar is not nil, to that scalar.
func (w pathWalk) path(n *types.JSONPathNode, at place, scalar *types.JSONPathNode) *Search {
	var filters []*Search
	whole := true // nothing but keys and arrays so far: the place is known
	for ; n != nil; n = n.Next {
		switch n.Op {
		case types.PathRoot:
			at = place{hash: hashStart}
		case types.PathCurrent, types.PathAnyArray, types.PathIndex:
		case types.PathKey:
			at = at.key(n.Str)
		case types.PathAny, types.PathAnyKey:
			whole = false
		case types.PathFilter:
			if whole || w.class == JSON {
				filters = append(filters, w.condition(n.Left, at, false))
			}
		default: // what comes out of a method or an operator is not in the document
			return w.found(at, nil, whole, filters)
		}
	}
	return w.found(at, scalar, whole, filters)
}

// found is the search at the end of a path.
func (w pathWalk) found(at place, scalar *types.JSONPathNode, whole bool, filters []*Search) *Search {
	if w.class == JSON {
		filters = append(filters, at.keys...)
		if scalar != nil {
			filters = append(filters, scalarSearch(scalar))
		}
	} else if scalar != nil && whole {
		filters = append(filters, term(at.hash.scalar(jsonScalar(scalar)).append(nil)))
	}
	return and(filters)
}

// condition is the search of a condition that is true or, if not, false.
func (w pathWalk) condition(n *types.JSONPathNode, at place, not bool) *Search {
	if n.Next != nil {
		return all
	}
	switch n.Op {
	case types.PathAnd, types.PathOr:
		args := []*Search{w.condition(n.Left, at, not), w.condition(n.Right, at, not)}
		if (n.Op == types.PathAnd) != not {
			return and(args)
		}
		return or(args)
	case types.PathNot:
		return w.condition(n.Left, at, !not)
	case types.PathExists:
		if !not {
			return w.path(n.Left, at, nil)
		}
	case types.PathEqual:
		switch {
		case not:
		case isScalar(n.Left):
			return w.path(n.Right, at, n.Left)
		case isScalar(n.Right):
			return w.path(n.Left, at, n.Right)
		}
	}
	return all
}

func isScalar(n *types.JSONPathNode) bool { return n.Op <= types.PathBool && n.Next == nil }

func jsonScalar(n *types.JSONPathNode) *types.JSONB {
	switch n.Op {
	case types.PathString:
		return &types.JSONB{Kind: types.JSONString, Str: n.Str}
	case types.PathNumeric:
		return &types.JSONB{Kind: types.JSONNumber, Num: n.Num}
	case types.PathBool:
		return &types.JSONB{Kind: types.JSONBool, Bool: n.Bool}
	}
	return &types.JSONB{Kind: types.JSONNull}
}

// scalarSearch finds a scalar wherever it is. A string may be the value of a key or in an array.
func scalarSearch(n *types.JSONPathNode) *Search {
	var t Terms
	j := jsonScalar(n)
	t.document(j, termString)
	if j.Kind == types.JSONString {
		t.document(j, termValue)
	}
	return or(searches(&t))
}
