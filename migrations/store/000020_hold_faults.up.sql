-- What of a hold in force is not what it was when it was placed: tables and columns that were
-- dropped, renamed, replaced or given another type. Found by looking, every minute.
ALTER TABLE holdfast.hold ADD COLUMN faults jsonb NOT NULL DEFAULT '[]';
