package retention

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// SubscriberKind is the way on which a subscriber is told.
type SubscriberKind string

// The kinds of subscriber.
const (
	// SubscriberWebhook is an HTTP endpoint that signed events are posted to.
	SubscriberWebhook SubscriberKind = "webhook"
	// SubscriberNATS is a subject that a NATS JetStream stream keeps.
	SubscriberNATS SubscriberKind = "nats"
)

// DefaultSubject is the NATS subject where none is given.
const DefaultSubject = "data.retention"

// FormerSecretSigns is how long the former signing key of a webhook signs beside the
// new one after a rotation, so that a receiver has time to take the new one over.
const FormerSecretSigns = 24 * time.Hour

// FormerKeySigns is the ErrConflict of a rotation while a former key still signs.
func FormerKeySigns(until time.Time) error {
	return Conflictf("the key from before the last rotation signs until %s, and a receiver that has not changed over yet still needs it: "+
		"another rotation would end it at once. Wait until then, or rotate with \"drop_former\": true if the receiver has the present key",
		until.UTC().Format(time.RFC3339))
}

const (
	maxSubscriberURL = 2000
	maxSubject       = 255
	maxEventFilters  = 50
)

// Subscriber is another service that is told what happened.
type Subscriber struct {
	ID   string         `json:"id"`
	Name string         `json:"name"`
	Kind SubscriberKind `json:"kind"`
	// URL has no credentials in it: those of a NATS server come from a file.
	URL string `json:"url"`
	// Subject is NATS's; empty for a webhook.
	Subject string `json:"subject"`
	// Types are the types of event it is told of: exact, or a glob that ends in `*`.
	// Empty means all.
	Types []string `json:"types"`
	// EntityTypes likewise, exact only.
	EntityTypes []string `json:"entity_types"`
	Enabled     bool     `json:"enabled"`
	Version     int      `json:"version"`
	// SecretGeneration counts the rotations of a webhook's signing key, from 1. The
	// key itself is derived and kept nowhere.
	SecretGeneration int `json:"secret_generation"`
	// FormerSecretUntil is until when the former key signs too; nil if it never does.
	FormerSecretUntil *time.Time `json:"former_secret_until"`
	CreatedBy         string     `json:"created_by"`
	CreatedAt         time.Time  `json:"created_at"`
	EndedBy           string     `json:"ended_by,omitempty"`
	EndedAt           *time.Time `json:"ended_at,omitempty"`
}

// SubscriberRevision is an edit of a subscriber. Nil members stay.
type SubscriberRevision struct {
	Name, URL, Subject *string
	// Kind cannot be changed: it must be the present one.
	Kind               *SubscriberKind
	Types, EntityTypes *[]string
	Enabled            *bool
}

// Revised is the subscriber after the edit.
func (s Subscriber) Revised(r SubscriberRevision) Subscriber {
	set(&s.Name, r.Name)
	set(&s.URL, r.URL)
	set(&s.Subject, r.Subject)
	set(&s.Types, r.Types)
	set(&s.EntityTypes, r.EntityTypes)
	set(&s.Enabled, r.Enabled)
	return s
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// WithDefaults fills what was left out.
func (s Subscriber) WithDefaults() Subscriber {
	s.URL = strings.TrimSpace(s.URL)
	if s.Kind == SubscriberNATS && s.Subject == "" {
		s.Subject = DefaultSubject
	}
	if s.Types == nil {
		s.Types = []string{}
	}
	if s.EntityTypes == nil {
		s.EntityTypes = []string{}
	}
	return s
}

// Validate checks the subscriber by itself. Where its URL leads is looked at by
// whoever sends.
func (s Subscriber) Validate() error {
	var bad Problems
	if !policyName.MatchString(s.Name) {
		bad.Add("name", "must begin with a lower-case letter and go on with at most 62 of a-z, 0-9, _ and -; such as crm")
	}
	switch s.Kind {
	case SubscriberWebhook:
		checkSubscriberURL(&bad, s.URL, "https://crm.example.com/holdfast", "https", "http")
		if s.Subject != "" {
			bad.Add("subject", "is NATS's alone; a webhook has none")
		}
	case SubscriberNATS:
		checkSubscriberURL(&bad, s.URL, "nats://nats.example.com:4222", "nats", "tls")
		checkSubject(&bad, s.Subject)
	default:
		bad.Add("kind", "must be webhook or nats")
	}
	s.checkFilters(&bad)
	return bad.Err()
}

func checkSubscriberURL(bad *Problems, text, example string, schemes ...string) {
	u, err := url.Parse(text)
	switch {
	case text == "" || err != nil || u.Hostname() == "" || u.Opaque != "":
		bad.Add("url", "must be a URL such as %s", example)
	case len(text) > maxSubscriberURL:
		bad.Add("url", "has %d bytes; at most %d are accepted", len(text), maxSubscriberURL)
	case !slices.Contains(schemes, u.Scheme):
		bad.Add("url", "must begin with %s://, such as %s", strings.Join(schemes, ":// or "), example)
	case u.User != nil:
		bad.Add("url", "must have no user or password in it: it is shown to everybody who may read subscribers. A webhook is told from others by its signature, and a NATS server's credentials are named in HOLDFAST_NATS_CREDS")
	case oldAddress(u.Hostname()).IsValid():
		bad.Add("url", "has the address %s in an old form; write it as %s", u.Hostname(), oldAddress(u.Hostname()))
	case !validPort(u):
		bad.Add("url", "has the port %s; a port is a number from 1 to 65535", u.Port())
	case u.Fragment != "" || strings.Contains(text, "#"):
		bad.Add("url", "must have no fragment (#…): it is never sent")
	case schemes[0] == "nats" && (u.RawQuery != "" || strings.Trim(u.Path, "/") != ""):
		bad.Add("url", "must be scheme, host and port alone, such as %s", example)
	}
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// oldAddress reads an IPv4 address in one of the forms of inet_aton that are not four
// decimal numbers: 2130706433, 0x7f000001, 0177.0.0.1, 127.1. Some resolvers take them for
// addresses and some for names, so nobody could tell where such a URL leads.
func oldAddress(host string) (none netip.Addr) {
	if _, err := netip.ParseAddr(host); err == nil {
		return none
	}
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) > 4 {
		return none
	}
	var value uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(strings.ToLower(part), 0, 64)
		if part != "0" && strings.HasPrefix(part, "0") && !strings.HasPrefix(strings.ToLower(part), "0x") {
			n, err = strconv.ParseUint(part, 8, 64)
		}
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i) // the last one is all the rest
		}
		if err != nil || n >= 1<<bits || strings.ContainsAny(part, "_+-oObB") && !strings.HasPrefix(strings.ToLower(part), "0x") {
			return none
		}
		value = value<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(value >> 24), byte(value >> 16), byte(value >> 8), byte(value)})
}

