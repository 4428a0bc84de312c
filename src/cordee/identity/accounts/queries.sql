-- name: count_attempt
-- One more attempt, counted before it is looked at; no row when it comes too early.
-- $1 key, $2 now, $3 attempts without waiting, $4 longest wait in seconds, $5 memory in seconds.
INSERT INTO sign_in_attempt AS t (key, failures, last, until) VALUES ($1, 1, $2, $2)
ON CONFLICT (key) DO UPDATE SET
  failures = CASE WHEN t.last < $2::timestamptz - make_interval(secs => $5) THEN 1
    ELSE t.failures + 1 END,
  last = $2,
  until = $2::timestamptz + CASE
    WHEN t.last < $2::timestamptz - make_interval(secs => $5) OR t.failures < $3::int
    THEN interval '0'
    ELSE make_interval(secs => least($4::float8, 2.0 ^ least(t.failures + 1 - $3::int, 20))) END
WHERE t.until <= $2
RETURNING failures;

-- name: wait_of_attempt
-- Seconds to wait. $1 key, $2 now.
SELECT ceil(extract(epoch FROM until - $2::timestamptz))::int4 FROM sign_in_attempt WHERE key = $1;

-- name: forget_attempts
-- The person was right; a few counts that are remembered no more go as well. $1 key, $2 oldest.
DELETE FROM sign_in_attempt WHERE key = $1
OR key IN (SELECT key FROM sign_in_attempt WHERE last < $2 AND until < $2 LIMIT 100);

-- name: give_attempt_back
-- Somebody at this address was right: their own attempt is not counted. $1 key.
UPDATE sign_in_attempt SET failures = greatest(failures - 1, 0) WHERE key = $1;

-- name: add_event
-- $1 account, $2 actor, $3 action, $4 address, $5 detail.
INSERT INTO account_event (account, actor, action, address, detail) VALUES ($1, $2, $3, $4, $5);

-- name: find_entrant
-- Who may enter now, with the password and whether a second factor is enrolled. $1 login, $2 now.
SELECT a.id, a.login, p.secret, p.must_change,
  EXISTS (SELECT FROM credential c WHERE c.account = a.id AND c.kind = 'totp'
    AND c.confirmed IS NOT NULL) AS has_second
FROM account a JOIN credential p ON p.account = a.id AND p.kind = 'password'
WHERE a.login = $1 AND a.status = 'active' AND (a.ends IS NULL OR a.ends > $2);

-- name: spend_totp_step
-- A row when this step of time was not used yet. $1 account, $2 step, $3 now.
UPDATE credential SET last_step = $2, used = $3
WHERE account = $1 AND kind = 'totp' AND last_step < $2 RETURNING id;

-- name: confirmed_totp
SELECT secret FROM credential WHERE account = $1 AND kind = 'totp' AND confirmed IS NOT NULL;

-- name: spend_recovery_code
-- $1 account, $2 digest, $3 now.
UPDATE credential SET used = $3
WHERE account = $1 AND kind = 'recovery' AND secret = $2 AND used IS NULL RETURNING id;

-- name: open_session
-- $1 id, $2 account, $3 step, $4 level, $5 now, $6 end, $7 address, $8 agent, $9 situation,
-- $10 delegation, $11 digest of the workstation or null.
INSERT INTO session (id, account, step, level, opened, seen, ends, address, agent, situation,
  delegation, station)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $11);

