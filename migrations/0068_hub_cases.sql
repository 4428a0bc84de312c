-- The cases that several SAMU share over the Hub: who treats each, what one asked of another. C2.6, decision 0080.

CREATE TABLE hub_case (
  client text COLLATE "C" NOT NULL CHECK (client <> ''),  -- who we are on the Hub
  number text COLLATE "C" NOT NULL CHECK (number <> ''),  -- caseId
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  "case" uuid NOT NULL,                                   -- that of the floor
  opened_by text COLLATE "C" NOT NULL,
  owner text COLLATE "C" NOT NULL,
  parties text[] NOT NULL,
  changed timestamptz NOT NULL,
  PRIMARY KEY (client, number)
);
CREATE INDEX hub_case_case ON hub_case (centre, "case");

-- A request for a vehicle of another centre, and its answer: 60 seconds without one, somebody telephones.
CREATE TABLE hub_request (
  client text COLLATE "C" NOT NULL,
  number text COLLATE "C" NOT NULL CHECK (number <> ''),  -- requestId
  "case" text COLLATE "C" NOT NULL,                       -- caseId
  asker text COLLATE "C" NOT NULL,
  asked_of text COLLATE "C" NOT NULL,
  purpose text COLLATE "C" NOT NULL,
  asked timestamptz NOT NULL,
  answer text COLLATE "C" NOT NULL DEFAULT '' CHECK (answer IN ('', 'ACCEPTEE', 'PARTIELLE', 'REFUSEE', 'DIFFEREE')),
  answered timestamptz,
  PRIMARY KEY (client, number),
  FOREIGN KEY (client, "case") REFERENCES hub_case (client, number)
);
CREATE INDEX hub_request_open ON hub_request (client, asked) WHERE answer = '';

GRANT SELECT, INSERT ON hub_case, hub_request TO cordee_app;
GRANT UPDATE (owner, parties, changed) ON hub_case TO cordee_app;
GRANT UPDATE (answer, answered) ON hub_request TO cordee_app;
