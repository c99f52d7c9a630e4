package engine

import (
	"context"

	"holdfast/retention"
)

// BeginIdempotent, FinishIdempotent and DropIdempotent let a mouth of the engine
// answer a repeated request with the first one's answer, for a day. The key is the
// caller's, apart from everybody else's.

// BeginIdempotent reserves the key; see Store.BeginIdempotent.
func (e *Engine) BeginIdempotent(ctx context.Context, actor retention.Actor, key string, fingerprint []byte) (retention.IdempotentReplay, bool, error) {
	if key == "" || len(key) > 255 {
		return retention.IdempotentReplay{}, false, retention.Invalid("Idempotency-Key", "must have 1 to 255 bytes")
	}
	return e.store.BeginIdempotent(ctx, actor.Name, key, fingerprint)
}

// FinishIdempotent keeps the answer.
func (e *Engine) FinishIdempotent(ctx context.Context, actor retention.Actor, key string, answer retention.IdempotentReplay) error {
	return e.store.FinishIdempotent(ctx, actor.Name, key, answer)
}

// DropIdempotent frees the key of a request that failed without effect.
func (e *Engine) DropIdempotent(ctx context.Context, actor retention.Actor, key string) error {
	return e.store.DropIdempotent(ctx, actor.Name, key)
}

// Sweep removes what has outlived its use in our own tables.
func (e *Engine) Sweep(ctx context.Context) error { return e.store.Sweep(ctx) }