-- name: resume_session
-- Who is behind a session that stands; being there is noted twice a minute at most.
-- $1 id, $2 login, $3 now, $4 oldest moment of a session that is not locked, $5 whether the person
-- did something.
WITH found AS MATERIALIZED (
  SELECT s.id, s.account, a.login, a.name, s.step, s.seen, s.opened, s.ends, s.means,
    b.since AS broken,
    -- Who enters while the national service is broken has one factor, whatever was shown here.
    CASE WHEN s.opened > b.since THEN 1 ELSE s.level END AS level,
    s.step = 'open' AND (s.locked OR s.seen <= $4) AS is_locked,
    t.id AS situation, t.role, t.profession, t.structure, t.structure_name, t.practitioner,
    t.sees_records, t.functions, d.id AS delegation, o.login AS delegator, o.name AS delegator_name
  FROM session s
  JOIN account a ON a.id = s.account
  CROSS JOIN (SELECT min(p.down_since) AS since FROM identity_provider p
    WHERE p.kind = 'psc' AND p.removed IS NULL) b
  LEFT JOIN situation t ON t.id = s.situation AND (t.ends IS NULL OR t.ends > $3)
  LEFT JOIN delegation d ON d.id = s.delegation AND d.delegate = a.id AND d.situation = t.id
    AND d.starts <= $3 AND (d.ends IS NULL OR d.ends > $3)
  LEFT JOIN account o ON o.id = t.account AND d.id IS NOT NULL AND o.status = 'active'
    AND (o.ends IS NULL OR o.ends > $3)
  WHERE s.id = $1 AND a.login = $2 AND s.closed IS NULL AND s.ends > $3
    AND a.status = 'active' AND (a.ends IS NULL OR a.ends > $3)
    AND (s.step = 'open' OR s.seen > $4)
    AND (s.means <> 'psc' OR b.since IS NULL OR b.since > $3::timestamptz - interval '4 hours')
    AND (s.step <> 'open' OR t.account = a.id OR o.id IS NOT NULL)
    -- Whom the register of their structure has suspended, or says gone, works there no more.
    AND NOT EXISTS (SELECT FROM agent g WHERE g.account = a.id AND g.structure = t.structure
      AND (g.status IN ('suspended', 'left') OR g.expires <= $3))
), noted AS (
  UPDATE session s SET seen = $3 FROM found f
  WHERE $5::bool AND s.id = f.id AND NOT f.is_locked AND s.seen < $3::timestamptz - interval '30 s'
)
SELECT * FROM found;

-- name: close_session
-- $1 id, $2 now, $3 why.
UPDATE session SET closed = $2, closed_by = $3 WHERE id = $1 AND closed IS NULL RETURNING account;

-- name: close_sessions
-- All sessions of an account but one. $1 account, $2 now, $3 why, $4 id that stays or null.
UPDATE session SET closed = $2, closed_by = $3
WHERE account = $1 AND closed IS NULL AND ($4::bytea IS NULL OR id <> $4);

-- name: close_session_of
-- One of the sessions that a person sees. $1 account, $2 now, $3 hexadecimal id.
UPDATE session SET closed = $2, closed_by = 'other session'
WHERE account = $1 AND closed IS NULL AND id = decode($3, 'hex') RETURNING id;

-- name: list_sessions
-- $1 account, $2 now.
SELECT encode(id, 'hex') AS id, opened, seen, address, agent, level FROM session
WHERE account = $1 AND closed IS NULL AND ends > $2 AND step = 'open' ORDER BY seen DESC LIMIT 50;

-- name: had_session
SELECT EXISTS (SELECT FROM session WHERE id = $1);

-- name: show_again
-- Two factors were shown again: the session is open, at level 2. While the national service is
-- broken it only opens again. $1 id, $2 now.
UPDATE session SET level = CASE WHEN EXISTS (SELECT FROM identity_provider p
    WHERE p.kind = 'psc' AND p.removed IS NULL AND p.down_since IS NOT NULL) THEN level ELSE 2 END,
  locked = false, seen = greatest(seen, $2)
WHERE id = $1 AND closed IS NULL;

-- name: lock_session
UPDATE session SET locked = true WHERE id = $1 AND step = 'open' AND closed IS NULL;

-- name: step_session
-- $1 id, $2 step, $3 situation, $4 delegation, $5 now, $6 how long it lasts since it was opened.
UPDATE session SET step = $2, situation = $3, delegation = $4, locked = false, seen = $5,
  ends = opened + $6::interval
WHERE id = $1 AND closed IS NULL;

-- name: raise_session
-- A second factor was shown. $1 id.
UPDATE session SET level = 2 WHERE id = $1 AND closed IS NULL;

-- name: list_choices
-- Situations of a person, their own first, then those of whom they are a delegate. $1 account,
-- $2 now.
SELECT t.id AS situation, NULL::int8 AS delegation, t.role, t.structure_name, '' AS delegator
FROM situation t WHERE t.account = $1 AND (t.ends IS NULL OR t.ends > $2)
  AND NOT EXISTS (SELECT FROM agent g WHERE g.account = $1 AND g.structure = t.structure
    AND (g.status IN ('suspended', 'left') OR g.expires <= $2))
