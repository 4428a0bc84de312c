-- name: want
-- What is wanted of an account; said again, it is not told again. $1 vendor, $2 number, $3 family,
-- $4 given, $5 email, $6 login, $7 active, $8 now.
INSERT INTO sas_account (vendor, number, family, given, email, login, is_active, state, due, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8)
ON CONFLICT (vendor, number) DO UPDATE SET family = $3, given = $4, email = $5, login = $6, is_active = $7,
  state = 'waiting', tries = 0, due = $8, changed = $8, reason = ''
WHERE (sas_account.family, sas_account.given, sas_account.email, sas_account.is_active)
  IS DISTINCT FROM ($3, $4, $5, $7);

-- name: stop
-- An account ends at each vendor that may know it. $1 number, $2 now.
UPDATE sas_account SET is_active = false, state = 'waiting', tries = 0, due = $2, changed = $2,
  reason = '' WHERE number = $1 AND is_active RETURNING vendor;

-- name: over
-- Ends, as `stop`, whose right to regulate is over: their account is closed, or gives the function no more. $1 now.
UPDATE sas_account s SET is_active = false, state = 'waiting', tries = 0, due = $1, changed = $1, reason = ''
FROM account a WHERE a.login = s.login AND s.is_active
  AND (a.status <> 'active' OR a.ends <= $1 OR NOT EXISTS (SELECT FROM situation w
    WHERE w.account = a.id AND 'regulation' = ANY (w.functions) AND (w.ends IS NULL OR w.ends > $1)))
RETURNING s.number;

-- name: accounts
-- What vendors have not taken first, then the newest.
SELECT vendor, number, login, trim(given || ' ' || family) AS name, is_active, state, tries, changed, reason FROM sas_account
ORDER BY array_position('{refused,waiting,told}', state), changed DESC LIMIT 200;

-- name: retry
-- $1 vendor, $2 number, $3 now.
UPDATE sas_account SET state = 'waiting', tries = 0, due = $3, reason = '' WHERE vendor = $1 AND number = $2
  AND state <> 'told' RETURNING number;

-- name: due
-- What is to be told now, each for one process. $1 now, $2 until when nobody else tells it.
UPDATE sas_account a SET due = $2 FROM (
  SELECT vendor, number FROM sas_account WHERE state = 'waiting' AND due <= $1
  ORDER BY is_active, due LIMIT 20 FOR UPDATE SKIP LOCKED) x
WHERE a.vendor = x.vendor AND a.number = x.number
RETURNING a.vendor, a.number, a.family, a.given, a.email, a.is_active, a.tries, a.changed;

-- name: told
-- $1 vendor, $2 number, $3 state, $4 reason, $5 due, $6 the change that was told.
UPDATE sas_account SET state = $3, reason = $4, due = $5, tries = tries + 1
WHERE vendor = $1 AND number = $2 AND changed = $6;

-- name: receive
-- No row: the same message came before. $1 vendor, $2 digest, $3 now, $4 state, $5 reason,
-- $6 content, $7 key.
INSERT INTO sas_received (vendor, digest, at, state, reason, content, data_key)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (vendor, digest) DO NOTHING RETURNING n;

-- name: again
-- $1 vendor, $2 digest.
UPDATE sas_received SET times = times + 1 WHERE vendor = $1 AND digest = $2
RETURNING state, reason;

-- name: keep
-- No row: an older version than the one that is known. $1 vendor, $2 key, $3 status, $4 starts,
-- $5 ends, $6 operator, $7 practitioner, $8 told, $9 now.
INSERT INTO sas_appointment AS a
  (vendor, key, status, starts, ends, operator, practitioner, told, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (vendor, key) DO UPDATE SET status = $3, starts = $4, ends = $5, operator = $6,
  practitioner = $7, told = coalesce($8, a.told), changed = $9
WHERE a.told IS NULL OR $8::timestamptz IS NULL OR $8 >= a.told
RETURNING xmax = 0 AS is_new;

-- name: dead
-- What could not be used, the oldest first.
SELECT n, vendor, at, times, reason FROM sas_received WHERE state = 'dead' ORDER BY n LIMIT 200;

-- name: aside
-- A dead letter that nobody will use: its content goes. $1 number.
UPDATE sas_received SET state = 'old', content = NULL, data_key = NULL WHERE n = $1 AND state = 'dead' RETURNING n;

-- name: letter
-- $1 number.
SELECT n, vendor, digest, content FROM sas_received WHERE n = $1 AND state = 'dead' FOR UPDATE;

-- name: settle
-- $1 number, $2 state, $3 reason.
UPDATE sas_received SET state = $2, reason = $3,
  content = CASE WHEN $2 = 'dead' THEN content END, data_key = CASE WHEN $2 = 'dead' THEN data_key END
WHERE n = $1;

-- name: joined
-- The booking that an appointment was joined to, and the login of who booked it. $1 vendor, $2 key.
SELECT a.hold, coalesce(s.login, '') AS login FROM sas_appointment a
LEFT JOIN sas_account s ON s.vendor = a.vendor AND s.number = a.operator
WHERE a.vendor = $1 AND a.key = $2;

-- name: join
-- $1 vendor, $2 key, $3 booking.
UPDATE sas_appointment SET hold = $3 WHERE vendor = $1 AND key = $2 AND hold IS DISTINCT FROM $3;

-- name: alone
-- Appointments that stand and belong to no case: of the regulators' own accounts. $1 since.
SELECT a.vendor, a.starts, trim(s.given || ' ' || s.family) AS name FROM sas_appointment a
JOIN sas_account s ON s.vendor = a.vendor AND s.number = a.operator
WHERE a.hold IS NULL AND a.status IN ('pending', 'booked') AND a.starts >= $1 ORDER BY a.starts LIMIT 200;

-- name: appointment
-- $1 vendor, $2 key.
SELECT status, starts, ends, operator, practitioner, told FROM sas_appointment
WHERE vendor = $1 AND key = $2;
