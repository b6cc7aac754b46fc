package planner

import (
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/types"
)

// Parameterized is a statement whose integer literals were taken out, so that statements which differ only in them share a plan: a
// client that writes values into its SQL then pays for parsing and planning once. The zero value is ready; it keeps its memory
// between uses. One goroutine at a time.
//
// Only what certainly means the same is taken: a literal becomes a parameter declared with the literal's own type (int4, or int8 beyond
// it), so that operators and functions resolve alike. Statements with constructs that look at literals as such (positions in ORDER BY
// and GROUP BY, type modifiers, expressions that must repeat literally), with quotes, comments, casts or
// subscripts are left alone. If the changed text does not parse or bind, the original one takes the normal way and has its own
// error.
type Parameterized struct {
	Args  []types.Datum
	text  []byte
	types []types.T
}

// maxLiterals is the number of literals beyond which a statement is a load of data.
const maxLiterals = 32

// literalWords make a statement be left alone.
var literalWords = map[string]bool{"group": true, "order": true, "distinct": true, "union": true, "intersect": true, "except": true,
	"over": true, "window": true, "cast": true, "fetch": true, "interval": true, "with": true, "grouping": true, "rollup": true,
	"cube": true, "extract": true, "precision": true, "float": true, "numeric": true, "decimal": true, "dec": true, "char": true,
	"character": true, "varchar": true, "bit": true, "time": true, "timestamp": true, "timestamptz": true, "within": true,
	"tablesample": true}

// Scan takes the literals out of sql; false if the statement must be left alone.
func (p *Parameterized) Scan(sql string) bool {
	p.Args, p.text, p.types = p.Args[:0], p.text[:0], p.types[:0]
	i := 0
	first := true
	for i < len(sql) {
		c := sql[i]
		switch {
		case isWordStart(c):
			j := i + 1
			for j < len(sql) && isWord(sql[j]) {
				j++
			}
			if !p.word(sql[i:j], first) {
				return false
			}
			first = false
			i = j
		case c >= '0' && c <= '9':
			j := p.number(sql, i)
			if j < 0 {
				return false
			}
			i = j
		case c == ';':
			if strings.Trim(sql[i+1:], " \t\r\n") != "" {
				return false
			}
			return len(p.Args) > 0
		case c >= 0x80, c == '\'', c == '"', c == '$', c == ':', c == '[', c == '\\',
			c == '-' && i+1 < len(sql) && sql[i+1] == '-', c == '/' && i+1 < len(sql) && sql[i+1] == '*':
			return false
		default:
			p.text = append(p.text, c)
			i++
		}
	}
	return len(p.Args) > 0
}

func isWordStart(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isWord(c byte) bool      { return isWordStart(c) || c >= '0' && c <= '9' || c == '$' || c >= 0x80 }

// word copies a word of the statement, and refuses those that literals may depend on.
func (p *Parameterized) word(w string, first bool) bool {
	var low [16]byte
	if len(w) <= len(low) {
		for i := range len(w) {
			c := w[i]
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			low[i] = c
		}
		key := low[:len(w)]
		if literalWords[string(key)] {
			return false
		}
		if first {
			switch string(key) {
			case "select", "insert", "update", "delete":
			default:
				return false
			}
		}
	} else if first {
		return false
	}
	p.text = append(p.text, w...)
	return true
}

// number takes the integer at sql[i:] and returns where it ends, -1 if it is no plain integer.
func (p *Parameterized) number(sql string, i int) int {
	j := i
	for j < len(sql) && sql[j] >= '0' && sql[j] <= '9' {
		j++
	}
	if j-i > 18 || len(p.Args) == maxLiterals || i > 0 && sql[i-1] == '.' || j < len(sql) && (isWord(sql[j]) || sql[j] == '.') {
		return -1
	}
	n := int64(0)
	for _, c := range []byte(sql[i:j]) {
		n = n*10 + int64(c-'0')
	}
	t := types.Of(types.Int4OID)
	if n > math.MaxInt32 {
		if b := strings.TrimRight(sql[:i], " \t\r\n"); strings.HasSuffix(b, "-") {
			return -1 // -2147483648 is an int4
		}
		t = types.Of(types.Int8OID)
	}
	p.Args, p.types = append(p.Args, types.NewInt(n)), append(p.types, t)
	p.text = append(p.text, '$')
	p.text = strconv.AppendInt(p.text, int64(len(p.Args)), 10)
	return j
}

// parameterizedPos stands in the key of such a plan for the position of the statement.
const parameterizedPos = -2

// Parameterized is the plan for the text that p.Scan accepted, to be run with p.Args; nil if the statement must take the normal way, as the
// first of its form does. o is as for the original text.
func (c *Cache) Parameterized(p *Parameterized, o Options) *plan.Plan {
	if len(p.text) > c.maxText || o.DisabledRules != nil {
		return nil
	}
	o.ParamTypes, o.NoParams = p.types, false
	// The key is only compared with others during the look-up, so it may share p's memory.
	o.SQL = unsafe.String(unsafe.SliceData(p.text), len(p.text))
	key := keyOf(&o, parameterizedPos)
	if e := c.find(&key, &o); e != nil {
		return e.plan
	}
	if !c.again(&key) {
		return nil
	}
	o.SQL = string(p.text)
	key = keyOf(&o, parameterizedPos)
	epoch, version := o.epoch(), o.Reader.Version()
	o.ParamTypes = append([]types.T(nil), p.types...)
	pl := planParameterized(o)
	c.put(&cacheEntry{key: key, plan: pl, catalog: version, epoch: epoch})
	return pl
}

// planParameterized plans a text with parameters for literals; nil if that is not possible, or not the same.
func planParameterized(o Options) *plan.Plan {
	stmts, err := parser.Parse(o.SQL)
	if err != nil || len(stmts) != 1 {
		return nil
	}
	switch s := stmts[0].Stmt.(type) {
	case *ast.SelectStmt:
		if s.Into != nil {
			return nil
		}
	case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt:
	default:
		return nil
	}
	pl, err := Plan(stmts[0].Stmt, o)
	if err != nil || pl.Ruled || pl.EnvDependent || len(pl.Params) != len(o.ParamTypes) || prunes(pl) {
		return nil
	}
	return pl
}

// prunes reports a plan that leaves partitions out at run time: with the values at hand the others are not even planned.
func prunes(p *plan.Plan) bool {
	found := false
	var visit func(n plan.Node) plan.Node
	visit = func(n plan.Node) plan.Node {
		if a, ok := n.(*plan.Append); ok && len(a.Prunes) > 0 {
			found = true
		}
		return plan.MapInputs(n, visit)
	}
	visit(p.Root)
	return found
}
