package bind

// exprKind says which clause an expression stands in: PostgreSQL's ParseExprKind.
type exprKind uint8

const (
	kindOther exprKind = iota
	kindJoinOn
	kindFromSubselect
	kindFromFunction
	kindWhere
	kindHaving
	kindFilter
	kindWindowPartition
	kindWindowOrder
	kindWindowRange
	kindWindowRows
	kindWindowGroups
	kindSelect
	kindInsertTarget
	kindUpdate
	kindGroupBy
	kindOrderBy
	kindDistinctOn
	kindLimit
	kindOffset
	kindReturning
	kindValues
	kindValuesSingle
	kindCheck
	kindDefault
	kindIndexExpr
	kindIndexPredicate
	kindTransform
	kindExecute
	kindGenerated
	kindCopyWhere
	kindCall
	kindTriggerWhen
	kindPartitionKey
	kindPartitionBound
	kindMergeWhen
	kindStatistics
)

// kindNames are the clauses as error messages call them.
var kindNames = [...]string{
	kindOther: "this context", kindJoinOn: "JOIN/ON", kindFromSubselect: "sub-SELECT in FROM", kindFromFunction: "function in FROM",
	kindWhere: "WHERE", kindHaving: "HAVING", kindFilter: "FILTER", kindWindowPartition: "window PARTITION BY",
	kindWindowOrder: "window ORDER BY", kindWindowRange: "window RANGE", kindWindowRows: "window ROWS", kindWindowGroups: "window GROUPS",
	kindSelect: "SELECT", kindInsertTarget: "INSERT", kindUpdate: "UPDATE", kindGroupBy: "GROUP BY", kindOrderBy: "ORDER BY",
	kindDistinctOn: "DISTINCT ON", kindLimit: "LIMIT", kindOffset: "OFFSET", kindReturning: "RETURNING", kindValues: "VALUES",
	kindValuesSingle: "VALUES", kindCheck: "CHECK", kindDefault: "DEFAULT", kindIndexExpr: "index expression",
	kindIndexPredicate: "index predicate", kindTransform: "USING", kindExecute: "EXECUTE", kindGenerated: "GENERATED AS",
	kindCopyWhere: "WHERE", kindCall: "CALL", kindTriggerWhen: "WHEN",
	kindPartitionKey: "PARTITION BY", kindPartitionBound: "partition bound",
	kindMergeWhen: "MERGE WHEN", kindStatistics: "statistics expression",
}

// notAllowed is the text for aggregates, window functions and set-returning functions that may not stand in a clause; "" means that they may.
func (k exprKind) aggregateError() string {
	switch k {
	case kindOther, kindHaving, kindWindowPartition, kindWindowOrder, kindSelect, kindOrderBy, kindDistinctOn:
		return ""
	case kindFromSubselect:
		return "aggregate functions are not allowed in FROM clause of their own query level"
	}
	return "aggregate functions are not allowed in " + k.place()
}

func (k exprKind) windowError() string {
	switch k {
	case kindOther, kindSelect, kindOrderBy, kindDistinctOn:
		return ""
	case kindWindowPartition, kindWindowOrder, kindWindowRange, kindWindowRows, kindWindowGroups:
		return "window functions are not allowed in window definitions"
	}
	return "window functions are not allowed in " + k.place()
}

func (k exprKind) srfError() string {
	switch k {
	case kindOther, kindSelect, kindOrderBy, kindDistinctOn, kindGroupBy, kindValuesSingle, kindInsertTarget, kindFromFunction:
		return ""
	case kindWindowPartition, kindWindowOrder:
		return ""
	case kindWindowRange, kindWindowRows, kindWindowGroups:
		return "set-returning functions are not allowed in window definitions"
	}
	return "set-returning functions are not allowed in " + k.place()
}

// place is how the three messages name the clause.
func (k exprKind) place() string {
	switch k {
	case kindJoinOn:
		return "JOIN conditions"
	case kindFromFunction:
		return "functions in FROM"
	case kindCheck:
		return "check constraints"
	case kindDefault:
		return "DEFAULT expressions"
	case kindIndexExpr:
		return "index expressions"
	case kindIndexPredicate:
		return "index predicates"
	case kindTransform:
		return "transform expressions"
	case kindExecute:
		return "EXECUTE parameters"
	case kindGenerated:
		return "column generation expressions"
	case kindCopyWhere:
		return "COPY FROM WHERE conditions"
	case kindCall:
		return "CALL arguments"
	case kindTriggerWhen:
		return "trigger WHEN conditions"
	case kindPartitionKey:
		return "partition key expressions"
	case kindPartitionBound:
		return "partition bound"
	case kindStatistics:
		return "statistics expressions"
	case kindMergeWhen:
		return "MERGE WHEN conditions"
	}
	return kindNames[k]
}

// subqueryError is the text for subqueries where none may stand.
func (k exprKind) subqueryError() string {
	switch k {
	case kindCheck:
		return "cannot use subquery in check constraint"
	case kindDefault:
		return "cannot use subquery in DEFAULT expression"
	case kindIndexExpr:
		return "cannot use subquery in index expression"
	case kindIndexPredicate:
		return "cannot use subquery in index predicate"
	case kindTransform:
		return "cannot use subquery in transform expression"
	case kindExecute:
		return "cannot use subquery in EXECUTE parameter"
	case kindCopyWhere:
		return "cannot use subquery in COPY FROM WHERE condition"
	case kindPartitionKey:
		return "cannot use subquery in partition key expression"
	case kindPartitionBound:
		return "cannot use subquery in partition bound"
	case kindStatistics:
		return "cannot use subquery in statistics expression"
	case kindGenerated:
		return "cannot use subquery in column generation expression"
	case kindTriggerWhen:
		return "cannot use subquery in trigger WHEN condition"
	}
	return ""
}
