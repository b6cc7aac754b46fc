package builtins

import (
	"errors"
	"math"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// pathCache keeps parsed jsonpaths by their text; it is emptied when it is full.
var pathCache struct {
	sync.Mutex
	m map[string]*types.JSONPath
}

func jsonPathOf(s string) (*types.JSONPath, error) {
	pathCache.Lock()
	defer pathCache.Unlock()
	if p, ok := pathCache.m[s]; ok {
		return p, nil
	}
	p, err := types.ParseJSONPath(s)
	if err != nil {
		return nil, err
	}
	if len(pathCache.m) >= 256 || pathCache.m == nil {
		pathCache.m = make(map[string]*types.JSONPath)
	}
	pathCache.m[s] = p
	return p, nil
}

// pathItem is a value in the course of a path: a JSON value, or what datetime() made.
type pathItem struct {
	j  *types.JSONB
	dt *pathDatetime
}

// hardError is one that silent mode and predicates do not swallow.
type hardError struct{ error }

func (e hardError) Unwrap() error { return e.error }

func isHard(err error) bool {
	var h hardError
	return errors.As(err, &h)
}

var errPathStop = errors.New("jsonpath: enough")

// pathRun is one evaluation of a path.
type pathRun struct {
	c             *expr.Ctx
	vars          *types.JSONB
	root          pathItem
	current       pathItem
	base          *types.JSONB // whose parts keyvalue() numbers
	baseID        int64
	lastID        int64
	strict        bool
	ignoreMissing bool // structural errors give nothing
	size          int  // of the innermost array that is subscripted, -1: none
	useTZ         bool
	probing       bool // only whether there is a result matters
	regex         regexCache
}

// pathBool is a truth value of SQL/JSON.
type pathBool uint8

const (
	pathFalse pathBool = iota
	pathTrue
	pathUnknown
)

type emitFn func(pathItem) error

func newPathRun(c *expr.Ctx, p *types.JSONPath, a []types.Datum, useTZ bool) (*pathRun, error) {
	r := &pathRun{c: c, root: pathItem{j: a[0].JSONB()}, strict: p.Strict, ignoreMissing: !p.Strict, size: -1, useTZ: useTZ, lastID: 1}
	r.current, r.base = r.root, r.root.j
	if len(a) > 2 {
		r.vars, r.lastID = a[2].JSONB(), 2
		if r.vars.Kind != types.JSONObject {
			return nil, hardError{pgerr.New(pgerr.InvalidParameterValue, `"vars" argument is not an object`).
				WithDetail(`Jsonpath parameters should be encoded as key-value pairs of "vars" object.`)}
		}
	}
	return r, nil
}

// list is everything that the path yields.
func (r *pathRun) list(n *types.JSONPathNode, it pathItem) ([]pathItem, error) {
	var out []pathItem
	probing := r.probing
	r.probing = false
	err := r.item(n, it, func(x pathItem) error { out = append(out, x); return nil }, !r.strict)
	r.probing = probing
	return out, err
}

// unwrapped is list with arrays taken apart in lax mode.
func (r *pathRun) unwrapped(n *types.JSONPathNode, it pathItem) ([]pathItem, error) {
	out, err := r.list(n, it)
	if err != nil || r.strict {
		return out, err
	}
	var flat []pathItem
	for _, x := range out {
		if x.kind() != types.JSONArray {
			flat = append(flat, x)
			continue
		}
		for _, e := range x.j.Elems {
			flat = append(flat, pathItem{j: e})
		}
	}
	return flat, nil
}

const kindDatetime types.JSONKind = 99

func (x pathItem) kind() types.JSONKind {
	if x.dt != nil {
		return kindDatetime
	}
	return x.j.Kind
}

// next goes on with what follows n.
func (r *pathRun) next(n *types.JSONPathNode, x pathItem, emit emitFn) error {
	if n == nil || n.Next == nil {
		return emit(x)
	}
	return r.item(n.Next, x, emit, !r.strict)
}

// structural is an error that lax mode takes for nothing.
func (r *pathRun) structural(code pgerr.Code, format string, args ...any) error {
	if r.ignoreMissing {
		return nil
	}
	return pgerr.New(code, format, args...)
}

// elements goes on with the elements of an array.
func (r *pathRun) elements(n *types.JSONPathNode, x pathItem, emit emitFn, unwrap bool) error {
	for _, e := range x.j.Elems {
		if err := r.itemOrEmit(n, pathItem{j: e}, emit, unwrap); err != nil {
			return err
		}
	}
	return nil
}

func (r *pathRun) itemOrEmit(n *types.JSONPathNode, x pathItem, emit emitFn, unwrap bool) error {
	if n == nil {
		return emit(x)
	}
	return r.item(n, x, emit, unwrap)
}

// item evaluates n for x; unwrap says that an array stands for its elements where n does not take arrays.
func (r *pathRun) item(n *types.JSONPathNode, x pathItem, emit emitFn, unwrap bool) error {
	if err := r.c.Interrupted(); err != nil {
		return hardError{err}
	}
	if n.Op.IsPredicate() {
		b, err := r.boolean(n, x)
		if err != nil {
			return err
		}
		j := &types.JSONB{Kind: types.JSONBool, Bool: b == pathTrue}
		if b == pathUnknown {
			j = &types.JSONB{}
		}
		return r.next(n, pathItem{j: j}, emit)
	}
	switch n.Op {
	case types.PathKey, types.PathAnyKey, types.PathFilter, types.PathAbs, types.PathFloor, types.PathCeiling, types.PathDouble,
		types.PathDatetime, types.PathKeyValue:
		if unwrap && x.kind() == types.JSONArray {
			return r.elements(n, x, emit, false)
		}
	}
	switch n.Op {
	case types.PathRoot:
		base, id := r.base, r.baseID
		defer func() { r.base, r.baseID = base, id }()
		r.base, r.baseID = r.root.j, 0
		return r.next(n, r.root, emit)
	case types.PathCurrent:
		return r.next(n, r.current, emit)
	case types.PathAdd, types.PathSub, types.PathMul, types.PathDiv, types.PathMod:
		return r.binary(n, x, emit)
	case types.PathPlus, types.PathMinus:
		return r.unary(n, x, emit)
	case types.PathFilter:
		b, err := r.nested(n.Left, x)
		if err != nil || b != pathTrue {
			return err
		}
		return r.next(n, x, emit)
	case types.PathNull, types.PathBool, types.PathNumeric, types.PathString, types.PathVariable:
		return r.constant(n, emit)
	case types.PathLast:
		if r.size < 0 {
			return hardError{pgerr.New(pgerr.InternalError, "evaluating jsonpath LAST outside of array subscript")}
		}
		return r.next(n, pathItem{j: jsonNumber(types.NumericFromInt(int64(r.size - 1)))}, emit)
	case types.PathKey, types.PathAnyKey, types.PathAny, types.PathAnyArray, types.PathIndex:
		return r.accessor(n, x, emit)
	}
	return r.method(n, x, emit)
}

func jsonNumber(n types.Numeric) *types.JSONB { return &types.JSONB{Kind: types.JSONNumber, Num: n} }
func jsonString(s string) *types.JSONB        { return &types.JSONB{Kind: types.JSONString, Str: s} }

func (r *pathRun) accessor(n *types.JSONPathNode, x pathItem, emit emitFn) error {
	kind := x.kind()
	switch n.Op {
	case types.PathKey:
		if kind != types.JSONObject {
			return r.structural(pgerr.SQLJSONMemberNotFound, "jsonpath member accessor can only be applied to an object")
		}
		if v := x.j.Field(n.Str); v != nil {
			return r.next(n, pathItem{j: v}, emit)
		}
		return r.structural(pgerr.SQLJSONMemberNotFound, "JSON object does not contain key \"%s\"", n.Str)
	case types.PathAnyKey:
		if kind != types.JSONObject {
			return r.structural(pgerr.SQLJSONObjectNotFound, "jsonpath wildcard member accessor can only be applied to an object")
		}
		return r.elements(n.Next, x, emit, !r.strict)
	case types.PathAnyArray:
		if kind == types.JSONArray {
			return r.elements(n.Next, x, emit, !r.strict)
		}
		if !r.strict {
			return r.next(n, x, emit)
		}
		return r.structural(pgerr.SQLJSONArrayNotFound, "jsonpath wildcard array accessor can only be applied to an array")
	case types.PathIndex:
		if kind != types.JSONArray && r.strict {
			return r.structural(pgerr.SQLJSONArrayNotFound, "jsonpath array accessor can only be applied to an array")
		}
		return r.index(n, x, emit)
	}
	if n.First == 0 {
		err := r.ignoring(func() error { return r.next(n, x, emit) })
		if err != nil {
			return err
		}
	}
	return r.any(n, x, emit, 1)
}

// ignoring runs f in which structural errors give nothing.
func (r *pathRun) ignoring(f func() error) error {
	saved := r.ignoreMissing
	r.ignoreMissing = true
	err := f()
	r.ignoreMissing = saved
	return err
}

// any is ** at one level below its start.
func (r *pathRun) any(n *types.JSONPathNode, x pathItem, emit emitFn, level uint32) error {
	if level > n.Last || x.dt != nil || x.j.Kind != types.JSONArray && x.j.Kind != types.JSONObject {
		return nil
	}
	for _, e := range x.j.Elems {
		leaf := e.Kind != types.JSONArray && e.Kind != types.JSONObject
		if level >= n.First || n.First == math.MaxUint32 && n.Last == math.MaxUint32 && leaf {
			err := r.ignoring(func() error { return r.itemOrEmit(n.Next, pathItem{j: e}, emit, !r.strict) })
			if err != nil {
				return err
			}
		}
		if level < n.Last && !leaf {
			if err := r.any(n, pathItem{j: e}, emit, level+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *pathRun) index(n *types.JSONPathNode, x pathItem, emit emitFn) error {
	saved := r.size
	defer func() { r.size = saved }()
	elems := []pathItem{x}
	if x.kind() == types.JSONArray {
		elems = elems[:0]
		for _, e := range x.j.Elems {
			elems = append(elems, pathItem{j: e})
		}
	}
	size := len(elems)
	r.size = size
	for _, s := range n.Subs {
		from, err := r.subscript(s[0], x)
		if err != nil {
			return err
		}
		to := from
		if s[1] != nil {
			if to, err = r.subscript(s[1], x); err != nil {
				return err
			}
		}
		if !r.ignoreMissing && (from < 0 || from > to || to >= size) {
			return pgerr.New(pgerr.InvalidSQLJSONSubscript, "jsonpath array subscript is out of bounds")
		}
		for i := max(from, 0); i <= min(to, size-1); i++ {
			r.size = saved
			err := r.next(n, elems[i], emit)
			r.size = size
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *pathRun) subscript(n *types.JSONPathNode, x pathItem) (int, error) {
	found, err := r.list(n, x)
	if err != nil {
		return 0, err
	}
	if len(found) != 1 || found[0].kind() != types.JSONNumber {
		return 0, pgerr.New(pgerr.InvalidSQLJSONSubscript, "jsonpath array subscript is not a single numeric value")
	}
	v, err := found[0].j.Num.Trunc(0).Int4()
	if err != nil {
		return 0, pgerr.New(pgerr.InvalidSQLJSONSubscript, "jsonpath array subscript is out of integer range")
	}
	return int(v), nil
}

func (r *pathRun) constant(n *types.JSONPathNode, emit emitFn) error {
	j := &types.JSONB{}
	switch n.Op {
	case types.PathBool:
		j = &types.JSONB{Kind: types.JSONBool, Bool: n.Bool}
	case types.PathNumeric:
		j = jsonNumber(n.Num)
	case types.PathString:
		j = jsonString(n.Str)
	case types.PathVariable:
		j = nil
		if r.vars != nil {
			j = r.vars.Field(n.Str)
		}
		if j == nil {
			return hardError{pgerr.New(pgerr.UndefinedObject, "could not find jsonpath variable \"%s\"", n.Str)}
		}
		base, id := r.base, r.baseID
		defer func() { r.base, r.baseID = base, id }()
		r.base, r.baseID = r.vars, 1
	}
	return r.next(n, pathItem{j: j}, emit)
}

// operand is the number that one side of an arithmetic operator is.
func operand(n *types.JSONPathNode, found []pathItem, which string) (types.Numeric, error) {
	if len(found) != 1 || found[0].kind() != types.JSONNumber {
		return types.Numeric{}, pgerr.New(pgerr.SingletonSQLJSONItemRequired, "%s operand of jsonpath operator %s is not a single numeric value", which, n.Op)
	}
	return found[0].j.Num, nil
}

func (r *pathRun) binary(n *types.JSONPathNode, x pathItem, emit emitFn) error {
	left, err := r.unwrapped(n.Left, x)
	if err != nil {
		return err
	}
	right, err := r.unwrapped(n.Right, x)
	if err != nil {
		return err
	}
	a, err := operand(n, left, "left")
	if err != nil {
		return err
	}
	b, err := operand(n, right, "right")
	if err != nil {
		return err
	}
	var v types.Numeric
	switch n.Op {
	case types.PathAdd:
		v, err = a.Add(b)
	case types.PathSub:
		v, err = a.Sub(b)
	case types.PathMul:
		v, err = a.Mul(b)
	case types.PathDiv:
		v, err = a.Div(b)
	default:
		v, err = a.Mod(b)
	}
	if err != nil {
		return err
	}
	return r.next(n, pathItem{j: jsonNumber(v)}, emit)
}

func (r *pathRun) unary(n *types.JSONPathNode, x pathItem, emit emitFn) error {
	found, err := r.unwrapped(n.Left, x)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.kind() != types.JSONNumber {
			if r.probing && n.Next == nil {
				continue
			}
			return pgerr.New(pgerr.SQLJSONNumberNotFound, "operand of unary jsonpath operator %s is not a numeric value", n.Op)
		}
		if n.Op == types.PathMinus {
			f.j = jsonNumber(f.j.Num.Neg())
		}
		if err := r.next(n, f, emit); err != nil {
			return err
		}
	}
	return nil
}

// nested evaluates a filter's condition with x as @.
func (r *pathRun) nested(n *types.JSONPathNode, x pathItem) (pathBool, error) {
	saved := r.current
	r.current = x
	b, err := r.boolean(n, x)
	r.current = saved
	return b, err
}

func not(b pathBool) pathBool {
	switch b {
	case pathTrue:
		return pathFalse
	case pathFalse:
		return pathTrue
	}
	return pathUnknown
}

func truth(b bool) pathBool {
	if b {
		return pathTrue
	}
	return pathFalse
}

func (r *pathRun) boolean(n *types.JSONPathNode, x pathItem) (pathBool, error) {
	switch n.Op {
	case types.PathAnd, types.PathOr:
		decides := truth(n.Op == types.PathOr)
		a, err := r.boolean(n.Left, x)
		if err != nil || a == decides {
			return a, err
		}
		b, err := r.boolean(n.Right, x)
		if err != nil || b == not(decides) {
			return a, err
		}
		return b, nil
	case types.PathNot:
		b, err := r.boolean(n.Left, x)
		return not(b), err
	case types.PathIsUnknown:
		b, err := r.boolean(n.Left, x)
		return truth(b == pathUnknown), err
	case types.PathExists:
		return r.exists(n.Left, x)
	case types.PathStartsWith:
		return r.predicate(n.Left, n.Right, x, false, func(a, b pathItem) (pathBool, error) {
			if a.kind() != types.JSONString || b.kind() != types.JSONString {
				return pathUnknown, nil
			}
			return truth(strings.HasPrefix(a.j.Str, b.j.Str)), nil
		})
	case types.PathLikeRegex:
		return r.predicate(n.Left, nil, x, false, func(a, _ pathItem) (pathBool, error) { return r.likeRegex(n, a) })
	}
	return r.predicate(n.Left, n.Right, x, true, func(a, b pathItem) (pathBool, error) { return r.compare(n.Op, a, b) })
}

func (r *pathRun) exists(n *types.JSONPathNode, x pathItem) (pathBool, error) {
	found, probing := false, r.probing
	r.probing = !r.strict
	defer func() { r.probing = probing }()
	err := r.item(n, x, func(pathItem) error {
		found = true
		if !r.strict {
			return errPathStop
		}
		return nil
	}, !r.strict)
	switch {
	case err == nil || errors.Is(err, errPathStop):
		return truth(found), nil
	case isHard(err):
		return pathUnknown, err
	}
	return pathUnknown, nil
}

// predicate compares each item of the left side with each of the right one.
func (r *pathRun) predicate(left, right *types.JSONPathNode, x pathItem, unwrapRight bool, f func(a, b pathItem) (pathBool, error)) (pathBool, error) {
	soft := func(err error) (pathBool, error) {
		if isHard(err) {
			return pathUnknown, err
		}
		return pathUnknown, nil
	}
	as, err := r.unwrapped(left, x)
	if err != nil {
		return soft(err)
	}
	bs := []pathItem{{}}
	if right != nil {
		if unwrapRight {
			bs, err = r.unwrapped(right, x)
		} else {
			bs, err = r.list(right, x)
		}
		if err != nil {
			return soft(err)
		}
	}
	failed, found := false, false
	for _, a := range as {
		for _, b := range bs {
			v, err := f(a, b)
			if err != nil {
				return soft(err)
			}
			switch {
			case v == pathUnknown && r.strict, v == pathTrue && !r.strict:
				return v, nil
			case v == pathUnknown:
				failed = true
			case v == pathTrue:
				found = true
			}
		}
	}
	switch {
	case found:
		return pathTrue, nil
	case failed:
		return pathUnknown, nil
	}
	return pathFalse, nil
}

func (r *pathRun) likeRegex(n *types.JSONPathNode, a pathItem) (pathBool, error) {
	if a.kind() != types.JSONString {
		return pathUnknown, nil
	}
	o := regexOptions{fold: n.Flags&types.JSONPathFold != 0, literal: n.Flags&types.JSONPathLiteral != 0}
	if !o.literal {
		o.dots = n.Flags&types.JSONPathDotAll == 0
		o.anchors = n.Flags&types.JSONPathMultiline != 0
	}
	re, err := r.regex.get(n.Str, o)
	if err != nil {
		return pathUnknown, hardError{err}
	}
	return truth(re.MatchString(a.j.Str)), nil
}

func (r *pathRun) compare(op types.JSONPathOp, a, b pathItem) (pathBool, error) {
	ka, kb := a.kind(), b.kind()
	var c int
	switch {
	case ka != kb:
		if ka == types.JSONNull || kb == types.JSONNull {
			return truth(op == types.PathNotEqual), nil
		}
		return pathUnknown, nil
	case ka == kindDatetime:
		var ok bool
		var err error
		if c, ok, err = a.dt.compare(b.dt, r); err != nil || !ok {
			return pathUnknown, err
		}
	case ka == types.JSONArray || ka == types.JSONObject:
		return pathUnknown, nil
	default:
		c = a.j.Compare(b.j)
	}
	switch op {
	case types.PathEqual:
		return truth(c == 0), nil
	case types.PathNotEqual:
		return truth(c != 0), nil
	case types.PathLess:
		return truth(c < 0), nil
	case types.PathGreater:
		return truth(c > 0), nil
	case types.PathLessEqual:
		return truth(c <= 0), nil
	}
	return truth(c >= 0), nil
}
