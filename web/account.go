package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"holdfast/internal/httpauth"
	"holdfast/internal/httperr"
	"holdfast/retention"
	"holdfast/web/ui"
)

// openRoutes are the pages for people who are not signed in.
func (s *server) openRoutes(r chi.Router) {
	r.Get("/sign-in", s.page(signInForm))
	r.Post("/sign-in", s.page(signIn))
	r.Post("/sign-out", s.page(signOut))
	r.Post("/settings/theme", s.page(setTheme))
}

func (s *server) accountRoutes(r chi.Router) {
	r.Get("/settings", s.page(settings))
	r.Post("/settings/password", s.page(changePassword))
	r.Post("/settings/zone", s.page(setZone))
	r.Get("/settings/people", s.page(people))
	r.Post("/settings/people", s.page(addPerson))
	r.Get("/settings/tokens", s.page(tokens))
	r.Post("/settings/tokens", s.page(createToken))
	r.Get("/settings/tokens/{id}/revoke", s.page(revokeForm))
	r.Post("/settings/tokens/{id}/revoke", s.page(revokeToken))
}

func signInForm(v *visit) error {
	if !v.actor.IsZero() {
		return v.redirect(httpauth.SafeNext(v.query("next")))
	}
	n, err := v.e.CountUsers(v.ctx)
	if err != nil {
		return err
	}
	return v.signInPage(http.StatusOK, ui.SignInView{Next: httpauth.SafeNext(v.query("next")), NoAccounts: n == 0})
}

func (v *visit) signInPage(status int, view ui.SignInView) error {
	if d := v.opts.Demo; d != nil {
		view.DemoEmail, view.DemoPassword = d.Email, d.Password
	}
	return v.render(status, ui.SignIn(v.shell("", pick(view.NoAccounts, "No account exists yet", "Sign in")), view))
}

func signIn(v *visit) error {
	email, next := v.form("email"), httpauth.SafeNext(v.form("next"))
	_, err := v.auth.SignIn(v.ctx, email, v.form("password"), v.auth.RemoteAddr(v.r))
	again := ui.SignInView{Email: email, Next: next}
	if wait, ok := errors.AsType[*httperr.TooManyRequests](err); ok {
		httperr.SetHeaders(v.w, err)
		again.Error = "Too many wrong passwords from here. Try again in " + plural(wait.Seconds(), "second") + "."
		return v.signInPage(http.StatusTooManyRequests, again)
	}
	if errors.Is(err, retention.ErrUnauthenticated) {
		again.Error = "E-mail address and password do not fit together. Check both and try again."
		return v.signInPage(http.StatusUnprocessableEntity, again)
	}
	if err != nil {
		return err
	}
	return v.redirect(next)
}

func signOut(v *visit) error {
	if err := v.auth.SignOut(v.ctx); err != nil {
		return err
	}
	return v.redirect("/sign-in")
}

// remember keeps a choice of look in the browser for a year.
func (v *visit) remember(name, value string) {
	maxAge := 365 * 24 * 3600
	if value == "" {
		maxAge = -1
	}
	http.SetCookie(v.w, &http.Cookie{
		Name: name, Value: url.QueryEscape(value), Path: "/", MaxAge: maxAge, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(v.opts.PublicURL, "https:"),
	})
}

func setTheme(v *visit) error {
	theme := v.form("theme")
	if theme != "light" && theme != "dark" {
		theme = ""
	}
	v.remember(themeCookie, theme)
	return v.redirect(httpauth.SafeNext(v.form("return_to")))
}

func setZone(v *visit) error {
	name := strings.TrimSpace(v.form("zone"))
	if _, err := loadZone(url.QueryEscape(name)); err != nil {
		return v.settingsPage(http.StatusUnprocessableEntity, faults{fields: []retention.FieldError{{Field: "zone", Message: err.Error()}}}, name)
	}
	v.remember(zoneCookie, name)
	return v.redirect("/settings?done=zone")
}

func settings(v *visit) error {
	return v.settingsPage(http.StatusOK, faults{}, v.clock.zone.String())
}

