package types

// OID is a PostgreSQL object identifier.
type OID uint32

// T is a SQL type with its modifier.
type T struct {
	OID OID
	// Mod is PostgreSQL's typmod: -1 none; varchar(n)/char(n): n+4; numeric(p,s): (p<<16|s)+4 (s in 11 bits, signed);
	// time/timestamp(p): p.
	Mod int32
}

// Of is the type with that OID and no modifier.
func Of(oid OID) T { return T{OID: oid, Mod: -1} }
