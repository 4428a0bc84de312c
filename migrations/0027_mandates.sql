-- Who acts for a patient: carers and trusted persons whom the patient names, legal representatives
-- whom a professional records from a proof. What is said is a row that nobody who serves may change
-- or remove. The tie itself is a row of `care_circle` under the hash of the mandate (row 0), as that
-- of a broken glass: it opens while the mandate lives. Decision 0046.

CREATE TABLE mandate (
  id uuid PRIMARY KEY,
  made timestamptz NOT NULL,
  made_by text NOT NULL CHECK (made_by <> ''),
  patient text NOT NULL CHECK (patient <> ''),
  kind text NOT NULL CHECK (kind IN ('carer', 'trusted', 'parent', 'guardian', 'curator',
    'protection', 'family')),
  name text NOT NULL CHECK (length(btrim(name)) BETWEEN 2 AND 200),
  bond text NOT NULL DEFAULT '' CHECK (length(bond) <= 100),
  related text NOT NULL UNIQUE CHECK (related <> ''), -- RelatedPerson, of this mandate alone
  proof text NOT NULL DEFAULT '',   -- by what somebody represents, never the paper itself
  proof_on date,
  CONSTRAINT representatives_have_a_proof CHECK (
    (kind IN ('carer', 'trusted')) = (proof = '') AND (proof = '') = (proof_on IS NULL))
);
CREATE INDEX mandate_patient ON mandate (patient, made DESC);

-- What a mandate opens, said again each time that it changes: the last row counts.
CREATE TABLE mandate_extent (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  mandate uuid NOT NULL REFERENCES mandate,
  at timestamptz NOT NULL,
  said_by text NOT NULL CHECK (said_by <> ''),
  parts text[] NOT NULL CHECK (cardinality(parts) > 0),
  powers text[] NOT NULL CHECK (powers <@ ARRAY['read', 'deposit', 'mask', 'manage']),
  starts timestamptz NOT NULL,
  ends timestamptz,
  CONSTRAINT extent_has_a_span CHECK (ends > starts)
);
CREATE INDEX mandate_extent_mandate ON mandate_extent (mandate, n DESC);

-- The person took it, with an account of their own.
CREATE TABLE mandate_acceptance (
  mandate uuid PRIMARY KEY REFERENCES mandate,
  at timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> '')
);
CREATE INDEX mandate_acceptance_agent ON mandate_acceptance (agent);

-- Withdrawn by the patient, given back by the person, or ended by whoever recorded it.
CREATE TABLE mandate_end (
  mandate uuid PRIMARY KEY REFERENCES mandate,
  at timestamptz NOT NULL,
  ended_by text NOT NULL CHECK (ended_by <> ''),
  why text NOT NULL CHECK (why IN ('withdrawn', 'given-back', 'recorded'))
);

-- A code that is given once and works once: to take a mandate, or (`mandate` null) to open the
-- patient's own space. Only its digest is here. A newer one for the same thing ends the former.
CREATE TABLE invitation (
  id uuid PRIMARY KEY,
  digest bytea NOT NULL UNIQUE,
  made timestamptz NOT NULL,
  ends timestamptz NOT NULL,
  made_by text NOT NULL CHECK (made_by <> ''),
  patient text NOT NULL CHECK (patient <> ''),
  mandate uuid REFERENCES mandate,
  CONSTRAINT invitation_is_short CHECK (ends > made AND ends <= made + interval '14 days')
);
CREATE INDEX invitation_patient ON invitation (patient, mandate, made DESC);
CREATE INDEX invitation_mandate ON invitation (mandate);
CREATE TABLE invitation_use (
  invitation uuid PRIMARY KEY REFERENCES invitation,
  at timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> '')
);

GRANT SELECT, INSERT ON mandate, mandate_extent, mandate_acceptance, mandate_end, invitation,
  invitation_use TO cordee_app;
