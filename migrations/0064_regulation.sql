-- The floor of a SAMU: centres, calls, cases, their stamps, vehicles. C1, decisions 0076 and 0077.

CREATE TABLE regulation_centre (
  id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),  -- the id of its Organization
  name text NOT NULL CHECK (name <> ''),
  hub text COLLATE "C" NOT NULL UNIQUE CHECK (hub ~ '^fr\.health\.[A-Za-z0-9]+$'),
  department text COLLATE "C" NOT NULL CHECK (department ~ '^[0-9A-Z]{3}$'),
  parameters jsonb NOT NULL DEFAULT '{}'
);

-- The last number of the day, of which the national number of a case is made.
CREATE TABLE regulation_number (
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  day date NOT NULL,
  last int4 NOT NULL CHECK (last > 0),
  PRIMARY KEY (centre, day)
);

-- Communes that the floor knows, for the help at entry. Facts, no person.
CREATE TABLE regulation_commune (
  code text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  plain text COLLATE "C" NOT NULL,               -- without accents, in capitals
  postal text COLLATE "C" NOT NULL,
  longitude float8 NOT NULL,
  latitude float8 NOT NULL
);
CREATE INDEX regulation_commune_plain ON regulation_commune (plain text_pattern_ops);

-- One line of a centre's queue. A call that moves keeps id and since: its line here ends, one there begins.
CREATE TABLE regulation_call (
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  id uuid NOT NULL,
  home text COLLATE "C" NOT NULL,                -- the centre that it rang first
  since timestamptz NOT NULL,                    -- when it rang there: nobody may change it
  state text COLLATE "C" NOT NULL CHECK (state IN (
    'waiting', 'answered', 'abandoned', 'called-back', 'ended', 'leaving', 'gone')),
  answered timestamptz,
  ended timestamptz,
  agent text COLLATE "C" NOT NULL DEFAULT '',
  priority text COLLATE "C" NOT NULL DEFAULT '' CHECK (priority IN ('', 'P0', 'P1', 'P2', 'P3')),
  motive text COLLATE "C" NOT NULL DEFAULT '',
  line text COLLATE "C" NOT NULL DEFAULT '15',   -- where it came in: 15, 116117, 114, a home
  way text COLLATE "C" NOT NULL DEFAULT '',      -- deaf, interpreter
  hops int2 NOT NULL DEFAULT 0 CHECK (hops BETWEEN 0 AND 1),
  transfer uuid,
  other text COLLATE "C" NOT NULL DEFAULT '',    -- the centre at the other end of the transfer
  digest bytea NOT NULL,                         -- keyed, of the number: the same caller again
  content bytea NOT NULL,                        -- sealed: number, name, what is said
  data_key int4 NOT NULL,
  PRIMARY KEY (centre, id)
);
CREATE INDEX regulation_call_open ON regulation_call (centre, since)
  WHERE state IN ('waiting', 'answered', 'abandoned', 'leaving');
CREATE INDEX regulation_call_day ON regulation_call (centre, since);

CREATE TABLE regulation_case (
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  id uuid NOT NULL,
  call uuid,
  number text COLLATE "C" NOT NULL CHECK (number <> ''),
  home text COLLATE "C" NOT NULL,
  opened timestamptz NOT NULL,
  opened_by text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN (
    'received', 'qualified', 'awaiting', 'regulated', 'oriented', 'under-way', 'closed',
    'transferred', 'duplicate', 'error', 'false-call')),
  priority text COLLATE "C" NOT NULL DEFAULT '' CHECK (priority IN ('', 'P0', 'P1', 'P2', 'P3')),
  motive text COLLATE "C" NOT NULL DEFAULT '',
  commune text COLLATE "C" NOT NULL DEFAULT '',
  field text COLLATE "C" NOT NULL DEFAULT 'MU' CHECK (field IN ('MU', 'MG')),
  awaiting timestamptz,                          -- since when a physician is waited for
  decided timestamptz,                           -- the first decision, or the reflex of a P0
  closed timestamptz,
  transfer uuid,
  is_paper bool NOT NULL DEFAULT false,          -- written later from a paper form
  version int4 NOT NULL DEFAULT 1,
  content bytea NOT NULL,                        -- sealed: who, where, what is said, the patient
  data_key int4 NOT NULL,
  PRIMARY KEY (centre, id),
  UNIQUE (centre, number)
);
CREATE INDEX regulation_case_open ON regulation_case (centre, opened) WHERE closed IS NULL;
CREATE INDEX regulation_case_call ON regulation_case (centre, call);
CREATE INDEX regulation_case_day ON regulation_case (centre, opened);

