package reloption

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// integers are the options of indexes that are numbers, with their least and largest value; the others of indexParameters are Boolean.
var integers = map[string][2]int{"fillfactor": {10, 100}, "gin_pending_list_limit": {64, 2147483647}}

var indexParameters = map[string][]string{
	"btree": {"fillfactor", "deduplicate_items"}, "hash": {"fillfactor"}, "gin": {"fastupdate", "gin_pending_list_limit"},
}

// Index reads WITH (…) of an index of an access method.
func Index(method string, defs []*ast.DefElem) ([]string, error) {
	var opts []string
	for _, d := range defs {
		known := false
		for _, name := range indexParameters[method] {
			known = known || name == d.Name
		}
		if !known {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "unrecognized parameter %q", d.Name)
		}
		text, ok := Text(d)
		if !ok {
			text = "true"
		}
		if limits, ok := integers[d.Name]; ok {
			n, err := strconv.Atoi(text)
			if err != nil {
				return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid value for integer option %q: %s", d.Name, text)
			}
			if n < limits[0] || n > limits[1] {
				return nil, pgerr.New(pgerr.InvalidParameterValue, "value %s out of bounds for option %q", text, d.Name).
					WithDetail("Valid values are between \"%d\" and \"%d\".", limits[0], limits[1])
			}
		} else if _, ok := truth(text); !ok {
			return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid value for boolean option %q: %s", d.Name, text)
		}
		opts = append(opts, d.Name+"="+text)
	}
	return opts, nil
}

// truth reads a Boolean as PostgreSQL's parse_bool does: words may be cut.
func truth(text string) (value, ok bool) {
	text = strings.ToLower(text)
	for _, w := range []struct {
		word  string
		least int
		value bool
	}{{"true", 1, true}, {"false", 1, false}, {"yes", 1, true}, {"no", 1, false}, {"on", 2, true}, {"off", 2, false}, {"1", 1, true}, {"0", 1, false}} {
		if len(text) >= w.least && strings.HasPrefix(w.word, text) {
			return w.value, true
		}
	}
	return false, false
}

// FastUpdate is the option of that name among those of an index of access method gin; it is on unless turned off.
func FastUpdate(opts []string) bool {
	for _, o := range opts {
		if text, ok := strings.CutPrefix(o, "fastupdate="); ok {
			on, _ := truth(text)
			return on
		}
	}
	return true
}
