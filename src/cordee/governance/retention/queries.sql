-- name: rules
-- The last word of the DPO on each class.
SELECT DISTINCT ON (class) class, days, basis, at, by FROM retention_rule ORDER BY class, n DESC;

-- name: history
-- All words of the DPO, the newest first. $1 most.
SELECT at, by, class, days, basis FROM retention_rule ORDER BY n DESC LIMIT $1;

-- name: say
-- $1 moment, $2 who, $3 class, $4 days, $5 basis.
INSERT INTO retention_rule (at, by, class, days, basis) VALUES ($1, $2, $3, $4, $5);

-- name: retain
-- $1 class, $2 before, $3 who, $4 as what, $5 really.
SELECT gone, digest FROM retain($1, $2, $3, $4, $5);

-- name: shortest
-- The shortest time that a class is kept, whatever anybody says. $1 class.
SELECT shortest FROM retention_class($1);

-- name: proofs
-- What was destroyed, the newest first. $1 most.
SELECT at, by, class, before, gone, digest FROM deletion_proof ORDER BY n DESC LIMIT $1;

-- name: purges
-- Purges of the trail, the newest first.
SELECT at, by, upto, lines, before, mac FROM audit_purge ORDER BY purge DESC;

-- name: last_round
SELECT (value ->> 'at')::timestamptz FROM installation WHERE key = 'retention';

-- name: remember_round
-- $1 moment.
INSERT INTO installation (key, value) VALUES ('retention', jsonb_build_object('at', $1::timestamptz))
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: over_trail
-- Lines of the trail that a purge could take. $1 before.
SELECT coalesce(sum(s.lines), 0)::int8 FROM audit_seal s
WHERE s.seal < (SELECT max(seal) FROM audit_seal)
  AND NOT EXISTS (SELECT FROM audit a WHERE a.n > s.after AND a.n <= s.upto AND a.at >= $1);
