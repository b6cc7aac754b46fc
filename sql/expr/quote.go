package expr

import "strings"

// quotedKeywords are the key words of PostgreSQL that are not "unreserved": as a name they are quoted.
const quotedKeywords = "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both " +
	"case cast char character check coalesce collate collation column concurrently constraint create cross " +
	"current_catalog current_date current_role current_schema current_time current_timestamp current_user dec " +
	"decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign " +
	"freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect " +
	"interval into is isnull join lateral leading least left like limit localtime localtimestamp national " +
	"natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps " +
	"overlay placing position precision primary real references returning right row select session_user setof " +
	"similar smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true " +
	"union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat " +
	"xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable"

var mustQuote = func() map[string]struct{} {
	m := make(map[string]struct{}, 256)
	for w := range strings.FieldsSeq(quotedKeywords) {
		m[w] = struct{}{}
	}
	return m
}()

// QuoteIdent is PostgreSQL's quote_ident: the name as SQL writes it, quoted only where it must be.
func QuoteIdent(name string) string {
	if plainIdent(name) {
		if _, ok := mustQuote[name]; !ok {
			return name
		}
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func plainIdent(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c == '_', c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return true
}

// QuoteLiteral is PostgreSQL's quote_literal: 'it”s', with an E prefix if there is a backslash.
func QuoteLiteral(s string) string {
	q := "'" + strings.ReplaceAll(strings.ReplaceAll(s, "'", "''"), `\`, `\\`) + "'"
	if strings.Contains(s, `\`) {
		return "E" + q
	}
	return q
}
