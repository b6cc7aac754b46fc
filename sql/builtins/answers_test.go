package builtins

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

var record = flag.String("record", "", "psql command line of a PostgreSQL that answers testdata/*.txt, to write its answers there")

// A test is one line of testdata/*.txt:
//
//	op + int4'1' int4'2' = 3           an operator (one argument: a prefix operator)
//	fn substr text'abc' int4'2' = bc   a function
//	cast int4 text'12' = 12            an explicit cast
//	set generate_series int4'1' int4'3' = 1|2|3
//	agg sum int4{1,2,NULL,3} = 6       an aggregate over rows
//
// 'abc' without a type is an unknown literal, int4~ is NULL. The answer is PostgreSQL's: text, NULL, or "! SQLSTATE message".
type answerTest struct {
	line   string
	kind   string
	name   string
	args   []testArg
	answer string
}

type testArg struct {
	t      types.T
	typ    string
	text   string
	null   bool
	rows   []string // agg
	isRows bool
}

var argPattern = regexp.MustCompile(`([a-z0-9_]*(?:\(\d+(?:,\d+)?\))?(?:\[\])?)(?:'((?:[^']|'')*)'|(~)|\{([^}]*)\})(?: |$)`)

func parseAnswerTest(t *testing.T, line string) answerTest {
	body, answer, _ := strings.Cut(line, " = ")
	if strings.HasPrefix(line, "op = ") {
		rest, ans, _ := strings.Cut(line[5:], " = ")
		body, answer = "op = "+rest, ans
	}
	parts := strings.SplitN(body, " ", 3)
	x := answerTest{line: body, kind: parts[0], name: parts[1], answer: answer}
	if len(parts) == 3 {
		rest := parts[2]
		for rest != "" {
			m := argPattern.FindStringSubmatch(rest)
			if m == nil || !strings.HasPrefix(rest, m[0]) {
				t.Fatalf("cannot read %q", rest)
			}
			a := testArg{typ: m[1], text: strings.ReplaceAll(m[2], "''", "'"), null: m[3] != ""}
			if strings.HasSuffix(strings.TrimSpace(m[0]), "}") {
				a.rows, a.isRows = strings.Split(m[4], "|"), true
			}
			a.t = parseTestType(t, m[1])
			x.args = append(x.args, a)
			rest = rest[len(m[0]):]
		}
	}
	return x
}

func parseTestType(t *testing.T, s string) types.T {
	if s == "" {
		return types.Of(types.UnknownOID)
	}
	array := strings.HasSuffix(s, "[]")
	s = strings.TrimSuffix(s, "[]")
	name, mod, _ := strings.Cut(s, "(")
	ti, ok := types.ByName(name)
	if !ok {
		t.Fatalf("no type %q", name)
	}
	r := types.Of(ti.OID)
	if mod != "" {
		var p, sc int
		n, _ := fmt.Sscanf(mod, "%d,%d", &p, &sc)
		switch {
		case ti.OID == types.NumericOID:
			r.Mod = types.MakeNumericMod(p, sc)
		case n >= 1 && (ti.OID == types.VarcharOID || ti.OID == types.BPCharOID):
			r.Mod = int32(p) + 4
		default:
			r.Mod = int32(p)
		}
	}
	if array {
		r.OID = types.ArrayOf(r.OID)
	}
	return r
}

func (a testArg) sql() string {
	switch {
	case a.isRows:
		return "x"
	case a.null:
		return "NULL::" + a.typ
	case a.typ == "":
		return "'" + strings.ReplaceAll(a.text, "'", "''") + "'"
	}
	return "'" + strings.ReplaceAll(a.text, "'", "''") + "'::" + a.typ
}

// sql is the statement that asks PostgreSQL.
func (x answerTest) sql() string {
	var args []string
	from := ""
	for i, a := range x.args {
		args = append(args, a.sql())
		if a.isRows {
			args[i] = fmt.Sprintf("x%d", i)
			var vs []string
			for _, r := range a.rows {
				if r == "NULL" {
					vs = append(vs, "NULL::"+a.typ)
				} else {
					vs = append(vs, "'"+r+"'::"+a.typ)
				}
			}
			from += fmt.Sprintf(", unnest(array[%s]::%s[]) with ordinality as t%d(x%d, o%d)", strings.Join(vs, ","), a.typ, i, i, i)
		}
	}
	switch x.kind {
	case "op":
		if len(args) == 1 {
			return "select " + x.name + " " + args[0]
		}
		return "select " + args[0] + " " + x.name + " " + args[1]
	case "cast":
		return "select (" + args[0] + ")::" + x.name
	case "set":
		return "select array_to_string(array(select x::text from " + x.name + "(" + strings.Join(args, ", ") + ") x), '|', 'NULL')"
	case "agg":
		where := ""
		if len(x.args) == 2 && x.args[1].isRows {
			where = " where o0 = o1"
		}
		return "select " + x.name + "(" + strings.Join(args, ", ") + ") from " + strings.TrimPrefix(from, ", ") + where
	}
	return "select " + expr.QuoteIdent(x.name) + "(" + strings.Join(args, ", ") + ")"
}

