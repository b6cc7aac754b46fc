package catalog

import (
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
)

// Keys of the catalog. All start with systemPrefix, which sorts before every table's rows (rowenc.DataPrefix):
//
//	01 'd' kind oid(4)           descriptor: format byte, JSON
//	01 'n' schema(4) name        name of a relation → oid(4); schema 0: names of schemas
//	01 'c' counter               next free number of a counter (8): 'o' OIDs, 's' key spaces
//	01 'i' storage(8)            first hidden row id of a table that is not reserved (8)
//	01 's' storage(8)            state of a sequence: last value (8), is_called (1)
//	01 'z' storage(8)            figures about a table's contents, by package stats
//
// Integers are big-endian.
const (
	systemPrefix = 0x01
	tagDesc      = 'd'
	tagName      = 'n'
	tagCounter   = 'c'
	tagRowID     = 'i'
	tagSequence  = 's'
	tagStats     = 'z'
)

// descFormat is the first byte of a stored descriptor.
const descFormat = 1

// Kinds of stored descriptors.
const (
	kindDatabase = 'D'
	kindRole     = 'R'
	kindSchema   = 'S'
	kindTable    = 'r'
	kindView     = 'v'
	kindSequence = 'q'
)

// descKind is the kind and OID of a descriptor that has a key of its own.
func descKind(d any) (kind byte, oid types.OID) {
	switch x := d.(type) {
	case *Database:
		return kindDatabase, x.OID
	case *Role:
		return kindRole, x.OID
	case *Schema:
		return kindSchema, x.OID
	case *Table:
		return kindTable, x.OID
	case *View:
		return kindView, x.OID
	case *Sequence:
		return kindSequence, x.OID
	case *Type:
		return kindType, x.OID
	case *Function:
		return kindFunction, x.OID
	case Object:
		return x.kind(), x.Head().OID
	}
	panic(fmt.Sprintf("catalog: %T has no key", d))
}

// descVersion is the version of a descriptor.
func descVersion(d any) uint64 {
	switch x := d.(type) {
	case *Database:
		return x.Version
	case *Role:
		return x.Version
	case *Schema:
		return x.Version
	case *Table:
		return x.Version
	case *View:
		return x.Version
	case *Sequence:
		return x.Version
	case *Type:
		return x.Version
	case *Function:
		return x.Version
	case Object:
		return x.Head().Version
	}
	return 0
}

func descKey(d any) []byte { return appendDescKey(nil, d) }

func appendDescKey(dst []byte, d any) []byte {
	kind, oid := descKind(d)
	return binary.BigEndian.AppendUint32(append(dst, systemPrefix, tagDesc, kind), uint32(oid))
}

func descRange() kv.Range {
	return kv.Range{Start: []byte{systemPrefix, tagDesc}, End: []byte{systemPrefix, tagDesc + 1}}
}

func nameKey(n relName) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{systemPrefix, tagName}, uint32(n.schema)), n.name...)
}

func counterKey(counter byte) []byte { return []byte{systemPrefix, tagCounter, counter} }

func sequenceKey(storage uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{systemPrefix, tagSequence}, storage)
}

// descNames lists the names that a descriptor takes in the namespaces, with the OIDs that they stand for.
func descNames(d any) map[relName]types.OID {
	switch x := d.(type) {
	case *Schema:
		return map[relName]types.OID{{0, x.Name}: x.OID}
	case *Role:
		return map[relName]types.OID{{0, rolePrefix + x.Name}: x.OID}
	case *Function:
		return map[relName]types.OID{functionKey(x): x.OID}
	case Object:
		return map[relName]types.OID{x.key(): x.Head().OID}
	case *Table:
		m := map[relName]types.OID{{x.Schema, x.Name}: x.OID}
		for _, i := range x.AllIndexes() {
			m[relName{x.Schema, i.Name}] = i.OID
		}
		return m
	case *Type:
		return typeNames(x)
	case Relation:
		return map[relName]types.OID{{x.RelSchema(), x.RelName()}: x.RelOID()}
	}
	return nil
}

func encodeDesc(d any) ([]byte, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("catalog: encode %T: %w", d, err)
	}
	return append([]byte{descFormat}, b...), nil
}

func decodeDesc(key, value []byte) (any, error) {
	if len(key) != 7 || len(value) < 2 || value[0] != descFormat {
		return nil, fmt.Errorf("catalog: descriptor at key %x: %w", key, kv.ErrCorrupt)
	}
	var d any
	switch key[2] {
	case kindDatabase:
		d = new(Database)
	case kindRole:
		d = new(Role)
	case kindSchema:
		d = new(Schema)
	case kindTable:
		d = new(Table)
	case kindView:
		d = new(View)
	case kindSequence:
		d = new(Sequence)
	case kindType:
		d = new(Type)
	case kindFunction:
		d = new(Function)
	default:
		if o, ok := newObject(key[2]); ok {
			d = o
			break
		}
		return nil, fmt.Errorf("catalog: descriptor kind %q: %w", key[2], kv.ErrCorrupt)
	}
	if err := json.Unmarshal(value[1:], d); err != nil {
		return nil, fmt.Errorf("catalog: descriptor at key %x: %v: %w", key, err, kv.ErrCorrupt)
	}
	if _, oid := descKind(d); uint32(oid) != binary.BigEndian.Uint32(key[3:]) {
		return nil, fmt.Errorf("catalog: descriptor at key %x holds OID %d: %w", key, oid, kv.ErrCorrupt)
	}
	return d, nil
}

// StatsKey is where the figures about the contents of a key space are kept.
func StatsKey(storage uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{systemPrefix, tagStats}, storage)
}

// StatsRange holds the figures of all tables.
func StatsRange() kv.Range {
	return kv.Range{Start: []byte{systemPrefix, tagStats}, End: []byte{systemPrefix, tagStats + 1}}
}

// StatsStorage is the key space that a key made by StatsKey is for.
func StatsStorage(key []byte) (uint64, bool) {
	if len(key) != 10 {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[2:]), true
}
