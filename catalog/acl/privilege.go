package acl

import (
	"math/bits"
	"strings"
)

// Privs is a set of privileges.
type Privs uint32

// The privileges, in the order of their letters in text.
const (
	Insert Privs = 1 << iota
	Select
	Update
	Delete
	Truncate
	References
	Trigger
	Execute
	Usage
	Create
	Temporary
	Connect
	Set
	AlterSystem
)

// letters are the privileges as text shows them, by bit.
const letters = "arwdDxtXUCTcsA"

var names = []string{"INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "EXECUTE", "USAGE", "CREATE", "TEMPORARY",
	"CONNECT", "SET", "ALTER SYSTEM"}

// ByName is the privilege with that name, in any case.
func ByName(name string) (Privs, bool) {
	up := strings.ToUpper(name)
	if up == "TEMP" {
		return Temporary, true
	}
	for i, n := range names {
		if n == up {
			return 1 << i, true
		}
	}
	return 0, false
}

// Names lists the privileges of p.
func (p Privs) Names() []string {
	var out []string
	for i, n := range names {
		if p&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// Count is the number of privileges of p.
func (p Privs) Count() int { return bits.OnesCount32(uint32(p)) }

// Kind is a kind of object, by the letter that acldefault has for it.
type Kind byte

// The kinds of objects.
const (
	Relation      Kind = 'r'
	Column        Kind = 'c'
	Sequence      Kind = 's'
	Database      Kind = 'd'
	Function      Kind = 'f'
	Language      Kind = 'l'
	LargeObject   Kind = 'L'
	Schema        Kind = 'n'
	Tablespace    Kind = 't'
	ForeignWrap   Kind = 'F'
	ForeignServer Kind = 'S'
	Type          Kind = 'T'
	Parameter     Kind = 'p'
)

// All are the privileges that exist for a kind of object.
func (k Kind) All() Privs {
	switch k {
	case Relation:
		return Insert | Select | Update | Delete | Truncate | References | Trigger
	case Column:
		return Insert | Select | Update | References
	case Sequence:
		return Usage | Select | Update
	case Database:
		return Create | Temporary | Connect
	case Function:
		return Execute
	case LargeObject:
		return Select | Update
	case Schema:
		return Usage | Create
	case Tablespace:
		return Create
	case Language, Type, ForeignWrap, ForeignServer:
		return Usage
	case Parameter:
		return Set | AlterSystem
	}
	return 0
}

// public is what everybody may do with a new object.
func (k Kind) public() Privs {
	switch k {
	case Database:
		return Temporary | Connect
	case Function:
		return Execute
	case Language, Type:
		return Usage
	}
	return 0
}

// Columns is a set of columns, by number.
type Columns []uint64

// Add adds a column.
func (c *Columns) Add(n int) {
	for len(*c) <= n/64 {
		*c = append(*c, 0)
	}
	(*c)[n/64] |= 1 << (n % 64)
}

// Each calls f for the columns in ascending order until it returns false, and reports whether it never did.
func (c Columns) Each(f func(n int) bool) bool {
	for i, w := range c {
		for ; w != 0; w &= w - 1 {
			if !f(i*64 + bits.TrailingZeros64(w)) {
				return false
			}
		}
	}
	return true
}

// Empty reports whether there are no columns.
func (c Columns) Empty() bool {
	for _, w := range c {
		if w != 0 {
			return false
		}
	}
	return true
}
