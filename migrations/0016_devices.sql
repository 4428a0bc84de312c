-- Passkeys, short codes of shared workstations, what a lock must not lose, tokens of provisioning.

-- WebAuthn credentials. The key is public; nothing here opens anything by itself.
CREATE TABLE passkey (
  id bytea PRIMARY KEY,
  account int8 NOT NULL REFERENCES account,
  public_key bytea NOT NULL,
  uses int8 NOT NULL DEFAULT 0,     -- the counter of the device
  label text NOT NULL CHECK (label <> ''),
  made timestamptz NOT NULL DEFAULT now(),
  used timestamptz
);
CREATE INDEX passkey_account ON passkey (account);

-- A challenge is of use once, for the browser that asked.
CREATE TABLE passkey_challenge (
  browser bytea PRIMARY KEY,
  challenge bytea NOT NULL,
  ends timestamptz NOT NULL
);
CREATE INDEX passkey_challenge_ends ON passkey_challenge (ends);

-- A short code, which opens again only what is open already on the same workstation.
CREATE TABLE short_code (
  account int8 PRIMARY KEY REFERENCES account,
  secret bytea NOT NULL,            -- argon2id
  badge bytea UNIQUE,               -- keyed digest of the number of a badge
  made timestamptz NOT NULL DEFAULT now(),
  failures int4 NOT NULL DEFAULT 0
);

-- Where a session was opened and which page it showed last, to come back to it there.
ALTER TABLE session ADD COLUMN station bytea;
ALTER TABLE session ADD COLUMN place text NOT NULL DEFAULT '/';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX session_station ON session (station, account) WHERE closed IS NULL;

-- A form that was sent while the session was locked, sealed, until its person sends it again.
CREATE TABLE session_draft (
  session bytea PRIMARY KEY REFERENCES session ON DELETE CASCADE,
  path text NOT NULL,
  sealed bytea NOT NULL,
  ends timestamptz NOT NULL
);
CREATE INDEX session_draft_ends ON session_draft (ends);

-- Who provisions the people of a structure (SCIM 2.0): tokens are kept as their digest.
CREATE TABLE scim_token (
  hash bytea PRIMARY KEY,
  structure text NOT NULL CHECK (structure LIKE 'Organization/_%'),
  label text NOT NULL,
  made timestamptz NOT NULL DEFAULT now(),
  ends timestamptz NOT NULL,
  used timestamptz,
  removed timestamptz
);

-- What a programme aims at, for its dashboard: percents of a structure.
CREATE TABLE programme_target (
  structure text PRIMARY KEY,
  linked int2 NOT NULL CHECK (linked BETWEEN 0 AND 100),
  federated int2 NOT NULL CHECK (federated BETWEEN 0 AND 100),
  said_by text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- Drafts and challenges are forgotten with what is over.
CREATE FUNCTION forget_drafts() RETURNS int8
LANGUAGE sql
BEGIN ATOMIC
  WITH drafts AS (DELETE FROM session_draft WHERE ends < now() RETURNING 1),
  challenges AS (DELETE FROM passkey_challenge WHERE ends < now() RETURNING 1)
  SELECT (SELECT count(*) FROM drafts) + (SELECT count(*) FROM challenges);
END;

GRANT SELECT, INSERT, UPDATE, DELETE ON passkey, passkey_challenge, short_code, session_draft
  TO cordee_app;
GRANT SELECT, INSERT, UPDATE ON scim_token, programme_target TO cordee_app;
