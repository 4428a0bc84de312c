-- What happened, told once, to be told on: the outbox of notifications. Decision 0050.

-- `source` is where it comes from, the same whoever tells it again. Nothing here is text of a
-- patient: `detail` holds codes and references; what is shown is read through the guard.
CREATE TABLE event (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text COLLATE "C" NOT NULL UNIQUE CHECK (source <> ''),
  kind text COLLATE "C" NOT NULL CHECK (kind <> ''),
  at timestamptz NOT NULL,                          -- when it happened
  told timestamptz NOT NULL DEFAULT clock_timestamp(),
  patient text COLLATE "C" NOT NULL DEFAULT '',     -- Patient/id
  place text COLLATE "C" NOT NULL DEFAULT '',       -- Organization/id: where
  focus text COLLATE "C" NOT NULL DEFAULT '',       -- Type/id: about what
  urgent bool NOT NULL,
  recipients text[] NOT NULL,                       -- named by who tells it
  detail jsonb NOT NULL CHECK (jsonb_typeof(detail) = 'object'),
  spread timestamptz                                -- when it was decided who is told
);
CREATE INDEX event_waiting ON event (n) WHERE spread IS NULL;
CREATE INDEX event_patient ON event (patient, at DESC) WHERE patient <> '';
CREATE INDEX event_at ON event (at);

GRANT SELECT, INSERT ON event TO cordee_app;
GRANT UPDATE (spread) ON event TO cordee_app;
