-- name: put
-- A message to be sent, or received. No row: it is known. $1 direction, $2 client, $3 peer, $4 number,
-- $5 kind, $6 distribution, $7 about, $8 state, $9 reason, $10 due or null, $11 expires, $12 now,
-- $13 data key, $14 sealed.
INSERT INTO hub_message (direction, client, peer, number, kind, distribution, about, state, reason, due,
  expires, made, changed, data_key, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14)
ON CONFLICT ON CONSTRAINT hub_message_once DO NOTHING RETURNING n;

-- name: lease
-- Takes what is to be sent now and says when it is sent again. $1 client, $2 now, $3 then, $4 how many.
UPDATE hub_message SET tries = tries + 1, due = $3, state = 'sent', changed = $2 WHERE n IN (
  SELECT n FROM hub_message WHERE direction = 'out' AND client = $1 AND due <= $2
    AND state IN ('waiting', 'sent') AND tries < 2 AND expires > $2
  ORDER BY due, n LIMIT $4 FOR UPDATE SKIP LOCKED)
RETURNING n, client, peer, number, distribution, expires, content;

-- name: give_back
-- What the broker did not take is sent later; that was no try. $1 number of the row, $2 when, $3 now.
UPDATE hub_message SET tries = greatest(tries - 1, 0), due = $2, changed = $3,
  state = CASE WHEN tries <= 1 THEN 'waiting' ELSE 'sent' END
WHERE n = $1 AND state = 'sent';

-- name: settle
-- An acknowledgement is not acknowledged. $1 row, $2 now.
UPDATE hub_message SET due = NULL, state = 'acknowledged', changed = $2 WHERE n = $1 AND state = 'sent';

-- name: overdue
-- What nobody acknowledged: late after its second try, expired when it is no use any more. $1 client, $2 now.
UPDATE hub_message SET state = CASE WHEN expires <= $2 THEN 'expired' ELSE 'late' END, due = NULL, changed = $2
WHERE direction = 'out' AND client = $1 AND due <= $2 AND state IN ('waiting', 'sent')
  AND (expires <= $2 OR tries >= 2)
RETURNING n, state;

-- name: acknowledge
-- $1 client, $2 peer, $3 number, $4 now.
UPDATE hub_message SET state = 'acknowledged', due = NULL, changed = $4
WHERE direction = 'out' AND client = $1 AND peer = $2 AND number = $3
  AND state IN ('waiting', 'sent', 'late', 'expired', 'dead') RETURNING n;

-- name: fail
-- What the Hub says of a message of ours. $1 client, $2 number, $3 state, $4 code, $5 reason, $6 now.
UPDATE hub_message SET state = $3, code = $4, reason = $5, due = NULL, changed = $6
WHERE direction = 'out' AND client = $1 AND number = $2 AND state IN ('waiting', 'sent', 'late') RETURNING n;

-- name: refuse
-- What the recipient of a message of ours says of it. $1 client, $2 peer, $3 number, $4 code, $5 reason, $6 now.
UPDATE hub_message SET state = 'refused', code = $4, reason = $5, due = NULL, changed = $6
WHERE direction = 'out' AND client = $1 AND peer = $2 AND number = $3
  AND distribution NOT IN ('Ack', 'Error') AND state IN ('waiting', 'sent', 'late', 'acknowledged')
RETURNING content;

-- name: answer_again
-- Our acknowledgement of a message that came again is sent again. $1 client, $2 peer, $3 about, $4 now.
UPDATE hub_message SET state = 'waiting', tries = 0, due = $4, changed = $4
WHERE direction = 'out' AND client = $1 AND peer = $2 AND about = $3 AND distribution = 'Ack'
  AND state = 'acknowledged' AND expires > $4;

-- name: received
-- The oldest message that nobody has taken up yet. $1 clients.
SELECT n, client, peer, number, content FROM hub_message
WHERE state = 'received' AND client = ANY ($1::text[]) ORDER BY n LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: take
-- $1 row, $2 state, $3 reason, $4 now.
UPDATE hub_message SET state = $2, reason = $3, changed = $4 WHERE n = $1 AND state = 'received';

-- name: figures
SELECT client, direction, state, count(*)::int4 AS number, min(made) AS oldest FROM hub_message
WHERE made > $1 OR state IN ('waiting', 'sent', 'late', 'received', 'dead', 'refused', 'expired')
GROUP BY client, direction, state ORDER BY client, direction, state;

-- name: listed
-- Without their contents, the newest first. $1 states, $2 before this row or null, $3 how many.
SELECT n, direction, client, peer, number, kind, distribution, state, code, reason, tries, due, expires,
  made, changed FROM hub_message
WHERE state = ANY ($1::text[]) AND ($2::int8 IS NULL OR n < $2) ORDER BY n DESC LIMIT $3;

-- name: repairable
-- $1 row.
SELECT n, client, peer, number, kind, state, expires, content FROM hub_message
WHERE n = $1 AND direction = 'out' AND state IN ('late', 'refused', 'expired', 'dead') FOR UPDATE;

-- name: replaced
-- $1 row, $2 now.
UPDATE hub_message SET state = 'again', changed = $2 WHERE n = $1;

-- name: once_more
-- $1 row, $2 now.
UPDATE hub_message SET state = 'waiting', tries = 0, due = $2, changed = $2 WHERE n = $1;

-- name: share_case
-- $1 client, $2 number, $3 centre, $4 case, $5 opened by, $6 owner, $7 parties, $8 now. No row: known.
INSERT INTO hub_case (client, number, centre, "case", opened_by, owner, parties, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (client, number) DO NOTHING RETURNING number;

-- name: shared_case
-- $1 client, $2 number.
SELECT number, centre, "case", opened_by, owner, parties FROM hub_case
WHERE client = $1 AND number = $2 FOR UPDATE;

-- name: own_case
-- $1 client, $2 number, $3 owner, $4 parties, $5 now.
UPDATE hub_case SET owner = $3, parties = $4, changed = $5 WHERE client = $1 AND number = $2;

-- name: ask
-- $1 client, $2 number, $3 case, $4 asker, $5 asked of, $6 purpose, $7 now. No row: known.
INSERT INTO hub_request (client, number, "case", asker, asked_of, purpose, asked)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (client, number) DO NOTHING RETURNING number;

-- name: requests
-- $1 client, $2 case.
SELECT number, asker, asked_of, purpose, asked, answer FROM hub_request
WHERE client = $1 AND "case" = $2 ORDER BY asked, number LIMIT 100;

-- name: answer
-- $1 client, $2 number, $3 of whom, $4 answer, $5 now.
UPDATE hub_request SET answer = $4, answered = $5
WHERE client = $1 AND number = $2 AND asked_of = $3 RETURNING number;

-- name: to_telephone
-- What nobody answered. $1 client, $2 asked before.
SELECT r.number, r."case", r.asked_of, r.purpose, r.asked, c.centre, c."case" AS own FROM hub_request r
JOIN hub_case c ON c.client = r.client AND c.number = r."case"
WHERE r.client = $1 AND r.asker = $1 AND r.answer = '' AND r.asked <= $2 ORDER BY r.asked LIMIT 200;
