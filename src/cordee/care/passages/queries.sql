-- name: sent
INSERT INTO form_sent (number, task, at) VALUES ($1::uuid, $2, $3)
ON CONFLICT (number) DO NOTHING RETURNING task;

-- name: task_of
SELECT task FROM form_sent WHERE number = $1::uuid;

-- name: expected
-- Residents whom a structure expects or has, for what a hospital's own software tells of them.
SELECT task, state FROM workflow_task
WHERE machine = 'emergency-passage' AND patient = $1 AND owner = $2 AND NOT is_over
ORDER BY begun DESC LIMIT 1;
