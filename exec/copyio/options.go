package copyio

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// Format is a COPY format.
type Format uint8

// Formats.
const (
	Text Format = iota
	CSV
	Binary
)

// Header says what to do with a header line.
type Header uint8

// Header modes.
const (
	NoHeader Header = iota
	WithHeader
	MatchHeader
)

// Options are the options of one COPY, with defaults applied.
type Options struct {
	Format        Format
	Delimiter     byte
	Null          string
	Header        Header
	Quote, Escape byte // CSV
	// Columns by name, CSV only. ForceQuoteAll is FORCE_QUOTE *.
	ForceQuote, ForceNotNull, ForceNull []string
	ForceQuoteAll                       bool
	Freeze                              bool
}

// optionParser collects the options of a COPY statement and finds conflicts.
type optionParser struct {
	o                              Options
	sql                            string
	from                           bool
	seen                           map[string]bool
	delimiter, null, quote, escape *string
}

// ParseOptions checks the options of a COPY statement. sql is the statement's text, for error positions.
func ParseOptions(sql string, defs []*ast.DefElem, from bool) (*Options, error) {
	p := &optionParser{sql: sql, from: from, seen: map[string]bool{}}
	for _, d := range defs {
		if p.seen[d.Name] {
			return nil, pgerr.New(pgerr.SyntaxError, "conflicting or redundant options").At(sql, d.Pos)
		}
		p.seen[d.Name] = true
		if err := p.option(d); err != nil {
			return nil, err
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return &p.o, nil
}

// word is the text of an option's value.
func word(n ast.Node) (string, bool) {
	switch x := n.(type) {
	case *ast.Const:
		return x.Val, true
	case *ast.Names:
		return strings.Join(x.Names, "."), true
	case *ast.TypeName:
		return strings.Join(x.Names, "."), true
	case *ast.ColumnRef:
		return "*", true
	}
	return "", false
}

func (p *optionParser) text(d *ast.DefElem) (*string, error) {
	v, ok := word(d.Arg)
	if d.Arg == nil || !ok {
		return nil, pgerr.New(pgerr.SyntaxError, "%s requires a parameter", d.Name)
	}
	return &v, nil
}

func (p *optionParser) names(d *ast.DefElem) (list []string, all bool, err error) {
	switch x := d.Arg.(type) {
	case *ast.Names:
		return x.Names, false, nil
	case *ast.List:
		for _, e := range x.Items {
			switch c := e.(type) {
			case *ast.Const:
				list = append(list, c.Val)
			case *ast.ColumnRef:
				if w, ok := columnName(c); ok {
					list = append(list, w)
				}
			}
		}
		return list, false, nil
	}
	if v, ok := word(d.Arg); ok && v == "*" {
		return nil, true, nil
	}
	return nil, false, pgerr.New(pgerr.InvalidParameterValue, "argument to option %q must be a list of column names", d.Name).At(p.sql, d.Pos)
}

func (p *optionParser) option(d *ast.DefElem) (err error) {
	switch d.Name {
	case "format":
		err = p.format(d)
	case "freeze":
		p.o.Freeze, err = d.Bool()
	case "delimiter":
		p.delimiter, err = p.text(d)
	case "null":
		p.null, err = p.text(d)
	case "header":
		err = p.header(d)
	case "quote":
		p.quote, err = p.text(d)
	case "escape":
		p.escape, err = p.text(d)
	case "force_quote":
		p.o.ForceQuote, p.o.ForceQuoteAll, err = p.names(d)
	case "force_not_null":
		p.o.ForceNotNull, _, err = p.names(d)
	case "force_null":
		p.o.ForceNull, _, err = p.names(d)
	case "encoding":
		err = p.encoding(d)
	default:
		err = pgerr.New(pgerr.SyntaxError, "option %q not recognized", d.Name).At(p.sql, d.Pos)
	}
	return err
}

func (p *optionParser) format(d *ast.DefElem) error {
	v, err := p.text(d)
	if err != nil {
		return err
	}
	switch *v {
	case "text":
		p.o.Format = Text
	case "csv":
		p.o.Format = CSV
	case "binary":
		p.o.Format = Binary
	default:
		return pgerr.New(pgerr.InvalidParameterValue, "COPY format %q not recognized", *v).At(p.sql, d.Pos)
	}
	return nil
}

func (p *optionParser) header(d *ast.DefElem) error {
	if v, ok := word(d.Arg); ok && strings.EqualFold(v, "match") {
		if !p.from {
			return pgerr.New(pgerr.InvalidParameterValue, "cannot use \"match\" with HEADER in COPY TO")
		}
		p.o.Header = MatchHeader
		return nil
	}
	on, err := d.Bool()
	if on {
		p.o.Header = WithHeader
	}
	return err
}

func (p *optionParser) encoding(d *ast.DefElem) error {
	v, err := p.text(d)
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.ReplaceAll(*v, "-", "")) {
	case "utf8", "unicode", "sql_ascii":
		return nil
	}
	return pgerr.FeatureNotSupported("COPY with encoding \"" + *v + "\"")
}

func (p *optionParser) finish() error {
	o := &p.o
	if o.Format == Binary {
		if p.delimiter != nil {
			return pgerr.New(pgerr.SyntaxError, "cannot specify DELIMITER in BINARY mode")
		}
		if p.null != nil {
			return pgerr.New(pgerr.SyntaxError, "cannot specify NULL in BINARY mode")
		}
	}
	o.Delimiter, o.Null, o.Quote, o.Escape = '\t', "\\N", '"', '"'
	if o.Format == CSV {
		o.Delimiter, o.Null = ',', ""
	}
	if p.null != nil {
		o.Null = *p.null
	}
	for _, c := range []struct {
		given *string
		name  string
		to    *byte
	}{{p.delimiter, "delimiter", &o.Delimiter}, {p.quote, "quote", &o.Quote}, {p.escape, "escape", &o.Escape}} {
		if c.given == nil {
			continue
		}
		if c.name != "delimiter" && o.Format != CSV {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "COPY %s available only in CSV mode", c.name)
		}
		if len(*c.given) != 1 {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "COPY %s must be a single one-byte character", c.name)
		}
		*c.to = (*c.given)[0]
	}
	if p.quote != nil && p.escape == nil {
		o.Escape = o.Quote
	}
	return p.check()
}

