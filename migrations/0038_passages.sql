-- Forms that were sent, by the number that the form was opened with: sent twice, they are one. Decision 0057.
CREATE TABLE form_sent (
  number uuid PRIMARY KEY,
  task text COLLATE "C" NOT NULL CHECK (task <> ''),
  at timestamptz NOT NULL
);
CREATE INDEX form_sent_at ON form_sent (at);
GRANT SELECT, INSERT ON form_sent TO cordee_app;
