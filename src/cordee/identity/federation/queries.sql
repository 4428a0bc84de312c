-- name: add_provider
-- $1 name, $2 kind, $3 label, $4 issuer, $5 client, $6 sealed secret, $7 scope, $8 acr_values,
-- $9 strong acr, $10 structure, $11 local claim.
INSERT INTO identity_provider (name, kind, label, issuer, client_id, client_secret, scope,
  acr_values, strong_acr, structure, local_claim)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (name) DO UPDATE SET kind = $2, label = $3, issuer = $4, client_id = $5,
  client_secret = $6, scope = $7, acr_values = $8, strong_acr = $9, structure = $10,
  local_claim = $11, removed = NULL, down_since = NULL;

-- name: providers
SELECT name, kind, label, issuer, client_id, client_secret, scope, acr_values, strong_acr,
  structure, local_claim, down_since FROM identity_provider
WHERE removed IS NULL ORDER BY array_position(ARRAY['psc', 'hospital', 'citizen'], kind), name;

-- name: remove_provider
UPDATE identity_provider SET removed = now() WHERE name = $1 AND removed IS NULL RETURNING name;

-- name: note_down
-- The first moment of a break stays. $1 name, $2 now.
UPDATE identity_provider SET down_since = coalesce(down_since, $2), looked = $2 WHERE name = $1;

-- name: note_up
-- $1 name, $2 now.
UPDATE identity_provider SET down_since = NULL, looked = $2 WHERE name = $1;

-- name: keep_request
-- $1 digest of the state, $2 provider, $3 digest of the browser's session, $4 nonce, $5 verifier,
-- $6 purpose, $7 path, $8 end.
INSERT INTO federation_request (state, provider, browser, nonce, verifier, purpose, path, ends)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: take_request
-- Once, by the browser that began. $1 digest of the state, $2 digest of the browser's session,
-- $3 now.
DELETE FROM federation_request WHERE state = $1 AND browser = $2 AND ends > $3
RETURNING provider, nonce, verifier, purpose, path;

-- name: waiting_requests
-- How many sign-ins of one provider are under way. $1 provider, $2 now.
SELECT count(*) FROM federation_request WHERE provider = $1 AND ends > $2;

-- name: forget_requests
-- $1 now.
DELETE FROM federation_request WHERE ends < $1;

-- name: spend
-- A row when the name was not used before. $1 name, $2 end.
INSERT INTO federation_spent (name, ends) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING name;

-- name: account_by_number
-- Who has this RPPS, whether or not they may enter. $1 RPPS, $2 now.
SELECT id, login, name, status = 'active' AND (ends IS NULL OR ends > $2) AS may_enter
FROM account WHERE rpps = $1 FOR UPDATE;

-- name: account_by_subject
-- Who is linked to this subject. $1 provider, $2 subject, $3 now.
SELECT a.id, a.login, a.name, a.status = 'active' AND (a.ends IS NULL OR a.ends > $3) AS may_enter
FROM federated_identity f JOIN account a ON a.id = f.account
WHERE f.provider = $1 AND f.subject = $2 FOR UPDATE OF a;

-- name: account_by_local_number
-- Who a structure knows under its own number, once linked. $1 structure, $2 number, $3 now.
SELECT a.id, a.login, a.name, a.status = 'active' AND (a.ends IS NULL OR a.ends > $3)
  AND g.status = 'linked' AND (g.expires IS NULL OR g.expires > $3) AS may_enter, g.rpps
FROM agent g JOIN account a ON a.id = g.account
WHERE g.structure = $1 AND g.local_id = $2 FOR UPDATE OF a;

-- name: link
-- $1 provider, $2 subject, $3 account, $4 now; no row where the subject is somebody else's.
INSERT INTO federated_identity AS f (provider, subject, account, linked, used)
VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (provider, subject) DO UPDATE SET used = $4 WHERE f.account = $3
RETURNING account;

-- name: links_of
-- $1 account.
SELECT f.provider, p.label, f.linked FROM federated_identity f
JOIN identity_provider p ON p.name = f.provider WHERE f.account = $1 ORDER BY f.linked;

-- name: unlink
-- $1 account, $2 provider.
DELETE FROM federated_identity WHERE account = $1 AND provider = $2 RETURNING provider;

-- name: flag_unknown
-- $1 provider, $2 number, $3 name, $4 profession, $5 now.
INSERT INTO unknown_professional AS u
  (provider, number, name, profession, first_seen, last_seen) VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT (provider, number) DO UPDATE SET name = $3, profession = $4, last_seen = $5,
  attempts = u.attempts + 1;

-- name: forget_unknown
-- $1 provider, $2 number.
DELETE FROM unknown_professional WHERE provider = $1 AND number = $2;

-- name: situations_of
-- $1 account, $2 now.
SELECT id, structure, profession, source FROM situation
WHERE account = $1 AND (ends IS NULL OR ends > $2);

-- name: add_situation
-- $1 account, $2 role, $3 profession, $4 structure, $5 its name, $6 practitioner.
INSERT INTO situation (account, role, profession, structure, structure_name, practitioner, source)
VALUES ($1, $2, $3, $4, $5, $6, 'psc');

-- name: end_situations
-- $1 identifiers, $2 now.
UPDATE situation SET ends = $2 WHERE id = ANY ($1::int8[]);

-- name: mark_session
-- How a session was opened. $1 id, $2 means, $3 acr, $4 amr, $5 provider, $6 subject,
-- $7 session there, $8 sealed id_token.
UPDATE session SET means = $2, acr = $3, amr = $4, provider = $5, provider_subject = $6,
  provider_session = $7, id_token = $8
WHERE id = $1 AND closed IS NULL;

-- name: provider_of_session
-- $1 id.
SELECT account, provider, id_token FROM session WHERE id = $1 AND id_token IS NOT NULL;

-- name: close_by_provider
-- Sessions that a provider ends: of one of its sessions, or all of a subject. $1 provider,
-- $2 subject or null, $3 session there or null, $4 now.
UPDATE session SET closed = $4, closed_by = 'provider'
WHERE provider = $1 AND closed IS NULL
  AND ($2::text IS NULL OR provider_subject = $2) AND ($3::text IS NULL OR provider_session = $3)
RETURNING account;
