-- name: file
-- $1 moment, $2 patient, $3 kind, $4 channel, $5 who, $6 words.
INSERT INTO rights_request (at, patient, kind, channel, said_by, words)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id;

-- name: requests
-- Requests with their steps, the newest first. $1 most, $2 one alone, $3 of one patient.
SELECT q.*, coalesce((SELECT jsonb_agg(jsonb_build_array(s.kind, s.at, s.by, s.words) ORDER BY s.n)
  FROM rights_step s WHERE s.request = q.id), '[]')::text AS steps
FROM rights_request q
WHERE ($2::uuid IS NULL OR q.id = $2) AND ($3::text IS NULL OR q.patient = $3)
ORDER BY q.at DESC LIMIT $1;

-- name: step
-- $1 request, $2 moment, $3 who, $4 kind, $5 words.
INSERT INTO rights_step (request, at, by, kind, words) VALUES ($1, $2, $3, $4, $5);

-- name: limit
-- $1 hash of the patient.
INSERT INTO closed_circle (actor, pat) VALUES (-1, $1) ON CONFLICT DO NOTHING;

-- name: lift
-- $1 hash of the patient.
DELETE FROM closed_circle WHERE actor = -1 AND pat = $1;

-- name: known_patient
-- $1 id.
SELECT EXISTS (SELECT FROM r_patient r WHERE r.type = 103 AND r.id = $1 AND r.lab & 16384 = 0);

-- name: who_saw
-- Lines of the trail that name a patient, the oldest first. $1 hash.
SELECT a.n, a.at, a.actor, a.action::text AS action, a.detail, w.name, w.role, w.structure
FROM audit a LEFT JOIN acting w ON w.id = a.acting
WHERE a.pats @> ARRAY[$1::int8] ORDER BY a.n;

-- name: trace
-- $1 who, $2 as what, $3 hash of the patient, $4 what.
INSERT INTO audit (acting, actor, action, type, pats, detail)
VALUES ($2, $1, 'R', 103, ARRAY[$3::int8], $4);
