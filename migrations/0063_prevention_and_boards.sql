-- What a CPTS does for prevention, and how it draws colleagues: actions, days, offers, trainings. No patient value. B6.6, B6.8.

CREATE TABLE prevention_action (
  id uuid PRIMARY KEY,                           -- that of the form: sent twice, it is one
  cpts text COLLATE "C" NOT NULL CHECK (cpts <> ''),
  version int4 NOT NULL DEFAULT 1,
  theme text COLLATE "C" NOT NULL CHECK (theme <> ''),
  title text NOT NULL CHECK (title <> ''),
  target text NOT NULL,                          -- the population in words; a link to a cohort comes later
  place text NOT NULL,
  starts date NOT NULL,
  ends date NOT NULL CHECK (ends >= starts),
  who text NOT NULL,
  planned int4 NOT NULL CHECK (planned BETWEEN 0 AND 100000),
  reached int4 CHECK (reached BETWEEN 0 AND 100000),
  state text COLLATE "C" NOT NULL CHECK (state IN ('prepared', 'running', 'done', 'dropped')),
  changed timestamptz NOT NULL,
  changed_by text COLLATE "C" NOT NULL
);
CREATE INDEX prevention_action_cpts ON prevention_action (cpts, starts DESC);

-- A day of vaccination; its places are Slots of one Schedule by vaccinator.
CREATE TABLE prevention_day (
  id uuid PRIMARY KEY,
  action uuid NOT NULL REFERENCES prevention_action (id),
  cpts text COLLATE "C" NOT NULL,
  starts timestamptz NOT NULL,
  minutes int4 NOT NULL CHECK (minutes BETWEEN 5 AND 60),
  rows int4 NOT NULL CHECK (rows BETWEEN 1 AND 48),
  place text NOT NULL CHECK (place <> ''),
  vaccinators text[] NOT NULL CHECK (cardinality(vaccinators) BETWEEN 1 AND 6),
  opened timestamptz NOT NULL,
  opened_by text COLLATE "C" NOT NULL
);
CREATE INDEX prevention_day_cpts ON prevention_day (cpts, starts);

CREATE TABLE cpts_offer (
  id uuid PRIMARY KEY,
  cpts text COLLATE "C" NOT NULL CHECK (cpts <> ''),
  cpts_name text NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind <> ''),
  profession text NOT NULL CHECK (profession <> ''),
  commune text NOT NULL CHECK (commune <> ''),
  starts date NOT NULL,
  ends date CHECK (ends >= starts),
  words text NOT NULL CHECK (words <> ''),
  contact text NOT NULL CHECK (contact <> ''),
  expires date NOT NULL,
  posted timestamptz NOT NULL,
  posted_by text COLLATE "C" NOT NULL,
  closed timestamptz,
  outcome text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX cpts_offer_open ON cpts_offer (expires) WHERE closed IS NULL;

CREATE TABLE cpts_offer_answer (
  offer uuid NOT NULL REFERENCES cpts_offer (id),
  by text COLLATE "C" NOT NULL,
  name text NOT NULL,
  words text NOT NULL,
  contact text NOT NULL CHECK (contact <> ''),
  at timestamptz NOT NULL,
  PRIMARY KEY (offer, by)                        -- one answer a person
);

CREATE TABLE cpts_training (
  id uuid PRIMARY KEY,
  cpts text COLLATE "C" NOT NULL CHECK (cpts <> ''),
  cpts_name text NOT NULL,
  title text NOT NULL CHECK (title <> ''),
  words text NOT NULL,
  place text NOT NULL CHECK (place <> ''),
  starts timestamptz NOT NULL,
  ends timestamptz NOT NULL CHECK (ends > starts),
  seats int4 NOT NULL CHECK (seats BETWEEN 1 AND 500),
  posted timestamptz NOT NULL,
  posted_by text COLLATE "C" NOT NULL,
  cancelled timestamptz,
  UNIQUE (id, seats)
);
CREATE INDEX cpts_training_starts ON cpts_training (starts);

-- A place is a row with its number, never above the seats of its training: too many cannot be written.
CREATE TABLE cpts_training_seat (
  training uuid NOT NULL,
  seats int4 NOT NULL,
  seat int4 NOT NULL CHECK (seat >= 1 AND seat <= seats),
  by text COLLATE "C" NOT NULL,
  name text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (training, seat),
  UNIQUE (training, by),
  FOREIGN KEY (training, seats) REFERENCES cpts_training (id, seats)
);

GRANT SELECT, INSERT ON prevention_action, prevention_day, cpts_offer, cpts_offer_answer, cpts_training TO cordee_app;
GRANT UPDATE (version, theme, title, target, place, starts, ends, who, planned, reached, state, changed, changed_by)
  ON prevention_action TO cordee_app;
GRANT UPDATE (closed, outcome) ON cpts_offer TO cordee_app;
GRANT UPDATE (cancelled) ON cpts_training TO cordee_app;
GRANT SELECT, INSERT, DELETE ON cpts_training_seat TO cordee_app;
