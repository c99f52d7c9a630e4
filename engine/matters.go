package engine

import (
	"context"
	"strings"

	"holdfast/retention"
)

// Matters lists what holds are placed for, newest first.
func (e *Engine) Matters(ctx context.Context, actor retention.Actor, f retention.MatterFilter, p retention.Page) ([]retention.Matter, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	return e.store.Matters(ctx, f, p)
}

// Matter is one matter.
func (e *Engine) Matter(ctx context.Context, actor retention.Actor, id string) (retention.Matter, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Matter{}, err
	}
	return e.store.Matter(ctx, id)
}

// MatterNamed is the matter of a name, in whatever case it is written.
func (e *Engine) MatterNamed(ctx context.Context, actor retention.Actor, name string) (retention.Matter, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Matter{}, err
	}
	return e.store.MatterNamed(ctx, name)
}

// OpenMatter opens a matter before there is any hold of it. PlaceHold opens one by itself.
func (e *Engine) OpenMatter(ctx context.Context, actor retention.Actor, m retention.Matter) (retention.Matter, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Matter{}, err
	}
	m.Name, m.Reference, m.Counsel, m.Notes = strings.TrimSpace(m.Name), strings.TrimSpace(m.Reference), strings.TrimSpace(m.Counsel), strings.TrimSpace(m.Notes)
	if err := m.Validate(); err != nil {
		return m, err
	}
	return e.store.OpenMatter(ctx, m, retention.By{Actor: actor, Action: "matter.open"})
}

// ReviseMatter changes a matter's reference, counsel or notes. version is the one that was
// read; 0 is ErrPreconditionRequired.
func (e *Engine) ReviseMatter(ctx context.Context, actor retention.Actor, id string, version int, rev retention.MatterRevision) (retention.Matter, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Matter{}, err
	}
	m, err := e.store.Matter(ctx, id)
	if err != nil {
		return m, err
	}
	if err := checkVersion("matter", m.Version, version); err != nil {
		return m, err
	}
	if rev.IsZero() {
		return m, nil
	}
	if m, err = rev.Apply(m); err != nil {
		return m, err
	}
	m.Version = version
	return e.store.ReviseMatter(ctx, m, retention.By{Actor: actor, Action: "matter.revise"})
}

// CloseMatter closes a matter, with a reason. Its holds must have ended.
func (e *Engine) CloseMatter(ctx context.Context, actor retention.Actor, id, reason string) (retention.Matter, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Matter{}, err
	}
	reason, err := explained("reason", reason, "how the matter ended")
	if err != nil {
		return retention.Matter{}, err
	}
	return e.store.CloseMatter(ctx, id, retention.By{Actor: actor, Action: "matter.close", Note: reason})
}

// ReopenMatter opens a closed matter again, with a reason.
func (e *Engine) ReopenMatter(ctx context.Context, actor retention.Actor, id, reason string) (retention.Matter, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Matter{}, err
	}
	reason, err := explained("reason", reason, "why the matter goes on")
	if err != nil {
		return retention.Matter{}, err
	}
	return e.store.ReopenMatter(ctx, id, retention.By{Actor: actor, Action: "matter.reopen", Note: reason})
}
