// Package holdfast is the root of the module: the map of its rooms, and the public
// contract that they serve.
//
// Holdfast carries out declarative retention policies against a PostgreSQL
// database, lets legal holds override them, and keeps evidence of what it did and
// what it left alone. store speaks to our own tables, engine/target speaks to the
// governed database, retention is the language both use, api and web are two
// mouths of one engine.
//
//   - cmd/holdfast: the one binary and its commands
//   - retention: the nouns (policy, period, hold, run, actor, kinds of error); pure
//   - engine: the use-cases and the run's state machine, and the interfaces they need
//   - engine/condition, engine/plan, engine/sqlgen: pure; from a condition's text to
//     a tree, from a policy and the catalog to a plan, from a plan to statements
//   - engine/target: the governed database; the only place that runs destructive SQL
//   - store: our own tables
//   - migrations: the schema of both
//   - api, api/oapi: the REST interface, and what is generated from openapi.yaml
//   - web, web/ui: the pages
//   - internal/httpauth, internal/httperr: who asks; how an error is answered
//   - internal/jobs: the queue's workers and ticks
//   - internal/pglaunch, internal/pgtest: the embedded PostgreSQL, and one per test
//   - internal/realdata: policies over real databases, as tests
//   - internal/arch: which room may import which, as a test
//   - examples: policies and scripts that CI executes and the documentation quotes
//
// The package itself holds nothing but the contract: only api reads it.
package holdfast

import _ "embed" // for the contract

// OpenAPI is openapi.yaml, the public contract, as it is served at /openapi.yaml.
//
//go:embed openapi.yaml
var OpenAPI []byte
