package retention_test

import (
	"strings"
	"testing"

	"holdfast/retention"
)

func TestWhatIsWrongWithAnAccountIsSaidOfItsField(t *testing.T) {
	long := strings.Repeat("a", 255)
	for _, tc := range []struct{ email, name, password, field, says string }{
		{"", "Jane", "a sentence is fine", "email", "such as jane@example.com"},
		{"jane", "Jane", "a sentence is fine", "email", "such as jane@example.com"},
		{"jane @example.com", "Jane", "a sentence is fine", "email", "such as jane@example.com"},
		{"a@b@c.d", "Jane", "a sentence is fine", "email", "such as jane@example.com"},
		{long + "@example.com", "Jane", "a sentence is fine", "email", "such as jane@example.com"},
		{"jane@example.com", long, "a sentence is fine", "name", "at most 200"},
		{"jane@example.com", "Jane", "ééééééééééééééé"[:28], "password", "has 14 characters; at least 15"},
		{"jane@example.com", "Jane", strings.Repeat("x", 1001), "password", "at most 1000"},
	} {
		got := fieldsOf(t, retention.ValidateAccount(tc.email, tc.name, tc.password))
		if len(got) != 1 || !strings.Contains(got[tc.field], tc.says) {
			t.Errorf("%.40s, %.40s, %.40s: got %v, want %s alone to say %q", tc.email, tc.name, tc.password, got, tc.field, tc.says)
		}
	}
	for _, email := range []string{"jane@example.com", "j@localhost", "größe@exämple.de"} {
		if err := retention.ValidateAccount(email, "", strings.Repeat("é", retention.MinPassword)); err != nil {
			t.Errorf("%s: got %v, want it valid", email, err)
		}
	}
}

func TestAccountsAreComparedWithoutCase(t *testing.T) {
	if got, want := retention.NormalizeEmail(" Jane@Example.COM\n"), "jane@example.com"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyAnActorWithoutAKindIsNobody(t *testing.T) {
	if !(retention.Actor{Name: "jane"}).IsZero() {
		t.Error("an actor without a kind is somebody, want nobody")
	}
	if got := retention.System(); got.IsZero() || got.Kind != retention.ActorSystem || got.Name != "system" {
		t.Errorf("System() = %+v, want the actor system", got)
	}
}
