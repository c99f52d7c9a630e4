package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"holdfast/internal/pgtest"
)

func TestTheDoctorPrintsItsFindingsAndEndsByThem(t *testing.T) {
	t.Parallel()
	url := demoDatabase(t, 1)
	s := startService(t, url)
	s.call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	doctor := func(env map[string]string) (string, error) {
		var out bytes.Buffer
		err := run(t.Context(), []string{"doctor"}, func(k string) string { return env[k] }, &out, &out)
		return out.String(), err
	}
	here := map[string]string{"HOLDFAST_URL": s.base, "HOLDFAST_TOKEN": adminToken}
	pgtest.Exec(t, url, `DROP INDEX IF EXISTS public.logs_created_at_idx`)
	out, err := doctor(here)
	if err != nil || !strings.Contains(out, "No complete index begins with created_at") || !strings.Contains(out, "CREATE INDEX CONCURRENTLY ON") || !strings.HasSuffix(out, "findings\n") {
		t.Errorf("without an index: %v\n%s", err, out)
	}
	pgtest.Exec(t, url, `ALTER TABLE public.logs RENAME TO protocols`)
	if out, err = doctor(here); !errors.Is(err, errBroken) || !strings.HasPrefix(out, "broken  logs: ") {
		t.Errorf("without its table: %v\n%s", err, out)
	}
	for what, env := range map[string]map[string]string{
		"HOLDFAST_TOKEN is not set":        {"HOLDFAST_URL": s.base},
		"HOLDFAST_URL is":                  {"HOLDFAST_URL": "holdfast", "HOLDFAST_TOKEN": adminToken},
		"the server answers 401":           {"HOLDFAST_URL": s.base, "HOLDFAST_TOKEN": "guessed"},
		"the server does not answer":       {"HOLDFAST_URL": "http://127.0.0.1:1", "HOLDFAST_TOKEN": adminToken},
		"the server answers 404 Not Found": {"HOLDFAST_URL": s.base + "/elsewhere", "HOLDFAST_TOKEN": adminToken},
	} {
		if out, err := doctor(env); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("want %q, got %v\n%s", what, err, out)
		}
	}
}
