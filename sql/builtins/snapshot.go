package builtins

import (
	"strconv"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// TransactionEnv is what the functions of transaction numbers ask of a session.
type TransactionEnv interface {
	// TransactionID is the number of the transaction; without assign only if it has one already.
	TransactionID(assign bool) (xid uint64, ok bool)
	// TransactionSnapshot is what the statement sees.
	TransactionSnapshot() *types.Snapshot
	// TransactionStatus is "committed", "aborted" or "in progress", "" for a transaction that is too old to tell.
	TransactionStatus(xid uint64) (string, error)
}

func snapshotOf(d types.Datum) *types.Snapshot {
	if v, ok := d.Ref().(*types.Snapshot); ok {
		return v
	}
	return &types.Snapshot{}
}

// numericLSN makes a pg_lsn of its number.
func numericLSN(n types.Numeric) (int64, error) {
	if n.IsNaN() {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "cannot convert NaN to pg_lsn")
	}
	if n.IsInf(0) {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "cannot convert infinity to pg_lsn")
	}
	u, err := strconv.ParseUint(n.Round(0).String(), 10, 64)
	if err != nil {
		return 0, pgerr.New(pgerr.InvalidParameterValue, "pg_lsn out of range")
	}
	return int64(u), nil
}

func snapshotCodes() []code {
	session := func(f func(e TransactionEnv, a []types.Datum) (types.Datum, error)) scalarFn {
		return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			e, ok := c.Env.(TransactionEnv)
			if !ok {
				return types.Null, pgerr.FeatureNotSupported("transaction numbers")
			}
			return f(e, a)
		}
	}
	id := func(assign bool) scalarFn {
		return session(func(e TransactionEnv, _ []types.Datum) (types.Datum, error) {
			if xid, ok := e.TransactionID(assign); ok {
				return types.NewInt(int64(xid)), nil
			}
			return types.Null, nil
		})
	}
	return []code{
		{src: "numeric_pg_lsn", kernel: try1(nums, ints, numericLSN)},
		{src: "pg_current_xact_id", scalar: id(true)}, {src: "pg_current_xact_id_if_assigned", scalar: id(false)},
		{src: "pg_current_snapshot", scalar: session(func(e TransactionEnv, _ []types.Datum) (types.Datum, error) {
			return types.NewRef(e.TransactionSnapshot()), nil
		})},
		{src: "pg_xact_status", scalar: session(func(e TransactionEnv, a []types.Datum) (types.Datum, error) {
			s, err := e.TransactionStatus(uint64(a[0].Int()))
			if s == "" {
				return types.Null, err
			}
			return types.NewStr(s), err
		})},
		{src: "pg_snapshot_xmin", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(snapshotOf(a[0]).Xmin)), nil
		}},
		{src: "pg_snapshot_xmax", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewInt(int64(snapshotOf(a[0]).Xmax)), nil
		}},
		{src: "pg_visible_in_snapshot", scalar: func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewBool(snapshotOf(a[1]).Visible(uint64(a[0].Int()))), nil
		}},
		{src: "pg_snapshot_xip", set: func(_ *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
			if anyNullDatum(a) {
				return seriesOf(noSet), nil
			}
			var out []types.Datum
			for _, x := range snapshotOf(a[0]).Running {
				out = append(out, types.NewInt(int64(x)))
			}
			return listSource(out), nil
		}},
	}
}
