package randexpr

import (
	"context"
	"fmt"
	"math/rand"
	"regexp"
	"sort"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Maker is a function, an aggregate, an operator or a cast that makes an expression of others.
type Maker struct {
	Signature string
	args      []string
	ret       string
	text      func(args []string) string
}

// Generator makes random expressions. One goroutine at a time.
type Generator struct {
	Makers []Maker
	r      *rand.Rand
	byType map[string][]Maker
	// names are the types as SQL writes them.
	names map[string]string
}

// New reads the catalogs of a PostgreSQL. only restricts the makers of whole expressions to those whose signature it matches; nil: all.
func New(ctx context.Context, conn *pgconn.PgConn, seed int64, only *regexp.Regexp) (*Generator, error) {
	g := &Generator{r: rand.New(rand.NewSource(seed)), byType: map[string][]Maker{}, names: map[string]string{}}
	for _, read := range []struct {
		sql string
		row func([]string)
	}{
		{"SELECT typname, format_type(oid, NULL) FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace", func(r []string) { g.names[r[0]] = r[1] }},
		{`SELECT p.proname, p.prokind, p.proretset, p.provariadic <> 0, t.typname,
			coalesce((SELECT string_agg(a.typname, ' ' ORDER BY o) FROM unnest(p.proargtypes) WITH ORDINALITY x(t, o) JOIN pg_type a ON a.oid = x.t), '')
			FROM pg_proc p JOIN pg_type t ON t.oid = p.prorettype WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a')
			AND NOT EXISTS (SELECT FROM pg_aggregate WHERE aggfnoid = p.oid AND aggkind <> 'n') ORDER BY 1, 6`, g.function},
		{`SELECT o.oprname, coalesce(l.typname, ''), r.typname, t.typname FROM pg_operator o LEFT JOIN pg_type l ON l.oid = o.oprleft
			JOIN pg_type r ON r.oid = o.oprright JOIN pg_type t ON t.oid = o.oprresult ORDER BY 1, 2, 3`, g.operator},
	} {
		res := conn.ExecParams(ctx, read.sql, nil, nil, nil, nil).Read()
		if res.Err != nil {
			return nil, res.Err
		}
		for _, row := range res.Rows {
			text := make([]string, len(row))
			for i, v := range row {
				text[i] = string(v)
			}
			read.row(text)
		}
	}
	g.names["bpchar"] = "bpchar" // "character" would be character(1)
	g.names["bit"] = "bit"
	g.casts()
	if only != nil {
		kept := g.Makers[:0]
		for _, m := range g.Makers {
			if only.MatchString(m.Signature) {
				kept = append(kept, m)
			}
		}
		g.Makers = kept
	}
	return g, nil
}

func (g *Generator) function(row []string) {
	name, kind, set, variadic, ret := row[0], row[1], row[2] == "t", row[3] == "t", row[4]
	if skipped.MatchString(name) {
		return
	}
	args := strings.Fields(row[5])
	if name == "interval" && len(args) == 2 {
		return // most type modifiers are an internal error
	}
	quoted := `"` + name + `"`
	call := func(args []string) string {
		args = append([]string(nil), args...)
		if variadic && len(args) > 0 {
			args[len(args)-1] = "VARIADIC " + args[len(args)-1]
		}
		return quoted + "(" + strings.Join(args, ", ") + ")"
	}
	m := Maker{Signature: name + "(" + strings.Join(args, ",") + ")", args: args, ret: ret, text: call}
	switch {
	case kind == "a":
		m.Signature = "aggregate " + m.Signature
		if len(args) == 0 {
			return
		}
		m.args = append(append(append([]string(nil), args...), args...), args...)
		m.text = func(all []string) string { return aggregate(quoted, all) }
	case set:
		m.Signature = "set " + m.Signature
		m.ret = "text"
		m.text = func(args []string) string {
			return "(SELECT string_agg(x::text, '|') FROM (SELECT x FROM " + call(args) + " AS x LIMIT 50) AS y)"
		}
	}
	g.add(m)
}

// aggregate calls an aggregate over three rows.
func aggregate(name string, all []string) string {
	n := len(all) / 3
	var rows, cols []string
	for i := range 3 {
		rows = append(rows, "("+strings.Join(all[i*n:(i+1)*n], ", ")+")")
	}
	for i := range n {
		cols = append(cols, fmt.Sprintf("c%d", i))
	}
	return "(SELECT " + name + "(" + strings.Join(cols, ", ") + ") FROM (VALUES " + strings.Join(rows, ", ") + ") AS v(" + strings.Join(cols, ", ") + "))"
}

func (g *Generator) operator(row []string) {
	name, left, right, ret := row[0], row[1], row[2], row[3]
	if name == "@@" && left == "text" {
		return // text search
	}
	if left == "" {
		g.add(Maker{name + " " + right, []string{right}, ret, func(a []string) string { return "(" + name + " " + a[0] + ")" }})
		return
	}
	g.add(Maker{left + " " + name + " " + right, []string{left, right}, ret, func(a []string) string { return "(" + a[0] + " " + name + " " + a[1] + ")" }})
}

// casts are those between all types that have samples: what PostgreSQL does not allow is an error that we should give, too.
func (g *Generator) casts() {
	var all []string
	for t := range samples {
		all = append(all, t)
	}
	sort.Strings(all)
	for _, from := range all {
		for _, to := range all {
			name := g.names[to]
			g.add(Maker{from + "::" + to, []string{from}, to, func(a []string) string { return "(" + a[0] + ")::" + name }})
		}
	}
}

func known(t string) bool { return samples[t] != nil || pseudo[t] != nil }

func (g *Generator) add(m Maker) {
	for _, a := range m.args {
		if !known(a) {
			return
		}
	}
	g.Makers = append(g.Makers, m)
	g.byType[m.ret] = append(g.byType[m.ret], m)
}

// Next is an expression with maker i at its top and arguments up to depth calls deep.
func (g *Generator) Next(i, depth int) string { return g.call(g.Makers[i%len(g.Makers)], depth) }

// value is an expression of type t.
func (g *Generator) value(t string, depth int) string {
	if ps := pseudo[t]; ps != nil {
		t = ps[g.r.Intn(len(ps))]
	}
	if ms := g.byType[t]; depth > 0 && len(ms) > 0 && g.r.Intn(3) == 0 {
		return g.call(ms[g.r.Intn(len(ms))], depth-1)
	}
	if g.r.Intn(14) == 0 {
		return "NULL::" + g.names[t]
	}
	s := samples[t]
	if t == "bit" {
		return "B'" + s[g.r.Intn(len(s))] + "'"
	}
	return "'" + strings.ReplaceAll(s[g.r.Intn(len(s))], "'", "''") + "'::" + g.names[t]
}

func (g *Generator) call(m Maker, depth int) string {
	args := make([]string, len(m.args))
	same := ""
	for i, a := range m.args {
		if pseudo[a] != nil && a != "any" { // polymorphic arguments of one family
			if same == "" {
				same = []string{"int4", "text"}[g.r.Intn(2)]
			}
			a = map[bool]string{true: "_" + same, false: same}[a == "anyarray" || a == "anycompatiblearray"]
		}
		args[i] = g.value(a, depth)
	}
	return m.text(args)
}
