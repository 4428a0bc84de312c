-- name: take_turn
-- Waits until nobody else works for a centre; over with the transaction.
SELECT pg_advisory_xact_lock(0x6F766572, hashtext($1))

-- name: transfer
-- One end of a transfer, held until the end of the transaction.
SELECT * FROM overflow_transfer WHERE id = $1 AND centre = $2 FOR UPDATE

-- name: open_transfer
-- A transfer that begins at one end; nothing when the call is under way already.
INSERT INTO overflow_transfer (id, centre, role, peer, episode, call, state, since, priority, motive, by_voice, opened)
VALUES ($1, $2, $3, $4, $5, $6, 'none', $7, $8, $9, $10, $11)
ON CONFLICT DO NOTHING RETURNING *

-- name: step_transfer
-- The state after a step; what is awaited is due again from $4 on.
UPDATE overflow_transfer SET state = $3, due = $4, sent = 0, alarmed = NULL,
  moved = CASE WHEN $3 IN ('granted', 'held') THEN coalesce(moved, $5) ELSE moved END,
  answered = CASE WHEN $3 IN ('answered', 'finishing') THEN coalesce(answered, $5) ELSE answered END,
  finished = CASE WHEN $3 IN ('finishing', 'done', 'returning', 'back') THEN coalesce(finished, $5) ELSE finished END
WHERE id = $1 AND centre = $2

-- name: heard_times
-- When the neighbour answered and finished a call, as it tells.
UPDATE overflow_transfer SET answered = coalesce(answered, $3), finished = coalesce(finished, $4)
WHERE id = $1 AND centre = $2

-- name: due_transfers
-- Transfers of some centres that await an answer for too long.
SELECT * FROM overflow_transfer WHERE due <= $2 AND centre = ANY ($1::text[])
ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED

-- name: sent_again
-- What is awaited was sent again; after $4 times somebody is told.
UPDATE overflow_transfer SET due = $3, sent = sent + 1,
  alarmed = CASE WHEN sent + 1 >= $4 THEN coalesce(alarmed, $5) ELSE alarmed END
WHERE id = $1 AND centre = $2 RETURNING alarmed = $5 AS rings

-- name: running_transfers
-- Transfers of a centre that are not over.
SELECT * FROM overflow_transfer WHERE centre = $1 AND state IN
  ('offered', 'granted', 'away', 'recalling', 'forced', 'forced-taken', 'clashed',
   'accepted', 'held', 'answered', 'returning', 'finishing')
ORDER BY since, id LIMIT $2

-- name: running_of
-- How many transfers of an episode are not over at one end.
SELECT count(*) FROM overflow_transfer WHERE episode = $1 AND centre = $2 AND state IN
  ('offered', 'granted', 'away', 'recalling', 'forced', 'forced-taken', 'clashed',
   'accepted', 'held', 'answered', 'returning', 'finishing')

-- name: calls_tried
-- Calls that were offered in an episode, or that are under way anywhere: they are not offered again.
SELECT call FROM overflow_transfer WHERE centre = $1 AND role = 'origin'
  AND (episode = $2 OR state NOT IN ('refused', 'withdrawn'))

-- name: moved_of
-- How many calls an episode has moved, or is about to.
SELECT count(*) FROM overflow_transfer
WHERE episode = $1 AND centre = $2 AND state NOT IN ('refused', 'withdrawn', 'none')

-- name: transfers_of
-- The transfers of an episode at one end.
SELECT * FROM overflow_transfer WHERE episode = $1 AND centre = $2 ORDER BY since, id LIMIT $3

-- name: episode
-- One end of an episode, held until the end of the transaction.
SELECT * FROM overflow_episode WHERE id = $1 AND centre = $2 FOR UPDATE

-- name: open_episode
-- An episode at one end; nothing when it is there, or when another one runs between the two.
INSERT INTO overflow_episode (id, centre, origin, neighbour, convention, version, state, proposed_at, automatic, due)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING *

-- name: step_episode
-- The state of an episode at one end, and what the other end was heard to say.
UPDATE overflow_episode SET state = $3, heard = $4, ended_by = $5, due = $6,
  opened = CASE WHEN $3 = 'active' THEN coalesce(opened, $7) ELSE opened END,
  closed = CASE WHEN $3 IN ('closed', 'refused', 'expired') THEN coalesce(closed, $7) ELSE closed END
