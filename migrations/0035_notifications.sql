-- Who is told of an event by which channel, what became of it, who asked to be told, who has to
-- telephone. Decisions 0050 to 0052. Nothing here is text of a patient: what people read is read anew
-- through the guard.

-- When what happened was written here: from there on a screen has its seconds. Null: when it was told.
ALTER TABLE event ADD COLUMN written timestamptz;

-- One person, one event, one channel. `reader` is the user name of an account, or the reference of
-- somebody who has none. `bare`: they learn that there is something, not what nor of whom.
CREATE TABLE notification (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event int8 NOT NULL REFERENCES event ON DELETE CASCADE,
  reader text COLLATE "C" NOT NULL CHECK (reader <> ''),
  structure text COLLATE "C" NOT NULL DEFAULT '',   -- Organization/id they are told for
  channel text COLLATE "C" NOT NULL
    CHECK (channel IN ('screen', 'email', 'sms', 'mssante', 'application')),
  rule text COLLATE "C" NOT NULL CHECK (rule <> ''), -- why: a rule, or a subscription by its number
  bare bool NOT NULL DEFAULT false,
  state text COLLATE "C" NOT NULL DEFAULT 'issued'
    CHECK (state IN ('issued', 'delivered', 'read', 'unread', 'acknowledged', 'failed')),
  made timestamptz NOT NULL DEFAULT clock_timestamp(),
  changed timestamptz NOT NULL DEFAULT clock_timestamp(),
  due timestamptz,                                  -- when it is sent; null: nothing is to be sent
  since timestamptz,                                -- since when it is being sent
  tries int4 NOT NULL DEFAULT 0,
  code text COLLATE "C" NOT NULL DEFAULT '',        -- why it failed
  CONSTRAINT notification_once UNIQUE (event, reader, channel),
  CONSTRAINT screens_are_not_sent CHECK (channel <> 'screen' OR due IS NULL)
);
CREATE INDEX notification_reader ON notification (reader, n DESC) WHERE channel = 'screen';
CREATE INDEX notification_unread ON notification (reader, n DESC)
  WHERE channel = 'screen' AND state IN ('issued', 'delivered', 'unread');
CREATE INDEX notification_due ON notification (due) WHERE due IS NOT NULL;
CREATE INDEX notification_failed ON notification (n DESC) WHERE state = 'failed';
CREATE INDEX notification_made ON notification (made);

