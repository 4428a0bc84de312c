-- name: take_events
-- Takes events of which nobody has been told yet, oldest first, for a while. $1 how many, $2 how long.
WITH taken AS (
  UPDATE event SET leased = clock_timestamp() + $2 WHERE n IN (
    SELECT n FROM event WHERE spread IS NULL AND (leased IS NULL OR leased <= clock_timestamp())
    ORDER BY n LIMIT $1 FOR UPDATE SKIP LOCKED)
  RETURNING n, source, kind, at, patient, place, focus, urgent, recipients, detail::text AS detail
)
SELECT * FROM taken ORDER BY n;

-- name: spread
-- No row where another process has told of it since. $1 event.
UPDATE event SET spread = clock_timestamp() WHERE n = $1 AND spread IS NULL RETURNING n;

-- name: followings_for
-- What was asked for that may hold for an event. $1 people around, $2 structures around, $3 patient,
-- $4 place, $5 kind, $6 now.
SELECT n, person, structure, patient, place, kind, channel, wanted, at_once FROM following
WHERE ended IS NULL AND starts <= $6 AND (ends IS NULL OR ends > $6) AND kind IN ('*', $5)
  AND (patient = '' OR patient = $3) AND (place = '' OR place = $4)
  AND (person = ANY ($1::text[]) OR structure = ANY ($2::text[])
    OR patient <> '' AND patient = $3 OR place <> '' AND place = $4)
ORDER BY n;

-- name: notify
-- $1 events, $2 readers, $3 structures, $4 channels, $5 rules, $6 bare, $7 due or null, each by
-- position. Gives what is new.
WITH made AS (
  INSERT INTO notification (event, reader, structure, channel, rule, bare, due, since)
  SELECT *, x.due FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bool[],
    $7::timestamptz[]) x(event, reader, structure, channel, rule, bare, due)
  ON CONFLICT ON CONSTRAINT notification_once DO NOTHING RETURNING n, reader, channel
), stepped AS (
  INSERT INTO notification_step (notification, state, by, via)
  SELECT n, 'issued', 'cordee', 'platform' FROM made
)
SELECT n, reader, channel FROM made;

-- name: wind
-- Starts the clock of urgent events that somebody was told of. $1 events, $2 due.
INSERT INTO event_clock (event, due) SELECT e, $2::timestamptz FROM unnest($1::int8[]) e
ON CONFLICT (event) DO NOTHING;

-- name: announce
-- Tells the processes whose inbox has moved, by opaque numbers. $1 numbers.
SELECT pg_notify('cordee_inbox', k::text) FROM unnest($1::int8[]) k;

-- name: order_call
-- Somebody has to telephone. $1 event, $2 structure, $3 patient, $4 whom, $5 why. No row: known.
INSERT INTO phone_call (event, structure, patient, callee, why) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT phone_call_once DO NOTHING RETURNING n;

-- name: inbox
-- What somebody is told on the screen, the newest first. $1 reader, $2 states or null, $3 kinds or
-- null, $4 urgent or null, $5 told since or null, $6 before this number or null, $7 how many.
SELECT t.n, t.event, t.state, t.rule, t.bare, t.made, t.changed, e.kind, e.at, e.patient, e.place,
  e.focus, e.urgent, e.detail::text AS detail
FROM notification t JOIN event e ON e.n = t.event
WHERE t.reader = $1 AND t.channel = 'screen'
  AND ($2::text[] IS NULL OR t.state = ANY ($2)) AND ($3::text[] IS NULL OR e.kind = ANY ($3))
  AND ($4::bool IS NULL OR e.urgent = $4) AND ($5::timestamptz IS NULL OR t.made >= $5)
  AND ($6::int8 IS NULL OR t.n < $6)
ORDER BY t.n DESC LIMIT $7;

-- name: one_of_inbox
-- $1 reader, $2 number.
SELECT t.n, t.event, t.state, t.rule, t.bare, t.made, t.changed, e.kind, e.at, e.patient, e.place,
  e.focus, e.urgent, e.detail::text AS detail
