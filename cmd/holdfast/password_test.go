package main

import "testing"

// Whoever has no account is compared with a hash like all others, so that the answer
// takes as long and tells nothing.
func TestNobodysPasswordIsComparedLikeAnyOther(t *testing.T) {
	p := newPasswords()
	hash, err := p.Hash("correct horse battery staple")
	if err != nil {
		t.Fatal(err)
	}
	if len(hash) != len(p.nobody) || hash[:len("$argon2id$v=19$m=19456,t=2,p=1$")] != p.nobody[:len("$argon2id$v=19$m=19456,t=2,p=1$")] {
		t.Errorf("nobody's hash is %s, another %s", p.nobody, hash)
	}
	for password, want := range map[string]bool{"correct horse battery staple": true, "another": false, "": false} {
		if ok, err := p.Check(password, hash); ok != want || err != nil {
			t.Errorf("%q: got %v, %v, want %v", password, ok, err, want)
		}
		if ok, err := p.Check(password, ""); ok || err != nil {
			t.Errorf("%q without an account: got %v, %v, want false", password, ok, err)
		}
	}
}
