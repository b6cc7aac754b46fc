// Package acl has the privileges of roles on objects: what there are (Privs), who has them (ACL), and how GRANT and REVOKE change that.
//
// The rules are PostgreSQL's. An ACL lists, for each pair of grantee and grantor, privileges and those that may be passed on. The owner of an
// object may always pass on everything; an object whose ACL is nil has Default's. Who revokes a grant option takes away what was granted by
// means of it (ACL.Update), so that every item can be traced back to the owner. Roles are OIDs here; what roles a role is a member of is
// for the caller to say (Members). Nothing in this package knows descriptors or statements.
package acl