FROM notification t JOIN event e ON e.n = t.event
WHERE t.reader = $1 AND t.channel = 'screen' AND t.n = $2;

-- name: unread_counts
-- How many of each reader's are not read. $1 readers.
SELECT r.reader, (SELECT count(*) FROM notification t WHERE t.reader = r.reader
  AND t.channel = 'screen' AND t.state IN ('issued', 'delivered', 'unread')) AS count
FROM unnest($1::text[]) r(reader);

-- name: delivered_live
-- What these readers' open screens have just been told of. $1 readers.
WITH moved AS (
  UPDATE notification SET state = 'delivered', changed = clock_timestamp()
  WHERE reader = ANY ($1::text[]) AND channel = 'screen' AND state = 'issued' RETURNING n, reader
)
INSERT INTO notification_step (notification, state, by, via)
SELECT n, 'delivered', reader, $2 FROM moved;

-- name: set_state
-- $1 reader, $2 numbers, $3 state, $4 states that it may follow, $5 by, $6 from where. Gives what
-- has moved.
WITH moved AS (
  UPDATE notification t SET state = $3, changed = clock_timestamp()
  WHERE t.reader = $1 AND t.channel = 'screen' AND t.n = ANY ($2::int8[])
    AND t.state = ANY ($4::text[]) RETURNING t.n
), stepped AS (
  INSERT INTO notification_step (notification, state, by, via)
  SELECT n, $3, $5, $6 FROM moved
)
SELECT n FROM moved;

-- name: read_all
-- All that is shown under a filter is read. $1 reader, $2 kinds or null, $3 urgent or null, $4 up to
-- this number, $5 by.
WITH moved AS (
  UPDATE notification t SET state = 'read', changed = clock_timestamp() FROM event e
  WHERE e.n = t.event AND t.reader = $1 AND t.channel = 'screen' AND t.n <= $4
    AND t.state IN ('issued', 'delivered', 'unread')
    AND ($2::text[] IS NULL OR e.kind = ANY ($2)) AND ($3::bool IS NULL OR e.urgent = $3)
  RETURNING t.n
)
INSERT INTO notification_step (notification, state, by, via)
SELECT n, 'read', $5, 'screen' FROM moved;

-- name: steps_of
-- Each state that a notification was in, the first one first. $1 number.
SELECT at, state, by, via, code FROM notification_step WHERE notification = $1 ORDER BY n;

-- name: chain_of
-- Who was told of an event, by which channel, and how far that is; then what was done when nobody
-- read it. $1 event.
SELECT t.reader, t.channel, t.rule, t.state, t.made, t.changed, t.code, t.event FROM notification t
WHERE t.event = $1 OR t.event IN (SELECT x.n FROM event x WHERE x.source = 'event/' || $1 || '/relay')
ORDER BY t.n LIMIT 100;

-- name: clock_of
-- $1 event.
SELECT due, step, stopped FROM event_clock WHERE event = $1;

-- name: followings_of
-- What somebody, or the structure they work in, asked for and has not ended. $1 person, $2 structure,
-- $3 now.
SELECT n, made, made_by, person, structure, patient, place, kind, channel, wanted, at_once, starts,
  ends FROM following
WHERE ended IS NULL AND (ends IS NULL OR ends > $3)
  AND (person = $1 OR structure <> '' AND structure = $2) ORDER BY n DESC LIMIT 200;

-- name: follow
-- $1 now, $2 by, $3 person, $4 structure, $5 patient, $6 place, $7 kind, $8 channel, $9 wanted,
-- $10 at once, $11 starts, $12 ends.
INSERT INTO following
  (made, made_by, person, structure, patient, place, kind, channel, wanted, at_once, starts, ends)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING n;

