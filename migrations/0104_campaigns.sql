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

-- As before, with one class more: who was invited, once the campaign is over and what it found is followed.
CREATE OR REPLACE FUNCTION retention_class(of_class text, OUT rows_over text, OUT shortest interval)
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  SELECT k.rows_over, k.shortest FROM (VALUES
    ('sessions', 'session x WHERE least(x.closed, x.ends) < $1', interval '1 day'),
    ('closed-sessions', 'closed_session x WHERE x.at < $1', interval '1 day'),
    ('sign-in-attempts', 'sign_in_attempt x WHERE greatest(x.last, x.until) < $1', interval '1 day'),
    ('account-events', 'account_event x WHERE x.at < $1', interval '180 days'),
    ('recovery-codes', 'credential x WHERE x.kind = ''recovery'' AND x.used < $1', interval '1 day'),
    ('oauth-codes', 'smart_code x WHERE x.expires < $1', interval '1 day'),
    ('oauth-refreshes', 'smart_refresh x WHERE x.expires < $1', interval '1 day'),
    ('oauth-requests', 'smart_request x WHERE x.expires < $1', interval '0'),
    ('oauth-launches', 'smart_launch x WHERE x.expires < $1', interval '0'),
    ('oauth-spent', 'smart_spent x WHERE x.expires < $1', interval '0'),
    ('federation-requests', 'federation_request x WHERE x.ends < $1', interval '0'),
    ('federation-spent', 'federation_spent x WHERE x.ends < $1', interval '0'),
    ('drafts', 'session_draft x WHERE x.ends < $1', interval '0'),
    ('passkey-challenges', 'passkey_challenge x WHERE x.ends < $1', interval '0'),
    ('identity-scans', 'identity_scan x WHERE x.purge_on <= ($1 AT TIME ZONE ''Europe/Paris'')::date',
      interval '0'),
    ('identity-searches', 'identity_search x WHERE x.at < $1', interval '1 day'),
    ('consultation-tries', 'consultation_try x WHERE x.at < $1', interval '1 day'),
    ('notices', 'notice x WHERE x.at < $1', interval '30 days'),
    ('document-openings', 'document_opening x WHERE x.at < $1', interval '365 days'),
    ('dmp-answers', 'dmp_try x WHERE x.at < $1 AND EXISTS (SELECT FROM dmp_deposit d'
      ' WHERE d.n = x.deposit AND d.ended < $1)', interval '365 days'),
    ('dmp-deposits', 'dmp_deposit x WHERE x.ended < $1 AND (x.state = ''given-up'' OR EXISTS ('
      'SELECT FROM document_step s WHERE s.document = x.document))'
      ' AND NOT EXISTS (SELECT FROM dmp_try t WHERE t.deposit = x.n)', interval '3650 days'),
    ('mandates', 'mandate x WHERE coalesce((SELECT z.at FROM mandate_end z WHERE z.mandate = x.id),'
      ' (SELECT e.ends FROM mandate_extent e WHERE e.mandate = x.id ORDER BY e.n DESC LIMIT 1)) < $1',
      interval '1825 days'),
    ('invitations', 'invitation x WHERE x.ends < $1', interval '14 days'),
    ('subscription-events', 'subscription_event x WHERE x.settled < $1', interval '7 days'),
    ('forms-sent', 'form_sent x WHERE x.at < $1', interval '7 days'),
    ('events', 'event x WHERE x.told < $1', interval '365 days'),
    ('followings', 'following x WHERE least(x.ended, x.ends) < $1', interval '180 days'),
    ('agenda-links', 'agenda_feed x WHERE x.ended < $1', interval '30 days'),
    -- Regulation: an open case, and one that names a person, are no rows over. What hangs on a row goes with it.
    ('regulation', 'regulation_case x WHERE x.centre = ANY (ARRAY(SELECT id FROM regulation_centre))'
      ' AND x.opened < $1 AND regulation_case_ended(x.id) < $1 AND NOT regulation_names_a_person(x.id, x.call)',
      interval '3650 days'),
    ('regulation-calls', 'regulation_call x WHERE x.centre = ANY (ARRAY(SELECT id FROM regulation_centre))'
      ' AND x.since < $1 AND x.state IN (''abandoned'', ''called-back'', ''ended'', ''gone'')'
      ' AND NOT EXISTS (SELECT FROM regulation_centre k JOIN regulation_case c ON c.centre = k.id AND c.call = x.id)'
      ' AND NOT regulation_names_a_person(NULL, x.id)', interval '365 days'),
    ('regulation-stamps', 'regulation_event x WHERE x.written < $1 AND NOT EXISTS (SELECT FROM regulation_centre k'
      ' JOIN regulation_case c ON c.centre = k.id AND c.id = x."case") AND NOT EXISTS (SELECT FROM regulation_centre k'
      ' JOIN regulation_call q ON q.centre = k.id AND q.id = x.call)'
      ' AND NOT EXISTS (SELECT FROM regulation_event y WHERE y.corrects = x.n)', interval '365 days'),
    ('regulation-requests', 'regulation_request x WHERE x.asked < $1 AND NOT EXISTS (SELECT FROM regulation_centre k'
      ' JOIN regulation_case c ON c.centre = k.id AND c.id = x."case")', interval '365 days'),
    ('regulation-texts', 'regulation_text x WHERE x.expires < $1 AND x.state <> ''waiting'' AND NOT EXISTS ('
      'SELECT FROM regulation_case c WHERE c.centre = x.centre AND c.id = x."case"'
      ' AND (regulation_case_ended(c.id) >= $1 OR regulation_names_a_person(c.id, c.call)))', interval '365 days'),
    ('regulation-acts', 'regulation_act x WHERE x.asked < $1', interval '7 days'),
    ('hub', 'hub_message x WHERE x.made < $1 AND x.changed < $1 AND x.due IS NULL'
      ' AND x.state IN (''sent'', ''acknowledged'', ''again'', ''taken'')', interval '30 days'),
    ('hub-dead', 'hub_message x WHERE x.made < $1 AND x.changed < $1 AND x.due IS NULL'
      ' AND x.state IN (''late'', ''refused'', ''expired'', ''dead'')', interval '30 days'),
    ('hub-cases', 'hub_case x WHERE x.changed < $1 AND NOT EXISTS (SELECT FROM regulation_case c'
      ' WHERE c.centre = x.centre AND c.id = x."case")', interval '365 days'),
    ('overflow', 'overflow_episode x WHERE x.state IN (''closed'', ''refused'', ''expired'')'
      ' AND greatest(x.closed, x.proposed_at) < $1 AND NOT EXISTS (SELECT FROM overflow_transfer t'
      ' JOIN regulation_case c ON c.centre = t.centre AND c.call = t.call'
      ' WHERE t.episode = x.id AND t.centre = x.centre)', interval '3650 days'),
    ('overflow-letters', 'overflow_message x WHERE x.sent < $1', interval '7 days'),
    ('overflow-parcels', 'overflow_parcel x WHERE x.came < $1', interval '1 day'),
    ('pooling', 'overflow_roster_act x WHERE x.at < $1 AND NOT EXISTS (SELECT FROM regulation_case c'
      ' WHERE c.centre = x.centre AND c.id = x."case")', interval '3650 days'),
    ('simulations', 'simulation_run x WHERE x.asked_at < $1 AND (x.result IS NOT NULL OR x.failed <> '''')',
      interval '30 days'),
    ('slot-holds', 'slot_hold x WHERE x.starts < $1 AND x.changed < $1 AND x.until < $1'
      ' AND NOT EXISTS (SELECT FROM regulation_case c WHERE c.centre = x.centre AND c.id = x."case"'
      ' AND c.closed IS NULL AND c.state <> ''transferred'')', interval '365 days'),
    ('market', 'market_appeal x WHERE x.changed < $1 AND x.until < $1'
      ' AND x.state IN (''confirmed'', ''ended'', ''withdrawn'')', interval '365 days'),
    ('market-consents', 'market_volunteer x WHERE x.withdrawn < $1 AND x.changed < $1'
      ' AND NOT EXISTS (SELECT FROM market_proposal p WHERE p.practitioner = x.practitioner)', interval '365 days'),
    ('sas', 'sas_appointment x WHERE x.ends < $1 AND x.changed < $1', interval '365 days'),
    ('sas-accounts', 'sas_account x WHERE NOT x.is_active AND x.state = ''told'' AND x.changed < $1',
      interval '365 days'),
    ('sas-messages', 'sas_received x WHERE x.at < $1', interval '30 days'),
    ('training', 'training_night x WHERE x.ended < $1 AND x.state = ''ended''', interval '30 days'),
    ('training-cases', 'regulation_case x WHERE x.opened < $1 AND EXISTS (SELECT FROM training_centre t'
      ' WHERE t.id = x.centre AND NOT EXISTS (SELECT FROM training_night n WHERE n.centre = t.id'
      ' AND n.state <> ''ended''))', interval '30 days'),
    ('campaign-people', 'campaign_person x WHERE EXISTS (SELECT FROM campaign c WHERE c.id = x.campaign'
      ' AND c.state IN (''capitalised'', ''dropped'') AND c.ends < $1) AND NOT EXISTS'
      ' (SELECT FROM workflow_task w WHERE w.task = x.task AND NOT w.is_over)', interval '180 days')
  ) k(class, rows_over, shortest) WHERE k.class = of_class;
END;
