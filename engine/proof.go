package engine

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"holdfast/retention"
)

// digestSize is the length of a record's digest.
const digestSize = 32

const (
	// maxEarlier bounds the batches that a proof names as judged without the hold, maxFound
	// the records that it names as gone; all are counted.
	maxEarlier = 20
	maxFound   = 100
	// maxSuspended bounds the list of runs that a proof shows.
	maxSuspended = 200
)

// ProveHold looks through the evidence for anything that speaks against a hold: a covered
// record disposed of while it was in force, or a batch judged without it. What is still in
// the governed database is brought over before, so that nothing is left out.
func (e *Engine) ProveHold(ctx context.Context, actor retention.Actor, id string) (retention.HoldProof, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.HoldProof{}, err
	}
	h, err := e.store.Hold(ctx, id)
	if err != nil {
		return retention.HoldProof{}, err
	}
	if h.EffectiveAt == nil {
		return retention.HoldProof{}, retention.Conflictf("the hold is %s: it was never in force, so there is nothing to prove", h.Status)
	}
	if err := e.carryRows(ctx); err != nil {
		return retention.HoldProof{}, err
	}
	force, err := e.target.HoldForce(ctx, id)
	if err != nil {
		return retention.HoldProof{}, err
	}
	p := &prover{e: e, force: force, out: retention.HoldProof{Hold: h, Database: force.Database, SystemIdentifier: force.SystemIdentifier, From: h.EffectiveAt, Until: h.ReleasedAt}}
	if p.out.AsOf, err = e.store.Now(ctx); err != nil {
		return p.out, err
	}
	return p.out, p.prove(ctx)
}

// prover looks through the evidence of one hold.
type prover struct {
	e     *Engine
	force retention.HoldForce
	// known are the scopes' tables as the evidence knows them.
	known []retention.ProofTable
	// of are the places in the hold of the scopes that they are of: a family's tables come
	// after all scopes.
	of []int
	// records are the digests of the ids, in order, with the scope and the id.
	records []provenRecord
	out     retention.HoldProof
}

type provenRecord struct {
	digest [digestSize]byte
	scope  int
	key    retention.Key
}

func (p *prover) prove(ctx context.Context) error {
	var tables []retention.TableName
	for i, s := range p.out.Hold.Scope {
		known, err := p.e.target.ProofTable(ctx, s.Table)
		if err != nil {
			return err
		}
		p.known, p.of = append(p.known, known), append(p.of, i)
		p.out.Scopes = append(p.out.Scopes, retention.ScopeProof{
			Table: s.Table, All: s.All, Condition: s.Condition, Archives: known.Archives,
			From: s.EffectiveAt, Until: s.EndedAt,
			ByDigest: !s.All && s.Condition == "" && known.OneText, Alone: s.All && known.Logical == s.Table,
		})
		if s.Upload == "" { // what of a list is on its way was never in force
			tables = append(append(tables, known.Logical), known.Archives...)
		}
	}
	if err := p.families(ctx, &tables); err != nil {
		return err
	}
	lists := p.force
	switch at := p.force.EffectiveAt; {
	case at == nil:
		lists = retention.HoldForce{} // the guard has lost it, or has one of before
	case at.After(*p.out.From):
		// A guard that was restored to before the hold has it since it was put back, and has
		// numbered its lists anew.
		p.out.PutBackAt, lists = at, retention.HoldForce{}
	}
	if p.force.EffectiveEpoch != nil {
		p.out.Epoch = *p.force.EffectiveEpoch
	}
	if err := p.readRecords(ctx); err != nil {
		return err
	}
	if err := p.e.store.EachBatchOn(ctx, tables, *p.out.From, p.out.Until, lists, p.judge); err != nil {
		return err
	}
	p.suspended()
	return nil
}

// families add the tables of the scopes' families, after the scopes.
func (p *prover) families(ctx context.Context, tables *[]retention.TableName) error {
	for i, s := range p.out.Hold.Scope {
		if s.SplitFrom != nil {
			continue // its tables are those of the scope that it was a part of, where they were counted
		}
		for _, b := range s.Belongings {
			known, err := p.e.target.ProofTable(ctx, b.Table)
			if err != nil {
				return err
			}
			p.known, p.of = append(p.known, known), append(p.of, i)
			p.out.Scopes = append(p.out.Scopes, retention.ScopeProof{Table: b.Table, Belongs: true, From: s.EffectiveAt, Until: s.EndedAt, Records: b.RecordCount, Archives: known.Archives})
			if s.Upload == "" {
				*tables = append(append(*tables, known.Logical), known.Archives...)
			}
		}
	}
	return nil
}

