package acl

import (
	"slices"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Public is the grantee that stands for everybody.
const Public types.OID = 0

// Item is what one role has from another one.
type Item struct {
	Grantee types.OID
	Grantor types.OID
	Privs   Privs
	Options Privs `json:",omitempty"` // may be passed on
}

// ACL is the privileges on an object; nil means Default.
type ACL []Item

// Members tells how roles belong together.
type Members interface {
	// HasPrivileges reports whether member is role, or has its privileges by inheritance; a superuser has those of all.
	HasPrivileges(member, role types.OID) bool
	// Superuser reports whether a role is one.
	Superuser(role types.OID) bool
	// Inherited lists role and the roles whose privileges it has, the nearest first.
	Inherited(role types.OID) []types.OID
}

// Default is the ACL of a new object.
func Default(k Kind, owner types.OID) ACL {
	if k == Column {
		return nil
	}
	var a ACL
	if p := k.public(); p != 0 {
		a = append(a, Item{Grantee: Public, Grantor: owner, Privs: p})
	}
	return append(a, Item{Grantee: owner, Grantor: owner, Privs: k.All()})
}

// Mask is what of want a role has: some of it is enough if any, then the answer may be incomplete. The owner has it
// if the ACL says so.
func (a ACL) Mask(m Members, role types.OID, want Privs, any bool) Privs {
	var got Privs
	done := func() bool { return got == want || any && got != 0 }
	for _, it := range a {
		if it.Grantee == Public || it.Grantee == role {
			if got |= it.Privs & want; done() {
				return got
			}
		}
	}
	for _, it := range a {
		if it.Grantee == Public || it.Grantee == role || it.Privs&want&^got == 0 {
			continue
		}
		if m.HasPrivileges(role, it.Grantee) {
			if got |= it.Privs & want; done() {
				return got
			}
		}
	}
	return got
}

// Options is what of want a role may pass on.
func (a ACL) Options(m Members, role, owner types.OID, want Privs) Privs {
	if m.HasPrivileges(role, owner) {
		return want
	}
	var got Privs
	for _, it := range a {
		if it.Options&want&^got != 0 && (it.Grantee == Public || it.Grantee == role || m.HasPrivileges(role, it.Grantee)) {
			got |= it.Options & want
		}
	}
	return got
}

// direct is what of want a role may pass on by itself, not by the roles that it is a member of.
func (a ACL) direct(role, owner types.OID, want Privs) Privs {
	if role == owner {
		return want
	}
	var got Privs
	for _, it := range a {
		if it.Grantee == role {
			got |= it.Options & want
		}
	}
	return got
}

// BestGrantor picks in whose name a role grants or revokes: the owner if it may, or else the role among those whose privileges it has that
// may pass on most of want. can is what that one may pass on.
func (a ACL) BestGrantor(m Members, role, owner types.OID, want Privs) (grantor types.OID, can Privs) {
	if role == owner || m.Superuser(role) {
		return owner, want
	}
	grantor = role
	for _, r := range m.Inherited(role) {
		got := a.direct(r, owner, want)
		if got == want {
			return r, got
		}
		if got.Count() > can.Count() {
			grantor, can = r, got
		}
	}
	return grantor, can
}

// Change is one GRANT or REVOKE on an object.
type Change struct {
	Grant   bool
	Option  bool // WITH GRANT OPTION, GRANT OPTION FOR
	Cascade bool
	Privs   Privs
	Grantor types.OID
	Owner   types.OID
	Members Members
}

// Apply is the ACL after the change for all grantees.
func (a ACL) Apply(c Change, grantees []types.OID) (ACL, error) {
	out := slices.Clone(a)
	if out == nil {
		out = ACL{}
	}
	for _, g := range grantees {
		if c.Grant && c.Option && g == Public {
			return nil, pgerr.New(pgerr.InvalidGrantOperation, "grant options can only be granted to roles")
		}
		it := Item{Grantee: g, Grantor: c.Grantor}
		if c.Grant || !c.Option {
			it.Privs = c.Privs
		}
		if !c.Grant || c.Option {
			it.Options = c.Privs
		}
		var err error
		if out, err = out.update(it, &c); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// update adds what an item has, or takes it away.
func (a ACL) update(mod Item, c *Change) (ACL, error) {
	if c.Grant && mod.Options != 0 {
		if err := a.checkCircle(mod, c); err != nil {
			return nil, err
		}
	}
	i := slices.IndexFunc(a, func(it Item) bool { return it.Grantee == mod.Grantee && it.Grantor == mod.Grantor })
	if i < 0 {
		i = len(a)
		a = append(a, Item{Grantee: mod.Grantee, Grantor: mod.Grantor})
	}
	it, before := &a[i], a[i].Options
	if c.Grant {
		it.Privs |= mod.Privs
		it.Options |= mod.Options
	} else {
		it.Privs &^= mod.Privs
		it.Options &^= mod.Options
	}
	lost := before &^ it.Options
	if it.Privs == 0 && it.Options == 0 {
		a = slices.Delete(a, i, i+1)
	}
	if lost == 0 {
		return a, nil
	}
	return a.abandon(mod.Grantee, lost, c)
}

// abandon takes away what a role granted by means of options that it has no more.
func (a ACL) abandon(grantor types.OID, lost Privs, c *Change) (ACL, error) {
	if grantor == c.Owner {
		return a, nil
	}
	if lost &^= a.Options(c.Members, grantor, c.Owner, lost); lost == 0 {
		return a, nil
	}
	for {
		i := slices.IndexFunc(a, func(it Item) bool { return it.Grantor == grantor && it.Privs&lost != 0 })
		if i < 0 {
			return a, nil
		}
		if !c.Cascade {
			return nil, pgerr.New(pgerr.DependentObjectsStillExist, "dependent privileges exist").WithHint("Use CASCADE to revoke them too.")
		}
		revoke := *c
		revoke.Grant = false
		var err error
		if a, err = a.update(Item{Grantee: a[i].Grantee, Grantor: grantor, Privs: lost, Options: lost}, &revoke); err != nil {
			return nil, err
		}
	}
}

// checkCircle refuses to give an option to somebody from whom it came.
func (a ACL) checkCircle(mod Item, c *Change) error {
	if mod.Grantor == c.Owner {
		return nil
	}
	revoke := *c
	revoke.Grant, revoke.Cascade = false, true
	rest := slices.Clone(a)
	for {
		i := slices.IndexFunc(rest, func(it Item) bool { return it.Grantee == mod.Grantee && it.Options != 0 })
		if i < 0 {
			break
		}
		var err error
		if rest, err = rest.update(Item{Grantee: mod.Grantee, Grantor: rest[i].Grantor, Options: rest[i].Options}, &revoke); err != nil {
			return err
		}
	}
	if mod.Options&^rest.Options(c.Members, mod.Grantor, c.Owner, mod.Options) != 0 {
		return pgerr.New(pgerr.InvalidGrantOperation, "grant options cannot be granted back to your own grantor")
	}
	return nil
}

// NewOwner is the ACL after a change of the owner: what the old one granted and had is the new one's.
func (a ACL) NewOwner(old, owner types.OID) ACL {
	if a == nil {
		return nil
	}
	out := ACL{}
	for _, it := range a {
		if it.Grantor == old {
			it.Grantor = owner
		}
		if it.Grantee == old {
			it.Grantee = owner
		}
		out = out.plus(it)
	}
	return out
}

// Names reports whether a role is a grantee or a grantor.
func (a ACL) Names(role types.OID) bool {
	return slices.ContainsFunc(a, func(it Item) bool { return it.Grantee == role || it.Grantor == role })
}

// Without is the ACL without what a role has or granted.
func (a ACL) Without(role types.OID) ACL {
	if a == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a), func(it Item) bool { return it.Grantee == role || it.Grantor == role })
}

// plus adds an item to a, which it may change: to the one of the same grantee and grantor, if there is one.
func (a ACL) plus(it Item) ACL {
	i := slices.IndexFunc(a, func(o Item) bool { return o.Grantee == it.Grantee && o.Grantor == it.Grantor })
	if i < 0 {
		return append(a, it)
	}
	a[i].Privs |= it.Privs
	a[i].Options |= it.Options
	return a
}

// Merge is a with what b adds.
func (a ACL) Merge(b ACL) ACL {
	out := slices.Clone(a)
	for _, it := range b {
		out = out.plus(it)
	}
	return out
}

// Equal reports whether two lists have the same items, in any order.
func (a ACL) Equal(b ACL) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(it Item) bool { return !slices.Contains(b, it) })
}
