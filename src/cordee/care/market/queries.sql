-- name: volunteer
-- Who somebody is as a volunteer. $1 practitioner.
SELECT practitioner, name, speciality, commune, radius_km, hours, changed, withdrawn
FROM market_volunteer WHERE practitioner = $1;

-- name: keep_volunteer
-- $1 practitioner, $2 name, $3 speciality, $4 commune, $5 km, $6 hours, $7 now.
INSERT INTO market_volunteer (practitioner, name, speciality, commune, radius_km, hours, changed)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7)
ON CONFLICT (practitioner) DO UPDATE SET name = $2, speciality = $3, commune = $4, radius_km = $5,
  hours = $6::text::jsonb, changed = $7, withdrawn = NULL;

-- name: withdraw_volunteer
-- $1 practitioner, $2 now.
UPDATE market_volunteer SET withdrawn = $2, changed = $2
WHERE practitioner = $1 AND withdrawn IS NULL RETURNING practitioner;

-- name: consent
-- Said again, it is not said twice. $1 practitioner, $2 now, $3 whether they consent.
INSERT INTO market_consent (practitioner, at, gives)
SELECT $1, $2, $3 WHERE $3 IS DISTINCT FROM (
  SELECT gives FROM market_consent WHERE practitioner = $1 ORDER BY n DESC LIMIT 1);

-- name: consents
-- $1 practitioner.
SELECT at, gives FROM market_consent WHERE practitioner = $1 ORDER BY n DESC LIMIT 50;

-- name: communes
-- The communes of the installation, by code.
SELECT code, name FROM regulation_commune ORDER BY name, code;

-- name: start
-- No row: the same form, or the case is under way. $1 id, $2 centre, $3 case, $4 commune,
-- $5 speciality, $6 until, $7 now, $8 by.
INSERT INTO market_appeal (id, centre, "case", commune, speciality, until, started, started_by,
  round, round_since, state, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $7, 'open', $7)
ON CONFLICT DO NOTHING RETURNING id;

-- name: known
-- $1 id, $2 centre, $3 case.
SELECT id FROM market_appeal WHERE id = $1 AND centre = $2 AND "case" = $3;

-- name: candidates
-- Volunteers not yet asked, within both radii, with what they had lately. $1 appeal, $2 commune,
-- $3 speciality, $4 km, $5 since.
SELECT * FROM (
  SELECT v.practitioner, v.hours, v.radius_km, past.served, past.last,
    2 * 6371 * asin(sqrt(power(sin(radians(b.latitude - a.latitude) / 2), 2)
      + cos(radians(a.latitude)) * cos(radians(b.latitude))
      * power(sin(radians(b.longitude - a.longitude) / 2), 2))) AS km
  FROM market_volunteer v
  JOIN regulation_commune a ON a.code = $2
  JOIN regulation_commune b ON b.code = v.commune
  CROSS JOIN LATERAL (
    SELECT (SELECT count(*) FROM market_acceptance x
            WHERE x.practitioner = v.practitioner AND x.at >= $5) AS served,
           (SELECT max(p.at) FROM market_proposal p
            WHERE p.practitioner = v.practitioner AND p.at >= $5) AS last
  ) past
  WHERE v.withdrawn IS NULL AND v.speciality = $3 AND NOT EXISTS (
    SELECT FROM market_proposal p WHERE p.appeal = $1 AND p.practitioner = v.practitioner)
) near WHERE km <= least($4::float8, radius_km) ORDER BY practitioner LIMIT 500;

