-- What was taken in from the national directories: a resource is written when its digest changed.

CREATE TABLE directory_entry (
  source text NOT NULL CHECK (source IN ('finess', 'rpps', 'mssante')),
  type text NOT NULL,
  id text NOT NULL COLLATE "C",
  digest bytea NOT NULL,
  number text NOT NULL DEFAULT '',      -- RPPS of a Practitioner
  active bool NOT NULL DEFAULT true,
  place text NOT NULL DEFAULT '',       -- what stood here for it already, left as it is
  PRIMARY KEY (source, type, id)
);
CREATE INDEX directory_entry_number ON directory_entry (number) WHERE number <> '';

GRANT SELECT, INSERT, UPDATE ON directory_entry TO cordee_app;
