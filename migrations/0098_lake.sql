-- Who was left out of the lake at its last turn, by reader of the journal: what changed since is
-- purged, or let in again (requirement G1.2). Hashes of persons alone, as in `closed_circle`.
CREATE TABLE lake_opposition (
  reader text COLLATE "C" NOT NULL CHECK (reader <> ''),
  person int8 NOT NULL,
  PRIMARY KEY (reader, person)
);
CREATE INDEX lake_opposition_person ON lake_opposition (person);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX consent_statement_warehouse ON consent_statement (patient, n DESC)
  INCLUDE (holds) WHERE what = 'warehouse-opposed';
GRANT SELECT, INSERT, DELETE ON lake_opposition TO cordee_app;
