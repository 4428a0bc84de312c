-- Campaigns of prevention that territories share, groups at risk, kits. Who is invited is known to the care team
-- alone: those who steer read figures that were told once for a day. Rules: G2.6, G3.1 to G3.10; decision 0114.

CREATE TABLE risk_group (
  id uuid PRIMARY KEY,                           -- that of the form: sent twice, it is one
  title text NOT NULL CHECK (title <> ''),
  why text NOT NULL,
  rule jsonb NOT NULL,                           -- a criterion (docs/developer/population.md)
  words text NOT NULL CHECK (words <> ''),       -- the same in French, as it was counted
  band text NOT NULL,                            -- its size as it was told
  shared timestamptz NOT NULL,
  shared_by text COLLATE "C" NOT NULL,
  closed timestamptz
);

CREATE TABLE campaign_kit (
  id uuid PRIMARY KEY,
  content jsonb NOT NULL,
  origin text NOT NULL,                          -- from where: a file of another region, a campaign of ours
  added timestamptz NOT NULL,
  added_by text COLLATE "C" NOT NULL
);

CREATE TABLE campaign (
  id uuid PRIMARY KEY,
  version int4 NOT NULL DEFAULT 1,
  kit text NOT NULL CHECK (kit <> ''),
  content jsonb NOT NULL,                           -- the kit as it was taken: a campaign never changes under a kit
  title text NOT NULL CHECK (title <> ''),
  objective text NOT NULL,
  owner text NOT NULL,
  basis text NOT NULL,
  channels text[] NOT NULL,
  starts date NOT NULL,
  ends date NOT NULL CHECK (ends >= starts),
  budget int8 NOT NULL CHECK (budget >= 0),      -- cents
  spent int8 CHECK (spent >= 0),
  lesson text NOT NULL DEFAULT '',
  state text COLLATE "C" NOT NULL CHECK (state IN ('idea', 'instructed', 'validated', 'launched', 'running',
    'closing', 'capitalised', 'dropped')),
  drafted jsonb,                                 -- which indicator drafted it, of which version, where; none for a person
  draft_of text COLLATE "C" UNIQUE,              -- one draft for one alert
  report jsonb,                                  -- what was told at the end, for ever
  made timestamptz NOT NULL,
  made_by text COLLATE "C" NOT NULL
);
CREATE INDEX campaign_state ON campaign (state, starts DESC);

CREATE TABLE campaign_territory (
  campaign uuid NOT NULL REFERENCES campaign (id),
  code text COLLATE "C" NOT NULL CHECK (code <> ''),
  word text COLLATE "C" NOT NULL DEFAULT 'asked' CHECK (word IN ('asked', 'validated', 'declined')),
  motive text NOT NULL DEFAULT '',
  at timestamptz,
  by text COLLATE "C",
  PRIMARY KEY (campaign, code),
  CHECK (word <> 'declined' OR motive <> '')
);

CREATE TABLE campaign_step (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  campaign uuid NOT NULL REFERENCES campaign (id),
  at timestamptz NOT NULL,
  by text COLLATE "C" NOT NULL,
  what text NOT NULL CHECK (what <> ''),         -- a move, or the word of a territory
  words text NOT NULL DEFAULT ''
);
CREATE INDEX campaign_step_campaign ON campaign_step (campaign, n);

-- One person of one campaign. `patient` and `doctor` are references; what is counted of a person by those who
-- steer (sex, band, quintile) is noted when they are listed, so that no record is opened to count.
CREATE TABLE campaign_person (
  campaign uuid NOT NULL REFERENCES campaign (id),
  patient text COLLATE "C" NOT NULL CHECK (patient <> ''),
  number uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  territory text COLLATE "C" NOT NULL,
  sex text COLLATE "C" NOT NULL DEFAULT '',
  band text COLLATE "C" NOT NULL DEFAULT '',
  quintile int2 NOT NULL DEFAULT 0 CHECK (quintile BETWEEN 0 AND 5),
  doctor text COLLATE "C" NOT NULL DEFAULT '',
  origin text COLLATE "C" NOT NULL CHECK (origin IN ('listed', 'walk-in')),
  listed timestamptz NOT NULL,
  word text COLLATE "C" NOT NULL DEFAULT '' CHECK (word IN ('', 'invited', 'excluded')),
  motive text COLLATE "C" NOT NULL DEFAULT '',
  decided timestamptz,
  decided_by text COLLATE "C",
  channel text COLLATE "C" NOT NULL DEFAULT '' CHECK (channel IN ('', 'sms', 'letter', 'space')),
  variant text COLLATE "C" NOT NULL DEFAULT '' CHECK (variant IN ('', 'A', 'B')),
  digest text COLLATE "C" UNIQUE,                -- of the secret of the link
  expires timestamptz,
  sending text COLLATE "C" NOT NULL DEFAULT '' CHECK (sending IN ('', 'waiting', 'sent', 'failed', 'printed')),
  tries int4 NOT NULL DEFAULT 0,
  due timestamptz,
  sent timestamptz,
  guesses int4 NOT NULL DEFAULT 0,
  opened timestamptz,
  stopped timestamptz,                           -- "do not write to me again"
  booked timestamptz,
  appointment text COLLATE "C" NOT NULL DEFAULT '',
  agrees bool,                                   -- that the DAC calls when nobody else does
  done timestamptz,
  act text COLLATE "C" NOT NULL DEFAULT '',      -- the reference of what was captured
  positive bool,
  task text COLLATE "C" NOT NULL DEFAULT '',
  follow_by timestamptz,
  handed timestamptz,
  PRIMARY KEY (campaign, patient),
  CHECK (word = '' OR decided IS NOT NULL),
  CHECK (word <> 'excluded' OR motive <> '')
);
CREATE INDEX campaign_person_doctor ON campaign_person (doctor, campaign);
CREATE INDEX campaign_person_patient ON campaign_person (patient);
CREATE INDEX campaign_person_sending ON campaign_person (due) WHERE sending = 'waiting';
CREATE INDEX campaign_person_follow ON campaign_person (follow_by) WHERE follow_by IS NOT NULL;