// checkSubject refuses what cannot be published to: wildcards, empty tokens, spaces.
func checkSubject(bad *Problems, subject string) {
	switch {
	case subject == "" || len(subject) > maxSubject || strings.ContainsAny(subject, " \t\r\n*>"),
		slices.Contains(strings.Split(subject, "."), ""):
		bad.Add("subject", "must be words with dots between them and no wildcard, such as %s", DefaultSubject)
	case strings.HasPrefix(subject, "$"):
		bad.Add("subject", "must not begin with $: such subjects are the server's own")
	}
}

func (s Subscriber) checkFilters(bad *Problems) {
	if len(s.Types) > maxEventFilters {
		bad.Add("types", "has %d entries; at most %d are accepted", len(s.Types), maxEventFilters)
	}
	for i, glob := range s.Types {
		if !slices.ContainsFunc(EventTypes(), func(t EventType) bool { return typeFits(glob, t) }) {
			bad.Add(fmt.Sprintf("types[%d]", i), "%q fits no type of event; there are %s, and globs such as data.retention.* or hold.*", glob, eventTypeList())
		}
	}
	if len(s.EntityTypes) > maxEventFilters {
		bad.Add("entity_types", "has %d entries; at most %d are accepted", len(s.EntityTypes), maxEventFilters)
	}
	for i, t := range s.EntityTypes {
		if !entityType.MatchString(t) {
			bad.Add(fmt.Sprintf("entity_types[%d]", i), "%q is no entity type that a policy can have: letters, digits, '_', '-' and '.', beginning with a letter, at most 63 characters, such as user", t)
		}
	}
}

func eventTypeList() string {
	var names []string
	for _, t := range EventTypes() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

// typeFits is whether a filter names a type: exactly, or by what stands before `*`.
func typeFits(glob string, t EventType) bool {
	prefix, ok := strings.CutSuffix(glob, "*")
	if !ok {
		return glob == string(t)
	}
	return (prefix == "" || strings.HasSuffix(prefix, ".")) && strings.HasPrefix(string(t), prefix)
}

// WantedTypes are the types of event that the subscriber is told of.
func (s Subscriber) WantedTypes() []EventType {
	if len(s.Types) == 0 {
		return EventTypes()
	}
	return slices.DeleteFunc(EventTypes(), func(t EventType) bool {
		return !slices.ContainsFunc(s.Types, func(glob string) bool { return typeFits(glob, t) })
	})
}

// Wants is whether the subscriber is told of a batch's events. A batch has one type
// and one entity type, so it is wanted whole or not at all.
func (s Subscriber) Wants(b *EventBatch) bool {
	return slices.Contains(s.WantedTypes(), b.Type) &&
		(len(s.EntityTypes) == 0 || slices.Contains(s.EntityTypes, b.EntityType))
}

// reserved are ranges that no public host has, beyond what net/netip names itself.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // future use, broadcast
	netip.MustParsePrefix("::/96"),           // IPv4-compatible
	netip.MustParsePrefix("64:ff9b:1::/48"),  // local NAT64
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4: would reach the IPv4 address inside
	netip.MustParsePrefix("fec0::/10"),       // site-local
}

// nat64 leads to the IPv4 address in its last four bytes.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// PublicAddress is whether an address can belong to a host of the open internet:
// none of this machine, of a private network, of a cloud's metadata service.
func PublicAddress(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		b := a.As16()
		return PublicAddress(netip.AddrFrom4([4]byte(b[12:])))
	}
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false // loopback, link-local (metadata), multicast, unspecified; RFC 1918, ULA
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}
