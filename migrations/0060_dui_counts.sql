-- How many records of each home of a group are active, day by day: numbers alone, no patient value. B7.6, decision 0071.

CREATE TABLE dui_count (
  home text COLLATE "C" NOT NULL CHECK (home <> ''),
  day date NOT NULL,
  home_name text NOT NULL,
  head text COLLATE "C" NOT NULL CHECK (head <> ''),   -- the structure that manages the home on that day
  head_name text NOT NULL,
  category text COLLATE "C" NOT NULL,
  total int4 NOT NULL CHECK (total >= 0),
  active int4 NOT NULL CHECK (active BETWEEN 0 AND total),
  rule text NOT NULL,                                   -- the definition by which it was counted
  counted timestamptz NOT NULL,
  PRIMARY KEY (home, day)
);
CREATE INDEX dui_count_head ON dui_count (head, day DESC);
CREATE INDEX dui_count_day ON dui_count (day DESC);

GRANT SELECT, INSERT ON dui_count TO cordee_app;
