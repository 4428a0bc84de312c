-- As what somebody acted: role, structure, situation d'exercice, delegation, application. A line of
-- the trail names one such row; rows are only ever added, and their number is a keyed digest of what
-- they say, so that a change shows. Requirements A2.5, A2.7; decision 0015.
CREATE TABLE acting (
  id int8 PRIMARY KEY,
  made timestamptz NOT NULL DEFAULT now(),
  agent text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  profession text NOT NULL,
  functions text[] NOT NULL,
  structure text NOT NULL,
  practitioner text NOT NULL,
  situation text NOT NULL,
  delegated_by text NOT NULL,
  client text NOT NULL,
  level int2 NOT NULL
);
GRANT SELECT, INSERT ON acting TO cordee_app;
ALTER TABLE audit ADD COLUMN acting int8;

-- The digest of a line counts what is there: lines that were sealed before keep theirs.
CREATE OR REPLACE FUNCTION audit_digest(after int8, upto int8, OUT lines int8, OUT digest bytea)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT count(*), sha256(convert_to(coalesce(string_agg(CASE WHEN a.acting IS NULL
    THEN json_build_array(
      a.n, (extract(epoch FROM a.at) * 1000000)::int8, a.actor, a.action::text, a.type, a.pats,
      a.detail)
    ELSE json_build_array(
      a.n, (extract(epoch FROM a.at) * 1000000)::int8, a.actor, a.action::text, a.type, a.pats,
      a.detail, a.acting) END::text, E'\n' ORDER BY a.n), ''), 'UTF8'))
  FROM audit a WHERE a.n > audit_digest.after AND a.n <= audit_digest.upto;
END;

-- What a person does beside their profession: regulation, emergency, identity, dpo...
ALTER TABLE situation ADD COLUMN functions text[] NOT NULL DEFAULT '{}';