func (v *visit) settingsPage(status int, f faults, zone string) error {
	return v.render(status, ui.Settings(v.shell("settings", "Settings"), ui.SettingsView{
		Email: v.actor.Name,
		Problems: f.summary(byName(map[string]string{
			"current_password": "Present password", "password": "New password", "repeat": "New password, again", "zone": "Time zone",
		})),
		Current: ui.Field{Name: "current_password", Label: "Present password", Type: "password", Help: "So that nobody changes it at an unattended screen.",
			Error: f.of("current_password"), Attrs: templ.Attributes{"autocomplete": "current-password", "required": true}},
		New: ui.Field{Name: "password", Label: "New password", Type: "password", Help: "At least 15 characters, of any kind. A sentence is fine.",
			Error: f.of("password"), Attrs: templ.Attributes{"autocomplete": "new-password", "required": true}},
		Once: ui.Field{Name: "repeat", Label: "New password, again", Type: "password", Help: "The same once more, against slips.",
			Error: f.of("repeat"), Attrs: templ.Attributes{"autocomplete": "new-password", "required": true}},
		Zone: ui.Field{Name: "zone", Label: "Zone in which times are shown", Value: zone, Error: f.of("zone"),
			Help: "A name of the IANA database, such as UTC or Europe/Berlin. Kept in this browser; what is recorded does not depend on it."},
	}))
}

func changePassword(v *visit) error {
	if v.form("password") != v.form("repeat") {
		return v.settingsPage(http.StatusUnprocessableEntity, faults{fields: []retention.FieldError{{Field: "repeat", Message: "is not the same as the new password"}}}, v.clock.zone.String())
	}
	actor, err := v.e.ChangePassword(v.ctx, v.actor, v.form("current_password"), v.form("password"))
	if f, ok := faultsOf(err); ok {
		return v.settingsPage(http.StatusUnprocessableEntity, f, v.clock.zone.String())
	}
	if err != nil {
		return err
	}
	if err := v.auth.Begin(v.ctx, actor); err != nil {
		return err
	}
	return v.redirect("/settings?done=password")
}

func people(v *visit) error { return v.peoplePage(http.StatusOK, faults{}) }

func (v *visit) peoplePage(status int, f faults) error {
	users, next, err := v.e.Users(v.ctx, v.actor, v.cursor())
	if err != nil {
		return err
	}
	view := ui.PeopleView{
		Pager:    v.pager("people", next),
		Problems: f.summary(byName(map[string]string{"email": "E-mail address", "name": "Name", "password": "First password"})),
		Email: ui.Field{Name: "email", Label: "E-mail address", Type: "email", Value: v.form("email"), Error: f.of("email"),
			Help: "What the person signs in with, and what the audit names them by.", Attrs: templ.Attributes{"autocomplete": "off", "required": true}},
		Name: ui.Field{Name: "name", Label: "Name", Value: v.form("name"), Error: f.of("name"), Help: "How colleagues know them. May be left empty.",
			Attrs: templ.Attributes{"autocomplete": "off"}},
		Password: ui.Field{Name: "password", Label: "First password", Type: "password", Error: f.of("password"),
			Help: "At least 15 characters. The person changes it under Settings.", Attrs: templ.Attributes{"autocomplete": "new-password", "required": true}},
	}
	for _, u := range users {
		view.Rows = append(view.Rows, ui.PersonRow{
			Email: u.Email, Name: u.Name, CreatedBy: u.CreatedBy, CreatedAt: v.clock.at(u.CreatedAt), LastSignIn: v.clock.atp(u.LastSignIn), Disabled: u.Disabled,
		})
	}
	return v.render(status, ui.People(v.shell("settings", "People"), view))
}

func addPerson(v *visit) error {
	_, err := v.e.CreateUser(v.ctx, v.actor, v.form("email"), v.form("name"), v.form("password"))
	if f, ok := faultsOf(err); ok {
		return v.peoplePage(http.StatusUnprocessableEntity, f)
	}
	if errors.Is(err, retention.ErrConflict) {
		return v.peoplePage(http.StatusUnprocessableEntity, faults{fields: []retention.FieldError{{Field: "email", Message: "has an account already"}}})
	}
	if err != nil {
		return err
	}
	return v.redirect("/settings/people?done=person")
}

