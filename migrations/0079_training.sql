-- Nights of training: a centre apart, a night with its clock, its cases, who sits in it. C1.13, decision 0094.
-- Texts of the safety net are taken under a lease. C1.7, decision 0088.

-- A centre whose calls are invented. `of` is the real one whose people train there.
CREATE TABLE training_centre (
  id text COLLATE "C" PRIMARY KEY REFERENCES regulation_centre (id),
  of text COLLATE "C" NOT NULL UNIQUE REFERENCES regulation_centre (id) CHECK (of <> id)
);

CREATE TABLE training_night (
  id uuid PRIMARY KEY,                           -- that of the form: sent twice, it is one
  centre text COLLATE "C" NOT NULL REFERENCES training_centre (id),
  seed int8 NOT NULL,
  total int4 NOT NULL CHECK (total BETWEEN 1 AND 600),
  speed int2 NOT NULL CHECK (speed BETWEEN 1 AND 60),
  roles text COLLATE "C" NOT NULL CHECK (roles IN ('both', 'takers', 'physicians')),
  state text COLLATE "C" NOT NULL CHECK (state IN ('running', 'paused', 'ended')),
  started timestamptz NOT NULL,
  started_by text COLLATE "C" NOT NULL,
  elapsed float8 NOT NULL DEFAULT 0 CHECK (elapsed >= 0),  -- seconds of the night that have gone by at `anchor`
  anchor timestamptz NOT NULL,
  ended timestamptz
);
CREATE UNIQUE INDEX training_night_open ON training_night (centre) WHERE state <> 'ended';
CREATE INDEX training_night_centre ON training_night (centre, started DESC);

-- The file of a night. Everything in it is invented, so it is not sealed.
CREATE TABLE training_case (
  night uuid NOT NULL REFERENCES training_night (id),
  n int4 NOT NULL CHECK (n > 0),
  due float8 NOT NULL CHECK (due >= 0),          -- seconds after the beginning of the night
  call uuid NOT NULL UNIQUE,                     -- the id of its call in the queue
  content jsonb NOT NULL,                        -- what is said, the answers, what is expected and why
  rung timestamptz,
  PRIMARY KEY (night, n)
);

-- Who trains; while somebody sits in a night, the screens of the floor show the centre of training.
CREATE TABLE training_seat (
  night uuid NOT NULL REFERENCES training_night (id),
  agent text COLLATE "C" NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  joined timestamptz NOT NULL,
  "left" timestamptz,
  PRIMARY KEY (night, agent)
);
CREATE INDEX training_seat_agent ON training_seat (agent) WHERE "left" IS NULL;

GRANT SELECT, INSERT ON training_centre, training_night, training_case, training_seat TO cordee_app;
GRANT UPDATE (state, elapsed, anchor, ended) ON training_night TO cordee_app;
GRANT UPDATE (rung) ON training_case TO cordee_app;
GRANT UPDATE (joined, "left", name, role) ON training_seat TO cordee_app;

ALTER TABLE regulation_text ADD COLUMN due timestamptz;  -- not before; while it is handed over, until when another may take it
ALTER TABLE regulation_text ADD COLUMN tries int4 NOT NULL DEFAULT 0;
GRANT UPDATE (due, tries) ON regulation_text TO cordee_app;
