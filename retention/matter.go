package retention

import (
	"strings"
	"time"
)

// Matter is what holds are placed for: a case, an investigation, an audit. Its name never
// changes, since holds and events have it; in whatever case it is written, it is one.
type Matter struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Reference is the court's or the office's, such as a docket number.
	Reference string     `json:"reference"`
	Counsel   string     `json:"counsel"`
	Notes     string     `json:"notes"`
	OpenedBy  string     `json:"opened_by"`
	OpenedAt  time.Time  `json:"opened_at"`
	ClosedBy  string     `json:"closed_by,omitempty"`
	ClosedAt  *time.Time `json:"closed_at"`
	Version   int        `json:"version"`
	// Holds and InForce count its holds, all and those in force or on their way.
	Holds   int64 `json:"-"`
	InForce int64 `json:"-"`
}

// Validate checks what people give.
func (m *Matter) Validate() error {
	var bad Problems
	if strings.TrimSpace(m.Name) == "" {
		bad.Add("name", "is required: the case, investigation or audit, such as ACME v. Initech")
	}
	checkText(&bad, "name", m.Name, 300)
	m.check(&bad)
	return bad.Err()
}

func (m *Matter) check(bad *Problems) {
	checkText(bad, "reference", m.Reference, 300)
	checkText(bad, "counsel", m.Counsel, 300)
	checkText(bad, "notes", m.Notes, 10_000)
}

// MatterRevision is an edit of a matter. Nil members stay.
type MatterRevision struct {
	Reference, Counsel, Notes *string
}

// IsZero reports whether the revision changes nothing.
func (r MatterRevision) IsZero() bool { return r == MatterRevision{} }

// Apply is the matter after the revision.
func (r MatterRevision) Apply(m Matter) (Matter, error) {
	for _, f := range []struct {
		to   *string
		from *string
	}{{&m.Reference, r.Reference}, {&m.Counsel, r.Counsel}, {&m.Notes, r.Notes}} {
		if f.from != nil {
			*f.to = strings.TrimSpace(*f.from)
		}
	}
	var bad Problems
	m.check(&bad)
	return m, bad.Err()
}

// MatterFilter narrows a list of matters.
type MatterFilter struct {
	// Search is looked for in name, reference and counsel, without regard to case.
	Search string
	// Closed, when set, shows only closed (true) or only open ones (false).
	Closed *bool
}
