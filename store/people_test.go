package store_test

import (
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
	"holdfast/store"
)

var _ scs.CtxStore = (*store.Sessions)(nil)

func account(t testing.TB, s *store.Store, email string) retention.User {
	t.Helper()
	return must(s.CreateUser(t.Context(), retention.User{Email: email, Name: "Jane Doe"}, "$argon2id$secret", by("user.create")))(t)
}

func TestEMailAddressIsUsedOnce(t *testing.T) {
	s := newStore(t)
	u := account(t, s, "Jane@Example.com ")
	if u.Email != "jane@example.com" || u.CreatedBy != jane.Name || u.LastSignIn != nil {
		t.Errorf("created: %+v", u)
	}
	ok, errs := race(6, func() error {
		_, err := s.CreateUser(t.Context(), retention.User{Email: "twice@example.com"}, "h", by("user.create"))
		return err
	})
	for _, err := range errs {
		wantErr(t, "used address", err, retention.ErrConflict)
	}
	if ok != 1 || must(s.CountUsers(t.Context()))(t) != 2 {
		t.Errorf("%d accounts were made of one address", ok)
	}
}

func TestAccountIsFoundForSignIn(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	u := account(t, s, "jane@example.com")
	got, hash, err := s.UserForSignIn(ctx, " JANE@example.com")
	if err != nil || hash != "$argon2id$secret" || got.ID != u.ID {
		t.Errorf("got %+v, %q, %v", got, hash, err)
	}
	_, _, err = s.UserForSignIn(ctx, "john@example.com")
	wantErr(t, "unknown address", err, retention.ErrNotFound)
	noErr(t, s.SetPassword(ctx, u.ID, "$argon2id$other", by("user.change_password")))
	noErr(t, s.SignedIn(ctx, u.ID, by("user.sign_in")))
	got, hash, _ = s.UserForSignIn(ctx, "jane@example.com")
	if hash != "$argon2id$other" || got.LastSignIn == nil {
		t.Errorf("after sign-in and a new password: %+v, %q", got, hash)
	}
	read, hash, err := s.UserOfSession(ctx, u.ID)
	noErr(t, err)
	if !read.LastSignIn.Equal(*got.LastSignIn) || hash != "$argon2id$other" {
		t.Errorf("read: %+v, %q", read, hash)
	}
	_, _, err = s.UserOfSession(ctx, "jane")
	wantErr(t, "id that is none", err, retention.ErrNotFound)
	wantErr(t, "unknown id", s.SetPassword(ctx, nobody, "h", by("x")), retention.ErrNotFound)
	wantErr(t, "unknown id", s.SignedIn(ctx, nobody, by("x")), retention.ErrNotFound)
}

func TestDisabledAccountKeepsItsNameAndNothingElse(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	u, other := account(t, s, "jane@example.com"), account(t, s, "john@example.com")
	for i, owner := range []retention.User{u, u, other} {
		must(s.CreateToken(ctx, retention.Token{Name: "ci"}, owner.ID, []byte{byte(i)}, by("token.create")))(t)
	}
	disabled := must(s.DisableUser(ctx, u.ID, by("user.disable")))(t)
	if !disabled.Disabled || disabled.Email != u.Email {
		t.Errorf("disabled: %+v", disabled)
	}
	if n := count(t, s, `SELECT count(*) FROM holdfast.audit WHERE action = 'token.revoke'`); n != 2 {
		t.Errorf("%d revoked tokens in the audit, want 2", n)
	}
	if _, owner, err := s.TokenByHash(ctx, []byte{2}); err != nil || owner.ID != other.ID {
		t.Errorf("a colleague's token: %v, %v", owner, err)
	}
	// What a request under way makes after all is worth nothing.
	must(s.CreateToken(ctx, retention.Token{Name: "late"}, u.ID, []byte("late"), by("token.create")))(t)
	for _, hash := range [][]byte{{0}, {1}, []byte("late")} {
		_, _, err := s.TokenByHash(ctx, hash)
		wantErr(t, "token of a disabled account", err, retention.ErrNotFound)
	}
	must(s.DisableUser(ctx, u.ID, by("user.disable")))(t)
	if n := count(t, s, `SELECT count(*) FROM holdfast.audit WHERE action = 'user.disable'`); n != 1 {
		t.Errorf("disabled twice: %d audit rows, want 1", n)
	}
	_, err := s.DisableUser(ctx, nobody, by("x"))
	wantErr(t, "unknown id", err, retention.ErrNotFound)
	noErr(t, s.SetPassword(ctx, u.ID, "$argon2id$new", by("user.reset_password")))
	if got, _, err := s.UserForSignIn(ctx, u.Email); err != nil || got.Disabled {
		t.Errorf("with a new password: %+v, %v", got, err)
	}
}

