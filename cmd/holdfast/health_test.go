package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestHealthTellsALivingServiceFromNone(t *testing.T) {
	s := startService(t, demoDatabase(t, 1))
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(listen string) error {
		env := map[string]string{"HOLDFAST_LISTEN": listen, "HOLDFAST_DATA_DIR": t.TempDir()}
		var out bytes.Buffer
		return run(t.Context(), []string{"health"}, func(k string) string { return env[k] }, &out, &out)
	}
	for _, listen := range []string{"127.0.0.1:" + port, "0.0.0.0:" + port, ":" + port} {
		if err := ask(listen); err != nil {
			t.Errorf("a living service on %s: %v", listen, err)
		}
	}
	if err := ask("127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "HOLDFAST_LISTEN") {
		t.Errorf("without a port: got %v, want an error that names HOLDFAST_LISTEN", err)
	}
	s.kill()
	if err := ask("127.0.0.1:" + port); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("a killed service: got %v, want that it does not answer", err)
	}
}

// dockerfile is the image's recipe, its continued lines joined.
func dockerfile(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\\\n", " ")
}

func TestImageCallsCommandsThatExistAndIsNobodyInParticular(t *testing.T) {
	text := dockerfile(t)
	calls := regexp.MustCompile(`(?m)CMD (\[.*\])$`).FindAllStringSubmatch(text, -1)
	if len(calls) != 2 {
		t.Fatalf("got %d CMD lines, want the service's and the HEALTHCHECK's", len(calls))
	}
	for _, c := range calls {
		var args []string
		if err := json.Unmarshal([]byte(c[1]), &args); err != nil {
			t.Fatalf("%s: %v", c[1], err)
		}
		if args[0] == "holdfast" { // the HEALTHCHECK does not go through the ENTRYPOINT
			args = args[1:]
		}
		var out bytes.Buffer
		if err := run(t.Context(), append(args, "--help"), func(string) string { return "" }, &out, &out); err != nil || !strings.Contains(out.String(), "holdfast "+args[0]) {
			t.Errorf("holdfast %v: %v\n%s", args, err, out.String())
		}
	}
	if !regexp.MustCompile(`(?m)^USER [1-9]\d*:[1-9]\d*$`).MatchString(text) {
		t.Error("the image does not run as a numbered user that is not root")
	}
}
