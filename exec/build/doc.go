// Package build turns a physical plan into a tree of operators.
//
// New makes a Tree, which runs a plan any number of times, one after the other: a session keeps it with a prepared statement.
// The plan stays as it is; everything that changes at run time is in the operators, which compile their expressions when they
// are made and keep their buffers from one execution to the next.
//
//	builder.node   the one switch: plan node → operator (build.go)
//	slots          which exec params a part of the plan depends on (slots.go): what is kept over rescans is kept
//	               only while these are the same
//	subPlan        a subquery in an expression (sub_plan.go): its tree is opened again for each row whose parameters differ from
//	               those of the row before
//	initOp         evaluates uncorrelated subqueries whose result a node reads as an exec param, before the node is opened
//	pipeline       the copies of a chain from a large table to an aggregate that workers run side by side (parallel.go)
//	statsOp        counts rows and time for EXPLAIN ANALYZE
package build
