package plpgsql

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// anyType takes every type for int4.
type anyType struct{}

func (anyType) Type(t *ast.TypeName) (Type, error) {
	if t.Names[len(t.Names)-1] == "refcursor" {
		return Type{T: types.Of(types.RefCursorOID)}, nil
	}
	return Type{T: types.Of(types.Int4OID)}, nil
}

func (anyType) RowType([]string, int) (Type, error) {
	return Type{T: types.Of(types.RecordOID), Composite: true}, nil
}

// FuzzParse parses anything: the answer is a tree or an error with a place in the text.
func FuzzParse(f *testing.F) {
	scripts, _ := filepath.Glob("../../cmd/lightsql/testdata/psql/plpgsql*.sql")
	for _, s := range scripts {
		text, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		for i, part := range strings.Split(string(text), "$$") {
			if i%2 == 1 {
				f.Add(part)
			}
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		fn, err := Parse(body, Options{Types: anyType{}, Set: true, Params: []Param{{Name: "a", In: true}, {Name: "b", In: true, Out: true}}})
		if err == nil {
			if fn.Body == nil {
				t.Fatal("no tree")
			}
			return
		}
		e, ok := pgerr.As(err)
		if !ok {
			t.Fatalf("%T: %v", err, err)
		}
		if e.Position < 0 || e.Position > len(body)+1 {
			t.Fatalf("position %d of %d: %v", e.Position, len(body), err)
		}
	})
}
