-- A scope may fall out of a hold that stays in force, by the ceremony of a release: until
-- releases_at it cools off, in force, and can be taken back; ending is set once its end is being
-- carried out, and from then on it cannot. From ended_at and the list of holds ended_epoch on it
-- covers nothing. Records that fall out of a list become a scope of their own before:
-- split_from is the one that they were in.
ALTER TABLE holdfast.hold_scope
    ADD COLUMN split_from     integer,
    ADD COLUMN releases_at    timestamptz,
    ADD COLUMN released_by    text    NOT NULL DEFAULT '',
    ADD COLUMN release_reason text    NOT NULL DEFAULT '',
    ADD COLUMN ending         boolean NOT NULL DEFAULT false,
    ADD COLUMN ended_at       timestamptz,
    ADD COLUMN ended_epoch    bigint;
