-- name: ask
-- A question; sent twice, it is one.
INSERT INTO simulation_run (id, asked, asked_at, asked_by, centre, total)
VALUES ($1, $2::text::jsonb, $3, $4, $5, $6) ON CONFLICT DO NOTHING

-- name: run
-- One question with its answer, of a centre.
SELECT id, asked::text AS asked, asked_at, total, done, result::text AS result, failed
FROM simulation_run WHERE id = $1 AND centre = $2

-- name: last_run
-- The newest question of a centre.
SELECT id FROM simulation_run WHERE centre = $1 ORDER BY asked_at DESC LIMIT 1

-- name: next_run
-- The oldest question that has no answer.
SELECT id, asked::text AS asked FROM simulation_run
WHERE result IS NULL AND failed = '' ORDER BY asked_at LIMIT 1

-- name: advance
-- How many evenings have been played.
UPDATE simulation_run SET done = $2 WHERE id = $1

-- name: settle
-- The answer.
UPDATE simulation_run SET done = total, result = $2::text::jsonb WHERE id = $1

-- name: fail
-- A question that could not be played.
UPDATE simulation_run SET failed = $2 WHERE id = $1

-- name: lead
-- Whether this process plays; one plays at a time, until its connection ends.
SELECT pg_try_advisory_lock(0x73696D75)
