package store

import (
	"context"
	"errors"
)

// Sweep removes what has outlived its use: idempotency keys older than a day,
// expired sessions and processes long gone. No noun of ours is ever swept.
func (s *Store) Sweep(ctx context.Context) error {
	_, sessions := s.CleanSessions(ctx)
	_, answers := s.CleanIdempotent(ctx)
	return errors.Join(sessions, answers, s.CleanProcesses(ctx))
}
