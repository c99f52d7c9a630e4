package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"holdfast/retention"
)

// holdDraft is a hold as it stands in the form.
type holdDraft struct {
	nonce, matter, reason string
	scopes                []scopeDraft
	expiry                expiryDraft
	enforcement           string
}

// scopeDraft is one table of it. what is ids, file, condition or all. number is its place in the names
// of the form's fields; a table that was left out in the browser leaves a gap.
type scopeDraft struct {
	number           int
	table, what, ids string
	condition        string
	// family is alone or family; depth is as it was typed.
	family, depth string
}

func (v *visit) holdDraft() holdDraft {
	d := holdDraft{nonce: v.form("nonce"), matter: v.form("matter"), reason: v.form("reason"), expiry: v.expiryDraft(), enforcement: v.form("enforcement")}
	for i := range d.next(v) {
		if v.r.PostForm.Has(scopeName(i, "table")) {
			d.scopes = append(d.scopes, scopeOfForm(v.r.PostForm, i))
		}
	}
	if len(d.scopes) == 0 {
		d.scopes = []scopeDraft{{}}
	}
	d.scopes = d.scopes[:min(len(d.scopes), retention.MaxScopes)]
	return d
}

// next is the first number that no table of the form has had. Adding and leaving out
// may go on for long, so that it may be beyond the most tables of one hold.
func (d holdDraft) next(v *visit) int {
	rows, err := strconv.Atoi(v.form("rows"))
	if err != nil || rows < 1 {
		return 1
	}
	return min(rows, 10*retention.MaxScopes)
}

// numbered closes the gaps.
func (d holdDraft) numbered() holdDraft {
	for i := range d.scopes {
		d.scopes[i].number = i
	}
	return d
}

func scopeName(i int, member string) string { return "scope." + strconv.Itoa(i) + "." + member }

func scopeOfForm(f url.Values, i int) scopeDraft {
	return scopeDraft{number: i, table: f.Get(scopeName(i, "table")), what: f.Get(scopeName(i, "what")), ids: f.Get(scopeName(i, "record_ids")),
		condition: strings.TrimSpace(f.Get(scopeName(i, "condition"))),
		family:    f.Get(scopeName(i, "family")), depth: strings.TrimSpace(f.Get(scopeName(i, "depth")))}
}

// hold reads the draft. lines[i][j] is the line in which the j-th id of the i-th
// scope was typed, so that the engine's answer can name it.
func (d holdDraft) hold(c clock, tables []table) (h retention.Hold, lines [][]int, f faults) {
	h = retention.Hold{Matter: strings.TrimSpace(d.matter), Reason: strings.TrimSpace(d.reason)}
	if h.Matter == "" {
		f.add("matter", "is required: the case, investigation or audit that this hold belongs to")
	}
	if h.Reason == "" {
		f.add("reason", "is required: why these records must be kept")
	}
	for i, s := range d.scopes {
		scope, at := s.scope(i, tables, &f)
		h.Scope = append(h.Scope, scope)
		lines = append(lines, at)
	}
	var more faults
	h.ExpiresAt, h.OnExpiry, more = c.expiry(d.expiry)
	f.fields = append(f.fields, more.fields...)
	h.ReviewAt, more = c.reminder(d.expiry)
	f.fields = append(f.fields, more.fields...)
	h.Enforcement = retention.Enforcement(d.enforcement)
	return h, lines, f
}

func (s scopeDraft) scope(i int, tables []table, f *faults) (retention.Scope, []int) {
	var out retention.Scope
	if s.table == "" {
		f.add(scopeName(i, "table"), "choose the table in which records must stay")
		return out, nil
	}
	name, err := retention.ParseTableName(s.table)
	note(f, scopeName(i, "table"), err)
	out.Table = name
	switch s.what {
	case "all":
		out.All = true
		return out, nil
	case "condition":
		if out.Condition = s.condition; s.condition == "" {
			f.add(scopeName(i, "condition"), "is empty; write what the records have in common, such as customer_id = 42")
		}
		return out, nil
	case "file":
		out.Upload = retention.UploadAwaited
		out.Family = s.belongings(i, f)
		return out, nil
	case "ids":
	default:
		f.add(scopeName(i, "what"), "choose single records, a list from a file, those that fit a condition, or the whole table")
		return out, nil
	}
	t, _ := findTable(tables, s.table)
	keys, lines, err := parseKeys(s.ids, len(t.key))
	note(f, scopeName(i, "record_ids"), err)
	if err == nil && len(keys) == 0 {
		f.add(scopeName(i, "record_ids"), "is empty; give one id on each line, or hold the whole table")
	}
	out.RecordIDs = keys
	out.Family = s.belongings(i, f)
	return out, lines
}

