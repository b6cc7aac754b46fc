package settings

// ServerVersion is the version of PostgreSQL that the server presents to clients. pg_dump refuses servers newer than itself, so
// it is that of the oldest PostgreSQL whose clients are still common.
const ServerVersion = "15.18"
