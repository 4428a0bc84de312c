-- name: watch
INSERT INTO vigil (rule, focus, patient, place, starts, ends, due)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (rule, focus) DO NOTHING;

-- name: due
SELECT n, rule, focus, patient, place, starts, ends, state, task FROM vigil
WHERE state IN ('waiting', 'raised') AND due <= $1 AND (leased IS NULL OR leased <= $1)
ORDER BY due LIMIT $2 FOR UPDATE SKIP LOCKED;

-- name: lease
UPDATE vigil SET leased = $2 WHERE n = ANY ($1::int8[]);

-- name: decide
UPDATE vigil SET state = $2, task = $3, decided = $4, due = $5, leased = NULL
WHERE n = $1 AND state = $6 RETURNING n;
