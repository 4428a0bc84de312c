-- Identities of patients in the base: where the files of one person are found, what was proved, what
-- the identity cell does. Decisions 0025 to 0029. Hashes only where a key would tell a trait.

-- Keys that the files of one person very likely share, as keyed hashes; follows the journal.
CREATE TABLE identity_key (key int8 NOT NULL, rid int8 NOT NULL, PRIMARY KEY (key, rid));
CREATE INDEX identity_key_file ON identity_key (rid);

-- State of each file's identity, for worklists and figures; follows the journal.
CREATE TABLE identity_file (
  rid int8 PRIMARY KEY,
  id text COLLATE "C" NOT NULL,
  ver int4 NOT NULL,
  status text NOT NULL CHECK (status IN ('PROV', 'RECUP', 'VALI', 'QUAL')),
  attributes text[] NOT NULL,
  structure text NOT NULL,
  since timestamptz NOT NULL,           -- of this status
  active bool NOT NULL
);
CREATE INDEX identity_file_id ON identity_file (id);
CREATE TABLE identity_progress (
  single bool PRIMARY KEY DEFAULT true CHECK (single), n int8 NOT NULL
);
INSERT INTO identity_progress (n) VALUES (0);

-- Searches that were made before a file is created: who, when, a keyed hash of what was asked.
CREATE TABLE identity_search (
  actor text NOT NULL, key int8 NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX identity_search_actor ON identity_search (actor, key, at DESC);
CREATE SEQUENCE identity_unknown AS int8;

-- What happened to an identity: status before and after, attribute, by whom, how.
CREATE TABLE identity_step (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  patient text NOT NULL CHECK (patient <> ''),
  before text NOT NULL,
  after text NOT NULL,
  how text NOT NULL CHECK (how <> ''),
  note text NOT NULL DEFAULT '',
  by text NOT NULL CHECK (by <> '')
);
CREATE INDEX identity_step_patient ON identity_step (patient, n DESC);

-- Documents that proved an identity; the picture lies apart, with its last day, and is destroyed.
CREATE TABLE identity_proof (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  patient text NOT NULL CHECK (patient <> ''),
  kind text NOT NULL CHECK (kind <> ''),
  checked_on date NOT NULL,
  checked_by text NOT NULL CHECK (checked_by <> ''),
  situation text NOT NULL,
  parent_document text,
  has_vitale_photo bool NOT NULL,
  purge_on date CHECK (purge_on > checked_on)
);
CREATE INDEX identity_proof_patient ON identity_proof (patient, n DESC);
CREATE TABLE identity_scan (
  proof int8 PRIMARY KEY REFERENCES identity_proof (n),
  purge_on date NOT NULL,
  media text NOT NULL,
  content bytea NOT NULL
);
CREATE INDEX identity_scan_purge ON identity_scan (purge_on);

-- Calls of the INSi to be made, and what came of them.
CREATE TABLE identity_call (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  patient text NOT NULL CHECK (patient <> ''),
  asked_by text NOT NULL CHECK (asked_by <> ''),
  next_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  tries int4 NOT NULL DEFAULT 0,
  done_at timestamptz,
  outcome text NOT NULL DEFAULT '',
  sentence text NOT NULL DEFAULT ''
);
CREATE INDEX identity_call_waiting ON identity_call (next_at) WHERE done_at IS NULL;
CREATE UNIQUE INDEX identity_call_once ON identity_call (patient) WHERE done_at IS NULL;
CREATE INDEX identity_call_patient ON identity_call (patient, n DESC);

-- What the identity cell has to do; `second` is the other file of a likely duplicate.
CREATE TABLE identity_task (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kind text NOT NULL CHECK (kind IN ('duplicate', 'changed', 'collision', 'unknown')),
  first text NOT NULL CHECK (first <> ''),
  second text NOT NULL DEFAULT '' CHECK (second <> first),
  score float8 NOT NULL DEFAULT 0,
  reasons text[] NOT NULL DEFAULT '{}',
  due timestamptz NOT NULL,
  CONSTRAINT duplicate_has_two CHECK ((kind = 'duplicate') = (second <> ''))
);
CREATE UNIQUE INDEX identity_task_pair ON identity_task (first, second) WHERE kind = 'duplicate';
CREATE INDEX identity_task_second ON identity_task (second) WHERE second <> '';
CREATE TABLE identity_task_end (
  task int8 PRIMARY KEY REFERENCES identity_task (n),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by text NOT NULL CHECK (by <> ''),
  outcome text NOT NULL CHECK (outcome <> ''),
  note text NOT NULL DEFAULT ''
);

-- Two files made one: somebody proposes, somebody else decides, it can be undone for thirty days.
CREATE TABLE identity_fusion (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  kept text NOT NULL CHECK (kept <> ''),
  gone text NOT NULL CHECK (gone <> kept AND gone <> ''),
  task int8 REFERENCES identity_task (n),
  motive text NOT NULL CHECK (length(btrim(motive)) >= 10),
  proposed_by text NOT NULL CHECK (proposed_by <> ''),
  UNIQUE (n, proposed_by)
);
CREATE INDEX identity_fusion_kept ON identity_fusion (kept);
CREATE INDEX identity_fusion_gone ON identity_fusion (gone);
CREATE TABLE identity_verdict (
  fusion int8 PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  proposed_by text NOT NULL,
  decided_by text NOT NULL CHECK (decided_by <> ''),
  accepted bool NOT NULL,
  note text NOT NULL DEFAULT '',
  FOREIGN KEY (fusion, proposed_by) REFERENCES identity_fusion (n, proposed_by),
  CONSTRAINT two_people CHECK (decided_by <> proposed_by)
);
-- Which resources followed, so that they can go back.
CREATE TABLE identity_moved (
  fusion int8 NOT NULL REFERENCES identity_fusion (n),
  type text NOT NULL, id text NOT NULL, ver int4 NOT NULL,
  PRIMARY KEY (fusion, type, id)
);
CREATE TABLE identity_undone (
  fusion int8 PRIMARY KEY REFERENCES identity_verdict (fusion),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by text NOT NULL CHECK (by <> ''),
  motive text NOT NULL CHECK (length(btrim(motive)) >= 10)
);

-- Files that went into another: what is still written to them follows.
CREATE TABLE identity_joined (
  pat int8 PRIMARY KEY, gone text NOT NULL, kept text NOT NULL,
  fusion int8 NOT NULL REFERENCES identity_fusion (n)
);

-- Two people in one file: it is read only until each event was given to its person.
CREATE TABLE identity_collision (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  patient text NOT NULL CHECK (patient <> ''),
  since timestamptz NOT NULL,           -- from when on the file held the other person's data
  motive text NOT NULL CHECK (length(btrim(motive)) >= 10),
  opened_by text NOT NULL CHECK (opened_by <> '')
);
CREATE INDEX identity_collision_patient ON identity_collision (patient);
CREATE TABLE identity_split (
  collision int8 NOT NULL REFERENCES identity_collision (n),
  resource text NOT NULL, target text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by text NOT NULL CHECK (by <> ''),
  PRIMARY KEY (collision, resource)
);
CREATE TABLE identity_collision_end (
  collision int8 PRIMARY KEY REFERENCES identity_collision (n),
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by text NOT NULL CHECK (by <> ''),
  note text NOT NULL CHECK (length(btrim(note)) >= 10)
);
CREATE TABLE identity_frozen (
  pat int8 PRIMARY KEY, collision int8 NOT NULL REFERENCES identity_collision (n)
);

-- Figures of a month, structure by structure.
CREATE TABLE identity_month (
  month date NOT NULL, structure text NOT NULL,
  files int4 NOT NULL, qualified int4 NOT NULL, provisional_old int4 NOT NULL,
  duplicates int4 NOT NULL, collisions int4 NOT NULL,
  PRIMARY KEY (month, structure)
);

-- A frozen file takes no write, but of who splits it. Every write passes by the journal.
CREATE FUNCTION refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM identity_frozen)
    AND current_setting('cordee.splits', true) IS DISTINCT FROM 'on' AND EXISTS (
      SELECT FROM written w JOIN identity_frozen f ON f.pat = w.pat
      UNION ALL
      SELECT FROM written w JOIN history h ON h.rid = w.rid AND h.ver = w.ver - 1
      JOIN identity_frozen f ON f.pat = h.pat) THEN
    RAISE EXCEPTION 'the file is frozen' USING ERRCODE = 'CD423';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER journal_frozen AFTER INSERT ON journal REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_frozen();

GRANT SELECT, INSERT, DELETE ON identity_key, identity_search, identity_frozen, identity_scan,
  identity_joined TO cordee_app;
GRANT SELECT, INSERT, UPDATE ON identity_file, identity_progress, identity_month TO cordee_app;
GRANT SELECT, INSERT ON identity_step, identity_proof, identity_call, identity_task,
  identity_task_end, identity_fusion, identity_verdict, identity_moved, identity_undone,
  identity_collision, identity_split, identity_collision_end TO cordee_app;
GRANT UPDATE (next_at, tries, done_at, outcome, sentence) ON identity_call TO cordee_app;
GRANT UPDATE (ver) ON identity_moved TO cordee_app;
GRANT USAGE ON SEQUENCE identity_unknown TO cordee_app;
