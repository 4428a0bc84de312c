-- The workbench of the DPO: incidents with their reach, how long data is kept, proofs of deletion.
-- Decision 0041. What is said is a row that nobody who serves may change or remove.

-- A breach: which account, from when to when; `found` starts the 72 hours of article 33.
CREATE TABLE incident (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  declared timestamptz NOT NULL,
  declared_by text NOT NULL CHECK (declared_by <> ''),
  found timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> ''),
  starts timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  what text NOT NULL CHECK (length(btrim(what)) >= 10),
  CONSTRAINT incident_has_a_length CHECK (ends > starts),
  CONSTRAINT incident_is_past CHECK (starts <= found AND found <= declared)
);
CREATE TABLE incident_step (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident uuid NOT NULL REFERENCES incident,
  at timestamptz NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  kind text NOT NULL CHECK (kind IN ('notified', 'told', 'closed')),
  words text NOT NULL CHECK (length(btrim(words)) >= 10),
  CONSTRAINT step_once UNIQUE (incident, kind)
);
-- What was readable and what was read, counted at a moment; the patients beside it.
CREATE TABLE incident_scope (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident uuid NOT NULL REFERENCES incident,
  at timestamptz NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  readable int8 NOT NULL,
  read int8 NOT NULL,
  whole bool NOT NULL,              -- a program that reads every record
  seconds float8 NOT NULL
);
CREATE INDEX incident_scope_incident ON incident_scope (incident, n DESC);
CREATE TABLE incident_patient (
  scope int8 NOT NULL REFERENCES incident_scope,
  patient text COLLATE "C" NOT NULL,
  ways text[] NOT NULL,             -- team, circle, attending, author, glass, consultation...
  lines int8 NOT NULL,              -- lines of the trail that name them: 0 was readable, not read
  first timestamptz,
  last timestamptz,
  PRIMARY KEY (scope, patient)
);

-- How long a class of data is kept, where the DPO says other than the table that is shipped.
CREATE TABLE retention_rule (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  class text NOT NULL CHECK (class <> ''),
  days int4 NOT NULL CHECK (days >= 0),
  basis text NOT NULL CHECK (length(btrim(basis)) >= 10)
);
CREATE INDEX retention_rule_class ON retention_rule (class, n DESC);
-- What was destroyed by rule: never who it was about, but how many rows and their digest.
CREATE TABLE deletion_proof (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by text NOT NULL CHECK (by <> ''),
  class text NOT NULL,
  before timestamptz NOT NULL,
  gone int8 NOT NULL,
  digest bytea NOT NULL             -- SHA-256 of the rows as JSON, in their order
);
CREATE INDEX deletion_proof_at ON deletion_proof (at);

-- The blocks of the trail that were purged, by the owner's command alone; keyed like a seal.
CREATE TABLE audit_purge (
  purge int8 PRIMARY KEY,
  seal int8 NOT NULL,               -- the last block that is gone
  upto int8 NOT NULL,
  lines int8 NOT NULL,              -- of this purge
  before timestamptz NOT NULL,
  last bytea NOT NULL,              -- mac of that block, on which the next one stands
  by text NOT NULL CHECK (by <> ''),
  at timestamptz NOT NULL DEFAULT now(),
  mac bytea NOT NULL
);

GRANT SELECT, INSERT ON incident, incident_step, incident_scope, incident_patient, retention_rule
  TO cordee_app;
GRANT SELECT ON deletion_proof, audit_purge TO cordee_app;

-- A notice goes with its reading.
-- squawk-ignore ban-drop-constraint
ALTER TABLE notice_reading DROP CONSTRAINT notice_reading_n_fkey;
-- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
ALTER TABLE notice_reading ADD CONSTRAINT notice_reading_n_fkey FOREIGN KEY (n) REFERENCES notice
  ON DELETE CASCADE;

