-- name: away
-- The passage of a person that runs, the newest where there are several.
SELECT task, state, owner FROM workflow_task
WHERE machine = 'emergency-passage' AND patient = $1 AND NOT is_over
ORDER BY begun DESC LIMIT 1;

-- name: absences
-- Where the residents are whom a home has sent.
SELECT DISTINCT ON (patient) patient, task, state FROM workflow_task
WHERE machine = 'emergency-passage' AND requester = $1 AND NOT is_over
ORDER BY patient, begun DESC;
