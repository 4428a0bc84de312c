-- name: make_feed
-- $1 hash of the secret, $2 login, $3 patient or '', $4 as whom, $5 now.
INSERT INTO agenda_feed (secret, login, patient, told, made) VALUES ($1, $2, $3, $4::jsonb, $5);

-- name: feeds
-- Links of a login that still open. $1 login.
SELECT n, patient, made, used FROM agenda_feed WHERE login = $1 AND ended IS NULL ORDER BY n DESC;

-- name: end_feed
-- $1 number, $2 login, $3 now.
UPDATE agenda_feed SET ended = $3 WHERE n = $1 AND login = $2 AND ended IS NULL RETURNING n;

-- name: feed_of_secret
-- $1 hash of the secret, $2 now.
UPDATE agenda_feed SET used = $2 WHERE secret = $1 AND ended IS NULL
RETURNING patient, told::text AS told;
