package catalog

import (
	"fmt"
	"unicode/utf8"
)

// NameMax is the longest name in bytes (NAMEDATALEN - 1).
const NameMax = 63

// makeName is name1_name2_label, with the two names shortened, the longer one first, so that the whole fits.
func makeName(name1, name2, label string) string {
	overhead := len(label) + 1
	if label == "" {
		overhead = 0
	}
	n1, n2 := len(name1), len(name2)
	if name2 != "" {
		overhead++
	}
	for n1+n2+overhead > NameMax {
		if n1 > n2 {
			n1--
		} else {
			n2--
		}
	}
	s := ClipName(name1, n1)
	if name2 != "" {
		s += "_" + ClipName(name2, n2)
	}
	if label != "" {
		s += "_" + label
	}
	return s
}

// ClipName shortens s to at most n bytes without cutting a character.
func ClipName(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// ChooseName is the first of name1_name2_label, …label1, …label2 that taken does not report.
func ChooseName(name1, name2, label string, taken func(string) bool) string {
	l := label
	for pass := 1; ; pass++ {
		name := makeName(name1, name2, l)
		if !taken(name) {
			return name
		}
		l = fmt.Sprint(label, pass)
	}
}

// HasConstraint reports whether t has a constraint with that name.
func (t *Table) HasConstraint(name string) bool {
	for _, c := range t.Checks {
		if c.Name == name {
			return true
		}
	}
	if t.ForeignKey(name) != nil {
		return true
	}
	for _, tr := range t.Triggers {
		if tr.Constraint != 0 && tr.Name == name {
			return true
		}
	}
	for _, i := range t.AllIndexes() {
		if i.Constraint != 0 && i.Name == name {
			return true
		}
	}
	return false
}
