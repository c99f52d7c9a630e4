-- Such a hold is not in force for the application: it is staged, and whoever settles holds begins anew.
UPDATE holdfast_guard.hold SET state = 'staged' WHERE unenforced;
ALTER TABLE holdfast_guard.hold DROP COLUMN unenforced;
