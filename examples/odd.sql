-- A database with everything in it that applications do to their schemas. The tests carry
-- out a policy on every table (engine/target/odd_test.go); it also serves to try Holdfast
-- on something worse than one's own. In each table the rows of more than 30 days ago are
-- numbered from 1 to 20, the younger ones from 21 to 30, unless it says otherwise.

CREATE SCHEMA "Café Schema";
CREATE SCHEMA shop;
CREATE SCHEMA extra;

-- Names: mixed case, reserved words, spaces, quotes, and a column called "timestamp".
CREATE TABLE "Café Schema"."Select ""quoted"" Table" (
    "Order"     bigint PRIMARY KEY,
    "timestamp" timestamptz,
    "from"      text,
    "a.b c"     text
);
INSERT INTO "Café Schema"."Select ""quoted"" Table"
SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END), 'x' || i, 'y' || i FROM generate_series(1, 30) AS i;

-- One name in two schemas, and a trigger function that finds its tables by the database's
-- own search_path: pinning it would break the trigger.
CREATE TABLE shop.visits (id integer PRIMARY KEY, created_at timestamp, note text);
CREATE TABLE extra.visits (id integer PRIMARY KEY, created_at timestamp, note text);
CREATE TABLE extra.settings (id integer PRIMARY KEY, keep text);
INSERT INTO extra.settings VALUES (1, 'kept');
INSERT INTO shop.visits SELECT i, now() AT TIME ZONE 'UTC' - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
INSERT INTO extra.visits SELECT i, now() AT TIME ZONE 'UTC' - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
CREATE FUNCTION shop.note_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM keep FROM settings WHERE id = 1; -- by the search_path
    IF NOT FOUND THEN RAISE EXCEPTION 'there are no settings'; END IF;
    RETURN old;
END $$;
CREATE TRIGGER note BEFORE DELETE ON shop.visits FOR EACH ROW EXECUTE FUNCTION shop.note_visit();
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, extra', current_database()); END $$;

-- Keys of every kind, and none.
CREATE TABLE shop.by_uuid (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), no integer, created_at date);
INSERT INTO shop.by_uuid (no, created_at) SELECT i, current_date - CASE WHEN i <= 20 THEN 100 ELSE 1 END FROM generate_series(1, 30) AS i;
CREATE TABLE shop.by_char (code char(6) PRIMARY KEY, no integer, created_at timestamptz);
INSERT INTO shop.by_char SELECT 'c' || i, i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
CREATE TABLE shop.by_bytes (id bytea PRIMARY KEY, no integer, created_at timestamptz);
INSERT INTO shop.by_bytes SELECT decode(lpad(to_hex(i), 4, '0'), 'hex'), i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
CREATE TABLE shop.composite (tenant text, no integer, created_at timestamptz, PRIMARY KEY (tenant, no));
INSERT INTO shop.composite SELECT 'Ténant ' || i % 3, i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
CREATE TABLE shop.keyless (no integer, created_at timestamptz);
INSERT INTO shop.keyless SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
INSERT INTO shop.keyless SELECT * FROM shop.keyless WHERE no <= 20; -- not even unique

-- A trigger that raises for one row, and one that writes elsewhere once a statement.
CREATE TABLE shop.grumpy (id integer PRIMARY KEY, created_at timestamptz);
INSERT INTO shop.grumpy SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
CREATE FUNCTION shop.grumble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN IF old.id = 7 THEN RAISE EXCEPTION 'not number seven'; END IF; RETURN old; END $$;
CREATE TRIGGER grumble BEFORE DELETE ON shop.grumpy FOR EACH ROW EXECUTE FUNCTION shop.grumble();
CREATE TABLE shop.noisy (id integer PRIMARY KEY, created_at timestamptz);
INSERT INTO shop.noisy SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
CREATE TABLE shop.noise (at timestamptz, what text);
CREATE FUNCTION shop.make_noise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO shop.noise VALUES (now(), tg_op); RETURN NULL; END $$;
CREATE TRIGGER noise AFTER DELETE ON shop.noisy FOR EACH STATEMENT EXECUTE FUNCTION shop.make_noise();

