-- The authorization server: applications, what people allowed them, and what may be used once.
-- Secrets, codes and refresh tokens are kept by their hash.

CREATE TABLE smart_client (
  id text PRIMARY KEY COLLATE "C",
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('public', 'symmetric', 'asymmetric')),
  secret_hash bytea,
  jwks text,
  redirect_uris text[] NOT NULL,
  launch_url text,
  scopes text NOT NULL,
  created timestamptz NOT NULL DEFAULT now(),
  approved timestamptz,
  removed timestamptz
);

-- A request of an application that a person has not answered yet.
CREATE TABLE smart_request (
  hash bytea PRIMARY KEY,
  client text NOT NULL REFERENCES smart_client (id),
  asked text NOT NULL,
  expires timestamptz NOT NULL
);

-- A launch from inside Cordée: what the application is opened on.
CREATE TABLE smart_launch (
  hash bytea PRIMARY KEY,
  client text NOT NULL REFERENCES smart_client (id),
  account text NOT NULL,
  context text NOT NULL,
  expires timestamptz NOT NULL
);

CREATE TABLE smart_grant (
  id text PRIMARY KEY COLLATE "C",
  client text NOT NULL REFERENCES smart_client (id),
  account text NOT NULL,
  person text NOT NULL,
  context text NOT NULL,
  session text NOT NULL,
  scopes text NOT NULL,
  created timestamptz NOT NULL DEFAULT now(),
  withdrawn timestamptz
);
CREATE INDEX smart_grant_account ON smart_grant (account) WHERE withdrawn IS NULL;

CREATE TABLE smart_code (
  hash bytea PRIMARY KEY,
  grant_id text NOT NULL REFERENCES smart_grant (id),
  asked text NOT NULL,
  expires timestamptz NOT NULL,
  used timestamptz
);

CREATE TABLE smart_refresh (
  hash bytea PRIMARY KEY,
  grant_id text NOT NULL REFERENCES smart_grant (id),
  scopes text NOT NULL,
  expires timestamptz NOT NULL,
  used timestamptz
);

-- Identifiers of assertions that were used, and of access tokens that were revoked.
CREATE TABLE smart_spent (
  name text PRIMARY KEY COLLATE "C",
  expires timestamptz NOT NULL
);
CREATE INDEX smart_spent_expires ON smart_spent (expires);

GRANT SELECT, INSERT ON smart_client, smart_request, smart_launch, smart_grant, smart_code,
  smart_refresh, smart_spent TO cordee_app;
GRANT UPDATE (approved, removed) ON smart_client TO cordee_app;
GRANT UPDATE (withdrawn) ON smart_grant TO cordee_app;
GRANT UPDATE (used) ON smart_code, smart_refresh TO cordee_app;
GRANT DELETE ON smart_request, smart_launch, smart_spent TO cordee_app;
