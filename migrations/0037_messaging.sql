-- Messages between professionals. Texts, file names and files are sealed; who, when and read or not
-- are in clear. What is written in a thread is ordered by its row: a writer takes the next number of
-- the thread under its lock, so that a reader who has seen number n misses nothing before it.
-- Decision 0054; requirements B1.5, B1.6.

CREATE TABLE thread (
  id uuid PRIMARY KEY,
  patient text NOT NULL DEFAULT '',     -- '' for a free thread
  subject bytea NOT NULL,               -- sealed
  made timestamptz NOT NULL,
  made_by text NOT NULL CHECK (made_by <> ''),
  agent text NOT NULL CHECK (agent <> ''),
  acting int8 NOT NULL,
  changes int4 NOT NULL DEFAULT 0,
  moved timestamptz NOT NULL
);
CREATE INDEX thread_patient ON thread (patient, moved DESC) WHERE patient <> '';

-- A member is a person or a whole structure; `outside` when they were chosen beside the circle.
CREATE TABLE thread_member (
  thread uuid NOT NULL REFERENCES thread,
  member text NOT NULL CHECK (member ~ '^(Practitioner|Organization)/.'),
  name text NOT NULL DEFAULT '',
  since timestamptz NOT NULL,
  added_by text NOT NULL CHECK (added_by <> ''),
  outside bool NOT NULL DEFAULT false,
  until timestamptz,
  PRIMARY KEY (thread, member)
);
CREATE INDEX thread_member_member ON thread_member (member, thread);

CREATE TABLE thread_mute (
  thread uuid NOT NULL REFERENCES thread,
  reader text NOT NULL,
  PRIMARY KEY (thread, reader)
);

CREATE TABLE message (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  thread uuid NOT NULL REFERENCES thread,
  place int4 NOT NULL CHECK (place > 0),
  key uuid NOT NULL,                    -- of the sender: a message that comes again is the same one
  at timestamptz NOT NULL,
  author text NOT NULL CHECK (author <> ''),
  agent text NOT NULL CHECK (agent <> ''),
  acting int8 NOT NULL,
  words bytea NOT NULL,                 -- sealed
  mentions text[] NOT NULL DEFAULT '{}',
  hours int2 CHECK (hours BETWEEN 1 AND 168),
  UNIQUE (thread, place),
  UNIQUE (thread, author, key)
);
CREATE TABLE message_file (
  message int8 NOT NULL REFERENCES message,
  place int2 NOT NULL,
  media text NOT NULL CHECK (media IN ('application/pdf', 'image/jpeg', 'image/png')),
  size int4 NOT NULL CHECK (size BETWEEN 1 AND 10485760),
  name bytea NOT NULL,                  -- sealed
  content bytea NOT NULL,               -- sealed
  PRIMARY KEY (message, place)
);
-- Nothing is deleted: a message is taken back, and says so.
CREATE TABLE message_withdrawal (
  message int8 PRIMARY KEY REFERENCES message,
  at timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> ''),
  acting int8 NOT NULL
);
-- What a message led to: a task, a document of the record.
CREATE TABLE message_link (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  thread uuid NOT NULL REFERENCES thread,
  message int8 REFERENCES message,
  kind text NOT NULL CHECK (kind IN ('task', 'summary', 'letter')),
  reference text NOT NULL CHECK (reference LIKE '%_/_%'),
  at timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> '')
);
CREATE INDEX message_link_thread ON message_link (thread, n);

CREATE TABLE receipt (
  message int8 NOT NULL REFERENCES message,
  reader text NOT NULL CHECK (reader <> ''),
  delivered timestamptz NOT NULL,
  read timestamptz,
  PRIMARY KEY (message, reader)
);
CREATE INDEX receipt_reader ON receipt (reader, message) WHERE read IS NULL;

-- The clock of a message that expects an answer: when it is looked at next, and how far it went.
CREATE TABLE message_clock (
  message int8 PRIMARY KEY REFERENCES message,
  due timestamptz NOT NULL,
  stage text NOT NULL DEFAULT 'waiting'
    CHECK (stage IN ('waiting', 'substitute', 'coordinator', 'read')),
  turned timestamptz
);
CREATE INDEX message_clock_due ON message_clock (due) WHERE stage IN ('waiting', 'substitute');

-- Out of office: the last row of a person counts. Requirement B1.6.
CREATE TABLE absence (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  person text NOT NULL CHECK (person LIKE 'Practitioner/_%'),
  said timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> ''),
  starts timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  substitute text NOT NULL DEFAULT '' CHECK (substitute = '' OR substitute LIKE 'Practitioner/_%'),
  substitute_name text NOT NULL DEFAULT '',
  CONSTRAINT nobody_replaces_themselves CHECK (substitute <> person),
  CHECK (starts <= ends)
);
CREATE INDEX absence_person ON absence (person, n DESC);

GRANT SELECT, INSERT ON thread, thread_member, thread_mute, message, message_file, message_withdrawal,
  message_link, receipt, message_clock, absence TO cordee_app;
GRANT UPDATE (changes, moved) ON thread TO cordee_app;
GRANT UPDATE (until, since, added_by, outside) ON thread_member TO cordee_app;
GRANT DELETE ON thread_mute TO cordee_app;
GRANT UPDATE (read) ON receipt TO cordee_app;
GRANT UPDATE (due, stage, turned) ON message_clock TO cordee_app;
