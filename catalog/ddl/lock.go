package ddl

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// lockMode is how strongly a statement locks the relations that it changes.
func lockMode(stmt ast.Stmt) catalog.RelationLock {
	switch s := stmt.(type) {
	case *ast.IndexStmt:
		if s.Concurrent {
			return catalog.ShareUpdateExclusive
		}
		return catalog.Share
	case *ast.DropStmt:
		if s.Concurrent {
			return catalog.ShareUpdateExclusive
		}
	case *ast.CommentStmt:
		return catalog.ShareUpdateExclusive
	case *ast.RefreshMatViewStmt:
		if s.Concurrent {
			return catalog.ExclusiveLock
		}
	case *ast.CreateTrigStmt:
		return catalog.ShareRowExclusive
	case *ast.RenameStmt:
		if s.RenameType == ast.ObjectIndex {
			return catalog.ShareUpdateExclusive
		}
	case *ast.AlterTableStmt:
		mode := catalog.RelationLock(0)
		for _, cmd := range s.Cmds {
			mode = max(mode, alterLock(cmd))
		}
		return mode
	}
	return catalog.AccessExclusive
}

// alterLock is the lock that a command of ALTER TABLE needs (PostgreSQL's AlterTableGetLockLevel): weaker than AccessExclusive where
// neither rows nor how they are read change.
func alterLock(cmd *ast.AlterTableCmd) catalog.RelationLock {
	switch cmd.Kind {
	case ast.EnableTrig, ast.EnableAlwaysTrig, ast.EnableReplicaTrig, ast.DisableTrig, ast.EnableTrigAll, ast.DisableTrigAll, ast.EnableTrigUser,
		ast.DisableTrigUser:
		return catalog.ShareRowExclusive
	case ast.AddConstraint:
		if c, ok := cmd.Def.(*ast.Constraint); ok && c.Kind == ast.ConstrForeign {
			return catalog.ShareRowExclusive
		}
	case ast.SetStatistics, ast.SetOptions, ast.ResetOptions, ast.ClusterOn, ast.DropCluster, ast.ValidateConstraint, ast.AttachPartition,
		ast.DetachPartitionFinalize:
		return catalog.ShareUpdateExclusive
	case ast.DetachPartition:
		if pc, ok := cmd.Def.(*ast.PartitionCmd); ok && pc.Concurrent {
			return catalog.ShareUpdateExclusive
		}
	case ast.SetRelOptions, ast.ResetRelOptions:
		if defs, ok := cmd.Def.(*ast.DefElems); ok {
			return optionsLock(defs.Items)
		}
	}
	return catalog.AccessExclusive
}

// optionsLock is the lock for a change of storage parameters.
func optionsLock(defs []*ast.DefElem) catalog.RelationLock {
	for _, d := range defs {
		switch d.Name {
		case "user_catalog_table", "security_barrier", "security_invoker", "check_option", "fastupdate", "gin_pending_list_limit", "buffering",
			"pages_per_range", "autosummarize":
			return catalog.AccessExclusive
		}
	}
	return catalog.ShareUpdateExclusive
}

// lockRelation finds a relation of the current role and locks it for a change, in the statement's mode (an index by its table). The
// result is the version that holds once the lock is there.
func (x *Executor) lockRelation(ctx context.Context, rv *ast.RangeVar) (catalog.Relation, error) {
	return x.lockRelationIf(ctx, rv, x.mustOwnRelation)
}

// lockRelationIf is lockRelation with another check of what the current role may do. It comes before the lock, so that who may
// not do anything does not wait, nor make others wait.
func (x *Executor) lockRelationIf(ctx context.Context, rv *ast.RangeVar, allowed func(catalog.Relation) error) (catalog.Relation, error) {
	for {
		rel, err := x.lookup(rv)
		if err != nil {
			return nil, err
		}
		if err := allowed(rel); err != nil {
			return nil, err
		}
		if err := x.lockOID(ctx, rel); err != nil {
			return nil, err
		}
		again, err := x.lookup(rv)
		if err != nil {
			return nil, err
		}
		if again.RelOID() == rel.RelOID() {
			return again, nil
		}
	}
}

// lockOID locks the relation and the descriptor that hold rel, in the statement's mode.
func (x *Executor) lockOID(ctx context.Context, rel catalog.Relation) error {
	switch r := rel.(type) {
	case functionObject:
		return x.Txn.Lock(ctx, kv.Exclusive, r.Function)
	case typeObject:
		return x.Txn.Lock(ctx, kv.Exclusive, r.Type)
	case object:
		return x.Txn.Lock(ctx, kv.Exclusive, r.Object)
	case *catalog.Index:
		t, ok := x.Txn.Newest().Table(r.Table)
		if !ok {
			return nil // it went with its table
		}
		return x.Txn.LockTo(ctx, x.mode, t)
	case *catalog.Table:
		if r.Virtual != nil {
			return errSystemCatalog(r)
		}
	case *catalog.View:
		if r.OID < catalog.FirstUserOID {
			return errSystemCatalog(r)
		}
	}
	return x.Txn.LockTo(ctx, x.mode, rel)
}

// locking changes the mode in which lockOID locks, until the function that it returns is called.
func (x *Executor) locking(mode catalog.RelationLock) (done func()) {
	was := x.mode
	x.mode = mode
	return func() { x.mode = was }
}

func errSystemCatalog(rel catalog.Relation) error {
	return pgerr.New(pgerr.InsufficientPrivilege, "permission denied: %q is a system catalog", rel.RelName())
}

// lockTable is lockRelation of a table.
func (x *Executor) lockTable(ctx context.Context, rv *ast.RangeVar) (*catalog.Table, error) {
	return x.lockTableIf(ctx, rv, x.mustOwnRelation)
}

// lockTableIf is lockRelationIf of a table.
func (x *Executor) lockTableIf(ctx context.Context, rv *ast.RangeVar, allowed func(catalog.Relation) error) (*catalog.Table, error) {
	rel, err := x.lockRelationIf(ctx, rv, allowed)
	if err != nil {
		return nil, err
	}
	t, ok := rel.(*catalog.Table)
	if !ok {
		return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a table", rel.RelName())
	}
	return t, nil
}
