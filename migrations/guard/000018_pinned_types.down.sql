-- What was there before looked a name up where the session says; the function stays as it is, which
-- the version before can call as well.
SELECT 1;
