-- name: active
-- The active plans of some people, by their Tasks.
SELECT task, owner, patient FROM workflow_task
WHERE machine = 'care-plan' AND state = 'active' AND patient = ANY ($1::text[]) AND NOT is_over;
