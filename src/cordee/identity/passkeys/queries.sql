-- name: keep_challenge
-- $1 digest of the browser's session, $2 challenge, $3 end.
INSERT INTO passkey_challenge (browser, challenge, ends) VALUES ($1, $2, $3)
ON CONFLICT (browser) DO UPDATE SET challenge = $2, ends = $3;

-- name: take_challenge
-- $1 digest of the browser's session, $2 now.
DELETE FROM passkey_challenge WHERE browser = $1 RETURNING challenge, ends > $2 AS holds;

-- name: add_passkey
-- No row where the key is there already. $1 id, $2 account, $3 key, $4 counter, $5 label, $6 now.
INSERT INTO passkey (id, account, public_key, uses, label, made) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING id;

-- name: passkeys_of
SELECT encode(id, 'hex') AS id, label, made, used FROM passkey WHERE account = $1 ORDER BY made;

-- name: remove_passkey
-- $1 account, $2 hexadecimal id.
DELETE FROM passkey WHERE account = $1 AND id = decode($2, 'hex') RETURNING label;

-- name: find_passkey
-- Whose key it is, when they may enter. $1 id, $2 now.
SELECT p.account, a.login, p.public_key, p.uses FROM passkey p JOIN account a ON a.id = p.account
WHERE p.id = $1 AND a.status = 'active' AND (a.ends IS NULL OR a.ends > $2) FOR UPDATE OF p;

-- name: note_use
-- $1 id, $2 counter, $3 now.
UPDATE passkey SET uses = $2, used = $3 WHERE id = $1;

-- name: mark_session
-- $1 session.
UPDATE session SET means = 'passkey', amr = ARRAY['hwk', 'user'] WHERE id = $1 AND closed IS NULL;
