-- Subscriptions that are told of writes, their events, and what is left to say. Decision 0048.
-- The Subscription itself is a resource; here is what the engine adds to it.

CREATE TABLE subscription (
  id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
  status text NOT NULL CHECK (status IN ('requested', 'active', 'error', 'off')),
  form text NOT NULL CHECK (form IN ('topic', 'plain', 'national')),
  channel text NOT NULL CHECK (channel IN ('rest-hook', 'websocket', 'email', 'server-sent-events')),
  owner text NOT NULL CHECK (owner <> ''),   -- login of who made it
  client text NOT NULL DEFAULT '',           -- by which application
  sealed bytea NOT NULL,                     -- as whom it was made, and the whole of it with its headers
  made timestamptz NOT NULL,                 -- writes before count for nothing
  ends timestamptz,
  heartbeat int4 NOT NULL DEFAULT 0,
  timeout int4 NOT NULL DEFAULT 10,
  events int8 NOT NULL DEFAULT 0 CHECK (events >= 0),  -- number of the newest event
  settled int8 NOT NULL DEFAULT 0,           -- up to which number was looked; below 0 after a replay
  tries int4 NOT NULL DEFAULT 0,             -- failures in a row
  failing timestamptz,                       -- since when
  spoken timestamptz,                        -- when it was last told something
  due timestamptz,                           -- when there is something to do
  leased timestamptz,                        -- until when a process is at it
  error text NOT NULL DEFAULT ''
);
CREATE INDEX subscription_due ON subscription (due) WHERE due IS NOT NULL;
CREATE INDEX subscription_owner ON subscription (owner);

-- One event of one subscription: numbers have no gap. `focus` is an id, nothing of the content.
CREATE TABLE subscription_event (
  subscription text COLLATE "C" NOT NULL REFERENCES subscription ON DELETE CASCADE,
  n int8 NOT NULL CHECK (n > 0),
  type int2 NOT NULL,
  focus text COLLATE "C" NOT NULL,
  version int4 NOT NULL,
  method int2 NOT NULL,
  at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dropped', 'dead')),
  settled timestamptz,
  reason text NOT NULL DEFAULT '',
  PRIMARY KEY (subscription, n)
);
CREATE INDEX subscription_event_waiting ON subscription_event (subscription, n) WHERE state = 'waiting';
CREATE INDEX subscription_event_dead ON subscription_event (subscription, n) WHERE state = 'dead';
CREATE INDEX subscription_event_settled ON subscription_event (settled) WHERE settled IS NOT NULL;

-- Opens one socket, once, for the subscriptions of who asked; only its digest is kept.
CREATE TABLE subscription_token (
  digest bytea PRIMARY KEY,
  subscriptions text[] NOT NULL,
  until timestamptz NOT NULL
);

-- Events go with their subscription, or by the rule of retention.
GRANT SELECT, INSERT, UPDATE, DELETE ON subscription TO cordee_app;
GRANT SELECT, INSERT, UPDATE ON subscription_event TO cordee_app;
GRANT SELECT, INSERT, DELETE ON subscription_token TO cordee_app;
