-- name: courses
-- Requests to coordination begun in a period, by their steps alone: $1 from, $2 before, $3 owner or ''.
SELECT t.task, t.owner, t.begun,
  min(s.at) FILTER (WHERE s.before = 'received') AS acknowledged,
  min(s.at) FILTER (WHERE s.before = 'qualified' AND s.after <> 'withdrawn') AS evaluated,
  bool_or(s.after = 'support') AS support, bool_or(s.after = 'coordination') AS coordination,
  bool_or(s.after = 'orientation') AS orientation, bool_or(s.after = 'information') AS information,
  bool_or(s.after = 'out-of-scope') AS outside
FROM workflow_task t JOIN workflow_step s USING (task)
WHERE t.machine = 'dac-request' AND t.begun >= $1 AND t.begun < $2 AND ($3 = '' OR t.owner = $3)
GROUP BY t.task, t.owner, t.begun;

-- name: refusals
-- What each resource was asked in a period and has refused: $4 machines, $5 states that refuse.
SELECT t.owner, count(*) AS asked, count(*) FILTER (WHERE EXISTS (
  SELECT FROM workflow_step s WHERE s.task = t.task
  AND t.machine || '/' || s.after = ANY ($5::text[]))) AS refused
FROM workflow_task t
WHERE t.machine = ANY ($4::text[]) AND t.begun >= $1 AND t.begun < $2
  AND ($3 = '' OR t.requester = $3)
GROUP BY t.owner;
