// Package coercion has the parts of conversion between types that need no catalog: what a converted constant is, when a value is only called by another
// type's name, and what several expressions have in common. Which conversions there are is the business of sql/builtins (CoercionPath) and of the binder.
package coercion
