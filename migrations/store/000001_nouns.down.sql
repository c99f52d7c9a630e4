-- Only an unused store can be undone: the audit, holds and the journal are evidence,
-- and a migration must not be a way around it. The schema itself stays: the version
-- table and River's tables live in it.
DO $$
BEGIN
    IF EXISTS (SELECT FROM holdfast.audit) OR EXISTS (SELECT FROM holdfast.batch) THEN
        RAISE EXCEPTION 'the store keeps audit and evidence; it is not removed by a migration'
            USING HINT = 'To give it up, drop the schema holdfast by hand.';
    END IF;
END
$$;

DROP TABLE
    holdfast.audit,
    holdfast.setting,
    holdfast.guard_mark,
    holdfast.idempotency,
    holdfast.session,
    holdfast.token,
    holdfast.account,
    holdfast.batch,
    holdfast.run_policy,
    holdfast.run,
    holdfast.hold_record,
    holdfast.hold_scope,
    holdfast.hold,
    holdfast.policy_status,
    holdfast.policy_version,
    holdfast.policy;
DROP FUNCTION holdfast.refuse_change();
