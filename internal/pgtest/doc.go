// Package pgtest gives a test a real PostgreSQL: an empty database of its own
// ([New]), a copy of one that was built once ([NewFrom]), or a whole server that
// it may kill ([StartPrivate]).
//
// A package that uses it needs
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// The server is the one that HOLDFAST_TEST_DATABASE_URL names (`make test` starts
// one for all packages with cmd/pgtestserver); without it each test binary starts
// its own in a temporary directory when the first test asks, and removes it at
// the end. HOLDFAST_POSTGRES_BIN chooses the programs, as for the product.
//
// It owns the databases it makes: those of tests (t_…) are dropped when their
// test ends, templates (tpl_…) stay until the server goes. It does not own a
// schema: what is built into a template is the caller's. Only tests import it,
// and the command beside it.
package pgtest
