-- What a scope by condition covers, as its author wrote it; empty for ids and whole tables.
ALTER TABLE holdfast.hold_scope ADD COLUMN condition text NOT NULL DEFAULT '';
