-- name: enter
-- A state begins; a Task that is new is put down.
INSERT INTO workflow_task
  (task, machine, state, owner, requester, grp, patient, begun, since, is_over)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
ON CONFLICT (task) DO UPDATE SET state = excluded.state, owner = excluded.owner,
  since = excluded.since, is_over = excluded.is_over;

-- name: step
INSERT INTO workflow_step (task, at, agent, acting, move, before, after, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: end_clocks
UPDATE workflow_clock SET ended = $2, outcome = 'left' WHERE task = $1 AND ended IS NULL;

-- name: end_clock
UPDATE workflow_clock SET ended = $3, outcome = 'left'
WHERE task = $1 AND name = $2 AND ended IS NULL;

-- name: set_clock
INSERT INTO workflow_clock (task, name, state, due) VALUES ($1, $2, $3, $4);

-- name: win
-- The Task that has won: the given one, or whoever came before.
WITH won AS (
  INSERT INTO workflow_award (grp, task, at) VALUES ($1, $2, $3) ON CONFLICT (grp) DO NOTHING
  RETURNING task)
SELECT task FROM won UNION ALL SELECT task FROM workflow_award WHERE grp = $1 LIMIT 1;

-- name: give_up
DELETE FROM workflow_award WHERE grp = $1 AND task = $2;

-- name: losers
SELECT task, state FROM workflow_task WHERE grp = $1 AND task <> $2 AND NOT is_over;

-- name: due
SELECT c.n, c.task, c.name, c.state, c.due, c.tries, t.machine, t.owner, t.requester, t.patient
FROM workflow_clock c JOIN workflow_task t USING (task)
WHERE c.ended IS NULL AND c.due <= $1 AND (c.leased IS NULL OR c.leased <= $1)
ORDER BY c.due LIMIT $2 FOR UPDATE OF c SKIP LOCKED;

-- name: lease
UPDATE workflow_clock SET leased = $2, tries = tries + 1 WHERE n = ANY ($1::int8[]);

-- name: again
UPDATE workflow_clock SET leased = $2 WHERE n = $1;

-- name: rang
UPDATE workflow_clock SET ended = $2, outcome = $3 WHERE n = $1 AND ended IS NULL RETURNING n;

-- name: story
SELECT at, agent, move, before, after, reason FROM workflow_step WHERE task = $1 ORDER BY n;

-- name: clocks
-- What runs for some Tasks, the next due first.
SELECT task, name, due FROM workflow_clock WHERE task = ANY ($1::text[]) AND ended IS NULL
ORDER BY due;

-- name: todo
-- What waits for some people or structures, the most pressing first: their turn by machine and state.
SELECT t.task, min(c.due) AS due FROM workflow_task t
LEFT JOIN workflow_clock c ON c.task = t.task AND c.ended IS NULL
WHERE NOT t.is_over AND (
  (t.owner = ANY ($1::text[]) AND t.machine || '/' || t.state = ANY ($2::text[]))
  OR (t.requester = ANY ($1::text[]) AND t.machine || '/' || t.state = ANY ($3::text[])))
GROUP BY t.task ORDER BY min(c.due) NULLS LAST, t.task LIMIT $4;

-- name: form_sent
INSERT INTO form_sent (number, task, at) VALUES ($1::uuid, $2, $3)
ON CONFLICT (number) DO NOTHING RETURNING task;

-- name: task_of_form
SELECT task FROM form_sent WHERE number = $1::uuid;
