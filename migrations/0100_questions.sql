-- What each person was told of cohorts, so that no sequence of questions isolates anybody. Rows are
-- of one load of the facts; `members` are pseudonymous numbers (requirement G1.10).
CREATE TABLE population_question (
  number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  person text NOT NULL CHECK (person <> ''),
  facts text NOT NULL CHECK (facts <> ''),
  definition text NOT NULL CHECK (definition <> ''),
  members int8[] NOT NULL,
  low int4 NOT NULL CHECK (low >= 0),
  high int4 CHECK (high >= low)
);
CREATE INDEX population_question_person ON population_question (person, facts, number);
GRANT SELECT, INSERT ON population_question TO cordee_app;
