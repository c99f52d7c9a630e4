-- Our own nouns. Every name is qualified: the migrating connection's search_path
-- is the operator's, and nothing of ours may land in another schema.
--
-- The file is sent as one statement string, which PostgreSQL runs as one
-- transaction: it applies as a whole or not at all. Keep COMMIT out of it.

-- Policies ------------------------------------------------------------------

-- The head of a name. Saving and retiring lock it, so that versions of one name
-- are given out one after the other. live_version is NULL while the name is retired.
CREATE TABLE holdfast.policy (
    name         text COLLATE "C" PRIMARY KEY,
    last_version integer NOT NULL,
    live_version integer
);

-- Versions are facts: written once, later at most marked as retired.
-- document holds the members that people give; the columns beside it are copies
-- for searching.
CREATE TABLE holdfast.policy_version (
    name         text COLLATE "C" NOT NULL REFERENCES holdfast.policy,
    version      integer NOT NULL CHECK (version > 0),
    table_schema text NOT NULL,
    table_name   text NOT NULL,
    action       text NOT NULL,
    legal_basis  text NOT NULL,
    document     jsonb NOT NULL,
    created_by   text NOT NULL,
    created_at   timestamptz NOT NULL,
    retired_by   text,
    retired_at   timestamptz,
    PRIMARY KEY (name, version)
);

-- The last measurement of what is due under a live policy.
CREATE TABLE holdfast.policy_status (
    policy     text COLLATE "C" PRIMARY KEY REFERENCES holdfast.policy,
    oldest_due timestamptz,
    cutoff     timestamptz,
    checked_at timestamptz NOT NULL,
    problem    text NOT NULL
);

-- Holds ---------------------------------------------------------------------

CREATE TABLE holdfast.hold (
    id             uuid PRIMARY KEY,
    matter         text NOT NULL,
    reason         text NOT NULL,
    expires_at     timestamptz,
    on_expiry      text NOT NULL CHECK (on_expiry IN ('release', 'review')),
    status         text NOT NULL CHECK (status IN
                       ('applying', 'active', 'review_due', 'releasing', 'released', 'expired')),
    created_by     text NOT NULL,
    created_at     timestamptz NOT NULL,
    effective_at   timestamptz,
    released_by    text,
    released_at    timestamptz,
    release_reason text,
    version        integer NOT NULL DEFAULT 1,
    CHECK ((status = 'applying') = (effective_at IS NULL)),
    CHECK ((status IN ('released', 'expired')) = (released_at IS NOT NULL))
);
CREATE INDEX hold_newest ON holdfast.hold (created_at, id);
CREATE INDEX hold_open ON holdfast.hold (status, created_at)
    WHERE status NOT IN ('released', 'expired');

CREATE TABLE holdfast.hold_scope (
    hold_id         uuid NOT NULL REFERENCES holdfast.hold,
    scope_index     integer NOT NULL,
    table_schema    text NOT NULL,
    table_name      text NOT NULL,
    whole_table     boolean NOT NULL,
    record_count    bigint NOT NULL,
    not_found_count bigint NOT NULL,
    PRIMARY KEY (hold_id, scope_index)
);

-- The ids of a hold, up to a million. No foreign key: its check would cost more
-- than the rows. The transaction that writes them writes the hold, and only
-- abandoning a hold removes either.
CREATE TABLE holdfast.hold_record (
    hold_id     uuid NOT NULL,
    scope_index integer NOT NULL,
    position    integer NOT NULL,
    key         text[] NOT NULL,
    found       boolean NOT NULL,
    PRIMARY KEY (hold_id, scope_index, position)
);
CREATE INDEX hold_record_not_found ON holdfast.hold_record (hold_id, scope_index, position)
    WHERE NOT found;

-- Runs ----------------------------------------------------------------------

