package ddl

import (
	"context"
	"math"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/reloption"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

func (x *Executor) createSequence(ctx context.Context, s *ast.CreateSeqStmt) error {
	schema, err := x.creationSchema(ctx, s.Sequence)
	if err != nil {
		return err
	}
	if _, ok := x.Txn.Newest().Relation(schema.OID, s.Sequence.Name); ok {
		if s.IfNotExists {
			x.notice(pgerr.Notice(pgerr.DuplicateTable, "relation %q already exists, skipping", s.Sequence.Name))
			return nil
		}
		return errRelationExists(s.Sequence.Name)
	}
	q := &catalog.Sequence{Schema: schema.OID, Name: s.Sequence.Name, Owner: x.Owner, Version: 1, Type: types.Int8OID}
	if err := x.sequenceOptions(q, s.Options, true, false); err != nil {
		return err
	}
	if err := x.newSequence(ctx, q); err != nil {
		return err
	}
	return x.create(ctx, q)
}

// newSequence gives a sequence its OID and counter.
func (x *Executor) newSequence(ctx context.Context, q *catalog.Sequence) error {
	var err error
	if q.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return err
	}
	q.Storage, err = x.Txn.Catalog().NewStorage(ctx)
	return err
}

func (x *Executor) alterSequence(ctx context.Context, s *ast.AlterSeqStmt) error {
	rel, err := x.lockRelation(ctx, s.Sequence)
	if err != nil {
		return x.missing(err, s.MissingOk, "relation", s.Sequence)
	}
	old, ok := rel.(*catalog.Sequence)
	if !ok {
		return pgerr.New(pgerr.WrongObjectType, "%q is not a sequence", rel.RelName())
	}
	return x.changeSequence(ctx, old, s.Options)
}

// changeSequence gives a sequence other options.
func (x *Executor) changeSequence(ctx context.Context, old *catalog.Sequence, options []*ast.DefElem) error {
	q := *old
	q.Version++
	last, _, called, err := x.Txn.Catalog().SequenceValue(ctx, old)
	if err != nil {
		return err
	}
	q.Initial, q.InitialCalled = last, called
	if err := x.sequenceOptions(&q, options, false, old.OwnedBy.Identity); err != nil {
		return err
	}
	if q.Initial != last || q.InitialCalled != called {
		if q.Storage, err = x.Txn.Catalog().NewStorage(ctx); err != nil {
			return err
		}
	}
	return x.update(ctx, old, &q)
}

// seqOptions are the options of CREATE and ALTER SEQUENCE as written.
type seqOptions struct {
	as                                         *ast.TypeName
	increment, max, min, start, restart, cache *ast.DefElem
	cycle, ownedBy                             *ast.DefElem
}

func (x *Executor) readSeqOptions(defs []*ast.DefElem, identity bool) (*seqOptions, error) {
	o := &seqOptions{}
	places := map[string]**ast.DefElem{"increment": &o.increment, "maxvalue": &o.max, "minvalue": &o.min, "start": &o.start,
		"restart": &o.restart, "cache": &o.cache, "cycle": &o.cycle, "owned_by": &o.ownedBy}
	for _, d := range defs {
		if d.Name == "as" {
			if o.as != nil {
				return nil, x.errConflictingOptions(d)
			}
			if identity {
				return nil, pgerr.New(pgerr.SyntaxError, "identity column data type cannot be changed").At(x.SQL, d.Pos)
			}
			o.as, _ = d.Arg.(*ast.TypeName)
			continue
		}
		if d.Name == "sequence_name" || d.Name == "logged" || d.Name == "unlogged" {
			continue
		}
		p, ok := places[d.Name]
		if !ok {
			return nil, pgerr.New(pgerr.SyntaxError, "option %q not recognized", d.Name)
		}
		if *p != nil {
			return nil, x.errConflictingOptions(d)
		}
		*p = d
	}
	return o, nil
}

func (x *Executor) errConflictingOptions(d *ast.DefElem) error {
	return pgerr.New(pgerr.SyntaxError, "conflicting or redundant options").At(x.SQL, d.Pos)
}

// sequenceOptions sets q's parameters. create: they start from the defaults. q.Initial is the counter, in and out.
func (x *Executor) sequenceOptions(q *catalog.Sequence, defs []*ast.DefElem, create, identity bool) error {
	o, err := x.readSeqOptions(defs, identity)
	if err != nil {
		return err
	}
	resetMax, resetMin := false, false
	if o.as != nil {
		t, err := x.Bind.Type(o.as)
		if err != nil {
			return err
		}
		switch t.OID {
		case types.Int2OID, types.Int4OID, types.Int8OID:
		default:
			return pgerr.New(pgerr.InvalidParameterValue, "sequence type must be smallint, integer, or bigint")
		}
		if !create { // bounds that were the old type's follow the new one
			lo, hi := typeBounds(q.Type)
			resetMax = q.Increment > 0 && q.Max == hi
			resetMin = q.Increment < 0 && q.Min == lo
		}
		q.Type = t.OID
	}
	if create {
		q.Increment, q.Cache = 1, 1
	}
	if o.increment != nil {
		if q.Increment, err = defInt(o.increment); err != nil {
			return err
		}
		if q.Increment == 0 {
			return pgerr.New(pgerr.InvalidParameterValue, "INCREMENT must not be zero")
		}
	}
	if o.cycle != nil {
		text, ok := reloption.Text(o.cycle)
		q.Cycle = !ok || text == "true" || text == "t"
	}
	if err := sequenceBounds(q, o, create || resetMax, create || resetMin); err != nil {
		return err
	}
	if err := sequenceStart(q, o, create); err != nil {
		return err
	}
	if o.cache != nil {
		if q.Cache, err = defInt(o.cache); err != nil {
			return err
		}
		if q.Cache <= 0 {
			return pgerr.New(pgerr.InvalidParameterValue, "CACHE (%d) must be greater than zero", q.Cache)
		}
	}
	return x.sequenceOwner(q, o.ownedBy, identity)
}

