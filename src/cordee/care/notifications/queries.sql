-- name: waiting_events
-- Events of which nobody has been told yet, oldest first; others' are left to them. $1 how many.
SELECT n, source, kind, at, patient, place, focus, urgent, recipients, detail::text AS detail
FROM event WHERE spread IS NULL ORDER BY n LIMIT $1 FOR UPDATE SKIP LOCKED;

-- name: spread
-- $1 events.
UPDATE event SET spread = clock_timestamp() WHERE n = ANY ($1::int8[]);

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
