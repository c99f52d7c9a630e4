-- A scope of records with everything that belongs to them has a row for each table of its
-- family beside its own, member 0: the table of the records is member 1. Each knows, as a
-- scope by condition does, the columns that foreign keys lead through, with their types and
-- numbers, and in `links` which of them lead to which member: what is not as it was then
-- must free nothing, and a foreign key that is dropped frees nothing either.
ALTER TABLE holdfast_guard.hold_scope
    ADD COLUMN member       integer NOT NULL DEFAULT 0,
    -- over how many foreign keys, 0 for any number; NULL for the records alone
    ADD COLUMN family_depth integer,
    ADD COLUMN links        jsonb   NOT NULL DEFAULT '{}',
    -- of a member, the typed copy that has the records; its own ids it has none
    ADD COLUMN family_set   integer REFERENCES holdfast_guard.held_set,
    DROP CONSTRAINT hold_scope_pkey,
    ADD PRIMARY KEY (hold_no, scope_index, member);

-- What the members of a hold's families were when they were noted. They may become more,
-- and nothing else.
ALTER TABLE holdfast_guard.hold ADD COLUMN family_content text;
