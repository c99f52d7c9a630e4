package pgtest

import (
	"maps"
	"os"
	"slices"
)

// EnvLong asks for the long form of the tests that have one: every case, more kills, more
// rows. `make test-long` sets it.
const EnvLong = "HOLDFAST_LONG"

// Long reports whether the long form is wanted.
func Long() bool { return os.Getenv(EnvLong) != "" }

// ForLong reports whether a case of a matrix is left to the long form. at is its place, an
// index for each dimension. The short form has every second case, like the squares of one
// colour: wherever another dimension has two values, each pair of values of any two is
// in it. Of a matrix of two dimensions it has half of the pairs and no more.
func ForLong(at ...int) bool {
	sum := 0
	for _, i := range at {
		sum += i
	}
	return !Long() && sum%2 == 1
}

// Names are the keys of a table of cases in order, which [ForLong] needs.
func Names[C any](cases map[string]C) []string { return slices.Sorted(maps.Keys(cases)) }
