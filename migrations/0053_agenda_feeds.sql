-- Links by which a person's own software reads their agenda, without any health content. Decision 0065.

-- `secret` is the hash of what stands in the link; `told` says as whom it reads: no patient value.
CREATE TABLE agenda_feed (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  secret bytea NOT NULL UNIQUE CHECK (length(secret) = 32),
  login text COLLATE "C" NOT NULL CHECK (login <> ''),
  patient text COLLATE "C" NOT NULL DEFAULT '',  -- Patient/id whose agenda it is, '' for one's own
  told jsonb NOT NULL CHECK (jsonb_typeof(told) = 'object'),
  made timestamptz NOT NULL,
  used timestamptz,                              -- when it was last read
  ended timestamptz
);
CREATE INDEX agenda_feed_login ON agenda_feed (login) WHERE ended IS NULL;

GRANT SELECT, INSERT ON agenda_feed TO cordee_app;
GRANT UPDATE (used, ended) ON agenda_feed TO cordee_app;
