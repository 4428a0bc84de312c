-- Documents that come in, versions, withdrawals, deposits in the DMP and who opened what.
-- Decisions 0044 and 0045. The documents themselves are resources.

-- A document that came in by the one door: its own number counts once, whoever sends it again.
CREATE TABLE document_entry (
  unique_id text COLLATE "C" PRIMARY KEY CHECK (unique_id <> ''),
  document text COLLATE "C" NOT NULL UNIQUE,
  patient text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  acting int8,
  structure text COLLATE "C" NOT NULL,
  door text NOT NULL CHECK (door IN ('screen', 'fhir', 'mssante')),
  type text NOT NULL,
  identity text NOT NULL CHECK (identity IN ('PROV', 'RECUP', 'VALI', 'QUAL')),
  digest bytea NOT NULL              -- SHA-256 of its content
);
CREATE INDEX document_entry_structure ON document_entry (structure, at);
-- What became of it: replaced by `other`, or withdrawn with its reason.
CREATE TABLE document_step (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  document text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  acting int8,
  step text NOT NULL CHECK (step IN ('replaced', 'withdrawn')),
  other text NOT NULL DEFAULT '',
  reason text NOT NULL DEFAULT '',
  CONSTRAINT document_step_once UNIQUE (document, step),
  CONSTRAINT document_withdrawn_with_a_reason
    CHECK (step <> 'withdrawn' OR length(btrim(reason)) >= 5)
);

-- What goes to the DMP: an act on a document, done once. A refused one waits for a person.
CREATE TABLE dmp_deposit (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  unique_id text COLLATE "C" NOT NULL,
  document text COLLATE "C" NOT NULL,
  patient text COLLATE "C" NOT NULL,
  act text NOT NULL CHECK (act IN ('publish', 'replace', 'withdraw')),
  replaced text COLLATE "C" NOT NULL DEFAULT '',   -- the number of the document that it replaces
  type text NOT NULL,
  structure text COLLATE "C" NOT NULL,
  asked timestamptz NOT NULL,
  asked_by text NOT NULL CHECK (asked_by <> ''),
  acting int8,
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'refused', 'done', 'given-up')),
  code text NOT NULL DEFAULT '',
  sentence text NOT NULL DEFAULT '',
  tries int4 NOT NULL DEFAULT 0,
  since timestamptz NOT NULL,                      -- since when it is being sent
  due timestamptz NOT NULL,
  ended timestamptz,
  ended_by text NOT NULL DEFAULT '',
  motive text NOT NULL DEFAULT '',
  remote text NOT NULL DEFAULT '',                 -- its id in the DMP
  CONSTRAINT dmp_act_once UNIQUE (unique_id, act),
  CONSTRAINT dmp_given_up_with_a_motive
    CHECK (state <> 'given-up' OR length(btrim(motive)) >= 5)
);
CREATE INDEX dmp_deposit_due ON dmp_deposit (due) WHERE state IN ('waiting', 'refused');
CREATE INDEX dmp_deposit_structure ON dmp_deposit (structure, state, n DESC);
CREATE INDEX dmp_deposit_patient ON dmp_deposit (patient, n);
-- Each answer of the DMP, and each thing that a person did with a deposit.
CREATE TABLE dmp_try (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  deposit int8 NOT NULL REFERENCES dmp_deposit,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by text NOT NULL CHECK (by <> ''),
  code text NOT NULL CHECK (code <> ''),
  sentence text NOT NULL DEFAULT ''
);
CREATE INDEX dmp_try_deposit ON dmp_try (deposit, n DESC);
CREATE INDEX dmp_try_at ON dmp_try (at);

-- Who opened a document, and how surely they were known: `provider` of a federated session, else "".
-- The patient is the key of the index, as in the trail.
CREATE TABLE document_opening (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> ''),
  structure text COLLATE "C" NOT NULL,
  patient int8 NOT NULL,
  document text COLLATE "C" NOT NULL,
  level int2 NOT NULL,
  provider text NOT NULL
);
CREATE INDEX document_opening_structure ON document_opening (structure, at);

-- What a structure aims at: documents of the DMP opened under a federated identity, in percent.
ALTER TABLE programme_target ADD COLUMN consulted int2 CHECK (consulted BETWEEN 0 AND 100);

GRANT SELECT, INSERT ON document_entry, document_step, dmp_deposit, dmp_try, document_opening
  TO cordee_app;
GRANT UPDATE (state, code, sentence, tries, since, due, ended, ended_by, motive, remote) ON dmp_deposit
  TO cordee_app;
