-- With whom and where a held slot is: what its case and the list of who did not come say. C3.3, C3.5, decision 0086.

ALTER TABLE slot_hold ADD COLUMN who text NOT NULL DEFAULT '';
ALTER TABLE slot_hold ADD COLUMN place text NOT NULL DEFAULT '';
GRANT UPDATE (who, place) ON slot_hold TO cordee_app;
