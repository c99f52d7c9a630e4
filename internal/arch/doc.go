// Package arch holds tests for what no compiler checks: the arrows between the
// rooms of the house (docs/architecture.md), where SQL that changes rows may be
// written, and that the documents and the compose file say what is there.
//
// It owns the list of rooms: a new package fails the test until it stands in it,
// with what it may import. Nothing imports this package.
package arch
