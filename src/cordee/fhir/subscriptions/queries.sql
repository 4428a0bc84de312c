-- name: keep
INSERT INTO subscription
  (id, status, form, channel, owner, client, sealed, made, ends, heartbeat, timeout, due)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (id) DO UPDATE SET status = excluded.status,
  made = CASE WHEN $13 THEN excluded.made ELSE subscription.made END, form = excluded.form,
  channel = excluded.channel, sealed = excluded.sealed, ends = excluded.ends,
  heartbeat = excluded.heartbeat, timeout = excluded.timeout, due = excluded.due, tries = 0, failing = NULL, error = '',
  leased = NULL;

-- name: one
SELECT id, status, form, channel, owner, client, sealed, made, ends, heartbeat, events, settled,
  tries, failing, spoken, leased, error
FROM subscription WHERE id = $1;

-- name: some
SELECT id, status, form, channel, owner, client, sealed, made, ends, heartbeat, events, settled,
  tries, failing, spoken, leased, error
FROM subscription WHERE id = ANY ($1::text[]) ORDER BY id;

-- name: watched
SELECT id, events, status FROM subscription WHERE id = ANY ($1::text[]);

-- name: standing
-- All that writes are matched to.
SELECT id, form, sealed, made FROM subscription WHERE status <> 'off' ORDER BY id;

-- name: owned
SELECT id FROM subscription WHERE ($1 = '' OR (owner = $1 AND client = $2)) ORDER BY id LIMIT 10000;

-- name: remove
DELETE FROM subscription WHERE id = $1;

-- name: record
-- The events of a turn, numbered after the last of each subscription. $1 and $2 pair a subscription
-- with the place of its change, in the order of the journal; the others are the changes.
WITH change AS (
  SELECT * FROM unnest($3::int2[], $4::text[], $5::int4[], $6::int2[], $7::timestamptz[])
    WITH ORDINALITY c(type, focus, version, method, at, place)
), hit AS (
  SELECT h.subscription, h.place, row_number() OVER (PARTITION BY h.subscription ORDER BY h.i) AS k
  FROM unnest($1::text[], $2::int4[]) WITH ORDINALITY h(subscription, place, i)
), counted AS MATERIALIZED (
  SELECT s.id, c.many FROM subscription s
  JOIN (SELECT subscription, count(*) AS many FROM hit GROUP BY subscription) c
    ON c.subscription = s.id
  WHERE s.status <> 'off' ORDER BY s.id FOR UPDATE OF s
), moved AS (
  UPDATE subscription s SET events = s.events + c.many,
    due = CASE WHEN s.channel IN ('websocket', 'server-sent-events') THEN s.due
      WHEN s.status = 'error' OR s.tries > 0 THEN s.due ELSE clock_timestamp() END
  FROM counted c WHERE s.id = c.id RETURNING s.id, s.events - c.many AS base
)
INSERT INTO subscription_event (subscription, n, type, focus, version, method, at)
SELECT m.id, m.base + h.k, c.type, c.focus, c.version, c.method, c.at
FROM hit h JOIN moved m ON m.id = h.subscription JOIN change c ON c.place = h.place;

