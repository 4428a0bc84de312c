-- Questions asked of the simulator of regulation, and their answers: numbers alone. C2.11, decision 0084.

CREATE TABLE simulation_run (
  id uuid PRIMARY KEY,                           -- that of the form: sent twice, it is one
  asked jsonb NOT NULL,                          -- the hypotheses, with the seed: the answer follows from them
  asked_at timestamptz NOT NULL,
  asked_by text COLLATE "C" NOT NULL,
  centre text COLLATE "C" NOT NULL,              -- who asked: a centre, or '' for who steers the region
  total int4 NOT NULL CHECK (total > 0),
  done int4 NOT NULL DEFAULT 0 CHECK (done BETWEEN 0 AND total),
  result jsonb,
  failed text NOT NULL DEFAULT ''
);
CREATE INDEX simulation_run_waiting ON simulation_run (asked_at) WHERE result IS NULL AND failed = '';
CREATE INDEX simulation_run_centre ON simulation_run (centre, asked_at DESC);
GRANT SELECT, INSERT ON simulation_run TO cordee_app;
GRANT UPDATE (done, result, failed) ON simulation_run TO cordee_app;
