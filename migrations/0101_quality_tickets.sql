-- Tickets to a source about the quality of what it tells (requirement G1.4; decision 0115): what was seen, with the figure of
-- that day; each step keeps who took it and when. A step is never changed; the state is that of the newest one.
CREATE TABLE quality_ticket (
  number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  form uuid NOT NULL UNIQUE,                          -- that of the form: sent twice, it is one
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  made_by text NOT NULL CHECK (made_by <> ''),
  source text COLLATE "C" NOT NULL CHECK (source <> ''),
  kind text COLLATE "C" NOT NULL CHECK (kind <> ''),
  check_name text COLLATE "C" NOT NULL CHECK (check_name <> ''),
  dimension text COLLATE "C" NOT NULL CHECK (dimension IN ('completeness', 'plausibility', 'timeliness', 'drift')),
  seen jsonb NOT NULL,                                -- the line of the report when it was opened, with its day
  words text NOT NULL CHECK (length(words) BETWEEN 1 AND 2000)
);
CREATE TABLE quality_ticket_step (
  number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ticket int8 NOT NULL REFERENCES quality_ticket,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  made_by text NOT NULL CHECK (made_by <> ''),
  state text COLLATE "C" NOT NULL CHECK (state IN ('sent', 'fixed', 'contested', 'closed')),
  words text NOT NULL DEFAULT '' CHECK (length(words) <= 2000)
);
CREATE INDEX quality_ticket_step_ticket ON quality_ticket_step (ticket, number);
GRANT SELECT, INSERT ON quality_ticket, quality_ticket_step TO cordee_app;
