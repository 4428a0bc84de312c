-- name: offers
-- Open offers of all CPTS, and all of some CPTS ($1) or of who posted ($2); what is open first. At most $4.
SELECT o.*, (SELECT count(*) FROM cpts_offer_answer a WHERE a.offer = o.id) AS answers,
  EXISTS (SELECT FROM cpts_offer_answer a WHERE a.offer = o.id AND a.by = $2) AS is_answered
FROM cpts_offer o
WHERE (o.closed IS NULL AND o.expires >= $3) OR o.cpts = ANY ($1) OR o.posted_by = $2
ORDER BY o.closed IS NOT NULL OR o.expires < $3, o.posted DESC, o.id LIMIT $4;

-- name: offer
SELECT o.*, (SELECT count(*) FROM cpts_offer_answer a WHERE a.offer = o.id) AS answers,
  EXISTS (SELECT FROM cpts_offer_answer a WHERE a.offer = o.id AND a.by = $2) AS is_answered
FROM cpts_offer o WHERE o.id = $1;

-- name: post_offer
INSERT INTO cpts_offer (id, cpts, cpts_name, kind, profession, commune, starts, ends, words, contact,
  expires, posted, posted_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: answer
-- An answer to an offer that is open; one a person. Waits for who closes it now.
INSERT INTO cpts_offer_answer (offer, by, name, words, contact, at)
SELECT id, $2, $3, $4, $5, $6 FROM cpts_offer WHERE id = $1 AND closed IS NULL AND expires >= $7
FOR SHARE ON CONFLICT (offer, by) DO NOTHING RETURNING offer;

-- name: answers
SELECT name, words, contact, at FROM cpts_offer_answer WHERE offer = $1 ORDER BY at LIMIT 200;

-- name: close_offer
UPDATE cpts_offer SET closed = $2, outcome = $3 WHERE id = $1 AND closed IS NULL RETURNING id;

-- name: trainings
-- The sessions that have not ended, and those of the last year of some CPTS. At most $4.
SELECT t.*, (SELECT count(*) FROM cpts_training_seat s WHERE s.training = t.id) AS taken,
  EXISTS (SELECT FROM cpts_training_seat s WHERE s.training = t.id AND s.by = $2) AS is_mine
FROM cpts_training t
WHERE t.ends >= $3::timestamptz OR (t.cpts = ANY ($1) AND t.ends >= $3::timestamptz - interval '1 year')
ORDER BY t.ends < $3::timestamptz, t.starts, t.id LIMIT $4;

-- name: training
SELECT t.*, (SELECT count(*) FROM cpts_training_seat s WHERE s.training = t.id) AS taken,
  EXISTS (SELECT FROM cpts_training_seat s WHERE s.training = t.id AND s.by = $2) AS is_mine
FROM cpts_training t WHERE t.id = $1;

-- name: post_training
INSERT INTO cpts_training (id, cpts, cpts_name, title, words, place, starts, ends, seats, posted, posted_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: take_seat
-- The lowest seat that is free; nothing where there is none, or somebody takes it at that moment.
INSERT INTO cpts_training_seat (training, seats, seat, by, name, at)
SELECT t.id, t.seats, n, $2, $3, $4 FROM cpts_training t, generate_series(1, t.seats) n
WHERE t.id = $1 AND t.cancelled IS NULL AND t.starts > $4
  AND NOT EXISTS (SELECT FROM cpts_training_seat s WHERE s.training = t.id AND s.seat = n)
ORDER BY n LIMIT 1 ON CONFLICT DO NOTHING RETURNING seat;

-- name: leave_seat
DELETE FROM cpts_training_seat s USING cpts_training t
WHERE t.id = s.training AND s.training = $1 AND s.by = $2 AND t.starts > $3 RETURNING s.seat;

-- name: seats
SELECT name, at FROM cpts_training_seat WHERE training = $1 ORDER BY seat;

-- name: cancel_training
UPDATE cpts_training SET cancelled = $2 WHERE id = $1 AND cancelled IS NULL RETURNING id;
