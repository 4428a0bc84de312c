-- Requests of persons under the RGPD with their legal clock, records whose processing is limited, and
-- what looks unusual in the trail. Decision 0042. Rows that are said are never changed.

CREATE TABLE rights_request (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  at timestamptz NOT NULL,
  patient text NOT NULL CHECK (patient <> ''),
  kind text NOT NULL CHECK (kind IN
    ('access', 'rectification', 'erasure', 'limitation', 'portability', 'opposition')),
  channel text NOT NULL CHECK (channel IN ('online', 'letter', 'desk')),
  said_by text NOT NULL CHECK (said_by <> ''),
  words text NOT NULL CHECK (length(words) <= 2000)
);
CREATE INDEX rights_request_patient ON rights_request (patient, at DESC);
CREATE INDEX rights_request_at ON rights_request (at);
CREATE TABLE rights_step (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request uuid NOT NULL REFERENCES rights_request,
  at timestamptz NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  kind text NOT NULL CHECK (kind IN
    ('identity', 'extended', 'limited', 'lifted', 'answered', 'refused', 'exported')),
  words text NOT NULL CHECK (kind = 'exported' OR length(btrim(words)) >= 10)
);
CREATE INDEX rights_step_request ON rights_step (request, n);
-- A request is extended once, and ends once.
CREATE UNIQUE INDEX rights_step_once ON rights_step
  (request, (CASE WHEN kind IN ('answered', 'refused') THEN 'ended' ELSE kind END))
  WHERE kind <> 'exported';
GRANT SELECT, INSERT ON rights_request, rights_step TO cordee_app;

-- A record whose processing is limited stands in `closed_circle` under the actor -1: all ties but the
-- patient's own are closed, and nobody writes.
CREATE OR REPLACE FUNCTION close_circle(of_pat int8 DEFAULT NULL) RETURNS void LANGUAGE sql
SET plan_cache_mode = force_generic_plan
BEGIN ATOMIC
  UPDATE care_circle c SET pat = ~c.pat
  FROM closed_circle k
  WHERE c.pat = k.pat AND (of_pat IS NULL OR k.pat = of_pat) AND (
    k.actor = -1 AND c.actor <> c.pat
    OR k.actor = c.actor AND NOT EXISTS (
      SELECT FROM care_circle m WHERE m.pat = k.pat AND m.actor = k.attending)
    OR k.actor = 0 AND c.rid <> 0 AND c.actor <> c.pat AND NOT EXISTS (
      SELECT FROM resource r WHERE r.type = 114 AND r.rid = c.rid AND r.ent = c.actor));
END;

-- Ties that services write beside resources (a broken glass, a consent) are closed as well.
CREATE FUNCTION refuse_limited_tie() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM closed_circle WHERE actor = -1 AND pat = NEW.pat) THEN
    RAISE EXCEPTION 'the processing of this record is limited'
      USING ERRCODE = 'CD423', DETAIL = 'limited';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER care_circle_limited BEFORE INSERT ON care_circle
  FOR EACH ROW WHEN (NEW.rid IN (0, -1)) EXECUTE FUNCTION refuse_limited_tie();

CREATE FUNCTION refuse_limited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM closed_circle WHERE actor = -1)
    AND EXISTS (
      SELECT FROM written w JOIN closed_circle k ON k.actor = -1 AND k.pat = w.pat
      UNION ALL
      SELECT FROM written w JOIN history h ON h.rid = w.rid AND h.ver = w.ver - 1
      JOIN closed_circle k ON k.actor = -1 AND k.pat = h.pat) THEN
    RAISE EXCEPTION 'the processing of this record is limited'
      USING ERRCODE = 'CD423', DETAIL = 'limited';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER journal_limited AFTER INSERT ON journal REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_limited();

-- What looks unusual in the trail, for the DPO to look at; it blocks nobody.
CREATE TABLE anomaly_rule (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  rule text NOT NULL CHECK (rule IN ('outside', 'night', 'family', 'vip', 'searches')),
  most int4 NOT NULL CHECK (most BETWEEN 0 AND 100000), -- more than so many in a day
  is_on bool NOT NULL DEFAULT true
);
CREATE INDEX anomaly_rule_last ON anomaly_rule (rule, n DESC);
CREATE TABLE anomaly (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  rule text NOT NULL,
  agent text NOT NULL,
  day date NOT NULL,
  count int4 NOT NULL,
  most int4 NOT NULL,
  lines int8[] NOT NULL,            -- some lines of the trail
  CONSTRAINT anomaly_once UNIQUE (rule, agent, day)
);
CREATE INDEX anomaly_at ON anomaly (at);
CREATE TABLE anomaly_end (
  anomaly int8 PRIMARY KEY REFERENCES anomaly,
  at timestamptz NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  founded bool NOT NULL,
  words text NOT NULL CHECK (length(btrim(words)) >= 10)
);
GRANT SELECT, INSERT ON anomaly_rule, anomaly, anomaly_end TO cordee_app;
