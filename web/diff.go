package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"holdfast/retention"
	"holdfast/web/ui"
)

// serverSet are the members of a policy that change with every version and say
// nothing about what it does.
var serverSet = []string{"version", "created_by", "created_at", "retired_at", "retired_by"}

// policyChanges are the fields in which two versions differ.
func policyChanges(before, after retention.Policy) []ui.Change {
	b, err := json.Marshal(before)
	if err != nil {
		return nil
	}
	a, err := json.Marshal(after)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(jsonChanges(b, a), func(c ui.Change) bool { return slices.Contains(serverSet, c.Field) })
}

// jsonChanges compares two JSON documents member by member. What is equal is left
// out; a document that is absent or null has no members.
func jsonChanges(before, after json.RawMessage) []ui.Change {
	b, a := flatten(before), flatten(after)
	names := slices.Sorted(maps.Keys(b))
	for name := range a {
		if _, ok := b[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []ui.Change
	for _, name := range names {
		was, had := b[name]
		is, has := a[name]
		if had == has && was == is {
			continue
		}
		out = append(out, ui.Change{Field: name, Before: was, After: is, HadBefore: had, HasAfter: has})
	}
	return out
}

// flatten names every leaf of a document by its path: columns.email.method. A null
// is no value, and an empty list or object is none either.
func flatten(doc json.RawMessage) map[string]string {
	out := map[string]string{}
	if len(doc) == 0 {
		return out
	}
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		out["(document)"] = string(doc)
		return out
	}
	leaves(out, nil, v)
	return out
}

func leaves(out map[string]string, path []string, v any) {
	name := strings.Join(path, ".")
	if name == "" {
		name = "(value)"
	}
	switch x := v.(type) {
	case map[string]any:
		for k, m := range x {
			leaves(out, append(slices.Clone(path), k), m)
		}
	case []any:
		for i, m := range x {
			leaves(out, append(slices.Clone(path), itoa(i)), m)
		}
	case string:
		out[name] = x
	case json.Number:
		out[name] = x.String()
	case bool:
		out[name] = pick(x, "true", "false")
	}
}
