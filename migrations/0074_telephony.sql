-- What a floor asks of its switchboard, who sits at which telephone, texts of the safety net. C1.7, C1.10, decisions 0078 and 0088.

ALTER TABLE regulation_position ADD COLUMN post text COLLATE "C" NOT NULL DEFAULT '';  -- the name of their telephone

-- Asked by a page, done by the process that holds the switchboard; content is sealed: whom to join.
CREATE TABLE regulation_act (
  id uuid PRIMARY KEY,
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  call uuid NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('answer', 'transfer', 'conference', 'hang-up')),
  agent text COLLATE "C" NOT NULL,
  asked timestamptz NOT NULL,
  taken timestamptz,
  done timestamptz,
  failure text NOT NULL DEFAULT '',              -- in French, for the page; no person in it
  content bytea NOT NULL,
  data_key int4 NOT NULL
);
CREATE INDEX regulation_act_due ON regulation_act (centre, asked) WHERE taken IS NULL;
CREATE INDEX regulation_act_call ON regulation_act (centre, call);

-- A text that says where to read the safety net: never what of. The link is kept as a digest. C1.7.
CREATE TABLE regulation_text (
  id uuid PRIMARY KEY,
  centre text COLLATE "C" NOT NULL,
  "case" uuid NOT NULL,
  digest bytea NOT NULL UNIQUE,
  state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'sent', 'refused', 'landline')),
  asked timestamptz NOT NULL,
  agent text COLLATE "C" NOT NULL,
  expires timestamptz NOT NULL CHECK (expires > asked),
  settled timestamptz,
  opened timestamptz,
  content bytea NOT NULL,                        -- sealed: the words of the safety net
  data_key int4 NOT NULL,
  FOREIGN KEY (centre, "case") REFERENCES regulation_case (centre, id)
);
CREATE INDEX regulation_text_due ON regulation_text (asked) WHERE state = 'waiting';
CREATE INDEX regulation_text_case ON regulation_text (centre, "case", asked);

GRANT UPDATE (post) ON regulation_position TO cordee_app;
GRANT SELECT, INSERT ON regulation_act TO cordee_app;
GRANT UPDATE (taken, done, failure) ON regulation_act TO cordee_app;
GRANT SELECT, INSERT ON regulation_text TO cordee_app;
GRANT UPDATE (state, settled, opened) ON regulation_text TO cordee_app;
