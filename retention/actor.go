package retention

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// ActorKind tells a person from a program.
type ActorKind string

// The kinds of actor.
const (
	// ActorUser is a person with an account.
	ActorUser ActorKind = "user"
	// ActorToken is a program with an API token; Name is the token's owner.
	ActorToken ActorKind = "token"
	// ActorSystem is Holdfast itself (expiry, take-over, schedule).
	ActorSystem ActorKind = "system"
)

// Actor is who asks for something. Every use-case takes one, and every audit row
// names one.
type Actor struct {
	Kind ActorKind
	// UserID is the account's id; empty for the administrator's token and the system.
	UserID string
	// Name is what attribution shows: the account's e-mail address, `admin-token`
	// or `system`.
	Name string
	// Token is the name of the API token that was used, empty for a session.
	Token string
	// RemoteAddr is the client's address, for the audit.
	RemoteAddr string
	// SessionMark is what a session keeps beside the account's id, and is good as long as
	// it equals: another password has another mark. Empty for a token.
	SessionMark string
}

// System is the actor of what Holdfast does by itself.
func System() Actor { return Actor{Kind: ActorSystem, Name: "system"} }

// IsZero reports whether nobody is signed in.
func (a Actor) IsZero() bool { return a.Kind == "" }

// User is an account. Its password is known to the store as a hash only.
type User struct {
	ID         string     `json:"id"`
	Email      string     `json:"email"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	CreatedBy  string     `json:"created_by"`
	LastSignIn *time.Time `json:"last_sign_in"`
	// Disabled: nobody can sign in; the account is kept for attribution.
	Disabled bool `json:"disabled"`
}

// MinPassword is the shortest password accepted, in characters (NIST SP 800-63B
// asks for 15 where a password is the only factor; length is the only rule).
const MinPassword = 15

var emailForm = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.?[^\s@]*$`)

// NormalizeEmail is the form in which accounts are compared.
func NormalizeEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// ValidateAccount checks an account that is to be created.
func ValidateAccount(email, name, password string) error {
	var bad Problems
	if !emailForm.MatchString(email) || len(email) > 254 {
		bad.Add("email", "must be an e-mail address, such as jane@example.com")
	}
	checkText(&bad, "name", name, 200)
	if n := utf8.RuneCountInString(password); n < MinPassword {
		bad.Add("password", "has %d characters; at least %d are required, of any kind (a sentence is fine)", n, MinPassword)
	}
	if len(password) > 1000 {
		bad.Add("password", "has %d bytes; at most 1000 are accepted", len(password))
	}
	return bad.Err()
}

// Token is an API token. Its secret is shown once and kept as a hash.
type Token struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Owner      string     `json:"owner"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
}

// AuditEntry is one change that somebody made: who, what, when, from where,
// before and after. It is append-only.
type AuditEntry struct {
	ID    int64     `json:"id"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	// ActorKind is user, token or system; Token names the API token, if one was used.
	ActorKind  ActorKind `json:"actor_kind"`
	Token      string    `json:"token,omitempty"`
	RemoteAddr string    `json:"remote_addr"`
	// Action is noun and verb: policy.create, hold.place, run.request, user.sign_in.
	Action string `json:"action"`
	// Object is what was changed: policy/session_logs, hold/…, run/….
	Object string          `json:"object"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}
