-- Identity providers, who is whom there, and sessions that came from them: docs/operator/providers.md.

-- A provider that an operator has configured; a removed one keeps its row.
CREATE TABLE identity_provider (
  name text PRIMARY KEY COLLATE "C" CHECK (name ~ '^[a-z0-9-]{1,40}$'),
  kind text NOT NULL CHECK (kind IN ('psc', 'hospital', 'citizen')),
  label text NOT NULL CHECK (label <> ''),
  issuer text NOT NULL,
  client_id text NOT NULL,
  client_secret bytea,              -- sealed with account.key; null: the client is public
  scope text NOT NULL,
  acr_values text NOT NULL DEFAULT '',
  strong_acr text[] NOT NULL DEFAULT '{}', -- which acr stand for two factors
  structure text NOT NULL DEFAULT '', -- Organization/id of a hospital's provider
  local_claim text NOT NULL DEFAULT 'sub', -- the claim that holds the local identifier
  made timestamptz NOT NULL DEFAULT now(),
  removed timestamptz,
  -- A break: since when, and when it was last looked at.
  down_since timestamptz,
  looked timestamptz,
  CONSTRAINT hospital_has_a_structure CHECK ((kind = 'hospital') = (structure <> ''))
);

-- Who somebody is at a provider. The subject belongs to one account at a time.
CREATE TABLE federated_identity (
  provider text NOT NULL REFERENCES identity_provider,
  subject text NOT NULL CHECK (subject <> ''),
  account int8 NOT NULL REFERENCES account,
  linked timestamptz NOT NULL DEFAULT now(),
  used timestamptz,
  PRIMARY KEY (provider, subject)
);
CREATE INDEX federated_identity_account ON federated_identity (account);

-- Who showed a valid national or local identity that no account stands for: never let in, looked at
-- by the people of the console.
CREATE TABLE unknown_professional (
  provider text NOT NULL REFERENCES identity_provider,
  number text NOT NULL CHECK (number <> ''), -- RPPS, or the local identifier
  name text NOT NULL DEFAULT '',
  profession text NOT NULL DEFAULT '',
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  attempts int4 NOT NULL DEFAULT 1,
  PRIMARY KEY (provider, number)
);

-- A sign-in that is under way: of use once, for the browser that began it.
CREATE TABLE federation_request (
  state bytea PRIMARY KEY,
  provider text NOT NULL REFERENCES identity_provider,
  browser bytea NOT NULL,
  nonce text NOT NULL,
  verifier text NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('enter', 'step', 'link')),
  path text NOT NULL,
  ends timestamptz NOT NULL
);
CREATE INDEX federation_request_ends ON federation_request (ends);

-- Logout tokens that were obeyed.
CREATE TABLE federation_spent (
  name text PRIMARY KEY COLLATE "C",
  ends timestamptz NOT NULL
);
CREATE INDEX federation_spent_ends ON federation_spent (ends);

ALTER TABLE account ADD COLUMN rpps text CHECK (rpps ~ '^[0-9A-Z]{8,32}$');
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX account_rpps ON account (rpps) WHERE rpps IS NOT NULL;

-- HospiConnect: the people of a structure as its own source knows them, and whom they are here.
CREATE TABLE agent (
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  structure text NOT NULL CHECK (structure LIKE 'Organization/_%'),
  local_id text NOT NULL CHECK (local_id <> ''),
  name text NOT NULL DEFAULT '',
  source text NOT NULL DEFAULT '',  -- the register of staff that names them
  external_id text,                 -- their identifier there (SCIM externalId)
  rpps text CHECK (rpps ~ '^[0-9A-Z]{8,32}$'),
  mie text NOT NULL DEFAULT '',     -- means of identification: e-CPS, CPS, passkey, TOTP ...
  level int2 NOT NULL DEFAULT 1 CHECK (level IN (1, 2)),
  expires timestamptz,
  status text NOT NULL DEFAULT 'unlinked'
    CHECK (status IN ('unlinked', 'linked', 'suspended', 'left')),
  account int8 REFERENCES account,
  made timestamptz NOT NULL DEFAULT now(),
  changed timestamptz NOT NULL DEFAULT now(),
  UNIQUE (structure, local_id),
  CONSTRAINT linked_to_somebody CHECK (status <> 'linked' OR account IS NOT NULL)
);
CREATE UNIQUE INDEX agent_external ON agent (structure, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX agent_account ON agent (account);

-- Where a situation comes from: what a provider names no more ends, what was given here stays.
ALTER TABLE situation ADD COLUMN source text NOT NULL DEFAULT 'local';

-- How a session was opened: by which means and provider, at which level of theirs.
ALTER TABLE session ADD COLUMN means text NOT NULL DEFAULT 'password';
ALTER TABLE session ADD COLUMN acr text NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN amr text[] NOT NULL DEFAULT '{}';
ALTER TABLE session ADD COLUMN provider text;
ALTER TABLE session ADD COLUMN provider_subject text;
ALTER TABLE session ADD COLUMN provider_session text;
ALTER TABLE session ADD COLUMN id_token bytea; -- sealed: what the provider wants to see at the end
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX session_provider ON session (provider, provider_subject) WHERE closed IS NULL;

GRANT SELECT, INSERT, UPDATE ON identity_provider, federated_identity, unknown_professional, agent
  TO cordee_app;
GRANT DELETE ON federated_identity, unknown_professional TO cordee_app;
GRANT SELECT, INSERT, DELETE ON federation_request, federation_spent TO cordee_app;

-- What is over is forgotten by rule, and by nothing else: the application may not remove a session
-- by itself. A spent code or refresh token is kept while its second use still means something.
CREATE FUNCTION forget_what_is_over() RETURNS int8
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
  WITH sessions AS (
    DELETE FROM session WHERE least(closed, ends) < now() - interval '30 days' RETURNING 1
  ), codes AS (
    DELETE FROM smart_code WHERE expires < now() - interval '1 day' RETURNING 1
  ), refreshes AS (
    DELETE FROM smart_refresh WHERE expires < now() - interval '1 day' RETURNING 1
  ), requests AS (
    DELETE FROM federation_request WHERE ends < now() RETURNING 1
  ), spent AS (
    DELETE FROM federation_spent WHERE ends < now() RETURNING 1
  ), recovery AS (
    DELETE FROM credential WHERE kind = 'recovery' AND used < now() - interval '30 days' RETURNING 1
  )
  SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM codes)
    + (SELECT count(*) FROM refreshes) + (SELECT count(*) FROM requests)
    + (SELECT count(*) FROM spent) + (SELECT count(*) FROM recovery);
END;
REVOKE EXECUTE ON FUNCTION forget_what_is_over() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_what_is_over() TO cordee_app;
