-- A comparison of places for a team is kept as a proposal, as a version of an indicator is: as told
-- on a day, for ever (requirement G2.5).
ALTER TABLE population_snapshot
ADD COLUMN kind text NOT NULL DEFAULT 'indicator'
CONSTRAINT population_snapshot_kind CHECK (kind IN ('indicator', 'siting'));
