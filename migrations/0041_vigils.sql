-- What is looked at after a stay: whether a letter came, a nurse, a return. Once for each stay and rule. B2.8.
CREATE TABLE vigil (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rule text COLLATE "C" NOT NULL CHECK (rule IN ('letter', 'nurse', 'return', 'readmission')),
  focus text COLLATE "C" NOT NULL CHECK (focus <> ''),
  patient text COLLATE "C" NOT NULL CHECK (patient <> ''),
  place text COLLATE "C" NOT NULL,
  starts timestamptz NOT NULL,
  ends timestamptz,
  due timestamptz NOT NULL,
  leased timestamptz,
  state text COLLATE "C" NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'clear', 'raised', 'mended', 'left')),
  task text COLLATE "C" NOT NULL DEFAULT '',
  decided timestamptz,
  CONSTRAINT vigil_once UNIQUE (rule, focus)
);
CREATE INDEX vigil_due ON vigil (due) WHERE state IN ('waiting', 'raised');
GRANT SELECT, INSERT ON vigil TO cordee_app;
GRANT UPDATE (due, leased, state, task, decided) ON vigil TO cordee_app;
