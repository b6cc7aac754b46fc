// Package tree makes the parts of plans that depend on inheritance and partitions: how rows find their partition, what rows a partition
// may hold, and what a statement on a table is for one of the tables that inherit from it.
//
// A statement on a parent is planned once, over the parent's columns. The tables below may have their columns in another order, more
// columns, other checks and other indexes; the plan node for one of them is made from the parent's (the template) when the first row
// for it comes, by renumbering columns (leaf.go). So a statement on a table with a thousand partitions costs what it touches.
package tree
