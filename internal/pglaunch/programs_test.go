package pglaunch

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMissingProgramsNameTheWaysOut(t *testing.T) {
	cfg := testConfig(filepath.Join(openDir(t), "data"))
	cfg.BinDir = t.TempDir()
	_, err := Start(t.Context(), cfg)
	_, errNothing := findIn(t, "")
	for _, err := range []error{err, errNothing} {
		if !errors.Is(err, ErrNoPrograms) {
			t.Errorf("got %v, want ErrNoPrograms", err)
			continue
		}
		for _, want := range []string{"apt-get install", "dnf install", "brew install", "HOLDFAST_POSTGRES_BIN", "HOLDFAST_DATABASE_URL"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v: does not name %s", err, want)
			}
		}
	}
	if exists(cfg.DataDir) {
		t.Error("the data directory was made although there is nothing to run")
	}
}

// findIn looks for programs with an empty PATH in the directories of pattern.
func findIn(t *testing.T, pattern string) ([]programs, error) {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	return findPrograms(t.Context(), "", []string{pattern})
}

func TestNewestSupportedProgramsArePreferred(t *testing.T) {
	dir := openDir(t)
	for _, version := range []string{"13.9", "14.1", "16.2 (Debian)", "19devel"} {
		bin := filepath.Join(dir, "v"+version[:2], "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"postgres", "initdb"} {
			script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
			if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	found, err := findIn(t, filepath.Join(dir, "v*", "bin"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].major != 16 || found[1].major != 14 {
		t.Errorf("found %v, want 16 before 14 and no other", found)
	}
	if p, err := choose(found, "cluster", "14"); err != nil || p.major != 14 {
		t.Errorf("for a cluster of 14: got %v, %v; want 14", p, err)
	}
	if _, err := findIn(t, filepath.Join(dir, "v1[39]", "bin")); !errors.Is(err, ErrNoPrograms) || !strings.Contains(err.Error(), "PostgreSQL 13") {
		t.Errorf("got %v, want ErrNoPrograms that names PostgreSQL 13", err)
	}
}
