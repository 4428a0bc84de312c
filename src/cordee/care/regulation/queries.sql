-- name: centres
-- Those of the real floor: a centre of training is in no list, on no wire, in no figure.
SELECT id, name, hub, department, parameters FROM regulation_centre c
WHERE NOT EXISTS (SELECT FROM training_centre t WHERE t.id = c.id) ORDER BY id;

-- name: seated
-- The centre of training at which somebody sits now. $1 their centre, $2 who.
SELECT c.id, c.name, c.hub, c.department, c.parameters FROM training_seat s
JOIN training_night n ON n.id = s.night AND n.state <> 'ended'
JOIN training_centre t ON t.id = n.centre AND t.of = $1
JOIN regulation_centre c ON c.id = t.id
WHERE s.agent = $2 AND s."left" IS NULL;

-- name: is_training
SELECT EXISTS (SELECT FROM training_centre WHERE id = $1);

-- name: load
-- What a centre carries. $1 centre, $2 at. A wait counts while it lasts, and ten minutes after.
WITH waits AS (
  SELECT extract(epoch FROM $2::timestamptz - since) AS s, 1 AS open FROM regulation_call
  WHERE centre = $1 AND state IN ('waiting', 'leaving')
  UNION ALL
  SELECT extract(epoch FROM answered - since), 0 FROM regulation_call q
  WHERE centre = $1 AND since > $2 - interval '1 hour' AND answered > $2 - interval '10 minutes'
    AND NOT EXISTS (SELECT FROM regulation_event e
      WHERE e.centre = q.centre AND e.call = q.id AND e.kind = 'abandoned')
)
SELECT coalesce(sum(open), 0)::int AS waiting,
  coalesce(percentile_disc(0.9) WITHIN GROUP (ORDER BY s), 0)::float8 AS p90_seconds,
  (SELECT count(*) FROM regulation_position
   WHERE centre = $1 AND NOT is_paused AND seen > $2 - interval '10 minutes')::int AS positions,
  (SELECT count(DISTINCT agent) FROM regulation_call
   WHERE centre = $1 AND state = 'answered')::int AS at_work,
  (SELECT count(*) FROM regulation_case WHERE centre = $1 AND closed IS NULL
   AND priority = 'P0' AND state <> 'transferred')::int AS p0
FROM waits;

-- name: waiting
-- Calls that may be spoken of with a neighbour. $1 centre.
SELECT id, home, since, priority, motive, hops, answered FROM regulation_call
WHERE centre = $1 AND state IN ('waiting', 'answered') ORDER BY since LIMIT 2000;

-- name: hand_over
-- A call begins to leave, once. $1 centre, $2 call, $3 transfer, $4 to, $5 with a P0.
UPDATE regulation_call SET state = 'leaving', transfer = $3, other = $4
WHERE centre = $1 AND id = $2 AND hops = 0
  AND (state IN ('waiting', 'answered') OR state = 'leaving' AND transfer = $3)
  AND (priority <> 'P0' OR $5)
RETURNING *;

-- name: settle
-- $1 centre, $2 call, $3 transfer, $4 state, $5 ended or null.
UPDATE regulation_call SET state = $4, ended = $5, agent = CASE WHEN $4 = 'waiting' THEN '' ELSE agent END,
  answered = CASE WHEN $4 = 'waiting' THEN NULL ELSE answered END,
  hops = CASE WHEN $4 = 'waiting' AND state = 'gone' THEN 1 ELSE hops END
WHERE centre = $1 AND id = $2 AND transfer = $3 AND state IN ('leaving', 'gone') AND state <> $4
RETURNING id;

-- name: receive_call
INSERT INTO regulation_call (centre, id, home, since, state, priority, motive, line, way, hops,
  transfer, other, digest, content, data_key)
VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, 1, $9, $10, $11, $12, $13)
ON CONFLICT (centre, id) DO NOTHING RETURNING id;

-- name: received
SELECT transfer FROM regulation_call WHERE centre = $1 AND id = $2;

