-- Who saw a patient's record, for the patient: the lines of the trail that name them.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX audit_patients ON audit USING gin (pats) WITH (fastupdate = on);
