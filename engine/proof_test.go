package engine_test

import (
	"encoding/hex"
	"errors"
	"testing"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func (h *house) proof(id string) retention.HoldProof {
	h.t.Helper()
	p, err := h.engine.ProveHold(h.t.Context(), h.actor, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// provenHouse has a table of which ten rows are due, under a policy and a hold on two of them,
// and one that is held as a whole.
func provenHouse(t *testing.T) (h *house, hold retention.Hold) {
	t.Helper()
	h = freshHouse(t)
	for _, table := range []string{"r", "whole"} {
		h.exec(oldRows(table, 10, false)...)
		h.mustPolicy(policyOn(table, 90))
	}
	scope := holdOn("r", "1", "2").Scope
	scope = append(scope, retention.Scope{Table: retention.TableName{Schema: "public", Name: "whole"}, All: true},
		retention.Scope{Table: retention.TableName{Schema: "public", Name: "r"}, Condition: "id = 3"})
	return h, h.mustHold(retention.Hold{Matter: "m", Reason: "r", Scope: scope})
}

func TestTheProofOfAHoldCountsWhatSpeaksForIt(t *testing.T) {
	t.Parallel()
	h, hold := provenHouse(t)
	before := h.proof(hold.ID)
	if before.Verdict() != retention.ProofStands || before.Batches != 0 || before.Epoch == 0 || before.Scopes[0].Records != 2 {
		t.Errorf("before any run: got %+v", before)
	}
	h.mustRun(engine.RunRequest{})
	p := h.proof(hold.ID)
	if p.Verdict() != retention.ProofStands || p.Batches == 0 || p.Until != nil || p.PutBackAt != nil {
		t.Errorf("got %+v, want that it stands", p)
	}
	if ids, whole, cond := p.Scopes[0], p.Scopes[1], p.Scopes[2]; ids.Processed != 7 || whole.Processed != 0 || cond.Processed != 7 || ids.Untold != 0 {
		t.Errorf("got %+v, want 7 others of r gone and none of the held table", p.Scopes)
	}
	held := map[string]int64{}
	for _, r := range p.Runs {
		held[r.Policy] += r.Held
	}
	if held["p_r"] != 3 || held["p_whole"] != 10 {
		t.Errorf("the runs held %v, want 3 and 10", held)
	}
	// What goes after the release says nothing against it.
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, hold.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	h.mustRun(engine.RunRequest{})
	if p := h.proof(hold.ID); p.Verdict() != retention.ProofStands || p.Until == nil || p.Scopes[1].Processed != 0 {
		t.Errorf("after the release: got %+v, want that it stood until then", p)
	}
}

// TestTheProofOfAHoldFindsWhatSpeaksAgainstIt puts evidence of what must never happen into the
// store.
func TestTheProofOfAHoldFindsWhatSpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	h, hold := provenHouse(t)
	h.mustRun(engine.RunRequest{})
	h.proof(hold.ID) // what was left to bring over is there
	forged := func(id, column, value string) {
		t.Helper()
		pgtest.Exec(t, h.storeURL, `INSERT INTO holdfast.batch (id, run_id, policy, policy_version, action, table_schema, table_name, seq, guard_epoch, step, processed, held, blocked, skipped, digest_count, digests, committed_at, blocked_by, effects, digests_sorted)
			SELECT '`+id+`', run_id, policy, policy_version, action, table_schema, table_name, seq + 100, `+
			map[bool]string{true: value, false: "guard_epoch"}[column == "guard_epoch"]+`, step, processed, held, blocked, skipped, digest_count, `+
			map[bool]string{true: value, false: "digests"}[column == "digests"]+`, clock_timestamp(), blocked_by, effects, false
			FROM holdfast.batch WHERE policy = 'p_r' LIMIT 1`)
	}
	forged("earlier", "guard_epoch", "0")
	if p := h.proof(hold.ID); p.Verdict() == retention.ProofStands || len(p.Earlier) != 1 || p.Earlier[0] != "earlier" {
		t.Errorf("a batch that was judged without the hold: got %+v", p)
	}
	h.exec(`ALTER TABLE holdfast.batch DISABLE TRIGGER ALL`, `DELETE FROM holdfast.batch WHERE id = 'earlier'`, `ALTER TABLE holdfast.batch ENABLE TRIGGER ALL`)
	if p := h.proof(hold.ID); p.Verdict() != retention.ProofStands {
		t.Fatalf("without it: got %+v", p)
	}
	digest := h.target.Digest(retention.TableName{Schema: "public", Name: "r"}, retention.Key{"2"})
	forged("gone", "digests", pgtest.Value[string](t, h.storeURL, `SELECT '''\x'||encode('\x`+hex.EncodeToString(digest)+`'::bytea, 'hex')||'''::bytea'`))
	p := h.proof(hold.ID)
	if d := p.Scopes[0].Disposed; p.Verdict() == retention.ProofStands || len(d) != 1 || d[0].Key[0] != "2" {
		t.Errorf("a held record among the digests: got %+v", p.Scopes)
	}
}

func TestTheProofOfAHoldThatWasPutBackSaysSo(t *testing.T) {
	t.Parallel()
	h, hold := provenHouse(t)
	h.mustRun(engine.RunRequest{})
	// As after a restore of the governed database to before the hold.
	h.exec(`SET session_replication_role = replica; DELETE FROM holdfast_guard.hold_scope; DELETE FROM holdfast_guard.hold; UPDATE holdfast_guard.state SET epoch = 0`)
	h.exec(`INSERT INTO public.r SELECT 100 + i, 'n', now() - interval '1 year' FROM generate_series(1, 5) AS i`)
	h.mustRun(engine.RunRequest{})
	p := h.proof(hold.ID)
	if p.Verdict() != retention.ProofCannotTell || p.PutBackAt == nil || p.Unjudged == 0 || p.Unjudged >= p.Batches {
		t.Errorf("got %+v, want that it was put back, and that batches before are told apart", p)
	}
}

func TestThereIsNoProofOfAHoldThatWasNeverInForce(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 1, false)...)
	hold := holdOn("r", "1")
	hold.OnExpiry = retention.OnExpiryRelease
	placed, err := h.store.CreateHold(t.Context(), hold, retention.By{Actor: h.actor, Action: "hold.place"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.engine.ProveHold(t.Context(), h.actor, placed.ID); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("got %v, want a conflict", err)
	}
}

// TestTheProofKnowsPartitionsAndKeysOfSeveralTexts: evidence has a partition's rows under the
// partitioned table, and digests are of one text.
func TestTheProofKnowsPartitionsAndKeysOfSeveralTexts(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz NOT NULL) PARTITION BY HASH (id)`,
		`CREATE TABLE public.r0 PARTITION OF public.r FOR VALUES WITH (MODULUS 1, REMAINDER 0)`,
		`INSERT INTO public.r SELECT i, now() - interval '1 year' FROM generate_series(1, 10) AS i`,
		`CREATE TABLE public.num (id numeric PRIMARY KEY, created_at timestamptz NOT NULL)`, `INSERT INTO public.num SELECT i, now() - interval '1 year' FROM generate_series(1, 10) AS i`)
	h.mustPolicy(policyOn("r", 90))
	h.mustPolicy(policyOn("num", 90))
	part, num := h.mustHold(holdOn("r0", "1")), h.mustHold(holdOn("num", "1.00"))
	h.mustRun(engine.RunRequest{})
	if p := h.proof(part.ID); p.Verdict() != retention.ProofStands || p.Batches == 0 || p.Scopes[0].Processed != 9 || len(p.Runs) == 0 {
		t.Errorf("of a partition: got %+v, want the batches of its table", p)
	}
	if p := h.proof(num.ID); p.Verdict() != retention.ProofStands || p.Scopes[0].ByDigest || p.Scopes[0].Records != 1 {
		t.Errorf("of numbers: got %+v, want that digests do not speak for them", p)
	}
	// Without the numbers of the lists nothing does.
	h.exec(`UPDATE holdfast_guard.hold SET effective_epoch = NULL`)
	if p := h.proof(num.ID); p.Verdict() != retention.ProofCannotTell {
		t.Errorf("without an epoch: got %s, want that it cannot be told", p.Verdict())
	}
}

// TestAProofLeavesOutAListThatNeverCame: its table was never covered, and what runs did there says
// nothing of the hold.
func TestAProofLeavesOutAListThatNeverCame(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	h.exec(oldRows("other", 50, false)...)
	h.mustPolicy(policyOn("other", 90))
	placed := h.mustHold(holdOn("r", "1"))
	added := []retention.Scope{{Table: public("other"), RecordIDs: []retention.Key{{"7"}}}}
	if _, _, err := h.store.AddScopes(t.Context(), placed.ID, added, retention.By{Actor: h.actor, Action: "hold.widen", Note: "more"}); err != nil {
		t.Fatal(err)
	}
	h.mustRun(engine.RunRequest{Policies: []string{"p_other"}})
	h.mustRelease(placed.ID)
	if p := h.proof(placed.ID); p.Batches != 0 || p.Verdict() != retention.ProofStands || len(p.Runs) != 0 {
		t.Errorf("the proof looked at %d batches and %d runs, %s; want none, of the table that it never covered", p.Batches, len(p.Runs), p.Verdict())
	}
}
