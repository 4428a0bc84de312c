-- Who follows the journal, and how far each has come: moved in the transaction of what the reader makes.

CREATE TABLE journal_reader (
  name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
  n int8 NOT NULL CHECK (n >= 0),
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, UPDATE ON journal_reader TO cordee_app;
