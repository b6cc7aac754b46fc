package ast

import "reflect"

// Walk calls f for n and, where f returns true, for the nodes below it, in the order of the fields. It goes by reflection: it
// is for work that is done once for a statement that changes the schema, not for the path of every query.
func Walk(n Node, f func(Node) bool) {
	if n != nil {
		walkValue(reflect.ValueOf(n), f)
	}
}

func walkValue(v reflect.Value, f func(Node) bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			walkValue(v.Elem(), f)
		}
	case reflect.Pointer:
		if v.IsNil() || v.Elem().Kind() != reflect.Struct {
			return
		}
		if n, ok := v.Interface().(Node); ok && !f(n) {
			return
		}
		for i := range v.Elem().NumField() {
			walkValue(v.Elem().Field(i), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkValue(v.Index(i), f)
		}
	}
}
