package ast

import "strings"

// objectWords are the keywords that name a kind of object.
var objectWords = [...]string{
	ObjectAccessMethod:         "ACCESS METHOD",
	ObjectAggregate:            "AGGREGATE",
	ObjectAmop:                 "OPERATOR",
	ObjectAmproc:               "FUNCTION",
	ObjectAttribute:            "ATTRIBUTE",
	ObjectCast:                 "CAST",
	ObjectColumn:               "COLUMN",
	ObjectCollation:            "COLLATION",
	ObjectConversion:           "CONVERSION",
	ObjectDatabase:             "DATABASE",
	ObjectDefault:              "DEFAULT",
	ObjectDefACL:               "DEFAULT PRIVILEGES",
	ObjectDomain:               "DOMAIN",
	ObjectDomConstraint:        "CONSTRAINT",
	ObjectEventTrigger:         "EVENT TRIGGER",
	ObjectExtension:            "EXTENSION",
	ObjectFDW:                  "FOREIGN DATA WRAPPER",
	ObjectForeignServer:        "SERVER",
	ObjectForeignTable:         "FOREIGN TABLE",
	ObjectFunction:             "FUNCTION",
	ObjectIndex:                "INDEX",
	ObjectLanguage:             "LANGUAGE",
	ObjectLargeObject:          "LARGE OBJECT",
	ObjectMatView:              "MATERIALIZED VIEW",
	ObjectOpClass:              "OPERATOR CLASS",
	ObjectOperator:             "OPERATOR",
	ObjectOpFamily:             "OPERATOR FAMILY",
	ObjectParameterACL:         "PARAMETER",
	ObjectPolicy:               "POLICY",
	ObjectProcedure:            "PROCEDURE",
	ObjectPublication:          "PUBLICATION",
	ObjectPublicationNamespace: "PUBLICATION",
	ObjectPublicationRel:       "PUBLICATION",
	ObjectRole:                 "ROLE",
	ObjectRoutine:              "ROUTINE",
	ObjectRule:                 "RULE",
	ObjectSchema:               "SCHEMA",
	ObjectSequence:             "SEQUENCE",
	ObjectSubscription:         "SUBSCRIPTION",
	ObjectStatisticExt:         "STATISTICS",
	ObjectTabConstraint:        "CONSTRAINT",
	ObjectTable:                "TABLE",
	ObjectTablespace:           "TABLESPACE",
	ObjectTransform:            "TRANSFORM",
	ObjectTrigger:              "TRIGGER",
	ObjectTSConfiguration:      "TEXT SEARCH CONFIGURATION",
	ObjectTSDictionary:         "TEXT SEARCH DICTIONARY",
	ObjectTSParser:             "TEXT SEARCH PARSER",
	ObjectTSTemplate:           "TEXT SEARCH TEMPLATE",
	ObjectDataType:             "TYPE",
	ObjectUserMapping:          "USER MAPPING",
	ObjectView:                 "VIEW",
}

// String is the words of SQL that name the kind: TABLE, FOREIGN DATA WRAPPER.
func (t ObjectType) String() string {
	if int(t) < len(objectWords) {
		return objectWords[t]
	}
	return "???"
}

// CommandTag is what the server answers when a statement is done, without the
// row counts that it appends for some.
func CommandTag(s Stmt) string {
	switch s := s.(type) {
	case *SelectStmt:
		return selectTag(s)
	case *InsertStmt:
		return "INSERT"
	case *UpdateStmt:
		return "UPDATE"
	case *DeleteStmt:
		return "DELETE"
	case *MergeStmt:
		return "MERGE"
	case *TransactionStmt:
		return transactionTag(s)
	case *DropStmt:
		return "DROP " + s.RemoveType.String()
	case *CreateTableAsStmt:
		if s.ObjType == ObjectMatView {
			return "CREATE MATERIALIZED VIEW"
		}
		return "CREATE TABLE AS"
	case *AlterTableStmt:
		return alterTag(s.ObjType)
	case *AlterTableMoveAllStmt:
		return alterTag(s.ObjType)
	case *RenameStmt:
		return renameTag(s)
	case *AlterObjectSchemaStmt:
		return alterTag(s.ObjectType)
	case *AlterOwnerStmt:
		return alterTag(s.ObjectType)
	case *AlterObjectDependsStmt:
		return alterTag(s.ObjectType)
	case *AlterFunctionStmt:
		return alterTag(s.ObjType)
	case *DefineStmt:
		return "CREATE " + s.Kind.String()
	case *CreateFunctionStmt:
		if s.IsProcedure {
			return "CREATE PROCEDURE"
		}
		return "CREATE FUNCTION"
	}
	return sessionTag(s)
}

func selectTag(s *SelectStmt) string {
	if s.Into != nil {
		return "SELECT INTO"
	}
	if len(s.Locking) > 0 {
		return [...]string{"SELECT FOR KEY SHARE", "SELECT FOR SHARE", "SELECT FOR NO KEY UPDATE",
			"SELECT FOR UPDATE"}[s.Locking[0].Strength]
	}
	return "SELECT"
}

