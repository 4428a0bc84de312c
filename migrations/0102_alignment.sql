-- Boards where territories rank priorities (requirement G2.7): what was put to them, what each said and when, how it
-- ended. Nobody who serves may change or remove a row: who changes their mind says so in a row of its own.
CREATE TABLE population_board (
  number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  made_by text NOT NULL CHECK (made_by <> ''),
  title text NOT NULL CHECK (title <> '' AND length(title) <= 200),
  starts date NOT NULL,
  ends date NOT NULL CHECK (ends >= starts),
  body jsonb NOT NULL                                 -- level, territories, priorities with their figures, how many count
);
CREATE TABLE population_stance (
  number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  board int8 NOT NULL REFERENCES population_board,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  made_by text NOT NULL CHECK (made_by <> ''),
  territory text COLLATE "C" NOT NULL CHECK (territory <> ''),
  priorities int4[] NOT NULL,                         -- the numbers of the priorities, the first one first
  motive text NOT NULL CHECK (length(motive) <= 500),
  CHECK ((cardinality(priorities) = 0) = (motive <> ''))  -- ranked, or declined and said why
);
CREATE INDEX population_stance_board ON population_stance (board, number);
CREATE TABLE population_board_result (
  board int8 PRIMARY KEY REFERENCES population_board,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  made_by text NOT NULL CHECK (made_by <> ''),
  body jsonb NOT NULL,
  digest text NOT NULL CHECK (length(digest) = 64)
);
GRANT SELECT, INSERT ON population_board, population_stance, population_board_result TO cordee_app;
