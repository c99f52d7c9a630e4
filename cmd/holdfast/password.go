package main

import (
	"encoding/base64"
	"fmt"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/argon2"
)

// passwords hashes passwords with argon2id. 19 MiB and two passes are OWASP's
// minimum; the library's 64 MiB would let a few sign-ins at once exceed the memory
// that a run may use.
type passwords struct {
	params *argon2id.Params
	// nobody is compared where there is no account, so that it takes as long.
	nobody string
}

func newPasswords() *passwords {
	p := &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	// A salt and a key of zeros take as long to compare as any, and cost no hash at each start.
	zeros := func(n uint32) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }
	return &passwords{params: p, nobody: fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, p.Memory, p.Iterations, p.Parallelism, zeros(p.SaltLength), zeros(p.KeyLength))}
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
