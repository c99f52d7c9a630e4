package api

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/internal/httperr"
)

func TestBadJSONIsRefusedWithItsPosition(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"a missing value", "{\n  \"name\": ,\n}", "line 2, column 11: invalid character ',' looking for beginning of value"},
		{"cut off", `{"name": "a"`, "line 1, column 12: it ends before it is complete"},
		{"cut off inside a string", `{"name": "a`, "line 1, column 11: it ends before it is complete"},
		{"something after it", `{} {}`, "line 1, column 4: invalid character '{' after top-level value"},
		{"a bracket too many", `{}]`, "line 1, column 3"},
		{"given twice", "{\"a\": 1,\n \"a\": 2}", `line 2, column 4: the member "a" is given twice`},
		{"given twice, deeper", `{"x": [{"a": 1, "a": 2}]}`, `the member "a" is given twice`},
		{"too deep", strings.Repeat("[", 40) + strings.Repeat("]", 40), "nests deeper than 32 levels"},
		{"not UTF-8", "{\"a\": \"\xff\"}", "not UTF-8"},
		{"words", `hello`, "line 1, column 1"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := parseJSON([]byte(tc.body))
			if err == nil {
				t.Fatal("accepted")
			}
			if p := httperr.Of(err); p.Status != 400 || !strings.Contains(p.Detail, tc.want) {
				t.Errorf("got %d %q, want 400 with %q", p.Status, p.Detail, tc.want)
			}
		})
	}
}

func TestJSONIsReadAsItIs(t *testing.T) {
	got, err := parseJSON([]byte(`{"a": [1, "x", null, true, {"b": {}}], "c": []}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"a": []any{json.Number("1"), "x", nil, true, map[string]any{"b": map[string]any{}}},
		"c": []any{},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestYAMLBecomesTheSameJSON(t *testing.T) {
	got, err := yamlToJSON([]byte("name: a\nretention_period: P90D\nbatch_size: 5000\nenabled: true\nunit: null\ncondition: >\n  x = 'y'\n  AND z\ncolumns:\n  email: {method: hash}\n  \"null\": {method: \"null\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(got, &v); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"name": "a", "retention_period": "P90D", "batch_size": 5000.0, "enabled": true, "unit": nil, "condition": "x = 'y' AND z\n",
		"columns": map[string]any{"email": map[string]any{"method": "hash"}, "null": map[string]any{"method": "null"}},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestYAMLThatIsRefused(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	tests := []struct{ name, body, want string }{
		{"bad syntax", "name: [a\nb: c", "line"},
		{"twice", "name: a\nname: b\n", "name"},
		{"anchors", bomb, "line 1, column 4: anchors"},
		{"a merge", "a: {b: 1}\nc:\n  <<: {d: 1}\n", "merge"},
		{"two documents", "a: 1\n---\nb: 2\n", "2 YAML documents"},
		{"nothing but a comment", "# nothing\n", "YAML document"},
		{"not a number", "a: .nan\n", "JSON does not know"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			out, err := yamlToJSON([]byte(tc.body))
			if err == nil {
				t.Fatalf("accepted as %s", out)
			}
			if p := httperr.Of(err); p.Status != 400 || (tc.want != "line" && !strings.Contains(p.Detail, tc.want)) {
				t.Errorf("got %d %q, want 400 with %q", p.Status, p.Detail, tc.want)
			}
		})
	}
}
