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