WHERE id = $1 AND centre = $2

-- name: told_again
-- An episode was told again.
UPDATE overflow_episode SET due = $3 WHERE id = $1 AND centre = $2

-- name: counted
-- How many calls were presented since an episode opened.
UPDATE overflow_episode SET presented = $3 WHERE id = $1 AND centre = $2

-- name: running_episodes
-- Episodes of some centres that are not over, or that the other end does not know to be over.
SELECT * FROM overflow_episode WHERE centre = ANY ($1::text[])
  AND (state IN ('proposed', 'accepted', 'active', 'ending') OR due IS NOT NULL)
ORDER BY proposed_at, id LIMIT $2

-- name: episodes_of
-- The episodes of a centre, the newest first.
SELECT * FROM overflow_episode WHERE centre = $1 ORDER BY proposed_at DESC, id LIMIT $2

-- name: enter
-- One line of the legal trace.
INSERT INTO overflow_entry (centre, episode, transfer, what, at, done_by, done_name, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb)

-- name: entries
-- The legal trace of an episode at one end, the oldest first.
SELECT n, transfer, what, at, done_name, detail::text AS detail FROM overflow_entry
WHERE episode = $1 AND centre = $2 AND n > $3 ORDER BY n LIMIT $4

-- name: watch
-- The watch over a centre, held until the end of the transaction.
SELECT *, load::text AS told FROM overflow_watch WHERE centre = $1 FOR UPDATE

-- name: watches
-- The watches over some centres.
SELECT *, load::text AS told FROM overflow_watch WHERE centre = ANY ($1::text[])

-- name: far_watches
-- What centres of other installations told of their index. $1 centres.
SELECT *, NULL::int4 AS pending, NULL::timestamptz AS pending_since, load::text AS told
FROM overflow_far_watch WHERE centre = ANY ($1::text[])

-- name: hear_watch
-- The newest index of a centre elsewhere, in whatever order they come.
INSERT INTO overflow_far_watch AS x (centre, colour, since, level, load, at, heard)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7)
ON CONFLICT (centre) DO UPDATE SET colour = excluded.colour, since = excluded.since,
  level = excluded.level, load = excluded.load, at = excluded.at, heard = excluded.heard
WHERE x.at < excluded.at

-- name: keep_watch
-- The watch over a centre, as it is now.
INSERT INTO overflow_watch (centre, colour, since, level, pending, pending_since, load, at)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8)
ON CONFLICT (centre) DO UPDATE SET colour = excluded.colour, since = excluded.since,
  level = excluded.level, pending = excluded.pending, pending_since = excluded.pending_since,
  load = excluded.load, at = excluded.at

-- name: send
-- Letters for centres of this base; one that still lies there is not laid down a second time.
INSERT INTO overflow_message (sender, recipient, content, sent)
SELECT s, r, c::jsonb, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS told (s, r, c)
WHERE NOT EXISTS (SELECT FROM overflow_message m
  WHERE m.recipient = r AND md5(m.content::text) = md5(c::jsonb::text))

-- name: letters
-- The next letters for a centre; gone with the transaction that has acted on them.
DELETE FROM overflow_message WHERE n IN (
  SELECT n FROM overflow_message WHERE recipient = $1 ORDER BY n LIMIT $2
) RETURNING n, content::text AS content

-- name: conventions
-- All versions of the conventions of a centre ($1, or all when it is null) with their signatures.
SELECT c.id, c.version, c.first, c.second, c.terms::text AS terms, c.proposed, c.proposed_name,
  c.simulation::text AS simulation,
  coalesce(jsonb_object_agg(s.centre, s.signed_name) FILTER (WHERE s.centre IS NOT NULL), '{}')::text AS signed
FROM overflow_convention c
LEFT JOIN overflow_signature s ON s.convention = c.id AND s.version = c.version
WHERE $1::text IS NULL OR $1 IN (c.first, c.second)
GROUP BY c.id, c.version ORDER BY c.id, c.version DESC LIMIT $2

