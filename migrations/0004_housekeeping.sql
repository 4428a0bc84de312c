-- What a serving process may do to keep searches quick: docs/operator/database.md. It owns nothing.

-- Moves what was written lately from the waiting lists of the key indexes into their trees: a search
-- reads a list from end to end. Gives the pages that were moved.
CREATE FUNCTION clean_pending_keys() RETURNS int8
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce(sum(gin_clean_pending_list(i.inhrelid)), 0)::int8 FROM pg_inherits i
  WHERE i.inhparent = 'public.resource_keys'::regclass;
END;
REVOKE ALL ON FUNCTION clean_pending_keys() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION clean_pending_keys() TO cordee_app;

-- To take statistics of all resources together, which autovacuum never does, and to vacuum what
-- index-only scans stand on. Not a right to change or to remove a row.
GRANT MAINTAIN ON resource, sp_sort, sp_date, sp_qty, sp_str, sp_place, care_circle TO cordee_app;
DO $$
DECLARE
  part regclass;
BEGIN
  FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'resource'::regclass LOOP
    EXECUTE format('GRANT MAINTAIN ON %s TO cordee_app', part);
  END LOOP;
END $$;
