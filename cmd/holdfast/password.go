package main

import (
	"fmt"

	"github.com/alexedwards/argon2id"
)

// passwords hashes passwords with argon2id. 19 MiB and two passes are OWASP's
// minimum; the library's 64 MiB would let a few sign-ins at once exceed the memory
// that a run may use.
type passwords struct {
	params *argon2id.Params
	// nobody is compared where there is no account, so that it takes as long.
	nobody string
}

func newPasswords() (*passwords, error) {
	p := &passwords{params: &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}}
	var err error
	p.nobody, err = p.Hash("a password that no account has")
	return p, err
}

// Hash implements engine.Hasher.
func (p *passwords) Hash(password string) (string, error) {
	h, err := argon2id.CreateHash(password, p.params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return h, nil
}

// Check implements engine.Hasher.
func (p *passwords) Check(password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		hash = p.nobody
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return ok && known, nil
}
