// Package pglaunch runs the embedded PostgreSQL: it finds the programs that the
// system's package manager installed, makes a cluster once, starts the server as
// a child of this process, starts it again when it ends by itself, and stops it.
//
// It owns one directory (Config.DataDir) and these names in it:
//
//	postgres/      the cluster, made by initdb; never deleted and never upgraded here
//	postgres.new-* a cluster in the making; leftovers of a crash are removed
//	postgres.lock  held for the life of a Server or Keeper: never two on one directory
//	postgres.log   what the server writes; held (flock) by every process of the server
//	run            the socket's directory, or a symbolic link to it where the path is too long
//
// It does not own a schema, a role besides the superuser "holdfast", backups,
// upgrades between major versions, or any choice of when an embedded server is
// wanted: cmd/holdfast decides that (no HOLDFAST_DATABASE_URL), and
// internal/pgtest uses it for tests.
//
// There is no TCP port and no password. Who may connect is decided by the
// kernel's word on who is at the other end of the Unix socket (peer
// authentication): the operating system's user that runs this process, and the
// one that runs the server, both as the role holdfast.
package pglaunch
