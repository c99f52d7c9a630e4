package engine

import (
	"context"

	"holdfast/retention"
)

// MeasureSoon is what a run does at its end.
func (e *Engine) MeasureSoon(ctx context.Context, r *retention.Run) { e.measureSoon(ctx, r) }

// WhyMissed is for tests of its own: what it reads is hard to bring about.
var WhyMissed = whyMissed
