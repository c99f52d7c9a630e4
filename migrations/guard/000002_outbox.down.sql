-- Evidence and holds are not undone by a migration.
DO $$ BEGIN RAISE EXCEPTION 'the guard keeps legal holds and evidence; it is not removed by a migration'; END $$;