// belongings reads how far what belongs to the records is held too; nil for the records alone.
func (s scopeDraft) belongings(i int, f *faults) *retention.Family {
	if s.family != "family" {
		return nil
	}
	if s.depth == "" {
		return &retention.Family{}
	}
	n, err := strconv.Atoi(s.depth)
	if err != nil || n < 1 || n > retention.MaxFamilyDepth {
		f.add(scopeName(i, "depth"), fmt.Sprintf("is %q; give a number from 1 to %d, or leave it empty for everything that belongs to the records", s.depth, retention.MaxFamilyDepth))
		return nil
	}
	return &retention.Family{Depth: n}
}

// parseKeys reads one id per line. width is the number of columns of the key, 0 if
// it is not known. A line that begins with a bracket is a JSON array, the one form
// in which any value can be written.
func parseKeys(text string, width int) (keys []retention.Key, lines []int, err error) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		key, err := parseKey(line, width)
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", n, err)
		}
		if width > 0 && len(key) != width {
			return nil, nil, fmt.Errorf("line %d has %s, the key of this table has %d", n, plural(int64(len(key)), "part"), width)
		}
		keys, lines = append(keys, key), append(lines, n)
	}
	return keys, lines, nil
}

func parseKey(line string, width int) (retention.Key, error) {
	switch {
	case strings.HasPrefix(line, "["):
		return jsonKey(line)
	case width > 1:
		r := csv.NewReader(strings.NewReader(line))
		r.TrimLeadingSpace = true
		parts, err := r.Read()
		if err != nil {
			return nil, fmt.Errorf("%q is no list with commas; a part with a comma or a quote needs quotes around it", line)
		}
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return parts, nil
	}
	return retention.Key{line}, nil
}

// jsonKey reads ["17","DE"]; numbers are taken as they are written.
func jsonKey(line string) (retention.Key, error) {
	dec := json.NewDecoder(strings.NewReader(line))
	dec.UseNumber()
	var parts []any
	if err := dec.Decode(&parts); err != nil || dec.More() || len(parts) == 0 {
		return nil, fmt.Errorf(`%q is no JSON array such as ["17", "DE"]`, line)
	}
	key := make(retention.Key, len(parts))
	for i, p := range parts {
		switch x := p.(type) {
		case string:
			key[i] = x
		case json.Number:
			key[i] = x.String()
		default:
			return nil, fmt.Errorf("part %d of %q must be a text or a number", i+1, line)
		}
	}
	return key, nil
}

var (
	recordPath = regexp.MustCompile(`^scope\[(\d+)\]\.record_ids\[(\d+)\]`)
	scopePath  = regexp.MustCompile(`^scope\[(\d+)\](?:\.(\w+))?`)
)

// inForm leads the paths of a hold to the fields of the form, and ids to their lines.
func (f faults) inForm(lines [][]int, expiryField string) faults {
	out := faults{fields: slices.Clone(f.fields)}
	for i := range out.fields {
		e := &out.fields[i]
		if m := recordPath.FindStringSubmatch(e.Field); m != nil {
			scope, _ := strconv.Atoi(m[1])
			id, _ := strconv.Atoi(m[2])
			e.Field = scopeName(scope, "record_ids")
			if scope < len(lines) && id < len(lines[scope]) {
				e.Message = fmt.Sprintf("line %d: %s", lines[scope][id], e.Message)
			}
			continue
		}
		if m := scopePath.FindStringSubmatch(e.Field); m != nil {
			scope, _ := strconv.Atoi(m[1])
			member := m[2]
			if member == "" {
				member = "what"
			}
			e.Field = scopeName(scope, member)
			continue
		}
		switch e.Field {
		case "expires_at":
			e.Field = expiryField
		case "on_expiry":
			e.Field = "expiry"
		}
	}
	return out
}