// check is the rest of PostgreSQL's ProcessCopyOptions.
func (p *optionParser) check() error {
	o := &p.o
	switch {
	case o.Delimiter == '\n' || o.Delimiter == '\r':
		return pgerr.New(pgerr.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(o.Null, "\r\n"):
		return pgerr.New(pgerr.InvalidParameterValue, "COPY null representation cannot use newline or carriage return")
	case o.Format == Text && strings.IndexByte("\\.abcdefghijklmnopqrstuvwxyz0123456789", o.Delimiter) >= 0:
		return pgerr.New(pgerr.InvalidParameterValue, "COPY delimiter cannot be \"%c\"", o.Delimiter)
	case o.Header != NoHeader && o.Format == Binary:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot specify HEADER in BINARY mode")
	case o.Format == CSV && o.Delimiter == o.Quote:
		return pgerr.New(pgerr.InvalidParameterValue, "COPY delimiter and quote must be different")
	case o.Format != CSV && (o.ForceQuote != nil || o.ForceQuoteAll):
		return pgerr.New(pgerr.CodeFeatureNotSupported, "COPY force quote available only in CSV mode")
	case p.from && (o.ForceQuote != nil || o.ForceQuoteAll):
		return pgerr.New(pgerr.CodeFeatureNotSupported, "COPY force quote only available using COPY TO")
	case o.Format != CSV && o.ForceNotNull != nil:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "COPY force not null available only in CSV mode")
	case !p.from && o.ForceNotNull != nil:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "COPY force not null only available using COPY FROM")
	case o.Format != CSV && o.ForceNull != nil:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "COPY force null available only in CSV mode")
	case !p.from && o.ForceNull != nil:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "COPY force null only available using COPY FROM")
	case strings.IndexByte(o.Null, o.Delimiter) >= 0 && o.Format != Binary:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "COPY delimiter must not appear in the NULL specification")
	case o.Format == CSV && strings.IndexByte(o.Null, o.Quote) >= 0:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "CSV quote character must not appear in the NULL specification")
	}
	return nil
}

func contains(list []string, name string) bool { return slices.Contains(list, name) }

// columnName is the name of a plain column reference.
func columnName(c *ast.ColumnRef) (string, bool) {
	if len(c.Names) == 1 && !c.Star {
		return c.Names[0], true
	}
	return "", false
}
