// Package reloption reads the options of relations, WITH (…).
package reloption

import (
	"fmt"
	"strings"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// Parse are the options of WITH, as text. They are kept for pg_class and have no effect.
func Parse(defs []*ast.DefElem) ([]string, error) {
	var opts []string
	for _, d := range defs {
		switch d.Name {
		case "fillfactor", "autovacuum_enabled", "parallel_workers", "toast_tuple_target", "user_catalog_table", "vacuum_truncate",
			"autovacuum_vacuum_threshold", "autovacuum_vacuum_scale_factor", "autovacuum_analyze_threshold",
			"autovacuum_analyze_scale_factor", "autovacuum_vacuum_cost_delay", "autovacuum_vacuum_cost_limit", "autovacuum_freeze_max_age",
			"autovacuum_freeze_min_age", "deduplicate_items", "security_barrier", "security_invoker", "check_option":
		case "oids":
			if text, _ := Text(d); text == "true" || text == "on" {
				return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "tables declared WITH OIDS are not supported")
			}
			continue
		default:
			return nil, pgerr.New(pgerr.InvalidParameterValue, "unrecognized parameter %q", d.Name)
		}
		text, ok := Text(d)
		if !ok {
			text = "true"
		}
		if d.Name == "fillfactor" {
			if err := checkFillfactor(text); err != nil {
				return nil, err
			}
		}
		opts = append(opts, d.Name+"="+text)
	}
	return opts, nil
}

func checkFillfactor(text string) error {
	n := 0
	if _, err := fmt.Sscanf(text, "%d", &n); err != nil {
		return pgerr.New(pgerr.InvalidParameterValue, "invalid value for integer option %q: %s", "fillfactor", text)
	}
	if n < 10 || n > 100 {
		return pgerr.New(pgerr.InvalidParameterValue, "value %s out of bounds for option %q", text, "fillfactor").
			WithDetail("Valid values are between \"10\" and \"100\".")
	}
	return nil
}

// Text is the value of an option as text; ok is false without one.
func Text(d *ast.DefElem) (text string, ok bool) {
	switch a := d.Arg.(type) {
	case *ast.Const:
		return a.Val, true
	case *ast.Names:
		if len(a.Names) > 0 {
			return a.Names[len(a.Names)-1], true
		}
	case *ast.TypeName:
		if len(a.Names) > 0 {
			return a.Names[len(a.Names)-1], true
		}
	}
	return "", false
}

// View reads WITH (…) of a view.
func View(defs []*ast.DefElem) ([]string, error) {
	opts, err := Parse(defs)
	if err != nil {
		return nil, err
	}
	for i, o := range opts {
		name, value, _ := strings.Cut(o, "=")
		switch name {
		case "security_barrier", "security_invoker":
			switch strings.ToLower(value) {
			case "true", "false", "on", "off", "yes", "no", "1", "0", "t", "f", "y", "n":
			default:
				return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid value for boolean option %q: %s", name, value)
			}
		case "check_option":
			if value = strings.ToLower(value); value != "local" && value != "cascaded" {
				return nil, pgerr.New(pgerr.InvalidParameterValue, "invalid value for enum option \"check_option\": %s", value).
					WithDetail("Valid values are \"local\" and \"cascaded\".")
			}
			opts[i] = name + "=" + value
		default:
			return nil, pgerr.New(pgerr.InvalidParameterValue, "unrecognized parameter %q", name)
		}
	}
	return opts, nil
}
