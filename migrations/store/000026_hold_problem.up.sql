-- Why a hold that was placed cannot be put in force now: while the governed database is away
-- nobody can judge what it names. It is judged before it comes into force, and while it cannot
-- be, no run begins.
ALTER TABLE holdfast.hold ADD COLUMN problem text NOT NULL DEFAULT '';
-- One that was never in force can be given up: it is released, and was effective at no time.
ALTER TABLE holdfast.hold DROP CONSTRAINT hold_check;
ALTER TABLE holdfast.hold ADD CONSTRAINT hold_check
    CHECK (CASE status WHEN 'applying' THEN effective_at IS NULL WHEN 'released' THEN true ELSE effective_at IS NOT NULL END);
