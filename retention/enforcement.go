package retention

import "time"

// Enforcement is what a hold does about others than Holdfast who change or remove what it
// covers: the application, and whoever else writes to the database.
type Enforcement string

const (
	// EnforceNone restrains Holdfast alone.
	EnforceNone Enforcement = "none"
	// EnforceRefuse fails the statement.
	EnforceRefuse Enforcement = "refuse"
	// EnforcePreserve keeps the old version of the row and lets the statement go on.
	EnforcePreserve Enforcement = "preserve"
)

// Enforcements lists them.
func Enforcements() []Enforcement { return []Enforcement{EnforceNone, EnforceRefuse, EnforcePreserve} }

// Enforced reports whether the hold restrains the application too.
func (h *Hold) Enforced() bool {
	return h.Enforcement == EnforceRefuse || h.Enforcement == EnforcePreserve
}

// PreservedRow is the version that a held row had before somebody changed or removed it.
type PreservedRow struct {
	ID int64
	At time.Time
	// HoldIDs are the holds that covered it then.
	HoldIDs []string
	Table   TableName
	// Key is the record's; nil if records of the table have no ids.
	Key Key
	// Operation is UPDATE, DELETE or TRUNCATE.
	Operation string
	// Row is the whole row as a JSON object.
	Row []byte
	// User and Application are who was connected.
	User, Application string
}
