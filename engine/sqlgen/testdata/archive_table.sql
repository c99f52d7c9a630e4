-- case: bigint key
CREATE TABLE IF NOT EXISTS "public"."events_archive" (
  "id" bigint,
  "at" timestamp with time zone,
  "email" pg_catalog.text,
  "phone" character varying(60),
  "born" pg_catalog.date,
  "note" pg_catalog.text,
  "holdfast_archived_at" pg_catalog.timestamptz,
  "holdfast_run" pg_catalog.uuid,
  "holdfast_policy" pg_catalog.text,
  "holdfast_policy_version" pg_catalog.int4,
  PRIMARY KEY ("id", "holdfast_run")
)

-- case: uuid key
CREATE TABLE IF NOT EXISTS "public"."sessions_archive" (
  "id" pg_catalog.uuid,
  "at" timestamp with time zone,
  "email" pg_catalog.text,
  "phone" character varying(60),
  "born" pg_catalog.date,
  "note" pg_catalog.text,
  "holdfast_archived_at" pg_catalog.timestamptz,
  "holdfast_run" pg_catalog.uuid,
  "holdfast_policy" pg_catalog.text,
  "holdfast_policy_version" pg_catalog.int4,
  PRIMARY KEY ("id", "holdfast_run")
)

-- case: composite key
CREATE TABLE IF NOT EXISTS "public"."tickets_archive" (
  "tenant" integer,
  "ref" pg_catalog.text COLLATE pg_catalog."C",
  "at" timestamp with time zone,
  "email" pg_catalog.text,
  "phone" character varying(60),
  "born" pg_catalog.date,
  "note" pg_catalog.text,
  "holdfast_archived_at" pg_catalog.timestamptz,
  "holdfast_run" pg_catalog.uuid,
  "holdfast_policy" pg_catalog.text,
  "holdfast_policy_version" pg_catalog.int4,
  PRIMARY KEY ("tenant", "ref", "holdfast_run")
)

-- case: quoted key
CREATE TABLE IF NOT EXISTS "Audit Log"."Order""; DROP TABLE x; --_archive" (
  "Id""); --" bigint,
  "select" timestamp with time zone,
  "E-Mail '$1'" pg_catalog.text,
  "phone" character varying(60),
  "born" pg_catalog.date,
  "note" pg_catalog.text,
  "holdfast_archived_at" pg_catalog.timestamptz,
  "holdfast_run" pg_catalog.uuid,
  "holdfast_policy" pg_catalog.text,
  "holdfast_policy_version" pg_catalog.int4,
  PRIMARY KEY ("Id""); --", "holdfast_run")
)

-- case: nokey key
CREATE TABLE IF NOT EXISTS "public"."lines_archive" (
  "at" timestamp with time zone,
  "email" pg_catalog.text,
  "phone" character varying(60),
  "born" pg_catalog.date,
  "note" pg_catalog.text,
  "holdfast_archived_at" pg_catalog.timestamptz,
  "holdfast_run" pg_catalog.uuid,
  "holdfast_policy" pg_catalog.text,
  "holdfast_policy_version" pg_catalog.int4
)

-- case: text key
CREATE TABLE IF NOT EXISTS "public"."accounts_archive" (
  "name" pg_catalog.text,
  "at" timestamp with time zone,
  "email" pg_catalog.text,
  "phone" character varying(60),
  "born" pg_catalog.date,
  "note" pg_catalog.text,
  "holdfast_archived_at" pg_catalog.timestamptz,
  "holdfast_run" pg_catalog.uuid,
  "holdfast_policy" pg_catalog.text,
  "holdfast_policy_version" pg_catalog.int4,
  PRIMARY KEY ("name", "holdfast_run")
)

-- case: char(n) key
CREATE TABLE IF NOT EXISTS "public"."vouchers_archive" (
  "code" character(12),
  "at" timestamp with time zone,
  "email" pg_catalog.text,
  "phone" character varying(60),
  "born" pg_catalog.date,
  "note" pg_catalog.text,
  "holdfast_archived_at" pg_catalog.timestamptz,
  "holdfast_run" pg_catalog.uuid,
  "holdfast_policy" pg_catalog.text,
  "holdfast_policy_version" pg_catalog.int4,
  PRIMARY KEY ("code", "holdfast_run")
)

-- case: bytea key
CREATE TABLE IF NOT EXISTS "public"."blobs_archive" (
  "sum" pg_catalog.bytea,
  "at" timestamp with time zone,
  "email" pg_catalog.text,
  "phone" character varying(60),
  "born" pg_catalog.date,
  "note" pg_catalog.text,
  "holdfast_archived_at" pg_catalog.timestamptz,
  "holdfast_run" pg_catalog.uuid,
  "holdfast_policy" pg_catalog.text,
  "holdfast_policy_version" pg_catalog.int4,
  PRIMARY KEY ("sum", "holdfast_run")
)

-- case: into another schema
CREATE TABLE IF NOT EXISTS "Cold Store"."a""; --" (
  "id" bigint,
  "at" timestamp with time zone,
  "email" pg_catalog.text,
  "phone" character varying(60),
  "born" pg_catalog.date,
  "note" pg_catalog.text,
  "holdfast_archived_at" pg_catalog.timestamptz,
  "holdfast_run" pg_catalog.uuid,
  "holdfast_policy" pg_catalog.text,
  "holdfast_policy_version" pg_catalog.int4,
  PRIMARY KEY ("id", "holdfast_run")
)