-- name: give_back
-- $1 centre, $2 call, $3 transfer, $4 at.
UPDATE regulation_call SET state = 'gone', ended = $4
WHERE centre = $1 AND id = $2 AND transfer = $3 AND state = 'waiting' RETURNING id;

-- name: case_of_call
SELECT * FROM regulation_case WHERE centre = $1 AND call = $2 AND closed IS NULL
ORDER BY opened DESC LIMIT 1;

-- name: case_moves
-- $1 centre, $2 case, $3 transfer, $4 state.
UPDATE regulation_case SET state = $4, transfer = $3, version = version + 1
WHERE centre = $1 AND id = $2;

-- name: receive_case
INSERT INTO regulation_case (centre, id, call, number, home, opened, opened_by, state, priority,
  motive, commune, field, transfer, content, data_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'qualified', $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (centre, id) DO NOTHING;

-- name: ring
INSERT INTO regulation_call (centre, id, home, since, state, line, way, digest, content, data_key)
VALUES ($1, $2, $1, $3, 'waiting', $4, $5, $6, $7, $8) ON CONFLICT (centre, id) DO NOTHING RETURNING id;

-- name: join_call
-- Ends the line of a professional who pressed a button, and whose telephone rings now. $1 centre,
-- $2 digest, $3 at.
UPDATE regulation_call SET state = 'ended', ended = $3
WHERE centre = $1 AND digest = $2 AND line = 'pro' AND state = 'waiting' AND hops = 0
  AND since > $3::timestamptz - interval '15 minutes' RETURNING *;

-- name: named
-- Who named whom in a call. $1 the centre where it rang, $2 call.
SELECT agent, content FROM regulation_event WHERE centre = $1 AND call = $2 AND kind = 'named' LIMIT 1;

-- name: own_call
-- Where a call is now, for who made it: its line here, that of the telephone that joined it, or that of
-- the centre that has it. $1 call, $2 agent, $3 centre.
SELECT r.state, r.since, r.answered FROM regulation_event e
JOIN regulation_call o ON o.centre = e.centre AND o.id = e.call
JOIN regulation_call r ON r.centre IN (SELECT c.id FROM regulation_centre c) AND r.since = o.since AND r.digest = o.digest
WHERE e.centre = $3 AND e.call = $1 AND e.kind = 'named' AND e.agent = $2
ORDER BY r.state IN ('gone', 'ended'), r.answered DESC NULLS LAST LIMIT 1;

-- name: queue
-- The lines of a queue, then those that were missed, which hide nobody who waits. $1 centre, $2 how many.
SELECT id, home, since, state, answered, agent, priority, motive, line, way, hops, other, digest,
  content, (SELECT c.id FROM regulation_case c WHERE c.centre = q.centre AND c.call = q.id LIMIT 1) AS "case"
FROM regulation_call q WHERE centre = $1 AND state IN ('waiting', 'answered', 'abandoned', 'leaving')
ORDER BY state = 'abandoned', since LIMIT $2;

-- name: answer
-- $1 centre, $2 call, $3 at, $4 agent.
UPDATE regulation_call SET state = 'answered', answered = $3, agent = $4
WHERE centre = $1 AND id = $2 AND state IN ('waiting', 'abandoned') RETURNING *;

-- name: call
SELECT * FROM regulation_call WHERE centre = $1 AND id = $2;

-- name: end_call
-- $1 centre, $2 call, $3 at, $4 state, $5 from.
UPDATE regulation_call SET state = $4, ended = $3
WHERE centre = $1 AND id = ANY ($2::uuid[]) AND state = ANY ($5::text[]) RETURNING id;

-- name: label_call
UPDATE regulation_call SET priority = $3, motive = $4, way = $5 WHERE centre = $1 AND id = $2;

-- name: next_number
INSERT INTO regulation_number AS x (centre, day, last) VALUES ($1, $2, 1)
ON CONFLICT (centre, day) DO UPDATE SET last = x.last + 1 RETURNING last;

-- name: open_case
INSERT INTO regulation_case (centre, id, call, number, home, opened, opened_by, state, priority,
  motive, is_paper, content, data_key)
SELECT $1, $2, $3, $4, coalesce((SELECT q.home FROM regulation_call q WHERE q.centre = $1 AND q.id = $3), $1),
  $5, $6, 'received', $7, $8, $9, $10, $11
ON CONFLICT (centre, id) DO NOTHING RETURNING id;

-- name: case
SELECT * FROM regulation_case WHERE centre = $1 AND id = $2;

-- name: write_case
-- The version that was read is the condition. $1 centre, $2 case, $3 version.
UPDATE regulation_case SET version = version + 1, state = $4, priority = $5, motive = $6,
  commune = $7, field = $8, awaiting = $9, decided = $10, closed = $11, content = $12, data_key = $13
WHERE centre = $1 AND id = $2 AND version = $3 RETURNING version;

-- name: cases
-- Cases that are open, those that wait for a physician first. $1 centre, $2 how many.
SELECT id, number, opened, state, priority, motive, commune, field, awaiting, decided, home, transfer
FROM regulation_case WHERE centre = $1 AND closed IS NULL
ORDER BY state = 'transferred', state <> 'awaiting', array_position('{P0,"",P1,P2,P3}', priority), coalesce(awaiting, opened)
LIMIT $2;

-- name: tell
INSERT INTO regulation_event (centre, call, "case", kind, told, written, agent, corrects, content, data_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING n;

-- name: events
-- The stamps of a case, and what its call has heard of the switchboard. $1 centre, $2 case, $3 call.
SELECT e.n, e.kind, e.told, e.written, e.agent, e.corrects, e.content, coalesce(p.name, e.agent) AS name,
  coalesce(e."case", e.call) AS place
FROM regulation_event e
LEFT JOIN LATERAL (SELECT name FROM regulation_position WHERE agent = e.agent ORDER BY centre <> e.centre LIMIT 1) p ON true
WHERE e.centre = $1 AND (e."case" = $2 OR e.call = $3 AND e."case" IS NULL AND starts_with(e.kind, 'line:'))
ORDER BY e.n LIMIT 500;

-- name: event
SELECT n, kind, told FROM regulation_event WHERE centre = $1 AND "case" = $2 AND n = $3;

-- name: revision
SELECT coalesce(max(n), 0) FROM regulation_event WHERE centre = $1;

-- name: sit
INSERT INTO regulation_position AS p (centre, agent, name, role, seen) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (centre, agent) DO UPDATE SET seen = excluded.seen, name = excluded.name, role = excluded.role
WHERE p.seen < excluded.seen - interval '1 minute';

-- name: positions
SELECT agent, name, role, seen, is_paused, post, (SELECT min(answered) FROM regulation_call c
  WHERE c.centre = p.centre AND c.agent = p.agent AND c.state = 'answered') AS busy
FROM regulation_position p WHERE centre = $1 AND seen > $2::timestamptz - interval '10 minutes' ORDER BY name LIMIT 200;

-- name: communes
SELECT code, name, postal FROM regulation_commune WHERE plain LIKE $1 || '%' OR postal LIKE $1 || '%'
ORDER BY plain LIMIT 12;

-- name: all_communes
SELECT code, name FROM regulation_commune ORDER BY name, code LIMIT 2000;

-- name: commune
SELECT code, name, postal, longitude, latitude FROM regulation_commune WHERE code = $1;

-- name: take_vehicle
-- The nearest free vehicle of a kind, taken by one alone. $1 centre, $2 kind, $3 commune.
UPDATE regulation_vehicle SET is_free = false WHERE centre = $1 AND id = (
  SELECT v.id FROM regulation_vehicle v
  LEFT JOIN regulation_commune c ON c.code = v.commune LEFT JOIN regulation_commune t ON t.code = $3
  WHERE v.centre = $1 AND v.kind = $2 AND v.is_free
  ORDER BY power(c.longitude - t.longitude, 2) * 0.48 + power(c.latitude - t.latitude, 2), v.id
  LIMIT 1 FOR UPDATE OF v SKIP LOCKED)
RETURNING id, name;

-- name: free_vehicle
UPDATE regulation_vehicle SET is_free = true WHERE centre = $1 AND id = $2;

-- name: ask_mission
INSERT INTO regulation_mission (centre, id, "case", vehicle, kind, status, asked, at)
VALUES ($1, $2, $3, $4, $5, 'DECLENCHE', $6, $6);

-- name: mission
SELECT * FROM regulation_mission WHERE centre = $1 AND id = $2 FOR UPDATE;

-- name: move_mission
UPDATE regulation_mission SET status = $3, at = $4, ended = $5 WHERE centre = $1 AND id = $2;

-- name: missions
-- Those that run at a centre, or those of a case: then of its home centre too, which follows its own.
SELECT m.id, m."case", m.kind, m.status, m.asked, m.at, m.ended, coalesce(v.name, '') AS name,
  m.centre = $1 AS is_own
FROM regulation_mission m LEFT JOIN regulation_vehicle v ON v.centre = m.centre AND v.id = m.vehicle
WHERE CASE WHEN $2::uuid IS NULL THEN m.centre = $1 AND m.ended IS NULL
  ELSE m."case" = $2 AND (m.centre = $1 OR m.centre = (
    SELECT c.home FROM regulation_case c WHERE c.centre = $1 AND c.id = $2)) END
ORDER BY m.asked DESC LIMIT 100;

-- name: hours
-- Figures by hour of what rang here. $1 centre, $2 from, $3 to.
-- A call that was given up stays so, whenever somebody calls back.
SELECT date_trunc('hour', since) AS hour, count(*)::int AS calls,
  count(*) FILTER (WHERE NOT is_given_up AND answered - since <= interval '30 seconds')::int AS in_30,
  count(*) FILTER (WHERE NOT is_given_up AND answered - since <= interval '60 seconds')::int AS in_60,
  count(*) FILTER (WHERE is_given_up)::int AS abandoned,
  count(*) FILTER (WHERE hops = 1)::int AS received,
  count(*) FILTER (WHERE state = 'gone')::int AS handed,
  count(DISTINCT agent) FILTER (WHERE agent <> '')::int AS positions
FROM regulation_call q, LATERAL (
  SELECT state IN ('abandoned', 'called-back') OR EXISTS (
    SELECT FROM regulation_event e WHERE e.centre = q.centre AND e.call = q.id AND e.kind = 'abandoned')
  AS is_given_up) g
WHERE centre = $1 AND since >= $2 AND since < $3 GROUP BY 1 ORDER BY 1;

-- name: p0_times
SELECT date_trunc('hour', opened) AS hour, count(*)::int AS p0,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided - opened)) AS median
FROM regulation_case WHERE centre = $1 AND priority = 'P0' AND opened >= $2 AND opened < $3
GROUP BY 1 ORDER BY 1;

