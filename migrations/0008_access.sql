-- What the decision of access stands on: docs/decisions/0030. All of it is said once and kept: a
-- later row takes the place of an earlier one, and a decision of the past reads the rows of then.
-- The application may add rows; nobody who serves may change or remove one.

-- A change of the habilitation matrix: one of the two proposes, the other decides.
CREATE TABLE matrix_proposal (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  effective timestamptz NOT NULL,
  proposed_by text NOT NULL CHECK (proposed_by <> ''),
  proposed_role text NOT NULL CHECK (proposed_role IN ('dpo', 'administrator')),
  motive text NOT NULL CHECK (length(btrim(motive)) >= 10),
  cells jsonb NOT NULL CHECK (jsonb_typeof(cells) = 'array' AND jsonb_array_length(cells) > 0),
  UNIQUE (n, proposed_by, proposed_role, effective)
);
CREATE TABLE matrix_verdict (
  n int8 PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  effective timestamptz NOT NULL,
  proposed_by text NOT NULL,
  proposed_role text NOT NULL,
  decided_by text NOT NULL CHECK (decided_by <> ''),
  decided_role text NOT NULL CHECK (decided_role IN ('dpo', 'administrator')),
  accepted bool NOT NULL,
  FOREIGN KEY (n, proposed_by, proposed_role, effective)
    REFERENCES matrix_proposal (n, proposed_by, proposed_role, effective),
  CONSTRAINT two_persons CHECK (decided_by <> proposed_by AND decided_role <> proposed_role),
  CONSTRAINT not_backwards CHECK (NOT accepted OR effective >= at)
);

-- What a patient has said of the whole record; `target` is a practitioner or a structure.
CREATE TABLE consent_statement (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  patient text NOT NULL CHECK (patient <> ''),
  what text NOT NULL
    CHECK (what IN ('sharing-opposed', 'emergency-opposed', 'blocked', 'attending-sees-masked')),
  target text NOT NULL DEFAULT '',
  holds bool NOT NULL,
  said_by text NOT NULL CHECK (said_by <> ''),
  source text NOT NULL DEFAULT '',
  CONSTRAINT blocked_has_a_target CHECK ((what = 'blocked') = (target <> ''))
);
CREATE INDEX consent_statement_patient ON consent_statement (patient, what, target, n DESC);

-- What is said of one document: masked by the patient, kept secret by a minor, deferred until told.
CREATE TABLE visibility_statement (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  patient text NOT NULL CHECK (patient <> ''),
  resource text NOT NULL CHECK (resource LIKE '%_/_%'),
  what text NOT NULL CHECK (what IN ('masked', 'secret', 'deferred')),
  holds bool NOT NULL,
  until timestamptz,
  said_by text NOT NULL CHECK (said_by <> ''),
  CONSTRAINT deferral_ends CHECK ((what = 'deferred' AND holds) = (until IS NOT NULL)),
  CONSTRAINT deferral_is_short CHECK (until <= at + interval '90 days')
);
CREATE INDEX visibility_statement_resource ON visibility_statement (resource, what, n DESC);
CREATE INDEX visibility_statement_patient ON visibility_statement (patient);

-- Glasses that were broken: who, for whom, why; their early end; what the DPO said of them.
CREATE TABLE glass_grant (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  opened timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> ''),
  practitioner text NOT NULL,
  structure text NOT NULL,
  role text NOT NULL CHECK (role IN ('regulation', 'emergency')),
  patient text NOT NULL CHECK (patient <> ''),
  category text NOT NULL CHECK (category <> ''),
  motive text NOT NULL CHECK (length(btrim(motive)) >= 10),
  CONSTRAINT four_hours CHECK (ends > opened AND ends <= opened + interval '4 hours')
);
CREATE INDEX glass_grant_patient ON glass_grant (patient, agent, ends DESC);
CREATE INDEX glass_grant_opened ON glass_grant (opened);
CREATE TABLE glass_closing (
  grant_id uuid PRIMARY KEY REFERENCES glass_grant,
  at timestamptz NOT NULL,
  closed_by text NOT NULL CHECK (closed_by <> '')
);
CREATE TABLE glass_review (
  grant_id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  reviewed_by text NOT NULL CHECK (reviewed_by <> ''),
  justified bool NOT NULL,
  note text NOT NULL DEFAULT '',
  FOREIGN KEY (grant_id) REFERENCES glass_grant
);

-- Where and as what a professional works; the last row of (practitioner, structure, role) counts.
CREATE TABLE work_situation (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  practitioner text NOT NULL CHECK (practitioner <> ''),
  structure text NOT NULL CHECK (structure <> ''),
  role text NOT NULL CHECK (role <> ''),
  profession text NOT NULL,
  starts timestamptz NOT NULL,
  ends timestamptz,
  said_by text NOT NULL CHECK (said_by <> ''),
  CONSTRAINT ends_after_its_start CHECK (ends >= starts)
);
CREATE INDEX work_situation_practitioner ON work_situation (practitioner, structure, role, n DESC);

GRANT SELECT, INSERT ON matrix_proposal, matrix_verdict, consent_statement, visibility_statement,
  glass_grant, glass_closing, glass_review, work_situation TO cordee_app;
