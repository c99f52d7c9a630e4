package ui

// SignInView is the sign-in page.
type SignInView struct {
	Email, Next string
	// Error says why the last attempt was refused.
	Error string
	// DemoEmail and DemoPassword are shown in demo mode; empty otherwise.
	DemoEmail, DemoPassword string
	// NoAccounts: nobody can sign in yet; the page says how to make the first account.
	NoAccounts bool
}

// SettingsView is a person's own settings.
type SettingsView struct {
	Email              string
	Problems           []Problem
	Current, New, Once Field
	Zone               Field
}

// PersonRow is one account.
type PersonRow struct {
	Email, Name, CreatedBy string
	CreatedAt, LastSignIn  Time
	Disabled               bool
}

// PeopleView lists accounts and adds one.
type PeopleView struct {
	Rows                  []PersonRow
	Pager                 Pager
	Problems              []Problem
	Email, Name, Password Field
}

// TokenRow is one API token.
type TokenRow struct {
	ID, Name, Owner              string
	State                        Pill
	CreatedAt, ExpiresAt, UsedAt Time
	// Live tokens can be revoked.
	Live bool
}

// TokensView lists API tokens and makes one.
type TokensView struct {
	Rows     []TokenRow
	Pager    Pager
	Problems []Problem
	Name     Field
	Expires  Field
	// Secret is the new token's, shown this once; SecretName names it.
	Secret, SecretName string
}

// RevokeView asks before a token is revoked.
type RevokeView struct {
	ID, Name, Owner string
	LastUsed        Time
}
