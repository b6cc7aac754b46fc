// Package datefmt is the language of date formats that to_char, to_timestamp and to_date take: "FMDay, DDth Month YYYY".
//
// Parse reads a format, Read a text by a format. What is not in PostgreSQL's manual, chapter 9.8 (what a field takes of a text that does not fit it, how
// fields that contradict each other make a date), follows src/backend/utils/adt/formatting.c.
package datefmt

import (
	"slices"
	"strings"
)

// Kind is what a part of a format is.
type Kind uint8

// The kinds.
const (
	Key       Kind = iota // a pattern: MM
	Separator             // a sign that is no letter or digit, outside of quotes
	Space
	Character // any other
)

// Node is one part of a format.
type Node struct {
	Kind Kind
	// Key is the pattern as in keys: small letters only where they mean something else. Name is as the format has it.
	Key, Name string
	Fill      bool   // FM: no padding, any width
	Local     bool   // TM: names in the language of the session, which is English; not padded
	Ordinal   string // "TH", "th" or ""
	Text      string // one character; of a pattern ""
	Quoted    bool   // the text is in quotes
}

// keys are the patterns, longest first within a letter. Those that have three spellings for the case of the result are listed in each; the others are
// known in upper and in lower case.
var keys = []string{
	"A.D.", "A.M.", "a.d.", "a.m.", "AD", "AM", "ad", "am", "B.C.", "b.c.", "BC", "bc", "CC", "DAY", "Day", "day", "DDD", "DD",
	"DY", "Dy", "dy", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J",
	"MI", "MM", "MONTH", "Month", "month", "MON", "Mon", "mon", "MS", "OF", "P.M.", "p.m.", "PM", "pm", "Q", "RM", "rm", "SSSSS", "SSSS", "SS",
	"TZH", "TZM", "TZ", "tz", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y",
}

// match finds the pattern that s begins with.
func match(s string) (key string, n int) {
	for _, k := range keys {
		if strings.HasPrefix(s, k) {
			return k, len(k)
		}
		if low := strings.ToLower(k); strings.HasPrefix(s, low) {
			if slices.Contains(keys, low) {
				k = low
			}
			return k, len(k)
		}
	}
	return "", 0
}

// prefixOf is one of two letters in capitals or small, that s begins with.
func prefixOf(s, a, b string) string {
	for _, p := range []string{a, strings.ToLower(a), b, strings.ToLower(b)} {
		if strings.HasPrefix(s, p) {
			return p
		}
	}
	return ""
}

// Parse reads a format.
func Parse(format string) []Node {
	var out []Node
	for s := format; s != ""; {
		prefix := prefixOf(s, "FM", "TM")
		s = s[len(prefix):]
		key, n := match(s)
		if n == 0 {
			if s != "" {
				out, s = literal(out, s)
			}
			continue
		}
		node := Node{Key: key, Name: s[:n], Fill: strings.EqualFold(prefix, "FM"), Local: strings.EqualFold(prefix, "TM")}
		s = s[n:]
		suffix := prefixOf(s, "TH", "SP")
		s = s[len(suffix):]
		if strings.EqualFold(suffix, "TH") {
			node.Ordinal = suffix
		}
		out = append(out, node)
	}
	return out
}

// literal adds quoted text or one character.
func literal(out []Node, s string) ([]Node, string) {
	if s[0] != '"' {
		if strings.HasPrefix(s, `\"`) {
			s = s[1:]
		}
		n := character(s)
		kind := Character
		switch {
		case isSeparator(s[0]):
			kind = Separator
		case isSpace(s[0]):
			kind = Space
		}
		return append(out, Node{Kind: kind, Text: s[:n]}), s[n:]
	}
	for s = s[1:]; s != ""; {
		if s[0] == '"' {
			return out, s[1:]
		}
		if s[0] == '\\' && len(s) > 1 {
			s = s[1:]
		}
		n := character(s)
		out, s = append(out, Node{Kind: Character, Text: s[:n], Quoted: true}), s[n:]
	}
	return out, s
}

// character is the length in bytes of the first character, 0 of an empty text.
func character(s string) int {
	n := min(1, len(s))
	for n < len(s) && s[n]&0xc0 == 0x80 {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isSeparator(c byte) bool {
	return c > ' ' && c < 127 && !(isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
}

// numeric reports a pattern of digits: what stands before it takes no more than its width.
func (n *Node) numeric() bool {
	switch n.Key {
	case "Y,YYY", "TZM":
		return true
	}
	_, ok := widths[n.Key]
	return ok && n.Key != "TZH"
}