func TestAnswers(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no test files", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) { runAnswerFile(t, f) })
	}
}

func runAnswerFile(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	var tests []answerTest
	for _, l := range lines {
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		tests = append(tests, parseAnswerTest(t, l))
	}
	if *record != "" {
		recordAnswers(t, file, lines, tests)
		return
	}
	for _, x := range tests {
		for _, columns := range []bool{false, true} {
			if got := x.run(columns); got != x.answer {
				t.Errorf("%s\n  got  %s\n  want %s (columns: %v)", x.line, got, x.answer, columns)
				break
			}
		}
	}
}

func recordAnswers(t *testing.T, file string, lines []string, tests []answerTest) {
	var script strings.Builder
	script.WriteString("\\set VERBOSITY verbose\n\\pset null NULL\nset timezone='UTC'; set datestyle='ISO, MDY'; set intervalstyle=postgres;\n")
	for i, x := range tests {
		fmt.Fprintf(&script, "\\echo @@%d\n%s;\n", i, x.sql())
	}
	args := strings.Fields(*record)
	cmd := exec.Command(args[0], append(args[1:], "-XAtq")...)
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	parts := regexp.MustCompile(`(?m)^@@\d+\n`).Split(string(out), -1)[1:]
	if len(parts) != len(tests) {
		t.Fatalf("%d answers for %d tests", len(parts), len(tests))
	}
	var b strings.Builder
	k := 0
	for _, l := range lines {
		if l == "" || strings.HasPrefix(l, "#") {
			b.WriteString(l + "\n")
			continue
		}
		ans := strings.TrimSuffix(parts[k], "\n")
		if e, ok := strings.CutPrefix(ans, "ERROR:  "); ok {
			e, _, _ = strings.Cut(e, "\n")
			ans = "! " + strings.Replace(e, ": ", " ", 1)
		}
		b.WriteString(tests[k].line + " = " + strings.ReplaceAll(ans, "\n", `\n`) + "\n")
		k++
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

type testEnv struct{ expr.Env }

func (testEnv) TransactionTime() time.Time { return time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC) }
func (testEnv) StatementTime() time.Time   { return time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC) }
func (testEnv) CurrentUser() string        { return "postgres" }
func (testEnv) CurrentDatabase() string    { return "x_expr" }
func (testEnv) Setting(name string) (string, bool) {
	return map[string]string{"search_path": "public"}[name], name == "search_path"
}

func testCtx() *expr.Ctx {
	return &expr.Ctx{Context: context.Background(), Types: types.NewEnv(), Env: testEnv{}}
}

// run is the answer of our code; columns says whether the arguments are columns of a batch or constants.
func (x answerTest) run(columns bool) (answer string) {
	defer func() {
		if r := recover(); r != nil {
			answer = fmt.Sprint("panic: ", r)
		}
	}()
	s, err := x.eval(columns)
	if err != nil {
		e, ok := pgerr.As(err)
		if !ok {
			return "! " + err.Error()
		}
		return fmt.Sprintf("! %s %s", e.Code, strings.ReplaceAll(e.Message, "\n", `\n`))
	}
	return strings.ReplaceAll(s, "\n", `\n`)
}

func (x answerTest) eval(columns bool) (string, error) {
	c := testCtx()
	in := make([]types.OID, len(x.args))
	for i, a := range x.args {
		in[i] = a.t.OID
	}
	switch x.kind {
	case "agg":
		return x.aggregate(c, in)
	case "cast":
		ti := parseTestType(&testing.T{}, x.name)
		return x.value(c, &caster{to: ti}, columns, []types.OID{in[0]}, ti)
	case "op":
		l := types.OID(0)
		if len(in) == 2 {
			l = in[0]
		}
		m, err := ResolveOperator(x.name, l, in[len(in)-1])
		if err != nil {
			return "", err
		}
		want := []types.OID{m.Right}
		if l != 0 {
			want = []types.OID{m.Left, m.Right}
		}
		return x.value(c, &caster{fn: m.Fn}, columns, want, types.Of(m.Ret))
	}
	m, err := ResolveFunction(FuncCall{Name: x.name, Args: in})
	if err != nil {
		return "", err
	}
	if m.CastTo != 0 {
		return x.value(c, &caster{to: types.Of(m.CastTo)}, columns, []types.OID{in[0]}, types.Of(m.CastTo))
	}
	if x.kind == "set" {
		return x.set(c, m)
	}
	return x.value(c, &caster{fn: m.Fn, match: &m}, columns, m.Args, types.Of(m.Ret))
}

