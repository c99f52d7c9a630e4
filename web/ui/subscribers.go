package ui

// SubscriberRow is one subscriber of the list.
type SubscriberRow struct {
	Href, Name, Kind, URL, Wants, Says string
	State                              Pill
	LastSuccess                        Time
}

// SubscribersView lists subscribers.
type SubscribersView struct {
	Head  Head
	Rows  []SubscriberRow
	Pager Pager
	Empty Empty
}

// SubscriberForm is what a subscriber is made or changed by.
type SubscriberForm struct {
	Problems []Problem
	// Kind is chosen once: it is shown where a subscriber is made.
	Kind                                  Choice
	Name, URL, Subject, Types, EntityType Field
	// HasSubject is false for a webhook that is being changed.
	HasSubject bool
	Version    int
	Nonce      string
}

// DeliveryRow is an event that has not gone through.
type DeliveryRow struct {
	EventID, Type, Entity, Answer string
	State                         Pill
	Attempts                      int
	FirstFailed                   Time
	// Next says when it is tried next; empty if it is not.
	Next string
}

// SubscriberTested is what came of a test event.
type SubscriberTested struct {
	Good         bool
	Text, Answer string
}

// SubscriberView is one subscriber.
type SubscriberView struct {
	Head        Head
	ID, Name    string
	State       Pill
	Stats       []Stat
	Facts       []Pair
	LastSuccess Time
	LastFailure Time
	LastAnswer  string
	Enabled     bool
	Webhook     bool
	// ClearText is whether what is sent can be read on its way.
	ClearText bool
	Version   int
	Dead      int64
	// Secret is the signing key of a new or rotated webhook, shown this once.
	Secret  string
	Rotated bool
	// Tested is what came of the test that was just made; nil if none was.
	Tested *SubscriberTested
	Chips  []Chip
	Rows   []DeliveryRow
	Pager  Pager
	Empty  Empty
	Form   SubscriberForm
	// From and Until bound a replay, Event names one event of it.
	From, Until, Event Field
}

// SubscriberAskView asks before a key is rotated or a subscriber is ended.
type SubscriberAskView struct {
	Head             Head
	ID, Action, Keep string
	Button           string
	Danger           bool
	// DropFormer ends the former key, which still signs.
	DropFormer bool
	Facts      []Pair
	Version    int
}
