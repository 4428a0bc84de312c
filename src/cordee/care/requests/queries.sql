-- name: counts
-- How many requests run, by machine, state and lateness, for who has to act or has asked.
SELECT t.machine, t.state, count(*) AS count,
  count(*) FILTER (WHERE EXISTS (
    SELECT FROM workflow_clock c WHERE c.task = t.task AND c.ended IS NULL AND c.due < $3)) AS late
FROM workflow_task t
WHERE NOT t.is_over AND t.machine = ANY ($4::text[])
  AND CASE WHEN $2 THEN t.requester = ANY ($1::text[]) ELSE t.owner = ANY ($1::text[]) END
GROUP BY t.machine, t.state ORDER BY t.machine, t.state;
