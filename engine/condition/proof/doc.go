// Package proof owns the proof that conditions and identifiers mean to PostgreSQL
// what they mean to us: PostgreSQL's own grammar (its C code, as libpg_query
// packs it) reads what engine/condition and retention.QuoteIdent print, and the
// two trees are compared node by node.
//
// It owns no rule of the grammar and it does not judge types or volatility: the
// server does, before a condition is saved. There is nothing but tests here, in a
// module of its own, so that the program does not depend on C. `make test` and
// `make fuzz` run them.
package proof