UNION ALL
SELECT t.id, d.id, t.role, t.structure_name, o.name
FROM delegation d JOIN situation t ON t.id = d.situation JOIN account o ON o.id = t.account
WHERE d.delegate = $1 AND d.starts <= $2 AND (d.ends IS NULL OR d.ends > $2)
  AND (t.ends IS NULL OR t.ends > $2) AND o.status = 'active' AND (o.ends IS NULL OR o.ends > $2)
ORDER BY delegation NULLS FIRST, situation;

-- name: password_of
SELECT a.login, c.secret FROM account a JOIN credential c ON c.account = a.id
WHERE a.id = $1 AND c.kind = 'password';

-- name: set_password
-- $1 account, $2 hash, $3 now, $4 whether it must be changed.
INSERT INTO credential (account, kind, secret, made, confirmed, must_change)
VALUES ($1, 'password', $2, $3, $3, $4)
ON CONFLICT (account, kind) WHERE kind <> 'recovery'
DO UPDATE SET secret = $2, made = $3, confirmed = $3, must_change = $4;

-- name: start_totp
-- A secret that waits for its first code; a confirmed one stays. $1 account, $2 sealed, $3 now.
INSERT INTO credential (account, kind, secret, made) VALUES ($1, 'totp', $2, $3)
ON CONFLICT (account, kind) WHERE kind <> 'recovery'
DO UPDATE SET secret = $2, made = $3, last_step = 0 WHERE credential.confirmed IS NULL;

-- name: pending_totp
-- $1 account, $2 oldest moment.
SELECT secret FROM credential
WHERE account = $1 AND kind = 'totp' AND confirmed IS NULL AND made > $2;

-- name: confirm_totp
-- $1 account, $2 now, $3 step.
UPDATE credential SET confirmed = $2, last_step = $3
WHERE account = $1 AND kind = 'totp' AND confirmed IS NULL RETURNING id;

-- name: drop_credentials
-- $1 account, $2 kinds.
DELETE FROM credential WHERE account = $1 AND kind = ANY ($2::text[]);

-- name: add_recovery_codes
-- $1 account, $2 digests, $3 now.
INSERT INTO credential (account, kind, secret, made, confirmed)
SELECT $1, 'recovery', code, $3, $3 FROM unnest($2::bytea[]) code;

-- name: factors
-- What a person has. $1 account.
SELECT
  count(*) FILTER (WHERE kind = 'password') > 0 AS has_password,
  count(*) FILTER (WHERE kind = 'totp' AND confirmed IS NOT NULL) > 0 AS has_totp,
  count(*) FILTER (WHERE kind = 'recovery' AND used IS NULL)::int4 AS codes_left
FROM credential WHERE account = $1;

-- name: add_account
-- $1 login, $2 name, $3 end, $4 login of the supervisor or null, $5 temporary, $6 now.
INSERT INTO account (login, name, ends, supervisor, temporary, renewed)
VALUES ($1, $2, $3, (SELECT id FROM account WHERE login = $4), $5, $6)
ON CONFLICT (login) DO NOTHING RETURNING id;

-- name: account_id
SELECT id FROM account WHERE login = $1 FOR UPDATE;

-- name: add_situation
-- $1 account, $2 role, $3 profession, $4 structure, $5 its name, $6 practitioner, $7 sees records,
-- $8 functions.
INSERT INTO situation (account, role, profession, structure, structure_name, practitioner,
  sees_records, functions)
SELECT $1, $2, $3, $4, $5, $6, $7, $8::text[]
WHERE NOT EXISTS (SELECT FROM situation t WHERE t.account = $1 AND t.role = $2 AND t.structure = $4
  AND t.ends IS NULL)
RETURNING id;

-- name: end_situation
-- $1 account, $2 structure, $3 now.
UPDATE situation SET ends = $3 WHERE account = $1 AND structure = $2
AND (ends IS NULL OR ends > $3) RETURNING id;

-- name: delegate
-- All situations of a professional to a delegate. $1 delegate, $2 login of the professional,
-- $3 start, $4 end, $5 who grants it.
INSERT INTO delegation (delegate, situation, starts, ends, granted_by)
SELECT $1, t.id, $3, $4, $5 FROM situation t JOIN account a ON a.id = t.account
WHERE a.login = $2 AND a.id <> $1 AND (t.ends IS NULL OR t.ends > $3) RETURNING id;

