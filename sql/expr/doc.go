// Package expr holds typed scalar expressions and evaluates them over batches.
//
// An Expr is a read-only tree: leaves (Const, Param, Col, ExecParam), calls of functions (Call; operators and casts are
// functions too), boolean and conditional forms, constructors and subqueries. The binder builds trees of Vars, the
// optimizer rewrites them (Walk, Rewrite, Equal, Columns, VolatilityOf) and turns Vars into Cols of an operator's input;
// Format prints them as PostgreSQL's EXPLAIN does. Functions come from package builtins as values: a Func carries a
// Kernel (a loop over vectors) or a Scalar (one row).
//
// Evaluation: Compile turns a tree into a Prog, which belongs to one running operator and keeps every scratch vector, so
// that Eval of a batch allocates nothing once the vectors have grown:
//
//	Prog.Eval(c, b)   the tree's nodes, each evaluated over the rows that need it (a selection), return vectors
//	Prog.Filter       the rows where a condition is true; conjuncts narrow the selection one by one
//	Prog.EvalRow      the value for one row of a batch
//	EvalRow(c, e)     the value of an expression without columns
//
// Invariants.
//
//   - A node defines its result at the rows of the selection it was given, and nowhere else; other rows hold rubbish.
//   - A strict function sees no row with a NULL argument, and no expression is evaluated for a row that SQL says is
//     already decided (AND, OR, CASE, COALESCE): an error of such a row cannot arise.
//   - A result may be one of the batch's own columns or a Const vector: never modify it. EvalFull returns a vector that
//     is not Const.
//   - A row that is NULL holds the zero value of its kind.
package expr
