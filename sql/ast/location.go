package ast

// Location is where an expression starts: the smallest position of the node
// and its leftmost parts, -1 if unknown. Errors about an expression as a whole
// ("argument of WHERE must be type boolean") point there.
func Location(n Node) int {
	switch n := n.(type) {
	case nil:
		return -1
	case *Const:
		return n.Pos
	case *ColumnRef:
		return n.Pos
	case *ParamRef:
		return n.Pos
	case *AExpr:
		return leftmost(n.Pos, exprLocation(n.Left))
	case *TypeCast:
		// The type can start before the argument (DATE '…'), the
		// argument before the :: (x::date), and CAST before both.
		loc := leftmost(n.Pos, exprLocation(n.Arg))
		if n.Type != nil {
			loc = leftmost(loc, n.Type.Pos)
		}
		return loc
	case *FuncCall:
		loc := n.Pos
		for _, a := range n.Args {
			loc = leftmost(loc, exprLocation(a))
		}
		return loc
	case *BoolExpr:
		loc := n.Pos
		if n.Op != Not && len(n.Args) > 0 {
			loc = leftmost(loc, exprLocation(n.Args[0]))
		}
		return loc
	case *NamedArgExpr:
		return leftmost(n.Pos, exprLocation(n.Arg))
	case *SubLink:
		return leftmost(exprLocation(n.TestExpr), n.Pos)
	case *NullTest:
		return leftmost(n.Pos, exprLocation(n.Arg))
	case *BooleanTest:
		return leftmost(n.Pos, exprLocation(n.Arg))
	case *AIndirection:
		return exprLocation(n.Arg)
	case *CollateClause:
		return leftmost(exprLocation(n.Arg), n.Pos)
	case *ResTarget:
		return n.Pos
	case *SortBy:
		return exprLocation(n.Expr)
	case *List:
		for _, e := range n.Items {
			if loc := exprLocation(e); loc >= 0 {
				return loc
			}
		}
		return n.Pos
	}
	return locationOfRest(n)
}

// locationOfRest is Location of the nodes that start at their own position.
func locationOfRest(n Node) int {
	switch n := n.(type) {
	case *CaseExpr:
		return n.Pos
	case *CaseWhen:
		return n.Pos
	case *RowExpr:
		return n.Pos
	case *CoalesceExpr:
		return n.Pos
	case *MinMaxExpr:
		return n.Pos
	case *SQLValueFunction:
		return n.Pos
	case *AArrayExpr:
		return n.Pos
	case *GroupingFunc:
		return n.Pos
	case *GroupingSet:
		return n.Pos
	case *SetToDefault:
		return n.Pos
	case *MergeSupportFunc:
		return n.Pos
	case *XMLExpr:
		return n.Pos
	case *XMLSerialize:
		return n.Pos
	case *RangeVar:
		return n.Pos
	case *TypeName:
		return n.Pos
	case *Constraint:
		return n.Pos
	case *WithClause:
		return n.Pos
	case *CommonTableExpr:
		return n.Pos
	case *WindowDef:
		return n.Pos
	case *JSONValueExpr:
		return exprLocation(n.Expr)
	case *JSONIsPredicate:
		return leftmost(exprLocation(n.Expr), n.Pos)
	}
	return locationOfJSON(n)
}

func locationOfJSON(n Node) int {
	switch n := n.(type) {
	case *JSONObjectConstructor:
		return n.Pos
	case *JSONArrayConstructor:
		return n.Pos
	case *JSONArrayQueryConstructor:
		return n.Pos
	case *JSONAggConstructor:
		return n.Pos
	case *JSONParseExpr:
		return n.Pos
	case *JSONScalarExpr:
		return n.Pos
	case *JSONSerializeExpr:
		return n.Pos
	case *JSONFuncExpr:
		return n.Pos
	}
	return -1
}

// exprLocation is Location of an expression that may be a nil interface.
func exprLocation(e Expr) int {
	if e == nil {
		return -1
	}
	return Location(e)
}

func leftmost(a, b int) int {
	switch {
	case a < 0:
		return b
	case b < 0:
		return a
	}
	return min(a, b)
}
