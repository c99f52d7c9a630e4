-- Matters group holds: a case, an investigation, an audit. A hold has the matter's name, as it
-- always had; whatever is written in another case is the same matter. No name changes:
-- holds, events and the audit have it.
CREATE TABLE holdfast.matter (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    reference  text NOT NULL,
    counsel    text NOT NULL,
    notes      text NOT NULL,
    opened_by  text NOT NULL,
    opened_at  timestamptz NOT NULL,
    closed_by  text,
    closed_at  timestamptz,
    version    integer NOT NULL DEFAULT 1,
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
CREATE UNIQUE INDEX matter_by_name ON holdfast.matter (lower(name));
CREATE INDEX matter_newest ON holdfast.matter (opened_at, id);
CREATE INDEX hold_of_matter ON holdfast.hold (lower(matter), created_at);

INSERT INTO holdfast.matter (id, name, reference, counsel, notes, opened_by, opened_at)
SELECT DISTINCT ON (lower(matter)) gen_random_uuid(), matter, '', '', '', created_by, created_at
FROM holdfast.hold
ORDER BY lower(matter), created_at, id;
