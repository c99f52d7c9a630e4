-- In force for Holdfast's own batches, and not for the application yet: a hold that is enforced
-- waits for whoever writes to its tables, and no batch may take its records meanwhile.
ALTER TABLE holdfast_guard.hold ADD COLUMN unenforced boolean NOT NULL DEFAULT false;
