-- A scope by ids may cover everything that belongs to its records: over how many foreign
-- keys (0 for any number, NULL for the records alone), and the tables of the family with the
-- rows that belonged to them when the hold was placed.
ALTER TABLE holdfast.hold_scope
    ADD COLUMN family_depth integer,
    ADD COLUMN belongings   jsonb NOT NULL DEFAULT '[]';