func typeBounds(oid types.OID) (lo, hi int64) {
	switch oid {
	case types.Int2OID:
		return math.MinInt16, math.MaxInt16
	case types.Int4OID:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

func sequenceBounds(q *catalog.Sequence, o *seqOptions, defMax, defMin bool) error {
	lo, hi := typeBounds(q.Type)
	var err error
	if o.max != nil && o.max.Arg != nil {
		if q.Max, err = defInt(o.max); err != nil {
			return err
		}
	} else if o.max != nil || defMax {
		q.Max = hi
		if q.Increment < 0 {
			q.Max = -1
		}
	}
	if q.Max < lo || q.Max > hi {
		return pgerr.New(pgerr.InvalidParameterValue, "MAXVALUE (%d) is out of range for sequence data type %s", q.Max,
			types.FormatType(q.Type, -1))
	}
	if o.min != nil && o.min.Arg != nil {
		if q.Min, err = defInt(o.min); err != nil {
			return err
		}
	} else if o.min != nil || defMin {
		q.Min = 1
		if q.Increment < 0 {
			q.Min = lo
		}
	}
	if q.Min < lo || q.Min > hi {
		return pgerr.New(pgerr.InvalidParameterValue, "MINVALUE (%d) is out of range for sequence data type %s", q.Min,
			types.FormatType(q.Type, -1))
	}
	if q.Min >= q.Max {
		return pgerr.New(pgerr.InvalidParameterValue, "MINVALUE (%d) must be less than MAXVALUE (%d)", q.Min, q.Max)
	}
	return nil
}

// sequenceStart sets START and the counter.
func sequenceStart(q *catalog.Sequence, o *seqOptions, create bool) error {
	var err error
	if o.start != nil {
		if q.Start, err = defInt(o.start); err != nil {
			return err
		}
	} else if create {
		q.Start = q.Min
		if q.Increment < 0 {
			q.Start = q.Max
		}
	}
	if err := inBounds(q, "START value", q.Start); err != nil {
		return err
	}
	if o.restart != nil {
		q.Initial = q.Start
		if o.restart.Arg != nil {
			if q.Initial, err = defInt(o.restart); err != nil {
				return err
			}
		}
		q.InitialCalled = false
	} else if create {
		q.Initial, q.InitialCalled = q.Start, false
	}
	return inBounds(q, "RESTART value", q.Initial)
}

func inBounds(q *catalog.Sequence, what string, v int64) error {
	if v < q.Min {
		return pgerr.New(pgerr.InvalidParameterValue, "%s (%d) cannot be less than MINVALUE (%d)", what, v, q.Min)
	}
	if v > q.Max {
		return pgerr.New(pgerr.InvalidParameterValue, "%s (%d) cannot be greater than MAXVALUE (%d)", what, v, q.Max)
	}
	return nil
}

// defInt is the value of a numeric option.
func defInt(d *ast.DefElem) (int64, error) {
	text, ok := reloption.Text(d)
	if !ok {
		return 0, pgerr.New(pgerr.SyntaxError, "%s requires a numeric value", d.Name)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, pgerr.New(pgerr.NumericValueOutOfRange, "value %q is out of range for type %s", text, "bigint")
	}
	return n, nil
}

// sequenceOwner is OWNED BY.
func (x *Executor) sequenceOwner(q *catalog.Sequence, d *ast.DefElem, identity bool) error {
	if d == nil {
		return nil
	}
	names, _ := d.Arg.(*ast.Names)
	if identity {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot change ownership of identity sequence")
	}
	if names == nil || len(names.Names) == 1 {
		if names != nil && names.Names[0] == "none" {
			q.OwnedBy = catalog.OwnedBy{}
			return nil
		}
		return pgerr.New(pgerr.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE.")
	}
	n := len(names.Names)
	rv := &ast.RangeVar{Name: names.Names[n-2], Pos: -1}
	if n > 2 {
		rv.Schema = names.Names[n-3]
	}
	rel, err := x.lookup(rv)
	if err != nil {
		return err
	}
	t, ok := rel.(*catalog.Table)
	if !ok {
		return pgerr.New(pgerr.WrongObjectType, "sequence cannot be owned by relation %q", rel.RelName())
	}
	if t.Schema != q.Schema {
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "sequence must be in same schema as table it is linked to")
	}
	c, _, ok := t.Column(names.Names[n-1])
	if !ok {
		return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", names.Names[n-1], t.Name)
	}
	q.OwnedBy = catalog.OwnedBy{Table: t.OID, Column: c.ID}
	return nil
}