-- Each state that it was in, by whom and from where: only ever added to.
CREATE TABLE notification_step (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  notification int8 NOT NULL REFERENCES notification ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  state text COLLATE "C" NOT NULL,
  by text NOT NULL CHECK (by <> ''),
  via text COLLATE "C" NOT NULL CHECK (via IN ('platform', 'live', 'screen', 'fhir', 'channel')),
  code text COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX notification_step_of ON notification_step (notification, n);
CREATE INDEX notification_step_live ON notification_step (at) WHERE via = 'live';

-- Who asked to be told of what, by which channel, from when until when. One of `person` (a user name)
-- and `structure` (whose people are told). `patient` and `place` empty: all patients of theirs.
-- `wanted` false ends a rule of the house for who says so.
CREATE TABLE following (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  made timestamptz NOT NULL,
  made_by text NOT NULL CHECK (made_by <> ''),
  person text COLLATE "C" NOT NULL DEFAULT '',
  structure text COLLATE "C" NOT NULL DEFAULT '',
  patient text COLLATE "C" NOT NULL DEFAULT '',
  place text COLLATE "C" NOT NULL DEFAULT '',
  kind text COLLATE "C" NOT NULL CHECK (kind <> ''),  -- a kind of events, or *
  channel text COLLATE "C" NOT NULL
    CHECK (channel IN ('screen', 'email', 'sms', 'mssante', 'application')),
  wanted bool NOT NULL DEFAULT true,
  at_once bool NOT NULL DEFAULT false,                -- not gathered into three letters a day
  starts timestamptz NOT NULL,
  ends timestamptz CHECK (ends > starts),
  ended timestamptz,
  ended_by text NOT NULL DEFAULT '',
  CONSTRAINT one_is_told CHECK ((person = '') <> (structure = ''))
);
CREATE INDEX following_person ON following (person) WHERE ended IS NULL AND person <> '';
CREATE INDEX following_structure ON following (structure) WHERE ended IS NULL AND structure <> '';
CREATE INDEX following_patient ON following (patient) WHERE ended IS NULL AND patient <> '';
CREATE INDEX following_place ON following (place) WHERE ended IS NULL AND place <> '';

-- Where letters and texts reach a person: sealed, as it is theirs alone.
CREATE TABLE reach (
  person text COLLATE "C" NOT NULL CHECK (person <> ''),
  channel text COLLATE "C" NOT NULL CHECK (channel IN ('email', 'sms', 'mssante', 'application')),
  key int2 NOT NULL,
  address bytea NOT NULL,
  said timestamptz NOT NULL,
  said_by text NOT NULL CHECK (said_by <> ''),
  PRIMARY KEY (person, channel)
);

-- Who takes over in a structure when nobody there reads what is urgent: secretariat, duty doctor.
CREATE TABLE relay (
  structure text COLLATE "C" NOT NULL CHECK (structure <> ''),
  person text COLLATE "C" NOT NULL CHECK (person <> ''),
  said timestamptz NOT NULL,
  said_by text NOT NULL CHECK (said_by <> ''),
  PRIMARY KEY (structure, person)
);

-- The clock of an urgent event: when it is due and nobody has read it, the next step is taken.
CREATE TABLE event_clock (
  event int8 PRIMARY KEY REFERENCES event ON DELETE CASCADE,
  due timestamptz,                                   -- null: it has stopped
  step int2 NOT NULL DEFAULT 0,
  stopped text COLLATE "C" NOT NULL DEFAULT ''
    CHECK (stopped IN ('', 'read', 'relayed', 'telephone'))
);
CREATE INDEX event_clock_due ON event_clock (due) WHERE due IS NOT NULL;

-- What could not be delivered: somebody of `structure` telephones, and says whom they reached.
CREATE TABLE phone_call (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event int8 NOT NULL REFERENCES event ON DELETE CASCADE,
  structure text COLLATE "C" NOT NULL,               -- Organization/id that has to; '' for the platform
  patient text COLLATE "C" NOT NULL DEFAULT '',
  callee text COLLATE "C" NOT NULL,                  -- whom: a reference or a user name, '' not known
  why text COLLATE "C" NOT NULL CHECK (why IN ('unknown', 'no-address', 'refused', 'unread')),
  made timestamptz NOT NULL DEFAULT clock_timestamp(),
  done timestamptz,
  done_by text NOT NULL DEFAULT '',
  called timestamptz,                                -- when somebody answered
  reached text COLLATE "C" NOT NULL DEFAULT ''
    CHECK (reached IN ('', 'self', 'secretariat', 'replacement', 'other')),
  CONSTRAINT phone_call_once UNIQUE (event, callee, why),
  CONSTRAINT a_call_has_its_proof
    CHECK ((done IS NULL) = (done_by = '') AND (done IS NULL) = (called IS NULL)
      AND (done IS NULL) = (reached = ''))
);
CREATE INDEX phone_call_open ON phone_call (structure, n) WHERE done IS NULL;
CREATE INDEX phone_call_structure ON phone_call (structure, n DESC);

GRANT SELECT, INSERT ON notification, notification_step, following, event_clock, phone_call
  TO cordee_app;
GRANT UPDATE (state, changed, due, since, tries, code) ON notification TO cordee_app;
GRANT UPDATE (ended, ended_by) ON following TO cordee_app;
GRANT UPDATE (due, step, stopped) ON event_clock TO cordee_app;
GRANT UPDATE (done, done_by, called, reached) ON phone_call TO cordee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON reach, relay TO cordee_app;

-- Who stands behind a structure or a professional is asked for each event.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX situation_structure ON situation (structure);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX situation_practitioner ON situation (practitioner) WHERE practitioner <> '';
