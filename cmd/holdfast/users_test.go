package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// people is the command line of an operator beside an engine over the same database.
type people struct {
	*app
	t   *testing.T
	env map[string]string
}

func newPeople(t *testing.T) *people {
	t.Helper()
	p := &people{t: t, env: map[string]string{"HOLDFAST_DATABASE_URL": pgtest.New(t), "HOLDFAST_SECRET": strings.Repeat("s", 40)}}
	cfg, err := readConfig(p.getenv)
	if err != nil {
		t.Fatal(err)
	}
	if p.app, err = openApp(t.Context(), cfg, (&program{stderr: io.Discard}).quietLogger(), true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

func (p *people) getenv(name string) string { return p.env[name] }

// users runs a command of `holdfast users` and answers what it printed.
func (p *people) users(stdin string, args ...string) string {
	p.t.Helper()
	var out bytes.Buffer
	cmd := (&program{getenv: p.getenv, stdout: &out, stderr: io.Discard, stdin: strings.NewReader(stdin)}).usersCommand()
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(p.t.Context()); err != nil {
		p.t.Fatalf("users %v: %v", args, err)
	}
	return out.String()
}

func (p *people) signIn(password string) (retention.Actor, error) {
	return p.engine.SignIn(p.t.Context(), "jane@example.com", password, "192.0.2.1")
}

func (p *people) wantEnded(what string, session retention.Actor) {
	p.t.Helper()
	if _, err := p.engine.SessionActor(p.t.Context(), session.UserID, session.SessionMark, ""); !errors.Is(err, retention.ErrUnauthenticated) {
		p.t.Errorf("%s: the session got %v, want it ended", what, err)
	}
}

func TestOperatorResetsAndDisablesAnAccount(t *testing.T) {
	p, first := newPeople(t), "the first password of Jane"
	p.users(first+"\n", "create", "jane@example.com")
	before, err := p.signIn(first)
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := p.engine.CreateToken(t.Context(), before, "ci", nil)
	if err != nil {
		t.Fatal(err)
	}

	second := regexp.MustCompile(`(?m)^  (\S+)$`).FindStringSubmatch(p.users("", "password", "Jane@example.com"))
	if second == nil {
		t.Fatal("no new password was printed")
	}
	p.wantEnded("after a new password", before)
	if _, err := p.signIn(first); !errors.Is(err, retention.ErrUnauthenticated) {
		t.Errorf("the old password: %v, want it refused", err)
	}
	again, err := p.signIn(second[1])
	if err != nil {
		t.Fatalf("the printed password: %v", err)
	}
	if _, err := p.engine.TokenActor(t.Context(), token, ""); err != nil {
		t.Errorf("the token after a new password: %v", err)
	}

	p.users("", "disable", "jane@example.com")
	p.wantEnded("after disabling", again)
	if _, err := p.signIn(second[1]); !errors.Is(err, retention.ErrUnauthenticated) {
		t.Errorf("sign-in when disabled: %v, want it refused", err)
	}
	if _, err := p.engine.TokenActor(t.Context(), token, ""); !errors.Is(err, retention.ErrUnauthenticated) {
		t.Errorf("the token when disabled: %v, want it refused", err)
	}
	p.wantAudited("user.create", "user.reset_password", "user.disable", "token.revoke")

	third := regexp.MustCompile(`(?m)^  (\S+)$`).FindStringSubmatch(p.users("", "password", "jane@example.com"))
	if _, err := p.signIn(third[1]); err != nil {
		t.Errorf("sign-in when opened again: %v", err)
	}
}

func (p *people) wantAudited(actions ...string) {
	p.t.Helper()
	for _, action := range actions {
		rows, _, err := p.engine.Audit(context.Background(), retention.System(), retention.AuditFilter{Action: action}, retention.Page{})
		if err != nil || len(rows) != 1 || rows[0].Actor != "command line" {
			p.t.Errorf("audit of %s: %+v, %v; want one row by the command line", action, rows, err)
		}
	}
}

func TestNobodyTakesOverAColleaguesAccount(t *testing.T) {
	p := newPeople(t)
	p.users("the first password of Jane\n", "create", "jane@example.com")
	for _, kind := range []retention.ActorKind{retention.ActorUser, retention.ActorToken} {
		actor := retention.Actor{Kind: kind, Name: "john@example.com"}
		if err := p.engine.ResetPassword(t.Context(), actor, "jane@example.com", "a password by John himself"); !errors.Is(err, retention.ErrForbidden) {
			t.Errorf("%s resets: %v, want it forbidden", kind, err)
		}
		if _, err := p.engine.DisableUser(t.Context(), actor, "jane@example.com"); !errors.Is(err, retention.ErrForbidden) {
			t.Errorf("%s disables: %v, want it forbidden", kind, err)
		}
	}
}

func TestNoSecretIsMadeForAStoreThatHasOne(t *testing.T) {
	p := newPeople(t)
	dir := t.TempDir()
	p.env = map[string]string{"HOLDFAST_DATABASE_URL": p.env["HOLDFAST_DATABASE_URL"], "HOLDFAST_DATA_DIR": dir}
	var out bytes.Buffer
	err := run(t.Context(), []string{"users", "disable", "jane@example.com"}, p.getenv, &out, &out)
	if err == nil || !strings.Contains(err.Error(), "set HOLDFAST_SECRET") || !strings.Contains(err.Error(), dir) {
		t.Errorf("without the secret: %v, want it asked for", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the data directory has %v (%v), want nothing kept", entries, err)
	}
}

func TestTheFirstAccountIsAskedForWithoutAnySecret(t *testing.T) {
	p := newPeople(t)
	var out bytes.Buffer
	if err := (&program{stdout: &out}).sayFirstAccount(t.Context(), p.app); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "  holdfast users create you@example.com\n") || strings.Contains(got, "postgres") {
		t.Errorf("printed %q, want the command alone", got)
	}
}
