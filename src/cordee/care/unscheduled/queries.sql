-- name: lapse
-- A hold whose time is over is nobody's any more. $1 vendor, $2 slot, $3 now.
UPDATE slot_hold SET state = 'released', changed = $3
WHERE vendor = $1 AND slot = $2 AND state = 'held' AND until <= $3;

-- name: hold
-- No row: somebody else has the slot. $1 id, $2 vendor, $3 slot, $4 starts, $5 centre, $6 case, $7 by,
-- $8 now, $9 until, $10 who, $11 where.
INSERT INTO slot_hold (id, vendor, slot, starts, centre, "case", held_by, held, until, state, changed, who, place)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'held', $8, $10, $11)
ON CONFLICT DO NOTHING RETURNING id;

-- name: known
-- $1 id, $2 by.
SELECT until FROM slot_hold WHERE id = $1 AND held_by = $2 AND state = 'held';

-- name: move
-- $1 id, $2 centre, $3 states before, $4 state after, $5 now, $6 by or null: of a hold, who has it.
UPDATE slot_hold SET state = $4, changed = $5
WHERE id = $1 AND centre = $2 AND state = ANY ($3::text[])
  AND (state <> 'held' OR held_by = $6 AND until > $5)
RETURNING vendor, slot, starts, "case";

-- name: follow
-- What became of who booked a slot. $1 vendor, $2 slot, $3 state, $4 now.
UPDATE slot_hold SET state = $3, changed = $4
WHERE vendor = $1 AND slot = $2 AND state IN ('booked', 'fulfilled', 'noshow') RETURNING id;

-- name: declared
-- The bookings that an appointment of a vendor may be: the one it was joined to, else those that fit.
-- $1 vendor, $2 starts, $3 who holds, $4 the one that is known or null, $5 let go since.
SELECT id, vendor, slot, starts, "case", held_by, until, state, who, place, centre FROM slot_hold
WHERE CASE WHEN $4::uuid IS NOT NULL THEN id = $4 ELSE vendor = $1 AND starts = $2 AND held_by = $3
  AND (state IN ('held', 'booked') OR state = 'released' AND changed >= $5) END
LIMIT 2;

-- name: declared_hold
SELECT id, vendor, slot, starts, "case", held_by, until, state, who, place, centre FROM slot_hold
WHERE id = $1 FOR UPDATE;

-- name: declare
-- No row: the slot is somebody else's since. $1 id, $2 state, $3 starts, $4 now.
UPDATE slot_hold h SET state = $2, starts = $3, changed = $4
WHERE id = $1 AND (h.state NOT IN ('released', 'cancelled') OR NOT EXISTS (SELECT FROM slot_hold o
  WHERE o.vendor = h.vendor AND o.slot = h.slot AND o.id <> h.id
    AND o.state IN ('held', 'booked', 'fulfilled', 'noshow')))
RETURNING id;

-- name: of_case
-- $1 centre, $2 case.
SELECT id, vendor, slot, starts, "case", held_by, until, state, who, place FROM slot_hold
WHERE centre = $1 AND "case" = $2 ORDER BY held, id LIMIT 100;

-- name: taken
-- Which of these slots nobody may have now. $1 vendors, $2 slots, by position, $3 now.
SELECT h.vendor, h.slot FROM slot_hold h
JOIN unnest($1::text[], $2::text[]) x(vendor, slot) ON x.vendor = h.vendor AND x.slot = h.slot
WHERE h.state IN ('booked', 'fulfilled', 'noshow') OR h.state = 'held' AND h.until > $3;

-- name: served
-- How many appointments some professionals had since a moment and the last, by the name that the floor saw. $1 names, $2 since.
SELECT who, count(*)::int AS served, max(held) AS last FROM slot_hold
WHERE who = ANY ($1::text[]) AND held >= $2 AND state IN ('booked', 'fulfilled', 'noshow') GROUP BY who;

-- name: missed
-- Who did not come, the latest first. $1 centre, $2 since, $3 how many.
SELECT id, vendor, slot, starts, "case", held_by, until, state, who, place FROM slot_hold
WHERE centre = $1 AND state = 'noshow' AND starts >= $2 ORDER BY starts DESC, id LIMIT $3;

-- name: communes
SELECT code, name, postal, longitude, latitude FROM regulation_commune ORDER BY name, code LIMIT 2000;

-- name: booked_slots
-- What was booked of these slots, and what was said of it. $1 vendor, $2 slots, $3 before.
SELECT h.id, h.slot, h.starts, h.centre, h."case", f.fits FROM slot_hold h
LEFT JOIN slot_feedback f ON f.hold = h.id
WHERE h.vendor = $1 AND h.slot = ANY ($2::text[]) AND h.starts <= $3
  AND h.state IN ('booked', 'fulfilled', 'noshow')
ORDER BY h.starts DESC LIMIT 100;

-- name: say
-- $1 hold, $2 fits, $3 at, $4 by.
INSERT INTO slot_feedback AS f (hold, fits, at, agent) VALUES ($1, $2, $3, $4)
ON CONFLICT (hold) DO UPDATE SET fits = excluded.fits, at = excluded.at, agent = excluded.agent;

-- name: said
-- $1 holds.
SELECT hold, fits FROM slot_feedback WHERE hold = ANY ($1::uuid[]);

-- name: figures
-- The appointments in town of the cases of a period, in one row. $1 centre, $2 first, $3 last.
WITH c AS (
  SELECT k.id, k.opened,
    (array_agg(e.kind ORDER BY e.n) FILTER (WHERE starts_with(e.kind, 'osnp:mt-')))[1] AS first_call,
    bool_or(e.kind = 'osnp:slot') AS found
  FROM regulation_case k
  JOIN regulation_event e ON e.centre = k.centre AND e."case" = k.id
    AND (e.kind = 'decision:rdv-ville' OR starts_with(e.kind, 'osnp:'))
  WHERE k.centre = $1 AND k.opened >= $2 AND k.opened < $3
  GROUP BY k.id, k.opened HAVING bool_or(e.kind = 'decision:rdv-ville')
), h AS (
  SELECT DISTINCT ON (s."case") s.id, s.state, s.starts, c.opened FROM slot_hold s
  JOIN c ON c.id = s."case"
  WHERE s.centre = $1 AND s.state IN ('booked', 'fulfilled', 'noshow')
  ORDER BY s."case", s.changed DESC
)
SELECT (SELECT count(*) FROM c) AS wished,
  (SELECT count(*) FROM c WHERE first_call IS NOT NULL) AS called,
  (SELECT count(*) FROM c WHERE first_call IN ('osnp:mt-reached', 'osnp:mt-refuses')) AS reached,
  (SELECT count(*) FROM c WHERE first_call = 'osnp:mt-reached') AS received,
  (SELECT count(*) FROM c WHERE found) AS found,
  count(h.id) AS booked,
  count(*) FILTER (WHERE h.starts - h.opened <= interval '48 hours') AS in_48,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM h.starts - h.opened)) AS median_seconds,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM h.starts - h.opened)) AS p90_seconds,
  count(*) FILTER (WHERE h.state = 'fulfilled') AS came,
  count(*) FILTER (WHERE h.state = 'noshow') AS missed,
  (SELECT count(*) FROM slot_hold s JOIN c ON c.id = s."case"
   WHERE s.centre = $1 AND s.state = 'cancelled') AS cancelled,
  (SELECT count(*) FROM slot_feedback f JOIN h ON h.id = f.hold) AS judged,
  (SELECT count(*) FROM slot_feedback f JOIN h ON h.id = f.hold WHERE f.fits) AS fitting
FROM h;
