package types

import (
	"math"
	"strconv"
)

// JSONPath is a parsed jsonpath. A value of type jsonpath is held as its text in PostgreSQL's normal form, which
// ParseJSONPath reads again.
type JSONPath struct {
	Strict bool
	Root   *JSONPathNode
}

// JSONPathNode is one item of a path. Next is the accessor that follows it.
type JSONPathNode struct {
	Op          JSONPathOp
	Next        *JSONPathNode
	Left, Right *JSONPathNode // operands; Left alone for unary ones, filters, exists, the template of datetime()
	Str         string        // key, string, variable, pattern
	Num         Numeric
	Bool        bool
	Subs        [][2]*JSONPathNode // subscripts: from, to (nil: one element)
	First, Last uint32             // levels of **
	Flags       JSONPathFlags
}

// JSONPathFlags are the flags of like_regex.
type JSONPathFlags uint8

// Flags of like_regex, in the order in which they are written.
const (
	JSONPathFold JSONPathFlags = 1 << iota
	JSONPathDotAll
	JSONPathMultiline
	JSONPathExtended
	JSONPathLiteral
)

const jsonPathFlagLetters = "ismxq"

// JSONPathOp is the kind of an item.
type JSONPathOp uint8

// Kinds of items.
const (
	PathNull JSONPathOp = iota
	PathString
	PathNumeric
	PathBool
	PathVariable
	PathAnd
	PathOr
	PathNot
	PathIsUnknown
	PathEqual
	PathNotEqual
	PathLess
	PathGreater
	PathLessEqual
	PathGreaterEqual
	PathAdd
	PathSub
	PathMul
	PathDiv
	PathMod
	PathPlus
	PathMinus
	PathAnyArray
	PathAnyKey
	PathIndex
	PathAny
	PathKey
	PathCurrent
	PathRoot
	PathLast
	PathFilter
	PathExists
	PathType
	PathSize
	PathAbs
	PathFloor
	PathCeiling
	PathDouble
	PathDatetime
	PathKeyValue
	PathStartsWith
	PathLikeRegex
)

// jsonPathOpNames are operators and methods as they are written.
var jsonPathOpNames = map[JSONPathOp]string{
	PathAnd: "&&", PathOr: "||", PathEqual: "==", PathNotEqual: "!=", PathLess: "<", PathGreater: ">", PathLessEqual: "<=",
	PathGreaterEqual: ">=", PathAdd: "+", PathSub: "-", PathMul: "*", PathDiv: "/", PathMod: "%", PathPlus: "+", PathMinus: "-",
	PathType: "type", PathSize: "size", PathAbs: "abs", PathFloor: "floor", PathCeiling: "ceiling", PathDouble: "double",
	PathDatetime: "datetime", PathKeyValue: "keyvalue", PathStartsWith: "starts with",
}

// String is the operator or method as it is written.
func (o JSONPathOp) String() string { return jsonPathOpNames[o] }

// IsPredicate reports an item whose result is a truth value.
func (o JSONPathOp) IsPredicate() bool {
	return o >= PathAnd && o <= PathGreaterEqual || o == PathExists || o == PathStartsWith || o == PathLikeRegex
}

func (o JSONPathOp) priority() int {
	switch o {
	case PathOr:
		return 0
	case PathAnd:
		return 1
	case PathEqual, PathNotEqual, PathLess, PathGreater, PathLessEqual, PathGreaterEqual, PathStartsWith:
		return 2
	case PathAdd, PathSub:
		return 3
	case PathMul, PathDiv, PathMod:
		return 4
	case PathPlus, PathMinus:
		return 5
	}
	return 6
}

// parsePath is the input of type jsonpath: the text in normal form.
func parsePath(s string) (Datum, error) {
	p, err := ParseJSONPath(s)
	if err != nil {
		return Null, err
	}
	return NewStr(p.String()), nil
}

// String is the text form.
func (p *JSONPath) String() string {
	var dst []byte
	if p.Strict {
		dst = append(dst, "strict "...)
	}
	return string(p.Root.append(dst, false, true))
}

