package builtins

import "github.com/lightsql/lightsql/sql/types"

// candidate is a function or operator that might be meant, with the argument types that the call would have: a VARIADIC
// one is expanded, defaults are left out.
type candidate struct {
	args []types.OID
	proc *Proc
	op   *Operator
	// spread is the number of the call's arguments that a VARIADIC array collects.
	spread   int
	order    []int // named arguments: for each of args the position in the call, or -1 for a default
	defaults int   // arguments filled from defaults
}

// matchArgTypes keeps the candidates whose arguments the inputs can become implicitly (func_match_argtypes).
func (r Resolver) matchArgTypes(in []types.OID, cands []candidate) []candidate {
	var out []candidate
	for _, c := range cands {
		ok := true
		for i, t := range in {
			if !r.CanCoerce(t, c.args[i], Implicit) {
				ok = false
				break
			}
		}
		if ok && r.polymorphicConsistent(in, c.args) {
			out = append(out, c)
		}
	}
	return out
}

// selectCandidate picks the best of several candidates that all match (func_select_candidate); ok is false if none is best.
// Its steps are those of the manual's sections 10.2 and 10.3.
func (r Resolver) selectCandidate(in []types.OID, cands []candidate) (candidate, bool) {
	unknowns := 0
	for _, t := range in {
		if t == types.UnknownOID {
			unknowns++
		}
	}
	cands = keepBest(in, cands, func(t, arg types.OID) bool { return t == arg })
	if len(cands) == 1 {
		return cands[0], true
	}
	cands = keepBest(in, cands, func(t, arg types.OID) bool {
		if t == arg {
			return true
		}
		category, preferred := r.Category(arg)
		same, _ := r.Category(t)
		return preferred && category == same
	})
	if len(cands) == 1 {
		return cands[0], true
	}
	if unknowns == 0 {
		return candidate{}, false
	}
	if kept, resolved := r.keepByCategory(in, cands); resolved {
		cands = kept
		if len(cands) == 1 {
			return cands[0], true
		}
	}
	return r.selectByKnown(in, cands, unknowns)
}

// keepBest keeps the candidates with the most arguments of known type that satisfy good.
func keepBest(in []types.OID, cands []candidate, good func(t, arg types.OID) bool) []candidate {
	var out []candidate
	best := 0
	for _, c := range cands {
		n := 0
		for i, t := range in {
			if t != types.UnknownOID && good(t, c.args[i]) {
				n++
			}
		}
		switch {
		case n > best || len(out) == 0:
			out, best = append(out[:0:0], c), n
		case n == best:
			out = append(out, c)
		}
	}
	return out
}

// keepByCategory decides a type category for each unknown argument: string if any candidate takes one there (a literal
// looks like a string), else the one that all candidates agree on. Candidates of other categories are dropped, and those
// that do not take the preferred type where some candidate does. resolved is false if the candidates disagree.
func (r Resolver) keepByCategory(in []types.OID, cands []candidate) (kept []candidate, resolved bool) {
	category := make([]byte, len(in))
	preferred := make([]bool, len(in))
	for i, t := range in {
		if t != types.UnknownOID {
			continue
		}
		conflict := false
		for _, c := range cands {
			cat, pref := r.Category(c.args[i])
			switch {
			case category[i] == 0:
				category[i], preferred[i] = cat, pref
			case category[i] == cat:
				preferred[i] = preferred[i] || pref
			case cat == 'S':
				category[i], preferred[i], conflict = cat, pref, false
			case category[i] != 'S':
				conflict = true
			}
		}
		if conflict {
			return nil, false
		}
	}
	for _, c := range cands {
		keep := true
		for i, t := range in {
			if t != types.UnknownOID {
				continue
			}
			if cat, pref := r.Category(c.args[i]); cat != category[i] || preferred[i] && !pref {
				keep = false
				break
			}
		}
		if keep {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 { // none has the preferred types everywhere: go on with all
		return cands, true
	}
	return kept, true
}

// selectByKnown assumes that the unknown arguments have the type of the known ones, if those have all the same.
func (r Resolver) selectByKnown(in []types.OID, cands []candidate, unknowns int) (candidate, bool) {
	if unknowns == len(in) {
		return candidate{}, false
	}
	var known types.OID
	for _, t := range in {
		switch {
		case t == types.UnknownOID:
		case known == 0:
			known = t
		case known != t:
			return candidate{}, false
		}
	}
	var found candidate
	n := 0
	for _, c := range cands {
		all := make([]types.OID, len(in))
		for i := range all {
			all[i] = known
		}
		if len(r.matchArgTypes(all, []candidate{c})) == 1 {
			found = c
			n++
		}
	}
	return found, n == 1
}
