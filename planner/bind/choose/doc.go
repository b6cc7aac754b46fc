// Package choose answers which operator, cast or function a name and types mean: package builtins' rules over built-in objects, with a memory, and over
// those of the catalog.
package choose
