-- Place de marché of unscheduled care: volunteers, appeals by rounds, who accepted first. No patient value. C3.4, decision 0087.

CREATE TABLE market_volunteer (
  practitioner text COLLATE "C" PRIMARY KEY CHECK (practitioner <> ''),  -- a reference
  name text NOT NULL CHECK (name <> ''),
  speciality text COLLATE "C" NOT NULL CHECK (speciality <> ''),
  commune text COLLATE "C" NOT NULL REFERENCES regulation_commune (code),
  radius_km int4 NOT NULL CHECK (radius_km BETWEEN 1 AND 100),
  hours jsonb NOT NULL,
  changed timestamptz NOT NULL,
  withdrawn timestamptz                          -- since when they do not consent any more
);
CREATE INDEX market_volunteer_speciality ON market_volunteer (speciality) WHERE withdrawn IS NULL;

-- Each consent and each withdrawal. Added to, never changed.
CREATE TABLE market_consent (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  practitioner text COLLATE "C" NOT NULL REFERENCES market_volunteer (practitioner),
  at timestamptz NOT NULL,
  gives bool NOT NULL
);
CREATE INDEX market_consent_practitioner ON market_consent (practitioner, n);
CREATE FUNCTION market_consent_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a consent is never changed: add another one' USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER market_consent_stays BEFORE UPDATE OR DELETE ON market_consent
  FOR EACH ROW EXECUTE FUNCTION market_consent_stays();

-- What is broadcast of a case: where, which speciality, how soon. Nothing of whom.
CREATE TABLE market_appeal (
  id uuid PRIMARY KEY,                           -- that of the form: sent twice, it is one
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  "case" uuid NOT NULL,
  commune text COLLATE "C" NOT NULL REFERENCES regulation_commune (code),
  speciality text COLLATE "C" NOT NULL CHECK (speciality <> ''),
  until timestamptz NOT NULL CHECK (until > started),    -- the latest start that is wished
  started timestamptz NOT NULL,
  started_by text COLLATE "C" NOT NULL CHECK (started_by <> ''),
  round int2 NOT NULL CHECK (round BETWEEN 1 AND 3),
  round_since timestamptz NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('open', 'accepted', 'confirmed', 'ended', 'withdrawn')),
  changed timestamptz NOT NULL
);
CREATE UNIQUE INDEX market_appeal_once ON market_appeal (centre, "case") WHERE state IN ('open', 'accepted');
CREATE INDEX market_appeal_due ON market_appeal (round_since) WHERE state = 'open';
CREATE INDEX market_appeal_centre ON market_appeal (centre, started);

CREATE TABLE market_proposal (
  appeal uuid NOT NULL REFERENCES market_appeal (id),
  practitioner text COLLATE "C" NOT NULL REFERENCES market_volunteer (practitioner),
  round int2 NOT NULL,
  rank int2 NOT NULL CHECK (rank > 0),           -- by the rule of equity
  km float8 NOT NULL,
  at timestamptz NOT NULL,
  declined timestamptz,
  PRIMARY KEY (appeal, practitioner)
);
CREATE INDEX market_proposal_practitioner ON market_proposal (practitioner, at);

-- Who has it: the key lets one in, however many accept at once.
CREATE TABLE market_acceptance (
  appeal uuid PRIMARY KEY,
  practitioner text COLLATE "C" NOT NULL,
  starts timestamptz NOT NULL,
  at timestamptz NOT NULL,
  FOREIGN KEY (appeal, practitioner) REFERENCES market_proposal (appeal, practitioner)
);
CREATE INDEX market_acceptance_practitioner ON market_acceptance (practitioner, at);

GRANT SELECT, INSERT ON market_volunteer, market_consent, market_appeal, market_proposal, market_acceptance TO cordee_app;
GRANT UPDATE (name, speciality, commune, radius_km, hours, changed, withdrawn) ON market_volunteer TO cordee_app;
GRANT UPDATE (round, round_since, state, changed) ON market_appeal TO cordee_app;
GRANT UPDATE (declined) ON market_proposal TO cordee_app;

-- Accounts of regulators at vendors of slots (INT_R02): what is wanted there, and what was told. C3.7.
CREATE TABLE sas_account (
  vendor text COLLATE "C" NOT NULL CHECK (vendor <> ''),
  number text COLLATE "C" NOT NULL CHECK (number <> ''), -- RPPS, or an id of ours
  family text NOT NULL,
  given text NOT NULL,
  email text NOT NULL,
  is_active bool NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'told', 'refused')),
  tries int4 NOT NULL DEFAULT 0,
  due timestamptz NOT NULL,
  changed timestamptz NOT NULL,
  reason text COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY (vendor, number)
);
CREATE INDEX sas_account_due ON sas_account (due) WHERE state = 'waiting';

-- Appointments that vendors declare (INT_R03), as last told: professionals alone, no patient.
CREATE TABLE sas_appointment (
  vendor text COLLATE "C" NOT NULL CHECK (vendor <> ''),
  key text COLLATE "C" NOT NULL CHECK (key <> ''),       -- system|value
  status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'booked', 'fulfilled', 'noshow', 'cancelled')),
  starts timestamptz NOT NULL,
  ends timestamptz NOT NULL CHECK (ends > starts),
  operator text COLLATE "C" NOT NULL,
  practitioner text COLLATE "C" NOT NULL,
  told timestamptz,                              -- the version that the vendor says
  changed timestamptz NOT NULL,
  PRIMARY KEY (vendor, key)
);
CREATE INDEX sas_appointment_starts ON sas_appointment (starts);

-- Each message once; what cannot be used stays, sealed, until somebody has it taken again.
CREATE TABLE sas_received (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  vendor text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,
  at timestamptz NOT NULL,
  times int4 NOT NULL DEFAULT 1,
  state text COLLATE "C" NOT NULL CHECK (state IN ('taken', 'old', 'dead')),
  reason text COLLATE "C" NOT NULL DEFAULT '',
  content bytea,                                 -- sealed, of a dead one
  data_key int4,
  UNIQUE (vendor, digest)
);
CREATE INDEX sas_received_dead ON sas_received (n) WHERE state = 'dead';

GRANT SELECT, INSERT ON sas_account, sas_appointment, sas_received TO cordee_app;
GRANT UPDATE (family, given, email, is_active, state, tries, due, changed, reason) ON sas_account TO cordee_app;
GRANT UPDATE (status, starts, ends, operator, practitioner, told, changed) ON sas_appointment TO cordee_app;
GRANT UPDATE (times, state, reason, content, data_key) ON sas_received TO cordee_app;
