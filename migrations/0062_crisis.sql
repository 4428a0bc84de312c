-- Crisis cells of a CPTS: the plan kept ready, the cell, what is told in it. No patient value. B6.5, decision 0072.

-- A plan that is kept again is another row: the last one counts, a cell stands on the one it was opened from.
CREATE TABLE crisis_plan (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cpts text COLLATE "C" NOT NULL CHECK (cpts <> ''),
  content jsonb NOT NULL,
  kept timestamptz NOT NULL,
  kept_by text COLLATE "C" NOT NULL,
  follows int8 NOT NULL DEFAULT 0,               -- the plan that it replaces: two who keep one at once clash
  UNIQUE (cpts, follows)
);

CREATE TABLE crisis (
  id uuid PRIMARY KEY,                           -- that of the form: sent twice, it is one
  cpts text COLLATE "C" NOT NULL CHECK (cpts <> ''),
  cpts_name text NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind <> ''),
  plan int8 NOT NULL REFERENCES crisis_plan (n),
  opened timestamptz NOT NULL,
  opened_by text COLLATE "C" NOT NULL,
  opened_name text NOT NULL,
  closed timestamptz CHECK (closed >= opened),
  closed_by text COLLATE "C",
  summary text NOT NULL DEFAULT ''               -- what is learnt from it
);
CREATE UNIQUE INDEX crisis_running ON crisis (cpts, kind) WHERE closed IS NULL;
CREATE INDEX crisis_cpts ON crisis (cpts, opened DESC);

-- What is told: who acts in a role, who was reached, stock, numbers of a day, what was shared. Nothing is overwritten.
CREATE TABLE crisis_entry (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  crisis uuid NOT NULL REFERENCES crisis (id),
  sort text COLLATE "C" NOT NULL CHECK (sort IN ('role', 'call', 'stock', 'day', 'share')),
  key text COLLATE "C" NOT NULL CHECK (key <> ''),
  follows int8 NOT NULL,                         -- the entry that it amends, 0 for the first
  content jsonb NOT NULL,
  told timestamptz NOT NULL,
  told_by text COLLATE "C" NOT NULL,
  told_name text NOT NULL,
  UNIQUE (crisis, sort, key, follows)            -- of two who amend at once, one is told so
);

GRANT SELECT, INSERT ON crisis_plan TO cordee_app;
GRANT SELECT, INSERT ON crisis TO cordee_app;
GRANT UPDATE (closed, closed_by, summary) ON crisis TO cordee_app;
GRANT SELECT, INSERT ON crisis_entry TO cordee_app;