-- name: end_delegations
-- $1 delegate, $2 login of the professional, $3 now.
UPDATE delegation d SET ends = $3 FROM situation t, account a
WHERE d.situation = t.id AND t.account = a.id AND d.delegate = $1 AND a.login = $2
  AND (d.ends IS NULL OR d.ends > $3) RETURNING d.id;

-- name: end_other_situations
-- A person who has moved: what the file does not name any more ends. $1 account, $2 roles,
-- $3 structures, by pairs, $4 now.
UPDATE situation t SET ends = $4
WHERE t.account = $1 AND (t.ends IS NULL OR t.ends > $4) AND NOT EXISTS (
  SELECT FROM unnest($2::text[], $3::text[]) k(role, structure)
  WHERE k.role = t.role AND k.structure = t.structure)
RETURNING t.structure;

-- name: find_account
SELECT login, name, status, ends FROM account WHERE login = $1;

-- name: set_status
-- $1 login, $2 status.
UPDATE account SET status = $2 WHERE login = $1 RETURNING id;

-- name: set_end
-- $1 login, $2 end or null, $3 now.
UPDATE account SET ends = $2, renewed = $3 WHERE login = $1 RETURNING id;

-- name: set_rpps
-- $1 account, $2 RPPS or null.
UPDATE account SET rpps = $2 WHERE id = $1;

-- name: list_accounts
SELECT a.login, a.name, a.status, a.ends, a.temporary, s.login AS supervisor,
  EXISTS (SELECT FROM credential c WHERE c.account = a.id AND c.kind = 'totp'
    AND c.confirmed IS NOT NULL) AS has_second,
  coalesce((SELECT string_agg(t.role || ', ' || t.structure, '; ' ORDER BY t.id) FROM situation t
    WHERE t.account = a.id AND (t.ends IS NULL OR t.ends > now())), '') AS situations
FROM account a LEFT JOIN account s ON s.id = a.supervisor ORDER BY a.login;

-- name: named
-- Accounts by login, with the situation they work in, the last one where there are several.
-- $1 logins.
SELECT a.login, a.name, coalesce(s.role, '') AS role, coalesce(s.structure, '') AS structure,
  coalesce(s.structure_name, '') AS structure_name, coalesce(s.practitioner, '') AS practitioner,
  coalesce(s.profession, '') AS profession, coalesce(s.functions, '{}') AS functions,
  coalesce(s.id::text, '') AS situation
FROM account a LEFT JOIN LATERAL (
  SELECT * FROM situation s WHERE s.account = a.id
  ORDER BY s.ends DESC NULLS FIRST, s.id DESC LIMIT 1) s ON true
WHERE a.login = ANY ($1::text[]);

-- name: may_enter
-- Whether an account may be used now. $1 login.
SELECT EXISTS (SELECT FROM account WHERE login = $1 AND status = 'active'
  AND (ends IS NULL OR ends > now()));

-- name: short_code
SELECT account, secret, failures FROM short_code WHERE account = $1;

-- name: set_short_code
-- $1 account, $2 hash, $3 digest of the badge or null, $4 now.
INSERT INTO short_code (account, secret, badge, made) VALUES ($1, $2, $3, $4)
ON CONFLICT (account) DO UPDATE SET secret = $2, badge = coalesce($3, short_code.badge), made = $4,
  failures = 0;

-- name: count_short_code
-- $1 account, $2 how many errors more; 0 forgets them.
UPDATE short_code SET failures = CASE WHEN $2::int4 = 0 THEN 0 ELSE failures + $2 END
WHERE account = $1;

-- name: unlock_session
-- $1 id, $2 now.
UPDATE session SET locked = false, seen = greatest(seen, $2) WHERE id = $1 AND closed IS NULL;

-- name: station_session
-- What somebody has open on a workstation. $1 digest of the workstation, $2 login, $3 digest of the
-- badge, $4 now.
SELECT s.id, s.account, a.login, s.place, c.secret, c.failures
FROM session s JOIN account a ON a.id = s.account JOIN short_code c ON c.account = a.id
WHERE s.station = $1 AND (a.login = $2 OR c.badge = $3) AND s.closed IS NULL AND s.ends > $4
  AND s.step = 'open' AND a.status = 'active' AND (a.ends IS NULL OR a.ends > $4)
