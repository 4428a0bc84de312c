-- A neighbour that regulates a call asks its home centre for a vehicle; the resources stay at home. C2.6, decision 0091.

CREATE TABLE regulation_request (
  id uuid PRIMARY KEY,
  home text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  asker text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  "case" uuid NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('SMUR', 'VSAV', 'AMBULANCE')),
  priority text COLLATE "C" NOT NULL DEFAULT '',
  motive text COLLATE "C" NOT NULL DEFAULT '',
  commune text COLLATE "C" NOT NULL DEFAULT '',
  asked timestamptz NOT NULL,
  asked_by text NOT NULL,                        -- the name that the other floor reads
  answer text COLLATE "C" NOT NULL DEFAULT '' CHECK (answer IN ('', 'accepted', 'refused')),
  answered timestamptz,
  answered_by text NOT NULL DEFAULT '',
  reason text COLLATE "C" NOT NULL DEFAULT '',   -- a code: why not
  vehicle text NOT NULL DEFAULT ''               -- the name of what comes
);
CREATE INDEX regulation_request_home ON regulation_request (home, asked DESC);
CREATE INDEX regulation_request_asker ON regulation_request (asker, asked DESC);
CREATE INDEX regulation_request_case ON regulation_request ("case");

GRANT SELECT, INSERT ON regulation_request TO cordee_app;
GRANT UPDATE (answer, answered, answered_by, reason, vehicle) ON regulation_request TO cordee_app;