// caster builds the tested expression over converted arguments.
type caster struct {
	fn    *expr.Func
	match *FuncMatch
	to    types.T
}

// convert is arg as the type want, by an implicit conversion.
func convert(arg expr.Expr, want types.T, ctx Context) (expr.Expr, error) {
	from := arg.Type().OID
	k, isConst := arg.(*expr.Const)
	if from == types.UnknownOID && isConst {
		if want.OID == types.AnyOID || want.OID == types.AnyElementOID {
			return &expr.Const{T: types.Of(types.TextOID), D: k.D}, nil
		}
		d := k.D
		if !d.IsNull() {
			var err error
			if d, err = types.Parse(types.Of(want.OID), d.Str(), nil); err != nil {
				return nil, err
			}
		}
		return length(&expr.Const{T: types.Of(want.OID), D: d}, want, ctx), nil
	}
	if want.OID == types.AnyOID || from == want.OID || types.IsPolymorphic(want.OID) {
		return length(arg, want, ctx), nil
	}
	switch p := CoercionPath(from, want.OID, ctx); p.Kind {
	case PathRelabel:
		return length(&expr.Relabel{Arg: arg, T: types.Of(want.OID)}, want, ctx), nil
	case PathFunc:
		args := []expr.Expr{arg}
		if len(p.Fn.Args) > 1 {
			args = append(args, &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(int64(want.Mod))})
		}
		if len(p.Fn.Args) > 2 {
			args = append(args, &expr.Const{T: types.Of(types.BoolOID), D: types.NewBool(true)})
		}
		return length(&expr.Call{Fn: p.Fn, Args: args, T: types.Of(want.OID)}, want, ctx), nil
	case PathIO:
		return length(&expr.CoerceIO{Arg: arg, T: types.Of(want.OID)}, want, ctx), nil
	case PathArray:
		e, err := convert(&expr.CaseArg{T: types.Of(types.ElemOf(from))}, types.T{OID: types.ElemOf(want.OID), Mod: want.Mod}, ctx)
		return &expr.CoerceArray{Arg: arg, Elem: e, T: want}, err
	}
	return nil, CannotCast(from, want.OID)
}

// length applies a type modifier.
func length(arg expr.Expr, want types.T, ctx Context) expr.Expr {
	fn, ok := LengthCoercion(want.OID)
	if want.Mod < 0 || !ok {
		return arg
	}
	args := []expr.Expr{arg, &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(int64(want.Mod))}}
	if len(fn.Args) > 2 {
		args = append(args, &expr.Const{T: types.Of(types.BoolOID), D: types.NewBool(ctx == Explicit)})
	}
	return &expr.Call{Fn: fn, Args: args, T: want}
}

func (x answerTest) argument(i int, c *expr.Ctx) (types.Datum, error) {
	a := x.args[i]
	if a.null {
		return types.Null, nil
	}
	return types.Parse(a.t, a.text, c.Types)
}

// value evaluates over constants, or over a batch of five rows of which the second and fourth are selected; the others are
// NULL and must not matter.
func (x answerTest) value(c *expr.Ctx, k *caster, columns bool, want []types.OID, ret types.T) (string, error) {
	b := &vec.Batch{Len: 5, Sel: []int32{1, 3}}
	var args []expr.Expr
	for i, a := range x.args {
		d, err := x.argument(i, c)
		if err != nil {
			return "", err
		}
		var e expr.Expr = &expr.Const{T: a.t, D: d}
		if columns && a.t.OID != types.UnknownOID {
			v := vec.New(a.t.Kind(), 5)
			v.Clear(5)
			v.Nulls.SetAll(5)
			v.Set(1, d)
			v.Set(3, d)
			b.Cols = append(b.Cols, v)
			e = &expr.Col{Idx: len(b.Cols) - 1, T: a.t}
		}
		args = append(args, e)
	}
	e, err := k.build(args, want, ret)
	if err != nil {
		return "", err
	}
	p, err := expr.Compile(e)
	if err != nil {
		return "", err
	}
	v, err := p.EvalFull(c, b)
	if err != nil {
		return "", err
	}
	d := v.Datum(1)
	if d.IsNull() {
		return "NULL", nil
	}
	if one, err := p.EvalRow(c, b, 1); err != nil || types.Text(ret, one, c.Types) != types.Text(ret, d, c.Types) {
		if e.Type().OID != types.UUIDOID {
			return fmt.Sprintf("EvalRow differs: %v %v", one, err), nil
		}
	}
	return types.Text(e.Type(), d, c.Types), nil
}

