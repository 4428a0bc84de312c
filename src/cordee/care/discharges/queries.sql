-- name: board
-- The running planners of a structure, the next due first, in these states.
SELECT t.task FROM workflow_task t
LEFT JOIN workflow_clock c ON c.task = t.task AND c.ended IS NULL AND c.name <> 'month'
WHERE t.machine = 'discharge' AND t.state = ANY ($2::text[]) AND NOT t.is_over
  AND (t.owner = ANY ($1::text[]) OR t.requester = ANY ($1::text[]))
GROUP BY t.task ORDER BY min(c.due) NULLS LAST, t.task LIMIT $3;

-- name: running
-- The planners of some people that are still before the discharge.
SELECT task, patient FROM workflow_task
WHERE machine = 'discharge' AND patient = ANY ($1::text[])
  AND state IN ('opened', 'prepared', 'ready') AND NOT is_over;

-- name: of_stay
SELECT task, state FROM workflow_task
WHERE machine = 'discharge' AND patient = $1 ORDER BY begun DESC LIMIT 20;

-- name: asked_here
-- What home services are asked for now, or have taken on, the oldest first.
SELECT t.task, t.state FROM workflow_task t
WHERE t.machine = 'home-care' AND t.owner = ANY ($1::text[]) AND t.state IN ('asked', 'accepted')
ORDER BY t.since LIMIT $2;

-- name: asked_of
SELECT state FROM workflow_task WHERE machine = 'home-care' AND task = $1 AND owner = ANY ($2::text[]);

-- name: letter_told
-- How the médecin traitant was told of a letter, and how far that has come.
SELECT n.reader, n.channel, n.state, n.changed FROM event e JOIN notification n ON n.event = e.n
WHERE e.source = 'letter/' || $1 AND n.rule = 'attending' ORDER BY n.n LIMIT 20;

-- name: forced
-- Discharges that were declared ready with something open, in a time, of a structure.
SELECT s.task, s.at, s.agent, s.reason, s.move FROM workflow_step s JOIN workflow_task t USING (task)
WHERE t.machine = 'discharge' AND s.move IN ('force', 'find-left')
  AND s.at >= $2 AND s.at < $3 AND (t.owner = ANY ($1::text[]) OR t.requester = ANY ($1::text[]))
ORDER BY s.at LIMIT $4;

-- name: left
-- Discharges of a time: when last declared ready, when left.
SELECT t.task, t.patient, t.owner, l.at AS left_at,
  (SELECT max(r.at) FROM workflow_step r WHERE r.task = t.task AND r.after = 'ready'
     AND r.at <= l.at) AS ready_at
FROM workflow_task t JOIN workflow_step l ON l.task = t.task AND l.after = 'left'
WHERE t.machine = 'discharge' AND l.at >= $2 AND l.at < $3
  AND ($1::text[] IS NULL OR t.owner = ANY ($1::text[]) OR t.requester = ANY ($1::text[]))
ORDER BY l.at LIMIT $4;
