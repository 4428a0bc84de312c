-- Services of the decision: who may not come in, consent for one consultation, notices, contests.
-- What is said is a row that nobody who serves may change or remove; `closed_circle` alone follows
-- what holds now, as `care_circle` does.

-- Whom a patient keeps out: `actor` is the hash of a practitioner or a structure, 0 is everybody but
-- the patient (opposition to sharing). Written in the transaction of the statement that says so. It
-- closes ties of care; a broken glass is closed by opposition to emergency access alone.
CREATE TABLE closed_circle (
  actor int8 NOT NULL,
  pat int8 NOT NULL,
  PRIMARY KEY (actor, pat)
);
CREATE INDEX closed_circle_pat ON closed_circle (pat);

-- The separate oppositions to the warehouse and to secondary use (EHDS), beside that to sharing.
-- squawk-ignore ban-drop-constraint
ALTER TABLE consent_statement DROP CONSTRAINT consent_statement_what_check;
ALTER TABLE consent_statement ADD CONSTRAINT consent_statement_what_check CHECK (what IN (
  'sharing-opposed', 'emergency-opposed', 'blocked', 'attending-sees-masked',
  'warehouse-opposed', 'secondary-use-opposed')) NOT VALID;

-- Consent for one consultation: asked for by a professional, answered by the patient.
CREATE TABLE consultation_code (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  patient text NOT NULL CHECK (patient <> ''),
  digest int8 NOT NULL,             -- keyed, over the patient and the code
  made timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  CONSTRAINT code_is_short CHECK (ends > made AND ends <= made + interval '1 hour')
);
CREATE INDEX consultation_code_patient ON consultation_code (patient, n DESC);
CREATE TABLE consultation_try (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> ''),
  patient text NOT NULL CHECK (patient <> '')
);
CREATE INDEX consultation_try_agent ON consultation_try (agent, at);
CREATE INDEX consultation_try_patient ON consultation_try (patient, at);
CREATE TABLE consultation_request (
  id uuid PRIMARY KEY,
  asked timestamptz NOT NULL,
  ends timestamptz NOT NULL,        -- nobody answers it after that
  agent text NOT NULL CHECK (agent <> ''),
  practitioner text NOT NULL,
  structure text NOT NULL,
  session bytea NOT NULL,           -- SHA-256 of the session that it ends with
  patient text NOT NULL CHECK (patient <> ''),
  CONSTRAINT request_is_short CHECK (ends > asked AND ends <= asked + interval '1 hour')
);
CREATE INDEX consultation_request_patient ON consultation_request (patient, asked DESC);
CREATE INDEX consultation_request_agent ON consultation_request (agent, asked DESC);
CREATE TABLE consultation_answer (
  request uuid PRIMARY KEY REFERENCES consultation_request,
  at timestamptz NOT NULL,
  said_by text NOT NULL CHECK (said_by <> ''),
  accepted bool NOT NULL,
  ends timestamptz,                 -- of the access
  code int8 UNIQUE REFERENCES consultation_code, -- a code opens once
  CONSTRAINT consent_ends CHECK (accepted = (ends IS NOT NULL)),
  CONSTRAINT some_hours CHECK (ends > at AND ends <= at + interval '4 hours')
);
CREATE TABLE consultation_closing (
  request uuid PRIMARY KEY REFERENCES consultation_request,
  at timestamptz NOT NULL,
  closed_by text NOT NULL CHECK (closed_by <> '')
);

-- Told in the application, without a word of health: who (Patient/id, Practitioner/id), what
-- happened, about which patient, and the row that says more.
CREATE TABLE notice (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  recipient text NOT NULL CHECK (recipient LIKE '%_/_%'),
  what text NOT NULL CHECK (what <> ''),
  patient text NOT NULL CHECK (patient <> ''),
  about text NOT NULL CHECK (about <> ''),
  CONSTRAINT told_once UNIQUE (recipient, what, about)
);
CREATE INDEX notice_recipient ON notice (recipient, n DESC);
CREATE TABLE notice_reading (
  n int8 PRIMARY KEY REFERENCES notice,
  at timestamptz NOT NULL,
  read_by text NOT NULL CHECK (read_by <> '')
);

-- "Cet accès m’étonne": a patient's word on a line of the trail, and what the DPO answers.
CREATE TABLE contest (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  at timestamptz NOT NULL,
  patient text NOT NULL CHECK (patient <> ''),
  said_by text NOT NULL CHECK (said_by <> ''),
  line int8 NOT NULL,               -- audit.n
  words text NOT NULL CHECK (length(words) <= 2000),
  CONSTRAINT contested_once UNIQUE (patient, line)
);
CREATE INDEX contest_at ON contest (at);
CREATE TABLE contest_answer (
  contest uuid PRIMARY KEY REFERENCES contest,
  at timestamptz NOT NULL,
  answered_by text NOT NULL CHECK (answered_by <> ''),
  justified bool NOT NULL,
  words text NOT NULL CHECK (length(btrim(words)) >= 10)
);

GRANT SELECT, INSERT, DELETE ON closed_circle TO cordee_app;
GRANT SELECT, INSERT ON consultation_code, consultation_try, consultation_request,
  consultation_answer, consultation_closing, notice, notice_reading, contest, contest_answer
  TO cordee_app;

-- Refusals are counted by their reason.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX audit_refused ON audit (at) WHERE starts_with(detail, 'refused ');
