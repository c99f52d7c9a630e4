package pgtest

import (
	"context"
	"errors"
	"testing"
)

func TestFailedBuildLeavesNoTemplate(t *testing.T) {
	t.Parallel()
	admin := AdminURL(t)
	name := databaseName("failed") // unique, and leaves room for its suffix
	broken := errors.New("broken")
	if err := makeTemplate(t.Context(), admin, name, func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want build's error", err)
	}
	built := false
	for range 2 {
		err := makeTemplate(t.Context(), admin, name, func(context.Context) error {
			if built {
				t.Error("built again although it is there")
			}
			built = true
			return nil
		})
		if err != nil {
			t.Errorf("after a failed build: %v", err)
		}
	}
	if err := drop(admin, name); err != nil {
		t.Errorf("drop: %v", err)
	}
}
