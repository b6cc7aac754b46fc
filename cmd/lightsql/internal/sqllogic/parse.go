package sqllogic

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Kind is the kind of a record.
type Kind uint8

// Kinds of record.
const (
	Statement Kind = iota
	Query
	Halt
	HashThreshold
)

// Record is one record of a file.
type Record struct {
	Kind Kind
	Line int // of the "statement" or "query" line, from 1
	SQL  string
	// Error: an error must come; ErrorMatch, if not "", is its SQLSTATE or a part of its message.
	Error      bool
	ErrorMatch string
	Count      int // command tag row count that must come; -1: any
	// Of queries.
	Types    string // one of I, R, T for each column
	Sort     string // nosort, rowsort, valuesort, exact
	Label    string
	Expected []string
	// Threshold of a HashThreshold record.
	Threshold int
	skipIf    []string
	onlyIf    []string
}

// RunsOn reports whether the record is meant for the database of that name.
func (r *Record) RunsOn(name string) bool {
	for _, s := range r.skipIf {
		if s == name {
			return false
		}
	}
	for _, o := range r.onlyIf {
		if o != name {
			return false
		}
	}
	return true
}

// parser reads records line by line.
type parser struct {
	sc   *bufio.Scanner
	line int
	text string
}

func (p *parser) next() bool {
	if !p.sc.Scan() {
		p.text = ""
		return false
	}
	p.line++
	p.text = strings.TrimSuffix(p.sc.Text(), "\r")
	return true
}

// Parse reads a whole file.
func Parse(r io.Reader) ([]Record, error) {
	p := &parser{sc: bufio.NewScanner(r)}
	p.sc.Buffer(make([]byte, 1<<16), 64<<20)
	var out []Record
	var cur Record
	for p.next() {
		words := strings.Fields(p.text)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		switch words[0] {
		case "skipif", "onlyif":
			if len(words) < 2 {
				return nil, fmt.Errorf("line %d: %s needs a name", p.line, words[0])
			}
			if words[0] == "skipif" {
				cur.skipIf = append(cur.skipIf, words[1])
			} else {
				cur.onlyIf = append(cur.onlyIf, words[1])
			}
			continue
		}
		cur.Line = p.line
		if err := p.record(&cur, words); err != nil {
			return nil, err
		}
		out = append(out, cur)
		cur = Record{}
	}
	return out, p.sc.Err()
}

func (p *parser) record(r *Record, words []string) error {
	r.Count = -1
	switch words[0] {
	case "halt":
		r.Kind = Halt
		return nil
	case "hash-threshold":
		r.Kind = HashThreshold
		n, err := strconv.Atoi(words[1])
		r.Threshold = n
		return err
	case "statement":
		r.Kind = Statement
		return p.statement(r, words)
	case "query":
		r.Kind = Query
		return p.query(r, words)
	}
	return fmt.Errorf("line %d: unknown record %q", p.line, words[0])
}

func (p *parser) statement(r *Record, words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("line %d: statement needs ok, error or count", p.line)
	}
	switch words[1] {
	case "ok":
	case "error":
		r.Error = true
		r.ErrorMatch = strings.Join(words[2:], " ")
	case "count":
		n, err := strconv.Atoi(words[2])
		if err != nil {
			return fmt.Errorf("line %d: %w", p.line, err)
		}
		r.Count = n
	default:
		return fmt.Errorf("line %d: unknown statement %q", p.line, words[1])
	}
	r.SQL, _ = p.sql()
	return nil
}

func (p *parser) query(r *Record, words []string) error {
	if len(words) > 1 && words[1] == "error" {
		r.Error = true
		r.ErrorMatch = strings.Join(words[2:], " ")
		r.SQL, _ = p.sql()
		return nil
	}
	r.Sort = "nosort"
	if len(words) > 1 {
		r.Types = words[1]
	}
	if len(words) > 2 {
		r.Sort = words[2]
	}
	if len(words) > 3 {
		r.Label = words[3]
	}
	var more bool
	if r.SQL, more = p.sql(); !more {
		return nil
	}
	for p.next() && p.text != "" {
		r.Expected = append(r.Expected, p.text)
	}
	return nil
}

// sql reads the text up to an empty line, or up to "----" (results follow).
func (p *parser) sql() (sql string, results bool) {
	var lines []string
	for p.next() && p.text != "" {
		if p.text == "----" {
			return strings.Join(lines, "\n"), true
		}
		lines = append(lines, p.text)
	}
	return strings.Join(lines, "\n"), false
}
