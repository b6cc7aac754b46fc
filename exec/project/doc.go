// Package project holds the operators that work on one row at a time: Filter, Project and ProjectSet.
//
// Filter and Project copy nothing: Filter replaces the selection of its input's batch, Project gives a batch whose
// columns are the results of its expressions (which may be columns of the input itself).
//
// ProjectSet computes select lists with set-returning calls. Calls of one nesting depth run in lockstep: row by row, until all
// have ended, those that end early giving NULL. A call in an argument of another runs first, and the outer one
// once for each of its rows. So the calls form stages by depth; each stage adds the results of its calls as columns.
package project
