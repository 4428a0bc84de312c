-- Outbreaks that homes declare, and their counts day by day: numbers alone, no patient value. B7.10, decision 0068.

CREATE TABLE outbreak (
  id uuid PRIMARY KEY,                           -- that of the form: sent twice, it is one
  home text COLLATE "C" NOT NULL CHECK (home <> ''),
  home_name text NOT NULL,
  cause text COLLATE "C" NOT NULL CHECK (cause <> ''),
  signs text[] NOT NULL DEFAULT '{}',            -- codes of a closed list: nobody writes words here
  began date NOT NULL,
  residents int4 NOT NULL CHECK (residents BETWEEN 1 AND 2000),
  declared timestamptz NOT NULL,
  declared_by text COLLATE "C" NOT NULL,
  ended date CHECK (ended >= began),
  ended_by text COLLATE "C"
);
CREATE INDEX outbreak_home ON outbreak (home, began DESC);
CREATE INDEX outbreak_running ON outbreak (began DESC) WHERE ended IS NULL;

-- A day that is told again is another row: the last one counts, the others stay.
CREATE TABLE outbreak_day (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  outbreak uuid NOT NULL REFERENCES outbreak (id),
  day date NOT NULL,
  cases int4 NOT NULL CHECK (cases BETWEEN 0 AND 2000),
  hospitalised int4 NOT NULL CHECK (hospitalised BETWEEN 0 AND 2000),
  deaths int4 NOT NULL CHECK (deaths BETWEEN 0 AND 2000),
  staff int4 NOT NULL CHECK (staff BETWEEN 0 AND 2000),
  told timestamptz NOT NULL,
  told_by text COLLATE "C" NOT NULL
);
CREATE INDEX outbreak_day_last ON outbreak_day (outbreak, day, n DESC);

GRANT SELECT, INSERT ON outbreak TO cordee_app;
GRANT UPDATE (ended, ended_by) ON outbreak TO cordee_app;
GRANT SELECT, INSERT ON outbreak_day TO cordee_app;
