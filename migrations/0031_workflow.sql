-- Where each governed Task stands, what it went through, what is due, and who won among several. Decision 0056.

-- The present state, moved in the transaction of the Task. Parties and patient are references, `Type/id`.
CREATE TABLE workflow_task (
  task text COLLATE "C" PRIMARY KEY CHECK (task <> ''),
  machine text COLLATE "C" NOT NULL CHECK (machine <> ''),
  state text COLLATE "C" NOT NULL CHECK (state <> ''),
  owner text COLLATE "C" NOT NULL,
  requester text COLLATE "C" NOT NULL,
  grp text COLLATE "C" NOT NULL DEFAULT '',
  patient text COLLATE "C" NOT NULL CHECK (patient <> ''),
  begun timestamptz NOT NULL,
  since timestamptz NOT NULL,
  is_over boolean NOT NULL
);
CREATE INDEX workflow_task_owner ON workflow_task (owner, machine, since) WHERE NOT is_over;
CREATE INDEX workflow_task_requester ON workflow_task (requester, machine, since);
CREATE INDEX workflow_task_group ON workflow_task (grp) WHERE grp <> '';
CREATE INDEX workflow_task_patient ON workflow_task (patient);

-- Each state that a Task entered: by which move, who made it, when. Never changed.
CREATE TABLE workflow_step (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL,
  agent text NOT NULL CHECK (agent <> ''),
  acting int8,
  move text COLLATE "C" NOT NULL,
  before text COLLATE "C" NOT NULL,
  after text COLLATE "C" NOT NULL,
  reason text NOT NULL DEFAULT ''
);
CREATE INDEX workflow_step_task ON workflow_step (task, n);

-- Of the Tasks of a lot one wins: whoever comes second is told so, whatever the instant.
CREATE TABLE workflow_award (
  grp text COLLATE "C" PRIMARY KEY CHECK (grp <> ''),
  task text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL
);

-- What is due in the state that a Task is in. `leased` is until when a process has taken it.
CREATE TABLE workflow_clock (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task text COLLATE "C" NOT NULL REFERENCES workflow_task,
  name text COLLATE "C" NOT NULL CHECK (name <> ''),
  state text COLLATE "C" NOT NULL,
  due timestamptz NOT NULL,
  leased timestamptz,
  tries int4 NOT NULL DEFAULT 0,
  ended timestamptz,
  outcome text COLLATE "C" NOT NULL DEFAULT '' CHECK ((outcome = '') = (ended IS NULL))
);
CREATE INDEX workflow_clock_due ON workflow_clock (due) WHERE ended IS NULL;
CREATE INDEX workflow_clock_task ON workflow_clock (task, n);

GRANT SELECT, INSERT ON workflow_task, workflow_step, workflow_award, workflow_clock TO cordee_app;
GRANT DELETE ON workflow_award TO cordee_app;
GRANT UPDATE (state, owner, since, is_over) ON workflow_task TO cordee_app;
GRANT UPDATE (leased, tries, ended, outcome) ON workflow_clock TO cordee_app;
