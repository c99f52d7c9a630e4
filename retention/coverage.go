package retention

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// PersonalKind is what a column seems to hold about people.
type PersonalKind string

// The kinds of personal data that a column can look like.
const (
	PersonalName       PersonalKind = "name"
	PersonalEmail      PersonalKind = "email"
	PersonalPhone      PersonalKind = "phone"
	PersonalAddress    PersonalKind = "address"
	PersonalBirth      PersonalKind = "birth"
	PersonalOfficialID PersonalKind = "official_id"
	PersonalFinancial  PersonalKind = "financial"
	PersonalOnline     PersonalKind = "online_identifier"
	PersonalLocation   PersonalKind = "location"
	PersonalSpecial    PersonalKind = "special_category"
	PersonalCredential PersonalKind = "credential"
)

// PersonalKinds lists every kind.
func PersonalKinds() []PersonalKind {
	return []PersonalKind{PersonalName, PersonalEmail, PersonalPhone, PersonalAddress, PersonalBirth, PersonalOfficialID, PersonalFinancial, PersonalOnline,
		PersonalLocation, PersonalSpecial, PersonalCredential}
}

// PersonalSign is by what a column looks personal.
type PersonalSign string

// The signs. A sample is of values, of which nothing but the kind is kept.
const (
	SignName   PersonalSign = "name"
	SignType   PersonalSign = "type"
	SignSample PersonalSign = "sample"
)

// PersonalSigns lists every sign.
func PersonalSigns() []PersonalSign { return []PersonalSign{SignName, SignType, SignSample} }

// Looks is what a column looks like, and by what; the zero Looks is like nothing.
type Looks struct {
	Kind PersonalKind `json:"kind,omitempty"`
	By   PersonalSign `json:"by,omitempty"`
}

// CoverageState says who answers for a table.
type CoverageState string

// The states of a table.
const (
	// CoverageCovered: an enabled policy disposes of its rows.
	CoverageCovered CoverageState = "covered"
	// CoverageExempt: none does, and a person has said why.
	CoverageExempt CoverageState = "exempt"
	// CoverageOpen: none does, and nobody has said why.
	CoverageOpen CoverageState = "open"
)

// CoverageStates lists every state, the one that asks for something first.
func CoverageStates() []CoverageState {
	return []CoverageState{CoverageOpen, CoverageCovered, CoverageExempt}
}

