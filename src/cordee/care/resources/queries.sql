-- name: records
-- How each owner has answered what it was asked since a moment: $1 machines, $2 since, $3 owners,
-- $4 states that accept, $5 states that refuse (as machine/state), $6 silent since before.
SELECT owner, count(*) AS asked,
  count(*) FILTER (WHERE accepts) AS accepted,
  count(*) FILTER (WHERE NOT accepts) AS refused,
  count(*) FILTER (WHERE accepts IS NULL AND NOT is_over AND begun < $6) AS silent,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM answered - begun)) AS median
FROM (
  SELECT t.owner, t.begun, t.is_over, a.accepts, a.at AS answered FROM workflow_task t
  LEFT JOIN LATERAL (
    SELECT s.at, t.machine || '/' || s.after = ANY ($4::text[]) AS accepts FROM workflow_step s
    WHERE s.task = t.task AND t.machine || '/' || s.after = ANY ($4::text[] || $5::text[])
    ORDER BY s.n LIMIT 1) a ON true
  WHERE t.machine = ANY ($1::text[]) AND t.begun >= $2 AND t.owner = ANY ($3::text[])) answers
GROUP BY owner;