// readRecords makes the digests of the held ids.
func (p *prover) readRecords(ctx context.Context) error {
	err := p.e.store.EachHeldKey(ctx, p.out.Hold.ID, func(scope int, key retention.Key) error {
		p.out.Scopes[scope].Records++
		// One with several texts may be found all the same, by the one that was given.
		r := provenRecord{scope: scope, key: slices.Clone(key)}
		copy(r.digest[:], p.e.target.Digest(p.known[scope].Logical, key))
		p.records = append(p.records, r)
		return nil
	})
	slices.SortFunc(p.records, func(a, b provenRecord) int { return bytes.Compare(a.digest[:], b.digest[:]) })
	return err
}

// judge looks at one batch.
func (p *prover) judge(b retention.JudgedBatch) error {
	p.out.Batches++
	switch {
	case p.out.PutBackAt != nil && b.CommittedAt.Before(*p.out.PutBackAt):
		p.out.Unjudged++
	case p.force.EffectiveEpoch != nil && b.GuardEpoch < *p.force.EffectiveEpoch:
		p.out.EarlierCount++
		if len(p.out.Earlier) < maxEarlier {
			p.out.Earlier = append(p.out.Earlier, b.ID)
		}
	}
	for i := range p.out.Scopes {
		s := &p.out.Scopes[i]
		if p.outside(i, b) {
			continue
		}
		n := b.Changed(p.known[i].Logical)
		s.Processed += n
		if len(b.Digests) == 0 {
			s.Untold += n
		}
	}
	if b.Held > 0 {
		p.note(b)
	}
	for from := 0; from+digestSize <= len(b.Digests); from += digestSize {
		p.look(b, b.Digests[from:from+digestSize])
	}
	return nil
}

// outside reports whether a batch came before a scope that was added to the hold later, or after
// one that fell out of it.
func (p *prover) outside(scope int, b retention.JudgedBatch) bool {
	s := p.out.Hold.Scope[p.of[scope]]
	return p.before(s, b) || p.after(s, b)
}

// after reports whether a batch was judged without a scope that fell out of the hold.
func (p *prover) after(s retention.Scope, b retention.JudgedBatch) bool {
	switch {
	case !s.Ended():
		return false
	case p.out.PutBackAt == nil && s.EndedEpoch > 0:
		return b.GuardEpoch >= s.EndedEpoch
	}
	return !b.CommittedAt.Before(*s.EndedAt)
}

// before reports whether a batch came before a scope that was added to the hold later. All did
// that came before one that is on its way.
func (p *prover) before(s retention.Scope, b retention.JudgedBatch) bool {
	switch {
	case s.Upload == retention.UploadUnderWay:
		return true
	case s.EffectiveAt == nil:
		return false
	case p.out.PutBackAt == nil && s.EffectiveEpoch > 0:
		return b.GuardEpoch < s.EffectiveEpoch
	}
	return b.CommittedAt.Before(*s.EffectiveAt)
}

// look notes the record if the digest is one of the hold's.
func (p *prover) look(b retention.JudgedBatch, digest []byte) {
	i, ok := slices.BinarySearchFunc(p.records, digest, func(r provenRecord, d []byte) int { return bytes.Compare(r.digest[:], d) })
	for ; ok && i < len(p.records) && bytes.Equal(p.records[i].digest[:], digest); i++ {
		s := &p.out.Scopes[p.records[i].scope]
		if p.outside(p.records[i].scope, b) {
			continue
		}
		s.DisposedCount++
		if len(s.Disposed) < maxFound {
			s.Disposed = append(s.Disposed, retention.GoneRecord{Key: p.records[i].key, At: b.CommittedAt, Policy: b.Policy, Action: b.Action, RunID: b.RunID})
		}
	}
}

// note keeps when a run last met held rows.
func (p *prover) note(b retention.JudgedBatch) {
	i := slices.IndexFunc(p.out.Runs, func(r retention.SuspendedRun) bool {
		return r.RunID == b.RunID && r.Policy == b.Policy && r.Table == b.Table
	})
	if i < 0 {
		p.out.Runs = append(p.out.Runs, retention.SuspendedRun{RunID: b.RunID, Policy: b.Policy, Table: b.Table})
		i = len(p.out.Runs) - 1
	}
	p.out.Runs[i].At = b.CommittedAt
	p.out.Runs[i].Held += b.Held
}

// suspended puts the runs in order, newest first.
func (p *prover) suspended() {
	slices.SortFunc(p.out.Runs, func(a, b retention.SuspendedRun) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Policy, b.Policy))
	})
	p.out.Runs = p.out.Runs[:min(len(p.out.Runs), maxSuspended)]
}