-- name: unfollow
-- Ends a subscription of somebody or of their structure: what waits to be sent by it is not sent any
-- more. $1 number, $2 person, $3 structure, $4 now, $5 by.
WITH ended AS (
  UPDATE following SET ended = $4, ended_by = $5
  WHERE n = $1 AND ended IS NULL AND (person = $2 OR structure <> '' AND structure = $3)
  RETURNING n, person, channel
), dropped AS (
  UPDATE notification t SET due = NULL FROM ended
  WHERE t.due IS NOT NULL AND t.reader = ended.person AND t.channel = ended.channel
    AND NOT EXISTS (SELECT FROM following f WHERE f.person = t.reader AND f.channel = t.channel
      AND f.n <> ended.n AND f.ended IS NULL AND f.wanted)
)
SELECT n FROM ended;

-- name: reach_of
-- $1 person.
SELECT channel, address FROM reach WHERE person = $1;

-- name: reach_by
-- $1 person, $2 channel.
SELECT address FROM reach WHERE person = $1 AND channel = $2;

-- name: set_reach
-- $1 person, $2 channel, $3 key, $4 sealed address, $5 now, $6 by.
INSERT INTO reach (person, channel, key, address, said, said_by) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person, channel) DO UPDATE SET key = $3, address = $4, said = $5, said_by = $6;

-- name: drop_reach
-- $1 person, $2 channel.
DELETE FROM reach WHERE person = $1 AND channel = $2;

-- name: relays_of
-- $1 structures.
SELECT structure, person, said, said_by FROM relay WHERE structure = ANY ($1::text[])
ORDER BY structure, said;

-- name: be_relay
-- $1 structure, $2 person, $3 now, $4 by.
INSERT INTO relay (structure, person, said, said_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (structure, person) DO NOTHING;

-- name: end_relay
-- $1 structure, $2 person.
DELETE FROM relay WHERE structure = $1 AND person = $2;

-- name: calls
-- Whom a structure has to telephone, or has. $1 structure, $2 whether they are done, $3 before this
-- number or null, $4 how many.
SELECT c.n, c.event, c.patient, c.callee, c.why, c.made, c.done, c.done_by, c.called, c.reached,
  e.kind, e.at, e.place, e.focus
FROM phone_call c JOIN event e ON e.n = c.event
WHERE c.structure = $1 AND (c.done IS NOT NULL) = $2 AND ($3::int8 IS NULL OR c.n < $3)
ORDER BY c.n DESC LIMIT $4;

-- name: open_calls
-- $1 structure.
SELECT count(*) FROM phone_call WHERE structure = $1 AND done IS NULL;

-- name: call_done
-- $1 number, $2 structure, $3 now, $4 by, $5 when somebody answered, $6 who.
UPDATE phone_call SET done = $3, done_by = $4, called = $5, reached = $6
WHERE n = $1 AND structure = $2 AND done IS NULL AND made <= $5 AND $5 <= $3 RETURNING n;

-- name: call
-- $1 number, $2 structure.
SELECT n, made, done FROM phone_call WHERE n = $1 AND structure = $2;

-- name: lease_due
-- What is to be sent now, the oldest first; another process takes it over when this one dies.
-- $1 now, $2 how many, $3 when another may take it over.
WITH due AS (
  SELECT n FROM notification WHERE due <= $1 ORDER BY due, n LIMIT $2 FOR UPDATE SKIP LOCKED
), leased AS (
  UPDATE notification t SET due = $3, tries = t.tries + 1 FROM due WHERE t.n = due.n
  RETURNING t.n, t.event, t.reader, t.structure, t.channel, t.rule, t.bare, t.since, t.tries
)
SELECT l.n, l.event, l.reader, l.structure, l.channel, l.rule, l.bare, l.since, l.tries, e.kind,
  e.at, e.patient, e.place, e.focus, e.urgent, e.recipients, e.detail::text AS detail,
  EXISTS (SELECT FROM notification s WHERE s.event = l.event AND s.reader = l.reader
    AND s.channel = 'screen' AND s.state IN ('read', 'acknowledged')) AS is_seen
FROM leased l JOIN event e ON e.n = l.event ORDER BY l.n;

-- name: settle
-- What became of what was sent. $1 numbers, $2 state, $3 code.
WITH moved AS (
  UPDATE notification SET state = $2, changed = clock_timestamp(), due = NULL, code = $3
  WHERE n = ANY ($1::int8[]) AND due IS NOT NULL RETURNING n
)
INSERT INTO notification_step (notification, state, by, via, code)
SELECT n, $2, 'cordee', 'channel', $3 FROM moved;

-- name: send_later
-- $1 numbers, $2 when.
UPDATE notification SET due = $2 WHERE n = ANY ($1::int8[]) AND due IS NOT NULL;

-- name: replay
-- A failed one is sent again, as if for the first time. $1 number, $2 now, $3 by.
WITH moved AS (
  UPDATE notification SET state = 'issued', changed = $2, due = $2, since = $2, tries = 0, code = ''
  WHERE n = $1 AND state = 'failed' RETURNING n
), stepped AS (
  INSERT INTO notification_step (notification, state, by, via)
  SELECT n, 'issued', $3, 'screen' FROM moved
)
SELECT n FROM moved;

-- name: failed
-- What was not delivered, the newest first, without a word of whom it is about. $1 before this number
-- or null, $2 how many.
SELECT t.n, t.channel, t.structure, t.code, t.tries, t.made, t.changed, e.kind
FROM notification t JOIN event e ON e.n = t.event
WHERE t.state = 'failed' AND ($1::int8 IS NULL OR t.n < $1) ORDER BY t.n DESC LIMIT $2;

-- name: latency
-- Seconds from what was written to the screens that were open, by hour. $1 since, $2 length of a step
-- as an interval.
SELECT date_bin($2::interval, s.at, '2000-01-01Z') AS start, count(*) AS count,
  percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
    ORDER BY extract(epoch FROM s.at - coalesce(e.written, e.told))) AS parts,
  max(extract(epoch FROM s.at - coalesce(e.written, e.told)))::float8 AS longest