// Exemption is a person's decision that a table needs no policy.
type Exemption struct {
	Table  TableName `json:"table"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Validate checks what a person gives.
func (x *Exemption) Validate() error {
	var bad Problems
	if x.Reason == "" {
		bad.Add("reason", "is required: why the table needs no retention policy")
	}
	checkText(&bad, "reason", x.Reason, 4000)
	return bad.Err()
}

// CoveringPolicy is an enabled policy that disposes of rows of a table.
type CoveringPolicy struct {
	Name   string `json:"name"`
	Action Action `json:"action"`
	// Via is the policy's own table, where it reaches this one by a foreign key only.
	Via TableName `json:"via,omitzero"`
	// Conditional: it has a condition, so it does not dispose of every old row.
	Conditional bool `json:"conditional,omitempty"`
}

// ColumnCoverage is one column of a table.
type ColumnCoverage struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Looks Looks  `json:"looks,omitzero"`
	// TreatedBy are the policies that anonymize it.
	TreatedBy []string `json:"treated_by,omitempty"`
	// Key: it identifies the row, and no policy can change it.
	Key bool `json:"key,omitempty"`
}

// TableCoverage is one table of the governed database.
type TableCoverage struct {
	Table TableName     `json:"table"`
	State CoverageState `json:"state"`
	// EstimatedRows is the server's own estimate, -1 if it has none.
	EstimatedRows int64            `json:"estimated_rows"`
	Policies      []CoveringPolicy `json:"policies,omitempty"`
	// ArchiveOf are the policies that archive rows into it.
	ArchiveOf []string         `json:"archive_of,omitempty"`
	Exemption *Exemption       `json:"exemption,omitempty"`
	Columns   []ColumnCoverage `json:"columns"`
}

// Removed reports whether a policy removes rows of the table, with all their columns.
func (t *TableCoverage) Removed() bool {
	return slices.ContainsFunc(t.Policies, func(p CoveringPolicy) bool { return p.Action.Removes() })
}

// Untouched are the columns that look personal and that no policy treats or removes. Of an
// exempt table there are none: a person answers for it.
func (t *TableCoverage) Untouched() []ColumnCoverage {
	if t.Removed() || t.State == CoverageExempt {
		return nil
	}
	var out []ColumnCoverage
	for _, c := range t.Columns {
		if c.Looks.Kind != "" && len(c.TreatedBy) == 0 {
			out = append(out, c)
		}
	}
	return out
}

// Coverage says of every table of the governed database who answers for it.
type Coverage struct {
	At     time.Time       `json:"at"`
	Tables []TableCoverage `json:"tables"`
	// SampledAt is when values were last looked at; nil before the first time.
	SampledAt *time.Time `json:"-"`
	// Since is the survey that Drift is compared with, the last one of an earlier day; nil
	// if there is none yet.
	Since *time.Time `json:"-"`
	Drift []Drift    `json:"-"`
}

// Drift is one thing that is other than it was.
type Drift struct {
	Table TableName
	// Column is empty where it concerns the whole table.
	Column string
	Says   string
}

// DriftSince compares tables, each list in the order of their names, with what they were.
func DriftSince(was, now []TableCoverage) []Drift {
	before := map[TableName]*TableCoverage{}
	for i := range was {
		before[was[i].Table] = &was[i]
	}
	var out []Drift
	for i := range now {
		t := &now[i]
		if b := before[t.Table]; b != nil {
			out = append(out, tableDrift(b, t)...)
		} else {
			out = append(out, Drift{Table: t.Table, Says: fmt.Sprintf("is new, and %s", coverageWords(t))})
		}
		delete(before, t.Table)
	}
	for i := range was {
		if before[was[i].Table] != nil {
			out = append(out, Drift{Table: was[i].Table, Says: "is gone; it was " + coverageWords(&was[i])})
		}
	}
	return out
}

func coverageWords(t *TableCoverage) string {
	switch t.State {
	case CoverageCovered:
		names := make([]string, len(t.Policies))
		for i, p := range t.Policies {
			names[i] = "`" + p.Name + "`"
		}
		return "under " + strings.Join(names, ", ")
	case CoverageExempt:
		return "exempt"
	}
	return "under no policy"
}

func tableDrift(was, now *TableCoverage) (out []Drift) {
	if a, b := coverageWords(was), coverageWords(now); a != b {
		out = append(out, Drift{Table: now.Table, Says: fmt.Sprintf("is %s now; it was %s", b, a)})
	}
	before := map[string]ColumnCoverage{}
	for _, c := range was.Columns {
		before[c.Name] = c
	}
	for _, c := range now.Columns {
		b, had := before[c.Name]
		delete(before, c.Name)
		var said string
		switch {
		case !had:
			said = fmt.Sprintf("is new (`%s`)", c.Type)
		case b.Type != c.Type:
			said = fmt.Sprintf("is `%s` now; it was `%s`", c.Type, b.Type)
		case c.Looks.Kind != "" && b.Looks.Kind == "":
			said = "looks personal now"
		case len(b.TreatedBy) > 0 && len(c.TreatedBy) == 0:
			said = "is anonymized no more"
		case len(b.TreatedBy) == 0 && len(c.TreatedBy) > 0:
			said = "is anonymized now"
		default:
			continue
		}
		out = append(out, Drift{Table: now.Table, Column: c.Name, Says: said})
	}
	for _, c := range was.Columns {
		if _, gone := before[c.Name]; gone {
			out = append(out, Drift{Table: now.Table, Column: c.Name, Says: fmt.Sprintf("is gone (it was `%s`)", c.Type)})
		}
	}
	return out
}

// CoverageCounts are how many tables are in each state, and how many columns are untouched.
type CoverageCounts struct {
	Open, Covered, Exempt, Untouched int
}

// Counts sums the tables up.
func (c *Coverage) Counts() CoverageCounts {
	var n CoverageCounts
	for i := range c.Tables {
		switch c.Tables[i].State {
		case CoverageOpen:
			n.Open++
		case CoverageCovered:
			n.Covered++
		case CoverageExempt:
			n.Exempt++
		}
		n.Untouched += len(c.Tables[i].Untouched())
	}
	return n
}
