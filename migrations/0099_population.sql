-- Versions of an indicator that may be cited: what a page told on a day, for ever. Released figures
-- alone, never a cell (requirement G2.9). Nobody who serves may change or remove one.
CREATE TABLE population_snapshot (
  number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  made_by text NOT NULL CHECK (made_by <> ''),
  indicator text COLLATE "C" NOT NULL CHECK (indicator <> ''),
  note text NOT NULL CHECK (length(note) <= 500),
  body jsonb NOT NULL,
  digest text NOT NULL CHECK (length(digest) = 64)
);
CREATE INDEX population_snapshot_indicator ON population_snapshot (indicator, number DESC);
GRANT SELECT, INSERT ON population_snapshot TO cordee_app;