func transactionTag(s *TransactionStmt) string {
	switch s.Kind {
	case TransBegin:
		return "BEGIN"
	case TransStart:
		return "START TRANSACTION"
	case TransCommit:
		return "COMMIT"
	case TransRollback, TransRollbackTo:
		return "ROLLBACK"
	case TransSavepoint:
		return "SAVEPOINT"
	case TransRelease:
		return "RELEASE"
	case TransPrepare:
		return "PREPARE TRANSACTION"
	case TransCommitPrepared:
		return "COMMIT PREPARED"
	}
	return "ROLLBACK PREPARED"
}

func alterTag(t ObjectType) string {
	switch t {
	case ObjectColumn, ObjectTabConstraint:
		return "ALTER TABLE"
	case ObjectDomConstraint:
		return "ALTER DOMAIN"
	case ObjectAttribute:
		return "ALTER TYPE"
	}
	return "ALTER " + t.String()
}

func renameTag(s *RenameStmt) string {
	switch s.RenameType {
	case ObjectColumn, ObjectAttribute:
		return alterTag(s.RelationType)
	}
	return alterTag(s.RenameType)
}

// sessionTag is CommandTag of what concerns the session and the server.
func sessionTag(s Stmt) string {
	switch s := s.(type) {
	case *VariableSetStmt:
		if s.Kind == VarReset || s.Kind == VarResetAll {
			return "RESET"
		}
		return "SET"
	case *VariableShowStmt:
		return "SHOW"
	case *DiscardStmt:
		return [...]string{"DISCARD ALL", "DISCARD PLANS", "DISCARD SEQUENCES", "DISCARD TEMP"}[s.Target]
	case *ExplainStmt:
		return "EXPLAIN"
	case *PrepareStmt:
		return "PREPARE"
	case *ExecuteStmt:
		return "EXECUTE"
	case *DeallocateStmt:
		if s.All {
			return "DEALLOCATE ALL"
		}
		return "DEALLOCATE"
	case *DeclareCursorStmt:
		return "DECLARE CURSOR"
	case *ClosePortalStmt:
		if s.All {
			return "CLOSE CURSOR ALL"
		}
		return "CLOSE CURSOR"
	case *FetchStmt:
		if s.IsMove {
			return "MOVE"
		}
		return "FETCH"
	case *VacuumStmt:
		if s.IsVacuum {
			return "VACUUM"
		}
		return "ANALYZE"
	case *GrantStmt:
		if s.IsGrant {
			return "GRANT"
		}
		return "REVOKE"
	case *GrantRoleStmt:
		if s.IsGrant {
			return "GRANT ROLE"
		}
		return "REVOKE ROLE"
	case *CreateForeignTableStmt:
		return "CREATE FOREIGN TABLE"
	case *AlterExtensionContentsStmt:
		return "ALTER EXTENSION"
	case *CompositeTypeStmt, *CreateEnumStmt, *CreateRangeStmt:
		return "CREATE TYPE"
	case *AlterEnumStmt, *AlterTypeStmt:
		return "ALTER TYPE"
	}
	return fixedTag(s)
}

// fixedTag is CommandTag of statements whose words do not depend on their parts.
func fixedTag(s Stmt) string {
	switch s.(type) {
	case *CreateStmt:
		return "CREATE TABLE"
	case *IndexStmt:
		return "CREATE INDEX"
	case *ViewStmt:
		return "CREATE VIEW"
	case *RefreshMatViewStmt:
		return "REFRESH MATERIALIZED VIEW"
	case *CreateSeqStmt:
		return "CREATE SEQUENCE"
	case *AlterSeqStmt:
		return "ALTER SEQUENCE"
	case *CreateSchemaStmt:
		return "CREATE SCHEMA"
	case *TruncateStmt:
		return "TRUNCATE TABLE"
	case *CommentStmt:
		return "COMMENT"
	case *SecLabelStmt:
		return "SECURITY LABEL"
	case *CopyStmt:
		return "COPY"
	case *LockStmt:
		return "LOCK TABLE"
	case *CallStmt:
		return "CALL"
	case *DoStmt:
		return "DO"
	case *NotifyStmt:
		return "NOTIFY"
	case *ListenStmt:
		return "LISTEN"
	case *UnlistenStmt:
		return "UNLISTEN"
	case *LoadStmt:
		return "LOAD"
	case *ConstraintsSetStmt:
		return "SET CONSTRAINTS"
	case *CheckPointStmt:
		return "CHECKPOINT"
	case *ClusterStmt:
		return "CLUSTER"
	case *ReindexStmt:
		return "REINDEX"
	}
	name := strings.TrimSuffix(typeName(s), "Stmt")
	if tag, ok := objectTags[name]; ok {
		return tag
	}
	return "???"
}
