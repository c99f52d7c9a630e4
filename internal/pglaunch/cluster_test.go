package pglaunch

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClusterOfAnotherVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	cluster := filepath.Join(dir, "postgres")
	if err := os.Mkdir(cluster, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"PG_VERSION": "9.6\n", "precious": "data"} {
		if err := os.WriteFile(filepath.Join(cluster, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Start(t.Context(), testConfig(dir))
	if !errors.Is(err, ErrOtherVersion) || !strings.Contains(err.Error(), "9.6") || !strings.Contains(err.Error(), "PostgreSQL 1") {
		t.Errorf("got %v, want ErrOtherVersion naming both versions", err)
	}
	entries, err := os.ReadDir(cluster)
	if err != nil || len(entries) != 2 {
		t.Errorf("the directory holds %v (%v), want its two files alone", entries, err)
	}
}

func TestDirectoryWithOtherFilesIsNotTaken(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "postgres", "photos"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), testConfig(dir))
	if err == nil || !strings.Contains(err.Error(), "no PG_VERSION") {
		t.Errorf("got %v, want a refusal that names the missing PG_VERSION", err)
	}
}

func TestFullLogIsSetAside(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	log := filepath.Join(dir, "postgres.log")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(log, logLimit+1); err != nil {
		t.Fatal(err)
	}
	start(t, testConfig(dir))
	info, err := os.Stat(log)
	if err != nil || info.Size() == 0 || info.Size() > 1<<20 {
		t.Errorf("the log after a start: %v, %v; want a small one", info, err)
	}
	if !exists(log + ".1") {
		t.Error("the full log is gone")
	}
}
