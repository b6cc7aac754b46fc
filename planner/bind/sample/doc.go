// Package sample holds the sampling methods of TABLESAMPLE: functions of a row's key that tell whether the row is in the sample.
//
// A row is in it if a hash of its key and a seed is below the wanted part of all hashes. So REPEATABLE gives the same rows as long as the
// table does not change, in whatever order it is read, and a sample is a condition like any other to the planner.
package sample
