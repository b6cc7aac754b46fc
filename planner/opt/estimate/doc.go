// Package estimate says how many rows conditions leave and how many groups columns make, by PostgreSQL's rules (selfuncs.c, clausesel.c,
// extended_stats.c): what the optimizer's costs rest on.
//
// An Estimator belongs to the planning of one statement. Scans tell it what they know of their columns (Note) and how many rows they have and
// leave (Size), projections what their columns are computed from (Define); then Selectivity, Groups and JoinSelectivity answer. Conditions on
// one table go through its statistics objects first: lists of common combinations (mcv.go), then functional dependencies
// (dependencies.go), then each condition by its own figures (clause.go). A condition on one column alone that no rule knows is tested on
// the column's common values and histogram (sampled.go), which PostgreSQL does for patterns only.
//
// Everything here is a guess: no answer of a query may depend on it.
package estimate
