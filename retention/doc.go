// Package retention holds the nouns of Holdfast: policies, periods, holds,
// scopes, runs, batches, actors and the kinds of error. It is the language that
// the store (our own tables) and the engine (the governed database) share.
//
// It is pure: no I/O, no clock, no SQL. It owns what a valid noun is and how it
// is written; it does not own what a database thinks of it (engine/plan) nor
// how it is kept (store).
package retention
