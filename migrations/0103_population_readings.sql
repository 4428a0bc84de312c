-- The register of questions of population health (requirement G1.7): who read what figures, with the text of what was asked.
-- A row is written before the answer is sent; nobody who serves may change or remove one.
CREATE TABLE population_reading (
  number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  person text NOT NULL CHECK (person <> ''),
  name text NOT NULL,
  what text COLLATE "C" NOT NULL CHECK (what <> ''),
  asked text NOT NULL CHECK (length(asked) <= 20000)
);
GRANT SELECT, INSERT ON population_reading TO cordee_app;
