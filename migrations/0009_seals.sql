-- The audit trail in sealed blocks, each bound to the one before by a keyed digest: what is changed
-- or taken out afterwards is found by `cordee check audit`, by whoever it was done. The key lies
-- outside the database. See docs/decisions/0014.
CREATE TABLE audit_seal (
  seal int8 PRIMARY KEY,
  after int8 NOT NULL,              -- the block holds the lines with after < n <= upto
  upto int8 NOT NULL,
  lines int8 NOT NULL,
  digest bytea NOT NULL,            -- SHA-256 of the lines
  mac bytea NOT NULL,               -- keyed, over this block and the mac before
  made timestamptz NOT NULL DEFAULT now(),
  CHECK (upto > after)
);
CREATE UNIQUE INDEX audit_seal_after ON audit_seal (after);

-- How far numbers are certain to be all there: `marked` were given out when it was set, `waited` at
-- the round before; nobody who could still write one of `waited` runs once `horizon` is past.
CREATE TABLE audit_head (
  single bool PRIMARY KEY DEFAULT true CHECK (single),
  marked int8 NOT NULL DEFAULT 0, waited int8 NOT NULL DEFAULT 0, horizon xid8 NOT NULL DEFAULT '0'
);
INSERT INTO audit_head DEFAULT VALUES;

-- Lines and digest of the block after < n <= upto: JSON arrays in the order of their numbers.
CREATE FUNCTION audit_digest(after int8, upto int8, OUT lines int8, OUT digest bytea)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT count(*), sha256(convert_to(coalesce(string_agg(json_build_array(
    a.n, (extract(epoch FROM a.at) * 1000000)::int8, a.actor, a.action::text, a.type, a.pats, a.detail
  )::text, E'\n' ORDER BY a.n), ''), 'UTF8'))
  FROM audit a WHERE a.n > audit_digest.after AND a.n <= audit_digest.upto;
END;

GRANT SELECT, INSERT ON audit_seal TO cordee_app;
GRANT SELECT, UPDATE ON audit_head TO cordee_app;
GRANT SELECT ON SEQUENCE audit_n_seq TO cordee_app;
GRANT EXECUTE ON FUNCTION audit_digest(int8, int8) TO cordee_app;
