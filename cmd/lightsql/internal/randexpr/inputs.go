package randexpr

import (
	"fmt"
	"math/rand"
	"sort"
	"strings"
)

// Input is an expression in which a text that PostgreSQL reads (the text form of a type, a format, a pattern, a path) is a valid one that was changed at random.
type Input struct{ Name, SQL string }

// Inputs makes random Input expressions. One goroutine at a time.
type Inputs struct {
	r *rand.Rand
	// readers are what reads a text, by name.
	readers []reader
}

// reader is one thing that reads a text: valid are texts that it takes, sql makes an expression of a literal.
type reader struct {
	name  string
	valid []string
	sql   func(literal string) string
}

// NewInputs has the types of the samples and what else reads texts.
func NewInputs(seed int64) *Inputs {
	in := &Inputs{r: rand.New(rand.NewSource(seed))}
	for name, valid := range samples {
		in.readers = append(in.readers, reader{name, append(append([]string(nil), valid...), inputs[name]...), func(l string) string { return l + "::" + typeName(name) }})
	}
	for _, r := range languages {
		in.readers = append(in.readers, reader{r.template, r.valid, func(l string) string { return strings.ReplaceAll(r.template, "$", l) }})
	}
	sort.Slice(in.readers, func(i, k int) bool { return in.readers[i].name < in.readers[k].name })
	return in
}

func typeName(name string) string {
	switch name {
	case "char":
		return `"char"`
	case "bit":
		return "bit(5)"
	}
	if elem, ok := strings.CutPrefix(name, "_"); ok {
		return typeName(elem) + "[]"
	}
	return name
}

// Next is the next input for reader i modulo their number.
func (in *Inputs) Next(i int) Input {
	r := in.readers[i%len(in.readers)]
	s := r.valid[in.r.Intn(len(r.valid))]
	for range in.r.Intn(3) + 1 {
		s = in.mutate(s, r.valid)
	}
	return Input{r.name, r.sql(quote(s))}
}

// Readers is how many things there are that read texts.
func (in *Inputs) Readers() int { return len(in.readers) }

// quote writes s as a literal: with escapes if it has characters that do not show.
func quote(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\\' }) {
		return "'" + s + "'"
	}
	var b strings.Builder
	b.WriteString("E'")
	for _, c := range s {
		switch {
		case c == '\\':
			b.WriteString(`\\`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String() + "'"
}

// mutate changes s in one place; others are texts to take a piece of.
func (in *Inputs) mutate(s string, others []string) string {
	t := []rune(s)
	at := in.r.Intn(len(t) + 1)
	end := at + in.r.Intn(min(len(t)-at, 6)+1)
	switch in.r.Intn(8) {
	case 0: // leave out
		return string(t[:at]) + string(t[end:])
	case 1: // twice
		return string(t[:end]) + string(t[at:])
	case 2: // the rest of another one
		o := []rune(others[in.r.Intn(len(others))])
		return string(t[:at]) + string(o[min(at, len(o)):])
	case 3: // a piece of another one
		o := []rune(others[in.r.Intn(len(others))])
		from := in.r.Intn(len(o) + 1)
		return string(t[:at]) + string(o[from:]) + string(t[at:])
	case 4: // in another case
		if in.r.Intn(2) == 0 {
			return string(t[:at]) + strings.ToUpper(string(t[at:end])) + string(t[end:])
		}
		return string(t[:at]) + strings.ToLower(string(t[at:end])) + string(t[end:])
	case 5: // another character of its own
		if len(t) > 0 && at < len(t) {
			t[at] = t[in.r.Intn(len(t))]
		}
		return string(t)
	default:
		return string(t[:at]) + pieces[in.r.Intn(len(pieces))] + string(t[min(at+in.r.Intn(2), len(t)):])
	}
}

// MutateBytes changes a binary form in one place.
func (in *Inputs) MutateBytes(b []byte) []byte {
	b = append([]byte(nil), b...)
	at := in.r.Intn(len(b) + 1)
	switch in.r.Intn(6) {
	case 0:
		return b[:at]
	case 1:
		return append(b, byte(in.r.Intn(256)))
	case 2:
		return append(b[:at], b[min(at+in.r.Intn(4)+1, len(b)):]...)
	default:
		if at < len(b) {
			b[at] = []byte{0, 1, 2, 0x7f, 0x80, 0xff, b[at] + 1, b[at] - 1, b[at] ^ 0x40, byte(in.r.Intn(256))}[in.r.Intn(10)]
		}
		return b
	}
}

// Samples are texts that the type reads, by the type's name.
func Samples() map[string][]string { return samples }