-- Stamps: what, when it was true, when it was written, by whom. Added to, never changed. C1.5.
CREATE TABLE regulation_event (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  call uuid,
  "case" uuid,
  kind text COLLATE "C" NOT NULL CHECK (kind <> ''),
  told timestamptz NOT NULL,                     -- when it was true
  written timestamptz NOT NULL,
  agent text COLLATE "C" NOT NULL,
  corrects int8 REFERENCES regulation_event (n),
  content bytea,                                 -- sealed
  data_key int4
);
CREATE INDEX regulation_event_case ON regulation_event (centre, "case", n);
CREATE INDEX regulation_event_call ON regulation_event (centre, call, n);
CREATE INDEX regulation_event_moves ON regulation_event (centre, n);

CREATE FUNCTION regulation_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a stamp is never changed: add another one' USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER regulation_event_stays BEFORE UPDATE OR DELETE ON regulation_event
  FOR EACH ROW EXECUTE FUNCTION regulation_event_stays();

-- Vehicles of a centre, and the missions that they were asked for. Codes of statutVecteur. C1.9.
CREATE TABLE regulation_vehicle (
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('SMUR', 'VSAV', 'AMBULANCE')),
  commune text COLLATE "C" NOT NULL DEFAULT '',
  is_free bool NOT NULL DEFAULT true,
  PRIMARY KEY (centre, id)
);

CREATE TABLE regulation_mission (
  centre text COLLATE "C" NOT NULL,
  id uuid NOT NULL,
  "case" uuid NOT NULL,
  vehicle text COLLATE "C" NOT NULL DEFAULT '',  -- empty: none was free, one is asked for by phone
  kind text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  asked timestamptz NOT NULL,
  at timestamptz NOT NULL,
  ended timestamptz,
  PRIMARY KEY (centre, id),
  FOREIGN KEY (centre, "case") REFERENCES regulation_case (centre, id)
);
CREATE INDEX regulation_mission_case ON regulation_mission (centre, "case");
CREATE INDEX regulation_mission_open ON regulation_mission (centre, asked) WHERE ended IS NULL;

-- Who is at a position, as far as they show themselves.
CREATE TABLE regulation_position (
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  agent text COLLATE "C" NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  seen timestamptz NOT NULL,
  is_paused bool NOT NULL DEFAULT false,
  PRIMARY KEY (centre, agent)
);

GRANT SELECT, INSERT ON regulation_centre TO cordee_app;
GRANT UPDATE (name, parameters) ON regulation_centre TO cordee_app;
GRANT SELECT, INSERT ON regulation_number TO cordee_app;
GRANT UPDATE (last) ON regulation_number TO cordee_app;
GRANT SELECT, INSERT ON regulation_commune TO cordee_app;
GRANT SELECT, INSERT ON regulation_call TO cordee_app;
GRANT UPDATE (state, answered, ended, agent, priority, motive, way, hops, transfer, other, digest, content, data_key)
  ON regulation_call TO cordee_app;
GRANT SELECT, INSERT ON regulation_case TO cordee_app;
GRANT UPDATE (state, priority, motive, commune, field, awaiting, decided, closed, transfer, version, content, data_key)
  ON regulation_case TO cordee_app;
GRANT SELECT, INSERT ON regulation_event TO cordee_app;
GRANT SELECT, INSERT ON regulation_vehicle TO cordee_app;
GRANT UPDATE (is_free) ON regulation_vehicle TO cordee_app;
GRANT SELECT, INSERT ON regulation_mission TO cordee_app;
GRANT UPDATE (vehicle, status, at, ended) ON regulation_mission TO cordee_app;
GRANT SELECT, INSERT ON regulation_position TO cordee_app;
GRANT UPDATE (name, role, seen, is_paused) ON regulation_position TO cordee_app;