-- name: propose_convention
-- A version of a convention; nothing when somebody else has proposed it meanwhile.
INSERT INTO overflow_convention (id, version, first, second, terms, proposed, proposed_by, proposed_name)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING version

-- name: sign
-- The signature of one end; signed twice, it is one.
INSERT INTO overflow_signature (convention, version, centre, at, signed_by, signed_name)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING

-- name: join_simulation
-- A run of the simulator, joined to a version.
UPDATE overflow_convention SET simulation = $3::text::jsonb WHERE id = $1 AND version = $2 RETURNING version

-- name: works
-- What centres handled for each other since a moment, each call once: at the end that did it where
-- that is here, else as the other installation told it.
SELECT peer AS origin, centre AS neighbour, answered AS at,
  extract(epoch FROM finished - answered)::float8 AS seconds
FROM overflow_transfer WHERE role = 'neighbour' AND state IN ('finishing', 'finished')
  AND answered >= $2 AND (centre = $1 OR peer = $1)
UNION ALL
SELECT t.centre, t.peer, t.answered, extract(epoch FROM t.finished - t.answered)::float8
FROM overflow_transfer t WHERE t.role = 'origin' AND t.state = 'done' AND t.answered >= $2
  AND (t.centre = $1 OR t.peer = $1) AND t.peer IN (SELECT centre FROM overflow_peer)
ORDER BY 3 LIMIT 20000

-- name: last_closed
-- When the last episode from one centre to another ended, as the first one knows.
SELECT max(closed) FROM overflow_episode WHERE centre = $1 AND origin = $1 AND neighbour = $2

-- name: transfers_of_all
-- The transfers of several episodes at one end.
SELECT * FROM overflow_transfer WHERE episode = ANY ($1::uuid[]) AND centre = $2
ORDER BY since, id LIMIT $3

-- name: end_of
-- One end of an episode, to read.
SELECT * FROM overflow_episode WHERE id = $1 AND centre = $2

-- name: origin_of
-- The origin's end of an episode, to read.
SELECT * FROM overflow_episode WHERE id = $1 AND centre = origin

-- name: closed_of_all
-- The origin's ends of the episodes that have ended, the newest first.
SELECT * FROM overflow_episode WHERE centre = origin AND state IN ('closed', 'refused', 'expired')
ORDER BY proposed_at DESC, id LIMIT $1

-- name: busy
-- The centres ($1) that have something to do, or whose index was last taken before $2.
SELECT c.centre FROM unnest($1::text[]) AS c (centre)
WHERE EXISTS (SELECT FROM overflow_message m WHERE m.recipient = c.centre)
  OR EXISTS (SELECT FROM overflow_episode e WHERE e.centre = c.centre
    AND (e.state IN ('proposed', 'accepted', 'active', 'ending') OR e.due IS NOT NULL))
  OR EXISTS (SELECT FROM overflow_transfer t WHERE t.centre = c.centre AND t.state IN
    ('offered', 'granted', 'away', 'recalling', 'forced', 'forced-taken', 'clashed',
     'accepted', 'held', 'answered', 'returning', 'finishing'))
  OR NOT EXISTS (SELECT FROM overflow_watch w WHERE w.centre = c.centre AND w.at > $2)
ORDER BY c.centre

-- name: peers
-- The centres of other installations.
SELECT centre, hub, name, department FROM overflow_peer ORDER BY centre

-- name: know_peer
-- A centre of another installation, or what is said of it now.
INSERT INTO overflow_peer (centre, hub, name, department) VALUES ($1, $2, $3, $4)
ON CONFLICT (centre) DO UPDATE SET hub = excluded.hub, name = excluded.name, department = excluded.department

-- name: forget_peer
DELETE FROM overflow_peer WHERE centre = $1 RETURNING centre

-- name: agreed_terms
-- What a version says here.
SELECT terms::text FROM overflow_convention WHERE id = $1 AND version = $2

-- name: keep_parcel
-- A call that is on its way to a centre; those of former days that nobody took go.
WITH former AS (DELETE FROM overflow_parcel WHERE came < $5::timestamptz - interval '1 day')
INSERT INTO overflow_parcel (centre, call, content, data_key, came) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (centre, call) DO UPDATE SET content = excluded.content, data_key = excluded.data_key, came = excluded.came

