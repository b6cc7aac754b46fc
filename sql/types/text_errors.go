package types

import "github.com/lightsql/lightsql/sql/pgerr"

// asciiSpace is what C's isspace takes for white space.
const asciiSpace = " \t\n\v\f\r"

func errInvalidText(typeName, s string) error {
	return pgerr.New(pgerr.InvalidTextRepresentation, `invalid input syntax for type %s: "%s"`, typeName, s)
}

func errValueRange(typeName, s string) error {
	return pgerr.New(pgerr.NumericValueOutOfRange, `value "%s" is out of range for type %s`, s, typeName)
}