-- name: propose
-- $1 appeal, $2 practitioner, $3 round, $4 rank, $5 km, $6 now.
INSERT INTO market_proposal (appeal, practitioner, round, rank, km, at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING;

-- name: due
-- Rounds whose ten minutes are over, each for one process. $1 begun before.
SELECT id, centre, commune, speciality, until, round FROM market_appeal
WHERE state = 'open' AND round_since <= $1 ORDER BY round_since LIMIT 20 FOR UPDATE SKIP LOCKED;

-- name: round
-- $1 appeal, $2 round, $3 now.
UPDATE market_appeal SET round = $2, round_since = $3, changed = $3 WHERE id = $1;

-- name: lock_volunteer
-- One acceptance of a volunteer at a time, until the transaction ends. $1 practitioner.
SELECT pg_advisory_xact_lock(0x6D61726B, hashtext($1));

-- name: busy
-- A row: they hold another appeal at that half hour. $1 appeal, $2 practitioner, $3 starts.
SELECT x.appeal FROM market_acceptance x JOIN market_appeal a ON a.id = x.appeal
WHERE x.practitioner = $2 AND x.appeal <> $1 AND a.state IN ('accepted', 'confirmed')
  AND x.starts > $3::timestamptz - interval '30 minutes'
  AND x.starts < $3::timestamptz + interval '30 minutes'
  AND NOT EXISTS (SELECT FROM slot_hold h
    WHERE h.vendor = 'place-de-marche' AND h.slot = x.appeal::text AND h.state IN ('released', 'cancelled'))
LIMIT 1;

-- name: accept
-- No row: somebody was quicker. $1 appeal, $2 practitioner, $3 starts, $4 now.
INSERT INTO market_acceptance (appeal, practitioner, starts, at)
VALUES ($1, $2, $3, $4) ON CONFLICT (appeal) DO NOTHING RETURNING appeal;

-- name: winner
-- $1 appeal.
SELECT practitioner FROM market_acceptance WHERE appeal = $1;

-- name: state
-- No row: it is not there any more. $1 appeal, $2 states before, $3 state after, $4 now.
UPDATE market_appeal SET state = $3, changed = $4
WHERE id = $1 AND state = ANY ($2::text[]) RETURNING id;

-- name: decline
-- $1 appeal, $2 practitioner, $3 now.
UPDATE market_proposal SET declined = $3
WHERE appeal = $1 AND practitioner = $2 AND declined IS NULL RETURNING appeal;

-- name: reopen
-- No row: it is not theirs to give back. $1 appeal, $2 practitioner, $3 now.
UPDATE market_appeal a SET state = 'open', changed = $3 WHERE a.id = $1 AND a.state = 'accepted'
  AND EXISTS (SELECT FROM market_acceptance x WHERE x.appeal = a.id AND x.practitioner = $2)
RETURNING a.id, a.commune, a.speciality, a.until, a.round;

-- name: give_back
-- $1 appeal, $2 practitioner, $3 now.
WITH gone AS (DELETE FROM market_acceptance WHERE appeal = $1 AND practitioner = $2 RETURNING appeal)
UPDATE market_proposal p SET given_back = $3 FROM gone WHERE p.appeal = gone.appeal AND p.practitioner = $2;

-- name: asked
-- Whom an appeal was proposed to, but one. $1 appeal, $2 practitioner.
SELECT practitioner FROM market_proposal
WHERE appeal = $1 AND practitioner <> $2 AND declined IS NULL;

-- name: proposals
-- What was proposed to somebody, the newest first. $1 practitioner, $2 since.
SELECT p.appeal, m.name AS commune, a.speciality, a.until, p.at, p.km, a.state, p.declined,
  x.practitioner AS winner, x.starts
FROM market_proposal p
JOIN market_appeal a ON a.id = p.appeal
JOIN regulation_commune m ON m.code = a.commune
LEFT JOIN market_acceptance x ON x.appeal = p.appeal
WHERE p.practitioner = $1 AND p.at >= $2 ORDER BY p.at DESC LIMIT 50;

-- name: appeals
-- The appeals of a centre, the newest first. $1 centre, $2 since.
SELECT a.id, a.centre, a."case", c.number, m.name AS commune, a.speciality, a.until, a.started,
  a.round, a.round_since, a.state, x.practitioner, v.name AS winner, x.starts,
  (SELECT count(*) FROM market_proposal p WHERE p.appeal = a.id) AS asked,
  (SELECT count(*) FROM market_proposal p WHERE p.appeal = a.id AND p.declined IS NOT NULL) AS declined
FROM market_appeal a
JOIN regulation_commune m ON m.code = a.commune
LEFT JOIN regulation_case c ON c.centre = a.centre AND c.id = a."case"
LEFT JOIN market_acceptance x ON x.appeal = a.id
LEFT JOIN market_volunteer v ON v.practitioner = x.practitioner
WHERE a.centre = $1 AND a.started >= $2 ORDER BY a.started DESC LIMIT 200;

-- name: distribution
-- By volunteer, what a centre proposed, what they accepted, who came. $1 centre, $2 since, $3 vendor.
SELECT v.practitioner, v.name, count(*) AS proposed, count(x.appeal) AS accepted,
  count(h.id) FILTER (WHERE h.state = 'fulfilled') AS served
FROM market_proposal p
JOIN market_appeal a ON a.id = p.appeal
JOIN market_volunteer v ON v.practitioner = p.practitioner
LEFT JOIN market_acceptance x ON x.appeal = p.appeal AND x.practitioner = p.practitioner
LEFT JOIN slot_hold h ON h.vendor = $3 AND h.slot = x.appeal::text
WHERE a.centre = $1 AND p.at >= $2
GROUP BY v.practitioner, v.name ORDER BY v.name, v.practitioner LIMIT 500;
