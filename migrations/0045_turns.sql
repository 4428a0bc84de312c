-- `turn_terms` as before, but it waits for nobody: who is writing the same team makes its ties right,
-- who is turning the same rows is doing just that, and whoever looked looks again within a second. So
-- that no two of them can stand in each other's way. Decision 0053.
CREATE OR REPLACE FUNCTION turn_terms(
  at timestamptz, of_actor int8[] DEFAULT NULL, of_rid int8[] DEFAULT NULL
) RETURNS int4 LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  rids int8[];
  actors int8[];
BEGIN
  SELECT array_agg(due.rid), array_agg(due.actor) INTO rids, actors FROM (
    SELECT t.rid, t.actor FROM circle_term t
    WHERE t.turns <= at AND (of_actor IS NULL OR t.actor = ANY (of_actor))
      AND (of_rid IS NULL OR t.rid = ANY (of_rid))
    FOR UPDATE SKIP LOCKED) due;
  IF rids IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM FROM care_circle c WHERE c.rid = ANY (rids) ORDER BY c.rid, c.actor FOR UPDATE NOWAIT;
  UPDATE circle_term t SET turns = CASE WHEN t.ends <= at THEN 'infinity'
    WHEN t.starts <= at THEN t.ends ELSE t.starts END
  FROM unnest(rids, actors) d(rid, actor)
  WHERE t.turns <= at AND t.rid = d.rid AND t.actor = d.actor;
  DELETE FROM care_circle c USING unnest(rids, actors) d(rid, actor)
  WHERE c.rid = d.rid AND c.actor = d.actor AND NOT EXISTS (
    SELECT FROM circle_term t
    WHERE t.rid = d.rid AND t.actor = d.actor AND t.starts <= at AND at < t.ends);
  INSERT INTO care_circle (actor, pat, rid)
  SELECT DISTINCT t.actor, t.pat, t.rid
  FROM unnest(rids, actors) d(rid, actor)
  JOIN circle_term t ON t.rid = d.rid AND t.actor = d.actor AND t.starts <= at AND at < t.ends
  WHERE NOT EXISTS (SELECT FROM care_circle c WHERE c.rid = t.rid AND c.actor = t.actor);
  PERFORM close_circle(k.pat) FROM (
    SELECT DISTINCT k.pat FROM closed_circle k
    JOIN circle_term t ON t.pat = k.pat AND t.rid = ANY (rids)) k;
  RETURN cardinality(rids);
EXCEPTION WHEN lock_not_available THEN
  -- Within a write of ours (`of_rid`) the rows are our own: nobody else holds them.
  RETURN 0;
END $$;
