// Package planner turns a statement's syntax tree into a read-only physical plan, and keeps plans for reuse.
//
// Plan is the whole way: bind.Statement gives a logical tree, opt.Optimize a plan.Plan. Cache keeps plans by the text of the statement
// and everything else that they depend on (Options); an entry holds for one version of the catalog and one epoch of the
// statistics. Plans are shared by all sessions at once, since nothing in them changes at run time.
package planner
