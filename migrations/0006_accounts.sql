-- Local accounts, their credentials, situations and sessions: docs/operator/accounts.md.
-- The tables of trust carry no bucket; what is a trace is only ever added to.

CREATE TABLE account (
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  login text COLLATE "C" NOT NULL UNIQUE CHECK (login = lower(login) AND login <> ''),
  name text NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'left')),
  ends timestamptz,                 -- nobody enters after it
  renewed timestamptz NOT NULL DEFAULT now(),
  supervisor int8 REFERENCES account,
  temporary bool NOT NULL DEFAULT false,
  -- An intern, a replacement: a named supervisor, and at most six months at a time,
  -- the last day included.
  CONSTRAINT account_temporary CHECK (NOT temporary OR (ends IS NOT NULL AND supervisor IS NOT NULL
    AND ends <= renewed + interval '6 months 1 day'))
);

-- kind: password (argon2id text), totp (sealed secret), recovery (keyed digest, single use).
CREATE TABLE credential (
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account int8 NOT NULL REFERENCES account,
  kind text NOT NULL CHECK (kind IN ('password', 'totp', 'recovery')),
  secret bytea NOT NULL,
  made timestamptz NOT NULL DEFAULT now(),
  confirmed timestamptz,            -- null: being enrolled, opens nothing
  used timestamptz,                 -- of a recovery code: it is spent
  last_step int8 NOT NULL DEFAULT 0, -- of a TOTP: no step of time opens twice
  must_change bool NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX credential_single ON credential (account, kind) WHERE kind <> 'recovery';
CREATE UNIQUE INDEX credential_recovery ON credential (account, secret) WHERE kind = 'recovery';

-- Situations d'exercice: as what, and where, a person works.
CREATE TABLE situation (
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account int8 NOT NULL REFERENCES account,
  role text NOT NULL,
  profession text NOT NULL DEFAULT '',
  structure text NOT NULL,          -- Organization/id
  structure_name text NOT NULL,
  practitioner text NOT NULL DEFAULT '', -- Practitioner/id
  sees_records bool NOT NULL DEFAULT true,
  ends timestamptz
);
CREATE INDEX situation_account ON situation (account);

-- "Par délégation de": the delegate acts in a situation of somebody else, under their own name.
CREATE TABLE delegation (
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  delegate int8 NOT NULL REFERENCES account,
  situation int8 NOT NULL REFERENCES situation,
  starts timestamptz NOT NULL DEFAULT now(),
  ends timestamptz,
  granted_by text NOT NULL
);
CREATE INDEX delegation_delegate ON delegation (delegate);
CREATE INDEX delegation_situation ON delegation (situation);

-- Sessions of the screen: the identifier is only here as its SHA-256.
CREATE TABLE session (
  id bytea PRIMARY KEY,
  account int8 NOT NULL REFERENCES account,
  step text NOT NULL CHECK (step IN ('code', 'renew', 'situation', 'open')),
  level int2 NOT NULL CHECK (level IN (1, 2)),
  situation int8 REFERENCES situation,
  delegation int8 REFERENCES delegation,
  opened timestamptz NOT NULL,
  seen timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  locked bool NOT NULL DEFAULT false,
  closed timestamptz,
  closed_by text,
  address text NOT NULL,
  agent text NOT NULL
);
CREATE INDEX session_account ON session (account) WHERE closed IS NULL;

-- How often a person or an address was wrong: `key` is a digest of either.
CREATE TABLE sign_in_attempt (
  key bytea PRIMARY KEY,
  failures int NOT NULL,
  last timestamptz NOT NULL,
  until timestamptz NOT NULL
);
CREATE INDEX sign_in_attempt_last ON sign_in_attempt (last);

-- Who entered, was refused, was changed, and by whom. What was typed as a name is not kept: people
-- type their password there.
CREATE TABLE account_event (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  account int8,
  actor text NOT NULL,
  action text NOT NULL,
  address text NOT NULL DEFAULT '',
  detail text NOT NULL DEFAULT ''
);
CREATE INDEX account_event_account ON account_event (account, n DESC);

GRANT SELECT, INSERT, UPDATE ON account, situation, delegation, session TO cordee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON credential, sign_in_attempt TO cordee_app;
GRANT SELECT, INSERT ON account_event TO cordee_app;
