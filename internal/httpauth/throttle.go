package httpauth

import (
	"sync"
	"time"

	"holdfast/internal/httperr"
)

const (
	// freeFailures is how many wrong passwords in a row cost nothing: people mistype.
	freeFailures = 10
	// longestWait bounds the wait, which doubles with each failure from one second.
	longestWait = 15 * time.Minute
	// forgetAfter is how long after its last failure a key is remembered.
	forgetAfter = time.Hour
	// maxKeys bounds the memory: an attacker can make up any number of keys. Beyond
	// it the key that failed longest ago is forgotten.
	maxKeys = 10_000
)

// throttle slows down whoever tries passwords, per e-mail address and client
// address, so that nobody can lock somebody else out from elsewhere.
type throttle struct {
	now func() time.Time
	mu  sync.Mutex
	// keys is guarded by mu.
	keys map[string]failures
}

type failures struct {
	count int
	last  time.Time
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, keys: map[string]failures{}}
}

// wait is how long after its last failure a key has to wait.
func (f failures) wait() time.Duration {
	if f.count < freeFailures {
		return 0
	}
	return min(longestWait, time.Second<<min(f.count-freeFailures, 20))
}

// allow is nil if the key may try now, else says when.
func (t *throttle) allow(key string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, ok := t.keys[key]
	if !ok {
		return nil
	}
	now := t.now()
	if now.Sub(f.last) > forgetAfter {
		delete(t.keys, key)
		return nil
	}
	if until := f.last.Add(f.wait()); until.After(now) {
		return &httperr.TooManyRequests{RetryAfter: until.Sub(now)}
	}
	return nil
}

// failed counts a failure.
func (t *throttle) failed(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.keys[key]; !known && len(t.keys) >= maxKeys {
		t.makeRoom()
	}
	f := t.keys[key]
	t.keys[key] = failures{count: f.count + 1, last: t.now()}
}

// forget is for a key that has signed in.
func (t *throttle) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, key)
}

// makeRoom forgets what is too old to matter, or else the oldest.
func (t *throttle) makeRoom() {
	now, oldest, at := t.now(), "", time.Time{}
	for key, f := range t.keys {
		if now.Sub(f.last) > forgetAfter {
			delete(t.keys, key)
			continue
		}
		if oldest == "" || f.last.Before(at) {
			oldest, at = key, f.last
		}
	}
	if len(t.keys) >= maxKeys {
		delete(t.keys, oldest)
	}
}
