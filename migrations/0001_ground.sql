-- The ground floor: one row a resource, its history, its index rows, the journal and the trace.
-- Reasons and figures: docs/decisions/0003-one-row-a-resource.md. Runs as the owner.

CREATE TABLE schema_version (
  version int PRIMARY KEY,
  compatible int NOT NULL,          -- the oldest release number of the code that may run on it
  applied timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE installation (key text PRIMARY KEY, value jsonb NOT NULL);

-- lab: bit mask of confidentiality labels; bit 16384 says that the resource is deleted.
-- body: the JSON after '{"resourceType":…,"id":…,"meta":{"versionId":…,"lastUpdated":…', byte for byte.
-- sd, hi: bounds of the main clinical date; sd falls back to the time of creation, hi is then null.
CREATE TABLE resource (
  bucket int2 NOT NULL DEFAULT 0,
  type int2 NOT NULL,
  method int2 NOT NULL,             -- 1 POST, 2 PUT, 3 DELETE, 4 PATCH
  lab int2 NOT NULL,
  dict int2 NOT NULL DEFAULT 0,
  rid int8 NOT NULL,
  ver int4 NOT NULL,
  upd timestamptz NOT NULL,
  ent int8 NOT NULL,                -- hash of Type/id; a reference key is ent # hash of Type.parameter
  pat int8,
  org int8,
  sd timestamptz NOT NULL,
  hi timestamptz,
  sig int8 NOT NULL,                -- digest of the index rows: equal means that they stay
  id text COLLATE "C" NOT NULL,
  idx int8[] NOT NULL,
  has int4[] NOT NULL,              -- numbers of the search parameters that have a value
  refs text[] NOT NULL,             -- 'parameter>Type/id'
  body bytea NOT NULL
) PARTITION BY LIST (type);
CREATE TABLE r_patient PARTITION OF resource FOR VALUES IN (103) WITH (fillfactor = 80);
CREATE TABLE r_observation PARTITION OF resource FOR VALUES IN (96) WITH (fillfactor = 80);
CREATE TABLE r_encounter PARTITION OF resource FOR VALUES IN (44) WITH (fillfactor = 80);
CREATE TABLE r_condition PARTITION OF resource FOR VALUES IN (28) WITH (fillfactor = 80);
CREATE TABLE r_medicationrequest PARTITION OF resource FOR VALUES IN (79) WITH (fillfactor = 80);
CREATE TABLE r_documentreference PARTITION OF resource FOR VALUES IN (42) WITH (fillfactor = 80);
CREATE TABLE r_diagnosticreport PARTITION OF resource FOR VALUES IN (40) WITH (fillfactor = 80);
CREATE TABLE r_procedure PARTITION OF resource FOR VALUES IN (110) WITH (fillfactor = 80);
CREATE TABLE r_immunization PARTITION OF resource FOR VALUES IN (62) WITH (fillfactor = 80);
CREATE TABLE r_claim PARTITION OF resource FOR VALUES IN (19) WITH (fillfactor = 80);
CREATE TABLE r_explanationofbenefit PARTITION OF resource FOR VALUES IN (53) WITH (fillfactor = 80);
CREATE TABLE r_allergyintolerance PARTITION OF resource FOR VALUES IN (4) WITH (fillfactor = 80);
CREATE TABLE r_appointment PARTITION OF resource FOR VALUES IN (5) WITH (fillfactor = 80);
CREATE TABLE r_servicerequest PARTITION OF resource FOR VALUES IN (124) WITH (fillfactor = 80);
CREATE TABLE r_careplan PARTITION OF resource FOR VALUES IN (14) WITH (fillfactor = 80);
CREATE TABLE r_careteam PARTITION OF resource FOR VALUES IN (15) WITH (fillfactor = 80);
CREATE TABLE r_task PARTITION OF resource FOR VALUES IN (140) WITH (fillfactor = 80);
CREATE TABLE r_communication PARTITION OF resource FOR VALUES IN (23) WITH (fillfactor = 80);
CREATE TABLE r_practitioner PARTITION OF resource FOR VALUES IN (108) WITH (fillfactor = 80);
CREATE TABLE r_organization PARTITION OF resource FOR VALUES IN (100) WITH (fillfactor = 80);
CREATE TABLE r_other PARTITION OF resource DEFAULT WITH (fillfactor = 80);
ALTER TABLE resource ALTER idx SET STATISTICS 1000;
CREATE UNIQUE INDEX resource_id ON resource (type, id);
CREATE UNIQUE INDEX resource_rid ON resource (type, rid);
CREATE INDEX resource_patient ON resource (pat, type, sd DESC, rid DESC);
CREATE INDEX resource_date ON resource (type, sd DESC, rid DESC) INCLUDE (pat, org, lab, hi);
CREATE INDEX resource_updated ON resource USING brin (upd);
CREATE INDEX resource_keys ON resource USING gin (idx)
  WITH (fastupdate = on, gin_pending_list_limit = 4096);

CREATE TABLE history (
  bucket int2 NOT NULL DEFAULT 0,
  type int2 NOT NULL,
  method int2 NOT NULL,
  lab int2 NOT NULL,
  dict int2 NOT NULL,
  rid int8 NOT NULL,
  ver int4 NOT NULL,
  upd timestamptz NOT NULL,
  pat int8,
  org int8,
  body bytea NOT NULL,
  PRIMARY KEY (rid, ver)
);

CREATE TABLE sp_sort (
  key int8 NOT NULL, sd timestamptz NOT NULL, rid int8 NOT NULL,
  pat int8, org int8, hi timestamptz, lab int2 NOT NULL, bucket int2 NOT NULL DEFAULT 0
);
CREATE INDEX sp_sort_key ON sp_sort (key, sd DESC, rid DESC) INCLUDE (pat, org, hi, lab);
CREATE INDEX sp_sort_patient ON sp_sort (key, pat, sd DESC, rid DESC) INCLUDE (org, hi, lab);
CREATE INDEX sp_sort_rid ON sp_sort (rid);

CREATE TABLE sp_date (
  param int4 NOT NULL, lab int2 NOT NULL, bucket int2 NOT NULL DEFAULT 0, ckey int8 NOT NULL,
  lo timestamptz NOT NULL, hi timestamptz NOT NULL, sd timestamptz NOT NULL, rid int8 NOT NULL,
  pat int8, org int8
);
CREATE INDEX sp_date_lo ON sp_date (param, lo, rid) INCLUDE (hi, ckey, sd, pat, org, lab);
CREATE INDEX sp_date_hi ON sp_date (param, hi);
CREATE INDEX sp_date_rid ON sp_date (rid);

CREATE TABLE sp_qty (
  param int4 NOT NULL, lab int2 NOT NULL, bucket int2 NOT NULL DEFAULT 0,
  ckey int8 NOT NULL, unit int8 NOT NULL, lo float8 NOT NULL, hi float8 NOT NULL,
  raw int8 NOT NULL, rawlo float8 NOT NULL, rawhi float8 NOT NULL,
  sd timestamptz NOT NULL, rid int8 NOT NULL, pat int8, org int8
);
CREATE INDEX sp_qty_value ON sp_qty (param, ckey, unit, lo)
  INCLUDE (hi, raw, rawlo, rawhi, sd, rid, pat, org, lab);
CREATE INDEX sp_qty_rid ON sp_qty (rid);

CREATE TABLE sp_str (
  param int4 NOT NULL, lab int2 NOT NULL, bucket int2 NOT NULL DEFAULT 0,
  ckey int8 NOT NULL, exact int8 NOT NULL, sd timestamptz NOT NULL, rid int8 NOT NULL,
  pat int8, org int8, v text COLLATE "C" NOT NULL
);
CREATE INDEX sp_str_value ON sp_str (param, v, rid) INCLUDE (exact, ckey, sd, pat, org, lab);
CREATE INDEX sp_str_rid ON sp_str (rid);

CREATE TABLE sp_place (
  param int4 NOT NULL, lat float8 NOT NULL, lon float8 NOT NULL, rid int8 NOT NULL,
  bucket int2 NOT NULL DEFAULT 0
);
CREATE INDEX sp_place_value ON sp_place (param, lat, lon) INCLUDE (rid);
CREATE INDEX sp_place_rid ON sp_place (rid);

-- Who is in whose circle, by the resource that says so.
CREATE TABLE care_circle (actor int8 NOT NULL, pat int8 NOT NULL, rid int8 NOT NULL);
CREATE INDEX care_circle_actor ON care_circle (actor, pat);
CREATE INDEX care_circle_rid ON care_circle (rid);

-- Every write, in commit order once published: writers only append, one leader gives the numbers.
CREATE TABLE journal (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  seq int8 GENERATED ALWAYS AS IDENTITY,
  type int2 NOT NULL, method int2 NOT NULL, ver int4 NOT NULL, rid int8 NOT NULL,
  upd timestamptz NOT NULL, pat int8
);
CREATE UNIQUE INDEX journal_order ON journal (seq);
CREATE TABLE journal_pub (
  n int8 PRIMARY KEY,
  type int2 NOT NULL, method int2 NOT NULL, ver int4 NOT NULL, rid int8 NOT NULL,
  upd timestamptz NOT NULL, pat int8
);
CREATE INDEX journal_pub_upd ON journal_pub (upd, n);
CREATE INDEX journal_pub_type ON journal_pub (type, upd, n);
CREATE INDEX journal_pub_patient ON journal_pub (pat, n) WHERE pat IS NOT NULL;
CREATE TABLE journal_head (single bool PRIMARY KEY DEFAULT true CHECK (single), n int8 NOT NULL);
INSERT INTO journal_head (n) VALUES (0);

-- Who did or saw what: written with the write, or before a read is answered.
CREATE TABLE audit (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  action "char" NOT NULL,           -- C R U D E, as AuditEvent.action
  type int2,
  pats int8[] NOT NULL DEFAULT '{}',
  detail text NOT NULL
);
CREATE INDEX audit_at ON audit USING brin (at);

CREATE TABLE dictionary (
  dict int2 PRIMARY KEY, type int2 NOT NULL, made timestamptz NOT NULL DEFAULT now(),
  bytes bytea NOT NULL
);

-- Sessions of the screen that were closed before their end.
CREATE TABLE closed_session (id text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());

-- What an import has taken in, written with it: an import that was stopped goes on where it was.
CREATE TABLE import_done (
  source text NOT NULL, item text NOT NULL, entries int NOT NULL, PRIMARY KEY (source, item)
);

-- Types whose index rows are being made again, and how far.
CREATE TABLE reindex (
  type int2 PRIMARY KEY, fingerprint text NOT NULL, upto int8 NOT NULL DEFAULT 0, last int8 NOT NULL,
  done int8 NOT NULL DEFAULT 0, total int8 NOT NULL, finished timestamptz
);

-- Index-only scans stand on the visibility map.
ALTER TABLE sp_sort SET (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.01);
ALTER TABLE sp_str SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE sp_qty SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE sp_date SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02);

