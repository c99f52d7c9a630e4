package api

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"holdfast/internal/httperr"
	"holdfast/retention"
)

// etag is the tag of a version.
func etag(version int) string { return fmt.Sprintf(`"v%d"`, version) }

// noVersion is what a tag stands for that never was one of ours: it matches no
// version, so that the engine says that it is stale.
const noVersion = -1

// precondition is what If-Match says.
type precondition struct {
	// any is `*`.
	any      bool
	versions []int
}

var (
	entityTag  = regexp.MustCompile(`^(?:W/)?"[^"]*"$`)
	versionTag = regexp.MustCompile(`^"v([0-9]{1,9})"$`)
)

// parseIfMatch reads the header; nil says nothing. Weak tags match nothing, as RFC
// 9110 has it for If-Match.
func parseIfMatch(header *string) (precondition, error) {
	if header == nil {
		return precondition{}, nil
	}
	text := strings.TrimSpace(*header)
	if text == "*" {
		return precondition{any: true}, nil
	}
	var p precondition
	for tag := range strings.SplitSeq(text, ",") {
		tag = strings.TrimSpace(tag)
		if !entityTag.MatchString(tag) {
			var bad retention.Problems
			bad.Add("If-Match", `must be the ETag as it was answered, with its quotes, such as "v3", or *`)
			return p, &httperr.Malformed{Detail: "If-Match cannot be read", Fields: bad}
		}
		version := noVersion
		if m := versionTag.FindStringSubmatch(tag); m != nil {
			version, _ = strconv.Atoi(m[1]) // at most nine digits
		}
		p.versions = append(p.versions, max(version, noVersion))
	}
	return p, nil
}

// version is the one that the engine is to compare, 0 if none was given. Where the
// header names any or several it is the current one, if that is among them.
func (p precondition) version(current func() (int, error)) (int, error) {
	switch {
	case !p.any && len(p.versions) == 0:
		return 0, nil
	case len(p.versions) == 1 && p.versions[0] != 0:
		return p.versions[0], nil
	case len(p.versions) == 1:
		return noVersion, nil // "v0" must not pass for "none given"
	}
	now, err := current()
	if errors.Is(err, retention.ErrNotFound) {
		return noVersion, nil
	}
	if err != nil {
		return 0, err
	}
	if p.any || slices.Contains(p.versions, now) {
		return now, nil
	}
	return noVersion, nil
}
