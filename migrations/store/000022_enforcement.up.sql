-- Whether a hold also keeps the application from changing what it covers: not at all, by
-- refusing, or by keeping the old version. It is said when a hold is placed.
ALTER TABLE holdfast.hold ADD COLUMN enforcement text NOT NULL DEFAULT 'none' CHECK (enforcement IN ('none', 'refuse', 'preserve'));