func (n *JSONPathNode) append(dst []byte, inKey, brackets bool) []byte {
	switch n.Op {
	case PathAnd, PathOr, PathEqual, PathNotEqual, PathLess, PathGreater, PathLessEqual, PathGreaterEqual, PathAdd, PathSub,
		PathMul, PathDiv, PathMod, PathStartsWith, PathLikeRegex, PathPlus, PathMinus:
		dst = n.appendOperator(dst, brackets)
	case PathKey, PathAnyKey, PathAny:
		if inKey {
			dst = append(dst, '.')
		}
		switch n.Op {
		case PathKey:
			dst = AppendJSONString(dst, n.Str)
		case PathAnyKey:
			dst = append(dst, '*')
		default:
			dst = n.appendLevels(dst)
		}
	case PathFilter:
		dst = append(n.Left.append(append(dst, "?("...), false, false), ')')
	case PathNot:
		dst = append(n.Left.append(append(dst, "!("...), false, false), ')')
	case PathIsUnknown:
		dst = append(n.Left.append(append(dst, '('), false, false), ") is unknown"...)
	case PathExists:
		dst = append(n.Left.append(append(dst, "exists ("...), false, false), ')')
	case PathIndex:
		dst = n.appendSubscripts(dst)
	case PathDatetime:
		dst = append(dst, ".datetime("...)
		if n.Left != nil {
			dst = n.Left.append(dst, false, false)
		}
		dst = append(dst, ')')
	case PathType, PathSize, PathAbs, PathFloor, PathCeiling, PathDouble, PathKeyValue:
		dst = append(append(append(dst, '.'), n.Op.String()...), "()"...)
	default:
		dst = n.appendLeaf(dst)
	}
	if n.Next != nil {
		return n.Next.append(dst, true, true)
	}
	return dst
}

func (n *JSONPathNode) appendLeaf(dst []byte) []byte {
	switch n.Op {
	case PathString:
		return AppendJSONString(dst, n.Str)
	case PathVariable:
		return AppendJSONString(append(dst, '$'), n.Str)
	case PathNumeric:
		if n.Next != nil {
			return append(n.Num.Append(append(dst, '(')), ')')
		}
		return n.Num.Append(dst)
	case PathBool:
		return strconv.AppendBool(dst, n.Bool)
	case PathCurrent:
		return append(dst, '@')
	case PathRoot:
		return append(dst, '$')
	case PathLast:
		return append(dst, "last"...)
	case PathAnyArray:
		return append(dst, "[*]"...)
	}
	return append(dst, "null"...)
}

func (n *JSONPathNode) appendOperator(dst []byte, brackets bool) []byte {
	if brackets {
		dst = append(dst, '(')
	}
	inner := func(x *JSONPathNode) { dst = x.append(dst, false, x.Op.priority() <= n.Op.priority()) }
	switch n.Op {
	case PathPlus, PathMinus:
		dst = append(dst, n.Op.String()...)
		inner(n.Left)
	case PathLikeRegex:
		inner(n.Left)
		dst = AppendJSONString(append(dst, " like_regex "...), n.Str)
		if n.Flags != 0 {
			dst = append(dst, ` flag "`...)
			for i := range jsonPathFlagLetters {
				if n.Flags&(1<<i) != 0 {
					dst = append(dst, jsonPathFlagLetters[i])
				}
			}
			dst = append(dst, '"')
		}
	default:
		inner(n.Left)
		dst = append(append(append(dst, ' '), n.Op.String()...), ' ')
		inner(n.Right)
	}
	if brackets {
		dst = append(dst, ')')
	}
	return dst
}

func (n *JSONPathNode) appendLevels(dst []byte) []byte {
	const last = math.MaxUint32
	dst = append(dst, "**"...)
	level := func(v uint32) {
		if v == last {
			dst = append(dst, "last"...)
			return
		}
		dst = strconv.AppendUint(dst, uint64(v), 10)
	}
	if n.First == 0 && n.Last == last {
		return dst
	}
	dst = append(dst, '{')
	level(n.First)
	if n.Last != n.First {
		dst = append(dst, " to "...)
		level(n.Last)
	}
	return append(dst, '}')
}

func (n *JSONPathNode) appendSubscripts(dst []byte) []byte {
	dst = append(dst, '[')
	for i, s := range n.Subs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s[0].append(dst, false, false)
		if s[1] != nil {
			dst = s[1].append(append(dst, " to "...), false, false)
		}
	}
	return append(dst, ']')
}
