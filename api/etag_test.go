package api

import (
	"testing"

	"holdfast/retention"
)

func TestIfMatch(t *testing.T) {
	live := func() (int, error) { return 3, nil }
	none := func() (int, error) { return 0, retention.NotFoundf("no") }
	tests := []struct {
		header  string
		current func() (int, error)
		want    int
	}{
		{`"v3"`, live, 3},
		{`"v2"`, live, 2},
		{`*`, live, 3},
		{`*`, none, noVersion},
		{`"v1", "v3"`, live, 3},
		{`"v1", "v2"`, live, noVersion},
		{`W/"v3"`, live, noVersion},
		{`"abc"`, live, noVersion},
		{`"v0"`, live, noVersion},
		{`"v99999999999999999999"`, live, noVersion},
	}
	for _, tc := range tests {
		cond, err := parseIfMatch(&tc.header)
		if err != nil {
			t.Errorf("%s: %v", tc.header, err)
			continue
		}
		if got, err := cond.version(tc.current); err != nil || got != tc.want {
			t.Errorf("%s: got %d, %v; want %d", tc.header, got, err, tc.want)
		}
	}
	for _, header := range []string{`v3`, `3`, ``, `"v3`, `"v3" "v4"`} {
		if _, err := parseIfMatch(&header); err == nil {
			t.Errorf("%q was accepted", header)
		}
	}
	cond, err := parseIfMatch(nil)
	if got, verr := cond.version(live); err != nil || verr != nil || got != 0 {
		t.Errorf("no header: got %d, %v, %v; want 0", got, err, verr)
	}
}