-- name: lease
-- Subscriptions with something to do that nobody is at; $2 first-time ones, $3 failing ones.
WITH fresh AS (
  SELECT id FROM subscription
  WHERE due <= clock_timestamp() AND tries = 0 AND (leased IS NULL OR leased < clock_timestamp())
  ORDER BY due LIMIT $2 FOR UPDATE SKIP LOCKED
), failing AS (
  SELECT id FROM subscription
  WHERE due <= clock_timestamp() AND tries > 0 AND (leased IS NULL OR leased < clock_timestamp())
  ORDER BY due LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE subscription s SET leased = clock_timestamp() + $1::interval + make_interval(secs => timeout)
WHERE id IN (SELECT id FROM fresh UNION ALL SELECT id FROM failing)
RETURNING id, status, form, channel, owner, client, sealed, made, ends, heartbeat, events, settled,
  tries, failing, spoken, leased, error;

-- name: extend
UPDATE subscription SET leased = clock_timestamp() + $3::interval + make_interval(secs => timeout)
WHERE id = $1 AND leased = $2
RETURNING id, status, form, channel, owner, client, sealed, made, ends, heartbeat, events, settled,
  tries, failing, spoken, leased, error;

-- name: waiting
SELECT n, type, focus, version, method, at FROM subscription_event
WHERE subscription = $1 AND state = 'waiting' ORDER BY n LIMIT $2;

-- name: settle_events
UPDATE subscription_event e SET state = s.state, reason = s.reason, settled = clock_timestamp()
FROM unnest($2::int8[], $3::text[], $4::text[]) s(n, state, reason)
WHERE e.subscription = $1 AND e.n = s.n;

-- name: advance
-- What was said was heard. $3 is what `settled` was when it was read: a replay moves it each time.
UPDATE subscription SET settled = CASE WHEN settled = $3 THEN $4 ELSE settled END,
  spoken = CASE WHEN $5 THEN clock_timestamp() ELSE spoken END,
  tries = CASE WHEN $5 THEN 0 ELSE tries END, failing = CASE WHEN $5 THEN NULL ELSE failing END
WHERE id = $1 AND leased IS NOT DISTINCT FROM $2 RETURNING settled;

-- name: release
-- There is more to do now, at the next heartbeat, at the end, or not before the next event.
UPDATE subscription SET leased = NULL, due = CASE
    WHEN status = 'off' OR (status = 'error' AND ends IS NULL) THEN NULL
    WHEN status = 'error' THEN ends
    WHEN events > settled AND channel IN ('rest-hook', 'email') THEN clock_timestamp()
    ELSE least(ends, CASE WHEN heartbeat > 0 AND channel IN ('rest-hook', 'email')
      THEN coalesce(spoken, clock_timestamp()) + make_interval(secs => heartbeat) END) END
WHERE id = $1 AND leased = $2;

-- name: hand_back
-- A process that ends leaves what it was at to the others, at once.
UPDATE subscription s SET leased = NULL FROM unnest($1::text[], $2::timestamptz[]) h(id, leased)
WHERE s.id = h.id AND s.leased = h.leased;

-- name: fail
UPDATE subscription SET leased = NULL, tries = tries + 1,
  failing = coalesce(failing, clock_timestamp()), due = clock_timestamp() + $3::interval
WHERE id = $1 AND leased = $2;

-- name: status
UPDATE subscription SET status = $2, error = $3, leased = CASE WHEN $2 = 'off' THEN NULL ELSE leased END,
  due = CASE WHEN $2 = 'off' THEN NULL ELSE due END
WHERE id = $1 AND status <> $2 RETURNING id;

-- name: give_up
UPDATE subscription_event SET state = 'dead', reason = $2, settled = clock_timestamp()
WHERE subscription = $1 AND n = ANY ($3::int8[]) AND state = 'waiting';

-- name: replay
WITH back AS (
  UPDATE subscription_event SET state = 'waiting', reason = '', settled = NULL
  WHERE subscription = $1 AND state = 'dead' AND n BETWEEN $2 AND $3 RETURNING n
), moved AS (
  UPDATE subscription SET settled = least(settled, 0) - 1,
    due = CASE WHEN status = 'active' AND channel IN ('rest-hook', 'email')
      THEN clock_timestamp() ELSE due END
  WHERE id = $1 AND EXISTS (SELECT FROM back)
)
SELECT count(*) FROM back;

-- name: overview
SELECT s.id, s.status, s.form, s.channel, s.owner, s.client, s.events, s.tries, s.error,
  count(*) FILTER (WHERE e.state = 'waiting') AS waiting,
  count(*) FILTER (WHERE e.state = 'dead') AS dead,
  min(e.at) FILTER (WHERE e.state = 'waiting') AS oldest
FROM subscription s LEFT JOIN subscription_event e
  ON e.subscription = s.id AND e.state IN ('waiting', 'dead')
WHERE $1 = '' OR s.id = $1 GROUP BY s.id ORDER BY s.id LIMIT 10000;

-- name: events
SELECT n, type, focus, version, method, at FROM subscription_event
WHERE subscription = $1 AND n BETWEEN $2 AND $3 AND (state <> 'dropped') ORDER BY n LIMIT $4;

-- name: keep_token
INSERT INTO subscription_token (digest, subscriptions, until) VALUES ($1, $2, $3);

-- name: take_token
DELETE FROM subscription_token WHERE digest = $1 AND until > clock_timestamp()
RETURNING subscriptions;

-- name: tidy
DELETE FROM subscription_token WHERE until < clock_timestamp();

-- name: ended
-- What still waited when a subscription ended is told to nobody.
UPDATE subscription_event SET state = 'dropped', reason = 'ended', settled = clock_timestamp()
WHERE subscription = $1 AND state = 'waiting';