-- A BEFORE UPDATE trigger that touches the timestamp of an anonymized row: it is as
-- young as the anonymizing then, and due again when that is old.
CREATE TABLE shop.touched (id integer PRIMARY KEY, email text, updated_at timestamptz);
INSERT INTO shop.touched SELECT i, 'a' || i || '@example.com', now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.updated_at := now(); RETURN new; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON shop.touched FOR EACH ROW EXECUTE FUNCTION shop.touch();

-- Foreign keys: one that refuses only at the commit; RESTRICT three levels below a
-- CASCADE; a reference to itself that is cleared; a cascade to rows that are young.
CREATE TABLE shop.owner (id integer PRIMARY KEY, created_at timestamptz);
INSERT INTO shop.owner SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
CREATE TABLE shop.pet (id integer PRIMARY KEY, owner_id integer REFERENCES shop.owner DEFERRABLE INITIALLY DEFERRED);
INSERT INTO shop.pet SELECT i, i FROM generate_series(1, 5) AS i; -- of owners 1 to 5
CREATE TABLE shop.a (id integer PRIMARY KEY, created_at timestamptz);
CREATE TABLE shop.b (id integer PRIMARY KEY, a_id integer REFERENCES shop.a ON DELETE CASCADE, created_at timestamptz);
CREATE TABLE shop.c (id integer PRIMARY KEY, b_id integer REFERENCES shop.b ON DELETE CASCADE);
CREATE TABLE shop.d (id integer PRIMARY KEY, c_id integer REFERENCES shop.c ON DELETE RESTRICT);
INSERT INTO shop.a SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
INSERT INTO shop.b SELECT i, i, now() FROM generate_series(1, 30) AS i; -- all of them young
INSERT INTO shop.c SELECT i, i FROM generate_series(1, 30) AS i;
INSERT INTO shop.d SELECT i, i FROM generate_series(1, 3) AS i; -- keep a's 1 to 3
CREATE TABLE shop.employee (id integer PRIMARY KEY, boss integer REFERENCES shop.employee ON DELETE SET NULL, left_at date);
INSERT INTO shop.employee SELECT i, CASE WHEN i > 1 THEN i / 2 END, current_date - CASE WHEN i <= 20 THEN 100 ELSE 1 END FROM generate_series(1, 30) AS i;

-- A trigger that refuses one row, and only at the commit.
CREATE TABLE shop.promised (id integer PRIMARY KEY, created_at timestamptz);
INSERT INTO shop.promised SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
CREATE FUNCTION shop.promise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'number six was promised to somebody'; END $$;
CREATE CONSTRAINT TRIGGER promise AFTER DELETE ON shop.promised DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (old.id = 6) EXECUTE FUNCTION shop.promise();

-- Partitions: by hash, by list and by range with sub-partitions, keyless or not.
CREATE TABLE shop.hashed (id integer PRIMARY KEY, created_at timestamptz, note text) PARTITION BY HASH (id);
CREATE TABLE shop.hashed_0 PARTITION OF shop.hashed FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE shop.hashed_1 PARTITION OF shop.hashed FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE shop.hashed_2 PARTITION OF shop.hashed FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO shop.hashed SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END), 'n' || i FROM generate_series(1, 30) AS i;
CREATE TABLE shop.listed (id integer, region text, created_at timestamptz, name text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE shop.listed_eu PARTITION OF shop.listed FOR VALUES IN ('eu') PARTITION BY RANGE (id);
CREATE TABLE shop.listed_eu_low PARTITION OF shop.listed_eu FOR VALUES FROM (MINVALUE) TO (15);
CREATE TABLE shop.listed_eu_high PARTITION OF shop.listed_eu DEFAULT;
CREATE TABLE shop.listed_rest PARTITION OF shop.listed DEFAULT;
INSERT INTO shop.listed SELECT i, CASE i % 2 WHEN 0 THEN 'eu' ELSE 'us' END, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END), 'n' || i FROM generate_series(1, 30) AS i;
CREATE TABLE shop.ranged (id integer, created_at timestamptz NOT NULL) PARTITION BY RANGE (created_at);
CREATE TABLE shop.ranged_old PARTITION OF shop.ranged FOR VALUES FROM (MINVALUE) TO (now() - interval '60 days');
CREATE TABLE shop.ranged_new PARTITION OF shop.ranged FOR VALUES FROM (now() - interval '60 days') TO (MAXVALUE);
INSERT INTO shop.ranged SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;