-- name: osnp
-- Cases for which an appointment in town was decided, and what was done since. $1 centre, $2 since.
SELECT c.*, s.kinds FROM regulation_case c
CROSS JOIN LATERAL (
  SELECT array_agg(e.kind ORDER BY e.n) AS kinds FROM regulation_event e
  WHERE e.centre = c.centre AND e."case" = c.id
    AND (e.kind = 'decision:rdv-ville' OR starts_with(e.kind, 'osnp:'))
) s
WHERE c.centre = $1 AND c.opened > $2 AND 'decision:rdv-ville' = ANY (s.kinds)
  AND NOT 'osnp:honoured' = ANY (s.kinds) AND NOT 'osnp:missed' = ANY (s.kinds)
ORDER BY c.decided, c.opened LIMIT 200;

-- name: appointment_texts
-- The last text of the appointment of each case. $1 centre, $2 cases.
SELECT DISTINCT ON ("case") "case", state, opened FROM regulation_text
WHERE centre = $1 AND "case" = ANY ($2::uuid[]) AND kind = 'appointment' ORDER BY "case", asked DESC;

-- name: paper_case
INSERT INTO regulation_case (centre, id, number, home, opened, opened_by, state, priority, motive,
  commune, decided, is_paper, content, data_key)
VALUES ($1, $2, $3, $1, $4, $5, 'qualified', $6, $7, $8, $9, true, $10, $11)
ON CONFLICT (centre, id) DO NOTHING RETURNING id;

