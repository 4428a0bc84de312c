-- What is sent to and received from the Hub Santé: each message with its state, tries and expiry. C2.7, decision 0079.

-- `client` is who we are there (such as fr.health.samu750), `peer` who is at the other end. A message is
-- received, and what acknowledges it stands here to be sent, before the Hub is told that we have it.
CREATE TABLE hub_message (
  n int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  direction text COLLATE "C" NOT NULL CHECK (direction IN ('in', 'out')),
  client text COLLATE "C" NOT NULL CHECK (client <> ''),
  peer text COLLATE "C" NOT NULL CHECK (peer <> ''),
  number text COLLATE "C" NOT NULL CHECK (number <> '' AND length(number) <= 200), -- distributionID
  kind text COLLATE "C" NOT NULL,                -- RS-EDA, RC-REF…; empty: nobody can tell
  distribution text COLLATE "C" NOT NULL CHECK (distribution IN ('Report', 'Update', 'Cancel', 'Ack', 'Error')),
  about text COLLATE "C" NOT NULL DEFAULT '',    -- the number of the message that this one answers
  state text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'sent', 'acknowledged', 'late', 'refused',
    'expired', 'dead', 'again', 'received', 'taken')),
  code int4 NOT NULL DEFAULT 0,                  -- that of RS-ERROR
  reason text NOT NULL DEFAULT '',               -- path and rule; never a value of the message
  tries int4 NOT NULL DEFAULT 0,
  due timestamptz,                               -- when it is sent, or sent again; null: nothing is to be sent
  expires timestamptz NOT NULL,
  made timestamptz NOT NULL,
  changed timestamptz NOT NULL,
  data_key int4 NOT NULL,
  content bytea NOT NULL,                        -- the whole envelope, sealed
  CONSTRAINT hub_message_once UNIQUE (direction, client, peer, number)
);
CREATE INDEX hub_message_due ON hub_message (client, due) WHERE due IS NOT NULL;
CREATE INDEX hub_message_received ON hub_message (n) WHERE state = 'received';
CREATE INDEX hub_message_repair ON hub_message (n DESC) WHERE state IN ('late', 'refused', 'expired', 'dead');
CREATE INDEX hub_message_made ON hub_message (made);

GRANT SELECT, INSERT ON hub_message TO cordee_app;
GRANT UPDATE (state, code, reason, tries, due, changed) ON hub_message TO cordee_app;