-- Inheritance, a view and a foreign table, named as a policy's table.
CREATE TABLE shop.parent (id integer PRIMARY KEY, created_at timestamptz);
CREATE TABLE shop.child () INHERITS (shop.parent);
CREATE VIEW shop.seen AS SELECT id, created_at FROM shop.owner;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw;
CREATE FOREIGN TABLE shop.far (id integer, created_at timestamptz) SERVER elsewhere;

-- Types: generated and identity columns, composite types, arrays, ranges, domains over
-- domains, an exclusion constraint, a CHECK that is not valid yet, one with now().
CREATE TYPE shop.address AS (street text, city text);
CREATE TYPE shop.mood AS ENUM ('sad', 'glad');
CREATE DOMAIN shop.word AS text CHECK (value <> '');
CREATE DOMAIN shop.short_word AS shop.word CHECK (length(value) < 60);
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE shop.rich (
    id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    serial  integer GENERATED BY DEFAULT AS IDENTITY,
    price   numeric(10, 2) NOT NULL,
    gross   numeric(12, 2) GENERATED ALWAYS AS (price * 1.19) STORED,
    home    shop.address,
    tags    text[],
    valid   tstzrange,
    mood    shop.mood,
    word    shop.short_word,
    room    integer,
    created_at timestamptz,
    CHECK (created_at < now() + interval '100 years'),
    EXCLUDE USING gist (room WITH =, valid WITH &&)
);
INSERT INTO shop.rich (price, home, tags, valid, mood, word, room, created_at)
SELECT i, ROW('Street ' || i, 'City')::shop.address, ARRAY['a', 'b' || i], tstzrange(now(), now() + interval '1 day'), 'glad'::shop.mood, 'word ' || i, i,
       now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
ALTER TABLE shop.rich ADD CONSTRAINT dear CHECK (price > 3) NOT VALID; -- rows 1 to 3 break it
-- Some rows fit a CHECK with now() no more, and cannot be changed.
CREATE TABLE shop.aging (id integer PRIMARY KEY, word text, created_at timestamptz);
INSERT INTO shop.aging SELECT i, 'word ' || i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) FROM generate_series(1, 30) AS i;
ALTER TABLE shop.aging ADD CONSTRAINT fresh CHECK (id > 5 OR created_at > now() - interval '50 days') NOT VALID;

-- Time: infinity and NULL, epoch seconds beside milliseconds, a domain over a timestamp.
CREATE DOMAIN shop.moment AS timestamptz;
CREATE TABLE shop.times (id integer PRIMARY KEY, at shop.moment, seconds bigint, millis bigint, small integer);
INSERT INTO shop.times
SELECT i, t, extract(epoch FROM t), extract(epoch FROM t) * 1000, extract(epoch FROM t)
FROM (SELECT i, now() - make_interval(days => CASE WHEN i <= 20 THEN 100 ELSE 1 END) AS t FROM generate_series(1, 30) AS i) AS s;
INSERT INTO shop.times VALUES (31, 'infinity', NULL, NULL, NULL), (32, '-infinity', NULL, NULL, NULL), (33, NULL, NULL, NULL, NULL);

-- Rules.
CREATE TABLE shop.ruled (id integer PRIMARY KEY, created_at timestamptz);
CREATE RULE keep AS ON DELETE TO shop.ruled DO INSTEAD NOTHING;