func (k *caster) build(args []expr.Expr, want []types.OID, ret types.T) (expr.Expr, error) {
	if k.fn == nil {
		return convert(args[0], k.to, Explicit)
	}
	if k.match != nil {
		args = append(args, k.match.Defaults...)
	}
	for i := range args {
		a, err := convert(args[i], types.Of(want[i]), Implicit)
		if err != nil {
			return nil, err
		}
		args[i] = a
	}
	if k.match != nil && k.match.Spread > 0 {
		n := len(args) - k.match.Spread
		args = append(args[:n:n], &expr.Array{Elems: args[n:], T: types.Of(k.match.VariadicArray)})
	}
	return &expr.Call{Fn: k.fn, Args: args, T: ret}, nil
}

func (x answerTest) set(c *expr.Ctx, m FuncMatch) (string, error) {
	var ds []types.Datum
	var ts []types.T
	for i, a := range x.args {
		d, err := x.argument(i, c)
		if err != nil {
			return "", err
		}
		e, err := convert(&expr.Const{T: a.t, D: d}, types.Of(m.Args[i]), Implicit)
		if err != nil {
			return "", err
		}
		if d, err = expr.EvalRow(c, e); err != nil {
			return "", err
		}
		ds, ts = append(ds, d), append(ts, e.Type())
	}
	fn := m.Fn.Bound(ts, types.Of(m.Ret))
	if fn.Set == nil {
		return "", pgerr.FeatureNotSupported("function " + fn.Name)
	}
	src, err := fn.Set(c, ds)
	if err != nil {
		return "", err
	}
	var out []string
	for {
		row, ok, err := src.Next()
		if err != nil || !ok {
			return strings.Join(out, "|"), err
		}
		if row[0].IsNull() {
			out = append(out, "NULL")
		} else {
			out = append(out, types.Text(types.Of(m.Ret), row[0], c.Types))
		}
	}
}

// aggregate runs over the rows in two states which are then merged.
func (x answerTest) aggregate(c *expr.Ctx, in []types.OID) (string, error) {
	m, err := ResolveFunction(FuncCall{Name: x.name, Args: in})
	if err != nil {
		return "", err
	}
	rows := len(x.args[0].rows)
	var cols []*vec.Vector
	var ts []types.T
	for i, a := range x.args {
		v := vec.New(types.KindOf(a.t.OID), rows)
		for k := range rows {
			text := a.text
			if a.isRows {
				text = a.rows[k]
			}
			if text == "NULL" || a.null {
				v.AppendNull()
				continue
			}
			d, err := types.Parse(a.t, text, c.Types)
			if err != nil {
				return "", err
			}
			v.Append(d)
		}
		var in expr.Expr = &expr.Col{Idx: 0, T: a.t}
		if !a.isRows && !a.null {
			in = &expr.Const{T: a.t, D: types.NewStr(a.text)}
		}
		e, err := convert(in, types.Of(m.Args[i]), Implicit)
		if err != nil {
			return "", err
		}
		p, err := expr.Compile(e)
		if err != nil {
			return "", err
		}
		w, err := p.EvalFull(c, &vec.Batch{Cols: []*vec.Vector{v}, Len: rows})
		if err != nil {
			return "", err
		}
		cols, ts = append(cols, w), append(ts, e.Type())
	}
	ret := types.Of(m.Ret)
	states := []expr.AggState{m.Agg.New(ts, ret), m.Agg.New(ts, ret)}
	for half, s := range states {
		s.Grow(2)
		var sel, groups []int32
		for k := half * rows / 2; k < (half+1)*rows/2; k++ {
			null := false
			for _, v := range cols {
				null = null || v.IsNull(k)
			}
			if !null || !m.Agg.Strict {
				sel, groups = append(sel, int32(k)), append(groups, 1)
			}
		}
		if err := s.Add(c, groups, cols, sel, rows); err != nil {
			return "", err
		}
	}
	if err := states[0].Merge(1, states[1], 1); err != nil {
		return "", err
	}
	out := vec.New(ret.Kind(), 1)
	out.Clear(1)
	if err := states[0].Result(c, 1, 2, out); err != nil {
		return "", err
	}
	if out.IsNull(0) {
		return "NULL", nil
	}
	return types.Text(ret, out.Datum(0), c.Types), nil
}