ORDER BY s.seen DESC LIMIT 1;

-- name: move_session
-- The same session under another identifier, open. $1 id, $2 new id, $3 now.
WITH old AS (
  UPDATE session SET closed = $3, closed_by = 'rotated' WHERE id = $1 AND closed IS NULL
  RETURNING *
)
INSERT INTO session (id, account, step, level, situation, delegation, opened, seen, ends, address,
  agent, means, acr, amr, provider, provider_subject, provider_session, id_token, station, place)
SELECT $2, account, step, level, situation, delegation, opened, $3, ends, address,
  agent, means, acr, amr, provider, provider_subject, provider_session, id_token, station, place
FROM old RETURNING id;

-- name: leave_place
-- $1 id, $2 page.
UPDATE session SET locked = true, place = $2 WHERE id = $1 AND step = 'open' AND closed IS NULL;

-- name: keep_draft
-- $1 session, $2 path, $3 sealed, $4 end.
INSERT INTO session_draft (session, path, sealed, ends) VALUES ($1, $2, $3, $4)
ON CONFLICT (session) DO UPDATE SET path = $2, sealed = $3, ends = $4;

-- name: draft
-- $1 session, $2 now.
SELECT path, sealed FROM session_draft WHERE session = $1 AND ends > $2;

-- name: drop_draft
DELETE FROM session_draft WHERE session = $1;

-- name: space_of
-- Who has the space of a patient and may enter it. $1 Patient/id, $2 now.
SELECT a.id, a.login FROM situation s JOIN account a ON a.id = s.account
WHERE s.practitioner = $1 AND s.role = 'patient' AND (s.ends IS NULL OR s.ends > $2)
  AND a.status = 'active' AND (a.ends IS NULL OR a.ends > $2) LIMIT 1;

-- name: lock_space
-- One person at a time opens the space of a patient. $1 Patient/id.
SELECT pg_advisory_xact_lock(hashtext('space ' || $1));

-- name: end_bare_situations
-- Somebody who acted for nobody has a space of their own now. $1 account, $2 now.
UPDATE situation SET ends = $2
WHERE account = $1 AND practitioner LIKE 'Person/%' AND (ends IS NULL OR ends > $2);

-- name: end_space
-- $1 Patient/id, $2 now.
UPDATE situation SET ends = $2
WHERE practitioner = $1 AND role = 'patient' AND (ends IS NULL OR ends > $2) RETURNING account;

-- name: withdraw_space_grants
-- What an account allowed to applications as the patient ends with the space, refresh tokens too.
-- $1 account, $2 Patient/id, $3 now.
UPDATE smart_grant g SET withdrawn = $3 FROM account a
WHERE a.id = $1 AND g.account = a.login AND g.withdrawn IS NULL
  AND strpos(g.person, '"' || $2 || '"') > 0;

-- name: people_behind
-- Who may enter now, by the structure where they work and see records, or by whom they are.
-- $1 references.
SELECT w.reference, a.login, a.name, s.role, s.structure, s.practitioner, s.profession, s.functions,
  s.id::text AS situation
FROM unnest($1::text[]) w(reference)
JOIN situation s ON (s.structure = w.reference OR s.practitioner = w.reference)
  AND (s.sees_records OR s.practitioner = w.reference) AND (s.ends IS NULL OR s.ends > now())
JOIN account a ON a.id = s.account AND a.status = 'active' AND (a.ends IS NULL OR a.ends > now())
ORDER BY a.login, s.id;

-- name: people_named
-- Who may enter now, by login, in the situation they work in, the last one where there are several.
-- $1 logins.
SELECT a.login, a.name, coalesce(s.role, '') AS role, coalesce(s.structure, '') AS structure,
  coalesce(s.practitioner, '') AS practitioner, coalesce(s.profession, '') AS profession,
  coalesce(s.functions, '{}') AS functions, coalesce(s.id::text, '') AS situation
FROM account a LEFT JOIN LATERAL (
  SELECT * FROM situation s WHERE s.account = a.id AND (s.ends IS NULL OR s.ends > now())
  ORDER BY s.ends DESC NULLS FIRST, s.id DESC LIMIT 1) s ON true
WHERE a.login = ANY ($1::text[]) AND a.status = 'active' AND (a.ends IS NULL OR a.ends > now());