-- name: hold_case
-- Nobody else works on a case until the end of the transaction; what follows sees what they wrote.
SELECT id FROM regulation_case WHERE centre = $1 AND id = $2 FOR UPDATE;

-- name: osnp_done
-- The steps of the appointment of a case.
SELECT array_agg(kind ORDER BY n) FROM regulation_event
WHERE centre = $1 AND "case" = $2 AND starts_with(kind, 'osnp:');

-- name: territory
-- What a centre has around it, in one row. $1 centre.
SELECT c.name, c.department,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(v.kind, v.name, coalesce(m.name, v.commune), v.is_free)
     ORDER BY v.kind, NOT v.is_free, v.name), '[]') FROM regulation_vehicle v
   LEFT JOIN regulation_commune m ON m.code = v.commune WHERE v.centre = c.id)::text AS vehicles,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(o.label, o.number) ORDER BY o.place), '[]')
   FROM overflow_contact o WHERE o.centre = c.id)::text AS contacts,
  (SELECT max(o.said) FROM overflow_contact o WHERE o.centre = c.id) AS said,
  (SELECT o.said_name FROM overflow_contact o WHERE o.centre = c.id LIMIT 1) AS said_name
FROM regulation_centre c WHERE c.id = $1;

-- name: forget_contacts
DELETE FROM overflow_contact WHERE centre = $1;

