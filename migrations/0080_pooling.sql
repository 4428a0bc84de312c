-- Regulators of several centres pooled at night: rosters in versions, signatures, stops, what was done under them. C2.12, decision 0095.

CREATE TABLE overflow_roster (
  pool text COLLATE "C" NOT NULL CHECK (pool <> ''),   -- the ids of its centres, sorted
  week date NOT NULL CHECK (extract(isodow FROM week) = 1),
  version int4 NOT NULL CHECK (version > 0),
  centres text[] COLLATE "C" NOT NULL CHECK (cardinality(centres) >= 2),
  terms jsonb NOT NULL,                          -- hours of the night, who regulates when: local French time
  proposed timestamptz NOT NULL,
  proposed_by text COLLATE "C" NOT NULL,
  proposed_name text NOT NULL,
  PRIMARY KEY (pool, week, version)
);
CREATE TABLE overflow_roster_signature (
  pool text COLLATE "C" NOT NULL,
  week date NOT NULL,
  version int4 NOT NULL,
  centre text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  signed_by text COLLATE "C" NOT NULL,
  signed_name text NOT NULL,
  PRIMARY KEY (pool, week, version, centre),
  FOREIGN KEY (pool, week, version) REFERENCES overflow_roster (pool, week, version)
);
-- The kill switch of one end; its last line counts.
CREATE TABLE overflow_roster_stop (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pool text COLLATE "C" NOT NULL,
  centre text COLLATE "C" NOT NULL,
  is_stopped bool NOT NULL,
  at timestamptz NOT NULL,
  done_by text COLLATE "C" NOT NULL,
  done_name text NOT NULL
);
CREATE INDEX overflow_roster_stop_pool ON overflow_roster_stop (pool, centre, n DESC);

-- Who opened, wrote or decided a case of which centre, under which version. Ids and codes alone.
CREATE TABLE overflow_roster_act (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pool text COLLATE "C" NOT NULL,
  week date NOT NULL,
  version int4 NOT NULL,
  centre text COLLATE "C" NOT NULL,              -- whose case it is
  own text COLLATE "C" NOT NULL,                 -- the centre of who regulates
  "case" uuid NOT NULL,
  what text COLLATE "C" NOT NULL CHECK (what IN ('opened', 'written', 'decided')),
  at timestamptz NOT NULL,
  done_by text COLLATE "C" NOT NULL,
  done_name text NOT NULL,
  FOREIGN KEY (pool, week, version) REFERENCES overflow_roster (pool, week, version)
);
CREATE INDEX overflow_roster_act_pool ON overflow_roster_act (pool, at);

CREATE TRIGGER overflow_roster_act_stands BEFORE UPDATE OR DELETE ON overflow_roster_act
  FOR EACH ROW EXECUTE FUNCTION overflow_entry_stands();
CREATE TRIGGER overflow_roster_stop_stands BEFORE UPDATE OR DELETE ON overflow_roster_stop
  FOR EACH ROW EXECUTE FUNCTION overflow_entry_stands();

GRANT SELECT, INSERT ON overflow_roster, overflow_roster_signature, overflow_roster_stop, overflow_roster_act TO cordee_app;
