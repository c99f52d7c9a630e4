package sqlgen_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdfast/retention"
)

// documents are random ones whose members have the names that the paths below ask for.
func documents() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any { return document(t, 3) })
}

func document(t *rapid.T, depth int) any {
	kinds := []string{"text", "number", "null", "true"}
	if depth > 0 {
		kinds = append(kinds, "object", "object", "object", "array")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "text":
		return rapid.SampledFrom([]string{"", "x", "[ANONYMIZED]", "gone", `q"\u0041`}).Draw(t, "text")
	case "number":
		return float64(rapid.IntRange(-5, 5).Draw(t, "number"))
	case "true":
		return true
	case "array":
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = document(t, depth-1)
		}
		return list
	case "object":
		o := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			o[rapid.SampledFrom([]string{"a", "b", "a/b", "~", "0", "ü", ""}).Draw(t, "name")] = document(t, depth-1)
		}
		return o
	}
	return nil
}

// member is where a path leads: how to read, to replace and to remove what is there.
func member(doc any, steps []string) (get func() (any, bool), set func(any), remove func()) {
	none := func() (any, bool) { return nil, false }
	for i, s := range steps {
		last := i == len(steps)-1
		switch x := doc.(type) {
		case map[string]any:
			v, ok := x[s]
			if !ok {
				return none, nil, nil
			}
			if last {
				return func() (any, bool) { return v, true }, func(v any) { x[s] = v }, func() { delete(x, s) }
			}
			doc = v
		case []any:
			n, err := strconv.Atoi(s)
			if err != nil || n < 0 || n >= len(x) {
				return none, nil, nil
			}
			if last {
				return func() (any, bool) { return x[n], true }, func(v any) { x[n] = v }, nil
			}
			doc = x[n]
		default:
			return none, nil, nil
		}
	}
	return none, nil, nil
}

// treatedDocument is what json makes of a document, by Go's own means.
func treatedDocument(t *testing.T, text string, how retention.Anonymizer, with string) any {
	t.Helper()
	var doc any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for i, p := range slices.Concat(how.Redact, how.Drop) {
		steps, err := retention.JSONPath(p)
		if err != nil {
			t.Fatal(err)
		}
		get, set, remove := member(doc, steps)
		v, there := get()
		switch {
		case !there:
		case i >= len(how.Redact):
			remove()
		case v != nil:
			set(with)
		}
	}
	return doc
}

func TestDocumentsLoseTheMembersThatTheirPathsNameOnceAndForAll(t *testing.T) {
	values := []string{`{}`, `[]`, `null`, `5`, `"a"`, `{"a":{"a":null}}`, `{"b":[{"a":1,"b":2}]}`, `{"a/b":1,"~":{"":2}}`}
	for seed := range 150 {
		doc, err := json.Marshal(documents().Example(seed))
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, string(doc))
	}
	for i, how := range []retention.Anonymizer{
		{Drop: []string{"/a", "/b/a", "/b/0/a", "/a~1b"}},
		{Redact: []string{"/b", "/a/b", "/~0/", "/b/1"}, Text: "gone"},
		{Drop: []string{"/a/a", "/ü"}, Redact: []string{"/a", "/b/b", "/0/0"}},
		{Drop: []string{"/b"}, Redact: []string{"/b/a", "/"}},
	} {
		how.Method = retention.MethodJSON
		with := how.Text
		if with == "" {
			with = retention.DefaultRedaction
		}
		for _, typ := range []string{"jsonb", "json"} {
			t.Run(fmt.Sprintf("%d/%s", i, typ), func(t *testing.T) {
				got := cutOnce(t, typ, how, values)
				if len(got) == 0 {
					t.Fatal("no document is told")
				}
				for old, is := range got {
					var have any
					if err := json.Unmarshal([]byte(is), &have); err != nil {
						t.Fatalf("%s became %s: %v", old, is, err)
					}
					if diff := cmp.Diff(treatedDocument(t, old, how, with), have); diff != "" {
						t.Errorf("%s became %s (-want +got):\n%s", old, is, diff)
					}
				}
			})
		}
	}
}

// TestAMemberThatIsWrittenTwiceIsTreatedTwice: of a json column the first one stands in
// the text, where jsonb sees the last.
func TestAMemberThatIsWrittenTwiceIsTreatedTwice(t *testing.T) {
	how := retention.Anonymizer{Method: retention.MethodJSON, Redact: []string{"/name"}}
	for old, is := range cutOnce(t, "json", how, []string{`{"name": "Jane", "name": "[ANONYMIZED]"}`, `{"name": "Jane", "name": "John"}`, `{"name":"Jane","name":null}`}) {
		if is != `{"name": "[ANONYMIZED]"}` && is != `{"name": null}` {
			t.Errorf("%s became %s", old, is)
		}
	}
}
