-- Events are taken under a lease: who decides whom to tell keeps no transaction open. Decision 0051.
ALTER TABLE event ADD COLUMN leased timestamptz;  -- until when a process is at it
GRANT UPDATE (leased) ON event TO cordee_app;
