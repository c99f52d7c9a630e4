-- Ids are being added to a hold in force: until that has ended what is there is not compared
-- with what was noted.
ALTER TABLE holdfast_guard.hold ADD COLUMN changing boolean NOT NULL DEFAULT false;
