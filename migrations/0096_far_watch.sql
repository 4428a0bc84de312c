-- The index of a centre of another installation, as it last told it: read while it is fresh. C2.1, decision 0108.
CREATE TABLE overflow_far_watch (
  centre text COLLATE "C" PRIMARY KEY,
  colour int4 NOT NULL CHECK (colour BETWEEN 0 AND 2),
  since timestamptz NOT NULL,
  level float8 NOT NULL,
  load jsonb NOT NULL,
  at timestamptz NOT NULL,                        -- when it was taken there
  heard timestamptz NOT NULL                      -- when it came here: its age is counted from this
);
GRANT SELECT, INSERT, UPDATE ON overflow_far_watch TO cordee_app;