-- Who does not want to be written to for any campaign.
CREATE TABLE campaign_refusal (
  patient text COLLATE "C" PRIMARY KEY,
  at timestamptz NOT NULL,
  way text COLLATE "C" NOT NULL CHECK (way IN ('link', 'said'))
);

-- What those who steer were told of a campaign on a day: once, the same for everybody.
CREATE TABLE campaign_figures (
  campaign uuid NOT NULL REFERENCES campaign (id),
  day date NOT NULL,
  content jsonb NOT NULL,
  PRIMARY KEY (campaign, day)
);

ALTER TABLE prevention_action ADD COLUMN campaign uuid;
-- squawk-ignore constraint-missing-not-valid, adding-foreign-key-constraint
ALTER TABLE prevention_action ADD CONSTRAINT prevention_action_campaign FOREIGN KEY (campaign) REFERENCES campaign (id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX prevention_action_of_campaign ON prevention_action (campaign) WHERE campaign IS NOT NULL;

GRANT SELECT, INSERT ON risk_group, campaign_kit, campaign, campaign_territory, campaign_step, campaign_person,
  campaign_refusal, campaign_figures TO cordee_app;
GRANT UPDATE (closed) ON risk_group TO cordee_app;
GRANT UPDATE (version, title, objective, owner, basis, channels, starts, ends, budget, spent, lesson, state, report)
  ON campaign TO cordee_app;
GRANT UPDATE (word, motive, at, by) ON campaign_territory TO cordee_app;
GRANT UPDATE (word, motive, decided, decided_by, channel, variant, digest, expires, sending, tries, due, sent, guesses,
  opened, stopped, booked, appointment, agrees, done, act, positive, task, follow_by, handed) ON campaign_person TO cordee_app;
GRANT DELETE ON campaign_refusal TO cordee_app;

-- What is over, by class, lies in a table from here on: a class more is a row more. Only its owner writes there.
CREATE TABLE retention_scope (
  class text COLLATE "C" PRIMARY KEY,
  rows_over text NOT NULL CHECK (rows_over <> ''),  -- a table named x and what is over of it at $1
  shortest interval NOT NULL
);
INSERT INTO retention_scope (class, rows_over, shortest)
SELECT known.class, found.rows_over, found.shortest FROM unnest(ARRAY[
  'sessions', 'closed-sessions', 'sign-in-attempts', 'account-events', 'recovery-codes', 'oauth-codes',
  'oauth-refreshes', 'oauth-requests', 'oauth-launches', 'oauth-spent', 'federation-requests',
  'federation-spent', 'drafts', 'passkey-challenges', 'identity-scans', 'identity-searches',
  'consultation-tries', 'notices', 'document-openings', 'dmp-answers', 'dmp-deposits', 'mandates',
  'invitations', 'subscription-events', 'forms-sent', 'events', 'followings', 'agenda-links', 'regulation',
  'regulation-calls', 'regulation-stamps', 'regulation-requests', 'regulation-texts', 'regulation-acts', 'hub',
  'hub-dead', 'hub-cases', 'overflow', 'overflow-letters', 'overflow-parcels', 'pooling', 'simulations',
  'slot-holds', 'market', 'market-consents', 'sas', 'sas-accounts', 'sas-messages', 'training',
  'training-cases'
]) known(class), LATERAL retention_class(known.class) found;

-- Who was invited, once the campaign is over and what it found is followed; who read which figures (0103).
INSERT INTO retention_scope (class, rows_over, shortest) VALUES
  ('campaign-people', 'campaign_person x WHERE EXISTS (SELECT FROM campaign c WHERE c.id = x.campaign'
    ' AND c.state IN (''capitalised'', ''dropped'') AND c.ends < $1) AND NOT EXISTS'
    ' (SELECT FROM workflow_task w WHERE w.task = x.task AND NOT w.is_over)', interval '180 days'),
  ('population-readings', 'population_reading x WHERE x.at < $1', interval '180 days');
GRANT SELECT ON retention_scope TO cordee_app;

CREATE OR REPLACE FUNCTION retention_class(of_class text, OUT rows_over text, OUT shortest interval)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT r.rows_over, r.shortest FROM retention_scope r WHERE r.class = of_class;
END;
