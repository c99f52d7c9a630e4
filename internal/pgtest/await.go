package pgtest

import (
	"testing"
	"time"
)

// askEvery is how often Await asks. Asking without a pause took a core away from what
// was waited for.
const askEvery = 2 * time.Millisecond

// Await returns once ok does, and fails the test if it does not within two minutes.
// what says what was waited for.
func Await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for deadline := time.After(2 * time.Minute); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s did not come within two minutes", what)
		}
	}
}
