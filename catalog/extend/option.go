package extend

import (
	"strconv"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// optionType is the type that an option names.
func (x *Executor) optionType(d *ast.DefElem) (types.OID, error) {
	tn, ok := d.Arg.(*ast.TypeName)
	if !ok {
		tn = &ast.TypeName{Names: d.Words(), Pos: -1}
	}
	t, err := x.Bind.Type(tn)
	return t.OID, err
}

func optionNumber(d *ast.DefElem) (int, error) {
	n, err := strconv.Atoi(d.Word())
	if err != nil {
		return 0, pgerr.New(pgerr.SyntaxError, "invalid argument for %s: \"%s\"", d.Name, d.Word())
	}
	return n, nil
}
