-- An appointment that a vendor declares (INT_R03) is joined to the slot that a case holds or booked there. C3.7, decision 0109.
ALTER TABLE sas_appointment ADD COLUMN hold uuid;   -- null: not ours, or not surely
GRANT UPDATE (hold) ON sas_appointment TO cordee_app;
GRANT UPDATE (starts) ON slot_hold TO cordee_app;   -- the vendor moves what was booked with it
