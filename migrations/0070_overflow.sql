-- Overflow between centres: conventions, episodes, transfers, messages. Ids and codes alone, no patient value. C2, decision 0083.

CREATE TABLE overflow_convention (
  id text COLLATE "C" NOT NULL CHECK (id <> ''),
  version int4 NOT NULL CHECK (version > 0),
  first text COLLATE "C" NOT NULL,
  second text COLLATE "C" NOT NULL CHECK (first < second),
  terms jsonb NOT NULL,
  proposed timestamptz NOT NULL,
  proposed_by text COLLATE "C" NOT NULL,
  proposed_name text NOT NULL,
  simulation jsonb,                              -- the run that was joined to it: its hypotheses and its seed
  PRIMARY KEY (id, version)                      -- of two who propose a version at once, one is told so
);
CREATE TABLE overflow_signature (
  convention text COLLATE "C" NOT NULL,
  version int4 NOT NULL,
  centre text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  signed_by text COLLATE "C" NOT NULL,
  signed_name text NOT NULL,
  PRIMARY KEY (convention, version, centre),
  FOREIGN KEY (convention, version) REFERENCES overflow_convention (id, version)
);

-- The index of each centre as last taken, and the colour that is held.
CREATE TABLE overflow_watch (
  centre text COLLATE "C" PRIMARY KEY,
  colour int4 NOT NULL CHECK (colour BETWEEN 0 AND 2),
  since timestamptz NOT NULL,
  level float8 NOT NULL,
  pending int4,
  pending_since timestamptz,
  load jsonb NOT NULL,
  at timestamptz NOT NULL
);

-- Each end has its own row of an episode and of a transfer, in one base or in two.
CREATE TABLE overflow_episode (
  id uuid NOT NULL,
  centre text COLLATE "C" NOT NULL,
  origin text COLLATE "C" NOT NULL,
  neighbour text COLLATE "C" NOT NULL,
  convention text COLLATE "C" NOT NULL,
  version int4 NOT NULL,
  state text COLLATE "C" NOT NULL,
  heard text COLLATE "C" NOT NULL DEFAULT '',    -- the state that the other end told last
  proposed_at timestamptz NOT NULL,
  automatic bool NOT NULL,
  ended_by text COLLATE "C" NOT NULL DEFAULT '',
  opened timestamptz,                            -- when it became active
  closed timestamptz,
  presented int4 NOT NULL DEFAULT 0,             -- calls that were not P0 since it opened, as last counted
  due timestamptz,                               -- when to tell the other end again
  PRIMARY KEY (id, centre)
);
CREATE UNIQUE INDEX overflow_episode_running ON overflow_episode (centre, origin, neighbour)
  WHERE state IN ('proposed', 'accepted', 'active', 'ending');
CREATE INDEX overflow_episode_centre ON overflow_episode (centre, proposed_at DESC);

CREATE TABLE overflow_transfer (
  id uuid NOT NULL,
  centre text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL CHECK (role IN ('origin', 'neighbour')),
  peer text COLLATE "C" NOT NULL,
  episode uuid NOT NULL,
  call uuid NOT NULL,
  state text COLLATE "C" NOT NULL,
  since timestamptz NOT NULL,                    -- since when the caller waits, wherever the call is
  priority text COLLATE "C" NOT NULL,
  motive text COLLATE "C" NOT NULL,
  by_voice bool NOT NULL DEFAULT false,
  opened timestamptz NOT NULL,
  moved timestamptz,                             -- the right to answer left the origin, or came
  answered timestamptz,
  finished timestamptz,
  due timestamptz,                               -- when what is awaited is sent again
  sent int4 NOT NULL DEFAULT 0,
  alarmed timestamptz,
  PRIMARY KEY (id, centre)
);
CREATE UNIQUE INDEX overflow_transfer_call ON overflow_transfer (centre, call)
  WHERE role = 'origin' AND state NOT IN ('refused', 'withdrawn');
CREATE INDEX overflow_transfer_due ON overflow_transfer (due) WHERE due IS NOT NULL;
CREATE INDEX overflow_transfer_episode ON overflow_transfer (episode, centre);
CREATE INDEX overflow_transfer_running ON overflow_transfer (centre)
  WHERE state IN ('offered', 'granted', 'away', 'recalling', 'forced', 'forced-taken', 'clashed',
    'accepted', 'held', 'answered', 'returning', 'finishing');

-- The legal trace: who did what, when, under which convention. Nothing in it is changed. C2.10
CREATE TABLE overflow_entry (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  centre text COLLATE "C" NOT NULL,
  episode uuid NOT NULL,
  transfer uuid,
  what text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  done_by text COLLATE "C" NOT NULL,             -- the user, or the engine
  done_name text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX overflow_entry_episode ON overflow_entry (episode, centre, n);

CREATE FUNCTION overflow_entry_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the trace of overflow is not changed';
END $$;
CREATE TRIGGER overflow_entry_stands BEFORE UPDATE OR DELETE ON overflow_entry
  FOR EACH ROW EXECUTE FUNCTION overflow_entry_stands();

-- The transport between centres of one base: at least once, in no order.
CREATE TABLE overflow_message (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sender text COLLATE "C" NOT NULL,
  recipient text COLLATE "C" NOT NULL,
  content jsonb NOT NULL,
  sent timestamptz NOT NULL
);
CREATE INDEX overflow_message_recipient ON overflow_message (recipient, n);

GRANT SELECT, INSERT ON overflow_convention, overflow_signature, overflow_entry TO cordee_app;
GRANT UPDATE (simulation) ON overflow_convention TO cordee_app;
GRANT SELECT, INSERT, UPDATE ON overflow_watch, overflow_episode, overflow_transfer TO cordee_app;
GRANT SELECT, INSERT, DELETE ON overflow_message TO cordee_app;
