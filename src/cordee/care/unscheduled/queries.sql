-- name: lapse
-- A hold whose time is over is nobody's any more. $1 vendor, $2 slot, $3 now.
UPDATE slot_hold SET state = 'released', changed = $3
WHERE vendor = $1 AND slot = $2 AND state = 'held' AND until <= $3;

-- name: hold
-- No row: somebody else has the slot. $1 id, $2 vendor, $3 slot, $4 starts, $5 centre, $6 case, $7 by,
-- $8 now, $9 until.
INSERT INTO slot_hold (id, vendor, slot, starts, centre, "case", held_by, held, until, state, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'held', $8)
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

-- name: of_case
-- $1 centre, $2 case.
SELECT id, vendor, slot, starts, "case", held_by, until, state, who, place FROM slot_hold
WHERE centre = $1 AND "case" = $2 ORDER BY held, id LIMIT 100;

-- name: taken
-- Which of these slots nobody may have now. $1 vendors, $2 slots, by position, $3 now.
SELECT h.vendor, h.slot FROM slot_hold h
JOIN unnest($1::text[], $2::text[]) x(vendor, slot) ON x.vendor = h.vendor AND x.slot = h.slot
WHERE h.state IN ('booked', 'fulfilled', 'noshow') OR h.state = 'held' AND h.until > $3;

-- name: missed
-- Who did not come, the latest first. $1 centre, $2 since, $3 how many.
SELECT id, vendor, slot, starts, "case", held_by, until, state, who, place FROM slot_hold
WHERE centre = $1 AND state = 'noshow' AND starts >= $2 ORDER BY starts DESC, id LIMIT $3;

-- name: describe
-- With whom and where a slot that is held is. $1 id, $2 who, $3 where.
UPDATE slot_hold SET who = $2, place = $3 WHERE id = $1;

-- name: communes
SELECT code, name, postal, longitude, latitude FROM regulation_commune ORDER BY name, code LIMIT 2000;
