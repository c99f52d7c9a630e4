package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"holdfast/retention"
)

// tokenPrefix marks our API tokens, so that a leaked one is recognised by scanners.
const tokenPrefix = "hf_"

// AdminTokenName is how the administrator's token from the configuration is attributed.
const AdminTokenName = "admin-token"

// tokenHash is what the store keeps of a token. The token is 256 random bits, so a
// plain hash cannot be searched.
func tokenHash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// SignIn checks e-mail and password. A wrong pair is ErrUnauthenticated, recorded
// in the audit, and does not tell which of the two was wrong.
func (e *Engine) SignIn(ctx context.Context, email, password, remoteAddr string) (retention.Actor, error) {
	email = retention.NormalizeEmail(email)
	u, hash, err := e.store.UserForSignIn(ctx, email)
	if err != nil && !errors.Is(err, retention.ErrNotFound) {
		return retention.Actor{}, err
	}
	ok, herr := e.hasher.Check(password, hash)
	if herr != nil {
		return retention.Actor{}, herr
	}
	if err != nil || !ok {
		by := retention.By{Actor: retention.Actor{Kind: retention.ActorSystem, Name: clip(email, 254), RemoteAddr: remoteAddr}, Action: "user.sign_in_refused"}
		if rerr := e.store.Record(ctx, "user/"+clip(email, 254), nil, by); rerr != nil {
			return retention.Actor{}, rerr
		}
		return retention.Actor{}, retention.ErrUnauthenticated
	}
	actor := userActor(u, remoteAddr)
	actor.SessionMark = sessionMark(hash)
	return actor, e.store.SignedIn(ctx, u.ID, retention.By{Actor: actor, Action: "user.sign_in"})
}

func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

func userActor(u retention.User, remoteAddr string) retention.Actor {
	return retention.Actor{Kind: retention.ActorUser, UserID: u.ID, Name: u.Email, RemoteAddr: remoteAddr}
}

// SignOut records the end of a session.
func (e *Engine) SignOut(ctx context.Context, actor retention.Actor) error {
	return e.store.Record(ctx, "user/"+actor.Name, nil, retention.By{Actor: actor, Action: "user.sign_out"})
}

