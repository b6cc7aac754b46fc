// Package rewrite applies the rules of relations (CREATE RULE) to statements, as PostgreSQL's rewriteHandler.c does.
//
// A rule says what takes place instead of a statement on its relation, or besides. What comes out is a list of statements, to be run one
// after the other: for an INSERT the statement itself and then the actions, otherwise the actions first, so that they find the rows that
// the statement is about to change. An action is a syntax tree of its own whose FROM begins with the rows that the statement is about,
// under the names old and new (bind.RuleSource); the binder makes one query of both. So an action reads the tables again, and an
// expression that NEW stands for is computed wherever it is named, as often as it is named: rules are macros.
package rewrite
