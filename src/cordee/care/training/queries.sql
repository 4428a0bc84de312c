-- name: centre_of
-- The centre of training of a real one. $1 the real one.
SELECT c.id, c.name, c.hub, c.department, c.parameters FROM training_centre t
JOIN regulation_centre c ON c.id = t.id WHERE t.of = $1;

-- name: open_centre
-- Like the real one, without its switchboard. $1 id, $2 the real one, $3 its client id, which no Hub knows.
INSERT INTO regulation_centre (id, name, hub, department, parameters)
SELECT $1, 'Formation ' || name, $3, department, parameters - 'telephony'
FROM regulation_centre WHERE id = $2 ON CONFLICT DO NOTHING;

-- name: tie_centre
INSERT INTO training_centre (id, of) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: lend_vehicles
-- Vehicles of the same names, which nobody drives. $1 the centre of training, $2 the real one.
INSERT INTO regulation_vehicle (centre, id, name, kind, commune)
SELECT $1, id, name, kind, commune FROM regulation_vehicle WHERE centre = $2 ON CONFLICT DO NOTHING;

-- name: begin
-- $1 id, $2 centre, $3 seed, $4 total, $5 speed, $6 roles, $7 at, $8 by.
INSERT INTO training_night (id, centre, seed, total, speed, roles, state, started, started_by, anchor)
VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, $8, $7) ON CONFLICT DO NOTHING RETURNING id;

-- name: lay_down
-- The file of a night, all at once. $1 night, $2 numbers, $3 seconds, $4 calls, $5 contents.
INSERT INTO training_case (night, n, due, call, content)
SELECT $1, n, due, call, content FROM unnest($2::int[], $3::float8[], $4::uuid[], $5::jsonb[]) AS x (n, due, call, content);

-- name: night
-- $1 id, $2 the real centre.
SELECT x.*, (SELECT count(*) FROM training_case c WHERE c.night = x.id AND c.rung IS NOT NULL)::int AS rung
FROM training_night x JOIN training_centre t ON t.id = x.centre WHERE x.id = $1 AND t.of = $2;

-- name: nights
-- Of a real centre, the newest first; with who asks only those in which they sat. $1 centre, $2 who or ''.
SELECT x.*, (SELECT count(*) FROM training_case c WHERE c.night = x.id AND c.rung IS NOT NULL)::int AS rung
FROM training_night x JOIN training_centre t ON t.id = x.centre
WHERE t.of = $1 AND ($2 = '' OR x.state <> 'ended' OR EXISTS (
  SELECT FROM training_seat s WHERE s.night = x.id AND s.agent = $2))
ORDER BY x.started DESC LIMIT 30;

-- name: hold
-- Its clock stands while nobody plays it: five seconds at most are caught up. $1 night, $2 at, $3 state, $4 from.
UPDATE training_night SET state = $3, anchor = greatest(anchor, $2), elapsed = elapsed + CASE WHEN state = 'running'
  THEN speed * greatest(0, least(extract(epoch FROM $2::timestamptz - anchor), 5)) ELSE 0 END
WHERE id = $1 AND state = ANY ($4::text[]) RETURNING id;

-- name: advance
-- The clocks of all nights that run. $1 at.
UPDATE training_night SET anchor = $1,
  elapsed = elapsed + speed * least(extract(epoch FROM $1::timestamptz - anchor), 5)
WHERE state = 'running' AND anchor < $1 RETURNING id, centre, roles, elapsed;

-- name: due
-- $1 night, $2 seconds of the night, $3 how many.
SELECT n, call, content FROM training_case WHERE night = $1 AND rung IS NULL AND due <= $2
ORDER BY n LIMIT $3;

-- name: rung
UPDATE training_case SET rung = $3 WHERE night = $1 AND n = $2 AND rung IS NULL;

-- name: stale
-- Nights that everybody left. $1 begun before.
SELECT id, centre FROM training_night WHERE state <> 'ended' AND started < $1;

-- name: end
UPDATE training_night SET state = 'ended', ended = $2, anchor = greatest(anchor, $2)
WHERE id = $1 AND state <> 'ended' RETURNING centre;

-- name: end_calls
UPDATE regulation_call SET state = CASE WHEN state = 'abandoned' THEN 'called-back' ELSE 'ended' END, ended = $2
WHERE centre = $1 AND state IN ('waiting', 'answered', 'abandoned', 'leaving');

-- name: end_cases
-- The next night finds an empty floor; the states stay as they were left. $1 centre, $2 at.
UPDATE regulation_case SET closed = $2, version = version + 1 WHERE centre = $1 AND closed IS NULL;

-- name: end_missions
UPDATE regulation_mission SET ended = $2 WHERE centre = $1 AND ended IS NULL;

-- name: end_vehicles
UPDATE regulation_vehicle SET is_free = true WHERE centre = $1 AND NOT is_free;

-- name: end_seats
UPDATE training_seat SET "left" = $2 WHERE night = $1 AND "left" IS NULL;

-- name: join
-- $1 night, $2 who, $3 name, $4 role, $5 at.
INSERT INTO training_seat (night, agent, name, role, joined) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (night, agent) DO UPDATE SET "left" = NULL, name = excluded.name, role = excluded.role;

-- name: leave
UPDATE training_seat SET "left" = $2 WHERE agent = $1 AND "left" IS NULL;

-- name: seats
SELECT agent, name, role, "left" IS NULL AS is_here FROM training_seat WHERE night = $1 ORDER BY name LIMIT 200;

-- name: told
-- What the file says of a call that rang. $1 centre of training, $2 call.
SELECT c.night, c.content FROM training_case c JOIN training_night x ON x.id = c.night
WHERE x.centre = $1 AND c.call = $2 AND c.rung IS NOT NULL;

-- name: result
-- Each call that rang, with what became of it, in one round trip. $1 night.
SELECT t.n, t.content AS told, t.rung, q.answered, q.agent, c.id AS "case", c.priority, c.motive,
  c.state, c.content, c.centre, d.kinds, d.agents, d.moments
FROM training_night x
JOIN training_case t ON t.night = x.id AND t.rung IS NOT NULL
LEFT JOIN regulation_call q ON q.centre = x.centre AND q.id = t.call
LEFT JOIN LATERAL (SELECT * FROM regulation_case y WHERE y.centre = x.centre AND y.call = t.call
  ORDER BY y.opened LIMIT 1) c ON true
LEFT JOIN LATERAL (
  SELECT array_agg(e.kind ORDER BY e.n) AS kinds, array_agg(e.agent ORDER BY e.n) AS agents,
    array_agg(e.told ORDER BY e.n) AS moments
  FROM regulation_event e WHERE e.centre = x.centre AND e."case" = c.id
    AND (e.kind IN ('reflex', 'false-call') OR starts_with(e.kind, 'decision:'))) d ON true
WHERE x.id = $1 ORDER BY t.n;