// sessionMark ties sessions to the password that they were begun with: where the
// password is another, or there is none, they have ended. A session that is deleted
// instead could be written back by a request that was under way.
func sessionMark(passwordHash string) string {
	sum := sha256.Sum256([]byte("session\x00" + passwordHash))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// SessionActor is the actor of a session's account; ErrUnauthenticated if the
// account is gone or disabled, or its password is not that of the mark.
func (e *Engine) SessionActor(ctx context.Context, userID, mark, remoteAddr string) (retention.Actor, error) {
	u, hash, err := e.store.UserOfSession(ctx, userID)
	if errors.Is(err, retention.ErrNotFound) {
		return retention.Actor{}, retention.ErrUnauthenticated
	}
	if err != nil {
		return retention.Actor{}, err
	}
	now := sessionMark(hash)
	if u.Disabled || subtle.ConstantTimeCompare([]byte(mark), []byte(now)) != 1 {
		return retention.Actor{}, retention.ErrUnauthenticated
	}
	actor := userActor(u, remoteAddr)
	actor.SessionMark = now
	return actor, nil
}

// TokenActor is the actor of an API token; ErrUnauthenticated if it is not known,
// revoked or expired.
func (e *Engine) TokenActor(ctx context.Context, secret, remoteAddr string) (retention.Actor, error) {
	hash := tokenHash(secret)
	if e.admin != nil && subtle.ConstantTimeCompare(hash, e.admin) == 1 {
		return retention.Actor{Kind: retention.ActorToken, Name: AdminTokenName, Token: AdminTokenName, RemoteAddr: remoteAddr}, nil
	}
	t, u, err := e.store.TokenByHash(ctx, hash)
	if errors.Is(err, retention.ErrNotFound) {
		return retention.Actor{}, retention.ErrUnauthenticated
	}
	if err != nil {
		return retention.Actor{}, err
	}
	a := userActor(u, remoteAddr)
	a.Kind, a.Token = retention.ActorToken, t.Name
	return a, nil
}

// CreateUser opens an account. An API token of a person opens none: who has it could
// sign in with the new account, and stay when the token is revoked.
func (e *Engine) CreateUser(ctx context.Context, actor retention.Actor, email, name, password string) (retention.User, error) {
	if err := e.authorise(actor, OpAccountsWrite); err != nil {
		return retention.User{}, err
	}
	if actor.Kind == retention.ActorToken && actor.UserID != "" {
		return retention.User{}, fmtForbidden("an API token opens no accounts; sign in, or use the administrator's token of the configuration")
	}
	email, name = retention.NormalizeEmail(email), strings.TrimSpace(name)
	if err := retention.ValidateAccount(email, name, password); err != nil {
		return retention.User{}, err
	}
	hash, err := e.hasher.Hash(password)
	if err != nil {
		return retention.User{}, err
	}
	u := retention.User{Email: email, Name: name, CreatedBy: actor.Name}
	return e.store.CreateUser(ctx, u, hash, retention.By{Actor: actor, Action: "user.create"})
}

// ChangePassword replaces the actor's own password; the present one must be given. It
// ends every session of the account. The answer is the actor with the mark of a session
// under the new password, by which the caller keeps the one it is in.
func (e *Engine) ChangePassword(ctx context.Context, actor retention.Actor, current, next string) (retention.Actor, error) {
	if actor.Kind != retention.ActorUser {
		return actor, retention.ErrForbidden
	}
	_, hash, err := e.store.UserForSignIn(ctx, actor.Name)
	if err != nil {
		return actor, err
	}
	ok, err := e.hasher.Check(current, hash)
	if err != nil {
		return actor, err
	}
	if !ok {
		return actor, retention.Invalid("current_password", "is not your present password")
	}
	actor.SessionMark, err = e.setPassword(ctx, actor.UserID, actor.Name, next, retention.By{Actor: actor, Action: "user.change_password"})
	return actor, err
}

func (e *Engine) setPassword(ctx context.Context, userID, email, password string, by retention.By) (mark string, err error) {
	if err := retention.ValidateAccount(email, "", password); err != nil {
		return "", err
	}
	hash, err := e.hasher.Hash(password)
	if err != nil {
		return "", err
	}
	return sessionMark(hash), e.store.SetPassword(ctx, userID, hash, by)
}

// ResetPassword gives an account a new password without the present one, and ends its
// sessions; a disabled account is open again. It is the operator's: nobody may take
// over a colleague's account in the pages or by the API.
func (e *Engine) ResetPassword(ctx context.Context, actor retention.Actor, email, password string) error {
	if actor.Kind != retention.ActorSystem {
		return retention.ErrForbidden
	}
	u, _, err := e.store.UserForSignIn(ctx, email)
	if err != nil {
		return err
	}
	_, err = e.setPassword(ctx, u.ID, u.Email, password, retention.By{Actor: actor, Action: "user.reset_password"})
	return err
}

// DisableUser ends an account's sessions, revokes its tokens and lets nobody sign in
// with it. It stays, since the audit names it. Disabling again changes nothing. It is
// the operator's, as ResetPassword is.
func (e *Engine) DisableUser(ctx context.Context, actor retention.Actor, email string) (retention.User, error) {
	if actor.Kind != retention.ActorSystem {
		return retention.User{}, retention.ErrForbidden
	}
	u, _, err := e.store.UserForSignIn(ctx, email)
	if err != nil {
		return u, err
	}
	return e.store.DisableUser(ctx, u.ID, retention.By{Actor: actor, Action: "user.disable"})
}

// Users lists accounts.
func (e *Engine) Users(ctx context.Context, actor retention.Actor, p retention.Page) ([]retention.User, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	return e.store.Users(ctx, p)
}

// CountUsers tells whether the first account still has to be made. It needs no
// actor, since nobody can be signed in then.
func (e *Engine) CountUsers(ctx context.Context) (int64, error) { return e.store.CountUsers(ctx) }

// CreateToken makes an API token that acts for the actor. The secret is answered
// once and kept nowhere. expires nil means that it does not expire. It takes a person
// who is signed in: a token that made tokens would outlive its own end.
func (e *Engine) CreateToken(ctx context.Context, actor retention.Actor, name string, expires *time.Time) (retention.Token, string, error) {
	if err := e.authorise(actor, OpAccountsWrite); err != nil {
		return retention.Token{}, "", err
	}
	if actor.Kind != retention.ActorUser {
		return retention.Token{}, "", fmtForbidden("a token belongs to a person; sign in with an account to create one")
	}
	if err := e.checkToken(ctx, &name, expires); err != nil {
		return retention.Token{}, "", err
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return retention.Token{}, "", err
	}
	secret := tokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
	t := retention.Token{Name: name, Owner: actor.Name, ExpiresAt: expires}
	t, err := e.store.CreateToken(ctx, t, actor.UserID, tokenHash(secret), retention.By{Actor: actor, Action: "token.create"})
	return t, secret, err
}

func (e *Engine) checkToken(ctx context.Context, name *string, expires *time.Time) error {
	*name = strings.TrimSpace(*name)
	if *name == "" || len(*name) > 100 {
		return retention.Invalid("name", "must have 1 to 100 bytes: what the token is for, such as ci-main")
	}
	if expires == nil {
		return nil
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	if !expires.After(now) {
		return retention.Invalid("expires_at", "must be in the future; null means that it does not expire")
	}
	return nil
}

// Tokens lists API tokens, without their secrets.
func (e *Engine) Tokens(ctx context.Context, actor retention.Actor, p retention.Page) ([]retention.Token, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	return e.store.Tokens(ctx, p)
}

// RevokeToken ends an API token at once. A token may do so too: it gains nothing by it,
// and a program that finds a leaked one must not wait for a person.
func (e *Engine) RevokeToken(ctx context.Context, actor retention.Actor, id string) (retention.Token, error) {
	if err := e.authorise(actor, OpAccountsWrite); err != nil {
		return retention.Token{}, err
	}
	return e.store.RevokeToken(ctx, id, retention.By{Actor: actor, Action: "token.revoke"})
}
