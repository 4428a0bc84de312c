-- Centres of other installations, and the calls that they hand over until those are in the queue. C2.5, decision 0090.

CREATE TABLE overflow_peer (
  centre text COLLATE "C" PRIMARY KEY CHECK (centre ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  hub text COLLATE "C" NOT NULL UNIQUE CHECK (hub ~ '^fr\.health\.[A-Za-z0-9]+$'),
  name text NOT NULL CHECK (name <> ''),
  department text COLLATE "C" NOT NULL CHECK (department ~ '^[0-9A-Z]{3}$')
);

CREATE TABLE overflow_parcel (
  centre text COLLATE "C" NOT NULL,
  call uuid NOT NULL,
  content bytea NOT NULL,                        -- sealed: the caller's number, the case as RS-EDA
  data_key int4 NOT NULL,
  came timestamptz NOT NULL,
  PRIMARY KEY (centre, call)
);

-- What a centre tells its neighbours of its département: who is on duty, and where to ring.
CREATE TABLE overflow_contact (
  centre text COLLATE "C" NOT NULL REFERENCES regulation_centre (id),
  place int2 NOT NULL CHECK (place BETWEEN 0 AND 99),
  label text NOT NULL CHECK (label <> ''),
  number text NOT NULL CHECK (number <> ''),
  said timestamptz NOT NULL,
  said_name text NOT NULL,
  PRIMARY KEY (centre, place)
);

-- What is sent again while the first copy still waits is the same letter.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX overflow_message_same ON overflow_message (recipient, md5(content::text));

GRANT SELECT, INSERT, DELETE ON overflow_contact TO cordee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON overflow_peer TO cordee_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON overflow_parcel TO cordee_app;