-- A second door for what only the owner may do: numbers are given in commit order, without a gap.
-- A row waits while an older transaction runs, and whoever came after it waits with it: `seq` is
-- drawn under the locks of the resources, so the versions of one stay in their order (xids do not).
CREATE FUNCTION publish_journal(most int) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head int8;
  given int8;
BEGIN
  SELECT n INTO head FROM journal_head FOR UPDATE SKIP LOCKED;
  IF head IS NULL THEN
    RETURN NULL;
  END IF;
  WITH page AS MATERIALIZED (
    SELECT ctid AS place, seq, xid < pg_snapshot_xmin(pg_current_snapshot()) AS ready FROM journal
    ORDER BY seq LIMIT most
  ), gone AS (
    DELETE FROM journal WHERE ctid = ANY (ARRAY(
      SELECT place FROM page WHERE seq < coalesce(
        (SELECT min(seq) FROM page WHERE NOT ready), 9223372036854775807)))
    RETURNING seq, type, method, ver, rid, upd, pat
  ), published AS (
    INSERT INTO journal_pub (n, type, method, ver, rid, upd, pat)
    SELECT head + row_number() OVER (ORDER BY seq), type, method, ver, rid, upd, pat FROM gone
    RETURNING 1
  )
  SELECT count(*) INTO given FROM published;
  IF given > 0 THEN
    UPDATE journal_head SET n = head + given;
    PERFORM pg_notify('cordee_journal', (head + given)::text);
  END IF;
  RETURN given;
END $$;