-- The rows of a class that are over since `before`: what they are and from when on they are. The
-- last column is the shortest time that anything of the class is kept, whatever the DPO says.
CREATE FUNCTION retention_class(of_class text, OUT rows_over text, OUT shortest interval)
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT k.rows_over, k.shortest FROM (VALUES
    ('sessions', 'session x WHERE least(x.closed, x.ends) < $1', interval '1 day'),
    ('closed-sessions', 'closed_session x WHERE x.at < $1', interval '1 day'),
    ('sign-in-attempts', 'sign_in_attempt x WHERE greatest(x.last, x.until) < $1', interval '1 day'),
    ('account-events', 'account_event x WHERE x.at < $1', interval '180 days'),
    ('recovery-codes', 'credential x WHERE x.kind = ''recovery'' AND x.used < $1', interval '1 day'),
    ('oauth-codes', 'smart_code x WHERE x.expires < $1', interval '1 day'),
    ('oauth-refreshes', 'smart_refresh x WHERE x.expires < $1', interval '1 day'),
    ('oauth-requests', 'smart_request x WHERE x.expires < $1', interval '0'),
    ('oauth-launches', 'smart_launch x WHERE x.expires < $1', interval '0'),
    ('oauth-spent', 'smart_spent x WHERE x.expires < $1', interval '0'),
    ('federation-requests', 'federation_request x WHERE x.ends < $1', interval '0'),
    ('federation-spent', 'federation_spent x WHERE x.ends < $1', interval '0'),
    ('drafts', 'session_draft x WHERE x.ends < $1', interval '0'),
    ('passkey-challenges', 'passkey_challenge x WHERE x.ends < $1', interval '0'),
    ('identity-scans', 'identity_scan x WHERE x.purge_on <= ($1 AT TIME ZONE ''Europe/Paris'')::date',
      interval '0'),
    ('identity-searches', 'identity_search x WHERE x.at < $1', interval '1 day'),
    ('consultation-tries', 'consultation_try x WHERE x.at < $1', interval '1 day'),
    ('notices', 'notice x WHERE x.at < $1', interval '30 days')
  ) k(class, rows_over, shortest) WHERE k.class = of_class;
END;

-- How many rows of a class are over; with `really`, destroys them and leaves the proof, which is in
-- the trail too. The application may destroy by rule, and by nothing else.
CREATE FUNCTION retain(
  of_class text, before timestamptz, said_by text, as_acting int8, really bool,
  OUT gone int8, OUT digest bytea
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  known record;
  over text;
BEGIN
  SELECT * INTO known FROM retention_class(of_class);
  IF known.rows_over IS NULL THEN
    RAISE EXCEPTION 'no such class of data: %', of_class USING ERRCODE = '22023';
  END IF;
  IF before > now() - known.shortest THEN
    RAISE EXCEPTION 'this class is kept for % at least', known.shortest USING ERRCODE = '22023';
  END IF;
  over := known.rows_over;
  IF really THEN
    EXECUTE 'WITH gone AS (DELETE FROM ' || over || ' RETURNING to_jsonb(x)::text AS body)'
      || ' SELECT count(*), sha256(convert_to(coalesce(string_agg(body, E''\n'' ORDER BY body), '''''
      || '), ''UTF8'')) FROM gone' INTO gone, digest USING before;
  ELSE
    EXECUTE 'SELECT count(*) FROM ' || over INTO gone USING before;
  END IF;
  IF really AND gone > 0 THEN
    INSERT INTO deletion_proof (by, class, before, gone, digest)
    VALUES (said_by, of_class, before, retain.gone, retain.digest);
    INSERT INTO audit (acting, actor, action, detail) VALUES (as_acting, said_by, 'D', 'retention ' || of_class
      || ' before ' || to_char(before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ': '
      || gone || ' rows, sha256 ' || encode(digest, 'hex'));
  END IF;
END $$;
REVOKE ALL ON FUNCTION retain(text, timestamptz, text, int8, bool) FROM PUBLIC;
REVOKE ALL ON FUNCTION retention_class(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retain(text, timestamptz, text, int8, bool), retention_class(text) TO cordee_app;
