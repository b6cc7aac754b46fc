package ast

import (
	"strings"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Words is the qualified name that an option gives; a type's name may be any name. nil: the option has another value, or none.
func (d *DefElem) Words() []string {
	switch a := d.Arg.(type) {
	case *Names:
		return a.Names
	case *TypeName:
		names := a.Names
		if len(names) == 2 && names[0] == "pg_catalog" && a.Pos < 0 {
			names = names[1:]
		}
		return names
	case *Const:
		return []string{a.Val}
	}
	return nil
}

// Word is the word, string or name that an option gives, "" if none.
func (d *DefElem) Word() string { return strings.Join(d.Words(), ".") }

// Bool is the value of an option that is on or off; without value it is on. As defGetBoolean of PostgreSQL's commands/define.c; 42601 for
// another value.
func (d *DefElem) Bool() (bool, error) {
	if d.Arg == nil {
		return true, nil
	}
	switch strings.ToLower(d.Word()) {
	case "true", "on", "1":
		return true, nil
	case "false", "off", "0":
		return false, nil
	}
	return false, pgerr.New(pgerr.SyntaxError, "%s requires a Boolean value", d.Name)
}