func TestUsersAndTokensArePaged(t *testing.T) {
	s := newStore(t)
	var users, tokens []string
	for _, e := range []string{"c@example.com", "a@example.com", "b@example.com"} {
		u := account(t, s, e)
		users = append(users, u.Email)
		tk := must(s.CreateToken(t.Context(), retention.Token{Name: "ci"}, u.ID, []byte(e), by("token.create")))(t)
		tokens = append([]string{tk.ID}, tokens...)
	}
	var gotUsers, gotTokens []string
	for _, u := range walk(t, 1, func(p retention.Page) ([]retention.User, string, error) { return s.Users(t.Context(), p) }) {
		gotUsers = append(gotUsers, u.Email)
	}
	for _, tk := range walk(t, 2, func(p retention.Page) ([]retention.Token, string, error) { return s.Tokens(t.Context(), p) }) {
		gotTokens = append(gotTokens, tk.ID)
	}
	if diff := cmp.Diff([][]string{users, tokens}, [][]string{gotUsers, gotTokens}); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
}

func TestTokenWorksUntilItExpiresOrIsRevoked(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	u := account(t, s, "jane@example.com")
	later := must(s.Now(ctx))(t).Add(time.Hour)
	tk := must(s.CreateToken(ctx, retention.Token{Name: "ci", ExpiresAt: &later}, u.ID, []byte("hash"), by("token.create")))(t)
	if tk.Owner != u.Email || tk.LastUsedAt != nil || !tk.ExpiresAt.Equal(later.Truncate(time.Microsecond)) {
		t.Errorf("created: %+v", tk)
	}
	_, err := s.CreateToken(ctx, retention.Token{Name: "x"}, u.ID, []byte("hash"), by("token.create"))
	wantErr(t, "same hash", err, retention.ErrConflict)
	_, err = s.CreateToken(ctx, retention.Token{Name: "x"}, nobody, []byte("other"), by("token.create"))
	wantErr(t, "unknown owner", err, retention.ErrNotFound)

	got, owner, err := s.TokenByHash(ctx, []byte("hash"))
	if err != nil || got.ID != tk.ID || owner.ID != u.ID {
		t.Fatalf("got %+v, %+v, %v", got, owner, err)
	}
	if n := count(t, s, `SELECT count(*) FROM holdfast.token WHERE last_used_at IS NOT NULL`); n != 1 {
		t.Error("the use was not noted")
	}
	_, _, err = s.TokenByHash(ctx, []byte("unknown"))
	wantErr(t, "unknown hash", err, retention.ErrNotFound)
	exec(t, s, `UPDATE holdfast.token SET expires_at = holdfast.clock() - interval '1 second'`)
	_, _, err = s.TokenByHash(ctx, []byte("hash"))
	wantErr(t, "expired token", err, retention.ErrNotFound)
	exec(t, s, `UPDATE holdfast.token SET expires_at = NULL`)
	revoked := must(s.RevokeToken(ctx, tk.ID, by("token.revoke")))(t)
	if revoked.RevokedAt == nil {
		t.Errorf("revoked: %+v", revoked)
	}
	_, _, err = s.TokenByHash(ctx, []byte("hash"))
	wantErr(t, "revoked token", err, retention.ErrNotFound)
	again := must(s.RevokeToken(ctx, tk.ID, by("token.revoke")))(t)
	if diff := cmp.Diff(revoked, again); diff != "" {
		t.Errorf("revoked again (-first +second):\n%s", diff)
	}
	_, err = s.RevokeToken(ctx, nobody, by("token.revoke"))
	wantErr(t, "unknown token", err, retention.ErrNotFound)
}

func TestUseOfATokenIsNotedOnceAMinute(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	u := account(t, s, "jane@example.com")
	must(s.CreateToken(ctx, retention.Token{Name: "ci"}, u.ID, []byte("hash"), by("token.create")))(t)
	use := func() time.Time {
		_, errs := race(4, func() error { _, _, err := s.TokenByHash(ctx, []byte("hash")); return err })
		for _, err := range errs {
			t.Error(err)
		}
		var at time.Time
		noErr(t, s.Pool().QueryRow(ctx, `SELECT last_used_at FROM holdfast.token`).Scan(&at))
		return at
	}
	first := use()
	if second := use(); !second.Equal(first) {
		t.Errorf("noted again after %v", second.Sub(first))
	}
	exec(t, s, `UPDATE holdfast.token SET last_used_at = last_used_at - interval '2 minutes'`)
	if third := use(); !third.After(first) {
		t.Error("not noted after two minutes")
	}
}

