// Package roles runs the statements about roles and privileges: CREATE, ALTER and DROP ROLE, GRANT and REVOKE of roles and of privileges,
// ALTER DEFAULT PRIVILEGES, REASSIGN OWNED and DROP OWNED.
//
// Executor.Run is the door. A statement locks the descriptors that it changes (roles, or the objects with an ACL), looks at their newest
// version, checks that the current role may do it, and writes the next version. What an ACL becomes is computed by catalog/acl.
package roles