-- name: take_parcel
-- A call that came, gone from here with the transaction that puts it in the queue.
DELETE FROM overflow_parcel WHERE centre = $1 AND call = $2 RETURNING content

-- name: rosters
-- The versions of the rosters of a centre in some weeks, with signatures and the centres that stopped them; by pool, the newest first.
SELECT r.pool, r.week, r.version, r.centres, r.terms::text AS terms, r.proposed, r.proposed_name,
  (SELECT coalesce(jsonb_object_agg(s.centre, s.signed_name), '{}') FROM overflow_roster_signature s
   WHERE s.pool = r.pool AND s.week = r.week AND s.version = r.version)::text AS signed,
  (SELECT coalesce(jsonb_object_agg(t.centre, t.done_name), '{}') FROM (
     SELECT DISTINCT ON (centre) centre, is_stopped, done_name FROM overflow_roster_stop
     WHERE pool = r.pool ORDER BY centre, n DESC) t WHERE t.is_stopped)::text AS stopped
FROM overflow_roster r WHERE $1 = ANY (r.centres) AND r.week = ANY ($2::date[])
ORDER BY r.week DESC, r.pool, r.version DESC LIMIT 200

-- name: propose_roster
-- A version of a week; nothing when somebody else has proposed it meanwhile.
INSERT INTO overflow_roster (pool, week, version, centres, terms, proposed, proposed_by, proposed_name)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING version

-- name: sign_roster
-- The signature of one centre; signed twice, it is one.
INSERT INTO overflow_roster_signature (pool, week, version, centre, at, signed_by, signed_name)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING

-- name: stop_roster
-- The kill switch of one centre, or its end; pressed twice, it is one.
INSERT INTO overflow_roster_stop (pool, centre, is_stopped, at, done_by, done_name)
SELECT $1, $2, $3, $4, $5, $6 WHERE $3 IS DISTINCT FROM coalesce((
  SELECT is_stopped FROM overflow_roster_stop WHERE pool = $1 AND centre = $2 ORDER BY n DESC LIMIT 1), false)

-- name: note_roster_act
-- One line of what was done under a roster.
INSERT INTO overflow_roster_act (pool, week, version, centre, own, "case", what, at, done_by, done_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: regulators
-- Who has sat on the floors of some centres in the last months, by centre and name.
SELECT centre, agent, name, role FROM regulation_position WHERE centre = ANY ($1::text[])
  AND seen > $2::timestamptz - interval '180 days' ORDER BY centre, name LIMIT 200

-- name: was_opened
-- Whether somebody opened a case between two moments. $1 pool, $2 agent, $3 case, $4 from, $5 to.
SELECT EXISTS (SELECT FROM overflow_roster_act
  WHERE pool = $1 AND done_by = $2 AND "case" = $3 AND what = 'opened' AND at >= $4 AND at < $5);

-- name: pool_nights
-- By night and centre: cases sent to a physician, their wait, those that a neighbour decided. $1 pool, $2 centres, $3 from, $4 to.
SELECT n.night::int - 1 AS night, c.centre, count(k.id)::int AS cases,
  count(k.id) FILTER (WHERE k.decided IS NULL AND k.closed IS NULL)::int AS waiting,
  (percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM k.decided - k.awaiting))
    FILTER (WHERE k.decided >= k.awaiting))::float8 AS median,
  (percentile_disc(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM k.decided - k.awaiting))
    FILTER (WHERE k.decided >= k.awaiting))::float8 AS p90,
  count(k.id) FILTER (WHERE EXISTS (SELECT FROM overflow_roster_act a
    WHERE a.pool = $1 AND a.at >= n.begins AND a.at < n.ends AND a."case" = k.id
      AND a.centre = c.centre AND a.own <> c.centre AND a.what = 'decided'))::int AS pooled
FROM unnest($3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY AS n (begins, ends, night)
CROSS JOIN unnest($2::text[]) AS c (centre)
LEFT JOIN regulation_case k ON k.centre = c.centre AND k.awaiting >= n.begins AND k.awaiting < n.ends
  AND k.opened >= n.begins - interval '1 day' AND k.opened < n.ends
GROUP BY n.night, c.centre ORDER BY n.night, c.centre