func TestSessionLivesUntilItsExpiryAndIsKeptAsAHash(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	sessions := s.Sessions()
	now := must(s.Now(ctx))(t)
	noErr(t, sessions.CommitCtx(ctx, "cookie", []byte("one"), now.Add(time.Hour)))
	noErr(t, sessions.CommitCtx(ctx, "cookie", []byte("two"), now.Add(time.Hour)))
	noErr(t, sessions.Commit("expired", []byte("three"), now.Add(-time.Second)))
	data, found, err := sessions.FindCtx(ctx, "cookie")
	if err != nil || !found || string(data) != "two" {
		t.Errorf("got %q, %v, %v", data, found, err)
	}
	for _, token := range []string{"expired", "tampered", "", "a\x00b"} {
		if _, found, err := sessions.Find(token); found || err != nil {
			t.Errorf("session %q: found %v, %v", token, found, err)
		}
	}
	if n := count(t, s, `SELECT count(*) FROM holdfast.session WHERE position('cookie'::bytea IN token_hash) > 0`); n != 0 {
		t.Error("the cookie's token stands in the table")
	}
	if n, err := s.CleanSessions(ctx); n != 1 || err != nil {
		t.Errorf("cleaned %d, %v; want the expired one", n, err)
	}
	noErr(t, sessions.DeleteCtx(ctx, "cookie"))
	noErr(t, sessions.Delete("cookie"))
	if _, found, _ := sessions.FindCtx(ctx, "cookie"); found {
		t.Error("found after it was ended")
	}
}

func TestRequestWithAKeyIsWorkedOnOnce(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	begin := func(actor, key, fp string) (retention.IdempotentReplay, bool, error) {
		return s.BeginIdempotent(ctx, actor, key, []byte(fp))
	}
	ok, errs := race(8, func() error { _, _, err := begin("jane", "k", "fp"); return err })
	if ok != 1 {
		t.Errorf("%d of 8 requests were begun, want 1", ok)
	}
	for _, err := range errs {
		wantErr(t, "the same request at once", err, retention.ErrConflict)
	}
	_, _, err := begin("jane", "k", "other")
	wantErr(t, "another request", err, retention.ErrInvalid)
	if _, replay, err := begin("john", "k", "other"); replay || err != nil {
		t.Errorf("another actor's key: %v, %v", replay, err)
	}
	answer := retention.IdempotentReplay{Status: 201, ContentType: "application/json", Location: "/api/v1/holds/1", ETag: `"1"`, Body: []byte(`{"id":"1"}`)}
	noErr(t, s.FinishIdempotent(ctx, "jane", "k", answer))
	noErr(t, s.FinishIdempotent(ctx, "jane", "k", retention.IdempotentReplay{Status: 500}))
	noErr(t, s.DropIdempotent(ctx, "jane", "k"))
	got, replay, err := begin("jane", "k", "fp")
	if diff := cmp.Diff(answer, got); err != nil || !replay || diff != "" {
		t.Errorf("replay %v, %v (-want +got):\n%s", replay, err, diff)
	}
	_, _, err = begin("jane", "k", "other")
	wantErr(t, "another request after the end", err, retention.ErrInvalid)
}

func TestKeyIsFreeAgainOnceDroppedDeadOrForgotten(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	begin := func() bool {
		_, replay, err := s.BeginIdempotent(ctx, "jane", "k", []byte("fp"))
		return err == nil && !replay
	}
	if !begin() || begin() {
		t.Fatal("the key was not taken once")
	}
	noErr(t, s.DropIdempotent(ctx, "jane", "k"))
	if !begin() {
		t.Error("a dropped key is not free")
	}
	exec(t, s, `UPDATE holdfast.idempotency SET started_at = started_at - interval '11 minutes'`)
	if !begin() || begin() {
		t.Error("a request that died does not free its key, or frees it twice")
	}
	noErr(t, s.FinishIdempotent(ctx, "jane", "k", retention.IdempotentReplay{Status: 204}))
	exec(t, s, `UPDATE holdfast.idempotency SET started_at = started_at - interval '23 hours'`)
	if n, err := s.CleanIdempotent(ctx); begin() || n != 0 || err != nil {
		t.Errorf("the answer did not last a day (%d cleaned, %v)", n, err)
	}
	exec(t, s, `UPDATE holdfast.idempotency SET started_at = started_at - interval '1 hour'`)
	if !begin() {
		t.Error("the key is not forgotten after a day")
	}
	exec(t, s, `UPDATE holdfast.idempotency SET started_at = started_at - interval '1 day'`)
	if n, err := s.CleanIdempotent(ctx); n != 1 || err != nil {
		t.Errorf("cleaned %d, %v; want 1", n, err)
	}
}