// tokenPill is a token's state.
func (c clock) tokenPill(t retention.Token) ui.Pill {
	switch {
	case t.RevokedAt != nil:
		return ui.Pill{Tone: "quiet", Text: "Revoked"}
	case t.ExpiresAt != nil && !t.ExpiresAt.After(c.now):
		return ui.Pill{Tone: "quiet", Text: "Expired"}
	}
	return ui.Pill{Tone: "good", Text: "Valid"}
}

func tokens(v *visit) error {
	return v.tokensPage(http.StatusOK, faults{}, retention.Token{}, "")
}

func (v *visit) tokensPage(status int, f faults, made retention.Token, secret string) error {
	list, next, err := v.e.Tokens(v.ctx, v.actor, v.cursor())
	if err != nil {
		return err
	}
	view := ui.TokensView{
		Secret: secret, SecretName: made.Name, Pager: v.pager("tokens", next),
		Problems: f.summary(byName(map[string]string{"name": "Name", "expires_at": "Last day"})),
		Name: ui.Field{Name: "name", Label: "Name", Error: f.of("name"), Help: "What the token is for, such as ci-main. The audit names it.",
			Attrs: templ.Attributes{"autocomplete": "off", "required": true}},
		Expires: ui.Field{Name: "expires_at", Label: "Last day", Type: "date", Error: f.of("expires_at"),
			Help: "The token is accepted through this day (" + v.clock.zone.String() + "). Left empty, it does not expire."},
	}
	if secret == "" {
		view.Name.Value, view.Expires.Value = v.form("name"), v.form("expires_at")
	}
	for _, t := range list {
		pill := v.clock.tokenPill(t)
		view.Rows = append(view.Rows, ui.TokenRow{
			ID: t.ID, Name: t.Name, Owner: t.Owner, State: pill, Live: pill.Tone == "good",
			CreatedAt: v.clock.at(t.CreatedAt), ExpiresAt: v.clock.atp(t.ExpiresAt), UsedAt: v.clock.atp(t.LastUsedAt),
		})
	}
	return v.render(status, ui.Tokens(v.shell("settings", "API tokens"), view))
}

// createToken answers the page with the secret itself instead of leading on: the
// secret is shown this once and must not stand in an address.
func createToken(v *visit) error {
	var expires *time.Time
	if s := v.form("expires_at"); s != "" {
		t, err := v.clock.endOfDay(s)
		if err != nil {
			return v.tokensPage(http.StatusUnprocessableEntity, faults{fields: []retention.FieldError{{Field: "expires_at", Message: err.Error()}}}, retention.Token{}, "")
		}
		if !t.After(v.clock.now) {
			return v.tokensPage(http.StatusUnprocessableEntity, faults{fields: []retention.FieldError{{Field: "expires_at", Message: v.clock.notOver()}}}, retention.Token{}, "")
		}
		expires = &t
	}
	t, secret, err := v.e.CreateToken(v.ctx, v.actor, v.form("name"), expires)
	if f, ok := faultsOf(err); ok {
		return v.tokensPage(http.StatusUnprocessableEntity, f, retention.Token{}, "")
	}
	if err != nil {
		return err
	}
	return v.tokensPage(http.StatusOK, faults{}, t, secret)
}

// findToken looks a token up in the list, since the engine has no question for one.
func (v *visit) findToken(id string) (retention.Token, error) {
	page := retention.Page{Limit: retention.MaxPage}
	for {
		list, next, err := v.e.Tokens(v.ctx, v.actor, page)
		if err != nil {
			return retention.Token{}, err
		}
		for _, t := range list {
			if t.ID == id {
				return t, nil
			}
		}
		if next == "" {
			return retention.Token{}, retention.NotFoundf("token %q", id)
		}
		page.Cursor = next
	}
}

func revokeForm(v *visit) error {
	t, err := v.findToken(v.param("id"))
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, ui.Revoke(v.shell("settings", "Revoke a token"), ui.RevokeView{
		ID: t.ID, Name: t.Name, Owner: t.Owner, LastUsed: v.clock.atp(t.LastUsedAt),
	}))
}

func revokeToken(v *visit) error {
	if _, err := v.e.RevokeToken(v.ctx, v.actor, v.param("id")); err != nil {
		return err
	}
	return v.redirect("/settings/tokens?done=revoked")
}