CREATE TABLE holdfast.run (
    id              uuid PRIMARY KEY,
    trigger         text NOT NULL,
    requested_by    text NOT NULL,
    dry_run         boolean NOT NULL,
    pace            text NOT NULL,
    status          text NOT NULL CHECK (status IN
                        ('queued', 'running', 'paused', 'succeeded', 'partial', 'failed', 'cancelled')),
    as_of           timestamptz,
    created_at      timestamptz NOT NULL,
    started_at      timestamptz,
    finished_at     timestamptz,
    total_processed bigint NOT NULL DEFAULT 0,
    total_held      bigint NOT NULL DEFAULT 0,
    total_errors    bigint NOT NULL DEFAULT 0,
    attempt         integer NOT NULL DEFAULT 0,
    waiting         text NOT NULL DEFAULT '',
    -- when a job was last enqueued for the run
    requeued_at     timestamptz NOT NULL,
    CHECK ((status IN ('succeeded', 'partial', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
CREATE INDEX run_newest ON holdfast.run (created_at, id);
CREATE INDEX run_open ON holdfast.run (created_at, id)
    WHERE status IN ('queued', 'running', 'paused');

CREATE TABLE holdfast.run_policy (
    run_id              uuid NOT NULL REFERENCES holdfast.run,
    ordinal             integer NOT NULL,
    policy              text COLLATE "C" NOT NULL,
    version             integer NOT NULL,
    action              text NOT NULL,
    table_schema        text NOT NULL,
    table_name          text NOT NULL,
    sentence            text NOT NULL,
    cutoff              timestamptz,
    status              text NOT NULL,
    processed           bigint NOT NULL,
    held                bigint NOT NULL,
    blocked             bigint NOT NULL,
    skipped             jsonb NOT NULL,
    null_timestamps     bigint NOT NULL,
    infinite_timestamps bigint NOT NULL,
    batches             bigint NOT NULL,
    started_at          timestamptz,
    finished_at         timestamptz,
    duration_seconds    double precision NOT NULL,
    errors              jsonb NOT NULL,
    PRIMARY KEY (run_id, ordinal),
    UNIQUE (run_id, policy)
);
CREATE INDEX run_policy_by_policy ON holdfast.run_policy (policy, run_id);

-- The journal as carried over from the governed database. id and run_id are the
-- journal's own texts, and there is no foreign key: evidence is kept even if this
-- database was restored to before its run.
CREATE TABLE holdfast.batch (
    id             text COLLATE "C" PRIMARY KEY,
    run_id         text COLLATE "C" NOT NULL,
    policy         text COLLATE "C" NOT NULL,
    policy_version integer NOT NULL,
    action         text NOT NULL,
    table_schema   text NOT NULL,
    table_name     text NOT NULL,
    seq            bigint NOT NULL,
    guard_epoch    bigint NOT NULL,
    step           text NOT NULL,
    processed      bigint NOT NULL,
    held           bigint NOT NULL,
    blocked        bigint NOT NULL,
    skipped        jsonb NOT NULL,
    digest_count   bigint NOT NULL,
    -- 32 bytes each, one after the other; NULL where the batch keeps none
    digests        bytea,
    committed_at   timestamptz NOT NULL,
    carried_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- Digests are random bytes: compressing them costs and gains nothing.
ALTER TABLE holdfast.batch ALTER COLUMN digests SET STORAGE EXTERNAL;
CREATE INDEX batch_of_run ON holdfast.batch (run_id, committed_at, id);

-- People --------------------------------------------------------------------

CREATE TABLE holdfast.account (
    id            uuid PRIMARY KEY,
    email         text NOT NULL UNIQUE,
    name          text NOT NULL,
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    last_sign_in  timestamptz
);
CREATE INDEX account_oldest ON holdfast.account (created_at, id);

-- hash is of 256 random bits; the token itself is kept nowhere.
CREATE TABLE holdfast.token (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,
    owner_id     uuid NOT NULL REFERENCES holdfast.account,
    hash         bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX token_newest ON holdfast.token (created_at, id);

-- Browser sessions under the SHA-256 of their cookie, so that reading this table
-- signs nobody in.
CREATE TABLE holdfast.session (
    token_hash bytea PRIMARY KEY,
    data       bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_expiry ON holdfast.session (expires_at);

-- Answers to requests with an Idempotency-Key, kept a day. finished_at is NULL
-- while the request is being worked on.
CREATE TABLE holdfast.idempotency (
    actor        text NOT NULL,
    key          text NOT NULL,
    fingerprint  bytea NOT NULL,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    status       integer,
    content_type text,
    location     text,
    etag         text,
    body         bytea,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_age ON holdfast.idempotency (started_at);

-- What we know of ourselves -------------------------------------------------

-- The governed database's guard as last seen: one row.
CREATE TABLE holdfast.guard_mark (
    one               boolean PRIMARY KEY DEFAULT true CHECK (one),
    system_identifier text NOT NULL,
    database_oid      oid NOT NULL,
    timeline          bigint NOT NULL,
    epoch             bigint NOT NULL,
    seen_at           timestamptz NOT NULL
);

CREATE TABLE holdfast.setting (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);

-- Audit ---------------------------------------------------------------------

CREATE TABLE holdfast.audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text NOT NULL,
    actor_kind  text NOT NULL,
    token       text NOT NULL,
    remote_addr text NOT NULL,
    action      text NOT NULL,
    object      text NOT NULL,
    before      jsonb,
    after       jsonb
);
CREATE INDEX audit_by_object ON holdfast.audit (object, id);
CREATE INDEX audit_by_actor ON holdfast.audit (actor, id);

-- Facts stay ----------------------------------------------------------------

CREATE FUNCTION holdfast.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION '%.% keeps what happened: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

-- ALWAYS: also where session_replication_role is replica.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON holdfast.audit
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.refuse_change();
ALTER TABLE holdfast.audit ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON holdfast.batch
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.refuse_change();
ALTER TABLE holdfast.batch ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON holdfast.policy_version
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.refuse_change();
ALTER TABLE holdfast.policy_version ENABLE ALWAYS TRIGGER never_deleted;

CREATE TRIGGER never_deleted BEFORE DELETE ON holdfast.hold
    FOR EACH ROW WHEN (OLD.effective_at IS NOT NULL) EXECUTE FUNCTION holdfast.refuse_change();
ALTER TABLE holdfast.hold ENABLE ALWAYS TRIGGER never_deleted;
CREATE TRIGGER never_truncated BEFORE TRUNCATE ON holdfast.hold
    FOR EACH STATEMENT EXECUTE FUNCTION holdfast.refuse_change();
ALTER TABLE holdfast.hold ENABLE ALWAYS TRIGGER never_truncated;
