package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
)

// call runs the command's own main function with what it would get from a shell.
func call(t *testing.T, given string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(args, os.Environ(), given, strings.NewReader("input\n"), &out, &err)
	return status, out.String(), err.String()
}

func TestCommandGetsAServerThatGoesWithIt(t *testing.T) {
	status, url, stderr := call(t, "", "-c", "max_connections=20", "--", "sh", "-c", `printf %s "$`+pgtest.EnvURL+`"; exit 7`)
	if status != 7 || !strings.HasPrefix(url, "postgres://") {
		t.Fatalf("got status %d and URL %q (%s), want 7 and a URL", status, url, stderr)
	}
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the server still answers after the command ended")
	}
}

func TestCommandUsesTheServerGiven(t *testing.T) {
	status, stdout, stderr := call(t, "postgres://given/", "cat")
	if status != 0 || stdout != "input\n" {
		t.Errorf("got status %d, output %q (%s); want 0 and its input", status, stdout, stderr)
	}
}

func TestSignalIsPassedOnAndTold(t *testing.T) {
	// The command has the test's process for a parent, which passes TERM on.
	status, stdout, stderr := call(t, "postgres://given/", "sh", "-c",
		`trap 'echo told; trap - INT; kill -INT $$' TERM; kill -TERM $PPID; while :; do :; done`)
	if status != 128+2 || stdout != "told\n" {
		t.Errorf("got status %d, output %q (%s); want 130 and told", status, stdout, stderr)
	}
}

func TestWrongCallsAreRefused(t *testing.T) {
	for _, args := range [][]string{nil, {"-c", "novalue", "true"}, {"-unknown"}} {
		if status, _, stderr := call(t, "", args...); status != 2 || stderr == "" {
			t.Errorf("%q: got status %d and %q, want 2 and a word why", args, status, stderr)
		}
	}
	if status, _, stderr := call(t, "postgres://given/", "/no/such/command"); status != 1 || stderr == "" {
		t.Errorf("missing command: got status %d and %q, want 1 and a word why", status, stderr)
	}
}
