package sqlgen_test

import (
	"testing"

	"holdfast/internal/pgtest"
)

// shapelessDatabase is a database with the tables of one test.
func shapelessDatabase(t *testing.T, sql ...string) string {
	t.Helper()
	url := pgtest.New(t)
	pgtest.Exec(t, url, sql...)
	return url
}