-- name: tell_contact
INSERT INTO overflow_contact (centre, place, label, number, said, said_name)
SELECT $1, place - 1, label, number, $4, $5
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS told (label, number, place);

-- name: give_home
-- The home centre of a case has it as it is told now, while another centre regulates. $1 from, $2 home, $3 case.
INSERT INTO regulation_case AS x (centre, id, call, number, home, opened, opened_by, state, priority,
  motive, commune, field, transfer, content, data_key)
SELECT h.id, c.id, c.call, c.number, c.home, c.opened, c.opened_by, 'transferred', c.priority,
  c.motive, c.commune, c.field, c.transfer, c.content, c.data_key
FROM regulation_case c JOIN regulation_centre h ON h.id = $2 WHERE c.centre = $1 AND c.id = $3
ON CONFLICT (centre, id) DO UPDATE SET content = excluded.content, data_key = excluded.data_key,
  priority = excluded.priority, motive = excluded.motive, commune = excluded.commune,
  version = x.version + 1
RETURNING id;

-- name: ask_home
INSERT INTO regulation_request (id, home, asker, "case", kind, priority, motive, commune, asked, asked_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: request
SELECT *, EXISTS (SELECT FROM regulation_centre c WHERE c.id = asker) AS is_here
FROM regulation_request WHERE id = $1 AND home = $2 FOR UPDATE;

-- name: asked_afar
-- A request of another installation: it may come twice.
INSERT INTO regulation_request (id, home, asker, "case", kind, priority, motive, commune, asked, asked_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: answered_afar
-- $1 id, $2 answer, $3 at, $4 by, $5 reason, $6 vehicle, $7 home, $8 asker.
UPDATE regulation_request SET answer = $2, answered = $3, answered_by = $4, reason = $5, vehicle = $6
WHERE id = $1 AND home = $7 AND asker = $8 AND answer = '' RETURNING "case", kind;

-- name: case_asked
SELECT "case" FROM regulation_request WHERE id = $1 AND home = $2 AND asker = $3;

-- name: given_afar
-- Who of another installation was given a vehicle of a kind for a case. $1 home, $2 case, $3 kind.
SELECT * FROM regulation_request r WHERE r.home = $1 AND r."case" = $2 AND r.kind = $3 AND r.answer = 'accepted'
  AND NOT EXISTS (SELECT FROM regulation_centre c WHERE c.id = r.asker)
ORDER BY r.answered DESC LIMIT 1;

-- name: is_lent
-- Whether a call of a centre is with another. $1 centre, $2 call, $3 the other.
SELECT EXISTS (SELECT FROM regulation_call q JOIN overflow_transfer t ON t.centre = q.centre AND t.id = q.transfer
  WHERE q.centre = $1 AND q.id = $2 AND q.home = $1 AND q.state IN ('leaving', 'gone') AND t.peer = $3);

-- name: lent_case
SELECT id, content FROM regulation_case WHERE centre = $1 AND call = $2 AND closed IS NULL
ORDER BY opened DESC LIMIT 1 FOR UPDATE;

-- name: retell_lent
-- What is told later stands, in whatever order it comes.
-- $1 centre, $2 case, $3 priority, $4 motive, $5 commune, $6 content, $7 data_key, $8 told at.
UPDATE regulation_case SET priority = $3, motive = $4, commune = $5, content = $6, data_key = $7,
  version = version + 1 WHERE centre = $1 AND id = $2 AND NOT EXISTS (
  SELECT FROM regulation_event e WHERE e.centre = $1 AND e."case" = $2 AND e.told > $8
    AND (e.kind = 'request:asked' OR starts_with(e.kind, 'elsewhere:decision:')));

-- name: have_lent
INSERT INTO regulation_case (centre, id, call, number, home, opened, opened_by, state, priority,
  motive, commune, field, content, data_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'transferred', $8, $9, $10, $11, $12, $13)
ON CONFLICT (centre, id) DO NOTHING;

-- name: answer_request
UPDATE regulation_request SET answer = $2, answered = $3, answered_by = $4, reason = $5, vehicle = $6
WHERE id = $1;

-- name: requests_of
-- $1 centre, $2 since.
SELECT * FROM regulation_request WHERE (home = $1 OR asker = $1) AND asked >= $2
ORDER BY answer <> '', asked DESC LIMIT 100;

-- name: requests_of_case
SELECT * FROM regulation_request WHERE "case" = $2 AND (home = $1 OR asker = $1)
ORDER BY asked DESC LIMIT 20;

-- name: ask_act
-- Sent twice, it is one. $1 id, $2 centre, $3 call, $4 kind, $5 agent, $6 at, $7 content, $8 key.
INSERT INTO regulation_act (id, centre, call, kind, agent, asked, content, data_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING;

-- name: take_acts
-- What is asked of the switchboard of a centre, taken by one process. $1 centre, $2 at.
UPDATE regulation_act SET taken = $2 WHERE id IN (
  SELECT id FROM regulation_act WHERE centre = $1 AND taken IS NULL
  ORDER BY asked LIMIT 20 FOR UPDATE SKIP LOCKED)
RETURNING id, call, kind, agent, content;

-- name: drop_act
-- Nobody took it: it is not done later. $1 id, $2 at, $3 failure.
UPDATE regulation_act SET taken = $2, done = $2, failure = $3 WHERE id = $1 AND taken IS NULL RETURNING id;

-- name: settle_act
UPDATE regulation_act SET done = $2, failure = $3 WHERE id = $1;

-- name: act
SELECT taken, done, failure FROM regulation_act WHERE id = $1;

-- name: let_ring
-- The telephone of who took a call did not answer: the call waits again at its true place. $1 centre, $2 call, $3 agent.
UPDATE regulation_call SET state = 'waiting', agent = '', answered = NULL
WHERE centre = $1 AND id = $2 AND state = 'answered' AND agent = $3 RETURNING id;

-- name: left_calls
-- Taken in the queue, and nobody asks for them at the switchboard. $1 centre, $2 calls that ring, $3 at.
SELECT id, agent FROM regulation_call q
WHERE centre = $1 AND id = ANY ($2::uuid[]) AND state = 'answered' AND answered < $3::timestamptz - interval '10 seconds'
  AND NOT EXISTS (SELECT FROM regulation_act a WHERE a.call = q.id AND a.kind = 'answer'
    AND a.done IS NULL AND a.asked > $3::timestamptz - interval '2 minutes');

-- name: pass_call
-- $1 centre, $2 call, $3 the post that speaks now, $4 at.
UPDATE regulation_call q SET agent = p.agent FROM regulation_position p
WHERE q.centre = $1 AND q.id = $2 AND q.state = 'answered' AND p.centre = q.centre AND p.post = $3
  AND p.seen > $4::timestamptz - interval '10 minutes' RETURNING q.agent;

-- name: take_post
-- A telephone has one person: who sat there before has none. $1 centre, $2 agent, $3 post.
UPDATE regulation_position SET post = CASE WHEN agent = $2 THEN $3 ELSE '' END
WHERE centre = $1 AND (agent = $2 OR post = $3 AND $3 <> '');

-- name: order_text
-- None from a centre of training: its callers are invented, their numbers may be somebody's. $11 most of a kind for a case.
INSERT INTO regulation_text (id, centre, "case", digest, state, asked, agent, expires, content, data_key, kind)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $12
WHERE NOT EXISTS (SELECT FROM training_centre WHERE id = $2)
  AND (SELECT count(*) FROM regulation_text WHERE centre = $2 AND "case" = $3 AND kind = $12) < $11
ON CONFLICT (id) DO NOTHING;

-- name: texts
SELECT id, state, asked, expires, opened, kind FROM regulation_text
WHERE centre = $1 AND "case" = $2 ORDER BY asked DESC LIMIT 20;

-- name: open_text
-- Read by whoever holds its secret, noted the first time. $1 digest, $2 at.
UPDATE regulation_text SET opened = coalesce(opened, $2) WHERE digest = $1 AND expires > $2
RETURNING id, centre, "case", kind, content;

-- name: lease_text
-- The next text, for one process: another takes it over when this one dies. $1 at, $2 until.
UPDATE regulation_text SET due = $2, tries = tries + 1 WHERE id = (
  SELECT id FROM regulation_text WHERE state = 'waiting' AND coalesce(due, asked) <= $1
  ORDER BY coalesce(due, asked) LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, asked, expires, content, tries;

-- name: settle_text
-- Of who still holds it. $1 id, $2 tries, $3 state, $4 at.
UPDATE regulation_text SET state = $3, settled = $4 WHERE id = $1 AND tries = $2 AND state = 'waiting';

-- name: later_text
-- $1 id, $2 tries, $3 when.
UPDATE regulation_text SET due = $3 WHERE id = $1 AND tries = $2 AND state = 'waiting';

-- name: case_numbers
-- $1 centre, $2 ids.
SELECT id, number FROM regulation_case WHERE centre = $1 AND id = ANY ($2::uuid[]);

-- name: case_at
-- Which of some centres has a case now, one that was open since a moment. $1 case, $2 centres, $3 since.
SELECT centre FROM regulation_case
WHERE id = $1 AND centre = ANY ($2::text[]) AND state <> 'transferred' AND (closed IS NULL OR closed >= $3) LIMIT 1;

-- name: awaiting_at
-- The cases of some centres that wait for a physician, by priority then wait; then the open ones that one decided.
-- $1 centres, $2 agent, $3 since.
SELECT centre, id, number, priority, motive, commune, awaiting, state <> 'awaiting' AS is_mine FROM regulation_case k
WHERE centre = ANY ($1::text[]) AND closed IS NULL AND (state = 'awaiting' OR (state <> 'transferred' AND EXISTS (
  SELECT FROM regulation_event e WHERE e.centre = k.centre AND e."case" = k.id AND e.agent = $2 AND e.written >= $3
    AND (e.kind LIKE 'decision:%' OR e.kind = 'reflex'))))
ORDER BY state <> 'awaiting', array_position('{P0,"",P1,P2,P3}', priority), awaiting LIMIT 100;