FROM notification_step s JOIN notification t ON t.n = s.notification JOIN event e ON e.n = t.event
WHERE s.via = 'live' AND s.at >= $1 AND t.made >= $1 AND s.at - t.made < interval '5 minutes'
GROUP BY 1 ORDER BY 1;

-- name: by_channel
-- How far what was issued since $1 has come.
SELECT channel, state, count(*) AS count FROM notification WHERE made >= $1 GROUP BY 1, 2;

-- name: waiting
-- What waits: events to tell, messages to send that are late, clocks that run. $1 now.
SELECT (SELECT count(*) FROM event WHERE spread IS NULL) AS events,
  (SELECT count(*) FROM notification WHERE due < $1) AS late,
  (SELECT count(*) FROM event_clock WHERE due IS NOT NULL) AS clocks;

-- name: due_clocks
-- Urgent events whose time has come. $1 now, $2 how many.
SELECT c.step, e.n, e.source, e.kind, e.at, e.patient, e.place, e.focus, e.urgent, e.recipients,
  e.detail::text AS detail,
  EXISTS (SELECT FROM notification t WHERE (t.event = e.n
      OR t.event = (SELECT x.n FROM event x WHERE x.source = 'event/' || e.n || '/relay'))
    AND t.state IN ('read', 'acknowledged')) AS is_read
FROM event_clock c JOIN event e ON e.n = c.event
WHERE c.due <= $1 ORDER BY c.due LIMIT $2 FOR UPDATE OF c SKIP LOCKED;

-- name: move_clock
-- $1 event, $2 due or null, $3 step, $4 why it stopped, or "".
UPDATE event_clock SET due = $2, step = $3, stopped = $4 WHERE event = $1;

-- name: told_of
-- Who was told of an event, and for which structure. $1 event.
SELECT DISTINCT reader, structure, rule FROM notification WHERE event = $1;
