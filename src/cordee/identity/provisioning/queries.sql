-- name: add_token
-- $1 digest, $2 structure, $3 label, $4 end.
INSERT INTO scim_token (hash, structure, label, ends) VALUES ($1, $2, $3, $4);

-- name: structure_of_token
-- Whom a token speaks for, while it holds. $1 digest, $2 now.
UPDATE scim_token SET used = $2 WHERE hash = $1 AND removed IS NULL AND ends > $2
RETURNING structure, label;

-- name: tokens
SELECT encode(hash, 'hex') AS id, structure, label, made, ends, used FROM scim_token
WHERE removed IS NULL ORDER BY made;

-- name: remove_token
-- $1 beginning of the hexadecimal digest.
UPDATE scim_token SET removed = now() WHERE starts_with(encode(hash, 'hex'), $1)
  AND length($1) >= 8 AND removed IS NULL RETURNING label;

-- name: add_agent
-- No row where the local identifier is taken. $1 structure, $2 local id, $3 name, $4 source,
-- $5 external id, $6 RPPS, $7 expiry, $8 account, $9 status.
INSERT INTO agent (structure, local_id, name, source, external_id, rpps, expires, account, status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id;

-- name: agent
-- $1 structure, $2 identifier.
SELECT g.*, a.login, a.status AS account_status FROM agent g LEFT JOIN account a ON a.id = g.account
WHERE g.structure = $1 AND g.id = $2;

-- name: lock_agent
SELECT g.id, g.account, a.login, g.status FROM agent g LEFT JOIN account a ON a.id = g.account
WHERE g.structure = $1 AND g.id = $2 FOR UPDATE OF g;

-- name: agents
-- A page of the agents of a structure. $1 structure, $2 local id or null, $3 external id or null,
-- $4 status or null, $5 words or null, $6 offset, $7 how many.
SELECT g.*, a.login, a.status AS account_status, count(*) OVER () AS total
FROM agent g LEFT JOIN account a ON a.id = g.account
WHERE g.structure = $1 AND ($2::text IS NULL OR g.local_id = $2)
  AND ($3::text IS NULL OR g.external_id = $3) AND ($4::text IS NULL OR g.status = $4
    OR ($4 = 'here' AND g.status <> 'left'))
  AND ($5::text IS NULL OR strpos(lower(g.name || ' ' || g.local_id || ' ' || coalesce(g.rpps, '')),
    lower($5)) > 0)
ORDER BY g.id OFFSET $6 LIMIT $7;

-- name: change_agent
-- $1 structure, $2 identifier, $3 name, $4 external id, $5 RPPS, $6 expiry, $7 now.
UPDATE agent SET name = $3, external_id = $4, rpps = $5, expires = $6, changed = $7
WHERE structure = $1 AND id = $2 RETURNING id;

-- name: set_agent_status
-- $1 structure, $2 identifier, $3 status, $4 account or null, $5 now.
UPDATE agent SET status = $3, account = coalesce($4, account), changed = $5
WHERE structure = $1 AND id = $2 RETURNING id;

-- name: account_for_number
-- $1 RPPS.
SELECT id, login FROM account WHERE rpps = $1;

-- name: works_elsewhere
-- Whether a person has a situation or a post in another structure. $1 account, $2 structure, $3 now.
SELECT EXISTS (SELECT FROM situation WHERE account = $1 AND structure <> $2
  AND (ends IS NULL OR ends > $3))
  OR EXISTS (SELECT FROM agent WHERE account = $1 AND structure <> $2 AND status = 'linked');

-- name: end_sessions_of
-- Sessions of a person, all or those of one structure. $1 account, $2 now, $3 structure or null.
UPDATE session s SET closed = $2, closed_by = 'left' WHERE s.account = $1 AND s.closed IS NULL
  AND ($3::text IS NULL OR EXISTS (SELECT FROM situation t WHERE t.id = s.situation
    AND t.structure = $3));

-- name: withdraw_grants
-- What a person allowed to applications ends with them, all or as somebody of one structure.
-- $1 account, $2 structure or null.
UPDATE smart_grant g SET withdrawn = now() FROM account a
WHERE a.id = $1 AND g.account = a.login AND g.withdrawn IS NULL
  AND ($2::text IS NULL OR strpos(g.person, '"' || $2 || '"') > 0);

-- name: set_account_status
-- Nobody comes back whom the administrator has ended: $3 are the states it starts from.
-- $1 account, $2 status.
UPDATE account SET status = $2 WHERE id = $1 AND status = ANY ($3::text[]);

-- name: note
-- $1 account, $2 actor, $3 action, $4 detail.
INSERT INTO account_event (account, actor, action, detail) VALUES ($1, $2, $3, $4);

-- name: unknown
-- Who showed a valid number that nobody here has, at the providers of a structure or nationally.
-- $1 structure.
SELECT u.provider, u.number, u.name, u.profession, u.last_seen, u.attempts
FROM unknown_professional u JOIN identity_provider p ON p.name = u.provider
WHERE p.structure IN ('', $1) ORDER BY u.last_seen DESC LIMIT 50;

-- name: dashboard
-- $1 structure, $2 first moment of the period.
SELECT
  (SELECT count(*) FROM agent WHERE structure = $1 AND status <> 'left') AS agents,
  (SELECT count(*) FROM agent WHERE structure = $1 AND status = 'linked') AS linked,
  (SELECT count(*) FROM session s JOIN situation t ON t.id = s.situation
    WHERE t.structure = $1 AND s.opened >= $2) AS sessions,
  (SELECT count(*) FROM session s JOIN situation t ON t.id = s.situation
    WHERE t.structure = $1 AND s.opened >= $2 AND s.provider IS NOT NULL AND s.level = 2)
    AS federated,
  (SELECT count(*) FROM document_opening WHERE structure = $1 AND at >= $2) AS consultations,
  (SELECT count(*) FROM document_opening WHERE structure = $1 AND at >= $2 AND provider <> ''
    AND level = 2) AS consulted,
  (SELECT consulted FROM programme_target WHERE structure = $1) AS consulted_target,
  (SELECT linked FROM programme_target WHERE structure = $1) AS linked_target,
  (SELECT federated FROM programme_target WHERE structure = $1) AS federated_target;

-- name: set_target
-- $1 structure, $2 percent linked, $3 percent federated, $4 who says it, $5 percent of documents.
INSERT INTO programme_target (structure, linked, federated, said_by, consulted)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (structure)
DO UPDATE SET linked = $2, federated = $3, said_by = $4, consulted = $5, at = now();

-- name: ending_accounts
-- Temporary people of a structure whose account ends. $1 structure, $2 now.
SELECT a.login, a.name, a.ends, s.name AS supervisor FROM account a
LEFT JOIN account s ON s.id = a.supervisor
WHERE a.temporary AND a.status = 'active' AND EXISTS (SELECT FROM situation t
  WHERE t.account = a.id AND t.structure = $1 AND (t.ends IS NULL OR t.ends > $2))
ORDER BY a.ends;
