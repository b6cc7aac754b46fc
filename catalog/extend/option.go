package extend

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// optionNames is the qualified name that an option gives; a type's name may be any name.
func optionNames(d *ast.DefElem) []string {
	switch a := d.Arg.(type) {
	case *ast.Names:
		return a.Names
	case *ast.TypeName:
		names := a.Names
		if len(names) == 2 && names[0] == "pg_catalog" && a.Pos < 0 {
			names = names[1:]
		}
		return names
	case *ast.Const:
		return []string{a.Val}
	}
	return nil
}

func optionText(d *ast.DefElem) string { return strings.Join(optionNames(d), ".") }

// optionFlag is the value of a boolean option; an option without value is true.
func optionFlag(d *ast.DefElem) (bool, error) {
	if d.Arg == nil {
		return true, nil
	}
	switch strings.ToLower(optionText(d)) {
	case "true", "on", "1":
		return true, nil
	case "false", "off", "0":
		return false, nil
	}
	return false, pgerr.New(pgerr.SyntaxError, "%s requires a Boolean value", d.Name)
}

// optionType is the type that an option names.
func (x *Executor) optionType(d *ast.DefElem) (types.OID, error) {
	tn, ok := d.Arg.(*ast.TypeName)
	if !ok {
		tn = &ast.TypeName{Names: optionNames(d), Pos: -1}
	}
	t, err := x.Bind.Type(tn)
	return t.OID, err
}

func optionNumber(d *ast.DefElem) (int, error) {
	n, err := strconv.Atoi(optionText(d))
	if err != nil {
		return 0, pgerr.New(pgerr.SyntaxError, "invalid argument for %s: \"%s\"", d.Name, optionText(d))
	}
	return n, nil
}
